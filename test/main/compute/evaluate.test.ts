/** Protocols on sets small enough to rank by hand, and sentences where nothing can be ranked. */
import { expect, test } from 'vitest';
import { evaluateFeatures } from '../../../src-main/compute/tasks/evaluate.ts';
import type { SideRow } from '../../../src-shared/protocols/protocol.ts';

function row(id: number, identityId: number, camid: number, split: SideRow['split'], change: Partial<SideRow> = {}): SideRow {
  return { id, identityId, kind: 'person', camid, split, firstFrame: id, ...change };
}

/** One number a tracklet; with Euclidean distance the ranking can be read off a line. */
function features(values: Record<number, number>) {
  return { trackletIds: Int32Array.from(Object.keys(values), Number), values: Float32Array.from(Object.values(values)), dims: 1, metadata: {} };
}

test('market: own camera dropped, junk dropped, distractors count, a query without a match is left out', async () => {
  const rows = [
    row(1, 1, 0, 'query'),
    row(2, 2, 0, 'query'),
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

test('a list with tracklets that have no features is refused: it would be another question', async () => {
  const rows = [row(1, 1, 0, 'query'), row(2, 1, 1, 'gallery'), row(3, 2, 1, 'gallery'), row(4, 3, 1, 'train')];
  await expect(evaluateFeatures({ rows, features: features({ 1: 0, 2: 1 }), protocol: 'market', distance: 'euclidean' })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('1 of the tracklets'),
    remedy: expect.stringContaining('Evaluate again'),
  });
  // What neither asks nor is searched needs none.
  await expect(evaluateFeatures({ rows, features: features({ 1: 0, 2: 1, 3: 2 }), protocol: 'market', distance: 'euclidean' })).resolves.toMatchObject({
    metrics: { gallery: 2 },
  });
});

test('the Matlab protocol divides its curve by all queries, the others by those that have a match', async () => {
  const rows = [row(1, 1, 0, 'query'), row(2, 2, 0, 'query'), row(3, 1, 1, 'gallery')];
  const input = { rows, features: features({ 1: 0, 2: 5, 3: 1 }), distance: 'euclidean' as const };
  const curve = async (protocol: 'mars-b' | 'mars-c') => (await evaluateFeatures({ ...input, protocol })).metrics.cmc;
  expect(await curve('mars-b')).toEqual([1, 1, 1]);
  expect(await curve('mars-c')).toEqual([0.5, 0.5, 0.5]);
});
