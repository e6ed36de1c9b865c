/**
 * ODV's two occlusion tables of a data set: tracklets by the share of their frames that are hidden, and hidden frames by hidden area.
 * Shares are never normalised; what is left out is said. Test: test/main/features/datasets.test.ts.
 */
import type { DatasetStatistics, OcclusionTable } from '../../../src-shared/entities.ts';
import type { HostContext } from '../../host/context.ts';
import type { VisibilityRow } from './table.ts';

interface Bin {
  label: string;
  from: number;
  to: number;
  fromOpen: boolean;
  toOpen: boolean;
}

/** In percent of the frames with a value. */
export const SHARE_BINS: readonly Bin[] = [
  { label: '0', from: 0, to: 0, fromOpen: false, toOpen: false },
  ...[[0, 40], [40, 60], [60, 70], [70, 80], [80, 90], [90, 100]].map(([from = 0, to = 0]) => ({ label: `${from}–${to}`, from, to, fromOpen: true, toOpen: false })),
];
/** In percent of the person; score k covers (k−1)·10 to k·10. */
export const AREA_BINS: readonly Bin[] = [[0, 10], [10, 20], [20, 30], [30, 40], [40, 50], [50, 60], [60, 70], [70, 100]].map(([from = 0, to = 0]) => ({ label: `${from}–${to}`, from, to, fromOpen: true, toOpen: false }));

const SPLITS = ['train', 'query', 'gallery', 'none'] as const;

export async function datasetStatistics({ db }: Pick<HostContext, 'db'>, id: number): Promise<DatasetStatistics> {
  return { datasetId: id, ...occlusionStatistics(await db.read('datasets', 'visibilities', { id })) };
}

export function occlusionStatistics(tracklets: readonly VisibilityRow[]): Omit<DatasetStatistics, 'datasetId'> {
  const groups = SPLITS.map((split) => ({ split, rows: tracklets.filter((tracklet) => tracklet.split === split) })).filter((group) => group.rows.length > 0);
  const occluders: Record<string, number> = {};
  for (const tracklet of tracklets) for (const name of tracklet.occluders.split(',')) if (name !== '') occluders[name] = (occluders[name] ?? 0) + 1;
  return {
    tracklets: Object.fromEntries(groups.map(({ split, rows }) => [split, rows.length])),
    trackletsByHiddenShare: table(SHARE_BINS, groups, (rows) => {
      const shares = rows.flatMap(({ visibility }) => (visibility ? [hiddenPercent(visibility)] : []));
      const without = rows.length - shares.length;
      return { values: shares, warning: without === 0 ? null : `${without} of ${rows.length} tracklets have no value yet` };
    }),
    framesByHiddenArea: table(AREA_BINS, groups, (rows) => {
      const scores = rows.flatMap(({ visibility }) => (visibility ? [...visibility].filter((value) => value > 0) : []));
      const frames = rows.reduce((sum, row) => sum + row.frames, 0);
      const withValue = rows.reduce((sum, { visibility }) => sum + (visibility ? visibility.filter((value) => value >= 0).length : 0), 0);
      // The upper edge of a score lies in the bin that the score belongs to.
      return { values: scores.map((score) => score * 10), warning: withValue === frames ? null : `${frames - withValue} of ${frames} frames have no value yet` };
    }),
    framesWithValue: tracklets.reduce((sum, { visibility }) => sum + (visibility ? visibility.filter((value) => value >= 0).length : 0), 0),
    frames: tracklets.reduce((sum, tracklet) => sum + tracklet.frames, 0),
    occluders,
  };
}

function hiddenPercent(visibility: Int8Array): number {
  let withValue = 0;
  let hidden = 0;
  for (const value of visibility) {
    if (value >= 0) withValue++;
    if (value > 0) hidden++;
  }
  // 100·hidden first: 2 of 5 must be exactly 40, since the bins' edges are.
  return (100 * hidden) / withValue;
}

function table(bins: readonly Bin[], groups: { split: string; rows: VisibilityRow[] }[], measure: (rows: VisibilityRow[]) => { values: number[]; warning: string | null }): OcclusionTable {
  return {
    bins: bins.map((bin) => ({ ...bin })),
    rows: groups.map(({ split, rows }) => {
      const { values, warning } = measure(rows);
      const counts = bins.map((bin) => values.filter((value) => isIn(bin, value)).length);
      const percent = counts.map((count) => (values.length === 0 ? 0 : (100 * count) / values.length));
      return { split, n: values.length, counts, percent, sum: percent.reduce((sum, value) => sum + value, 0), warning };
    }),
  };
}

function isIn(bin: Bin, value: number): boolean {
  return (bin.fromOpen ? value > bin.from : value >= bin.from) && (bin.toOpen ? value < bin.to : value <= bin.to);
}
