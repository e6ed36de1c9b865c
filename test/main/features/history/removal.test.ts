/** Removing and bringing back, on rows made by hand: the name becomes free, and is taken again or another beside it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writerOf, type Writer } from '../../../../src-main/db/handles.ts';
import { bringBack, freeName, hide, type Removable } from '../../../../src-main/features/history/removal.table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
let db: Writer;
beforeEach(async () => {
  here = await tablesHere();
  db = writerOf(here.sql);
  for (const id of [1, 2, 3]) putDataset(here.sql, id, []);
});
afterEach(() => here[Symbol.dispose]());

const rows = (): unknown[] => here.sql.prepare('SELECT name, removed_name, removed_at FROM dataset ORDER BY id').raw().all();

test('what is removed frees its name, once', () => {
  hide(db, { table: 'dataset', id: 2, at: 50 });
  const removed = [
    ['Set 1', null, null],
    ['\u00012', 'Set 2', 50],
    ['Set 3', null, null],
  ];
  expect(rows()).toEqual(removed);
  hide(db, { table: 'dataset', id: 2, at: 60 });
  expect(rows()).toEqual(removed);
  bringBack(db, { table: 'dataset', id: 2 });
  expect(rows()[1]).toEqual(['Set 2', null, null]);
});

test('what was not removed, or is not there, is not brought back', () => {
  const before = rows();
  bringBack(db, { table: 'dataset', id: 1 });
  bringBack(db, { table: 'dataset', id: 9 });
  expect(rows()).toEqual(before);
});

test('where another has taken the name meanwhile the first free one beside it is given', () => {
  const name = here.sql.prepare('UPDATE dataset SET name = ? WHERE id = ?');
  hide(db, { table: 'dataset', id: 1, at: 1 });
  name.run('Set 1', 2);
  name.run('Set 1 (2)', 3);
  expect([freeName(db, 'dataset', 'Set 1'), freeName(db, 'dataset', 'Set 1 (2)'), freeName(db, 'dataset', 'Set 9'), freeName(db, 'run', 'Set 1')]).toEqual([
    'Set 1 (3)',
    'Set 1 (2) (2)',
    'Set 9',
    'Set 1',
  ]);
  bringBack(db, { table: 'dataset', id: 1 });
  expect(rows()[0]).toEqual(['Set 1 (3)', null, null]);
});

test('a table that a stored step names and that is none of the two never gets into a statement', () => {
  const table = 'meta; DROP TABLE job' as Removable;
  for (const call of [() => hide(db, { table, id: 1, at: 1 }), () => bringBack(db, { table, id: 1 }), () => freeName(db, table, 'x')])
    expect(call).toThrow('"meta; DROP TABLE job" cannot be removed by a step');
});
