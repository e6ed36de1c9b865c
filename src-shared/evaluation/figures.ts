/**
 * The figures of a comparison over any part of its queries: a table row a method, its CMC, its strata and its difference to the reference, each
 * with an interval. Page and command line show what this makes, so a filter acts on all of them alike. Values are known at once; intervals are
 * drawn afterwards, in one go (`fillNow`) or in turns (`fillInTurns`). Test: test/shared/evaluation/figures.test.ts.
 */
import { protocols, type ProtocolName } from '../protocols/index.ts';
import { FEWEST, intervalsInTurns, intervalsOf, type Interval, type Ratio } from '../statistics/bootstrap.ts';
import { mcnemar } from '../statistics/mcnemar.ts';
import { STRATA, stratumOf, type Stratum } from '../statistics/strata.ts';

/** One query; lists have an entry a method. */
export interface Outcome {
  identityId: number;
  valid: boolean;
  ap: readonly number[];
  inp: readonly number[];
  /** 0 = no match. */
  firstHit: readonly number[];
  /** As strata count it. */
  hiddenShare: number | null;
}

export interface Estimate {
  /** Null where there is nothing to take a mean of. */
  value: number | null;
  /** Null before it is drawn, and of fewer than `FEWEST` people. */
  interval: Interval | null;
}

export interface Paired {
  /** This method minus the reference. */
  mAP: Estimate;
  rank1: Estimate;
  /** Counts of rank 1: both right, only the reference, only this method, both wrong. */
  bothRight: number;
  onlyA: number;
  onlyB: number;
  bothWrong: number;
  mcnemarP: number;
}

export interface MethodFigures {
  mAP: Estimate;
  mINP: Estimate;
  /** At `TABLE_RANKS`; null beyond the gallery. */
  ranks: (Estimate | null)[];
  cmc: number[];
  /** At `BAND_RANKS` within the curve, where asked for. */
  band: { rank: number; estimate: Estimate }[];
  /** Queries with a match whose first one stands after the end of the curve, and the last such rank. */
  beyond: { count: number; last: number };
  /** One an entry of `Figures.strata`. */
  strata: { mAP: Estimate; rank1: number | null }[];
  /** Null for the reference. */
  paired: Paired | null;
}

export interface Figures {
  /** Queries taken, and those of them that have a match. */
  queries: number;
  n: number;
  people: number;
  strata: (Stratum & { n: number; people: number })[];
  methods: MethodFigures[];
  hasIntervals: boolean;
}

export const TABLE_RANKS = [1, 5, 10] as const;
const BAND_RANKS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50];

export interface FiguresInput {
  queries: readonly Outcome[];
  protocol: ProtocolName;
  /** Methods, the reference first. */
  methods: number;
  /** Length of the curve: 50, or the gallery where that is smaller. */
  maxRank: number;
  /** Methods whose CMC has a band. */
  banded?: readonly number[];
}

interface Part {
  identities: number[];
  ratios: Ratio[];
  estimates: Estimate[];
}

export interface Prepared {
  figures: Figures;
  parts: Part[];
}

export function prepareFigures(input: FiguresInput): Prepared {
  const { queries, methods } = input;
  const valid = queries.filter((query) => query.valid);
  const overAll = protocols[input.protocol].cmcOver === 'all';
  // Whom a protocol does not count is not drawn either, of the whole and of each stratum alike.
  const counted = overAll ? queries : valid;
  const whole: Part = { identities: counted.map(({ identityId }) => identityId), ratios: [], estimates: [] };
  const strata = STRATA.map((stratum, s) => {
    const all = queries.filter(({ hiddenShare }) => stratumOf(hiddenShare) === s);
    const own = all.filter((query) => query.valid);
    return { stratum, counted: overAll ? all : own, queries: own };
  });
  const parts = strata.map((one): Part => ({ identities: one.counted.map(({ identityId }) => identityId), ratios: [], estimates: [] }));
  const weightOf = (of: readonly Outcome[]): Float64Array => Float64Array.from(of, (query) => (query.valid ? 1 : 0));
  const weight = weightOf(counted);
  const one = (ratio: Ratio): Estimate => estimate(whole, ratio);
  const mean = (of: (query: Outcome) => number): Estimate => one({ value: Float64Array.from(counted, (query) => (query.valid ? of(query) : 0)), weight });
  const hit = (query: Outcome, column: number, rank: number): number => (query.valid && (query.firstHit[column] as number) <= rank ? 1 : 0);
  const recall = (of: (query: Outcome) => number): Estimate => one({ value: Float64Array.from(counted, of) });

  const figuresOf = (column: number): MethodFigures => {
    const late = valid.map((query) => query.firstHit[column] as number).filter((rank) => rank > input.maxRank);
    const ranks = new Map<number, Estimate>();
    const at = (rank: number): Estimate => {
      const known = ranks.get(rank) ?? recall((query) => hit(query, column, rank));
      ranks.set(rank, known);
      return known;
    };
    return {
      mAP: mean((query) => query.ap[column] as number),
      mINP: mean((query) => query.inp[column] as number),
      ranks: TABLE_RANKS.map((rank) => (rank <= input.maxRank ? at(rank) : null)),
      cmc: Array.from({ length: input.maxRank }, (_, k) => valid.reduce((sum, query) => sum + hit(query, column, k + 1), 0) / counted.length),
      band: input.banded?.includes(column) ? BAND_RANKS.filter((rank) => rank <= input.maxRank).map((rank) => ({ rank, estimate: at(rank) })) : [],
      beyond: { count: late.length, last: Math.max(0, ...late) },
      strata: strata.map((bin, s) => ({
        mAP: estimate(parts[s] as Part, {
          value: Float64Array.from(bin.counted, (query) => (query.valid ? (query.ap[column] as number) : 0)),
          weight: weightOf(bin.counted),
        }),
        // Divided as the whole is, or strata would not add up to it.
        rank1: bin.queries.length === 0 ? null : bin.queries.filter((query) => query.firstHit[column] === 1).length / bin.counted.length,
      })),
      paired:
        column === 0
          ? null
          : {
              mAP: mean((query) => (query.ap[column] as number) - (query.ap[0] as number)),
              rank1: recall((query) => hit(query, column, 1) - hit(query, 0, 1)),
              ...countPairs(valid, 0, column),
            },
    };
  };
  const figures: Figures = {
    queries: queries.length,
    n: valid.length,
    people: new Set(valid.map(({ identityId }) => identityId)).size,
    strata: strata.map((bin) => ({ ...bin.stratum, n: bin.queries.length, people: new Set(bin.queries.map(({ identityId }) => identityId)).size })),
    methods: Array.from({ length: methods }, (_, column) => figuresOf(column)),
    hasIntervals: false,
  };
  return { figures, parts: [whole, ...parts] };
}

function estimate(part: Part, ratio: Ratio): Estimate {
  let top = 0;
  let bottom = 0;
  for (let q = 0; q < ratio.value.length; q++) {
    top += ratio.value[q] as number;
    bottom += ratio.weight ? (ratio.weight[q] as number) : 1;
  }
  const made: Estimate = { value: bottom > 0 ? top / bottom : null, interval: null };
  part.ratios.push(ratio);
  part.estimates.push(made);
  return made;
}

function countPairs(valid: readonly Pick<Outcome, 'firstHit'>[], a: number, b: number): Omit<Paired, 'mAP' | 'rank1'> {
  const counts = { bothRight: 0, onlyA: 0, onlyB: 0, bothWrong: 0 };
  for (const { firstHit } of valid) {
    const rightA = firstHit[a] === 1;
    const rightB = firstHit[b] === 1;
    counts[rightA ? (rightB ? 'bothRight' : 'onlyA') : rightB ? 'onlyB' : 'bothWrong']++;
  }
  return { ...counts, mcnemarP: mcnemar(counts.onlyA, counts.onlyB) };
}

export function fillNow(prepared: Prepared): Figures {
  return withIntervals(
    prepared,
    prepared.parts.map((part) => intervalsOf(part.ratios, part.identities)),
  );
}

/** `turn` lets others run, and says whether the figures are still wanted; null when they are not. */
export async function fillInTurns(prepared: Prepared, turn: () => Promise<boolean>): Promise<Figures | null> {
  const drawn: (Interval | null)[][] = [];
  for (const part of prepared.parts) {
    const intervals = await intervalsInTurns(part.ratios, part.identities, turn);
    if (!intervals) return null;
    drawn.push(intervals);
  }
  return withIntervals(prepared, drawn);
}

/** Every estimate is a new object: whoever shows one sees by its identity that it changed. */
function withIntervals({ figures, parts }: Prepared, drawn: readonly (readonly (Interval | null)[])[]): Figures {
  const filled = new Map(parts.flatMap((part, p) => part.estimates.map((made, i) => [made, { ...made, interval: drawn[p]?.[i] ?? null }])));
  const of = (made: Estimate): Estimate => filled.get(made) ?? made;
  return {
    ...figures,
    methods: figures.methods.map((method) => ({
      ...method,
      mAP: of(method.mAP),
      mINP: of(method.mINP),
      ranks: method.ranks.map((at) => at && of(at)),
      band: method.band.map(({ rank, estimate: at }) => ({ rank, estimate: of(at) })),
      strata: method.strata.map((stratum) => ({ ...stratum, mAP: of(stratum.mAP) })),
      paired: method.paired && { ...method.paired, mAP: of(method.paired.mAP), rank1: of(method.paired.rank1) },
    })),
    hasIntervals: true,
  };
}

/** Why there is a dash. */
export function reasonForNone(people: number): string {
  return people === 0 ? 'No query here has a match' : `No interval: ${people === 1 ? 'one person' : `${people} people`}, and it takes ${FEWEST}`;
}
