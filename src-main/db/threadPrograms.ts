/** What the threads of the database are given by those who know the tables: `db/` itself knows none. */
import type Database from 'better-sqlite3';
import type { Writer } from './handles.ts';

export interface BadRows {
  count: number;
  /** Of the first ones: 'tracklet 17 ("t000016"): it says 9 frames, …'. */
  sentences: string[];
}

/** Looks through every row for values that cannot be. With `remove`, what is found goes, and what hangs on it. @throws PROJECT_DAMAGED for too many */
export type CheckRows = (database: Database.Database, folder: string, options: { remove: boolean }) => BadRows;

export interface WorkerProgram {
  /** Table modules by their name; functions take a `Reader` or `Writer`, and an input. */
  tables: Record<string, Record<string, unknown>>;
  checkRows: CheckRows;
}

export interface BackupProgram {
  checkRows: CheckRows;
  /** Makes anew what follows from other rows. */
  refresh(copy: Writer): void;
}
