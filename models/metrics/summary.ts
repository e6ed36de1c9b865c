/**
 * The figures of an evaluation over its queries, each of which was ranked by itself (`ranking.ts`): CMC, mAP and mINP, divided as the protocol
 * states. Used where a result is made, by the evaluation task and `tracklet metrics`; what the page shows of a part of the queries, with
 * intervals, is `src-shared/evaluation/figures.ts`, and the page compares both with what it computes by itself.
 * Test: test/models/metrics/summary.test.ts, against an independent implementation.
 */
import { AppError } from '../../src-shared/errors.ts';
import { protocols, type ProtocolName } from '../../src-shared/protocols/index.ts';
import { rankQueries, type QueryResult, type RankingInput } from './ranking.ts';

/** Means over the queries of an evaluation. */
export interface RankingFigures {
  queries: number;
  validQueries: number;
  gallery: number;
  mAP: number;
  mINP: number;
  cmc: number[];
}

export interface RankingResult extends RankingFigures {
  protocol: ProtocolName;
  perQuery: QueryResult[];
}

/**
 * Ranks and summarises in one go. `maxRank` is the length of the CMC, which is never longer than the gallery.
 * @throws NO_VALID_QUERY when no query has a match.
 */
export function evaluateRanking({ maxRank, ...input }: RankingInput & { maxRank?: number }): RankingResult {
  const { query, gallery, protocol } = input;
  const perQuery = rankQueries(input);
  const figures = figuresOf(perQuery, protocol, gallery.length, maxRank);
  if (!figures)
    throw new AppError(
      'NO_VALID_QUERY',
      `None of the ${query.length} queries has a match in the gallery of ${gallery.length} under the protocol "${protocol}".`,
      { protocol, queries: query.length },
    );
  return { ...figures, protocol, perQuery };
}

/** Of all queries of an evaluation and the length of its gallery; null when none of them has a match. */
export function figuresOf(perQuery: readonly QueryResult[], protocol: ProtocolName, gallery: number, maxRank = 50): RankingFigures | null {
  const valid = perQuery.filter((result) => result.valid);
  if (valid.length === 0) return null;
  const denominator = protocols[protocol].cmcOver === 'all' ? perQuery.length : valid.length;
  return {
    queries: perQuery.length,
    validQueries: valid.length,
    gallery,
    mAP: mean(valid.map(({ ap }) => ap)),
    mINP: mean(valid.map(({ inp }) => inp)),
    // A query that keeps fewer entries than k counts what it has, so the curve never falls.
    cmc: Array.from({ length: Math.min(maxRank, gallery) }, (_, k) => valid.filter(({ firstHit }) => firstHit <= k + 1).length / denominator),
  };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
