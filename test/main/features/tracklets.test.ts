/** Filters, order and facets against the obvious way: every row in memory, tested one by one. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrackletFilter, TrackletRow } from '../../../src-shared/contract/tracklets.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openReadOnly } from '../../support/openReadOnly.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';

let project: TestProject;
let client: RpcClient;
let rows: TrackletRow[];
/** By field and tracklet: values on some frame, from the ranges themselves. */
const terms = new Map<string, Map<number, Set<string>>>();
const FIELDS = ['occluder', 'hiddenParts', 'quality'] as const;

beforeAll(async () => {
  project = await openTestProject();
  client = project.host.client();
  await fillProject(project.host.context, { tracklets: 200, identities: 25, cameras: 4 });
  await fillProject(project.host.context, { tracklets: 100, identities: 10, cameras: 2, name: 'Second', hasParts: true });
  const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
  rows = await client.call('tracklets.rows', { ids: [...ids] });
  for (const row of rows)
    for (const { field, value } of await client.call('annotations.get', { trackletId: row.id })) {
      const ofField = terms.get(field) ?? new Map<number, Set<string>>();
      terms.set(field, ofField);
      const values = ofField.get(row.id) ?? new Set<string>();
      ofField.set(row.id, values);
      for (const one of [value].flat()) values.add(String(one));
    }
});
afterAll(() => project[Symbol.asyncDispose]());

/** Counted anew from the frames themselves: the share of those with a value, where nine of ten have one. */
function shareOf(row: TrackletRow): number | null {
  const valued = [...row.visibility].filter((value) => value >= 0);
  return valued.length > 0 && valued.length >= 0.9 * row.frames - 1e-9 ? valued.filter((value) => value > 0).length / valued.length : null;
}

function passes(row: TrackletRow, filter: TrackletFilter, without?: keyof TrackletFilter | `terms.${string}`): boolean {
  const has = <K extends keyof TrackletFilter>(key: K, test: (value: NonNullable<TrackletFilter[K]>) => boolean): boolean =>
    key === without || filter[key] === undefined || test(filter[key]);
  return (
    has('datasetIds', (ids) => ids.includes(row.datasetId)) &&
    has('cameraIds', (ids) => ids.includes(row.cameraId)) &&
    has('identityIds', (ids) => ids.includes(row.identityId)) &&
    has('splits', (splits) => splits.includes(row.split)) &&
    has('reviews', (reviews) => reviews.includes(row.review)) &&
    FIELDS.every((field) => {
      const wanted = without === `terms.${field}` ? undefined : filter.terms?.[field];
      return wanted === undefined || wanted.some((one) => terms.get(field)?.get(row.id)?.has(one));
    }) &&
    has('hiddenShare', ({ min, max }) => {
      const share = shareOf(row);
      return share !== null && (min === null || share > min + 1e-9) && share <= max + 1e-9;
    }) &&
    has('hiddenMax', ({ min, max }) => row.hiddenMax !== null && row.hiddenMax >= min && row.hiddenMax <= max) &&
    has('length', ({ min, max }) => row.frames >= min && row.frames <= max) &&
    has('text', (text) => [row.name, row.identity, row.camera].some((field) => field.toLowerCase().includes(text.trim().toLowerCase()))) &&
    has('trackletIds', (ids) => ids.includes(row.id))
  );
}

const some = <T>(...values: T[]) => fc.option(fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 }), { nil: undefined });
const between = (low: number, high: number) =>
  fc.option(
    fc.tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high })).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) })),
    { nil: undefined },
  );
const anyFilter = fc.record({
  datasetIds: some(1, 2),
  cameraIds: some(1, 2, 3, 4, 5, 6),
  identityIds: fc.option(fc.constant([1, 2, 3, 26].slice()), { nil: undefined, freq: 5 }),
  splits: some('train' as const, 'query' as const, 'gallery' as const, 'none' as const),
  reviews: some('none' as const, 'reviewed' as const, 'started' as const),
  terms: fc.option(
    fc
      .record({
        occluder: some('person', 'object', 'edge', 'self'),
        hiddenParts: some('head', 'leftArm', 'rightLeg'),
        quality: some('good', 'dark', 'unsure'),
      })
      .map((chosen) => Object.fromEntries(Object.entries(chosen).flatMap(([field, values]) => (values ? [[field, values]] : [])))),
    { nil: undefined },
  ),
  hiddenShare: fc.option(
    fc
      .tuple(fc.integer({ min: -1, max: 19 }), fc.integer({ min: 0, max: 20 }))
      .filter(([min, max]) => min < max)
      .map(([min, max]) => ({ min: min < 0 ? null : min / 20, max: max / 20 })),
    { nil: undefined },
  ),
  hiddenMax: between(0, 10),
  length: between(1, 130),
  text: fc.option(fc.constantFrom('000', 'V00', '12', '%', '_', 'T0001', "'"), { nil: undefined, freq: 4 }),
});

describe('tracklets.query', () => {
  test('finds what testing every row finds', async () => {
    await fc.assert(
      fc.asyncProperty(anyFilter, async (filter) => {
        const found = await client.call('tracklets.query', { filter, sort: 'identity' });
        const expected = rows.filter((row) => passes(row, filter));
        expect([...found.ids]).toEqual(expected.map((row) => row.id));
        expect({ of: found.of, frames: found.frames, identities: found.identities, cameras: found.cameras }).toEqual({
          of: 300,
          frames: expected.reduce((sum, row) => sum + row.frames, 0),
          identities: new Set(expected.map((row) => row.identityId)).size,
          cameras: new Set(expected.map((row) => row.cameraId)).size,
        });
      }),
      { numRuns: 150 },
    );
  });

  test('orders by identity number within each data set', () => {
    const keys = rows.map((row) => [row.datasetId, Number(row.identity), row.cameraId, row.id]);
    expect(keys).toEqual(keys.toSorted((a, b) => a.map((value, i) => value - (b[i] ?? 0)).find((d) => d !== 0) ?? 0));
  });

  test.each<['hiddenDesc' | 'hiddenAsc' | 'lengthDesc' | 'lengthAsc' | 'camera' | 'reviewFirst', (row: TrackletRow) => number]>([
    ['hiddenDesc', (row) => -(shareOf(row) ?? -1)],
    ['hiddenAsc', (row) => shareOf(row) ?? 2],
    ['lengthDesc', (row) => -row.frames],
    ['lengthAsc', (row) => row.frames],
    ['camera', (row) => row.datasetId * 1000 + row.cameraId],
    ['reviewFirst', (row) => ['disputed', 'started', 'none', 'reviewed'].indexOf(row.review)],
  ])('orders %s, equal ones by identity', async (sort, key) => {
    const { ids } = await client.call('tracklets.query', { filter: {}, sort });
    // A stable sort of the default order; hidden shares that are equal go by the highest value next.
    const expected = rows.toSorted(
      (a, b) =>
        key(a) - key(b) ||
        (sort === 'hiddenDesc' ? (b.hiddenMax ?? -1) - (a.hiddenMax ?? -1) : sort === 'hiddenAsc' ? (a.hiddenMax ?? -1) - (b.hiddenMax ?? -1) : 0),
    );
    expect([...ids]).toEqual(expected.map((row) => row.id));
  });

  test('uses the covering index, without reading the blobs', async () => {
    const db = openReadOnly(project.folder);
    const plan = db
      .all<{ detail: string }>(
        'EXPLAIN QUERY PLAN SELECT t.id FROM main.tracklet t INDEXED BY tracklet_grid WHERE t.dataset_id IN (SELECT id FROM dataset) AND t.frames BETWEEN 1 AND 9 ORDER BY t.dataset_id, t.identity_id, t.camera_id, t.id',
      )
      .map((step) => step.detail);
    db.close();
    expect(plan[0]).toBe('SEARCH t USING COVERING INDEX tracklet_grid (dataset_id=?)');
    expect(plan.some((step) => step.includes('TEMP B-TREE'))).toBe(false);
  });
});

test('facets count under the filter without that facet', async () => {
  await fc.assert(
    fc.asyncProperty(anyFilter, async (filter) => {
      const { facets, terms: byField, hiddenShare, length } = await client.call('tracklets.facets', { filter });
      const of = (facet: keyof TrackletFilter | `terms.${string}`, value: (row: TrackletRow) => (string | number)[]) => (one: string | number) => ({
        count: rows.filter((row) => value(row).includes(one) && passes(row, filter, facet)).length,
        all: rows.filter((row) => value(row).includes(one)).length,
      });
      const expected = {
        datasetIds: of('datasetIds', (row) => [row.datasetId]),
        cameraIds: of('cameraIds', (row) => [row.cameraId]),
        splits: of('splits', (row) => [row.split]),
        reviews: of('reviews', (row) => [row.review]),
      };
      for (const [name, count] of Object.entries(expected))
        for (const value of facets[name] ?? [])
          expect({ name, value: value.value, count: value.count, all: value.all }).toEqual({ name, value: value.value, ...count(value.value) });
      expect(Object.keys(facets)).toEqual(Object.keys(expected));
      for (const field of FIELDS) {
        const valuesOf = (row: TrackletRow): string[] => [...(terms.get(field)?.get(row.id) ?? [])];
        const count = of(`terms.${field}`, valuesOf);
        const found = (byField[field] ?? []).map(({ value, count, all }) => ({ value, count, all }));
        expect(found.toSorted((a, b) => (a.value < b.value ? -1 : 1))).toEqual(
          [...new Set(rows.flatMap(valuesOf))].sort().map((value) => ({ value, ...count(value) })),
        );
      }
      const ofCamera = new Map(rows.map((row) => [row.cameraId, row.datasetId]));
      expect(facets['cameraIds']?.map(({ value, datasetId }) => [value, datasetId])).toEqual([...ofCamera].sort(([a], [b]) => a - b));
      const shares = rows
        .filter((row) => shareOf(row) !== null && passes(row, filter, 'hiddenShare'))
        .map((row) => (shareOf(row) === 0 ? 0 : Math.ceil((shareOf(row) ?? 0) * 20 - 1e-9)));
      expect(hiddenShare).toEqual(Array.from({ length: 21 }, (_, bin) => shares.filter((share) => share === bin).length));
      const lengths = rows.filter((row) => passes(row, filter, 'length')).map((row) => row.frames);
      expect(length.counts).toEqual(
        length.counts.map((_, bin) => lengths.filter((n) => n >= (length.edges[bin] ?? 0) && n < (length.edges[bin + 1] ?? 0)).length),
      );
    }),
    { numRuns: 40 },
  );
});

test('whatever bars of hidden shares are chosen, the grid has as many as stand in them', async () => {
  const { hiddenShare: bars } = await client.call('tracklets.facets', { filter: {} });
  // Whole numbers: more than so many twentieths of the valued frames, at most so many.
  const barOf = (row: TrackletRow): number => {
    const valued = [...row.visibility].filter((value) => value >= 0);
    const hidden = valued.filter((value) => value > 0).length;
    if (valued.length * 10 < row.frames * 9 || valued.length === 0) return -1;
    for (let bar = 0; ; bar++) if (hidden * 20 <= bar * valued.length) return bar;
  };
  const onEdge = rows.filter((row) => barOf(row) > 0 && (shareOf(row) ?? 0) * 20 === barOf(row));
  expect(onEdge.length).toBeGreaterThan(0);
  for (let from = 0; from <= 20; from++)
    for (let to = from; to <= 20; to++) {
      const filter: TrackletFilter = { hiddenShare: { min: from === 0 ? null : (from - 1) / 20, max: to / 20 } };
      const { ids } = await client.call('tracklets.query', { filter, sort: 'identity' });
      expect([...ids], JSON.stringify(filter)).toEqual(rows.filter((row) => barOf(row) >= from && barOf(row) <= to).map((row) => row.id));
      expect(ids.length).toBe(bars.slice(from, to + 1).reduce((sum, n) => sum + n, 0));
    }
});

test('moving to a split is one step that undo takes back', async () => {
  const ids = rows.slice(0, 50).map((row) => row.id);
  await client.call('tracklets.setSplit', { ids, split: 'query' });
  expect(new Set((await client.call('tracklets.rows', { ids })).map((row) => row.split))).toEqual(new Set(['query']));
  await client.call('history.undo', {});
  expect((await client.call('tracklets.rows', { ids })).map((row) => row.split)).toEqual(rows.slice(0, 50).map((row) => row.split));
});

test('a row counts its share only where nearly all frames have a value, and some here do not', () => {
  for (const row of rows) expect(row.hiddenShare).toBe(shareOf(row));
  const few = rows.filter((row) => row.framesWithValue > 0 && row.hiddenShare === null);
  expect(few.length).toBeGreaterThan(10);
  for (const row of rows) expect(row.hiddenFrames).toBe([...row.visibility].filter((value) => value > 0).length);
});

test('rows come in the order asked, without unknown ones', async () => {
  expect((await client.call('tracklets.rows', { ids: [7, 99999, 3] })).map((row) => row.id)).toEqual([7, 3]);
});
