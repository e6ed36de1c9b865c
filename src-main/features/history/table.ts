/**
 * Table `history`: steps in order, with the window that made each. A window undoes its own newest step; steps of windows that are gone (and of
 * scripts) belong to whoever undoes next. A step is refused while a later one of another window stands on the same rows, since taking it
 * away below that one would leave values that nobody gave. Redo goes the same way back; a new step drops what can no longer be redone.
 * A step that can never be done, as somebody may have written it into the file, is left out when it is met, so that those of other rows below it can
 * be reached; what stands on the same rows goes with it (`ending.table.ts`).
 * Tests: test/main/features/history/table.test.ts, test/main/features/history.test.ts (against a model).
 */
import type { HistoryState } from '../../../src-shared/contract/history.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { isLiveDataset } from '../../db/liveViews.ts';
import { endSteps } from './ending.table.ts';
import type { PatchOperation } from './operation.ts';
import { applyPatch, misplaced, rowsOf } from './patch.ts';
import { meets, rowsOfStep } from './stepRows.ts';
import { readStep } from './stored.ts';

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
  /** Added to the newest step of the same window when that has the same. */
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
  undone: number;
  join_key: string | null;
  made_in: string | null;
}

export interface StepResult {
  label: string | null;
  tags: string[];
  trackletId: number | null;
  /** Why the step that was next was left out instead, and nothing else changed. */
  leftOut: string | null;
}

/** Who asks: the window (null: a script or a test), and the other windows that are there. */
export interface Asking {
  window: string | null;
  others: string[];
}

/** With the data set of its tracklet where another one has a person of that name, which may have come since. */
function labelOf(db: Reader, step: Stored): string;
function labelOf(db: Reader, step: Stored | undefined): string | null;
function labelOf(db: Reader, step: Stored | undefined): string | null {
  if (!step) return null;
  const dataset =
    step.tracklet_id === null
      ? undefined
      : db.column<string>(
          `SELECT d.name FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN dataset d ON d.id = t.dataset_id
           WHERE t.id = ? AND EXISTS (SELECT 1 FROM identity o JOIN dataset od ON od.id = o.dataset_id
             WHERE o.name = i.name AND o.dataset_id <> i.dataset_id AND ${isLiveDataset('od')})`,
          [step.tracklet_id],
        )[0];
  return dataset === undefined ? step.label : `${step.label} (${dataset})`;
}

/** Makes the change that the patch says, and keeps it with its inverse; in one transaction. Returns the step's id. */
export function perform(db: Writer, step: Step): number {
  applyPatch(db, step.patch);
  const window = db.madeIn;
  dropUndone(db, window, [...step.patch, ...step.inverse]);
  const newest = db.get<Stored>('SELECT * FROM history WHERE undone = 0 AND made_in IS ? ORDER BY id DESC LIMIT 1', [window]);
  // Joined only while nothing of another window lies between, which would have to be undone first.
  const isLast = newest !== undefined && step.join !== null && newest.join_key === step.join && newest.call === step.call;
  if (isLast && laterOn(db, newest, rowsOf([...step.patch, ...step.inverse])).length === 0) {
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
  return db.run('INSERT INTO history (at, label, call, tracklet_id, tags, patch, inverse, join_key, made_in) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', [
    step.at,
    step.label,
    step.call,
    step.trackletId,
    JSON.stringify(step.tags),
    JSON.stringify(step.patch),
    JSON.stringify(step.inverse),
    step.join,
    window,
  ]).id;
}

/** A new step ends the redo of its window, and of whatever stood on the rows it changes or on those of a dropped step. */
function dropUndone(db: Writer, window: string | null, operations: PatchOperation[]): void {
  const undone = db.all<Stored>('SELECT * FROM history WHERE undone = 1 ORDER BY id');
  if (undone.length === 0) return;
  const lost = rowsOf(operations);
  for (const step of undone) {
    const rows = rowsOfStep(step);
    const isOwn = step.made_in === window || step.made_in === null;
    if (!isOwn && !meets(rows, lost)) continue;
    for (const row of rows) lost.add(row);
    db.run('DELETE FROM history WHERE id = ?', [step.id]);
  }
}

export function newestId(db: Reader): number {
  return db.column<number>('SELECT id FROM history WHERE undone = 0 ORDER BY id DESC LIMIT 1')[0] ?? 0;
}

export function state(db: Reader, input: Asking): HistoryState {
  const count = (undone: 0 | 1): number =>
    db.column<number>(`SELECT count(*) FROM history WHERE undone = ? AND (${FREE})`, [undone, JSON.stringify(input.others)])[0] ?? 0;
  return {
    undoLabel: labelOf(db, nextUndo(db, input)),
    redoLabel: labelOf(db, nextRedo(db, input)),
    undoCount: count(0),
    redoCount: count(1),
  };
}

/** Own, or nobody's: everything but the steps of other windows that are there. */
const FREE = 'made_in IS NOT NULL AND made_in NOT IN (SELECT value FROM json_each(?)) OR made_in IS NULL';

function nextUndo(db: Reader, { window, others }: Asking): Stored | undefined {
  const own = db.get<Stored>('SELECT * FROM history WHERE undone = 0 AND made_in IS ? ORDER BY id DESC LIMIT 1', [window]);
  if (!own) return db.get<Stored>(`SELECT * FROM history WHERE undone = 0 AND (${FREE}) ORDER BY id DESC LIMIT 1`, [JSON.stringify(others)]);
  // What nobody answers for any more must not stand in the way: it goes first.
  const above = laterOn(db, own, rowsOfStep(own));
  const isForeign = above.some((step) => step.made_in !== null && others.includes(step.made_in));
  return isForeign ? own : (above.at(-1) ?? own);
}

/** Own steps come back first; those of a window that is gone only while this one has done nothing itself. */
function nextRedo(db: Reader, { window, others }: Asking): Stored | undefined {
  const own = db.get<Stored>('SELECT * FROM history WHERE undone = 1 AND made_in IS ? ORDER BY id LIMIT 1', [window]);
  if (own) return own;
  const hasSteps = db.column<number>('SELECT 1 FROM history WHERE undone = 0 AND made_in IS ? LIMIT 1', [window]).length > 0;
  return hasSteps ? undefined : db.get<Stored>(`SELECT * FROM history WHERE undone = 1 AND (${FREE}) ORDER BY id LIMIT 1`, [JSON.stringify(others)]);
}

export function undo(db: Writer, input: Asking): StepResult {
  const step = nextUndo(db, input);
  const above = step && laterOn(db, step, rowsOfStep(step)).at(-1);
  if (above) throw standsOn(labelOf(db, step), labelOf(db, above), 'undone');
  return move(db, step, 'inverse', input.window);
}

export function redo(db: Writer, input: Asking): StepResult {
  const step = nextRedo(db, input);
  const below = step && undoneBelow(db, step);
  if (below) throw standsOn(labelOf(db, step), labelOf(db, below), 'redone');
  return move(db, step, 'patch', input.window);
}

/** Steps in force after this one that touch any of the rows, oldest first. */
function laterOn(db: Reader, step: Stored, rows: ReadonlySet<string>): Stored[] {
  return db.all<Stored>('SELECT * FROM history WHERE undone = 0 AND id > ? ORDER BY id', [step.id]).filter((other) => meets(rowsOfStep(other), rows));
}

/** The nearest step before this one that is undone too and touches any of its rows. */
function undoneBelow(db: Reader, step: Stored): Stored | undefined {
  const rows = rowsOfStep(step);
  return db.all<Stored>('SELECT * FROM history WHERE undone = 1 AND id < ? ORDER BY id DESC', [step.id]).find((other) => meets(rowsOfStep(other), rows));
}

function standsOn(step: string, other: string, done: 'undone' | 'redone'): AppError {
  return new AppError(
    'CONFLICT',
    done === 'undone'
      ? `"${step}" cannot be undone here: another window has changed the same since ("${other}").`
      : `"${step}" cannot be done again here: another window has undone what it stands on ("${other}").`,
    { step, other },
    { remedy: done === 'undone' ? 'Undo that in the other window first.' : 'Do that again in the other window first.' },
  );
}

function move(db: Writer, step: Stored | undefined, which: 'patch' | 'inverse', window: string | null): StepResult {
  const nothing = { label: null, tags: [], trackletId: null };
  if (!step) return { ...nothing, leftOut: null };
  const operations = readStep(step)?.[which];
  const why = operations ? applyStored(db, step, operations, which) : 'it holds what no step of this program does';
  if (why !== null) {
    const more = endSteps(db, [step.id]) - 1;
    const done = which === 'inverse' ? 'undone' : 'done again';
    const gone = more === 0 ? 'The step is' : `The step and ${more === 1 ? 'another' : `${more} others`} on the same are`;
    return { ...nothing, leftOut: `"${labelOf(db, step)}" cannot be ${done}: ${why}. ${gone} left out from now on; nothing else was changed.` };
  }
  // A stroke that goes on after an undo is a new step. From here on it is this window's: it may do it again.
  db.run('UPDATE history SET undone = ?, join_key = NULL, made_in = ? WHERE id = ?', [which === 'inverse' ? 1 : 0, window, step.id]);
  return { label: labelOf(db, step), tags: JSON.parse(step.tags) as string[], trackletId: step.tracklet_id, leftOut: null };
}

const NO_PLACE = 'what it would put back has no place in what is there now';

/** Why it can never be done, and then nothing is changed; null when it was. Throws where there is no room just now, as for a name that another has. */
function applyStored(db: Writer, step: Stored, operations: PatchOperation[], which: 'patch' | 'inverse'): string | null {
  db.run('SAVEPOINT stored_step');
  let why: string | null = null;
  try {
    applyPatch(db, operations);
    if (misplaced(db, operations)) why = NO_PLACE;
  } catch (error) {
    const code = String((error as { code?: unknown } | null)?.code);
    if (!code.startsWith('SQLITE_CONSTRAINT')) throw error;
    if (code === 'SQLITE_CONSTRAINT_UNIQUE') throw noRoom(labelOf(db, step), which);
    why = NO_PLACE;
  }
  if (why !== null) db.run('ROLLBACK TO stored_step');
  db.run('RELEASE stored_step');
  return why;
}

function noRoom(step: string, which: 'patch' | 'inverse'): AppError {
  return new AppError(
    'CONFLICT',
    `"${step}" cannot be ${which === 'inverse' ? 'undone' : 'done again'}: what it would put back does not fit what is there now. Nothing was changed.`,
    { step },
  );
}
