/** Protocols on sets small enough to rank by hand, and sentences where nothing can be ranked. */
import { expect, test } from 'vitest';
import { evaluateFeatures } from '../../../src-main/engine/evaluateJob.ts';
import type { ClipRow } from '../../../src-main/features/runs/table.ts';

function row(id: number, identityId: number, camid: number, split: ClipRow['split'], change: Partial<ClipRow> = {}): ClipRow & { firstFrame: number } {
  return {
    id,
    identityId,
    pid: identityId,
    kind: 'person',
    camid,
    split,
    frames: 1,
    firstFrame: id,
    frameIndex: Int32Array.of(id),
    boxes: null,
    files: null,
    mediaId: 1,
    mediaKind: 'crops',
    mediaWidth: 1,
    mediaHeight: 1,
    hiddenShare: null,
    ...change,
  };
}

/** One number a tracklet; with Euclidean distance the ranking can be read off a line. */
function features(values: Record<number, number>) {
  return { trackletIds: Int32Array.from(Object.keys(values), Number), values: Float32Array.from(Object.values(values)), dims: 1, metadata: {} };
}

test('market: own camera dropped, junk dropped, distractors count, a query without a match is left out', async () => {
  const rows = [
    row(1, 1, 0, 'query', { hiddenShare: 0 }),
    row(2, 2, 0, 'query', { hiddenShare: 0.6 }),
    row(3, 1, 0, 'gallery'),
    row(4, 9, 1, 'gallery', { kind: 'junk' }),
    row(5, 8, 1, 'gallery', { kind: 'distractor' }),
    row(6, 1, 1, 'gallery'),
    row(7, 3, 1, 'gallery'),
    row(8, 1, 2, 'gallery'),
  ];
  // Query 1 at 0: 3 (own camera), 4 (junk), 5 distractor, 6 right, 7 wrong, 8 right → ranks 2 and 4.
  const input = features({ 1: 0, 2: 50, 3: 1, 4: 2, 5: 3, 6: 4, 7: 5, 8: 6 });
  const { metrics, perQuery } = await evaluateFeatures({ rows, features: input, protocol: 'market', distance: 'euclidean' });
  expect(metrics).toMatchObject({ queries: 2, validQueries: 1, gallery: 6, mAP: (1 / 2 + 2 / 4) / 2, mINP: 2 / 4 });
  expect(metrics.cmc.slice(0, 4)).toEqual([0, 1, 1, 1]);
  expect([...perQuery.firstHit]).toEqual([2, 0]);
  expect([...perQuery.positives]).toEqual([2, 4]);
  expect([...perQuery.topTracklet.subarray(0, 6)]).toEqual([3, 4, 5, 6, 7, 8]);
  expect([...perQuery.topMark.subarray(0, 6)]).toEqual([2, 2, 3, 1, 0, 1]);
  expect([...perQuery.topDistance.subarray(0, 6)]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(metrics.strata.map(({ n }) => n)).toEqual([1, 0, 0, 0, 0, 0, 0]);
});

test('visits: the first visit of each identity asks, later ones of the same camera count, training visits stay out', async () => {
  const rows = [row(1, 1, 0, 'none'), row(2, 2, 0, 'none'), row(3, 1, 0, 'none'), row(4, 3, 0, 'none'), row(5, 2, 0, 'none'), row(6, 1, 0, 'train')];
  const { metrics, perQuery } = await evaluateFeatures({
    rows,
    features: features({ 1: 0, 2: 10, 3: 1, 4: 2, 5: 12, 6: 0 }),
    protocol: 'visits',
    distance: 'euclidean',
  });
  expect([...perQuery.trackletIds]).toEqual([1, 2]);
  // 1 → 3 at once; 2 (at 10) → 5 at distance 2, before 4 at 8.
  expect(metrics).toMatchObject({ queries: 2, validQueries: 2, gallery: 5, mAP: 1 });
});

test('where no query can match, the sentence says what the set lacks', async () => {
  const input = features({ 1: 0, 2: 1 });
  await expect(
    evaluateFeatures({ rows: [row(1, 1, 0, 'none'), row(2, 1, 1, 'none')], features: input, protocol: 'market', distance: 'cosine' }),
  ).rejects.toMatchObject({ code: 'NO_VALID_QUERY', message: expect.stringContaining('no tracklets in the split "query"') });
  await expect(
    evaluateFeatures({ rows: [row(1, 1, 0, 'query'), row(2, 1, 0, 'gallery')], features: input, protocol: 'market', distance: 'cosine' }),
  ).rejects.toMatchObject({
    code: 'NO_VALID_QUERY',
    message: expect.stringContaining('has one camera, which filmed all 1 queries'),
    remedy: expect.stringContaining('Choose the protocol "visits"'),
  });
  await expect(
    evaluateFeatures({ rows: [row(1, 1, 0, 'none'), row(2, 2, 0, 'none')], features: input, protocol: 'visits', distance: 'cosine' }),
  ).rejects.toMatchObject({ code: 'NO_VALID_QUERY', message: expect.stringContaining('two visits'), remedy: expect.not.stringContaining('"visits"') });
});
