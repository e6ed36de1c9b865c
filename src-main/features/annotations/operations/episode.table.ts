/**
 * Undo's operations of table `episode`, and what one of its rows may hold.
 * Tests: test/contracts/operations.contract.test.ts, test/main/features/episodes.test.ts.
 */
import { z } from 'zod';
import type { Reader, Writer } from '../../../db/handles.ts';
import { defineOperation, type TableOperations } from '../../history/operation.ts';

export interface EpisodeRow {
  id: number;
  tracklet_id: number;
  layer: string;
  start: number;
  end: number;
  /** Another tracklet. */
  occluded_by: number | null;
  annotator: string;
  updated_at: number;
}

type EpisodeKey = Pick<EpisodeRow, 'id' | 'tracklet_id' | 'layer'>;

declare module '../../history/operation.ts' {
  interface PatchOperations {
    clearEpisodes: { op: 'clearEpisodes'; keys: EpisodeKey[] };
    putEpisodes: { op: 'putEpisodes'; rows: EpisodeRow[] };
  }
}

const number = z.int().min(0);
const keyShape = { id: number, tracklet_id: number, layer: z.string() };

export const episodeRow = z
  .object({ ...keyShape, start: number, end: number, occluded_by: number.nullable(), annotator: z.string(), updated_at: number })
  .refine(({ start, end, tracklet_id, occluded_by }) => start <= end && occluded_by !== tracklet_id);

/** Of the whole list: whether one has a place depends on all others of its layer. */
const rowOf = ({ tracklet_id, layer }: EpisodeKey): string => `episodes ${tracklet_id} ${layer}`;

export function insertEpisode(db: Writer, row: Omit<EpisodeRow, 'id'> & { id: number | null }): void {
  db.run(
    `INSERT INTO episode (id, tracklet_id, layer, start, "end", occluded_by, annotator, updated_at)
     SELECT @id, @tracklet_id, @layer, @start, @end, (SELECT id FROM tracklet WHERE id = @occluded_by), @annotator, @updated_at
     WHERE EXISTS (SELECT 1 FROM tracklet WHERE id = @tracklet_id)`,
    { ...row },
  );
}

const clear = defineOperation({
  name: 'clearEpisodes',
  schema: z.object({ op: z.literal('clearEpisodes'), keys: z.array(z.object(keyShape)) }),
  opposite: 'putEpisodes',
  calls: ['annotations.apply'],
  rowsOf: ({ keys }) => keys.map(rowOf),
  apply(db, { keys }) {
    for (const { id, tracklet_id, layer } of keys) db.run('DELETE FROM episode WHERE id = ? AND tracklet_id = ? AND layer = ?', [id, tracklet_id, layer]);
  },
});

const put = defineOperation({
  name: 'putEpisodes',
  schema: z.object({ op: z.literal('putEpisodes'), rows: z.array(episodeRow) }),
  opposite: 'clearEpisodes',
  calls: ['annotations.apply'],
  rowsOf: ({ rows }) => rows.map(rowOf),
  apply(db, { rows }) {
    for (const row of rows) insertEpisode(db, row);
  },
  /** Beyond the frames of its tracklet, or over another of its layer. */
  misplaced(db, operations) {
    const lists = new Map(operations.flatMap(({ rows }) => rows).map((row) => [rowOf(row), row]));
    return [...lists.values()].some((row) => hasMisplaced(db, row));
  },
});

export function hasMisplaced(db: Reader, { tracklet_id, layer }: Pick<EpisodeRow, 'tracklet_id' | 'layer'>): boolean {
  return (
    db.column(
      `SELECT 1 FROM (SELECT start, "end", lag("end") OVER (ORDER BY start) AS before FROM episode WHERE tracklet_id = ? AND layer = ?)
       WHERE start <= before OR "end" >= (SELECT frames FROM tracklet WHERE id = ?) LIMIT 1`,
      [tracklet_id, layer, tracklet_id],
    ).length > 0
  );
}

export default { id: 'episode', operations: [clear, put] } satisfies TableOperations;
