/** Numbers and keys inside a union: the first source keeps its own, of the others those that are taken get free ones. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readerOf } from '../../../../src-main/db/handles.ts';
import { keyWithin, numbersOf } from '../../../../src-main/features/datasets/numbers.table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 0, split: 'train' },
    { id: 2, pid: 2, camid: 1, split: 'train' },
  ]);
  putDataset(here.sql, 2, [
    { id: 11, pid: 2, camid: 1, split: 'train' },
    { id: 12, pid: 7, camid: 2, split: 'train' },
  ]);
  putDataset(here.sql, 3, [{ id: 21, pid: 8, camid: 1, split: 'train' }]);
});
afterEach(() => here[Symbol.dispose]());
const derive = async (recipe: { kind: string } & Record<string, unknown>): Promise<number> =>
  (await here.db.write('derive', 'derive', { name: `Made ${JSON.stringify(recipe)}`, recipe, at: 5, tags: [] })).id;
const db = () => readerOf(here.sql);

test('rows of one source have their own numbers', async () => {
  expect(numbersOf(db(), 1, 'camera')).toBeNull();
  expect(numbersOf(db(), await derive({ kind: 'subset', of: 1, filter: {} }), 'identity')).toBeNull();
});

test('of several, equal ones are told apart, in the order of the sources', async () => {
  const union = await derive({ kind: 'union', of: [1, 2, 3] });
  expect([...(numbersOf(db(), union, 'camera') ?? [])]).toEqual([[1000, 0], [1001, 1], [2001, 3], [2002, 2], [3001, 4]]); // prettier-ignore
  expect([...(numbersOf(db(), union, 'identity') ?? [])]).toEqual([[1001, 1], [1002, 2], [2002, 9], [2007, 7], [3008, 8]]); // prettier-ignore
  const turned = await derive({ kind: 'union', of: [3, 2] });
  expect([...(numbersOf(db(), turned, 'camera') ?? [])]).toEqual([[3001, 1], [2001, 3], [2002, 2]]); // prettier-ignore
});

test('they stay while a source is away', async () => {
  const union = await derive({ kind: 'union', of: [1, 2] });
  const before = numbersOf(db(), union, 'camera');
  await here.db.write('datasets', 'remove', { id: 1, at: 6, tags: [] });
  expect(numbersOf(db(), union, 'camera')).toEqual(before);
});

test('a key that an earlier source has gets a number that no source has', () => {
  here.sql.exec(`UPDATE tracklet SET key = 'a' WHERE id IN (1, 11, 21); UPDATE tracklet SET key = 'a (2)' WHERE id = 12`);
  const key = (of: number, own = 'a'): string => keyWithin(db(), [1, 2, 3], 'tracklet', { of, key: own });
  expect([key(1), key(2), key(3), key(2, 'a (2)')]).toEqual(['a', 'a (3)', 'a (4)', 'a (2)']);
  // All three have their pictures under one name.
  expect([1, 2, 3].map((of) => keyWithin(db(), [1, 2, 3], 'media', { of, key: 'm' }))).toEqual(['m', 'm (2)', 'm (3)']);
});
