/**
 * What every test protocol keeps, checked for each file in `src-shared/protocols/defs`: its names, who asks and who is searched, which entries
 * count, and its figures against plain loops over the statement of the protocol. A new one is tested when its file exists.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateRanking } from '../../models/metrics/summary.ts';
import type { IdentityKind, SplitName } from '../../src-shared/contract/datasets.ts';
import { noQueries } from '../../src-shared/evaluation/noQueries.ts';
import { countValidQueries, entryOf, markOf, protocolNamed, protocolNames, protocols, sidesOf, type ProtocolName } from '../../src-shared/protocols/index.ts';
import { distanceNames, type SideRow } from '../../src-shared/protocols/protocol.ts';

const folder = fileURLToPath(new URL('../../src-shared/protocols/', import.meta.url));
const files = readdirSync(join(folder, 'defs')).sort();
const { ensureProtocolList } = (await import(new URL('../../scripts/protocolList.mjs', import.meta.url).href)) as { ensureProtocolList(folder: string): void };

test('the list has every file, each under the id that names it', () => {
  expect(protocolNames).toEqual(files.map((name) => name.replace(/\.ts$/, '')));
});

test('the list that stands here is the one that is written, and is written anew where a file came or went', () => {
  const copy = mkdtempSync(join(tmpdir(), 'protocols-'));
  try {
    mkdirSync(join(copy, 'defs'));
    for (const name of files) writeFileSync(join(copy, 'defs', name), '');
    const written = (): string => readFileSync(join(copy, 'list.ts'), 'utf8');
    ensureProtocolList(copy);
    expect(written()).toBe(readFileSync(join(folder, 'list.ts'), 'utf8'));
    writeFileSync(join(copy, 'defs', 'a-toy-2.ts'), '');
    ensureProtocolList(copy);
    expect(written()).toContain("import aToy2 from './defs/a-toy-2.ts';\n");
    rmSync(join(copy, 'defs', 'a-toy-2.ts'));
    ensureProtocolList(copy);
    expect(written()).toBe(readFileSync(join(folder, 'list.ts'), 'utf8'));
    writeFileSync(join(copy, 'defs', 'Toy.ts'), '');
    expect(() => ensureProtocolList(copy)).toThrow('src-shared/protocols/defs/Toy.ts: a protocol');
  } finally {
    rmSync(copy, { recursive: true });
  }
});

test('no name, alias or title is taken twice', () => {
  for (const of of [
    (id: ProtocolName) => [id, ...protocols[id].aliases],
    (id: ProtocolName) => [protocols[id].title],
    (id: ProtocolName) => [protocols[id].short],
  ]) {
    const taken = protocolNames.flatMap(of);
    expect(new Set(taken).size).toBe(taken.length);
  }
});

/** Tracklets in the order of their names, of few people, cameras and moments, so that most cases occur. */
const setOfTracklets: fc.Arbitrary<SideRow[]> = fc
  .array(
    fc.record({
      identityId: fc.integer({ min: 1, max: 4 }),
      camid: fc.integer({ min: 0, max: 2 }),
      split: fc.constantFrom<SplitName>('query', 'gallery', 'gallery', 'train', 'none'),
      firstFrame: fc.integer({ min: 0, max: 9 }),
    }),
    { maxLength: 14 },
  )
  // A person is a person in every tracklet; 3 is in no list of people, 4 is junk.
  .map((rows) => rows.map((row, i) => ({ ...row, id: 100 - i, kind: (['person', 'person', 'distractor', 'junk'] as IdentityKind[])[row.identityId - 1]! })));

interface ByLoops {
  valid: number;
  mAP: number;
  mINP: number;
  cmc: number[];
}

/** The figures by the words of a protocol alone: count, divide, add. Null when nobody has a match. */
function byLoops(id: ProtocolName, query: SideRow[], gallery: SideRow[], distance: (a: SideRow, b: SideRow) => number): ByLoops | null {
  const { ownCameraCounts, precision, cmcOver } = protocols[id];
  const hits: number[][] = [];
  for (const asking of query) {
    const searched = gallery.filter(
      (entry) => entry.kind !== 'junk' && entry.id !== asking.id && (ownCameraCounts || entry.identityId !== asking.identityId || entry.camid !== asking.camid),
    );
    const ranked = searched.map((entry) => ({ entry, away: distance(asking, entry) })).sort((a, b) => a.away - b.away);
    hits.push(ranked.flatMap(({ entry }, i) => (entry.identityId === asking.identityId ? [i + 1] : [])));
  }
  const found = hits.filter((ranks) => ranks.length > 0);
  if (found.length === 0) return null;
  let ap = 0;
  let inp = 0;
  for (const ranks of found) {
    let sum = 0;
    ranks.forEach((rank, before) => {
      const at = (before + 1) / rank;
      const justBefore = rank === 1 ? 1 : before / (rank - 1);
      sum += precision === 'trapezoid' ? (at + justBefore) / 2 : at;
    });
    ap += sum / ranks.length;
    inp += ranks.length / ranks[ranks.length - 1]!;
  }
  const of = cmcOver === 'all' ? query.length : found.length;
  return {
    valid: found.length,
    mAP: ap / found.length,
    mINP: inp / found.length,
    cmc: gallery.map((_, k) => found.filter((ranks) => ranks[0]! <= k + 1).length / of),
  };
}

function figures(id: ProtocolName, query: SideRow[], gallery: SideRow[], distance: (a: SideRow, b: SideRow) => number): ByLoops {
  const { validQueries, mAP, mINP, cmc } = evaluateRanking({
    distance: Float64Array.from(query.flatMap((asking) => gallery.map((entry) => distance(asking, entry)))),
    query: query.map(entryOf),
    gallery: gallery.map(entryOf),
    protocol: id,
    maxRank: gallery.length,
  });
  return { valid: validQueries, mAP, mINP, cmc };
}

describe.each(protocolNames)('%s', (id) => {
  const protocol = protocols[id];

  test('has a title, a short name and a distance, and is found by each of its names', () => {
    expect(protocol.id).toBe(id);
    for (const words of [protocol.title, protocol.short]) expect(words.trim()).toMatch(/\S/);
    expect(distanceNames).toContain(protocol.distance);
    for (const name of [id, ...protocol.aliases]) expect(protocolNamed(name)).toBe(id);
  });

  test('takes both sides from the set, nobody twice on one, asks only with persons, and changes nothing it is given', () => {
    fc.assert(
      fc.property(setOfTracklets, (rows) => {
        const given = structuredClone(rows);
        const { query, gallery } = sidesOf(id, rows);
        expect(rows).toEqual(given);
        for (const side of [query, gallery]) {
          expect(new Set(side).size).toBe(side.length);
          for (const row of side) expect(rows).toContain(row);
        }
        for (const row of query) expect(row.kind).toBe('person');
        if (protocol.usesSplits) {
          expect(query.filter(({ split }) => split !== 'query')).toEqual([]);
          // Queries may be searched as well.
          expect(gallery.filter(({ split }) => split !== 'gallery' && split !== 'query')).toEqual([]);
        }
        expect(sidesOf(id, rows)).toEqual({ query, gallery });
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('marks itself and junk as junk, others as wrong, the same person in the own camera as it says', () => {
    const query = { pid: 1, camid: 1, tracklet: 7 };
    const mark = (pid: number, camid: number, tracklet: number): string => markOf(query, { pid, camid, tracklet }, id);
    expect([mark(1, 2, 7), mark(-1, 2, 8), mark(-1, 1, 8)]).toEqual(['junk', 'junk', 'junk']);
    expect([mark(2, 1, 8), mark(2, 2, 8), mark(0, 2, 8)]).toEqual(['wrong', 'wrong', 'wrong']);
    expect(mark(1, 2, 8)).toBe('correct');
    expect(mark(1, 1, 8)).toBe(protocol.ownCameraCounts ? 'correct' : 'junk');
  });

  test('says of a set without a match what it lacks, and nothing that it does not ask for', () => {
    const strangers = ['query', 'gallery'].map((split, i) => ({ id: i, identityId: i, camid: 0, split, kind: 'person', firstFrame: i }) as SideRow);
    for (const rows of [strangers, strangers.map((row) => ({ ...row, split: 'none' as const })), strangers.map((row) => ({ ...row, camid: row.id }))]) {
      expect(countValidQueries(id, rows)).toBe(0);
      const { code, message, remedy } = noQueries(id, rows);
      expect([code, message.includes(`under the protocol "${id}"`) || message.includes(`the protocol "${id}" needs`)]).toEqual(['NO_VALID_QUERY', true]);
      if (protocol.ownCameraCounts) expect(message + remedy).not.toMatch(/camera/);
      if (!protocol.usesSplits) expect(message + remedy).not.toMatch(/split/);
    }
  });

  test('has the figures that plain loops give, and as many valid queries as are counted beforehand', () => {
    let compared = 0;
    fc.assert(
      fc.property(setOfTracklets, fc.infiniteStream(fc.integer({ min: 0, max: 6 })), (rows, numbers) => {
        const { query, gallery } = sidesOf(id, rows);
        const known = new Map<string, number>();
        const distance = (a: SideRow, b: SideRow): number => {
          const pair = `${a.id} ${b.id}`;
          if (!known.has(pair)) known.set(pair, numbers.next().value as number);
          return known.get(pair)!;
        };
        const wanted = byLoops(id, query, gallery, distance);
        expect(countValidQueries(id, rows)).toBe(wanted?.valid ?? 0);
        if (!wanted) return;
        compared++;
        const got = figures(id, query, gallery, distance);
        expect(got.valid).toBe(wanted.valid);
        for (const [a, b] of [[got.mAP, wanted.mAP], [got.mINP, wanted.mINP], ...wanted.cmc.map((share, k) => [got.cmc[k], share])])
          expect(a).toBeCloseTo(b!, 12);
      }),
      { seed: 1, numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(30);
  });
});

/**
 * One set, worked out on paper. Queries 1 (person 1) and 2 (person 2), both in camera 0; distances from each to the tracklets 1 to 8 stand below.
 * Market: query 1 finds 6 wrong, 4 right, 5 wrong, 7 right (3 is in its own camera, 8 is junk): AP (1/2 + 2/4)/2, INP 2/4; query 2 has nobody
 * in another camera. With the queries in the gallery, 2 stands between 5 and 7: AP (1/2 + 2/5)/2, by trapezoid ((1/2 + 0)/2 + (2/5 + 1/4)/2)/2.
 * Visits: query 1 finds 6, 3 right, 4 right, 5, 2, 7 right: AP (1/2 + 2/3 + 3/6)/3, INP 3/6; query 2 finds 6, 5 right: AP 1/2, INP 1/2.
 */
const paper: SideRow[] = [
  { id: 1, identityId: 1, camid: 0, split: 'query', kind: 'person' },
  { id: 2, identityId: 2, camid: 0, split: 'query', kind: 'person' },
  { id: 3, identityId: 1, camid: 0, split: 'gallery', kind: 'person' },
  { id: 4, identityId: 1, camid: 1, split: 'gallery', kind: 'person' },
  { id: 5, identityId: 2, camid: 0, split: 'gallery', kind: 'person' },
  { id: 6, identityId: 9, camid: 1, split: 'gallery', kind: 'distractor' },
  { id: 7, identityId: 1, camid: 2, split: 'gallery', kind: 'person' },
  { id: 8, identityId: 8, camid: 1, split: 'gallery', kind: 'junk' },
].map((row) => ({ ...row, firstFrame: row.id }) as SideRow);
const FROM: Record<number, number[]> = { 1: [0, 0.35, 0.15, 0.2, 0.3, 0.1, 0.4, 0.05], 2: [0.35, 0, 0.5, 0.6, 0.2, 0.1, 0.7, 0.05] };

test.each([
  ['market', 1, 0.5, 0.5, [0, 1]],
  ['odv', 1, 0.5, 0.5, [0, 1]],
  ['mars-a', 1, 0.5, 0.5, [0, 1]],
  ['mars-b', 1, 0.45, 0.4, [0, 1]],
  ['mars-c', 1, 0.2875, 0.4, [0, 0.5]],
  ['visits', 2, 0.5277777778, 0.5, [0, 1]],
] as const)('%s on paper', (id, valid, mAP, mINP, cmc) => {
  const { query, gallery } = sidesOf(id, paper);
  const got = figures(id, query, gallery, (a, b) => FROM[a.id]![b.id - 1]!);
  expect(got.valid).toBe(valid);
  expect(got.mAP).toBeCloseTo(mAP, 9);
  expect(got.mINP).toBeCloseTo(mINP, 9);
  expect(got.cmc.slice(0, 2)).toEqual([...cmc]);
});
