/**
 * Tables `split_set` and `split_member`: the sets of a data set with their counts and hashes, and using another one.
 * Tests: test/main/features/splits/table.test.ts, test/main/features/splits/splits.test.ts.
 */
import { createHash } from 'node:crypto';
import type { SplitSet } from '../../../src-shared/contract/splits.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { isLiveDataset } from '../../db/liveViews.ts';
import { trackletsOf } from '../datasets/tracklets.table.ts';
import { perform } from '../history/table.ts';

interface Stored {
  id: number;
  name: string;
  origin: SplitSet['origin'];
  created_at: number;
  used: number;
}

export function list(db: Reader, { datasetId }: { datasetId: number }): SplitSet[] {
  return db
    .all<Stored>(
      `SELECT s.id, s.name, s.origin, s.created_at, s.id IS d.split_set_id AS used FROM split_set s JOIN dataset d ON d.id = s.dataset_id
       WHERE s.dataset_id = ? ORDER BY s.id`,
      [datasetId],
    )
    .map(({ id, name, origin, created_at: createdAt, used }) => {
      const members = membersOf(db, { datasetId, splitSet: id });
      const counts = { train: 0, query: 0, gallery: 0 };
      for (const [, side] of members) counts[side]++;
      return { id, name, origin, createdAt, isInUse: used === 1, counts, hash: hashOf(members) };
    });
}

type Member = [key: string, side: keyof SplitSet['counts']];

/** In the order of their keys as bytes; of equal ones, in that of their sources. */
function membersOf(db: Reader, { datasetId, splitSet }: { datasetId: number; splitSet: number }): Member[] {
  const { rows, inOrder } = trackletsOf(db, datasetId);
  return db.tuples<Member>(
    `SELECT t.key, m.side FROM ${rows.from} JOIN main.split_member m ON m.tracklet_id = t.id AND m.split_set_id = ?
     WHERE ${rows.where} ORDER BY ${inOrder}`,
    [splitSet, datasetId],
  );
}

/** sha256 over a line of JSON a member: sets of equal members are equal in it, whatever numbers their rows have and whatever they are called. */
function hashOf(members: readonly Member[]): string {
  const hash = createHash('sha256');
  for (const member of members) hash.update(`${JSON.stringify(member)}\n`);
  return hash.digest('hex');
}

/** What whoever computes with a data set notes of it; null when that is gone. */
export function inUse(db: Reader, { datasetId }: { datasetId: number }): { name: string; hash: string } | null {
  const set = db.get<{ id: number; name: string }>('SELECT s.id, s.name FROM split_set s JOIN dataset d ON d.split_set_id = s.id WHERE d.id = ?', [datasetId]);
  return set ? { name: set.name, hash: hashOf(membersOf(db, { datasetId, splitSet: set.id })) } : null;
}

/** Undoable, one step: every tracklet of the data set stands where the set has it. */
export function use(db: Writer, input: { datasetId: number; splitSet: number; at: number; tags: string[] }): void {
  const { datasetId, splitSet } = input;
  const [row] = db.tuples<[string, number | null]>(`SELECT name, split_set_id FROM dataset WHERE id = ? AND ${isLiveDataset('dataset')}`, [datasetId]);
  if (!row) throw new AppError('NOT_FOUND', `There is no data set ${datasetId}.`, { datasetId });
  const [dataset, before] = row;
  const name = db.column<string>('SELECT name FROM split_set WHERE id = ? AND dataset_id = ?', [splitSet, datasetId])[0];
  if (name === undefined) throw new AppError('NOT_FOUND', `"${dataset}" has no split set ${splitSet}.`, { datasetId, splitSet });
  if (before === splitSet || before === null) return;
  perform(db, {
    at: input.at,
    label: `Use split set "${name}" of "${dataset}"`,
    call: 'splits.use',
    trackletId: null,
    tags: input.tags,
    patch: [{ op: 'useSplit', table: 'dataset', id: datasetId, splitSet }],
    inverse: [{ op: 'useSplit', table: 'dataset', id: datasetId, splitSet: before }],
    join: null,
  });
}
