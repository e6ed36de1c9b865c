/**
 * Tables `dataset`, `camera`, `identity`: lists, details with counts, rename, remove, locate. Making one of others: derive.table.ts.
 * Tests: test/main/features/tables.test.ts, test/main/features/datasets.test.ts.
 */
import type { ImportWarningRow } from '../../../src-shared/contract/imports.ts';
import type { DatasetDetail, DatasetRecipe, DatasetSummary, IdentityKind, SplitName } from '../../../src-shared/contract/datasets.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { isLiveDataset } from '../../db/liveViews.ts';
import type { Place } from '../../../datasets/tree.ts';
import { PICTURE_HASH } from '../../pixels/pictureHash.ts';
import { RANGE_BYTES, rangeAt } from '../../pixels/range.ts';
import { perform } from '../history/table.ts';
import { lengthEdges } from '../tracklets/table.ts';
import { contentHash } from './content.table.ts';
import { readRecipe, type StoredRecipe } from './recipe.ts';
import { recipeKinds } from './recipes.ts';
import { derivedIds, isOfDatasets, trackletsOf } from './tracklets.table.ts';

interface Stored {
  id: number;
  name: string;
  importer: string;
  options: string;
  root: string;
  origin: string | null;
  licence: string | null;
  state: 'importing' | 'ready';
  warnings: string;
  report: string;
  created_at: number;
  content_hash: string;
  recipe: string | null;
}

export function list(db: Reader, _input: null): DatasetSummary[] {
  return db.all<Stored>('SELECT * FROM dataset ORDER BY id').map((row) => summary(db, row));
}

function summary(db: Reader, row: Stored): DatasetSummary {
  const of = trackletsOf(db, row.id);
  const counts = db.tuples<[number, number]>(`SELECT count(*), coalesce(sum(t.frames), 0) FROM ${of.grid.from} WHERE ${of.grid.where}`, [row.id])[0] ?? [0, 0];
  const one = (sql: string): number => db.column<number>(sql, [row.id])[0] ?? 0;
  return {
    id: row.id,
    name: row.name,
    importer: row.importer,
    origin: row.origin,
    licence: row.licence,
    createdAt: row.created_at,
    state: row.state,
    recipe: recipeOf(db, readRecipe(row.recipe), counts[0]),
    cameras: one(`SELECT count(*) FROM camera c WHERE ${of.camera('c')}`),
    identities: one(`SELECT count(*) FROM identity i WHERE ${of.identity('i')} AND i.kind = 'person'`),
    tracklets: counts[0],
    frames: counts[1],
    splits: Object.fromEntries(
      db.tuples<[string, number]>(`SELECT ${of.side} AS side, count(*) FROM ${of.grid.from} WHERE ${of.grid.where} GROUP BY side ORDER BY side`, [row.id]),
    ),
    // A long one of a person shows most.
    coverTracklet:
      db.column<number>(
        `SELECT t.id FROM ${of.rows.from} JOIN identity i ON i.id = t.identity_id WHERE ${of.rows.where} AND i.kind = 'person' ORDER BY t.frames >= 8 DESC, t.id LIMIT 1`,
        [row.id],
      )[0] ?? null,
  };
}

/** As it is told: sources by their names of now, where they are there. `shown`: tracklets that are there. */
function recipeOf(db: Reader, recipe: StoredRecipe | null, shown: number): DatasetRecipe | null {
  if (recipe === null) return null;
  const sources = recipe.sources.map(({ id, name }) => ({ id, name: db.column<string>('SELECT name FROM dataset WHERE id = ?', [id])[0] ?? name }));
  return {
    kind: recipe.kind,
    // One of a later version says at least which.
    title: recipeKinds.get(recipe.kind)?.title(sources.map(({ name }) => name)) ?? `${recipe.kind}: ${sources.map(({ name }) => name).join(', ')}`,
    sources,
    asked: recipe.asked,
    at: recipe.at,
    tracklets: recipe.tracklets,
    missing: Math.max(0, recipe.tracklets - shown),
  };
}

/** Each bar opens its tracklets, so it must be wide enough to hit (24 px, WCAG 2.2). */
const LENGTH_BARS = 12;

/** All but the valid queries, which the domain `evaluations` counts. */
export function detail(db: Reader, input: { id: number }): Omit<DatasetDetail, 'validQueries' | 'missing' | 'changedPictures'> {
  const row = mustGet(db, input.id);
  const report = JSON.parse(row.report) as Partial<Pick<DatasetDetail, 'files' | 'guesses' | 'updated'>>;
  const of = trackletsOf(db, row.id);
  const frames = db.column<number>(`SELECT t.frames FROM ${of.grid.from} WHERE ${of.grid.where}`, [row.id]);
  const edges = lengthEdges(
    frames.reduce((longest, n) => Math.max(longest, n), 0),
    LENGTH_BARS,
  );
  const width = (edges[1] ?? 1) - (edges[0] ?? 0);
  const counts = new Array<number>(edges.length - 1).fill(0);
  for (const n of frames) {
    const bin = Math.floor((n - (edges[0] ?? 1)) / width);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return {
    ...summary(db, row),
    root: row.root,
    options: JSON.parse(row.options) as Record<string, unknown>,
    cameraRows: db.all(
      `SELECT c.id, c.camid, c.name, count(t.id) AS tracklets, count(DISTINCT t.identity_id) AS identities, coalesce(sum(t.frames), 0) AS frames
       FROM camera c LEFT JOIN (SELECT t.id, t.identity_id, t.camera_id, t.frames FROM ${of.grid.from} WHERE ${of.grid.where}) t ON t.camera_id = c.id
       WHERE ${of.camera('c')} GROUP BY c.id ORDER BY c.dataset_id, c.camid`,
      [row.id, row.id],
    ),
    splitRows: db.all(
      `SELECT ${of.side} AS split, count(DISTINCT t.identity_id) AS identities, count(*) AS tracklets, sum(t.frames) AS frames, count(DISTINCT t.camera_id) AS cameras
       FROM ${of.grid.from} WHERE ${of.grid.where} GROUP BY 1 ORDER BY CASE ${of.side} WHEN 'train' THEN 0 WHEN 'query' THEN 1 WHEN 'gallery' THEN 2 ELSE 3 END`,
      [row.id],
    ),
    kinds: Object.fromEntries(
      db.tuples<[string, number]>(`SELECT i.kind, count(*) FROM identity i WHERE ${of.identity('i')} GROUP BY i.kind ORDER BY i.kind`, [row.id]),
    ),
    warnings: JSON.parse(row.warnings) as ImportWarningRow[],
    files: report.files ?? null,
    guesses: report.guesses ?? [],
    updated: report.updated ?? null,
    training: db.get<DatasetDetail['training']>(
      `SELECT count(DISTINCT t.identity_id) AS identities, count(*) AS tracklets
       FROM ${of.grid.from} JOIN identity i ON i.id = t.identity_id WHERE ${of.grid.where} AND ${of.side} = 'train' AND i.kind = 'person'`,
      [row.id],
    ) ?? { identities: 0, tracklets: 0 },
    setAside: db.column<number>('SELECT count(*) FROM set_aside WHERE dataset_id = ?', [row.id])[0] ?? 0,
    lengthHistogram: { edges, counts },
    derived: madeOf(db, input).flatMap((made) => {
      const { grid } = trackletsOf(db, made.id);
      const [n = 0] = db.column<number>(`SELECT count(*) FROM ${grid.from} WHERE ${grid.where} AND t.dataset_id = ?`, [made.id, row.id]);
      return n === 0 ? [] : [{ ...made, tracklets: n }];
    }),
  };
}

/** Imported data sets that its tracklets are of, and the state of each, as pictures go by it. */
export function sourcesOf(db: Reader, input: { id: number }): { id: number; contentHash: string }[] {
  return trackletsOf(db, input.id).imported.flatMap((id) =>
    db.all<{ id: number; contentHash: string }>('SELECT id, content_hash AS contentHash FROM dataset WHERE id = ?', [id]),
  );
}

/** Data sets made of others that have tracklets of this one. */
export function madeOf(db: Reader, input: { id: number }): { id: number; name: string }[] {
  return db
    .all<{ id: number; name: string }>('SELECT id, name FROM dataset WHERE recipe IS NOT NULL ORDER BY id')
    .filter(({ id }) => trackletsOf(db, id).imported.includes(input.id));
}

export function identities(
  db: Reader,
  input: { datasetIds: number[] | null },
): { id: number; datasetId: number; pid: number; name: string; kind: IdentityKind; tracklets: number }[] {
  const derived = derivedIds(db);
  const asked = input.datasetIds;
  if (asked?.some((id) => derived.has(id))) {
    const { sql, params } = isOfDatasets(asked, derived);
    return db.all(
      `SELECT i.id, i.dataset_id AS datasetId, i.pid, i.name, i.kind, count(t.id) AS tracklets
       FROM main.tracklet t INDEXED BY tracklet_grid JOIN identity i ON i.id = t.identity_id
       WHERE t.dataset_id IN (SELECT id FROM dataset) AND ${sql} GROUP BY i.id ORDER BY i.dataset_id, i.id`,
      params,
    );
  }
  // The order of the grid: ids follow the numbers of the source.
  return db.all(
    `SELECT i.id, i.dataset_id AS datasetId, i.pid, i.name, i.kind, count(t.id) AS tracklets
     FROM identity i LEFT JOIN main.tracklet t INDEXED BY tracklet_grid ON t.dataset_id = i.dataset_id AND t.identity_id = i.id
     ${input.datasetIds ? 'WHERE i.dataset_id IN (SELECT value FROM json_each(?))' : ''} GROUP BY i.id ORDER BY i.dataset_id, i.id`,
    input.datasetIds ? [JSON.stringify(input.datasetIds)] : [],
  );
}

/** Of identities that more than one data set holds. */
export function sameNames(db: Reader): string[] {
  return db.column('SELECT name FROM identity GROUP BY name HAVING count(DISTINCT dataset_id) > 1 ORDER BY name');
}

/** What the statistics are computed from: one entry a tracklet. */
export interface VisibilityRow {
  split: SplitName;
  frames: number;
  /** -1 = no value; null when no frame has one. */
  visibility: Int8Array | null;
  /** As `src-shared/fields/terms.ts` reads them. */
  terms: string;
}

export function visibilities(db: Reader, input: { id: number }): VisibilityRow[] {
  mustGet(db, input.id);
  const { rows, side } = trackletsOf(db, input.id);
  return db
    .tuples<[SplitName, number, Uint8Array | null, string]>(
      // What has no list of frames has none: the number alone may ask for any amount of memory.
      `SELECT ${side}, min(t.frames, length(t.frame_index) / 4), t.visibility, t.terms FROM ${rows.from} WHERE ${rows.where} ORDER BY t.id`,
      [input.id],
    )
    .map(([split, frames, visibility, terms]) => ({
      split,
      frames,
      visibility: visibility && Int8Array.from(new Int8Array(visibility.buffer, visibility.byteOffset, visibility.byteLength)),
      terms,
    }));
}

export function rename(db: Writer, input: { id: number; name: string; at: number; tags: string[] }): void {
  const row = mustGet(db, input.id);
  if (row.name === input.name) return;
  refuseTaken(db, input.name, input.id);
  perform(db, {
    at: input.at,
    label: `Rename "${row.name}" to "${input.name}"`,
    call: 'datasets.rename',
    trackletId: null,
    tags: input.tags,
    patch: [{ op: 'set', table: 'dataset', ids: [input.id], values: { name: input.name } }],
    inverse: [{ op: 'set', table: 'dataset', ids: [input.id], values: { name: row.name } }],
    join: null,
  });
}

export function refuseTaken(db: Reader, name: string, exceptId: number | null): void {
  const other = db.column<number>('SELECT id FROM dataset WHERE name = ?', [name])[0];
  if (other !== undefined && other !== exceptId)
    throw new AppError('CONFLICT', `The project has a data set "${name}" already.`, { name }, { remedy: 'Choose another name.' });
}

/** Undoable: its rows stay, and no reader sees them. */
export function remove(db: Writer, input: { id: number; at: number; tags: string[] }): void {
  const { name } = mustGet(db, input.id);
  perform(db, {
    at: input.at,
    label: `Remove data set "${name}"`,
    call: 'datasets.remove',
    trackletId: null,
    tags: input.tags,
    patch: [{ op: 'remove', table: 'dataset', id: input.id, at: input.at }],
    inverse: [{ op: 'bringBack', table: 'dataset', id: input.id }],
    join: null,
  });
}

/**
 * `isArchive`: the root is a file that holds the pictures; one tracklet tells, for then all have ranges.
 * @throws UNSUPPORTED for one that is made of others: it has no place of its own
 */
export function location(db: Reader, input: { id: number }): { root: string; name: string; isArchive: boolean } {
  const { root, name, recipe } = mustGet(db, input.id);
  if (recipe !== null) throw hasNoSource(name, readRecipe(recipe));
  const { grid } = trackletsOf(db, input.id);
  const places = db.column<number>(`SELECT t.ranges IS NOT NULL FROM ${grid.from} WHERE ${grid.where} LIMIT 1`, [input.id]);
  return { root, name, isArchive: places[0] === 1 };
}

/** What asks for a folder of its own is asked of its sources. */
function hasNoSource(name: string, recipe: StoredRecipe | null): AppError {
  const sources = recipe?.sources.map((source) => `"${source.name}"`).join(', ') ?? '';
  return new AppError(
    'UNSUPPORTED',
    `"${name}" is made of other data sets and has no folder of its own; its pictures are those of ${sources}.`,
    { dataset: name },
    { remedy: 'Locate or update the data sets that it is made of.' },
  );
}

/** A file, its imported data set, and the folder of that as the row has it. */
export interface RootedFile {
  datasetId: number;
  root: string;
  path: string;
  /** The root is a file that holds it. */
  isArchive: boolean;
}

/** Some files that have to be there if a folder is the right one: every medium, and pictures spread over the tracklets. */
export function sampleFiles(db: Reader, input: { id: number }): RootedFile[] {
  const of = trackletsOf(db, input.id);
  const all = <Row extends { holds: number }>(sql: string): RootedFile[] =>
    db.all<Row & Omit<RootedFile, 'isArchive'>>(sql, [input.id]).map(({ holds, datasetId, root, path }) => ({ datasetId, root, path, isArchive: holds === 1 }));
  const media = all(
    `SELECT d.id AS datasetId, d.root, m.path, ifnull((SELECT r.ranges IS NOT NULL FROM main.tracklet r WHERE r.media_id = m.id LIMIT 1), 0) AS holds
     FROM media m JOIN dataset d ON d.id = m.dataset_id WHERE ${of.media('m')} LIMIT 50`,
  );
  // Chosen by the index alone: the lists of files are long.
  const files = all(
    `SELECT d.id AS datasetId, d.root, json_extract(t.files, '$[0]') AS path, t.ranges IS NOT NULL AS holds
     FROM main.tracklet t JOIN dataset d ON d.id = t.dataset_id WHERE t.files IS NOT NULL
       AND t.id IN (SELECT t.id FROM ${of.grid.from} WHERE ${of.grid.where} ORDER BY t.id % 97, t.id LIMIT 50)`,
  );
  return [...media, ...files];
}

export interface SampledPicture {
  trackletId: number;
  position: number;
  file: string;
  /** Where in the archive it lies; null where it is a file of its own. */
  range: Place | null;
  /** As noted at import. */
  hash: Uint8Array;
}

export interface DatasetFacts {
  id: number;
  name: string;
  /** Where its pictures lie, as the rows of the imported data sets have it that they are of. */
  roots: string[];
  state: string;
  importer: string;
  /** null: imported. */
  recipe: StoredRecipe | null;
  contentHash: string;
  cameras: number;
  /** Tracklets and identities of persons a split. */
  splits: Record<string, { identities: number; tracklets: number; cameras: number }>;
  videos: number[];
}

/** What a run, an evaluation or a sample must know of a data set; null when it is gone. */
export function facts(db: Reader, input: { id: number }): DatasetFacts | null {
  const row = db.get<{ id: number; name: string; state: string; importer: string; recipe: string | null }>(
    'SELECT id, name, state, importer, recipe FROM dataset WHERE id = ?',
    [input.id],
  );
  const content = contentHash(db, input.id);
  if (!row || content === null) return null;
  const of = trackletsOf(db, input.id);
  const splits = db.all<{ split: string; identities: number; tracklets: number; cameras: number }>(
    `SELECT ${of.side} AS split, count(DISTINCT t.identity_id) AS identities, count(*) AS tracklets, count(DISTINCT t.camera_id) AS cameras
     FROM ${of.rows.from} JOIN identity i ON i.id = t.identity_id WHERE ${of.rows.where} AND i.kind = 'person' GROUP BY 1`,
    [input.id],
  );
  return {
    id: row.id,
    name: row.name,
    roots: of.imported.flatMap((id) => db.column<string>('SELECT root FROM dataset WHERE id = ?', [id])),
    state: row.state,
    importer: row.importer,
    recipe: readRecipe(row.recipe),
    contentHash: content,
    cameras: db.column<number>(`SELECT count(*) FROM camera c WHERE ${of.camera('c')}`, [input.id])[0] ?? 0,
    splits: Object.fromEntries(splits.map(({ split, ...counts }) => [split, counts])),
    videos: db.column<number>(`SELECT m.id FROM media m WHERE ${of.media('m')} AND m.kind = 'video' ORDER BY m.id`, [input.id]),
  };
}

/** Pictures at even distances over all tracklets, of those whose content an import noted; all when there are no more than `most`. */
export function samplePictures(db: Reader, input: { id: number; most: number }): SampledPicture[] {
  const tracklets = db.tuples<[id: number, frames: number]>(
    `SELECT t.id, t.frames FROM main.tracklet t JOIN tracklet_source s ON s.tracklet_id = t.id
     WHERE t.dataset_id = ? AND t.files IS NOT NULL AND length(s.pictures) = t.frames * ${PICTURE_HASH} ORDER BY t.id`,
    [input.id],
  );
  const all = tracklets.reduce((sum, [, frames]) => sum + frames, 0);
  const wanted = Math.min(input.most, all);
  const found: SampledPicture[] = [];
  let before = 0;
  for (const [trackletId, frames] of tracklets) {
    // Of place k of all the middle of its share.
    while (found.length < wanted) {
      const position = Math.floor(((found.length + 0.5) * all) / wanted) - before;
      if (position >= frames) break;
      const [file, hash, range] = db.tuples<[string, Uint8Array, Uint8Array | null]>(
        `SELECT json_extract(t.files, '$[' || CAST(@position AS INTEGER) || ']'), substr(s.pictures, @position * ${PICTURE_HASH} + 1, ${PICTURE_HASH}),
           substr(t.ranges, @position * ${RANGE_BYTES} + 1, ${RANGE_BYTES})
         FROM main.tracklet t JOIN tracklet_source s ON s.tracklet_id = t.id WHERE t.id = @trackletId`,
        { trackletId, position },
      )[0] as [string, Uint8Array, Uint8Array | null];
      found.push({ trackletId, position, file, range: range?.length === RANGE_BYTES ? rangeAt(range, 0) : null, hash });
    }
    before += frames;
  }
  return found;
}

/** Videos whose file is known by its content; sets imported before that was kept have none. */
export function videoHashes(db: Reader, input: { id: number }): { path: string; contentHash: string }[] {
  return db.all('SELECT path, content_hash AS contentHash FROM media WHERE dataset_id = ? AND content_hash IS NOT NULL ORDER BY id', [input.id]);
}

export function setRoot(db: Writer, input: { id: number; root: string }): void {
  mustGet(db, input.id);
  db.run('UPDATE dataset SET root = ? WHERE id = ?', [input.root, input.id]);
}

function mustGet(db: Reader, id: number): Stored {
  const row = db.get<Stored>(`SELECT * FROM dataset WHERE id = ? AND ${isLiveDataset('dataset')}`, [id]);
  if (!row) throw new AppError('NOT_FOUND', `There is no data set ${id}.`, { datasetId: id });
  return row;
}
