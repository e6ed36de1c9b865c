/**
 * ODV's two occlusion tables of a data set of the project. The tables themselves are `datasets/statistics.ts`; here stored columns become
 * scores, and what has no value yet is said in the row. Test: test/main/features/datasets.test.ts.
 */
import { framesWithScore, occlusionStatistics as tablesOf, type OcclusionTable, type ScoredTracklet } from '../../../datasets/statistics.ts';
import type { DatasetStatistics } from '../../../src-shared/entities.ts';
import type { HostContext } from '../../host/context.ts';
import type { VisibilityRow } from './table.ts';

export async function datasetStatistics({ db }: Pick<HostContext, 'db'>, id: number): Promise<DatasetStatistics> {
  return { datasetId: id, ...occlusionStatistics(await db.read('datasets', 'visibilities', { id })) };
}

export function occlusionStatistics(rows: readonly VisibilityRow[]): Omit<DatasetStatistics, 'datasetId'> {
  const tracklets = rows.map(({ split, frames, visibility }): ScoredTracklet => ({ split, scores: visibility ?? new Int8Array(frames).fill(-1) }));
  const { trackletsByHiddenShare, framesByHiddenArea, ...counts } = tablesOf(tracklets);
  const occluders: Record<string, number> = {};
  for (const row of rows) for (const name of row.occluders.split(',')) if (name !== '') occluders[name] = (occluders[name] ?? 0) + 1;
  return {
    ...counts,
    trackletsByHiddenShare: withMissing(trackletsByHiddenShare, tracklets, 'tracklets', (scores) => ({ known: framesWithScore(scores) > 0 ? 1 : 0, all: 1 })),
    framesByHiddenArea: withMissing(framesByHiddenArea, tracklets, 'frames', (scores) => ({ known: framesWithScore(scores), all: scores.length })),
    occluders,
  };
}

/** A table of half a data set must not look like one of the whole. */
function withMissing(
  table: OcclusionTable,
  tracklets: readonly ScoredTracklet[],
  unit: string,
  count: (scores: ScoredTracklet['scores']) => { known: number; all: number },
): OcclusionTable {
  const totals = new Map(table.rows.map((row) => [row.split, { known: 0, all: 0 }]));
  for (const { split, scores } of tracklets) {
    const total = totals.get(split);
    const { known, all } = count(scores);
    if (total) Object.assign(total, { known: total.known + known, all: total.all + all });
  }
  return {
    ...table,
    rows: table.rows.map((row) => {
      const { known, all } = totals.get(row.split) ?? { known: 0, all: 0 };
      const missing = known === all ? [] : [`${all - known} of ${all} ${unit} have no value yet`];
      return { ...row, warning: [...(row.warning === null ? [] : [row.warning]), ...missing].join(' ') || null };
    }),
  };
}
