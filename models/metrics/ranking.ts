/**
 * The rank list of each query of a distance matrix under a stated protocol: which entries count, where the matches stand, its AP and INP.
 * Knows one query at a time; what is taken over several is `summary.ts`. Ties are broken by position in the gallery: of two equal
 * distances the earlier entry ranks first. Test: test/models/metrics/ranking.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { markOf, protocols, type Mark, type ProtocolName, type RankEntry } from '../../src-shared/protocols/index.ts';

export interface RankingInput {
  /** [Q, G], row-major; smaller is more alike. Ranked in the precision it has. */
  distance: Float32Array | Float64Array;
  query: RankEntry[];
  gallery: RankEntry[];
  protocol: ProtocolName;
  /** How many of the first entries to keep per query; default 0. */
  topRanks?: number;
}

export interface TopRanks {
  /** Positions in the gallery, nearest first. Removed entries are kept in place and marked as junk. */
  gallery: Int32Array;
  distance: Float32Array;
  marks: Mark[];
}

export interface QueryResult {
  valid: boolean;
  ap: number;
  inp: number;
  /** Rank of the first match from 1; 0 when there is none. */
  firstHit: number;
  /** Ranks of all matches from 1, after removal of junk. */
  positives: Int32Array;
  top: TopRanks | null;
}

/** Each query by itself, so that a large evaluation goes in blocks; those without a match are in it too. */
export function rankQueries(input: RankingInput): QueryResult[] {
  const { distance, query, gallery, protocol, topRanks = 0 } = input;
  checkInput(input);
  return query.map((entry, q) => rankOne(distance.subarray(q * gallery.length, (q + 1) * gallery.length), entry, gallery, protocol, topRanks));
}

function rankOne(distances: Float32Array | Float64Array, query: RankEntry, gallery: RankEntry[], protocol: ProtocolName, topRanks: number): QueryResult {
  const order = ascendingOrder(distances);
  const positives: number[] = [];
  let rank = 0;
  for (const g of order) {
    const mark = markOf(query, gallery[g] as RankEntry, protocol);
    if (mark === 'junk') continue;
    rank++;
    if (mark === 'correct') positives.push(rank);
  }
  const valid = positives.length > 0;
  return {
    valid,
    ap: valid ? (protocols[protocol].precision === 'trapezoid' ? trapezoidPrecision(positives) : averagePrecision(positives)) : 0,
    inp: valid ? positives.length / (positives.at(-1) as number) : 0,
    firstHit: positives[0] ?? 0,
    positives: Int32Array.from(positives),
    top: topRanks > 0 ? firstRanks(order.subarray(0, topRanks), distances, query, gallery, protocol) : null,
  };
}

function firstRanks(order: Int32Array, distances: Float32Array | Float64Array, query: RankEntry, gallery: RankEntry[], protocol: ProtocolName): TopRanks {
  return {
    gallery: order.slice(),
    distance: Float32Array.from(order, (g) => distances[g] as number),
    marks: Array.from(order, (g) => markOf(query, gallery[g] as RankEntry, protocol)),
  };
}

/** Mean over the matches of (matches so far) / rank. */
export function averagePrecision(ranks: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < ranks.length; k++) sum += (k + 1) / (ranks[k] as number);
  return sum / ranks.length;
}

/** The same with the precision before and after each match averaged: (1/R)·Σ ½·(k/r + (k−1)/(r−1)), the second term 1 at r = 1. */
export function trapezoidPrecision(ranks: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < ranks.length; k++) {
    const rank = ranks[k] as number;
    sum += ((k + 1) / rank + (rank === 1 ? 1 : k / (rank - 1))) / 2;
  }
  return sum / ranks.length;
}

const INDEX_RANGE = 2 ** 21;
const bits = new Float32Array(1);
const words = new Uint32Array(bits.buffer);

/**
 * Positions by ascending distance, equal ones in their own order. A float32 and its position become one sortable number, which sorts natively;
 * a float64 leaves no room for a position and is compared.
 */
export function ascendingOrder(distances: Float32Array | Float64Array): Int32Array {
  if (distances instanceof Float64Array) {
    // `<` and not a difference, which is NaN of two infinities.
    return Int32Array.from(distances.keys()).sort((a, b) => {
      const [left, right] = [distances[a] as number, distances[b] as number];
      return left < right ? -1 : left > right ? 1 : a - b;
    });
  }
  const keys = new Float64Array(distances.length);
  for (let i = 0; i < distances.length; i++) {
    bits[0] = (distances[i] as number) + 0; // −0 sorts as 0
    const word = words[0] as number;
    keys[i] = (word & 0x80000000 ? ~word >>> 0 : (word | 0x80000000) >>> 0) * INDEX_RANGE + i;
  }
  keys.sort();
  return Int32Array.from(keys, (key) => key % INDEX_RANGE);
}

/** What can be said before there are distances. */
export function checkRanking({ query, gallery, protocol }: Pick<RankingInput, 'query' | 'gallery' | 'protocol'>): void {
  if (gallery.length >= INDEX_RANGE) throw new AppError('UNSUPPORTED', `The gallery has ${gallery.length} entries; ${INDEX_RANGE - 1} are possible.`);
  if (protocols[protocol].ownCameraCounts && [...query, ...gallery].some(({ tracklet }) => tracklet === undefined)) {
    throw new AppError('BAD_INPUT', `The protocol "${protocol}" needs the tracklet of every query and gallery entry, to leave out the query itself.`);
  }
}

function checkInput({ distance, query, gallery, protocol }: RankingInput): void {
  checkRanking({ query, gallery, protocol });
  if (distance.length !== query.length * gallery.length) {
    throw new AppError(
      'BAD_INPUT',
      `The distance matrix has ${distance.length} numbers; ${query.length} queries and ${gallery.length} gallery entries need ${query.length * gallery.length}.`,
    );
  }
  const bad = distance.findIndex((value) => Number.isNaN(value));
  if (bad >= 0)
    throw new AppError('BAD_INPUT', `The distance of query ${Math.floor(bad / gallery.length)} to gallery entry ${bad % gallery.length} is not a number.`);
}
