/** Values of tracklets as rows: what one call of `apply` stores, refuses and leaves to be undone. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readerOf } from '../../../src-main/db/handles.ts';
import { changedLists, exchange, type ApplyInput, type CheckedEdit } from '../../../src-main/features/annotations/table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'none', frameIndex: [0, 1, 2, 3, 4] },
    { id: 2, pid: 1, camid: 2, split: 'none' },
  ]);
});
afterEach(() => here[Symbol.dispose]());

const edit = (more: Partial<CheckedEdit> = {}): CheckedEdit => ({
  trackletId: 1,
  field: 'visibility',
  whole: false,
  start: 1,
  end: 2,
  value: '4',
  how: 'judged',
  ...more,
});
const apply = (edits: CheckedEdit[], more: Partial<ApplyInput> = {}) =>
  here.db.write('annotations', 'apply', { label: 'Paint', edits, annotator: 'A', at: 50, tags: ['Tag'], join: null, anyway: false, ...more });
const values = (trackletId = 1) => here.db.read('annotations', 'ofTracklet', { trackletId });
const short = async (trackletId = 1) => (await values(trackletId)).map(({ field, start, end, value }) => `${field} ${start}–${end} ${JSON.stringify(value)}`);
const steps = () => here.sql.prepare('SELECT * FROM history ORDER BY id').all() as Record<string, unknown>[];
const reviewed = (more: Partial<CheckedEdit> = {}) => edit({ field: 'reviewed', whole: true, start: 0, end: 0, value: '"reviewed"', ...more });

test('a value is stored as one step that says what redoes and what undoes it', async () => {
  expect(await apply([edit()])).toEqual({ historyId: 1, durableAt: 50 });
  expect(await values()).toEqual([{ trackletId: 1, field: 'visibility', start: 1, end: 2, value: 4, how: 'judged', annotator: 'A', updatedAt: 50 }]);
  expect(await values(2)).toEqual([]);
  const row = { tracklet_id: 1, layer: 'shared', field: 'visibility', start: 1, end: 2, value: '4', how: 'judged', annotator: 'A', updated_at: 50 };
  const [step] = steps();
  expect(step).toMatchObject({ at: 50, label: 'Paint', call: 'annotations.apply', tracklet_id: 1, tags: '["Tag"]', join_key: null });
  expect(JSON.parse(step?.['patch'] as string)).toEqual([
    { op: 'clearAnnotations', keys: [] },
    { op: 'putAnnotations', rows: [row] },
  ]);
  expect(JSON.parse(step?.['inverse'] as string)).toEqual([
    { op: 'clearAnnotations', keys: [{ tracklet_id: 1, layer: 'shared', field: 'visibility', start: 1 }] },
    { op: 'putAnnotations', rows: [] },
  ]);
  expect(here.sql.prepare('SELECT with_value, hidden_max, review FROM tracklet WHERE id = 1').get()).toEqual({
    with_value: 2,
    hidden_max: 4,
    review: 'started',
  });
});

test('edits of one call follow each other; values come by field and start', async () => {
  await apply([edit(), edit({ trackletId: 2, start: 0, end: 0 }), edit({ start: 2, end: 4, value: '5' }), edit({ field: 'occluder', value: '"edge"' })]);
  expect(await short()).toEqual(['occluder 1–2 "edge"', 'visibility 1–1 4', 'visibility 2–4 5']);
  expect(await short(2)).toEqual(['visibility 0–0 4']);
  // The step is found at its first tracklet.
  expect(steps().map((step) => step['tracklet_id'])).toEqual([1]);
  await apply([edit({ start: 0, end: 4, value: null })], { at: 60 });
  expect(await short()).toEqual(['occluder 1–2 "edge"']);
  const rows = JSON.parse(steps()[1]?.['inverse'] as string)[1].rows as { start: number }[];
  expect(rows.map(({ start }) => start)).toEqual([1, 2]);
});

test('what changes nothing is no step, and answers the newest one', async () => {
  expect(await apply([edit({ value: null })])).toEqual({ historyId: 0, durableAt: 50 });
  await apply([edit()]);
  expect(await apply([edit()], { at: 70 })).toEqual({ historyId: 1, durableAt: 70 });
  expect((await values())[0]?.updatedAt).toBe(50);
  expect(steps()).toHaveLength(1);
});

test('a value of the whole tracklet covers all of it, whatever is said of its range', async () => {
  await apply([edit({ field: 'note', whole: true, start: 9, end: 3, value: '"n"' })]);
  expect(await short()).toEqual(['note 0–4 "n"']);
});

describe('refused, and nothing is stored', () => {
  test.each<[string, CheckedEdit[], object]>([
    [
      'an end before its start',
      [edit(), edit({ start: 3, end: 2 })],
      {
        code: 'BAD_INPUT',
        message: 'annotations.apply: "edits.1.end" (2) lies before its start (3).',
        params: { key: 'edits.1.end' },
      },
    ],
    [
      'an end past the last frame',
      [edit({ end: 5 })],
      {
        code: 'BAD_INPUT',
        message: 'annotations.apply: "edits.0.end" is 5, but tracklet 1 has only 5 frames (positions 0 to 4).',
        params: { key: 'edits.0.end', trackletId: 1 },
      },
    ],
    ['a tracklet that is not there', [edit(), edit({ trackletId: 9 })], { code: 'NOT_FOUND', message: 'There is no tracklet 9.', params: { trackletId: 9 } }],
  ])('%s', async (_name, edits, error) => {
    await expect(apply(edits)).rejects.toMatchObject(error);
    expect([await values(), steps()]).toEqual([[], []]);
  });

  test('values of a tracklet that is not there', async () => {
    await expect(values(9)).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'There is no tracklet 9.', params: { trackletId: 9 } });
  });

  test('one frame, and the last one, are ranges', async () => {
    await apply([edit({ start: 4, end: 4 }), edit({ start: 0, end: 0 })]);
    expect(await short()).toEqual(['visibility 0–0 4', 'visibility 4–4 4']);
  });
});

describe('a review', () => {
  const show = (trackletId: number, frames: number) =>
    here.db.write('seen', 'add', {
      trackletId,
      annotator: 'A',
      start: 0,
      at: 1,
      shownMs: new Uint32Array(frames).fill(9),
      slowest: new Uint8Array(frames).fill(8),
      fastest: new Uint8Array(frames).fill(8),
    });

  test('with gaps is refused with what it lacks, and marked where asked anyway', async () => {
    await show(1, 4);
    await expect(apply([edit({ start: 0, end: 1 }), reviewed(), reviewed()])).rejects.toMatchObject({
      code: 'REVIEW_INCOMPLETE',
      message: '3 of 5 frames have no value, 1 was not seen (tracklet t1).',
      params: { trackletId: 1, tracklets: 1, withGaps: 1, withoutValue: 3, notSeen: 1 },
      remedy: 'Look at the frames and give them values, or mark it reviewed anyway.',
    });
    expect([await values(), steps()]).toEqual([[], []]);
    await apply([reviewed()], { anyway: true });
    expect(await short()).toEqual(['reviewed 0–4 "reviewed"']);
  });

  test('of many: how many are not whole, and the first of them', async () => {
    await show(1, 5);
    await expect(apply([edit({ start: 0, end: 4 }), reviewed(), reviewed({ trackletId: 2 })])).rejects.toMatchObject({
      message: '1 of 2 tracklets are not whole; the first: 3 of 3 frames have no value, 3 were not seen (tracklet t2).',
      params: { trackletId: 2, tracklets: 2, withGaps: 1, withoutValue: 3, notSeen: 3 },
    });
  });

  test('that is whole by the same call, one that is taken back, a dispute and another field with that word are no matter', async () => {
    await show(1, 5);
    await apply([edit({ start: 0, end: 4 }), reviewed()]);
    expect(await short()).toEqual(['reviewed 0–4 "reviewed"', 'visibility 0–4 4']);
    await apply([reviewed({ value: null })]);
    await apply([reviewed({ trackletId: 2, value: '"disputed"' })]);
    await apply([reviewed({ trackletId: 2, field: 'note' })]);
    expect(await short(2)).toEqual(['note 0–2 "reviewed"', 'reviewed 0–2 "disputed"']);
  });

  test('gaps of tracklets as columns, unknown ones left out', async () => {
    await show(1, 4);
    await apply([edit({ start: 3, end: 4 })]);
    expect(await here.db.read('annotations', 'gaps', { trackletIds: [2, 9, 1] })).toEqual({
      trackletId: Int32Array.of(2, 1),
      withoutValue: Int32Array.of(3, 3),
      notSeen: Int32Array.of(3, 1),
      either: Int32Array.of(3, 4),
    });
  });
});

test('lists that a step changes are read once, kept apart by tracklet, layer and field, and told in the order of their first use', async () => {
  await apply([edit(), edit({ trackletId: 2, start: 0, end: 0 })]);
  const lists = changedLists(readerOf(here.sql));
  const list = lists.of({ trackletId: 2, layer: 'shared', field: 'visibility' });
  expect(list).toEqual({
    trackletId: 2,
    layer: 'shared',
    field: 'visibility',
    before: [{ start: 0, end: 0, value: '4', how: 'judged', annotator: 'A', updatedAt: 50 }],
    after: [{ start: 0, end: 0, value: '4', how: 'judged', annotator: 'A', updatedAt: 50 }],
  });
  expect(lists.of({ trackletId: 2, layer: 'shared', field: 'visibility' })).toBe(list);
  expect(lists.of({ trackletId: 2, layer: 'shared', field: 'occluder' }).before).toEqual([]);
  expect(lists.of({ trackletId: 2, layer: 'own', field: 'visibility' }).before).toEqual([]);
  lists.of({ trackletId: 1, layer: 'shared', field: 'visibility' }).after = [];
  list.after = [{ start: 1, end: 2, value: '5', how: 'carried', annotator: 'B', updatedAt: 60 }];
  const gone = (tracklet_id: number, start: number, end: number) => ({
    tracklet_id,
    layer: 'shared',
    field: 'visibility',
    start,
    end,
    value: '4',
    how: 'judged',
    annotator: 'A',
    updated_at: 50,
  });
  const put = { tracklet_id: 2, layer: 'shared', field: 'visibility', start: 1, end: 2, value: '5', how: 'carried', annotator: 'B', updated_at: 60 };
  const rows = lists.rows();
  expect(rows).toEqual({ cleared: [gone(2, 0, 0), gone(1, 1, 2)], put: [put] });
  expect(exchange(rows.cleared, rows.put)).toEqual([
    {
      op: 'clearAnnotations',
      keys: [
        { tracklet_id: 2, layer: 'shared', field: 'visibility', start: 0 },
        { tracklet_id: 1, layer: 'shared', field: 'visibility', start: 1 },
      ],
    },
    { op: 'putAnnotations', rows: [put] },
  ]);
});
