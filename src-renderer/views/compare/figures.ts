/**
 * CMC with intervals and other figures of the charts. Test: test/renderer/compare/figures.test.ts.
 */
import type { CompareQuery, PairedDifference } from '../../../src-shared/entities.ts';
import { clusteredShare } from '../../charts/intervals.ts';

export interface CmcBand {
  rank: number[];
  low: number[];
  high: number[];
}

/** 95 % intervals of the CMC at some ranks, by identity. */
export function cmcBand(
  queries: readonly CompareQuery[],
  column: number,
  ranks: readonly number[],
  identityOf: (trackletId: number) => number | undefined,
): CmcBand {
  const valid = queries.filter((query) => query.valid);
  const clusters = valid.map((query) => identityOf(query.trackletId) ?? -query.trackletId);
  const band: CmcBand = { rank: [], low: [], high: [] };
  for (const rank of ranks) {
    const { low, high } = clusteredShare(
      valid.map((query) => query.firstHit[column]! > 0 && query.firstHit[column]! <= rank),
      clusters,
    );
    band.rank.push(rank);
    band.low.push(low);
    band.high.push(high);
  }
  return band;
}

/** "p < 0.001", "p 0.031". */
export function pValue(p: number): string {
  if (!Number.isFinite(p)) return 'p not known';
  return p < 0.001 ? 'p < 0.001' : `p ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** The paired difference read as b − a, whichever way round it was computed; null when the pair was not asked for. */
export function orient(differences: readonly PairedDifference[], a: number, b: number): PairedDifference | null {
  const found = differences.find((entry) => (entry.a === a && entry.b === b) || (entry.a === b && entry.b === a));
  if (!found) return null;
  return found.b === b
    ? found
    : { ...found, a, b, mAP: -found.mAP, mAPLow: -found.mAPHigh, mAPHigh: -found.mAPLow, rank1: -found.rank1, onlyA: found.onlyB, onlyB: found.onlyA };
}
