/**
 * ODV's two occlusion tables of a data set of the project. The tables themselves are `datasets/statistics.ts`; here stored columns become
 * scores, and what has no value yet is said in the row. Test: test/main/features/datasetStatistics.test.ts.
 */
import { occlusionStatistics as tablesOf, type OcclusionTable as Table, type ScoredTracklet } from '../../../datasets/statistics.ts';
import type { DatasetStatistics, OcclusionTable } from '../../../src-shared/contract/datasets.ts';
import { ENOUGH, isValuedEnough, valuedFrames, type ValuedFrames } from '../../../src-shared/fields/hiddenShare.ts';
import { HIDDEN_BY } from '../../../src-shared/fields/roles.ts';
import { readTerms } from '../../../src-shared/fields/terms.ts';
import { FACET_FIELDS } from '../annotations/fields.ts';
import type { HostContext } from '../context.ts';
import type { VisibilityRow } from './table.ts';

export async function datasetStatistics({ db }: Pick<HostContext, 'db'>, id: number): Promise<DatasetStatistics> {
  return { datasetId: id, ...occlusionStatistics(await db.read('datasets', 'visibilities', { id })) };
}

export function occlusionStatistics(rows: readonly VisibilityRow[]): Omit<DatasetStatistics, 'datasetId'> {
  const tracklets = rows.map(({ split, frames, visibility }): ScoredTracklet => ({ split, scores: visibility ?? new Int8Array(frames).fill(-1) }));
  const { trackletsByHiddenShare, framesByHiddenArea, ...counts } = tablesOf(tracklets);
  const terms = termCounts(rows);
  const bySplit = Map.groupBy(
    tracklets.map(({ split, scores }) => ({ split, ...valuedFrames(scores) })),
    ({ split }) => split,
  );
  return {
    ...counts,
    trackletsByHiddenShare: withLeftOut(trackletsByHiddenShare, bySplit, trackletsLeftOut),
    framesByHiddenArea: withLeftOut(framesByHiddenArea, bySplit, framesLeftOut),
    occluders: terms[HIDDEN_BY.id] ?? {},
    terms,
  };
}

/** Tracklets with each value on some frame, of every field that is counted. */
function termCounts(rows: readonly VisibilityRow[]): Record<string, Record<string, number>> {
  const counts = Object.fromEntries(FACET_FIELDS.filter(({ statistics }) => statistics !== null).map(({ id }): [string, Record<string, number>] => [id, {}]));
  for (const row of rows) {
    for (const { field, value } of readTerms(row.terms)) {
      const ofField = counts[field];
      if (ofField) ofField[value] = (ofField[value] ?? 0) + 1;
    }
  }
  return counts;
}

/** A table of half a data set must not look like one of the whole: each row says how many it leaves out, and why. */
function withLeftOut(
  table: Table,
  bySplit: ReadonlyMap<string, readonly ValuedFrames[]>,
  leftOutOf: (tracklets: readonly ValuedFrames[]) => { leftOut: number; sentence: string | null },
): OcclusionTable {
  return {
    ...table,
    rows: table.rows.map((row) => {
      const { leftOut, sentence } = leftOutOf(bySplit.get(row.split) ?? []);
      return { ...row, leftOut, warning: [row.warning, sentence].filter((part) => part !== null).join(' ') || null };
    }),
  };
}

function trackletsLeftOut(tracklets: readonly ValuedFrames[]): { leftOut: number; sentence: string | null } {
  const none = tracklets.filter(({ withValue }) => withValue === 0).length;
  const leftOut = tracklets.filter((columns) => !isValuedEnough(columns)).length;
  const few = leftOut - none;
  const reasons = [
    ...(none > 0 ? [`${none} without any value`] : []),
    ...(few > 0 ? [`${few} with values on fewer than ${ENOUGH.atLeast} of ${ENOUGH.of} frames`] : []),
  ];
  return { leftOut, sentence: leftOut === 0 ? null : `${leftOut} of ${tracklets.length} tracklets are left out: ${reasons.join(', ')}.` };
}

function framesLeftOut(tracklets: readonly ValuedFrames[]): { leftOut: number; sentence: string | null } {
  const frames = tracklets.reduce((sum, columns) => sum + columns.frames, 0);
  const leftOut = tracklets.reduce((sum, columns) => sum + columns.frames - columns.withValue, 0);
  return { leftOut, sentence: leftOut === 0 ? null : `${leftOut} of ${frames} frames have no value yet.` };
}
