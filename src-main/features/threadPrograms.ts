/** What the threads of the database and of backups are given: the tables of all domains, the rules of their rows, and what follows from them. */
import type { BackupProgram, WorkerProgram } from '../db/threadPrograms.ts';
import { checkRows } from './project/rowCheck.table.ts';
import { tables } from './tables.ts';

export const workerProgram: WorkerProgram = { tables, checkRows };
export const backupProgram: BackupProgram = { checkRows, refresh: (copy) => void tables.derived.refreshStale(copy, null) };
