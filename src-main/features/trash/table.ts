/** Removed data sets and runs: what there is, bringing one back, deleting one for good. Tests: test/main/features/trash.test.ts, test/main/features/removed.test.ts. */
import { AppError } from '../../../src-shared/errors.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { forgetFeaturesOf } from '../evaluations/table.ts';
import { endSteps } from '../history/ending.table.ts';
import type { Removable } from '../history/removal.table.ts';
import { perform } from '../history/table.ts';

export interface RemovedRow {
  kind: Removable;
  id: string;
  name: string;
  removedAt: number;
  /** Of a data set; frames decoded of them lie in the cache. */
  media: { id: number; videoHash: string | null }[];
}

export function list(db: Reader, _input: null): RemovedRow[] {
  const datasets = db.all<{ id: number; name: string; removedAt: number }>(
    'SELECT id, removed_name AS name, removed_at AS removedAt FROM main.dataset WHERE removed_at IS NOT NULL',
  );
  const runs = db.all<{ id: string; name: string; removedAt: number }>(
    'SELECT id, removed_name AS name, removed_at AS removedAt FROM main.run WHERE removed_at IS NOT NULL',
  );
  return [
    ...datasets.map(({ id, ...rest }): RemovedRow => ({
      kind: 'dataset',
      id: String(id),
      ...rest,
      media: db.all('SELECT id, content_hash AS videoHash FROM main.media WHERE dataset_id = ?', [id]),
    })),
    ...runs.map((row): RemovedRow => ({ kind: 'run', ...row, media: [] })),
  ].sort((a, b) => b.removedAt - a.removedAt);
}

/** Undoable like the removal itself: the newest step need not be the removal any more. */
export function bringBack(db: Writer, input: { kind: Removable; id: string; at: number; tags: string[] }): void {
  const { name, ...row } = mustGet(db, input);
  perform(db, {
    at: input.at,
    label: `Bring back ${input.kind === 'run' ? 'run' : 'data set'} "${name}"`,
    call: 'trash.restore',
    trackletId: null,
    tags: input.tags,
    patch: [{ op: 'bringBack', ...row }],
    inverse: [{ op: 'remove', ...row, at: input.at }],
    join: null,
  });
}

/** Deletes its rows. Steps of history that lead to it go with it: they could no longer be undone. */
export function purge(db: Writer, input: { kind: Removable; id: string }): void {
  const { id } = mustGet(db, input);
  const within =
    input.kind === 'dataset' ? db.column<number>('SELECT id FROM history WHERE tracklet_id IN (SELECT id FROM tracklet WHERE dataset_id = ?)', [id]) : [];
  const leading = db.column<number>(
    `SELECT id FROM history WHERE EXISTS (SELECT 1 FROM json_each(history.patch) o WHERE json_extract(o.value, '$.table') = ?
       AND (json_extract(o.value, '$.id') = ? OR EXISTS (SELECT 1 FROM json_each(json_extract(o.value, '$.ids')) i WHERE i.value = ?)))`,
    [input.kind, id, id],
  );
  endSteps(db, [...within, ...leading]);
  if (input.kind === 'run') forgetFeaturesOf(db, { runId: input.id });
  db.run(`DELETE FROM ${input.kind === 'run' ? 'run' : 'dataset'} WHERE id = ?`, [id]);
}

type Removed = ({ table: 'dataset'; id: number } | { table: 'run'; id: string }) & { name: string };

function mustGet(db: Reader, input: { kind: Removable; id: string }): Removed {
  const row = input.kind === 'run' ? ({ table: 'run', id: input.id } as const) : ({ table: 'dataset', id: Number(input.id) } as const);
  const name = db.column<string>(`SELECT removed_name FROM ${row.table} WHERE id = ? AND removed_at IS NOT NULL`, [row.id])[0];
  if (name === undefined) throw new AppError('NOT_FOUND', `There is no removed ${input.kind === 'run' ? 'run' : 'data set'} "${input.id}".`, { id: input.id });
  return { ...row, name };
}
