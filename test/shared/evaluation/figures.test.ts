/** Figures over any part of the queries, against sums written out here. */
import { describe, expect, test } from 'vitest';
import { fillInTurns, fillNow, prepareFigures, reasonForNone, type Outcome } from '../../../src-shared/evaluation/figures.ts';

const query = (identityId: number, ap: number[], firstHit: number[], change: Partial<Outcome> = {}): Outcome => ({
  identityId,
  valid: true,
  ap,
  inp: ap.map((value) => value / 2),
  firstHit,
  hiddenShare: 0,
  ...change,
});

const queries = [
  query(1, [0.2, 0.9], [6, 1]),
  query(2, [0.4, 0.5], [1, 1], { hiddenShare: 0.5 }),
  query(3, [1, 0.7], [1, 2], { hiddenShare: null }),
  query(4, [0.1, 0.1], [80, 60]),
  query(5, [0, 0], [0, 0], { valid: false }),
  query(6, [0.5, 0.6], [1, 7]),
];
const input = { queries, protocol: 'market' as const, methods: 2, maxRank: 50 };

describe('values', () => {
  const { figures } = prepareFigures({ ...input, banded: [1] });
  test('are means over queries that have a match', () => {
    expect(figures).toMatchObject({ queries: 6, n: 5, people: 5, hasIntervals: false });
    const [a, b] = figures.methods;
    expect(a?.mAP.value).toBeCloseTo((0.2 + 0.4 + 1 + 0.1 + 0.5) / 5, 12);
    expect(b?.mINP.value).toBeCloseTo((0.9 + 0.5 + 0.7 + 0.1 + 0.6) / 10, 12);
    expect(a?.ranks.map((rank) => rank?.value)).toEqual([3 / 5, 3 / 5, 4 / 5]);
    expect([a?.cmc.length, a?.cmc[0], a?.cmc[5], a?.cmc[49]]).toEqual([50, 3 / 5, 4 / 5, 4 / 5]);
    expect(a?.beyond).toEqual({ count: 1, last: 80 });
    expect([a?.band.length, b?.band.map(({ rank }) => rank)]).toEqual([0, [1, 2, 3, 5, 7, 10, 15, 20, 30, 50]]);
  });

  test('of a pair are differences to the reference, with McNemar’s counts', () => {
    expect(figures.methods[0]?.paired).toBeNull();
    const paired = figures.methods[1]?.paired;
    expect(paired?.mAP.value).toBeCloseTo((0.7 + 0.1 - 0.3 + 0 + 0.1) / 5, 12);
    expect(paired).toMatchObject({ bothRight: 1, onlyA: 2, onlyB: 1, bothWrong: 1, mcnemarP: 1 });
    expect(paired?.rank1.value).toBeCloseTo(2 / 5 - 3 / 5, 12);
  });

  test('by stratum, with one for queries that nobody has judged', () => {
    expect(figures.strata.map(({ label, n }) => [label, n]).filter(([, n]) => n !== 0)).toEqual([
      ['0', 3],
      ['40–60', 1],
      ['not judged', 1],
    ]);
    expect(figures.methods[1]?.strata.map(({ mAP }) => mAP.value).filter((value) => value !== null)).toEqual([(0.9 + 0.1 + 0.6) / 3, 0.5, 0.7]);
    expect(figures.methods[1]?.strata[7]?.rank1).toBe(0);
  });

  test('end at the gallery, and are none where nothing is left', () => {
    const short = prepareFigures({ ...input, maxRank: 7 }).figures.methods[0];
    expect([short?.cmc.length, short?.ranks[1]?.value, short?.ranks[2], short?.beyond.count]).toEqual([7, 3 / 5, null, 1]);
    const none = prepareFigures({ ...input, queries: queries.slice(4, 5) }).figures;
    expect([none.n, none.methods[0]?.mAP.value, reasonForNone(none.people)]).toEqual([0, null, 'No query here has a match']);
  });

  test('the Matlab protocol divides CMC, and only CMC, by all queries', () => {
    const matlab = prepareFigures({ ...input, protocol: 'mars-c' }).figures.methods[0];
    expect(matlab?.ranks[0]?.value).toBe(3 / 6);
    expect(matlab?.cmc[0]).toBe(3 / 6);
    expect(matlab?.mAP.value).toBeCloseTo(2.2 / 5, 12);
    // The query without a match has a hidden share of 0: three with a match in that stratum, four in all.
    expect(matlab?.strata.map(({ rank1 }) => rank1).filter((value) => value !== null)).toEqual([1 / 4, 1, 1]);
    expect(matlab?.strata[0]?.mAP.value).toBeCloseTo((0.2 + 0.1 + 0.5) / 3, 12);
    expect(prepareFigures(input).figures.methods[0]?.strata[0]?.rank1).toBe(1 / 3);
  });
});

describe('intervals', () => {
  test('hold their value, and there are none of fewer than five people', () => {
    const { methods, hasIntervals } = fillNow(prepareFigures(input));
    expect(hasIntervals).toBe(true);
    for (const { mAP, paired } of methods) {
      expect((mAP.interval?.low as number) <= (mAP.value as number) && (mAP.value as number) <= (mAP.interval?.high as number)).toBe(true);
      if (paired) expect(paired.mAP.interval?.low as number).toBeLessThan(paired.mAP.value as number);
    }
    expect(methods[0]?.strata.map(({ mAP }) => mAP.interval)).toEqual(new Array(8).fill(null));
    const fewer = fillNow(prepareFigures({ ...input, queries: queries.filter(({ identityId }) => identityId !== 6) }));
    expect(fewer.methods[0]?.mAP).toEqual({ value: expect.closeTo(1.7 / 4, 12) as number, interval: null });
    expect(reasonForNone(fewer.people)).toBe('No interval: 4 people, and it takes 5');
  });

  test('come in estimates of their own: whoever shows the first ones is told by their identity', () => {
    const prepared = prepareFigures({ ...input, banded: [1] });
    const asPrepared = structuredClone(prepared.figures);
    const filled = fillNow(prepared);
    expect(prepared.figures).toEqual(asPrepared);
    const estimatesOf = ({ mAP, mINP, ranks, band, strata, paired }: (typeof filled.methods)[number]) => [
      mAP,
      mINP,
      ...ranks.filter((rank) => rank !== null),
      ...band.map(({ estimate }) => estimate),
      ...strata.map((stratum) => stratum.mAP),
      ...(paired ? [paired.mAP, paired.rank1] : []),
    ];
    const before = new Set(prepared.figures.methods.flatMap(estimatesOf));
    const after = filled.methods.flatMap(estimatesOf);
    expect(after.filter((one) => before.has(one))).toEqual([]);
    expect(after.filter(({ interval }) => interval !== null)).toHaveLength(22);
  });

  test('of a part are those of a set that has only that part', async () => {
    const many = Array.from({ length: 60 }, (_, i) =>
      query(
        i % 20,
        [(i * 7) % 11, (i * 5) % 11].map((n) => n / 11),
        [1 + (i % 3), 1 + (i % 2)],
        { hiddenShare: i % 2 ? 0.5 : 0 },
      ),
    );
    const part = many.filter(({ hiddenShare }) => hiddenShare === 0);
    const whole = fillNow(prepareFigures({ ...input, queries: many }));
    const alone = await fillInTurns(prepareFigures({ ...input, queries: part }), () => Promise.resolve(true));
    expect(whole.methods[0]?.strata[0]?.mAP).toEqual(alone?.methods[0]?.strata[0]?.mAP);
    expect(alone?.methods[0]?.mAP).toEqual(alone?.methods[0]?.strata[0]?.mAP);
    expect(
      await fillInTurns(
        prepareFigures({ ...input, queries: many.flatMap((one) => Array.from({ length: 90 }, (_, k) => ({ ...one, identityId: one.identityId * 90 + k }))) }),
        () => Promise.resolve(false),
      ),
    ).toBeNull();
  });
});

test('whoever a protocol does not count is not drawn, of the whole and of a stratum alike; where CMC is over all, all are drawn', () => {
  const people = Array.from({ length: 14 }, (_, p) =>
    query(p, [((p * 37) % 50) / 50], [1 + (p % 3)], p % 3 === 2 ? { valid: false, ap: [0], firstHit: [0], hiddenShare: null } : { hiddenShare: null }),
  );
  const made = (of: readonly Outcome[], protocol: 'market' | 'mars-c') => {
    const figures = fillNow(prepareFigures({ queries: of, protocol, methods: 1, maxRank: 50 }));
    const [one] = figures.methods;
    const unjudged = one?.strata[figures.strata.findIndex(({ label }) => label === 'not judged')];
    return { whole: one?.mAP, rank1: one?.ranks[0], stratum: unjudged?.mAP };
  };
  const all = made(people, 'market');
  expect(all.whole?.interval).not.toBeNull();
  expect(all).toEqual(
    made(
      people.filter(({ valid }) => valid),
      'market',
    ),
  );
  expect(all.stratum).toEqual(all.whole);
  const overAll = made(people, 'mars-c');
  expect(overAll.stratum).toEqual(overAll.whole);
  expect(overAll.whole?.value).toBe(all.whole?.value);
  expect(overAll.rank1?.value).toBeCloseTo(((all.rank1?.value ?? 0) * 10) / 14, 12);
});
