/**
 * Rows whose values cannot be: a number of frames that no list of frames bears out, text that should be JSON, a share above one, a row that
 * hangs on one that is not there. This program writes none, and none of its readers expects them; a project that somebody sent may hold any.
 * One pass a table, each rule an SQL condition and its sentence; what SQL cannot say is a function of ours. Test: test/main/host/badRows.test.ts.
 */
import type Database from 'better-sqlite3';
import { z } from 'zod';
import { recipeSchema } from '../../../src-shared/recipe/recipe.ts';
import { question } from '../../../src-shared/contract/evaluations.ts';
import { errorShape } from '../../../src-shared/contract/jobs.ts';
import type { BadRows } from '../../db/threadPrograms.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { SHARED_LAYER } from '../../../src-shared/fields/layer.ts';
import { FIELDS } from '../annotations/fields.ts';
import { storedRecipe } from '../datasets/recipe.ts';
import { isValueOf, parsed } from '../annotations/fieldValues.ts';
import { episodeRow } from '../annotations/operations/episode.table.ts';
import { readStep } from '../history/stored.ts';
import { CONTENT } from '../imports/contents.ts';
import { isAside } from '../imports/operations/setAside.table.ts';
import { areRanges, RANGE_BYTES } from '../../pixels/range.ts';

interface Rule {
  /** True for a row that cannot be. */
  isBad: string;
  /** An expression: what it says. */
  says: string;
}

interface TableRules {
  /** Shown as its name beside its number. */
  name?: string;
  rules: Rule[];
}

/** More than these are no slip: a project that holds so many is not opened. */
const MOST = 1000;
const SHOWN = 3;
/** JavaScript counts exactly up to here, and names no date beyond the second. */
const LARGEST = Number.MAX_SAFE_INTEGER;
const LATEST = 8.64e15;

const text = (words: string): string => `'${words.replaceAll("'", "''")}'`;
const rule = (isBad: string, says: string): Rule => ({ isBad, says });

function json(column: string, kind: 'object' | 'array'): Rule {
  return rule(
    `${column} IS NOT NULL AND CASE WHEN json_valid(${column}) THEN json_type(${column}) <> '${kind}' ELSE 1 END`,
    text(`its "${column}" is no JSON ${kind}`),
  );
}
/** `ours` is one of the functions below. */
function fits(column: string, ours: string): Rule {
  return rule(`${column} IS NOT NULL AND NOT ${ours}(${column})`, text(`its "${column}" holds what cannot be`));
}
function between(column: string, least: number, most: number): Rule {
  return rule(`t."${column}" NOT BETWEEN ${least} AND ${most}`, `${text(`its "${column}" is `)} || t."${column}"`);
}
/** So many bytes a frame. */
function columnOf(column: string, bytes: number, frames: string): Rule {
  return rule(
    `${column} IS NOT NULL AND length(${column}) IS NOT ${bytes} * ${frames}`,
    `${text('it says ')} || ifnull(${frames}, 0) || ${text(` frames, its "${column}" holds `)} || (length(${column}) / ${bytes})`,
  );
}
const framesOf = '(SELECT frames FROM main.tracklet WHERE id = t.tracklet_id)';
const sameDataset = (column: string, table: string): Rule =>
  rule(
    `(SELECT dataset_id FROM main.${table} WHERE id = t.${column}) IS NOT t.dataset_id`,
    `${text(`its ${table} is ${table} `)} || ${column} || ${text(', which is not there or belongs to another data set')}`,
  );

/** A tracklet that has fewer frames than the step gives values. */
const reachesBeyond = (column: string): string =>
  `(SELECT k.id FROM json_each(t.${column}) o, json_each(o.value, '$.rows') r JOIN main.tracklet k ON k.id = r.value ->> 'tracklet_id'
    WHERE o.value ->> 'op' = 'putAnnotations' AND r.value ->> 'end' >= k.frames LIMIT 1)`;
const ASIDE = ['id', 'dataset_id', 'tracklet_key', 'field', 'start', 'end', 'pictures', 'contents', 'annotation', 'reason', 'at'] as const;

/** Of a member: set and tracklet. */
const isOfTwo = '(SELECT dataset_id FROM main.split_set WHERE id = t.split_set_id) IS NOT (SELECT dataset_id FROM main.tracklet WHERE id = t.tracklet_id)';
const ofOneDataset = (isBad: string): Rule => rule(isBad, text('its set and its tracklet are of two data sets'));
/** A data set that is made of others has sides of its own for their tracklets. */
const isNoMember = `NOT EXISTS (SELECT 1 FROM main.dataset_member m JOIN main.split_set s ON s.dataset_id = m.dataset_id
  WHERE s.id = t.split_set_id AND m.tracklet_id = t.tracklet_id)`;
/** Rows that an import makes. */
const ofImported = rule(
  '(SELECT recipe FROM main.dataset WHERE id = t.dataset_id) IS NOT NULL',
  text('its data set is made of others, and has nothing of its own'),
);

/** Columns that hold a score a frame. */
const SCORES = [...FIELDS.values()].flatMap(({ columns }) =>
  Object.entries(columns?.kinds ?? {}).flatMap(([column, kind]) => (kind === 'scores' ? [column] : [])),
);

const PERSON = 2 ** 31 - 1;
const RULES: Record<string, TableRules> = {
  dataset: {
    name: 'name',
    rules: [
      json('options', 'object'),
      json('warnings', 'array'),
      json('report', 'object'),
      rule(
        'split_set_id IS NOT NULL AND (SELECT dataset_id FROM main.split_set WHERE id = t.split_set_id) IS NOT t.id',
        text('its split set in use is none of its own'),
      ),
      fits('recipe', 'fit_derivation'),
    ],
  },
  split_set: { name: 'name', rules: [] },
  split_member: { rules: [ofOneDataset(`${isOfTwo} AND ${isNoMember}`)] },
  split_source: { rules: [ofOneDataset(isOfTwo)] },
  dataset_member: {
    rules: [rule('(SELECT recipe FROM main.dataset WHERE id = t.dataset_id) IS NULL', text('its data set is not made of others'))],
  },
  camera: { name: 'name', rules: [between('camid', -PERSON, PERSON), ofImported] },
  identity: { name: 'name', rules: [between('pid', -PERSON, PERSON), ofImported] },
  media: {
    name: 'key',
    rules: [
      between('width', 0, 1e6),
      between('height', 0, 1e6),
      between('frame_count', 0, 1e9),
      rule('fps <= 0 OR fps > 1e6', `${text('its "fps" is ')} || fps`),
      ofImported,
    ],
  },
  tracklet: {
    name: 'key',
    rules: [
      columnOf('frame_index', 4, 'frames'),
      columnOf('boxes', 16, 'frames'),
      columnOf('ignored', 1, 'frames'),
      columnOf('ranges', RANGE_BYTES, 'frames'),
      ...SCORES.map((column) => columnOf(column, 1, 'frames')),
      rule('NOT fit_frames(frame_index)', text('its frames are not numbered upwards from 0')),
      fits('boxes', 'fit_boxes'),
      fits('ranges', 'fit_ranges'),
      rule('ranges IS NOT NULL AND files IS NULL', text('it has places of pictures and no pictures')),
      ...SCORES.map((column) => fits(column, 'fit_scores')),
      rule('files IS NOT NULL AND NOT fit_files(files, frames)', `${text('its "files" are not the names of ')} || frames || ${text(' files')}`),
      between('with_value', 0, PERSON),
      rule('with_value > frames OR hidden_frames NOT BETWEEN 0 AND frames OR review_gaps NOT BETWEEN 0 AND frames', text('it counts more frames than it has')),
      between('hidden_max', 0, 10),
      sameDataset('identity_id', 'identity'),
      sameDataset('camera_id', 'camera'),
      sameDataset('media_id', 'media'),
      ofImported,
    ],
  },
  annotation: {
    rules: [
      rule(`"end" >= ifnull(${framesOf}, 0)`, `${text('it reaches to frame ')} || "end" || ${text(' of ')} || ifnull(${framesOf}, 0)`),
      // Of all before it, not of the last alone: one long one may cover several.
      rule(
        't.start <= max(t."end") OVER (PARTITION BY t.tracklet_id, t.layer, t.field ORDER BY t.start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)',
        text('it stands on frames that another value of its field has'),
      ),
      rule('NOT fit_value(field, value)', `${text('its value does not fit the field ')} || field`),
    ],
  },
  episode: {
    rules: [
      rule(`"end" >= ifnull(${framesOf}, 0)`, `${text('it reaches to frame ')} || "end" || ${text(' of ')} || ifnull(${framesOf}, 0)`),
      rule(
        't.start <= max(t."end") OVER (PARTITION BY t.tracklet_id, t.layer ORDER BY t.start, t.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)',
        text('it stands on frames that another episode has'),
      ),
      rule('occluded_by = tracklet_id', text('it is occluded by itself')),
    ],
  },
  episode_aside: {
    rules: [
      rule('NOT fit_texts_only(pictures)', text('its "pictures" are not all names')),
      fits('contents', 'fit_contents'),
      rule('NOT fit_episode(episode)', text('its "episode" is none')),
      rule(`NOT EXISTS (SELECT 1 FROM main.layer WHERE id = t.episode ->> 'layer')`, text('it is of a layer that is not there')),
    ],
  },
  seen: { rules: [columnOf('shown_ms', 4, framesOf), columnOf('slowest', 1, framesOf), columnOf('fastest', 1, framesOf)] },
  tracklet_source: {
    rules: [rule('length(digest) <> 16', text('its "digest" has not 16 bytes')), rule('length(pictures) % 8 <> 0', text('its "pictures" are cut off'))],
  },
  set_aside: {
    rules: [
      json('pictures', 'array'),
      json('annotation', 'object'),
      rule(`NOT fit_aside(${ASIDE.map((column) => `t."${column}"`).join(', ')})`, text('its place, its pictures or its value are none of its field')),
      rule(`NOT EXISTS (SELECT 1 FROM main.layer WHERE id = t.annotation ->> 'layer')`, text('its value is of a layer that is not there')),
    ],
  },
  seen_aside: {
    rules: [
      rule('NOT fit_content(content)', text('it is of no content')),
      between('shown_ms', 0, 2 ** 32 - 1),
      between('slowest', 1, 255),
      between('fastest', 1, 255),
    ],
  },
  history: {
    name: 'label',
    rules: [
      json('tags', 'array'),
      rule('NOT fit_texts_only(tags)', text('its "tags" are not all texts')),
      json('patch', 'array'),
      json('inverse', 'array'),
      rule('NOT fit_step(call, patch, inverse)', `${text('it does or undoes what no step of ')} || substr(call, 1, 60) || ${text(' does')}`),
      ...(['patch', 'inverse'] as const).map((column) =>
        rule(`${reachesBeyond(column)} IS NOT NULL`, `${text('it puts a value beyond the last frame of tracklet ')} || ${reachesBeyond(column)}`),
      ),
    ],
  },
  command_key: { rules: [rule('NOT json_valid(output)', text('its "output" is no JSON'))] },
  job: {
    name: 'title',
    rules: [
      json('params', 'object'),
      rule('NOT fit_ids(after)', text('its "after" is no list of jobs')),
      // A job waits for those that were there before it. One that waits for itself, or for a later one that may wait for it, waits for ever.
      rule('EXISTS (SELECT 1 FROM json_each(t.after) WHERE value >= t.id)', text('it waits for itself, or for a job that was made after it')),
      rule('result IS NOT NULL AND NOT json_valid(result)', text('its "result" is no JSON')),
      fits('error', 'fit_error'),
      between('done', 0, LARGEST),
      between('total', 0, LARGEST),
    ],
  },
  run: {
    name: 'name',
    rules: [
      ...(['options', 'recipe', 'engine'] as const).map((column) => json(column, 'object')),
      fits('recipe', 'fit_recipe'),
      fits('error', 'fit_error'),
      ...(['step', 'steps', 'epoch', 'elapsed_seconds', 'images_per_second', 'parameters', 'macs_per_frame'] as const).map((column) =>
        between(column, 0, LARGEST),
      ),
    ],
  },
  feature_set: {
    rules: [
      between('count', 0, PERSON),
      between('dims', 1, PERSON),
      // Such a file is deleted with the last run that has its weights.
      rule(
        "path GLOB 'features/*' AND (path GLOB 'features/*[^0-9A-Za-z._-]*' OR path GLOB 'features/.*')",
        text('its "path" is no file of the folder "features"'),
      ),
    ],
  },
  evaluation: {
    rules: [
      fits('metrics', 'fit_figures'),
      fits('question', 'fit_question'),
      rule("question_hash IS NOT question ->> '$.hash'", text('its "question_hash" is not that of its question')),
      fits('files', 'fit_texts'),
    ],
  },
};

const share = z.number().min(0).max(1);
const size = z.int().min(0).max(PERSON);
const figures = z.object({ queries: size, validQueries: size, gallery: size, mAP: share, mINP: share, cmc: z.array(share).max(100_000) });

/** What a row is called in SQL, and in words. */
function keyOf(columns: Column[]): { sql: string; shown: string } {
  const own = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const names = own.map(({ name }) => `t."${name}"`);
  return { sql: `json_array(${names.join(', ')})`, shown: names.join(` || ', ' || `) };
}

interface Column {
  name: string;
  type: string;
  pk: number;
}

/** Looks through every table. With `remove`, what is found goes, and what hangs on it: for a private copy. @throws PROJECT_DAMAGED for too many. */
export function checkRows(database: Database.Database, folder: string, { remove }: { remove: boolean }): BadRows {
  addFunctions(database);
  const found: { table: string; key: string; sentence: string }[] = [];
  const tables = database
    .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migration'")
    .pluck()
    .all() as string[];
  for (const table of tables) {
    const columns = database.pragma(`main.table_info(${table})`) as Column[];
    const rules = [...numbers(columns), ...parents(database, table), ...(RULES[table]?.rules ?? [])];
    if (rules.length === 0) continue;
    const key = keyOf(columns);
    const name = RULES[table]?.name;
    const shown = name === undefined ? key.shown : `${key.shown} || ' ("' || substr(t.${name}, 1, 60) || '")'`;
    const says = `CASE ${rules.map((one) => `WHEN ${one.isBad} THEN ${one.says}`).join(' ')} END`;
    const rows = database
      .prepare(`SELECT ${key.sql}, ${shown}, says FROM (SELECT t.*, ${says} AS says FROM main.${table} t) t WHERE says IS NOT NULL LIMIT ${MOST + 1}`)
      .raw()
      .all() as [string, string, string][];
    for (const [id, shownAs, sentence] of rows) found.push({ table, key: id, sentence: `${table} ${shownAs}: ${sentence}` });
  }
  // Without it no value can be given.
  if (database.prepare('SELECT 1 FROM main.layer WHERE id = ?').get(SHARED_LAYER) === undefined)
    found.push({ table: 'layer', key: JSON.stringify([SHARED_LAYER]), sentence: `layer ${SHARED_LAYER}: it is not there` });
  // The counters of the tables: one that stands at its end lets no row be added.
  const counters = database.prepare(`SELECT name, seq FROM sqlite_sequence WHERE seq NOT BETWEEN 0 AND ${LARGEST}`).raw().all() as [string, number][];
  for (const [name, seq] of counters)
    found.push({ table: 'sqlite_sequence', key: JSON.stringify([name]), sentence: `the counter of table "${name}": it stands at ${seq}` });
  if (found.length > MOST)
    throw new AppError('PROJECT_DAMAGED', `More than ${MOST} rows of the project ${folder} hold values that cannot be, such as ${found[0]?.sentence ?? ''}.`, {
      file: `${folder}/project.sqlite`,
    });
  if (remove && found.length > 0) removeRows(database, found);
  return { count: found.length, sentences: found.slice(0, SHOWN).map(({ sentence }) => sentence) };
}

/** Of every table: numbers that JavaScript cannot hold, and times that are none. */
function numbers(columns: Column[]): Rule[] {
  return columns.flatMap(({ name, type, pk }) => {
    if (name === 'at' || name.endsWith('_at')) return [between(name, 0, LATEST)];
    return type === 'INTEGER' && pk > 0 ? [between(name, 0, LARGEST)] : [];
  });
}

/** Of every table: rows that hang on others. */
function parents(database: Database.Database, table: string): Rule[] {
  const keys = database.pragma(`main.foreign_key_list(${table})`) as { table: string; from: string; to: string }[];
  // A tracklet's have a rule of their own, which says more.
  return keys
    .filter(({ from }) => table !== 'tracklet' || from === 'dataset_id')
    .map(({ table: parent, from, to }) =>
      rule(
        `t."${from}" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM main.${parent} p WHERE p."${to}" = t."${from}")`,
        `${text(`it belongs to ${parent} `)} || t."${from}" || ${text(', which is not there')}`,
      ),
    );
}

function removeRows(database: Database.Database, found: { table: string; key: string }[]): void {
  // Rows that hang on nothing keep nothing else from going.
  database.pragma('foreign_keys = OFF');
  try {
    database.transaction(() => {
      for (const { table, key } of found) {
        if (table === 'sqlite_sequence') {
          database.prepare('DELETE FROM sqlite_sequence WHERE name = ?').run(...(JSON.parse(key) as string[]));
          continue;
        }
        const own = (database.pragma(`main.table_info(${table})`) as Column[]).filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
        database.prepare(`DELETE FROM main.${table} WHERE ${own.map(({ name }) => `"${name}" = ?`).join(' AND ')}`).run(...(JSON.parse(key) as unknown[]));
      }
      // What hung on them, and on that: until nothing is left over.
      const orphans = database.prepare('PRAGMA foreign_key_check');
      for (let round = 0; round < 8; round++) {
        const left = orphans.all() as { table: string; parent: string; fkid: number }[];
        if (left.length === 0) break;
        for (const pair of new Set(left.map(({ table, fkid }) => `${table} ${fkid}`))) {
          const [table = '', fkid] = pair.split(' ');
          const keys = database.pragma(`main.foreign_key_list(${table})`) as { id: number; table: string; from: string; to: string; on_delete: string }[];
          const key = keys.find(({ id }) => String(id) === fkid);
          if (!key) continue;
          const isLeft = `"${key.from}" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM main.${key.table} p WHERE p."${key.to}" = main.${table}."${key.from}")`;
          database.exec(
            key.on_delete === 'SET NULL' ? `UPDATE main.${table} SET "${key.from}" = NULL WHERE ${isLeft}` : `DELETE FROM main.${table} WHERE ${isLeft}`,
          );
        }
      }
    })();
  } finally {
    database.pragma('foreign_keys = ON');
  }
}

function addFunctions(database: Database.Database): void {
  const make = (name: string, check: (...values: never[]) => boolean): void =>
    void database.function(name, { deterministic: true, varargs: true }, ((...values: never[]) => (check(...values) ? 1 : 0)) as (
      ...values: unknown[]
    ) => unknown);
  const shape = (name: string, schema: z.ZodType): void => make(name, (value: string) => schema.safeParse(parsed(value)).success);

  make('fit_frames', (bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let last = -1;
    for (let at = 0; at < bytes.byteLength; at += 4) {
      const frame = view.getInt32(at, true);
      if (frame <= last) return false;
      last = frame;
    }
    return true;
  });
  make('fit_files', (files: string, frames: number) => {
    const read = parsed(files);
    return Array.isArray(read) && read.length === frames && read.every((name) => typeof name === 'string');
  });
  make('fit_boxes', (bytes: Uint8Array) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.byteLength; at += 4) if (!(Math.abs(view.getFloat32(at, true)) <= 1e9)) return false;
    return true;
  });
  make('fit_ranges', areRanges);
  make('fit_scores', (bytes: Uint8Array) => bytes.every((score) => score <= 10 || score === 255));
  make('fit_value', isValueOf);
  make('fit_step', (call: string, patch: string, inverse: string) => readStep({ call, patch, inverse }) !== null);
  make('fit_aside', (...values: unknown[]) => isAside(Object.fromEntries(ASIDE.map((column, index) => [column, values[index]]))));
  make('fit_content', (content: unknown) => typeof content === 'string' && CONTENT.test(content));
  shape('fit_contents', z.array(z.string().regex(CONTENT)));
  shape('fit_episode', episodeRow);
  shape('fit_texts_only', z.array(z.string()));
  shape('fit_ids', z.array(z.int()));
  shape('fit_error', errorShape);
  shape('fit_derivation', storedRecipe);
  // Only what it is made of: its limits were others in other versions.
  make('fit_recipe', (value: string) => {
    const read = recipeSchema.safeParse(parsed(value));
    return read.success || read.error.issues.every(({ code }) => code !== 'invalid_type');
  });
  shape('fit_figures', figures);
  shape('fit_question', question);
  shape('fit_texts', z.record(z.string(), z.string()));
}
