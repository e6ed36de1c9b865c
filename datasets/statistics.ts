/**
 * The two occlusion tables of Occluded-DukeMTMC-VideoReID, per split: tracklets by the share of their frames that are occluded, and occluded
 * frames by hidden area. Bins are the user's, each edge open or closed; rows are never normalised, and a row that does not sum to 100
 * says so. A tracklet counts by its share only when enough of its frames are scored. Test: test/datasets/statistics.test.ts.
 */

import { countedShare, valuedFrames } from '../src-shared/fields/hiddenShare.ts';

/** An interval of percent. `fromOpen` leaves `from` itself out, `toOpen` leaves `to` out; exactly 0 is from 0 to 0, both closed. */
export interface Bin {
  label: string;
  from: number;
  to: number;
  fromOpen: boolean;
  toOpen: boolean;
}

export interface TableRow {
  split: string;
  /** What the percentages are of: tracklets, or occluded frames. */
  n: number;
  counts: number[];
  percent: number[];
  /** Sum of `percent`, as it is. */
  sum: number;
  warning: string | null;
}

export interface OcclusionTable {
  bins: Bin[];
  rows: TableRow[];
}

/** Of one tracklet, 0..10 a frame; null, or below 0 where the column is of integers: nobody has looked. */
export type Scores = readonly (number | null)[] | Int8Array;

export interface ScoredTracklet {
  split: string;
  scores: Scores;
}

function halfOpen(from: number, to: number): Bin {
  return { label: `${from}–${to}`, from, to, fromOpen: true, toOpen: false };
}

/** Isolated 0, then (0, 40], (40, 60], … as in the published table. */
export const HIDDEN_SHARE_BINS: readonly Bin[] = [
  { label: '0', from: 0, to: 0, fromOpen: false, toOpen: false },
  halfOpen(0, 40),
  halfOpen(40, 60),
  halfOpen(60, 70),
  halfOpen(70, 80),
  halfOpen(80, 90),
  halfOpen(90, 100),
];

/** Score k stands for (k−1)·10 to k·10 %; the last bin joins 8, 9 and 10. */
export const HIDDEN_AREA_BINS: readonly Bin[] = [
  halfOpen(0, 10),
  halfOpen(10, 20),
  halfOpen(20, 30),
  halfOpen(30, 40),
  halfOpen(40, 50),
  halfOpen(50, 60),
  halfOpen(60, 70),
  halfOpen(70, 100),
];

/** Published tables are rounded to a tenth; half a tenth a bin is rounding, more is a hole. */
const ROUNDING = 0.05;

const SPLIT_ORDER = ['train', 'query', 'gallery', 'none'];

export function isInBin(percent: number, bin: Bin): boolean {
  // Shares such as 3/5 may differ from 60 in the last bit.
  const slack = 1e-9;
  const isAbove = bin.fromOpen ? percent > bin.from + slack : percent >= bin.from - slack;
  const isBelow = bin.toOpen ? percent < bin.to - slack : percent <= bin.to + slack;
  return isAbove && isBelow;
}

/** A row from percentages that are given, as in a published table; the sum is shown and checked, never mended. */
export function checkRow(split: string, n: number, counts: readonly number[], percent: readonly number[]): TableRow {
  const sum = percent.reduce((total, value) => total + value, 0);
  const isWhole = n === 0 || Math.abs(sum - 100) <= ROUNDING * percent.length + 1e-9;
  const warning = isWhole
    ? null
    : `The row "${split}" sums to ${sum.toFixed(1)} %, not 100 %: ${sum < 100 ? 'some values lie in no bin' : 'some values lie in two bins'}.`;
  return { split, n, counts: [...counts], percent: [...percent], sum, warning };
}

function countRow(split: string, values: readonly number[], bins: readonly Bin[]): TableRow {
  const counts = bins.map((bin) => countIf(values, (value) => isInBin(value, bin)));
  return checkRow(
    split,
    values.length,
    counts,
    counts.map((count) => (values.length === 0 ? 0 : (100 * count) / values.length)),
  );
}

function bySplit(tracklets: readonly ScoredTracklet[]): Map<string, ScoredTracklet[]> {
  const rank = (split: string): number => (SPLIT_ORDER.indexOf(split) + SPLIT_ORDER.length + 1) % (SPLIT_ORDER.length + 1);
  return new Map([...Map.groupBy(tracklets, ({ split }) => split)].sort((a, b) => rank(a[0]) - rank(b[0]) || (a[0] < b[0] ? -1 : 1)));
}

/** Percent of a tracklet's scored frames that are occluded (score over 0); null where too few are scored to count it. */
function percentHidden(scores: Scores): number | null {
  const share = countedShare(valuedFrames(scores));
  return share === null ? null : share * 100;
}

function countIf<Value>(values: ArrayLike<Value>, isCounted: (value: Value) => boolean): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (isCounted(values[i] as Value)) count++;
  return count;
}

/** Tracklets with too few scores to know their share (`fields/hiddenShare.ts`) are not counted. */
export function trackletsByHiddenShare(tracklets: readonly ScoredTracklet[], bins: readonly Bin[] = HIDDEN_SHARE_BINS): OcclusionTable {
  const rows = [...bySplit(tracklets)].map(([split, group]) =>
    countRow(
      split,
      group.map((tracklet) => percentHidden(tracklet.scores)).filter((share) => share !== null),
      bins,
    ),
  );
  return { bins: [...bins], rows };
}

/** Only frames with a score over 0; each stands at the upper end of its decile. */
export function framesByHiddenArea(tracklets: readonly ScoredTracklet[], bins: readonly Bin[] = HIDDEN_AREA_BINS): OcclusionTable {
  const rows = [...bySplit(tracklets)].map(([split, group]) => countRow(split, hiddenAreas(group), bins));
  return { bins: [...bins], rows };
}

function hiddenAreas(tracklets: readonly ScoredTracklet[]): number[] {
  const areas: number[] = [];
  for (const { scores } of tracklets) for (const score of scores) if (score !== null && score > 0) areas.push(score * 10);
  return areas;
}

export interface OcclusionStatistics {
  trackletsByHiddenShare: OcclusionTable;
  framesByHiddenArea: OcclusionTable;
  framesWithValue: number;
  frames: number;
  /** By split. */
  tracklets: Record<string, number>;
}

export function occlusionStatistics(tracklets: readonly ScoredTracklet[], bins: { share?: readonly Bin[]; area?: readonly Bin[] } = {}): OcclusionStatistics {
  const counts: Record<string, number> = {};
  for (const [split, group] of bySplit(tracklets)) counts[split] = group.length;
  return {
    trackletsByHiddenShare: trackletsByHiddenShare(tracklets, bins.share),
    framesByHiddenArea: framesByHiddenArea(tracklets, bins.area),
    framesWithValue: tracklets.reduce((sum, tracklet) => sum + valuedFrames(tracklet.scores).withValue, 0),
    frames: tracklets.reduce((sum, tracklet) => sum + tracklet.scores.length, 0),
    tracklets: counts,
  };
}
