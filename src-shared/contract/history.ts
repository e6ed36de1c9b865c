/** Undo, copies of the project, and what was removed. Conventions: contract/index.ts. */
import { z } from 'zod';
import { command, none, query } from './call.ts';

const historyState = z.object({
  undoLabel: z.string().nullable(),
  redoLabel: z.string().nullable(),
  undoCount: z.int(),
  redoCount: z.int(),
});

/** A copy of the project database. */
const backup = z.object({
  id: z.string(),
  at: z.number(),
  /** Why it was made. */
  reason: z.string(),
  bytes: z.number(),
  datasets: z.int(),
  runs: z.int(),
  /** Values on ranges. */
  annotations: z.int(),
});

/** A data set or run that was removed and can be brought back. */
const removedThing = z.object({
  kind: z.enum(['dataset', 'run']),
  id: z.string(),
  name: z.string(),
  removedAt: z.number(),
  /** Of the files that are deleted with it. */
  bytes: z.number(),
});

const stepDone = z.object({
  label: z.string().nullable(),
  tags: z.array(z.string()),
  trackletId: z.int().nullable(),
  /** Why the step that was next can never be done: it was left out, and nothing else was changed. */
  leftOut: z.string().nullable(),
});

export const historyCalls = {
  'history.state': query(
    'What undo and redo would do in a window; without one, for a script',
    z.object({ window: z.string().max(40).optional() }),
    historyState,
    ['History', 'Datasets'],
  ),
  'history.undo': command('Undo the last step of the window that gave the key', none, stepDone, ['History']),
  'history.redo': command('Redo the step that this window undid last', none, stepDone, ['History']),
  'backups.list': query('Copies of the project, newest first', none, z.array(backup), ['Backups']),
  'backups.make': command('Make a copy of the project now', none, backup, ['Backups']),
  'backups.restore': command(
    'Put the project back to a copy; a copy of the present is made first, and restoring that takes it back',
    backup.pick({ id: true }),
    none,
    ['Backups'],
  ),
  'trash.list': query('Removed data sets and runs, newest first', none, z.array(removedThing), ['Trash']),
  'trash.restore': command(
    'Bring back something that was removed',
    removedThing.pick({ kind: true, id: true }),
    none,
    ['Datasets', 'Tracklets', 'Annotations', 'Runs', 'Evaluations', 'Jobs', 'Trash'],
    { undoable: true },
  ),
  'trash.empty': command('Delete for good what was removed, with its files', none, none, ['Trash', 'History']),
} as const;

export type HistoryState = z.output<typeof historyState>;
export type Backup = z.output<typeof backup>;
export type RemovedThing = z.output<typeof removedThing>;
