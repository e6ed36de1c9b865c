/** Who is on which side, on rows made by hand; and that nothing else of the program writes it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writerOf, type Writer } from '../../../../src-main/db/handles.ts';
import { addSplitSet, firstSet, refreshSides, setSides, setSidesInFirst, useSplitSet } from '../../../../src-main/features/splits/members.table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
let db: Writer;
beforeEach(async () => {
  here = await tablesHere();
  db = writerOf(here.sql);
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'train' },
    { id: 2, pid: 1, camid: 1, split: 'none' },
  ]);
  putDataset(here.sql, 2, [{ id: 9, pid: 1, camid: 1, split: 'gallery' }]);
});
afterEach(() => here[Symbol.dispose]());

const sides = (): unknown[] => here.rows('SELECT id, split FROM tracklet ORDER BY id');
const members = (set: number): unknown[] => here.rows('SELECT tracklet_id, side FROM split_member WHERE split_set_id = ? ORDER BY tracklet_id', set);

test('a side of the set in use shows at once, one of another set when that is used', () => {
  const other = addSplitSet(db, { datasetId: 1, name: 'other', origin: 'built', at: 5 });
  setSides(db, other, [1, 2], 'query');
  setSides(db, other, [1], 'gallery');
  setSides(db, 1, [2], 'train');
  expect(sides()).toEqual([
    [1, 'train'],
    [2, 'train'],
    [9, 'gallery'],
  ]);
  useSplitSet(db, 1, other);
  expect(sides()).toEqual([
    [1, 'gallery'],
    [2, 'query'],
    [9, 'gallery'],
  ]);
  setSides(db, other, [1], 'none');
  expect([members(other), sides()[0]]).toEqual([[[2, 'query']], [1, 'none']]);
  useSplitSet(db, 1, 1);
  expect([firstSet(db, 1), sides().slice(0, 2)]).toEqual([
    1,
    [
      [1, 'train'],
      [2, 'train'],
    ],
  ]);
});

test('tracklets and sets that are not there, or are of another data set, are passed over', () => {
  setSides(db, 1, [9, 77], 'query');
  setSides(db, 55, [1], 'query');
  useSplitSet(db, 1, 2);
  useSplitSet(db, 1, 55);
  setSidesInFirst(db, [77], 'query');
  expect([members(1), members(2), sides()]).toEqual([
    [[1, 'train']],
    [[9, 'gallery']],
    [
      [1, 'train'],
      [2, 'none'],
      [9, 'gallery'],
    ],
  ]);
});

test('steps of before sets had names mean the first, whichever is in use', () => {
  const other = addSplitSet(db, { datasetId: 1, name: 'other', origin: 'built', at: 5 });
  useSplitSet(db, 1, other);
  setSidesInFirst(db, [1, 2, 9], 'query');
  expect([members(1), members(other), members(2)]).toEqual([
    [
      [1, 'query'],
      [2, 'query'],
    ],
    [],
    [[9, 'query']],
  ]);
  expect(sides()).toEqual([
    [1, 'none'],
    [2, 'none'],
    [9, 'query'],
  ]);
});

test('a column that another program wrote follows from the members again; a data set without a set gets one of what it says', () => {
  here.sql.exec(`UPDATE tracklet SET split = 'gallery' WHERE id IN (1, 2)`);
  expect(refreshSides(db).sort()).toEqual([1, 2]);
  expect(sides().slice(0, 2)).toEqual([
    [1, 'train'],
    [2, 'none'],
  ]);
  expect(refreshSides(db)).toEqual([]);
  here.sql.exec(`DELETE FROM split_set WHERE dataset_id = 2; UPDATE dataset SET split_set_id = NULL WHERE id = 1`);
  expect(refreshSides(db)).toEqual([]);
  expect(here.rows('SELECT d.id, s.name, s.origin FROM dataset d JOIN split_set s ON s.id = d.split_set_id ORDER BY d.id')).toEqual([
    [1, 'main', 'imported'],
    [2, 'main', 'imported'],
  ]);
  expect(members(firstSet(db, 2)!)).toEqual([[9, 'gallery']]);
});

test('sides, members and the set in use are written in this one place', () => {
  const root = fileURLToPath(new URL('../../../../src-main/', import.meta.url));
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !file.startsWith('db/migrations/'));
  const writes =
    /UPDATE\s+(main\.)?tracklet\s+SET[^`'"]*\bsplit\s*=|(INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE|DELETE\s+FROM)\s+(main\.)?split_member|SET[^`'"]*\bsplit_set_id\s*=/;
  const found = files.filter((file) => writes.test(readFileSync(join(root, file), 'utf8')));
  expect(found).toEqual(['features/splits/members.table.ts']);
  // A new row is on no side until it is put there.
  const inserts = files.flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/INSERT INTO tracklet \(([^)]*)\)\s+VALUES \(([^`]*)\)`/g)]);
  expect(inserts).toHaveLength(1);
  const [, columns = '', values = ''] = inserts[0]!;
  const at = columns.split(',').findIndex((column) => column.trim() === 'split');
  const given = values.replaceAll(/\$\{\w+\}/g, 'x').split(',');
  expect(given[at]?.trim()).toBe(`'none'`);
});
