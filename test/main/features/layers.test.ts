/**
 * Values of two layers stand on the same frames and know nothing of each other: what is painted, cleared and undone in the shared one leaves the
 * other as it is, what follows from values follows from the shared one, and an update of the source moves both with their pictures.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writerOf } from '../../../src-main/db/handles.ts';
import { applyPatch, misplaced, rowsOf } from '../../../src-main/features/history/patch.ts';
import type { AnnotationRow } from '../../../src-main/features/annotations/operations/annotation.table.ts';
import { checkRows } from '../../../src-main/features/project/rowCheck.table.ts';
import { changingSource } from '../../support/changingSource.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  here.sql.exec(`INSERT INTO layer (id, title, kind) VALUES ('ann', 'Ann', 'person'), ('net', 'A network', 'model')`);
});
afterEach(() => here[Symbol.dispose]());

const row = (layer: string, start: number, end: number, value: string, more: Partial<AnnotationRow> = {}): AnnotationRow => ({
  tracklet_id: 1,
  layer,
  field: 'visibility',
  start,
  end,
  value,
  how: 'judged',
  annotator: 'Ann',
  updated_at: 5,
  ...more,
});
const put = (...rows: AnnotationRow[]): void => applyPatch(writerOf(here.sql), [{ op: 'putAnnotations', rows }]);
const valuesOf = (...layers: string[]): unknown[] =>
  here.rows(
    'SELECT layer, field, start, "end", value FROM annotation WHERE layer IN (SELECT value FROM json_each(?)) ORDER BY 1, 2, 3',
    JSON.stringify(layers),
  );
const paint = (start: number, end: number, value: number | null, field = 'visibility'): Promise<unknown> =>
  here.db.write('annotations', 'apply', {
    label: 'Paint',
    edits: [{ trackletId: 1, field, whole: false, start, end, value: value === null ? null : String(value), how: 'judged' }],
    annotator: 'Bob',
    at: 9,
    tags: [],
    join: null,
    anyway: false,
  });
const derived = (): unknown => here.rows('SELECT hex(visibility), with_value, hidden_frames, hidden_max, terms, review, note FROM tracklet WHERE id = 1');

test('what another layer holds stays through painting, clearing, undo and redo, and is in no derived column', async () => {
  putDataset(here.sql, 1, [{ id: 1, pid: 1, camid: 1, split: 'none', frameIndex: [0, 1, 2, 3, 4, 5] }]);
  await paint(0, 5, 3);
  const alone = derived();
  put(
    row('ann', 0, 3, '9'),
    row('ann', 0, 5, '"object"', { field: 'occluder' }),
    row('ann', 0, 5, '"reviewed"', { field: 'reviewed' }),
    row('net', 2, 4, '10', { how: 'computed' }),
    row('net', 0, 5, '"said so"', { field: 'note' }),
  );
  const others = valuesOf('ann', 'net');
  expect(others).toHaveLength(5);
  expect(derived()).toEqual(alone);
  expect(await here.db.write('derived', 'refreshStale', null)).toEqual({ tracklets: 0 });
  expect(await here.db.read('annotations', 'ofTracklet', { trackletId: 1 })).toMatchObject([{ field: 'visibility', start: 0, end: 5, value: 3 }]);
  expect(await here.db.read('annotations', 'gaps', { trackletIds: [1] })).toMatchObject({ withoutValue: Int32Array.of(0) });

  const states: unknown[] = [[valuesOf('shared'), derived()]];
  for (const step of [() => paint(1, 3, 8), () => paint(2, 4, null), () => paint(0, 5, null)]) {
    await step();
    states.push([valuesOf('shared'), derived()]);
    expect(valuesOf('ann', 'net')).toEqual(others);
  }
  expect(valuesOf('shared')).toEqual([]);
  const asking = { window: null, others: [] };
  for (const state of states.slice(0, -1).reverse()) {
    expect((await here.db.write('history', 'undo', asking)).leftOut).toBeNull();
    expect([valuesOf('shared'), derived(), valuesOf('ann', 'net')]).toEqual([...(state as unknown[]), others]);
  }
  for (const state of states.slice(1)) {
    expect((await here.db.write('history', 'redo', asking)).leftOut).toBeNull();
    expect([valuesOf('shared'), derived(), valuesOf('ann', 'net')]).toEqual([...(state as unknown[]), others]);
  }
  expect(checkRows(here.sql, here.folder, { remove: false }).sentences).toEqual([]);
});

test('two values overlap in two layers, never in one; steps of one layer do not stand on those of another', () => {
  putDataset(here.sql, 1, [{ id: 1, pid: 1, camid: 1, split: 'none' }]);
  const db = writerOf(here.sql);
  put(row('ann', 0, 2, '1'), row('net', 0, 2, '2'));
  expect(misplaced(db, [{ op: 'putAnnotations', rows: [row('ann', 0, 2, '1'), row('net', 0, 2, '2')] }])).toBe(false);
  expect(checkRows(here.sql, here.folder, { remove: false }).count).toBe(0);
  put(row('net', 1, 1, '3'));
  expect(misplaced(db, [{ op: 'putAnnotations', rows: [row('net', 1, 1, '3')] }])).toBe(true);
  expect(misplaced(db, [{ op: 'putAnnotations', rows: [row('ann', 0, 2, '1')] }])).toBe(false);
  expect(checkRows(here.sql, here.folder, { remove: false }).sentences).toEqual([
    'annotation 1, net, visibility, 1: it stands on frames that another value of its field has',
  ]);
  expect([...rowsOf([{ op: 'putAnnotations', rows: [row('ann', 0, 0, '1'), row('net', 0, 0, '1')] }])]).toEqual([
    'values 1 ann visibility',
    'values 1 net visibility',
  ]);
  // A value hangs on its layer.
  expect(() => put(row('ghost', 0, 0, '1'))).toThrow(/FOREIGN KEY/);
});

test('a project without the shared layer is none of ours', () => {
  here.sql.exec("DELETE FROM layer WHERE id = 'shared'");
  expect(checkRows(here.sql, here.folder, { remove: false })).toEqual({ count: 1, sentences: ['layer shared: it is not there'] });
});

test('an update of the source moves values of every layer with their pictures, sets them aside and gives them back to their layer', async () => {
  const source = await changingSource(here, [{ key: 'a', contents: [1, 2, 3, 4], values: [['visibility', 0, 3, 2]] }]);
  const id = source.idOf('a');
  const at = { tracklet_id: id };
  // What came into a layer with a file is not the source's to take back.
  put(row('ann', 1, 2, '7', { ...at, how: 'imported' }), row('net', 1, 3, '9', at), row('net', 0, 3, '"x"', { ...at, field: 'note' }));

  // The second picture is gone, the third and fourth stand elsewhere.
  await source.update([{ key: 'a', contents: [3, 4, 1], values: [['visibility', 0, 2, 2]] }]);
  expect(valuesOf('ann', 'net')).toEqual([
    ['ann', 'visibility', 0, 0, '7'],
    ['net', 'note', 0, 2, '"x"'],
    ['net', 'visibility', 0, 1, '9'],
  ]);
  expect(valuesOf('shared')).toEqual([['shared', 'visibility', 0, 2, '2']]);
  expect(here.rows(`SELECT annotation ->> 'layer', reason, contents IS NOT NULL FROM set_aside ORDER BY 1`)).toEqual([
    ['ann', 'removed', 1],
    ['net', 'removed', 1],
  ]);
  expect(checkRows(here.sql, here.folder, { remove: false }).sentences).toEqual([]);
  here.sql.exec(`UPDATE set_aside SET annotation = json_set(annotation, '$.layer', 'ghost') WHERE annotation ->> 'layer' = 'ann'`);
  expect(checkRows(here.sql, here.folder, { remove: false }).sentences).toMatchObject([/its value is of a layer that is not there$/]);
  here.sql.exec(`UPDATE set_aside SET annotation = json_set(annotation, '$.layer', 'ann') WHERE annotation ->> 'layer' = 'ghost'`);

  await source.update([
    { key: 'a', contents: [3, 4, 1], values: [['visibility', 0, 2, 2]] },
    { key: 'b', contents: [2], values: [['visibility', 0, 0, 1]] },
  ]);
  expect(here.rows('SELECT layer, start, "end", value FROM annotation WHERE tracklet_id = ? ORDER BY 1', source.idOf('b'))).toEqual([
    ['ann', 0, 0, '7'],
    ['net', 0, 0, '9'],
    ['shared', 0, 0, '1'],
  ]);
  expect(here.rows('SELECT count(*) FROM set_aside')).toEqual([[0]]);
  expect(here.rows('SELECT hex(visibility) FROM tracklet WHERE id = ?', source.idOf('b'))).toEqual([['01']]);
});

test('a value that lies aside is put back into its layer by hand, and undone', async () => {
  putDataset(here.sql, 1, [{ id: 1, pid: 1, camid: 1, split: 'none' }]);
  await paint(0, 2, 3);
  const alone = derived();
  here.sql
    .prepare(
      `INSERT INTO set_aside (dataset_id, tracklet_key, field, start, "end", pictures, annotation, reason, at) VALUES (1, 't1', 'visibility', 1, 2, '["p"]', ?, 'changed', 9)`,
    )
    .run(JSON.stringify(row('ann', 5, 6, '8')));
  expect(await here.db.write('putBack', 'putBack', { datasetId: 1, ids: null, wholeFields: [], at: 70, tags: [] })).toEqual({ values: 1, left: 0 });
  expect(valuesOf('shared', 'ann')).toEqual([
    ['ann', 'visibility', 1, 2, '8'],
    ['shared', 'visibility', 0, 2, '3'],
  ]);
  expect(derived()).toEqual(alone);
  expect((await here.db.write('history', 'undo', { window: null, others: [] })).leftOut).toBeNull();
  expect([valuesOf('ann'), here.rows('SELECT count(*) FROM set_aside')]).toEqual([[], [[1]]]);
});
