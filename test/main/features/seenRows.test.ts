/** What people were shown, as rows: added up frame by frame, and what that changes of a review. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'none' },
    { id: 2, pid: 1, camid: 1, split: 'none' },
  ]);
});
afterEach(() => here[Symbol.dispose]());

const add = (annotator: string, start: number, ms: number[], code = 8, trackletId = 1) =>
  here.db.write('seen', 'add', {
    trackletId,
    annotator,
    start,
    at: 7,
    shownMs: Uint32Array.from(ms),
    slowest: new Uint8Array(ms.length).fill(code),
    fastest: new Uint8Array(ms.length).fill(code),
  });
const seen = (trackletId = 1) => here.db.read('seen', 'seenOf', { trackletId });

test('times add up over calls and people, speeds are the lowest and the highest', async () => {
  expect(await seen()).toBe(null);
  await add('A', 1, [70_000, 5]);
  await add('A', 1, [30], 64);
  await add('B', 0, [1, 2], 4);
  expect(await seen()).toEqual({ shownMs: Uint32Array.of(1, 70_032, 5), slowest: Uint8Array.of(4, 4, 8), fastest: Uint8Array.of(4, 64, 8) });
  expect(await seen(2)).toBe(null);
  const rows = here.sql.prepare('SELECT tracklet_id, annotator, shown_ms, slowest, fastest, updated_at FROM seen ORDER BY annotator').all();
  expect(rows).toEqual([
    {
      tracklet_id: 1,
      annotator: 'A',
      shown_ms: Buffer.from(Uint32Array.of(0, 70_030, 5).buffer),
      slowest: Buffer.of(0, 8, 8),
      fastest: Buffer.of(0, 64, 8),
      updated_at: 7,
    },
    {
      tracklet_id: 1,
      annotator: 'B',
      shown_ms: Buffer.from(Uint32Array.of(1, 2, 0).buffer),
      slowest: Buffer.of(4, 4, 0),
      fastest: Buffer.of(4, 4, 0),
      updated_at: 7,
    },
  ]);
});

test('up to the last frame, not past it, and of tracklets that are there', async () => {
  await add('A', 2, [1]);
  await expect(add('A', 2, [1, 1])).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: 'annotations.addSeen: frames 2 to 3 of tracklet 1 were named, which has 3.',
    params: { key: 'start', trackletId: 1 },
  });
  const missing = { code: 'NOT_FOUND', message: 'There is no tracklet 9.', params: { trackletId: 9 } };
  await expect(add('A', 0, [1], 8, 9)).rejects.toMatchObject(missing);
  await expect(seen(9)).rejects.toMatchObject(missing);
  expect(await seen()).toMatchObject({ shownMs: Uint32Array.of(0, 0, 1) });
});

test('a review is told to have changed when it has fewer gaps than before, and only then', async () => {
  const write = here.sql.prepare(
    `INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (1, 'shared', ?, 0, 2, ?, ?, ?, 1)`,
  );
  write.run('visibility', '0', 'judged', 'A');
  write.run('reviewed', '"reviewed"', 'judged', 'A');
  here.sql.exec(`UPDATE tracklet SET review = 'started', review_gaps = 3 WHERE id = 1`);
  expect(await add('A', 0, [5])).toEqual({ reviewChanged: false });
  expect(here.sql.prepare('SELECT review_gaps FROM tracklet WHERE id = 1').pluck().get()).toBe(3);
  here.sql.exec(`UPDATE tracklet SET review = 'reviewed', review_gaps = 2 WHERE id = 1`);
  expect(await add('A', 0, [5])).toEqual({ reviewChanged: false });
  expect(await add('A', 1, [5])).toEqual({ reviewChanged: true });
  expect(here.sql.prepare('SELECT review_gaps FROM tracklet WHERE id = 1').pluck().get()).toBe(1);
});
