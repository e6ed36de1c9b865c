/** Each operation of a patch on rows made by hand, and which rows it counts as touching. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writerOf, type Writer } from '../../../../src-main/db/handles.ts';
import type { AnnotationRow } from '../../../../src-main/features/annotations/operations/annotation.table.ts';
import type { PatchOperation } from '../../../../src-main/features/history/operation.ts';
import { applyPatch, rowsOf } from '../../../../src-main/features/history/patch.ts';
import type { AsideRow } from '../../../../src-main/features/imports/operations/setAside.table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
let db: Writer;
beforeEach(async () => {
  here = await tablesHere();
  db = writerOf(here.sql);
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'none' },
    { id: 2, pid: 1, camid: 1, split: 'none' },
  ]);
});
afterEach(() => here[Symbol.dispose]());

const value = (trackletId: number, start: number, end: number, json: string): AnnotationRow => ({
  tracklet_id: trackletId,
  layer: 'shared',
  field: 'visibility',
  start,
  end,
  value: json,
  how: 'judged',
  annotator: 'A',
  updated_at: 7,
});
const aside = (id: number, dataset: number): AsideRow => ({
  id,
  dataset_id: dataset,
  tracklet_key: 't1',
  field: 'visibility',
  start: null,
  end: 4,
  pictures: '["a.jpg"]',
  contents: null,
  annotation: '{}',
  reason: 'removed',
  at: 9,
});
const all = (sql: string): unknown[] => here.sql.prepare(sql).all();
const derived = (id: number): unknown => here.sql.prepare('SELECT with_value, hidden_frames, hidden_max FROM tracklet WHERE id = ?').raw().get(id);

test('rows and columns are what steps share', () => {
  const of = (...operations: PatchOperation[]): string[] => [...rowsOf(operations)];
  expect(of()).toEqual([]);
  expect(of({ op: 'set', table: 'tracklet', ids: [1, 2], values: { split: 'train' } })).toEqual(['tracklet 1 split', 'tracklet 2 split']);
  // Whichever set it is in, also for a step of before sets had names.
  expect(of({ op: 'setSide', splitSet: 3, ids: [1, 2], side: 'train' })).toEqual(['tracklet 1 split', 'tracklet 2 split']);
  expect(of({ op: 'set', table: 'run', ids: ['a', 'b'], values: { name: 'x' } })).toEqual(['run a name', 'run b name']);
  // Both take or free the name.
  expect(of({ op: 'remove', table: 'run', id: 'r', at: 1 })).toEqual(['run r name']);
  expect(of({ op: 'bringBack', table: 'dataset', id: 3 })).toEqual(['dataset 3 name']);
  expect(of({ op: 'clearAside', ids: [4, 5] })).toEqual(['aside 4', 'aside 5']);
  expect(of({ op: 'putAside', rows: [aside(6, 1)] })).toEqual(['aside 6']);
  expect(of({ op: 'clearAnnotations', keys: [{ tracklet_id: 1, layer: 'own', field: 'note', start: 0 }] })).toEqual(['values 1 own note']);
  expect(of({ op: 'putAnnotations', rows: [value(2, 0, 1, '1'), value(2, 2, 2, '1')] })).toEqual(['values 2 shared visibility']);
});

test('values are put and cleared by tracklet, field and start, and what follows from them follows at once', () => {
  applyPatch(db, [{ op: 'putAnnotations', rows: [value(1, 0, 0, '3'), value(1, 1, 2, '0'), value(2, 0, 2, '5'), value(99, 0, 1, '1')] }]);
  expect(all('SELECT * FROM annotation')).toEqual([value(1, 0, 0, '3'), value(1, 1, 2, '0'), value(2, 0, 2, '5')]);
  expect([derived(1), derived(2)]).toEqual([
    [3, 1, 3],
    [3, 3, 5],
  ]);
  applyPatch(db, [{ op: 'clearAnnotations', keys: [{ tracklet_id: 1, layer: 'shared', field: 'visibility', start: 0 }] }]);
  expect(all('SELECT * FROM annotation')).toEqual([value(1, 1, 2, '0'), value(2, 0, 2, '5')]);
  expect(derived(1)).toEqual([2, 0, 0]);
  // The order counts: what is cleared first can be put again.
  applyPatch(db, [
    { op: 'clearAnnotations', keys: [{ tracklet_id: 2, layer: 'shared', field: 'visibility', start: 0 }] },
    { op: 'putAnnotations', rows: [value(2, 0, 0, '9')] },
  ]);
  expect(derived(2)).toEqual([1, 1, 9]);
});

test('values that were set aside are put back as they were, but for those of a data set that is gone', () => {
  applyPatch(db, [{ op: 'putAside', rows: [aside(6, 1), aside(7, 1), aside(8, 99)] }]);
  expect(all('SELECT * FROM set_aside ORDER BY id')).toEqual([aside(6, 1), aside(7, 1)]);
  applyPatch(db, [{ op: 'clearAside', ids: [6, 8] }]);
  expect(all('SELECT * FROM set_aside')).toEqual([aside(7, 1)]);
});

test('columns are set on the rows that are named, things removed and brought back', () => {
  applyPatch(db, [{ op: 'set', table: 'tracklet', ids: [2, 99], values: { split: 'query' } }]);
  expect(all('SELECT id, split FROM tracklet')).toEqual([
    { id: 1, split: 'none' },
    { id: 2, split: 'query' },
  ]);
  applyPatch(db, [{ op: 'set', table: 'dataset', ids: [1], values: { name: 'Yard' } }]);
  applyPatch(db, [{ op: 'remove', table: 'dataset', id: 1, at: 12 }]);
  expect(all('SELECT removed_at, removed_name FROM dataset')).toEqual([{ removed_at: 12, removed_name: 'Yard' }]);
  applyPatch(db, [{ op: 'bringBack', table: 'dataset', id: 1 }]);
  expect(all('SELECT name, removed_at, removed_name FROM dataset')).toEqual([{ name: 'Yard', removed_at: null, removed_name: null }]);
});

test('an operation that no table declares is refused, and of the others only the column that they name changes', () => {
  for (const operation of [
    { op: 'set', table: 'meta', ids: [1], values: { value: '1' } },
    { op: 'putAnnotations', table: 'dataset', rows: [] },
    { op: 'toString' },
  ])
    expect(() => applyPatch(db, [operation as unknown as PatchOperation])).toThrow(
      expect.objectContaining({ code: 'INTERNAL', message: `A history step does ${JSON.stringify(operation)}, which no table declares.` }),
    );
  applyPatch(db, [{ op: 'set', table: 'tracklet', ids: [1], values: { split: 'train', frames: 9, note: 'x' } } as PatchOperation]);
  expect(all(`SELECT split, frames, note FROM tracklet WHERE id = 1`)).toEqual([{ split: 'train', frames: 3, note: '' }]);
});
