/**
 * Copies of the project database as files in `backups/`: their names and order, what they hold, and finishing one so that it is whole under its
 * name or not there. A copy carries its own description in its table `meta`; its name begins with a number that only grows, so that a wrong
 * clock never changes their order. Test: test/main/features/backups.test.ts.
 */
import { chmodSync, existsSync, lstatSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { syncFile, syncFolder } from '../platform/syncFile.ts';
import { APPLICATION_ID } from './connection.ts';
import { readWork } from './work.ts';

export interface BackupInfo {
  /** File name without its ending; names the copy everywhere. */
  id: string;
  /** Grows with every copy, whatever the clock says. */
  sequence: number;
  at: number;
  /** A phrase such as "Before removing a data set". */
  reason: string;
  bytes: number;
  datasets: number;
  runs: number;
  annotations: number;
  /** The project's count of changes that matter when the copy was made; equal counts = equal work. */
  work: number;
}

const manifestSchema = z.object({
  at: z.number(),
  reason: z.string(),
  datasets: z.number(),
  runs: z.number(),
  annotations: z.number(),
  work: z.number(),
});
type Manifest = z.infer<typeof manifestSchema>;

const ENDING = '.sqlite';
export const MANIFEST_KEY = 'backup';

/** Describes and checks a copy, makes it durable, and only then gives it its name. */
export function finishCopy(unfinished: string, file: string, { at, reason }: { at: number; reason: string }): BackupInfo {
  const folder = backupFolder(file);
  const sequence = Math.max(0, ...namesIn(folder).map(sequenceOf)) + 1;
  const id = `${String(sequence).padStart(6, '0')}-${stampOf(at)}`;
  const target = join(folder, `${id}${ENDING}`);
  const copy = new Database(unfinished, { fileMustExist: true });
  let manifest: Manifest;
  try {
    copy.pragma('trusted_schema = OFF');
    // A copy is one file: opening it to look makes no second and third one beside it.
    copy.pragma('journal_mode = DELETE');
    manifest = { at, reason, ...countsIn(copy) };
    copy
      .prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
      .run(MANIFEST_KEY, JSON.stringify(manifest));
    refuseDamaged(copy, `The copy of ${basename(file)}`, unfinished);
  } finally {
    copy.close();
  }
  chmodSync(unfinished, 0o600);
  syncFile(unfinished);
  renameSync(unfinished, target);
  syncFolder(folder);
  return { id, sequence, ...manifest, bytes: statSync(target).size };
}

/** Newest first. Files that are no copies of ours are passed over. */
export function listBackups(file: string): BackupInfo[] {
  const folder = backupFolder(file);
  return namesIn(folder)
    .flatMap((name) => describe(join(folder, name)) ?? [])
    .sort((a, b) => b.sequence - a.sequence || b.at - a.at);
}

export function backupFolder(file: string): string {
  return join(dirname(file), 'backups');
}

export function pathOf(file: string, id: string): string {
  // Only names that are there: an id from outside leads nowhere else.
  if (!namesIn(backupFolder(file)).includes(`${id}${ENDING}`)) throw notThere(file, id);
  return join(backupFolder(file), `${id}${ENDING}`);
}

export function notThere(file: string, id: string): AppError {
  return new AppError('NOT_FOUND', `${backupFolder(file)} has no copy "${id}".`, { id }, { remedy: 'List the copies with "tracklet backup list".' });
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() && entry.name.endsWith(ENDING) ? [entry.name] : []));
}

/** Copies of earlier versions of the program have no number; they are older than all that have one. */
function sequenceOf(name: string): number {
  return Number(/^(\d{6,})-/.exec(name)?.[1] ?? 0);
}

export function describe(path: string): BackupInfo | null {
  let copy: Database.Database | null = null;
  try {
    copy = new Database(path, { readonly: true, fileMustExist: true });
    copy.pragma('trusted_schema = OFF');
    if (copy.pragma('application_id', { simple: true }) !== APPLICATION_ID) return null;
    // Nothing of it may run before it is compared with our own schema, which restoring does.
    if (copy.prepare("SELECT 1 FROM sqlite_schema WHERE type NOT IN ('table', 'index')").get() !== undefined) return null;
    const name = basename(path, ENDING);
    const stat = statSync(path);
    const text = copy.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(MANIFEST_KEY) as string | undefined;
    const manifest: Manifest =
      text === undefined ? { at: stat.mtimeMs, reason: 'Made by an earlier version', ...countsIn(copy) } : manifestSchema.parse(JSON.parse(text));
    return { id: name, sequence: sequenceOf(name), ...manifest, bytes: stat.size };
  } catch {
    // Not readable, or none of ours: it cannot be offered.
    return null;
  } finally {
    copy?.close();
  }
}

/** What a person recognises a copy by. Removed data sets and runs are in it, but are not counted. */
function countsIn(copy: Database.Database): Pick<Manifest, 'datasets' | 'runs' | 'annotations' | 'work'> {
  const live = (copy.pragma('table_info(dataset)') as { name: string }[]).some(({ name }) => name === 'removed_at') ? ' WHERE removed_at IS NULL' : '';
  const count = (sql: string): number => (copy.prepare(sql).pluck().get() as number | null) ?? 0;
  return {
    datasets: count(`SELECT count(*) FROM dataset${live}`),
    runs: count(`SELECT count(*) FROM run${live}`),
    annotations: count('SELECT count(*) FROM annotation'),
    work: readWork(copy),
  };
}

export function refuseDamaged(database: Database.Database, what: string, path: string): void {
  const verdict = database.pragma('integrity_check(3)', { simple: true });
  if (verdict !== 'ok')
    throw new AppError(
      'PROJECT_DAMAGED',
      `${what} is not whole (${String(verdict)}).`,
      { file: path },
      { remedy: 'Take an earlier copy; "tracklet backup list" shows them.' },
    );
}

export function removeCopy(path: string): void {
  for (const ending of ['', '-journal', '-wal', '-shm']) rmSync(`${path}${ending}`, { force: true });
}

const UNFINISHED = /^(unfinished|restoring)-\d+-\d+\.part(-journal|-wal|-shm)?$/;

/**
 * Removes what was being copied when a program was killed, for whoever holds the lock of the project. Only files that were last written before
 * `before`, when this process began: what is newer may be its own.
 */
export function removeUnfinished(file: string, before: number): string[] {
  const folder = backupFolder(file);
  if (!existsSync(folder)) return [];
  const dead = readdirSync(folder).filter((name) => {
    const found = UNFINISHED.test(name) ? lstatSync(join(folder, name), { throwIfNoEntry: false }) : undefined;
    return found?.isFile() === true && found.mtimeMs < before;
  });
  for (const name of dead) rmSync(join(folder, name), { force: true });
  return dead;
}

/** 20260102-030405, in the time of UTC: it must not depend on where the project is opened. */
export function stampOf(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
