/** Split sets of a data set as they are listed and used, on rows made by hand. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'train' },
    { id: 2, pid: 1, camid: 2, split: 'query' },
    { id: 3, pid: 1, camid: 2, split: 'none' },
  ]);
  here.sql.exec(`
    INSERT INTO split_set (id, dataset_id, name, origin, created_at) VALUES (7, 1, 'other', 'built', 70);
    INSERT INTO split_member (split_set_id, tracklet_id, side) VALUES (7, 2, 'gallery'), (7, 3, 'gallery');`);
});
afterEach(() => here[Symbol.dispose]());

const list = (datasetId = 1) => here.db.read('splits', 'list', { datasetId });
const use = (splitSet: number, datasetId = 1) => here.db.write('splits', 'use', { datasetId, splitSet, at: 9, tags: ['Datasets'] });
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

test('sets are listed with their counts, their hash, and which is in use', async () => {
  expect(await list()).toEqual([
    {
      id: 1,
      name: 'main',
      origin: 'imported',
      createdAt: 10,
      isInUse: true,
      counts: { train: 1, query: 1, gallery: 0 },
      hash: sha256('["t1","train"]\n["t2","query"]\n'),
    },
    {
      id: 7,
      name: 'other',
      origin: 'built',
      createdAt: 70,
      isInUse: false,
      counts: { train: 0, query: 0, gallery: 2 },
      hash: sha256('["t2","gallery"]\n["t3","gallery"]\n'),
    },
  ]);
  here.sql.exec('UPDATE dataset SET removed_at = 1');
  expect(await list()).toEqual([]);
});

test('the hash is of keys and sides alone: equal for the same members under other numbers, in another order, in another data set', async () => {
  putDataset(here.sql, 2, [
    { id: 60, pid: 9, camid: 1, split: 'none' },
    { id: 50, pid: 9, camid: 1, split: 'query' },
    { id: 40, pid: 9, camid: 3, split: 'train' },
  ]);
  here.sql.exec(`UPDATE tracklet SET key = 't1' WHERE id = 40; UPDATE tracklet SET key = 't2' WHERE id = 50`);
  const [first] = await list();
  const [second] = await list(2);
  expect(second!.hash).toBe(first!.hash);
  await here.db.write('tracklets', 'setSplit', { ids: [50], split: 'gallery', at: 1, tags: [] });
  expect((await list(2))[0]!.hash).not.toBe(first!.hash);
  expect(await here.db.read('splits', 'inUse', { datasetId: 1 })).toEqual({ name: 'main', hash: first!.hash });
  expect(await here.db.read('splits', 'inUse', { datasetId: 99 })).toBeNull();
});

test('using a set is one step that names it; the one in use already is none', async () => {
  await use(1);
  expect(here.rows('SELECT count(*) FROM history')).toEqual([[0]]);
  await use(7);
  expect(here.rows('SELECT id, split FROM tracklet ORDER BY id')).toEqual([
    [1, 'none'],
    [2, 'gallery'],
    [3, 'gallery'],
  ]);
  expect(here.rows('SELECT label, call, patch, inverse FROM history')).toEqual([
    [
      'Use split set "other" of "Set 1"',
      'splits.use',
      '[{"op":"useSplit","table":"dataset","id":1,"splitSet":7}]',
      '[{"op":"useSplit","table":"dataset","id":1,"splitSet":1}]',
    ],
  ]);
  expect(await here.db.write('history', 'undo', { window: null, others: [] })).toMatchObject({ label: 'Use split set "other" of "Set 1"', leftOut: null });
  expect((await list()).map(({ isInUse }) => isInUse)).toEqual([true, false]);
});

test.each([
  ['a set of another data set', 2, 1, '"Set 1" has no split set 2.', ''],
  ['a set that is not there', 8, 1, '"Set 1" has no split set 8.', ''],
  ['a data set that is not there', 7, 4, 'There is no data set 4.', ''],
  ['a data set that was removed', 7, 1, 'There is no data set 1.', 'UPDATE dataset SET removed_at = 1 WHERE id = 1'],
])('%s is refused', async (_what, splitSet, datasetId, message, sql) => {
  putDataset(here.sql, 2, []);
  here.sql.exec(sql);
  await expect(use(splitSet, datasetId)).rejects.toMatchObject({ code: 'NOT_FOUND', message });
  expect(here.rows('SELECT count(*) FROM history')).toEqual([[0]]);
});
