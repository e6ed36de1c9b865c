/**
 * Recomputes what is shown from the lists that are shown and compares it with the report of each evaluation.
 * A difference above 1e-6 is an error of the program or a damaged file, and is said in red.
 * Independent on purpose: its sums are written here a second time and share no code with those that make a result (`models/metrics`) or
 * show one (`src-shared/evaluation`), or a mistake there would agree with itself. It reads what a protocol states, which is the question,
 * and nothing else; `.dependency-cruiser.cjs` keeps it so.
 * Test: test/renderer/compare/trust.test.ts.
 */
import type { CompareQuery, Evaluation, ProtocolName, RankList } from '../../../src-shared/contract/evaluations.ts';
import { protocols } from '../../../src-shared/protocols/index.ts';

export const TOLERANCE = 1e-6;

export interface Finding {
  evaluationId: number;
  runName: string;
  figure: string;
  reported: number;
  recomputed: number;
}

export interface Recomputed {
  mAP: number;
  mINP: number;
  rank1: number;
  valid: number;
}

/** From the per-query table: means over the queries that have a match. */
function recompute(queries: readonly CompareQuery[], column: number): Recomputed {
  let valid = 0;
  let ap = 0;
  let inp = 0;
  let first = 0;
  for (const query of queries) {
    if (!query.valid) continue;
    valid++;
    ap += query.ap[column] ?? NaN;
    inp += query.inp[column] ?? NaN;
    if (query.firstHit[column] === 1) first++;
  }
  return { mAP: ap / valid, mINP: inp / valid, rank1: first / valid, valid };
}

/** Findings of all evaluations; an empty list means that everything equals the reports. A protocol may divide the CMC, and only the CMC, by all queries. */
export function checkReports(evaluations: readonly Evaluation[], queries: readonly CompareQuery[]): Finding[] {
  const findings: Finding[] = [];
  evaluations.forEach((evaluation, column) => {
    const again = recompute(queries, column);
    const rank1 = protocols[evaluation.protocol].cmcOver === 'all' ? (again.rank1 * again.valid) / evaluation.queries : again.rank1;
    const figures: [string, number, number][] = [
      ['mAP', evaluation.mAP, again.mAP],
      ['mINP', evaluation.mINP, again.mINP],
      ['rank 1', evaluation.cmc[0] ?? NaN, rank1],
      ['valid queries', evaluation.validQueries, again.valid],
    ];
    for (const [figure, reported, recomputed] of figures) {
      if (!(Math.abs(reported - recomputed) <= TOLERANCE))
        findings.push({ evaluationId: evaluation.id, runName: evaluation.runName, figure, reported, recomputed });
    }
  });
  return findings;
}

/** AP from the ranks of the correct matches: precision at each hit, or its mean with that before the hit (trapezoid). */
export function apOf(positives: readonly number[], protocol: ProtocolName): number {
  if (positives.length === 0) return 0;
  let sum = 0;
  positives.forEach((rank, k) => {
    const here = (k + 1) / rank;
    sum += protocols[protocol].precision === 'trapezoid' ? (here + (rank === 1 ? 1 : k / (rank - 1))) / 2 : here;
  });
  return sum / positives.length;
}

/** The shown rank list against the per-query table: AP from its positives, first hit, and the marks of its cells. */
export function checkList(list: RankList, protocol: ProtocolName, ap: number, firstHit: number, runName: string): Finding[] {
  const findings: Finding[] = [];
  const note = (figure: string, reported: number, recomputed: number) => {
    if (!(Math.abs(reported - recomputed) <= TOLERANCE)) findings.push({ evaluationId: list.evaluationId, runName, figure, reported, recomputed });
  };
  if (list.positives.length > 0) {
    note('AP of this query', ap, apOf(list.positives, protocol));
    note('first hit of this query', firstHit, list.positives[0]!);
  }
  const shown = list.cells.filter((cell) => cell.mark === 'correct').map((cell) => cell.rank);
  shown.forEach((rank, i) => note(`rank of correct match ${i + 1}`, list.positives[i] ?? NaN, rank));
  return findings;
}
