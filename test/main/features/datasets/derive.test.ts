/** Making a data set of others, its own split set, what is refused, and what becomes of it when a source goes. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkRows } from '../../../../src-main/features/project/rowCheck.table.ts';
import { refreshSides } from '../../../../src-main/features/splits/members.table.ts';
import { writerOf } from '../../../../src-main/db/handles.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'train' },
    { id: 2, pid: 1, camid: 2, split: 'query' },
    { id: 3, pid: 2, camid: 1, split: 'none' },
  ]);
  putDataset(here.sql, 2, [{ id: 11, pid: 1, camid: 1, split: 'gallery' }]);
});
afterEach(() => here[Symbol.dispose]());

type Recipe = { kind: string } & Record<string, unknown>;
const derive = (name: string, recipe: Recipe) => here.db.write('derive', 'derive', { name, recipe, at: 5, tags: ['Datasets'] });
const undo = () => here.db.write('history', 'undo', { window: null, others: [] });
const redo = () => here.db.write('history', 'redo', { window: null, others: [] });
const names = async (): Promise<string[]> => (await here.db.read('datasets', 'list', null)).map(({ name }) => name);
const splitsOf = async (id: number) => (await here.db.read('datasets', 'detail', { id })).splits;
const ofBoth: Recipe = { kind: 'union', of: [1, 2] };

test('tells how it was made, by the names of now', async () => {
  here.sql.exec(`UPDATE dataset SET licence = 'CC0', origin = 'Here' WHERE id = 1; UPDATE dataset SET licence = 'CC0', origin = 'There' WHERE id = 2`);
  const { id, tracklets } = await derive('Both', ofBoth);
  expect(tracklets).toBe(4);
  await here.db.write('datasets', 'rename', { id: 2, name: 'Yard', at: 6, tags: [] });
  expect(await here.db.read('datasets', 'detail', { id })).toMatchObject({
    name: 'Both',
    importer: '',
    root: '',
    origin: 'Here; There',
    licence: 'CC0',
    tracklets: 4,
    identities: 3,
    cameras: 3,
    recipe: {
      kind: 'union',
      title: 'Union of Set 1 and Yard',
      sources: [{ id: 1, name: 'Set 1' }, { id: 2, name: 'Yard' }], // prettier-ignore
      asked: {},
      at: 5,
      tracklets: 4,
      missing: 0,
    },
    derived: [],
  });
  const subset = await derive('Asks', { kind: 'subset', of: 1, filter: { splits: ['query'] } });
  expect((await here.db.read('datasets', 'detail', { id: subset.id })).recipe).toMatchObject({
    title: 'Subset of Set 1',
    asked: { filter: { splits: ['query'] } },
  });
  expect((await here.db.read('datasets', 'detail', { id: 1 })).recipe).toBeNull();
  expect((await here.db.read('datasets', 'detail', { id: 1 })).derived).toEqual([{ id, name: 'Both', tracklets: 3 }, { id: subset.id, name: 'Asks', tracklets: 1 }]); // prettier-ignore
  // What is chosen later does not join it.
  await here.db.write('tracklets', 'setSplit', { ids: [3], split: 'query', at: 7, tags: [] });
  expect((await here.db.read('datasets', 'detail', { id: subset.id })).tracklets).toBe(1);
});

test.each<[string, Recipe, string, RegExp]>([
  ['a kind that is none', { kind: 'mixture', of: [1] }, 'BAD_INPUT', /no recipe "mixture"; known are subset, union/],
  ['a data set with itself', { kind: 'union', of: [1, 1] }, 'BAD_INPUT', /"recipe\.of": a data set cannot be united with itself/],
  ['one alone', { kind: 'union', of: [1] }, 'BAD_INPUT', /at least two/],
  ['too many', { kind: 'union', of: Array.from({ length: 51 }, (_, n) => n) }, 'BAD_INPUT', /at most 50/],
  ['a slip in the filter', { kind: 'subset', of: 1, filter: { splits: ['qurey'] } }, 'BAD_INPUT', /"recipe\.filter\.splits/],
  ['a word that the filter does not know', { kind: 'subset', of: 1, filter: { spilts: [] } }, 'BAD_INPUT', /spilts/],
  ['no member', { kind: 'subset', of: 2, filter: { splits: ['train'] } }, 'BAD_INPUT', /Subset of Set 2 has no tracklet/],
  ['a data set that is not there', { kind: 'union', of: [1, 9] }, 'NOT_FOUND', /no data set 9/],
  ['a field that is none', { kind: 'subset', of: 1, filter: { terms: { nothing: ['x'] } } }, 'BAD_INPUT', /no field "nothing"/],
])('%s is refused, and nothing is made', async (_what, recipe, code, message) => {
  await expect(derive('New', recipe)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  expect(here.rows('SELECT count(*) FROM dataset')).toEqual([[2]]);
  expect(here.rows('SELECT count(*) FROM history')).toEqual([[0]]);
});

test('a name that is taken, one that is being imported, one that was removed', async () => {
  await expect(derive('Set 2', ofBoth)).rejects.toMatchObject({ code: 'CONFLICT', message: 'The project has a data set "Set 2" already.' });
  here.sql.exec(`UPDATE dataset SET state = 'importing' WHERE id = 2`);
  await expect(derive('New', ofBoth)).rejects.toMatchObject({ code: 'CONFLICT', message: 'Data set 2 is still being imported.' });
  here.sql.exec(`UPDATE dataset SET state = 'ready' WHERE id = 2`);
  await here.db.write('datasets', 'remove', { id: 2, at: 6, tags: [] });
  await expect(derive('New', ofBoth)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('it is one step of history: undone it lies among what was removed, done again it is back with its sides', async () => {
  const { id } = await derive('Both', ofBoth);
  await undo();
  expect(await names()).toEqual(['Set 1', 'Set 2']);
  expect((await here.db.read('trash', 'list', null)).map(({ name, media }) => [name, media])).toEqual([['Both', []]]);
  await redo();
  expect(await names()).toEqual(['Set 1', 'Set 2', 'Both']);
  expect(await splitsOf(id)).toEqual({ train: 1, query: 1, gallery: 1, none: 1 });
  // Emptied, its rows go and those of its sources stay.
  await here.db.write('datasets', 'remove', { id, at: 6, tags: [] });
  await here.db.write('trash', 'purge', { kind: 'dataset', id: String(id) });
  expect(here.rows('SELECT count(*) FROM dataset_member')).toEqual([[0]]);
  expect(here.rows('SELECT count(*) FROM tracklet')).toEqual([[4]]);
});

test('its sides are its own: those of a source change without it, and the other way', async () => {
  const { id } = await derive('Both', ofBoth);
  await here.db.write('tracklets', 'setSplit', { ids: [1, 3, 11], split: 'query', datasetId: id, at: 6, tags: [] });
  expect(await splitsOf(id)).toEqual({ query: 4 });
  expect([await splitsOf(1), await splitsOf(2)]).toEqual([{ train: 1, query: 1, none: 1 }, { gallery: 1 }]);
  expect((await here.db.read('splits', 'list', { datasetId: id })).map(({ name, origin, counts }) => [name, origin, counts])).toEqual([
    ['main', 'built', { train: 0, query: 4, gallery: 0 }],
  ]);
  await here.db.write('tracklets', 'setSplit', { ids: [1], split: 'none', at: 7, tags: [] });
  expect([await splitsOf(id), await splitsOf(1)]).toEqual([{ query: 4 }, { query: 1, none: 2 }]);
  await undo();
  await undo();
  expect([await splitsOf(id), await splitsOf(1)]).toEqual([
    { train: 1, query: 1, gallery: 1, none: 1 },
    { train: 1, query: 1, none: 1 },
  ]);
  await redo();
  expect(await splitsOf(id)).toEqual({ query: 4 });
});

test('who is not one of it stands on no side of it, and moving them is refused', async () => {
  const { id } = await derive('One', { kind: 'subset', of: 1, filter: {} });
  const move = (ids: number[], datasetId: number) => here.db.write('tracklets', 'setSplit', { ids, split: 'train', datasetId, at: 6, tags: [] });
  await expect(move([11], id)).rejects.toMatchObject({ code: 'NOT_FOUND', message: `There is no tracklet 11 in data set ${id}.` });
  await expect(move([11], 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(await move([11], 2)).toEqual({ moved: 1 });
});

test('another split set of its own is used like that of an imported one', async () => {
  const { id } = await derive('Both', ofBoth);
  here.sql.exec(`INSERT INTO split_set (id, dataset_id, name, origin, created_at) VALUES (90, ${id}, 'other', 'built', 1);
    INSERT INTO split_member (split_set_id, tracklet_id, side) SELECT 90, tracklet_id, 'gallery' FROM dataset_member`);
  await here.db.write('splits', 'use', { datasetId: id, splitSet: 90, at: 6, tags: [] });
  expect([await splitsOf(id), await splitsOf(2)]).toEqual([{ gallery: 4 }, { gallery: 1 }]);
  expect((await here.db.read('evaluations', 'sideRows', { datasetId: id })).map(({ split }) => split)).toEqual(Array(4).fill('gallery'));
  await undo();
  expect(await splitsOf(id)).toEqual({ train: 1, query: 1, gallery: 1, none: 1 });
  await expect(here.db.write('splits', 'use', { datasetId: 1, splitSet: 90, at: 7, tags: [] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('while a source is away it has fewer and says so; emptied with it they are gone', async () => {
  const { id } = await derive('Both', ofBoth);
  await here.db.write('datasets', 'remove', { id: 1, at: 6, tags: [] });
  const [, shown] = await here.db.read('datasets', 'list', null);
  expect(shown).toMatchObject({ id, tracklets: 1, recipe: { title: 'Union of Set 1 and Set 2', tracklets: 4, missing: 3 } });
  await undo();
  expect((await here.db.read('datasets', 'detail', { id })).recipe).toMatchObject({ missing: 0 });
  await here.db.write('datasets', 'remove', { id: 1, at: 7, tags: [] });
  await here.db.write('trash', 'purge', { kind: 'dataset', id: '1' });
  expect(await here.db.read('datasets', 'detail', { id })).toMatchObject({ tracklets: 1, recipe: { missing: 3 } });
  await here.db.write('datasets', 'remove', { id: 2, at: 8, tags: [] });
  expect(await here.db.read('datasets', 'detail', { id })).toMatchObject({ tracklets: 0, frames: 0, splits: {}, coverTracklet: null });
});

test('what needs a folder of its own is refused with a sentence that names its sources', async () => {
  const { id } = await derive('Both', ofBoth);
  await expect(here.db.read('datasets', 'location', { id })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: '"Both" is made of other data sets and has no folder of its own; its pictures are those of "Set 1", "Set 2".',
  });
  expect(await here.db.read('importChanges', 'ofImporter', { importer: 'test' })).toHaveLength(2);
});

test('nothing of it looks wrong to who checks the rows of a project; rows that no command makes do', async () => {
  const { id } = await derive('Both', ofBoth);
  await derive('Of it', { kind: 'subset', of: id, filter: { splits: ['train', 'gallery'] } });
  const wrong = (): string[] => checkRows(here.sql, here.folder, { remove: false }).sentences;
  // `putDataset` writes rows that have no boxes and no derived columns; of these alone it speaks.
  const before = wrong();
  expect(before.filter((sentence) => /dataset_member|split_member|recipe|made of/.test(sentence))).toEqual([]);
  here.sql.pragma('foreign_keys = OFF');
  const told: [string, RegExp][] = [
    [`UPDATE dataset SET recipe = '{"kind":"union"}' WHERE id = ${id}`, /its "recipe" holds what cannot be/],
    ['INSERT INTO dataset_member (dataset_id, tracklet_id) VALUES (2, 1)', /its data set is not made of others/],
    [`UPDATE identity SET dataset_id = ${id} WHERE id = 2001`, /made of others, and has nothing of its own/],
    [`DELETE FROM dataset_member WHERE dataset_id = ${id} AND tracklet_id = 11`, /its set and its tracklet are of two data sets/],
  ];
  for (const [change, sentence] of told) {
    here.sql.exec(`SAVEPOINT before; ${change}`);
    expect([
      change,
      wrong()
        .filter((one) => !before.includes(one))
        .join(),
    ]).toEqual([change, expect.stringMatching(sentence)]);
    here.sql.exec('ROLLBACK TO before; RELEASE before');
  }
});

test('a split set that another program took away is made anew, of the sides that its sources have', async () => {
  const { id } = await derive('Both', ofBoth);
  here.sql.exec(`DELETE FROM split_set WHERE dataset_id = ${id}`);
  expect(await splitsOf(id)).toEqual({ none: 4 });
  here.sql.transaction(() => refreshSides(writerOf(here.sql)))();
  expect(await splitsOf(id)).toEqual({ train: 1, query: 1, gallery: 1, none: 1 });
  expect((await here.db.read('splits', 'list', { datasetId: id })).map(({ origin, isInUse }) => [origin, isInUse])).toEqual([['built', true]]);
});
