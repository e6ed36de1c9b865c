/**
 * An update of the source, and emptying what was removed, end steps of history. What such a step gave to rows that stay must not be lost by undoing
 * an older step on the same rows: the older one was made below it.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changingSource } from '../../../support/changingSource.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => (here = await tablesHere()));
afterEach(() => here[Symbol.dispose]());

const asking = { window: null, others: [] };
const paint = (...edits: [trackletId: number, value: number][]) =>
  here.db.write('annotations', 'apply', {
    label: 'Paint',
    edits: edits.map(([trackletId, value]) => ({ trackletId, field: 'visibility', whole: false, start: 0, end: 2, value: String(value), how: 'judged' })),
    annotator: 'Ann',
    at: 9,
    tags: [],
    join: null,
    anyway: false,
  });
const undo = () => here.db.write('history', 'undo', asking);
const redo = () => here.db.write('history', 'redo', asking);
const valueOf = (trackletId: number): unknown => here.rows(`SELECT value FROM annotation WHERE tracklet_id = ? AND field = 'visibility'`, trackletId).flat()[0];

test('a step over two tracklets, of which an update changes one: the value of the other outlives undo', async () => {
  const source = await changingSource(here, [
    { key: 'a', contents: [1, 2, 3] },
    { key: 'b', contents: [4, 5, 6] },
  ]);
  const [a, b] = [source.idOf('a'), source.idOf('b')];
  await paint([a, 3]);
  await paint([a, 7], [b, 7]);
  expect(
    (
      await source.update([
        { key: 'a', contents: [1, 2, 3] },
        { key: 'b', contents: [9, 4, 5, 6] },
      ])
    ).stepsEnded,
  ).toBeGreaterThan(0);
  expect(valueOf(a)).toBe('7');
  await undo();
  await redo();
  expect(valueOf(a)).toBe('7');
});

test('a step over tracklets of two data sets, of which one is emptied: the value of the other outlives undo', async () => {
  putDataset(here.sql, 1, [{ id: 1, pid: 1, camid: 1, split: 'none' }]);
  putDataset(here.sql, 2, [{ id: 2, pid: 1, camid: 1, split: 'none' }]);
  await paint([2, 3]);
  await paint([1, 7], [2, 7]);
  await here.db.write('datasets', 'remove', { id: 1, at: 10, tags: [] });
  await here.db.write('trash', 'purge', { kind: 'dataset', id: '1' });
  expect(valueOf(2)).toBe('7');
  await undo();
  await redo();
  expect(valueOf(2)).toBe('7');
});

test('a side that the source gave after a move is there again when the move was undone and done again', async () => {
  const source = await changingSource(here, [{ key: 'a', contents: [1, 2, 3], split: 'train' }]);
  const a = source.idOf('a');
  const side = (): unknown => here.rows('SELECT split FROM tracklet WHERE id = ?', a).flat()[0];
  await here.db.write('tracklets', 'setSplit', { ids: [a], split: 'gallery', at: 5, tags: [] });
  await source.update([{ key: 'a', contents: [1, 2, 3], split: 'query' }]);
  expect(side()).toBe('query');
  await undo();
  await redo();
  expect(side()).toBe('query');
});
