/**
 * Further split sets that a source names: stored as it says, and at an update followed where it says otherwise than before; what was chosen here
 * stays as long as the source says what it said. Sets built here keep what they have.
 * Tests: test/main/features/splits/fromSource.test.ts.
 */
import type { SplitName } from '../../../src-shared/contract/datasets.ts';
import type { Writer } from '../../db/handles.ts';
import { addSplitSet, setSides } from './members.table.ts';

/** Members by the keys of their tracklets; one set may come in parts. */
export interface SourceSplit {
  name: string;
  members: [key: string, side: Exclude<SplitName, 'none'>][];
}

/** Members that the source named, by their set. */
export type SaidMembers = Map<number, Set<number>>;

export function takeMembers(
  db: Writer,
  { datasetId, at, splits }: { datasetId: number; at: number; splits: readonly SourceSplit[] },
  /** For an update: who was named, and who came to stand elsewhere. */
  noted?: { said: SaidMembers; changed: Set<number> },
): void {
  for (const { name, members } of splits) {
    const set = importedSet(db, { datasetId, name, at });
    const named = noted?.said.get(set) ?? new Set<number>();
    noted?.said.set(set, named);
    for (const [key, side] of members) {
      const id = db.column<number>('SELECT id FROM tracklet WHERE dataset_id = ? AND key = ?', [datasetId, key])[0];
      if (id === undefined) continue;
      named.add(id);
      const before = db.column<string>('SELECT side FROM split_source WHERE split_set_id = ? AND tracklet_id = ?', [set, id])[0];
      if (before === side) continue;
      db.run(
        `INSERT INTO split_source (split_set_id, tracklet_id, side) VALUES (?, ?, ?)
         ON CONFLICT (split_set_id, tracklet_id) DO UPDATE SET side = excluded.side`,
        [set, id, side],
      );
      setSides(db, set, [id], side);
      noted?.changed.add(id);
    }
  }
}

/** Of the sets that the source still names: members that it names no more. A set that it does not name at all stays, since runs may name it. */
export function dropUnsaid(db: Writer, said: SaidMembers, changed: Set<number>): void {
  for (const [set, named] of said)
    for (const id of db.column<number>('SELECT tracklet_id FROM split_source WHERE split_set_id = ?', [set])) {
      if (named.has(id)) continue;
      db.run('DELETE FROM split_source WHERE split_set_id = ? AND tracklet_id = ?', [set, id]);
      setSides(db, set, [id], 'none');
      changed.add(id);
    }
}

/** One that was built here under a name that the source comes to use gets another, so that the source finds its own the next time. */
function importedSet(db: Writer, { datasetId, name, at }: { datasetId: number; name: string; at: number }): number {
  const held = db.get<{ id: number; origin: string }>('SELECT id, origin FROM split_set WHERE dataset_id = ? AND name = ?', [datasetId, name]);
  if (held?.origin === 'imported') return held.id;
  if (held) db.run('UPDATE split_set SET name = ? WHERE id = ?', [freeName(db, datasetId, name), held.id]);
  return addSplitSet(db, { datasetId, name, origin: 'imported', at });
}

function freeName(db: Writer, datasetId: number, wanted: string): string {
  const taken = new Set(db.column<string>('SELECT name FROM split_set WHERE dataset_id = ?', [datasetId]));
  for (let n = 2; ; n++) if (!taken.has(`${wanted} (${n})`)) return `${wanted} (${n})`;
}
