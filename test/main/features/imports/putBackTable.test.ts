/** Which values that were set aside go back, where, and as what; and the one step of history that says so. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'none', frameIndex: [0, 1, 2, 3, 4, 5] },
    { id: 2, pid: 2, camid: 1, split: 'none' },
  ]);
  putDataset(here.sql, 2, [{ id: 3, pid: 1, camid: 1, split: 'none' }]);
});
afterEach(() => here[Symbol.dispose]());

interface Aside {
  dataset?: number;
  key?: string;
  field?: string;
  start?: number | null;
  end?: number | null;
  value?: string;
  how?: string;
}

/** Ids go up from 1. */
function aside(...entries: Aside[]): void {
  for (const { dataset = 1, key = 't1', field = 'visibility', start = 0, end = 0, value = '7', how = 'judged' } of entries)
    here.sql
      .prepare(
        `INSERT INTO set_aside (dataset_id, tracklet_key, field, start, "end", pictures, annotation, reason, at) VALUES (?, ?, ?, ?, ?, '["p"]', ?, 'changed', 9)`,
      )
      .run(
        dataset,
        key,
        field,
        start,
        end,
        JSON.stringify({ tracklet_id: 99, layer: 'shared', field, start: 50, end: 60, value, how, annotator: 'ann', updated_at: 5 }),
      );
}

function give(tracklet: number, start: number, end: number, value: string): void {
  here.sql
    .prepare(
      `INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (?, 'shared', 'visibility', ?, ?, ?, 'judged', 'bob', 6)`,
    )
    .run(tracklet, start, end, value);
}

const putBack = (ids: number[] | null = null, datasetId = 1): Promise<{ values: number; left: number }> =>
  here.db.write('putBack', 'putBack', { datasetId, ids, wholeFields: ['note'], at: 70, tags: ['Annotations', 'Tracklets'] });
const rows: TablesHere['rows'] = (...of) => here.rows(...of);
const values = (): unknown[] => rows('SELECT tracklet_id, field, start, "end", value, how, annotator, updated_at FROM annotation ORDER BY 1, 2, 3');
const stillAside = (): unknown[] => rows('SELECT id FROM set_aside ORDER BY id').map((row) => (row as number[])[0]);

test('goes where its frames stand now; what has none, or no tracklet, stays aside', async () => {
  aside(
    { start: 1, end: 2 },
    { key: 't2', start: 2, end: 4, value: '3' },
    { key: 't2', start: 3, end: 4 },
    { start: null, end: null },
    { key: 'gone', start: 0, end: 1 },
    { dataset: 2, key: 't3' },
  );
  expect(await putBack()).toEqual({ values: 2, left: 3 });
  expect(values()).toEqual([
    [1, 'visibility', 1, 2, '7', 'carried', 'ann', 5],
    // Frames beyond the third are not there any more.
    [2, 'visibility', 2, 2, '3', 'carried', 'ann', 5],
  ]);
  expect(stillAside()).toEqual([3, 4, 5, 6]);
  expect(rows('SELECT id, with_value, review FROM tracklet ORDER BY id')).toEqual([
    [1, 2, 'started'],
    [2, 1, 'started'],
    [3, 0, 'none'],
  ]);
});

test.each([
  ['judged', 'carried'],
  ['accepted', 'carried'],
  ['entered', 'entered'],
  ['carried', 'carried'],
  ['computed', 'computed'],
])('%s becomes %s, since nobody saw it on the new picture', async (how, becomes) => {
  aside({ how });
  await putBack();
  expect(values()).toEqual([[1, 'visibility', 0, 0, '7', becomes, 'ann', 5]]);
});

test('what is about the whole tracklet is as much judged as it was', async () => {
  aside({ field: 'note', value: '"limps"', start: 0, end: 5 });
  await putBack();
  expect(values()).toEqual([[1, 'note', 0, 5, '"limps"', 'judged', 'ann', 5]]);
});

test('only those that are asked for', async () => {
  aside({ start: 0, end: 0 }, { start: 2, end: 2 }, { start: 4, end: 4 });
  expect(await putBack([])).toEqual({ values: 0, left: 0 });
  expect(await putBack([2, 77])).toEqual({ values: 1, left: 0 });
  expect(values()).toEqual([[1, 'visibility', 2, 2, '7', 'carried', 'ann', 5]]);
  expect(stillAside()).toEqual([1, 3]);
});

test('what was given since stays, and the value fills the frames around it', async () => {
  give(1, 1, 1, '1');
  give(1, 3, 4, '2');
  aside({ start: 0, end: 5 });
  expect(await putBack()).toEqual({ values: 1, left: 0 });
  expect(values()).toEqual([
    [1, 'visibility', 0, 0, '7', 'carried', 'ann', 5],
    [1, 'visibility', 1, 1, '1', 'judged', 'bob', 6],
    [1, 'visibility', 2, 2, '7', 'carried', 'ann', 5],
    [1, 'visibility', 3, 4, '2', 'judged', 'bob', 6],
    [1, 'visibility', 5, 5, '7', 'carried', 'ann', 5],
  ]);
});

test.each<[string, [number, number][], number]>([
  ['one range', [[1, 3]], 0],
  [
    'ranges side by side',
    [
      [0, 1],
      [2, 2],
      [3, 5],
    ],
    0,
  ],
  ['all but the first frame', [[2, 3]], 1],
  ['all but the last frame', [[0, 2]], 1],
  [
    'all but one in the middle',
    [
      [1, 1],
      [3, 3],
    ],
    1,
  ],
  [
    'frames beside it alone',
    [
      [0, 0],
      [4, 5],
    ],
    1,
  ],
])('where %s has values by now: stays aside only when every frame has one', async (_what, given, taken) => {
  for (const [index, [start, end]] of given.entries()) give(1, start, end, String(index));
  aside({ start: 1, end: 3 });
  expect(await putBack()).toEqual({ values: taken, left: 1 - taken });
  expect(stillAside()).toEqual(taken === 1 ? [] : [1]);
  expect(rows('SELECT count(*) FROM history')).toEqual([[taken]]);
});

test('of two for the same frames the first goes back', async () => {
  aside({ start: 0, end: 1, value: '1' }, { start: 0, end: 1, value: '2' }, { start: 1, end: 2, value: '3' });
  expect(await putBack()).toEqual({ values: 2, left: 1 });
  expect(values()).toEqual([
    [1, 'visibility', 0, 1, '1', 'carried', 'ann', 5],
    [1, 'visibility', 2, 2, '3', 'carried', 'ann', 5],
  ]);
  expect(stillAside()).toEqual([2]);
});

test('is one step of history, which leads to the tracklet and holds what undoes it', async () => {
  give(2, 0, 0, '1');
  aside({ key: 't2', start: 0, end: 1 });
  await putBack();
  const [at, label, call, tracklet, tags, patch, inverse, join] = rows(
    'SELECT at, label, call, tracklet_id, tags, patch, inverse, join_key FROM history',
  )[0] as unknown[];
  expect([at, label, call, tracklet, JSON.parse(tags as string), join]).toEqual([
    70,
    'put back 1 value that had been set aside',
    'datasets.putBack',
    2,
    ['Annotations', 'Tracklets'],
    null,
  ]);
  const row = { tracklet_id: 2, layer: 'shared', field: 'visibility', start: 1, end: 1, value: '7', how: 'carried', annotator: 'ann', updated_at: 5 };
  expect(JSON.parse(patch as string)).toEqual([
    { op: 'clearAnnotations', keys: [] },
    { op: 'putAnnotations', rows: [row] },
    { op: 'clearAside', ids: [1] },
  ]);
  const annotation = JSON.stringify({
    tracklet_id: 99,
    layer: 'shared',
    field: 'visibility',
    start: 50,
    end: 60,
    value: '7',
    how: 'judged',
    annotator: 'ann',
    updated_at: 5,
  });
  expect(JSON.parse(inverse as string)).toEqual([
    {
      op: 'putAside',
      rows: [
        {
          id: 1,
          dataset_id: 1,
          tracklet_key: 't2',
          field: 'visibility',
          start: 0,
          end: 1,
          pictures: '["p"]',
          contents: null,
          annotation,
          reason: 'changed',
          at: 9,
        },
      ],
    },
    { op: 'clearAnnotations', keys: [{ tracklet_id: 2, layer: 'shared', field: 'visibility', start: 1 }] },
    { op: 'putAnnotations', rows: [] },
  ]);
  aside({ start: 0, end: 0 }, { start: 3, end: 3 });
  await putBack();
  expect(rows('SELECT label FROM history ORDER BY id')[1]).toEqual(['put back 2 values that had been set aside']);
});

test('of a data set that is not there, or was removed, is refused', async () => {
  aside({});
  here.sql.exec('UPDATE dataset SET removed_at = 5 WHERE id = 2');
  for (const id of [2, 9]) await expect(putBack(null, id)).rejects.toMatchObject({ code: 'NOT_FOUND', message: `There is no data set ${id}.`, params: { id } });
  expect(stillAside()).toEqual([1]);
});

test('what is none of its field, or came in no way, stays aside', async () => {
  aside({ value: '99' }, { start: -5, end: 2 }, { how: 'dreamt' }, { start: 3, end: 3, value: '4' });
  expect(await putBack()).toEqual({ values: 1, left: 3 });
  expect(rows('SELECT start, "end", value FROM annotation')).toEqual([[3, 3, '4']]);
  expect(stillAside()).toEqual([1, 2, 3]);
});
