/**
 * The two occlusion tables beside the published ones, and which tracklets stand behind a cell.
 * Published: Occluded-DukeMTMC-VideoReID, tables 4.1 and 4.2 of the thesis that introduced it. Its first query row adds up to 96.0, and stays so.
 * Tested by test/renderer/datasets/occlusionTable.test.ts.
 */
import type { OcclusionTable } from '../../../src-shared/contract/datasets.ts';
import type { TrackletFilter } from '../../../src-shared/contract/tracklets.ts';

export interface PublishedRow {
  split: string;
  percent: readonly number[];
}

export const PUBLISHED = {
  trackletsByHiddenShare: [
    { split: 'query', percent: [0, 1.1, 6.1, 8.4, 13.8, 33.2, 33.4] },
    { split: 'gallery', percent: [31.0, 25.6, 3.4, 3.6, 5.9, 12.4, 18.1] },
  ],
  framesByHiddenArea: [
    { split: 'query', percent: [13.5, 11.1, 12.4, 14.8, 14.9, 15.6, 11.1, 6.6] },
    { split: 'gallery', percent: [13.3, 11.2, 12.3, 14.7, 14.4, 14.6, 11.2, 8.3] },
  ],
} as const satisfies Record<string, readonly PublishedRow[]>;

export type TableName = keyof typeof PUBLISHED;

export function sumOf(percent: readonly number[]): number {
  return percent.reduce((sum, value) => sum + value, 0);
}

/** Why the tables cannot be shown, also where older ones are known; null: they can. `read`: frames that the statistics saw; null while they are on their way. */
export function whyUnread(error: { message: string; remedy: string } | null, read: number | null, frames: number): string | null {
  if (error) return `The values cannot be read. ${error.message} ${error.remedy}`;
  // A database that is damaged may answer with no row at all.
  if (read === 0 && frames > 0) return 'The values cannot be read: the project answers with no tracklet where it has some. Restore a backup in the settings.';
  return null;
}

/** A row that is empty has nothing to add up to. */
export function isSumOff(percent: readonly number[], n: number): boolean {
  return n > 0 && Math.abs(sumOf(percent) - 100) > 0.15;
}

/** Bins are in percent. Tracklets of a share bin are exactly those; of an area bin, those that reach its values at least once. */
export function filterOfBin(name: TableName, bin: OcclusionTable['bins'][number], datasetId: number, split: string): TrackletFilter {
  const base: TrackletFilter = { datasetIds: [datasetId], splits: [split as NonNullable<TrackletFilter['splits']>[number]] };
  if (name === 'trackletsByHiddenShare') return { ...base, hiddenShare: { min: bin.fromOpen ? bin.from / 100 : null, max: bin.to / 100 } };
  return { ...base, hiddenMax: { min: Math.floor(bin.from / 10) + 1, max: 10 } };
}

/** The top of a chart that holds every bar: a round number with a round half. */
export function ceiling(values: readonly number[]): number {
  const most = Math.max(1, ...values);
  for (const top of [2, 4, 6, 10, 16, 20, 24, 30, 40, 50, 60, 80, 100]) if (most <= top) return top;
  return 100;
}

export const SPLIT_TITLES: Record<string, string> = { train: 'Train', query: 'Query', gallery: 'Gallery', none: 'No split' };
