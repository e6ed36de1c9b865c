/** Table `history`: steps in order, the undone ones last. A new step drops what was undone. Test: test/main/features/annotations.test.ts. */
import type { HistoryState } from '../../../src-shared/entities.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { applyPatch, type PatchOperation } from './patch.table.ts';

export interface Step {
  at: number;
  label: string;
  /** The call that made it. */
  call: string;
  /** Where to go to see it. */
  trackletId: number | null;
  tags: string[];
  patch: PatchOperation[];
  inverse: PatchOperation[];
  /** Added to the newest step when that has the same. */
  join: string | null;
}

interface Stored {
  id: number;
  label: string;
  call: string;
  tracklet_id: number | null;
  tags: string;
  patch: string;
  inverse: string;
  join_key: string | null;
}

export interface StepResult {
  label: string | null;
  tags: string[];
  trackletId: number | null;
}

/** Runs inside the transaction of the change itself. Returns the step's id. */
export function record(db: Writer, step: Step): number {
  db.run('DELETE FROM history WHERE undone = 1');
  const newest = db.get<Stored>('SELECT * FROM history WHERE undone = 0 ORDER BY id DESC LIMIT 1');
  if (newest && step.join !== null && newest.join_key === step.join && newest.call === step.call) {
    const tags = new Set([...(JSON.parse(newest.tags) as string[]), ...step.tags]);
    const patch = [...(JSON.parse(newest.patch) as PatchOperation[]), ...step.patch];
    const inverse = [...step.inverse, ...(JSON.parse(newest.inverse) as PatchOperation[])];
    db.run('UPDATE history SET at = ?, label = ?, tags = ?, patch = ?, inverse = ? WHERE id = ?', [
      step.at,
      step.label,
      JSON.stringify([...tags]),
      JSON.stringify(patch),
      JSON.stringify(inverse),
      newest.id,
    ]);
    return newest.id;
  }
  return db.run('INSERT INTO history (at, label, call, tracklet_id, tags, patch, inverse, join_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?)', [
    step.at,
    step.label,
    step.call,
    step.trackletId,
    JSON.stringify(step.tags),
    JSON.stringify(step.patch),
    JSON.stringify(step.inverse),
    step.join,
  ]).id;
}

export function newestId(db: Reader): number {
  return db.column<number>('SELECT id FROM history WHERE undone = 0 ORDER BY id DESC LIMIT 1')[0] ?? 0;
}

export function state(db: Reader, _input: null): HistoryState {
  const count = (undone: 0 | 1): number => db.column<number>('SELECT count(*) FROM history WHERE undone = ?', [undone])[0] ?? 0;
  const undo = db.get<{ label: string }>('SELECT label FROM history WHERE undone = 0 ORDER BY id DESC LIMIT 1');
  const redo = db.get<{ label: string }>('SELECT label FROM history WHERE undone = 1 ORDER BY id LIMIT 1');
  return { undoLabel: undo?.label ?? null, redoLabel: redo?.label ?? null, undoCount: count(0), redoCount: count(1) };
}

export function undo(db: Writer, _input: null): StepResult {
  return move(db, db.get<Stored>('SELECT * FROM history WHERE undone = 0 ORDER BY id DESC LIMIT 1'), 'inverse');
}

export function redo(db: Writer, _input: null): StepResult {
  return move(db, db.get<Stored>('SELECT * FROM history WHERE undone = 1 ORDER BY id LIMIT 1'), 'patch');
}

function move(db: Writer, step: Stored | undefined, which: 'patch' | 'inverse'): StepResult {
  if (!step) return { label: null, tags: [], trackletId: null };
  applyPatch(db, JSON.parse(step[which]) as PatchOperation[]);
  // A stroke that goes on after an undo is a new step.
  db.run('UPDATE history SET undone = ?, join_key = NULL WHERE id = ?', [which === 'inverse' ? 1 : 0, step.id]);
  return { label: step.label, tags: JSON.parse(step.tags) as string[], trackletId: step.tracklet_id };
}
