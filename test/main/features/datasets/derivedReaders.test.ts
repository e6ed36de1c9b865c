/**
 * Whatever reads a data set that is made of others, against plain loops over all rows: random projects whose sets have equal keys and numbers, random
 * subsets and unions, some of them of each other, with sides chosen in their own set and with a source that was removed.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SplitName } from '../../../../src-shared/contract/datasets.ts';
import { protocols } from '../../../../src-shared/protocols/index.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

const SIDES = ['train', 'query', 'gallery', 'none'] as const;
const ALL_KINDS = ['person', 'person', 'distractor', 'junk'] as const;

interface Row {
  id: number;
  of: number;
  key: string;
  identity: number;
  kind: string;
  camera: number;
  side: SplitName;
  frames: number;
  hidden: number;
  terms: string;
}

const madeTracklet: fc.Arbitrary<MadeTracklet> = fc.record({
  key: fc.nat({ max: 30 }),
  pid: fc.integer({ min: 1, max: 4 }),
  camid: fc.integer({ min: 0, max: 2 }),
  side: fc.constantFrom(...SIDES),
  frames: fc.integer({ min: 1, max: 9 }),
  hidden: fc.nat({ max: 2 }),
});
const madeSet = fc.uniqueArray(madeTracklet, { selector: ({ key }) => key, minLength: 2, maxLength: 9 });
/** What is chosen by number is taken modulo what there is. */
const madeRecipe = fc.record({
  of: fc.uniqueArray(fc.nat({ max: 20 }), { minLength: 1, maxLength: 3 }),
  sides: fc.option(fc.uniqueArray(fc.constantFrom(...SIDES), { minLength: 1 })),
  longest: fc.option(fc.integer({ min: 2, max: 9 })),
});
const madeProject = fc.record({
  sets: fc.array(madeSet, { minLength: 2, maxLength: 3 }),
  recipes: fc.array(madeRecipe, { minLength: 1, maxLength: 4 }),
  moves: fc.array(fc.record({ tracklet: fc.nat({ max: 40 }), side: fc.constantFrom(...SIDES), derived: fc.option(fc.nat({ max: 20 })) }), { maxLength: 4 }),
  removed: fc.option(fc.nat({ max: 20 })),
});

/** What a data set should have, by loops alone. */
interface Expected {
  id: number;
  members: number[];
  sides: Map<number, SplitName>;
  /** Imported sets in the order of the sources. */
  imported: number[];
}

test('every reader answers as plain loops over all rows do', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(madeProject, async (made) => {
      using here = await tablesHere();
      const rows = put(here, made.sets);
      const sets = new Map<number, Expected>(
        made.sets.map((_, index) => {
          const own = rows.filter(({ of }) => of === index + 1);
          return [index + 1, { id: index + 1, members: own.map(({ id }) => id), sides: new Map(own.map(({ id, side }) => [id, side])), imported: [index + 1] }];
        }),
      );
      const derived: Expected[] = [];
      for (const [index, { of, sides, longest }] of made.recipes.entries()) {
        const known = [...sets.keys()];
        const sources = [...new Set(of.map((at) => known[at % known.length] as number))].map((id) => sets.get(id) as Expected);
        const found = await derive(here, { name: `Made ${index}`, sources, sides, longest, rows });
        if (!found) continue;
        sets.set(found.id, found);
        derived.push(found);
      }
      for (const { tracklet, side, derived: at } of made.moves)
        await move(here, rows, { tracklet, side, of: at === null ? undefined : derived[at % derived.length] });
      // Those of before are not told by the column that follows from their own set.
      for (const row of rows) row.side = here.rows('SELECT split FROM tracklet WHERE id = ?', row.id).flat()[0] as SplitName;
      const gone = made.removed === null ? null : (made.removed % made.sets.length) + 1;
      if (gone !== null) await here.db.write('datasets', 'remove', { id: gone, at: 1, tags: [] });
      const live = rows.filter(({ of }) => of !== gone);
      for (const one of derived) await compare(here, live, one);
      await compareGrid(here, live, derived);
    }),
    { seed: 11, numRuns: 40 },
  );
});

type MadeTracklet = { key: number; pid: number; camid: number; side: SplitName; frames: number; hidden: number };

function put(here: TablesHere, sets: MadeTracklet[][]): Row[] {
  return sets.flatMap((tracklets, index) => {
    const of = index + 1;
    const kinds = Object.fromEntries(ALL_KINDS.map((kind, at) => [at + 1, kind]));
    putDataset(
      here.sql,
      of,
      tracklets.map(({ pid, camid, side, frames, hidden }, at) => ({
        id: of * 100 + at,
        pid,
        camid,
        split: side,
        frameIndex: Array.from({ length: frames }, (_, frame) => frame),
        files: of === 2 ? null : Array.from({ length: frames }, (_, frame) => `${at}/${frame}.jpg`),
        valued: [frames, Math.min(hidden, frames)] as [number, number],
        terms: hidden === 1 ? ',occluder=object,' : '',
      })),
      { kinds, root: `media${of}`, mediaKind: of === 2 ? 'video' : 'crops' },
    );
    return tracklets.map(({ key, pid, camid, side, frames, hidden }, at): Row => {
      const id = of * 100 + at;
      here.sql.prepare('UPDATE tracklet SET key = ? WHERE id = ?').run(`k${key}`, id);
      const terms = hidden === 1 ? ',occluder=object,' : '';
      return {
        id,
        of,
        key: `k${key}`,
        identity: 1000 * of + pid,
        kind: kinds[pid] as string,
        camera: 1000 * of + camid,
        side,
        frames,
        hidden: Math.min(hidden, frames),
        terms,
      };
    });
  });
}

async function derive(
  here: TablesHere,
  { name, sources, sides, longest, rows }: { name: string; sources: Expected[]; sides: SplitName[] | null; longest: number | null; rows: Row[] },
): Promise<Expected | null> {
  const [first] = sources as [Expected];
  const isUnion = sources.length > 1;
  const sideOf = (id: number): SplitName => sources.map((source) => source.sides.get(id) ?? 'none').find((side) => side !== 'none') ?? 'none';
  const framesOf = (id: number): number => (rows.find((row) => row.id === id) as Row).frames;
  const members = isUnion
    ? [...new Set(sources.flatMap((source) => source.members))]
    : first.members.filter((id) => (sides === null || sides.includes(sideOf(id))) && (longest === null || framesOf(id) <= longest));
  const filter = { ...(sides === null ? {} : { splits: sides }), ...(longest === null ? {} : { length: { min: 1, max: longest } }) };
  const recipe = isUnion ? { kind: 'union', of: sources.map(({ id }) => id) } : { kind: 'subset', of: first.id, filter };
  const made = here.db.write('derive', 'derive', { name, recipe, at: 5, tags: [] });
  if (members.length === 0) {
    await expect(made).rejects.toMatchObject({ code: 'BAD_INPUT' });
    return null;
  }
  const own = new Set(members.map((id) => Math.floor(id / 100)));
  const imported = [...new Set(sources.flatMap((source) => source.imported))].filter((id) => own.has(id));
  return { id: (await made).id, members: members.sort((a, b) => a - b), sides: new Map(members.map((id) => [id, sideOf(id)])), imported };
}

async function move(here: TablesHere, rows: Row[], { tracklet, side, of }: { tracklet: number; side: SplitName; of: Expected | undefined }): Promise<void> {
  const ids = of?.members ?? rows.map(({ id }) => id);
  const id = ids[tracklet % ids.length] as number;
  await here.db.write('tracklets', 'setSplit', { ids: [id], split: side, datasetId: of?.id, at: 6, tags: [] });
  of?.sides.set(id, side);
}

const counted = <Key>(keys: Iterable<Key>): Map<Key, number> => {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};
const sum = (numbers: number[]): number => numbers.reduce((all, one) => all + one, 0);

/** All but the grid. */
async function compare({ db, rows: sql }: TablesHere, live: Row[], { id, members, sides, imported }: Expected): Promise<void> {
  const own = live.filter((row) => members.includes(row.id));
  const sideOf = (row: Row): SplitName => sides.get(row.id) ?? 'none';
  const people = own.filter(({ kind }) => kind === 'person');
  const sets = imported.filter((one) => live.some(({ of }) => of === one));

  const detail = await db.read('datasets', 'detail', { id });
  const listed = (await db.read('datasets', 'list', null)).find((one) => one.id === id);
  expect(detail).toMatchObject({ ...listed });
  expect(detail).toMatchObject({
    tracklets: own.length,
    frames: sum(own.map(({ frames }) => frames)),
    identities: new Set(people.map(({ identity }) => identity)).size,
    cameras: new Set(own.map(({ camera }) => camera)).size,
    recipe: { tracklets: members.length, missing: members.length - own.length },
  });
  expect(new Map(Object.entries(detail.splits))).toEqual(counted(own.map(sideOf)));
  expect(new Map(detail.splitRows.map(({ split, tracklets }) => [split, tracklets]))).toEqual(counted(own.map(sideOf)));
  for (const { split, ...row } of detail.splitRows) {
    const there = own.filter((one) => sideOf(one) === split);
    expect(row).toEqual({
      identities: new Set(there.map(({ identity }) => identity)).size,
      tracklets: there.length,
      frames: sum(there.map(({ frames }) => frames)),
      cameras: new Set(there.map(({ camera }) => camera)).size,
    });
  }
  expect(detail.cameraRows.map(({ id: camera, tracklets, frames }) => [camera, tracklets, frames])).toEqual(
    [...counted(own.map(({ camera }) => camera))]
      .sort(([a], [b]) => a - b)
      .map(([camera, n]) => [camera, n, sum(own.filter((row) => row.camera === camera).map(({ frames }) => frames))]),
  );
  const kindOf = new Map(own.map(({ identity, kind }) => [identity, kind]));
  expect(new Map(Object.entries(detail.kinds))).toEqual(counted(kindOf.values()));
  const trained = people.filter((row) => sideOf(row) === 'train');
  expect(detail.training).toEqual({ identities: new Set(trained.map(({ identity }) => identity)).size, tracklets: trained.length });
  expect(sum(detail.lengthHistogram.counts)).toBe(own.length);
  expect(detail.coverTracklet === null ? people.length : own.some((row) => row.id === detail.coverTracklet)).toBe(detail.coverTracklet === null ? 0 : true);

  const facts = await db.read('datasets', 'facts', { id });
  expect(facts).toMatchObject({ roots: sets.map((one) => `media${one}`), cameras: detail.cameras, videos: own.some(({ of }) => of === 2) ? [2] : [] });
  expect(new Map(Object.entries(facts?.splits ?? {}).map(([side, { tracklets }]) => [side, tracklets]))).toEqual(counted(people.map(sideOf)));
  expect(await db.read('datasets', 'sourcesOf', { id })).toEqual(sets.map((one) => ({ id: one, contentHash: `content ${one}` })));

  const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  const inOrder = [...own].sort((a, b) => bytes(a.key, b.key) || imported.indexOf(a.of) - imported.indexOf(b.of));
  const asked = await db.read('evaluations', 'sideRows', { datasetId: id });
  expect(asked.map(({ id: tracklet, identityId, split, key }) => [tracklet, identityId, split, key])).toEqual(
    inOrder.map((row) => [row.id, row.identity, sideOf(row), row.key]),
  );
  // Two cameras, and two people, have never one number.
  expect(new Set(asked.map(({ camid }) => camid)).size).toBe(new Set(own.map(({ camera }) => camera)).size);
  expect(new Set(asked.map(({ pid }) => pid)).size).toBe(new Set(own.map(({ identity }) => identity)).size);
  if (imported.length === 1) for (const row of asked) expect([row.camid, row.pid]).toEqual([cameraNumber(own, row.id), row.identityId % 1000]);
  const valid = await db.read('evaluations', 'validQueries', { datasetId: id });
  expect(Object.keys(valid).sort()).toEqual(Object.keys(protocols).sort());
  const labels = await db.read('evaluations', 'labels', { datasetId: id, ids: Int32Array.from(members) });
  expect([...labels.rows.keys()]).toEqual(inOrder.map((row) => row.id));
  expect([...labels.rows.values()].map(({ cameraId, occluders }) => [cameraId, occluders])).toEqual(
    inOrder.map((row) => [row.camera, row.terms === '' ? [] : ['object']]),
  );
  expect([...(await db.read('evaluations', 'trackletIds', { datasetId: id }))].sort((a, b) => a - b)).toEqual(own.map((row) => row.id));

  const clips = await db.read('manifests', 'clips', { datasetId: id });
  expect(clips.map(({ id: tracklet, identityId, split, root, mediaId }) => [tracklet, identityId, split, root, mediaId])).toEqual(
    own.map((row) => [row.id, row.identity, sideOf(row), `media${row.of}`, row.of]),
  );
  expect(clips.map(({ camid }) => camid)).toEqual(own.map((row) => asked.find((one) => one.id === row.id)?.camid));
  const train = await db.read('manifests', 'clips', { datasetId: id, splits: ['train'], after: own[0]?.id ?? 0, most: 2 });
  expect(train.map((row) => row.id)).toEqual(own.slice(1).filter((row) => sideOf(row) === 'train').slice(0, 2).map((row) => row.id)); // prettier-ignore
  expect((await db.read('manifests', 'head', { datasetId: id }))?.contentHash).toBe(facts?.contentHash);

  const head = await db.read('exports', 'head', { datasetId: id });
  const items = await db.read('exports', 'items', { datasetId: id, after: 0, most: 1000 });
  expect([head?.tracklets, head?.cameras.length, head?.identities.length]).toEqual([own.length, detail.cameras, kindOf.size]);
  expect(items.map(({ id: tracklet, root, tracklet: { split } }) => [tracklet, root, split])).toEqual(
    own.map((row) => [row.id, `media${row.of}`, sideOf(row)]),
  );
  expect(new Set(items.map(({ tracklet: { key } }) => key)).size).toBe(own.length);
  expect(new Set(items.map(({ media: { key } }) => key)).size).toBe(new Set(own.map(({ of }) => of)).size);
  for (const { tracklet } of items) {
    expect(head?.cameras.map(({ camid }) => camid)).toContain(tracklet.camid);
    expect(head?.identities.map(({ pid }) => pid)).toContain(tracklet.pid);
  }
  expect(items.map(({ tracklet: { camid, pid } }) => [camid, pid])).toEqual(
    own.map((row) => asked.find((one) => one.id === row.id)).map((one) => [one?.camid, one?.pid]),
  );

  const [set] = await db.read('splits', 'list', { datasetId: id });
  const named = inOrder.filter((row) => sideOf(row) !== 'none');
  const hash = createHash('sha256');
  for (const row of named) hash.update(`${JSON.stringify([row.key, sideOf(row)])}\n`);
  const counts = counted(named.map(sideOf));
  expect(set).toMatchObject({ name: 'main', origin: 'built', isInUse: true, hash: hash.digest('hex') });
  expect(set?.counts).toEqual({ train: counts.get('train') ?? 0, query: counts.get('query') ?? 0, gallery: counts.get('gallery') ?? 0 });
  expect(await db.read('splits', 'inUse', { datasetId: id })).toEqual({ name: 'main', hash: set?.hash });

  const scores = await db.read('datasets', 'visibilities', { id });
  expect(scores.map(({ split, frames, terms }) => [split, frames, terms])).toEqual(own.map((row) => [sideOf(row), row.frames, row.terms]));
  expect((await db.read('datasets', 'identities', { datasetIds: [id] })).map((one) => [one.id, one.tracklets])).toEqual(
    [...counted(own.map(({ identity }) => identity))].sort(([a], [b]) => a - b),
  );
  const files = await db.read('datasets', 'sampleFiles', { id });
  expect(new Set(files.map(({ root }) => root))).toEqual(new Set(own.map(({ of }) => `media${of}`)));
  // What a source is asked says who is made of it.
  for (const one of sets) {
    const n = own.filter(({ of }) => of === one).length;
    const losing = (await db.read('datasets', 'detail', { id: one })).derived.find((made) => made.id === id);
    expect(losing?.tracklets).toBe(n === 0 ? undefined : n);
  }
  expect(sql('SELECT count(*) FROM tracklet WHERE dataset_id = ?', id)).toEqual([[0]]);
}

function cameraNumber(own: Row[], id: number): number {
  return (own.find((row) => row.id === id) as Row).camera % 1000;
}

async function compareGrid({ db }: TablesHere, live: Row[], derived: Expected[]): Promise<void> {
  const ids = async (filter: object): Promise<number[]> => [...(await db.read('tracklets', 'query', { filter, sort: 'identity' })).ids].sort((a, b) => a - b);
  const isIn = (one: Expected, row: Row): boolean => one.members.includes(row.id);
  const all = await db.read('tracklets', 'facets', { filter: {} });
  for (const one of derived) {
    const sideOf = (row: Row): SplitName => one.sides.get(row.id) ?? 'none';
    const own = live.filter((row) => isIn(one, row));
    expect(await ids({ datasetIds: [one.id] })).toEqual(own.map((row) => row.id));
    for (const side of SIDES)
      expect(await ids({ datasetIds: [one.id], splits: [side] })).toEqual(own.filter((row) => sideOf(row) === side).map((row) => row.id));
    // With several data sets each tracklet stands where its own has it.
    const first = live[0]?.of ?? 1;
    expect(await ids({ datasetIds: [one.id, first], splits: ['train'] })).toEqual(
      live.filter((row) => (isIn(one, row) || row.of === first) && row.side === 'train').map((row) => row.id),
    );
    expect(all.facets['datasetIds']?.find(({ value }) => value === one.id)).toMatchObject({ count: own.length, all: own.length });
    const facets = await db.read('tracklets', 'facets', { filter: { datasetIds: [one.id], length: { min: 1, max: 4 } } });
    const short = own.filter(({ frames }) => frames <= 4);
    for (const { value, count } of facets.facets['splits'] ?? []) expect([value, count]).toEqual([value, short.filter((row) => sideOf(row) === value).length]);
    expect(facets.facets['datasetIds']?.find(({ value }) => value === one.id)?.count).toBe(short.length);
    const rows = await db.read('tracklets', 'rows', { ids: live.map((row) => row.id), sidesOf: one.id });
    expect(rows.map(({ id, split, datasetId }) => [id, split, datasetId])).toEqual(live.map((row) => [row.id, sideOf(row), row.of]));
    expect((await db.read('tracklets', 'rows', { ids: own.map((row) => row.id) })).map(({ split }) => split)).toEqual(own.map((row) => row.side));
  }
}
