import { describe, expect, it } from 'vitest';
import type { CompareQuery, Evaluation, RankList } from '../../../src-shared/contract/evaluations.ts';
import { protocolNames, protocols } from '../../../src-shared/protocols/index.ts';
import { evaluationOf } from '../../support/evaluationOf.ts';
import { apOf, checkList, checkReports } from '../../../src-renderer/views/compare/trust.ts';

const evaluation: Evaluation = evaluationOf({ id: 1, runName: 'tap', validQueries: 2, mAP: 0.65, mINP: 0.4, cmc: [0.5, 1] });
const labels = { identityId: 1, cameraId: 1, hiddenShare: null, occluders: [] };
const queries: CompareQuery[] = [
  { trackletId: 1, ap: [0.9], inp: [0.5], firstHit: [1], valid: true, ...labels },
  { trackletId: 2, ap: [0.4], inp: [0.3], firstHit: [2], valid: true, ...labels },
  { trackletId: 3, ap: [0], inp: [0], firstHit: [0], valid: false, ...labels },
];

describe('checkReports', () => {
  it('finds nothing where every figure is the mean of its queries', () => {
    expect(checkReports([evaluation], queries)).toEqual([]);
  });

  it('finds a figure that is off by more than a millionth, and only that one', () => {
    expect(checkReports([{ ...evaluation, mAP: 0.650002 }], queries)).toMatchObject([{ figure: 'mAP', reported: 0.650002, recomputed: 0.65, runName: 'tap' }]);
    expect(checkReports([{ ...evaluation, mAP: 0.6500005 }], queries)).toEqual([]);
    expect(checkReports([{ ...evaluation, validQueries: 3 }], queries).map((f) => f.figure)).toEqual(['valid queries']);
    expect(checkReports([{ ...evaluation, mAP: NaN }], queries).map((f) => f.figure)).toEqual(['mAP']);
  });
});

it('divides rank 1 by all queries where the protocol says so', () => {
  const over = (share: number) => checkReports([{ ...evaluation, protocol: 'mars-c', queries: 3, cmc: [share] }], queries).map((f) => f.figure);
  expect([over(1 / 3), over(1 / 2)]).toEqual([[], ['rank 1']]);
});

describe('apOf', () => {
  // Rank lists with common and MARS average precision as in the reference on MARS conventions.
  const cases: [number[], number, number][] = [
    [[1, 0, 1, 0, 0, 1], 0.72222, 0.67778],
    [[0, 1, 0, 1], 0.5, 0.3333],
    [[0, 0, 0, 1], 0.25, 0.125],
    [[1, 0, 0, 0, 1], 0.7, 0.6625],
    [[1, 1, 1], 1, 1],
  ];
  it.each(cases)('%j', (list, common, mars) => {
    const positives = list.flatMap((hit, i) => (hit ? [i + 1] : []));
    for (const name of protocolNames) expect(apOf(positives, name)).toBeCloseTo(protocols[name].precision === 'trapezoid' ? mars : common, 4);
    expect(apOf(positives, 'mars-c')).toBeCloseTo(mars, 4);
  });
});

describe('checkList', () => {
  const list: RankList = {
    evaluationId: 1,
    ap: 0.5,
    inp: 0.5,
    firstHit: 2,
    positives: [2, 4],
    cells: [
      { trackletId: 5, rank: 1, distance: 0.1, mark: 'wrong' },
      { trackletId: 6, rank: 2, distance: 0.2, mark: 'correct' },
    ],
  };
  it('agrees with its own positives', () => {
    expect(checkList(list, 'market', 0.5, 2, 'tap')).toEqual([]);
  });
  it('sees another AP and a correct cell in the wrong place', () => {
    expect(checkList(list, 'market', 0.6, 2, 'tap').map((f) => f.figure)).toEqual(['AP of this query']);
    expect(checkList({ ...list, cells: [{ ...list.cells[1]!, rank: 3 }] }, 'market', 0.5, 2, 'tap').map((f) => f.figure)).toEqual(['rank of correct match 1']);
  });
});
