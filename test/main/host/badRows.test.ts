/**
 * A project that somebody sent, with rows that no program of ours writes: it opens for looking, names table, row and what helps, and answers
 * whatever is asked of the rest. Each row is made by plain SQL in a copy of a whole project, which itself opens as always.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { inBackupThread } from '../../../src-main/features/backups/thread.ts';
import { checkRows } from '../../../src-main/features/project/rowCheck.table.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { stampOf } from '../../../src-main/platform/fileIdentity.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../support/project.ts';

let base: ReturnType<typeof temporaryFolder>;
let whole: TestProject;
let count = 0;
let host: Host | null = null;

const figures = '{"queries":2,"validQueries":2,"gallery":4,"mAP":0.5,"mINP":0.5,"cmc":[0.5,1]}';
/** Complete, as a run keeps it. */
const recipe = JSON.stringify({
  epochs: 1,
  stepsPerEpoch: 1,
  identitiesPerBatch: 2,
  clipsPerIdentity: 2,
  learningRate: 1e-4,
  weightDecay: 0,
  decayEpochs: [],
  decay: 0.1,
  warmupEpochs: 0,
  flip: true,
  erasing: 0,
});

beforeAll(async () => {
  base = temporaryFolder();
  whole = await openTestProject();
  const client = whole.host.client();
  await fillProject(whole.host.context, { tracklets: 6, identities: 3, cameras: 2 });
  await client.call('annotations.apply', { label: 'note', edits: [{ trackletId: 1, field: 'note', start: 0, end: 0, value: 'kept' }] });
  await client.call('backups.make', {});
  await whole.host.close();
  const database = new Database(join(whole.folder, 'project.sqlite'));
  database.exec(`
    INSERT INTO run (id, name, method, options, recipe, dataset_id, dataset_name, seed, state, created_at) VALUES ('r1', 'One', 'resnet-tap', '{}', '${recipe}', 1, 'Big', 1, 'done', 1);
    INSERT INTO run (id, name, method, options, recipe, dataset_id, dataset_name, seed, state, created_at) VALUES ('r2', 'Two', 'resnet-tap', '{}', '${recipe}', 1, 'Big', 1, 'done', 1);
    INSERT INTO feature_set (run_id, dataset_id, weights_hash, content_hash, view, path, hash, count, dims, created_at, used_at) VALUES ('r1', 1, 'w', 'c', 'embedding', 'features/f', 'h', 6, 8, 1, 1);
    INSERT INTO evaluation (run_id, dataset_id, protocol, distance, features_hash, folder, metrics, created_at) VALUES ('r1', 1, 'market', 'cosine', 'h', 'runs/r1/e', '${figures}', 1);
    INSERT INTO evaluation (run_id, dataset_id, protocol, distance, features_hash, folder, metrics, created_at) VALUES ('r2', 1, 'market', 'cosine', 'h', 'runs/r2/e', '${figures}', 1);
    INSERT INTO job (kind, title, state, params, created_at) VALUES ('import', 'An import', 'failed', '{}', 1);
    INSERT INTO seen (tracklet_id, annotator, shown_ms, slowest, fastest, updated_at) SELECT 1, 'x', zeroblob(4 * frames), zeroblob(frames), zeroblob(frames), 1 FROM tracklet WHERE id = 1;
    INSERT INTO set_aside (dataset_id, tracklet_key, field, pictures, annotation, reason, at) VALUES (1, 't000000', 'note', '["a"]', '{"tracklet_id":1,"layer":"shared","field":"note","start":0,"end":0,"value":"\\"x\\"","how":"judged","annotator":"x","updated_at":1}', 'changed', 1);`);
  database.close();
});
afterAll(async () => {
  await whole[Symbol.asyncDispose]();
  base[Symbol.dispose]();
});
afterEach(async () => {
  await host?.close();
  host = null;
});

/** A copy in which the SQL was run, as SQLite lets anyone do. */
function sent(sql: string): string {
  const folder = join(base.path, `P${++count}`);
  cpSync(whole.folder, folder, { recursive: true });
  if (sql === '') return folder;
  const database = new Database(join(folder, 'project.sqlite'));
  database.pragma('foreign_keys = OFF');
  database.exec(sql);
  database.close();
  return folder;
}
const openThere = (folder: string, home = join(base.path, 'home')): Promise<Host> =>
  openHost({ folder, paths: { home, provisioned: join(home, 'native') }, log: openLog('silent'), validateOutputs: true });

/** Everything that a page asks for at first sight. */
async function everything(of: Host): Promise<void> {
  const client = of.client();
  const [dataset] = await client.call('datasets.list', {});
  await client.call('jobs.list', {});
  await client.call('trash.list', {});
  await client.call('evaluations.list', {});
  for (const { id } of await client.call('runs.list', {})) await client.call('runs.get', { id });
  const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
  await client.call('tracklets.facets', { filter: {} });
  expect((await client.call('tracklets.rows', { ids: [...ids] })).map(({ id }) => id)).toEqual([...ids]);
  for (const id of ids) {
    await client.call('tracklets.get', { id });
    await client.call('annotations.get', { trackletId: id });
  }
  if (!dataset) return;
  await client.call('datasets.get', { id: dataset.id });
  await client.call('datasets.statistics', { id: dataset.id });
}

test('the whole one opens as always, here and elsewhere', async () => {
  host = await openThere(sent(''));
  expect(await host.client().call('project.info', {})).toMatchObject({ readOnly: null });
  await everything(host);
});

const rows: [name: string, sql: string, sentence: RegExp][] = [
  [
    'a billion frames',
    'UPDATE tracklet SET frames = 1000000000 WHERE id = 3',
    /tracklet 3 \("t000002"\): it says 1000000000 frames, its "frame_index" holds \d\d$/,
  ],
  ['a billion frames and nothing valued', 'UPDATE tracklet SET frames = 1000000000, visibility = NULL, with_value = 0 WHERE id = 3', /tracklet 3/],
  [
    'frames that are not numbered',
    'UPDATE tracklet SET frame_index = zeroblob(4 * frames) WHERE id = 3',
    /tracklet 3 .*its frames are not numbered upwards from 0/,
  ],
  ['boxes of another length', "UPDATE tracklet SET boxes = x'00' WHERE id = 3", /tracklet 3 .*it says \d+ frames, its "boxes" holds 0/],
  [
    'boxes that are no numbers',
    "UPDATE tracklet SET frames = 1, frame_index = x'00000000', files = '[\"a\"]', visibility = NULL, with_value = 0, hidden_frames = 0, boxes = x'0000c07f000000000000000000000000' WHERE id = 3; DELETE FROM annotation WHERE tracklet_id = 3",
    /tracklet 3 .*its "boxes" holds what cannot be/,
  ],
  [
    'scores beyond ten',
    "UPDATE tracklet SET visibility = CAST(replace(hex(zeroblob(frames)), '00', 'P') AS BLOB) WHERE id = 3",
    /tracklet 3 .*its "visibility" holds what cannot be/,
  ],
  ['files that are no JSON', "UPDATE tracklet SET files = '[\"a' WHERE id = 3", /tracklet 3 .*its "files" are not the names of \d+ files/],
  [
    'files that are no names',
    "UPDATE tracklet SET files = '[' || substr(replace(hex(zeroblob(frames)), '00', ',1'), 2) || ']' WHERE id = 3",
    /tracklet 3 .*its "files" are not the names/,
  ],
  ['places of another number', 'UPDATE tracklet SET ranges = zeroblob(24) WHERE id = 3', /tracklet 3 .*it says \d+ frames, its "ranges" holds 0/],
  // A stored member of 0 and of 1 byte: the second number and the third are equal, else it is none.
  [
    'places that make no sense',
    "UPDATE tracklet SET ranges = CAST(replace(hex(zeroblob(frames)), '00', 'PPPPPPPPPPPPPPPPPPPPPPPPP') AS BLOB) WHERE id = 3",
    /tracklet 3 .*its "ranges" holds what cannot be/,
  ],
  [
    'places without pictures',
    'UPDATE tracklet SET files = NULL, ranges = zeroblob(25 * frames) WHERE id = 3',
    /tracklet 3 .*it has places of pictures and no pictures/,
  ],
  ['a camera that is not there', 'UPDATE tracklet SET camera_id = 77 WHERE id = 3', /tracklet 3 .*its camera is camera 77, which is not there/],
  [
    'a person of another data set',
    "INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (9, 'X', 'synthetic', '{}', 'x', 'ready', 'h', 1); UPDATE identity SET dataset_id = 9 WHERE id = 3",
    /its identity is identity 3, which is not there or belongs to another data set/,
  ],
  ['a person without a data set', 'UPDATE identity SET dataset_id = 9 WHERE id = 3', /identity 3 \("0003"\): it belongs to dataset 9, which is not there/],
  ['a number of a camera that no integer holds', 'UPDATE camera SET camid = 9007199254740993 WHERE id = 2', /camera 2 .*its "camid" is 9007199254740993/],
  ['a picture of negative width', 'UPDATE media SET width = -1', /media 1 \("crops"\): its "width" is -1/],
  ['options that are no JSON', "UPDATE dataset SET options = '{' WHERE id = 1", /dataset 1 \("Big"\): its "options" is no JSON object/],
  ['warnings that are no list', "UPDATE dataset SET warnings = '{}' WHERE id = 1", /dataset 1 .*its "warnings" is no JSON array/],
  ['a time that is none', 'UPDATE dataset SET created_at = 9000000000000000000 WHERE id = 1', /dataset 1 .*its "created_at" is 9000000000000000000/],
  [
    'a value beyond the last frame',
    'UPDATE annotation SET "end" = 5000 WHERE tracklet_id = 1 AND field = \'note\'',
    /annotation 1, shared, note, 0: it reaches to frame 5000 of \d+/,
  ],
  [
    'a value that does not fit',
    "UPDATE annotation SET value = '[1' WHERE tracklet_id = 1 AND field = 'note'",
    /annotation 1, shared, note, 0: its value does not fit the field note/,
  ],
  [
    'two values of one field on one frame',
    `DELETE FROM annotation WHERE tracklet_id = 1; INSERT INTO annotation VALUES (1, 'shared', 'visibility', 0, 5, '5', 'judged', 'x', 1), (1, 'shared', 'visibility', 3, 7, '7', 'judged', 'x', 1)`,
    /^annotation 1, shared, visibility, 3: it stands on frames that another value of its field has$/,
  ],
  [
    'a value of a layer that is not there',
    `INSERT INTO annotation VALUES (1, 'ghost', 'quality', 0, 5, '5', 'judged', 'x', 1)`,
    /^annotation 1, ghost, quality, 0: it belongs to layer ghost, which is not there$/,
  ],
  [
    'a value that covers several of its field',
    `DELETE FROM annotation WHERE tracklet_id = 1; INSERT INTO annotation VALUES (1, 'shared', 'visibility', 0, 7, '5', 'judged', 'x', 1), (1, 'shared', 'visibility', 2, 3, '7', 'judged', 'x', 1), (1, 'shared', 'visibility', 5, 6, '8', 'judged', 'x', 1), (1, 'shared', 'occluder', 5, 6, '"edge"', 'judged', 'x', 1)`,
    /^annotation 1, shared, visibility, 2: it stands .*; annotation 1, shared, visibility, 5: it stands [^;]*$/,
  ],
  ['a tracklet without a data set', 'UPDATE tracklet SET dataset_id = 9 WHERE id = 3', /tracklet 3 .*it belongs to dataset 9/],
  [
    'a split set in use that is of another data set',
    "INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (9, 'Other', 'test', '{}', '.', 'ready', 'x', 1); INSERT INTO split_set VALUES (90, 9, 'main', 'imported', 1); UPDATE dataset SET split_set_id = 90",
    /dataset 1 \("Big"\): its split set in use is none of its own/,
  ],
  [
    'a member of the split set of another data set',
    "INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (9, 'Other', 'test', '{}', '.', 'ready', 'x', 1); INSERT INTO split_set VALUES (90, 9, 'main', 'imported', 1); INSERT INTO split_member VALUES (90, 1, 'query')",
    /^split_member 90, 1: its set and its tracklet are of two data sets$/,
  ],
  [
    'a member that is no tracklet',
    "INSERT INTO split_member SELECT id, 77, 'query' FROM split_set",
    /^split_member \d+, 77: it belongs to tracklet 77, which is not there$/,
  ],
  ['what was seen of no frame', "UPDATE seen SET slowest = x'00'", /seen 1, x: it says \d+ frames, its "slowest" holds 1/],
  [
    'a picture hash that is cut off',
    "UPDATE tracklet_source SET digest = x'00' WHERE tracklet_id = 2; INSERT OR REPLACE INTO tracklet_source VALUES (2, x'00', NULL, 'train')",
    /tracklet_source 2: its "digest" has not 16 bytes/,
  ],
  ['a value set aside without a value', "UPDATE set_aside SET annotation = '{}'", /set_aside 1: its place, its pictures or its value are none of its field/],
  ['a step that cannot be read', "UPDATE history SET inverse = '[' WHERE id = 1", /history 1 \(".*"\): its "inverse" is no JSON array/],
  [
    'a value set aside that is none of its field',
    "UPDATE set_aside SET field = 'visibility', annotation = json_set(annotation, '$.field', 'visibility', '$.value', '99')",
    /set_aside 1: its place, its pictures or its value/,
  ],
  ['a value set aside of another field', "UPDATE set_aside SET field = 'evil'", /set_aside 1: its place/],
  ['a value set aside before the first frame', 'UPDATE set_aside SET start = -5, "end" = 2', /set_aside 1: its place/],
  ['a value set aside that came in no way', "UPDATE set_aside SET annotation = json_set(annotation, '$.how', 'dreamt')", /set_aside 1: its place/],
  ['a value set aside of contents that are none', `UPDATE set_aside SET contents = '["x"]'`, /set_aside 1: its place/],
  ['what was seen of no content', `INSERT INTO seen_aside VALUES (1, 'x', 'ann', 5, 1, 1)`, /seen_aside 1, x, ann: it is of no content/],
  ['what was seen at no speed', `INSERT INTO seen_aside VALUES (1, 'f0000000aAbCdEf+/0123', 'ann', 5, 0, 1)`, /seen_aside 1, .*: its "slowest" is 0/],
  ['a value set aside of no pictures', `UPDATE set_aside SET pictures = '[7,{"a":1}]'`, /set_aside 1: its place/],
  [
    'a step that puts a value that does not fit',
    `UPDATE history SET inverse = '[{"op":"clearAnnotations","keys":[{"tracklet_id":1,"layer":"shared","field":"note","start":0}]},{"op":"putAnnotations","rows":[{"tracklet_id":1,"layer":"shared","field":"note","start":0,"end":0,"value":"99","how":"judged","annotator":"x","updated_at":1}]}]' WHERE id = 1`,
    /history 1 \("note"\): it does or undoes what no step of annotations.apply does/,
  ],
  [
    'a step that puts a value beyond the last frame',
    `UPDATE history SET inverse = '[{"op":"clearAnnotations","keys":[]},{"op":"putAnnotations","rows":[{"tracklet_id":1,"layer":"shared","field":"note","start":50,"end":5000,"value":"\\"x\\"","how":"judged","annotator":"x","updated_at":1}]}]' WHERE id = 1`,
    /history 1 \("note"\): it puts a value beyond the last frame of tracklet 1/,
  ],
  [
    'a step that clears nothing that has a name',
    `UPDATE history SET inverse = '[{"op":"clearAnnotations","keys":null}]' WHERE id = 1`,
    /history 1 .*no step of annotations.apply does/,
  ],
  [
    'a step that removes a data set in the name of another',
    `UPDATE history SET inverse = '[{"op":"remove","table":"dataset","id":1,"at":1}]' WHERE id = 1`,
    /history 1 .*no step of annotations.apply does/,
  ],
  [
    'a step of a call that nobody knows, whose way back leads elsewhere',
    `UPDATE history SET call = 'x', inverse = '[{"op":"remove","table":"dataset","id":1,"at":1}]' WHERE id = 1`,
    /history 1 .*no step of x does/,
  ],
  ['a step whose tags are no texts', "UPDATE history SET tags = '[null]' WHERE id = 1", /history 1 .*its "tags" are not all texts/],
  ['a job whose error is none', "UPDATE job SET error = '{}' WHERE id = 1", /job 1 \("An import"\): its "error" holds what cannot be/],
  ['a job that waits for itself', "UPDATE job SET after = '[1]' WHERE id = 1", /job 1 \("An import"\): it waits for itself/],
  [
    'a circle of jobs',
    "INSERT INTO job (id, kind, title, state, params, after, created_at) VALUES (2, 'import', 'Second', 'failed', '{}', '[1]', 1); UPDATE job SET after = '[2]' WHERE id = 1",
    /^job 1 \("An import"\): it waits for itself, or for a job that was made after it$/,
  ],
  ['a job whose parameters are none', "UPDATE job SET params = 'x' WHERE id = 1", /job 1 .*its "params" is no JSON object/],
  ['a run whose recipe is none', "UPDATE run SET recipe = '[]' WHERE id = 'r1'", /run r1 \("One"\): its "recipe" is no JSON object/],
  ['a run of endless length', "UPDATE run SET elapsed_seconds = 9e999 WHERE id = 'r1'", /run r1 .*its "elapsed_seconds" is Inf/],
  ['features of no dimension', 'UPDATE feature_set SET dims = -8', /feature_set 1: its "dims" is -8/],
  ['features that were used at no time', 'UPDATE feature_set SET used_at = -1', /feature_set 1: its "used_at" is -1/],
  [
    'features that lead out of their folder',
    "UPDATE feature_set SET path = 'features/../runs'",
    /feature_set 1: its "path" is no file of the folder "features"/,
  ],
  ['features that are the folder above', "UPDATE feature_set SET path = 'features/..'", /feature_set 1: its "path" is no file/],
  ['features of no run that is there', "UPDATE feature_set SET run_id = 'r9'", /feature_set 1: it belongs to run r9, which is not there/],
  ['the hash of another question', `UPDATE evaluation SET question_hash = 'x' WHERE id = 1`, /evaluation 1: its "question_hash" is not that of its question/],
  ['an mAP of ninety-nine', `UPDATE evaluation SET metrics = json_set(metrics, '$.mAP', 99) WHERE id = 1`, /evaluation 1: its "metrics" holds what cannot be/],
  ['an mAP that is no number', `UPDATE evaluation SET metrics = json_set(metrics, '$.mAP', NULL) WHERE id = 1`, /evaluation 1: its "metrics"/],
  [
    'an mAP of one beyond all numbers',
    `UPDATE evaluation SET metrics = replace(metrics, '"mAP":0.5', '"mAP":1e999') WHERE id = 1`,
    /evaluation 1: its "metrics"/,
  ],
  ['metrics that are no JSON', "UPDATE evaluation SET metrics = 'x' WHERE id = 1", /evaluation 1: its "metrics"/],
  [
    'a counter at its end',
    "UPDATE sqlite_sequence SET seq = 9223372036854775807 WHERE name = 'history'",
    /the counter of table "history": it stands at 9223372036854776000/,
  ],
  ['an evaluation of no run', "UPDATE evaluation SET run_id = 'r9' WHERE id = 1", /evaluation 1: it belongs to run r9, which is not there/],
];

test.each(rows)('%s: is found, and goes with what hangs on it, and nothing else does', async (_name, sql, sentence) => {
  const database = new Database(join(sent(sql), 'project.sqlite'));
  database.pragma('synchronous = OFF');
  const tables = [
    'dataset',
    'camera',
    'identity',
    'media',
    'tracklet',
    'annotation',
    'history',
    'run',
    'evaluation',
    'job',
    'feature_set',
    'seen',
    'set_aside',
    'seen_aside',
  ];
  const rowsOf = (): string[] =>
    tables.flatMap((table) => (database.prepare(`SELECT * FROM ${table}`).all() as object[]).map((row) => `${table} ${JSON.stringify(row)}`));
  const before = rowsOf();
  const found = checkRows(database, 'P', { remove: true });
  expect(found.sentences.join('; ')).toMatch(sentence);
  expect(checkRows(database, 'P', { remove: false })).toEqual({ count: 0, sentences: [] });
  expect(database.pragma('foreign_key_check')).toEqual([]);
  const after = rowsOf();
  // Runs outlive their data set and features the run that made them, and are told so.
  const without = (text: string): string =>
    text.startsWith('feature_set') ? text.replace('"run_id":"r1"', '"run_id":null') : text.replace('"dataset_id":1', '"dataset_id":null');
  expect(after.filter((row) => !before.includes(row) && !before.map(without).includes(row))).toEqual([]);
  expect(after.length).toBeLessThan(before.length + 1);
  database.close();
});

const CHOSEN = [
  'a billion frames and nothing valued',
  'files that are no names',
  'a camera that is not there',
  'options that are no JSON',
  'metrics that are no JSON',
];
test.each(rows.filter(([name]) => CHOSEN.includes(name)))('%s: a host says it, leaves it out, and shows the rest', async (_name, sql, sentence) => {
  const folder = sent(sql);
  host = await openThere(folder);
  const { readOnly } = await host.client().call('project.info', {});
  expect(readOnly?.reason).toMatch(/(one of its rows holds|\d+ of its rows hold) what cannot be and (is|are) left out: /);
  expect(readOnly?.reason).toMatch(sentence);
  expect(readOnly?.remedy).toMatch(/^Close it, then put back the newest backup that is whole \(.*\) with "tracklet backup restore 000001-\S+ --project \S+"; /);
  await everything(host);
  await expect(host.client().call('history.undo', {})).rejects.toMatchObject({
    code: 'PROJECT_READ_ONLY',
    remedy: readOnly?.remedy,
  });
  await host.close();
  // Nothing of it was changed but the marks of the opening.
  const original = new Database(join(folder, 'project.sqlite'));
  const other = new Database(join(sent(sql), 'project.sqlite'));
  for (const table of ['dataset', 'camera', 'identity', 'media', 'tracklet', 'annotation', 'history', 'run', 'evaluation', 'job', 'feature_set', 'seen'])
    expect(original.prepare(`SELECT * FROM ${table}`).all(), table).toEqual(other.prepare(`SELECT * FROM ${table}`).all());
  original.close();
  other.close();
});

test('a counter at its end is no full disk', async () => {
  const whole = await openTestProject();
  await fillProject(whole.host.context, { tracklets: 2, identities: 1, cameras: 1 });
  // As another program would while it is open: opening it would find it.
  const script = `import Database from ${JSON.stringify(import.meta.resolve('better-sqlite3'))};
    new Database(${JSON.stringify(join(whole.folder, 'project.sqlite'))}).exec("INSERT OR REPLACE INTO sqlite_sequence VALUES ('history', 9223372036854775807)");`;
  expect(spawnSync(process.execPath, ['--input-type=module', '-e', script]).stderr.toString()).toBe('');
  const edit = whole.host.client().call('annotations.apply', { label: 'x', edits: [{ trackletId: 1, field: 'note', start: 0, end: 0, value: 'x' }] });
  await expect(edit).rejects.toMatchObject({ code: 'PROJECT_DAMAGED', message: expect.stringMatching(/Table "history" .* has no number left/) as unknown });
  await whole[Symbol.asyncDispose]();
});

test('facts about the project that are damaged keep nobody out', async () => {
  const folder = sent("UPDATE meta SET value = 'x' WHERE key IN ('work', 'createdAt'); INSERT OR REPLACE INTO meta VALUES ('sample', '{\"runs\":')");
  host = await openThere(folder);
  expect(await host.client().call('project.info', {})).toMatchObject({ readOnly: null });
  await everything(host);
  const made = await host.client().call('backups.make', {});
  expect((await host.client().call('backups.list', {})).map(({ id }) => id)).toContain(made.id);
  await host.client().call('annotations.apply', { label: 'x', edits: [{ trackletId: 1, field: 'note', start: 0, end: 0, value: 'x' }] });
});

/** From the values alone. */
function framesWithValue(folder: string): unknown {
  const database = new Database(join(folder, 'project.sqlite'));
  const sum = database.prepare(`SELECT ifnull(sum("end" - start + 1), 0) FROM annotation WHERE field = 'visibility' AND json_valid(value)`).pluck().get();
  database.close();
  return sum;
}
const FORGED = `DELETE FROM annotation WHERE tracklet_id = 3; UPDATE tracklet SET visibility = CAST(replace(hex(zeroblob(frames)), '00', char(5)) AS BLOB),
  with_value = frames, hidden_frames = frames, hidden_max = 10, review = 'reviewed', note = 'forged', terms = ',occluder=edge,' WHERE id = 3`;

test.each([
  ['columns alone', FORGED, true],
  ['a note alone', "UPDATE tracklet SET note = 'forged' WHERE id = 3", true],
  ['columns beside a row that cannot be', `${FORGED}; UPDATE media SET width = width; UPDATE run SET recipe = '[]' WHERE id = 'r1'`, false],
  ['a value that is left out', `${FORGED}; UPDATE annotation SET value = '[1' WHERE field = 'visibility' AND start = 0`, false],
])('%s that do not follow from the values are made anew from them', async (_name, sql, isWritable) => {
  const folder = sent(sql);
  host = await openThere(folder);
  const client = host.client();
  expect((await client.call('project.info', {})).readOnly === null).toBe(isWritable);
  expect(await client.call('datasets.statistics', { id: 1 })).toMatchObject({ framesWithValue: framesWithValue(folder) });
  expect(await client.call('tracklets.rows', { ids: [3] })).toMatchObject([
    sql.startsWith('DELETE') ? { framesWithValue: 0, hiddenFrames: 0, hiddenMax: null, review: 'none' } : { id: 3 },
  ]);
  expect([...(await client.call('tracklets.query', { filter: { text: 'forged' }, sort: 'identity' })).ids]).toEqual([]);
});

test('sides that do not follow from the split set in use are made anew from it', async () => {
  host = await openThere(sent("UPDATE tracklet SET split = CASE split WHEN 'train' THEN 'query' ELSE 'train' END"));
  const client = host.client();
  expect((await client.call('project.info', {})).readOnly).toBeNull();
  const [set] = await client.call('splits.list', { datasetId: 1 });
  const { none: _none, ...sides } = { train: 0, query: 0, gallery: 0, ...(await client.call('datasets.get', { id: 1 })).splits } as Record<string, number>;
  expect(sides).toEqual(set?.counts);
});

test('several at once are counted, and the first ones named; more than a thousand are refused', async () => {
  host = await openThere(sent('UPDATE tracklet SET frames = 1000000000 WHERE id > 1'));
  const { readOnly } = await host.client().call('project.info', {});
  expect(readOnly?.reason).toMatch(/^5 of its rows hold what cannot be and are left out: tracklet 2 .*; tracklet 3 .*; tracklet 4 .*; and 2 more$/);
  expect(await host.client().call('datasets.list', {})).toMatchObject([{ tracklets: 1 }]);
  await host.close();
  host = null;
  const many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001) INSERT INTO command_key SELECT 'key' || i, 'x', 1 FROM n";
  await expect(openThere(sent(many))).rejects.toMatchObject({
    code: 'PROJECT_DAMAGED',
    message: expect.stringMatching(/More than 1000 rows .* command_key key/) as unknown,
  });
});

test('a project of this user is looked through again when something else has written to it, and only then', async () => {
  const folder = sent('');
  const home = join(base.path, 'own');
  host = await openThere(folder, home);
  await host.close();
  // Written to under its own times: not looked through, so that opening a large project costs nothing.
  host = await openThere(folder, home);
  expect(await host.client().call('project.info', {})).toMatchObject({ readOnly: null });
  await host.close();
  const database = new Database(join(folder, 'project.sqlite'));
  database.exec('UPDATE tracklet SET frames = 1000000000 WHERE id = 3');
  database.close();
  host = await openThere(folder, home);
  expect((await host.client().call('project.info', {})).readOnly?.reason).toMatch(/tracklet 3/);
});

test('a project that was left here before as much was looked for is looked through once more', async () => {
  const folder = sent('');
  const home = join(base.path, 'before');
  host = await openThere(folder, home);
  await host.close();
  const file = join(folder, 'project.sqlite');
  const database = new Database(file);
  database.exec('UPDATE tracklet SET frames = 1000000000 WHERE id = 3');
  database.close();
  // As a version of before noted how it was left.
  const [name = ''] = readdirSync(join(home, 'projects'));
  const known = JSON.parse(readFileSync(join(home, 'projects', name), 'utf8')) as { openings: { left?: string }[] };
  for (const opening of known.openings) opening.left = stampOf(file) ?? '';
  writeFileSync(join(home, 'projects', name), JSON.stringify(known));
  host = await openThere(folder, home);
  expect((await host.client().call('project.info', {})).readOnly?.reason).toMatch(/tracklet 3/);
});

test('a command says what the project was opened without, in words and in its document; and nothing of a whole one', () => {
  const cli = new URL('../../../src-main/cli/main.ts', import.meta.url).pathname;
  const stats = (folder: string, ...more: string[]) => {
    const run = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', cli, 'stats', '--dataset', 'Big', '--project', folder, ...more], {
      env: { ...process.env, TRACKLET_HOME: join(base.path, 'home'), VITEST: undefined },
    });
    return { status: run.status, stdout: run.stdout.toString(), stderr: run.stderr.toString() };
  };
  const less = sent('UPDATE tracklet SET frames = 1000000000 WHERE id = 3');
  const leftOut = /What is told of the project .*P\d+ is not all of it: one of its rows holds what cannot be and is left out: tracklet 3 .*\./;
  expect(stats(less)).toMatchObject({ status: 0, stderr: expect.stringMatching(leftOut) as unknown });
  const asJson = stats(less, '--json');
  expect(asJson).toMatchObject({ status: 0, stderr: expect.stringMatching(leftOut) as unknown });
  expect(JSON.parse(asJson.stdout)).toMatchObject({ frames: expect.any(Number) as unknown, leftOut: expect.stringMatching(leftOut) as unknown });
  const whole = stats(sent(''), '--json');
  expect(whole).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(whole.stdout)).not.toHaveProperty('leftOut');
});

const SENT_COPIES: [name: string, sql: string, sentence: RegExp][] = [
  [
    'a value beyond its field and its frames',
    "INSERT INTO annotation (tracklet_id, layer, field, start, \"end\", value, how, annotator, updated_at) VALUES (3, 'shared', 'visibility', 0, 5000, '99', 'judged', 'x', 1)",
    /annotation 3, shared, visibility, 0: it reaches to frame 5000 of \d+/,
  ],
  ['warnings that are no JSON', "UPDATE dataset SET warnings = 'not json'", /dataset 1 \("Big"\): its "warnings" is no JSON array/],
  [
    'more than can be listed',
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001) INSERT INTO command_key SELECT 'key' || i, 'x', 1 FROM n",
    /More than 1000 rows .* such as command_key key/,
  ],
];
test.each(SENT_COPIES)('a backup with %s is not put back, into an open project or in the place of a damaged one, nor named', async (_name, sql, sentence) => {
  const folder = sent('');
  const good = readdirSync(join(folder, 'backups'))[0]?.replace('.sqlite', '') ?? '';
  const id = '000009-20260102-030405';
  const path = join(folder, 'backups', `${id}.sqlite`);
  cpSync(join(folder, 'backups', `${good}.sqlite`), path);
  const copy = new Database(path);
  copy.pragma('foreign_keys = OFF');
  copy.exec(sql);
  copy.close();
  const refusal = {
    code: 'PROJECT_DAMAGED',
    message: expect.stringMatching(sentence) as unknown,
    remedy: expect.stringContaining('Take an earlier copy') as unknown,
  };
  host = await openThere(folder);
  const client = host.client();
  const copies = await client.call('backups.list', {});
  await expect(client.call('backups.restore', { id })).rejects.toMatchObject(refusal);
  expect(await client.call('project.info', {})).toMatchObject({ readOnly: null });
  expect((await client.call('annotations.get', { trackletId: 1 })).find(({ field }) => field === 'note')?.value).toBe('kept');
  expect(await client.call('backups.list', {})).toEqual(copies);
  await host.close();
  host = null;
  const file = join(folder, 'project.sqlite');
  const bytes = readFileSync(file);
  await expect(inBackupThread('restoreClosed', { file, id, at: 1 })).rejects.toMatchObject(refusal);
  expect(readFileSync(file).equals(bytes)).toBe(true);
  expect((await inBackupThread('newestGood', { file }))?.id).toBe(good);
});

test('the command line puts the backup back that it names', async () => {
  const folder = sent('UPDATE tracklet SET frames = 1000000000 WHERE id = 3');
  host = await openThere(folder);
  const id = /restore (\S+)/.exec((await host.client().call('project.info', {})).readOnly?.remedy ?? '')?.[1] ?? '';
  await host.close();
  const cli = new URL('../../../src-main/cli/main.ts', import.meta.url).pathname;
  const run = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', cli, 'backup', 'restore', id, '--project', folder, '--json'], {
    env: { ...process.env, TRACKLET_HOME: join(base.path, 'home'), VITEST: undefined },
  });
  expect(run.stderr.toString()).toMatch(/^Warning: What is told of the project .* tracklet 3 /);
  expect(JSON.parse(run.stdout.toString())).toMatchObject({ restored: id });
  host = await openThere(folder);
  expect(await host.client().call('project.info', {})).toMatchObject({ readOnly: null });
  expect(await host.client().call('datasets.list', {})).toMatchObject([{ tracklets: 6 }]);
});
