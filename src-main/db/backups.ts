/**
 * Backups of a project: a copy made while others go on writing, and a copy put back, into the open database or in the place of a damaged one.
 * Runs in a thread of its own (features/backups/thread.ts); the live database is read and written through SQLite alone, never as a file.
 * Test: test/main/features/backups.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { moment } from '../../src-shared/backupText.ts';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { syncFile, syncFolder } from '../platform/syncFile.ts';
import { storageError } from './connection.ts';
import {
  backupFolder,
  describe,
  finishCopy,
  listBackups,
  MANIFEST_KEY,
  notThere,
  pathOf,
  refuseDamaged,
  removeCopy,
  stampOf,
  type BackupInfo,
} from './copies.ts';
import { writerOf } from './handles.ts';
import { knownMigrations, migrate } from './migrate.ts';
import { MARK_KEY } from './overwritten.ts';
import { refuseForeignSchema } from './ownSchema.ts';
import type { BackupProgram, BadRows, CheckRows } from './threadPrograms.ts';
import { readWork, setWork } from './work.ts';

/** In `meta`: what the numbers of rows mean. None in a project where they have meant the same from its beginning. */
export const NUMBERING_KEY = 'numbering';

/** In `meta`: another one after each copy that was put back, so that a window that was away can tell. None where none was. */
export const GENERATION_KEY = 'generation';

const ALL_PAGES = 0x7fffffff;

/** Copies the live database as it is at one moment, while others go on writing. Returns the copy, and all that are there now. */
export async function makeBackup({ file, at, reason }: { file: string; at: number; reason: string }): Promise<{ made: BackupInfo; all: BackupInfo[] }> {
  const folder = backupFolder(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = join(folder, `unfinished-${process.pid}-${at}.part`);
  try {
    const source = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
    try {
      // All pages in one step: a copy in parts would begin again with every write of the others.
      await source.backup(unfinished, { progress: () => ALL_PAGES });
    } finally {
      source.close();
    }
    const made = finishCopy(unfinished, file, { at, reason });
    return { made, all: listBackups(file) };
  } catch (error) {
    removeCopy(unfinished);
    throw storageError(error, unfinished);
  }
}

/** Throws with the reason when the copy is not whole, or holds rows that cannot be. */
export async function checkBackup(file: string, id: string, { checkRows }: Pick<BackupProgram, 'checkRows'>): Promise<BackupInfo> {
  const path = pathOf(file, id);
  const info = describe(path);
  if (!info) throw notThere(file, id);
  const copy = new Database(path, { readonly: true, fileMustExist: true });
  try {
    copy.pragma('trusted_schema = OFF');
    refuseDamaged(copy, `The copy of ${moment(info.at)}`, path);
    const known = await knownMigrations();
    refuseForeignSchema(copy, path, known);
    // The rows of an older version are looked through when it has been brought up to date.
    const applied = copy.prepare('SELECT count(*) FROM migration').pluck().get() as number;
    if (applied === known.length) refuseBadRows(copy, info, path, checkRows);
  } catch (error) {
    throw storageError(error, path);
  } finally {
    copy.close();
  }
  return info;
}

/** The newest copy that is whole, for a project that cannot be opened. */
export async function newestGood(file: string, program: Pick<BackupProgram, 'checkRows'>): Promise<BackupInfo | null> {
  for (const { id } of listBackups(file)) {
    try {
      return await checkBackup(file, id, program);
    } catch {
      // Look at the one before.
    }
  }
  return null;
}

/**
 * Puts a copy in the place of the open database, as one transaction that its other connections see like any other: nothing is closed, no file
 * is exchanged. Ids given since the copy was made are not given again, since cached pictures are named by them. Returns the project's new generation.
 */
export async function restoreInPlace({ file, id, at }: { file: string; id: string; at: number }, program: BackupProgram): Promise<string> {
  const generation = randomUUID();
  const prepared = await prepare(file, id, at, { ...presentIn(file), generation }, program);
  try {
    const source = new Database(prepared, { readonly: true, fileMustExist: true });
    try {
      await source.backup(file, { progress: () => ALL_PAGES });
    } finally {
      source.close();
    }
    const live = new Database(file, { fileMustExist: true, timeout: 5000 });
    try {
      // The copy was written through a connection with SQLite's own settings; it counts from here on, on the disk.
      for (const setting of ['synchronous = FULL', 'fullfsync = ON', 'checkpoint_fullfsync = ON']) live.pragma(setting);
      live.pragma('wal_checkpoint(TRUNCATE)');
      syncFolder(dirname(file));
    } finally {
      live.close();
    }
    return generation;
  } catch (error) {
    throw storageError(error, file);
  } finally {
    removeCopy(prepared);
  }
}

/** For a project that nobody has open and that cannot be opened: what is there is moved aside under a name that says so. Returns that name. */
export async function restoreClosed({ file, id, at }: { file: string; id: string; at: number }, program: BackupProgram): Promise<string | null> {
  const nothing: Present = { sequences: [], work: 0, mark: null, projectId: null, numbering: randomUUID(), generation: randomUUID(), jobs: new Map() };
  const prepared = await prepare(file, id, at, nothing, program);
  const aside = `${basename(file)}.damaged-${stampOf(at)}`;
  const folder = dirname(file);
  let moved = false;
  for (const ending of ['', '-wal', '-shm']) {
    if (!existsSync(`${file}${ending}`)) continue;
    renameSync(`${file}${ending}`, join(folder, `${aside}${ending}`));
    moved = true;
  }
  renameSync(prepared, file);
  syncFolder(folder);
  // Its ids may be given again, and pictures kept for them would be those of others.
  rmSync(join(folder, 'cache'), { recursive: true, force: true });
  return moved ? aside : null;
}

/** A copy of the copy with the schema of this program, in which no job runs or waits. */
async function prepare(file: string, id: string, at: number, present: Present, { checkRows, refresh }: BackupProgram): Promise<string> {
  const info = await checkBackup(file, id, { checkRows });
  const prepared = join(backupFolder(file), `restoring-${process.pid}-${at}.part`);
  try {
    copyFileSync(pathOf(file, id), prepared);
    // Whatever permissions the copy was given, such as by who makes the folder read-only.
    chmodSync(prepared, 0o600);
    const copy = new Database(prepared, { fileMustExist: true });
    try {
      copy.pragma('trusted_schema = OFF');
      copy.pragma('foreign_keys = ON');
      migrate(copy, prepared, await knownMigrations(), at, { copyFirst: false });
      copy.prepare('DELETE FROM meta WHERE key = ?').run(MANIFEST_KEY);
      // Not the count of any copy: what is done from here on is other work.
      setWork(copy, Math.max(present.work, ...listBackups(file).map((one) => one.work)) + 1);
      if (present.mark !== null) copy.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(MARK_KEY, present.mark);
      if (present.projectId !== null) copy.prepare('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)').run('id', present.projectId);
      copy.prepare('DELETE FROM meta WHERE key = ?').run(NUMBERING_KEY);
      copy.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(GENERATION_KEY, present.generation);
      if (present.numbering !== null) copy.prepare('INSERT INTO meta (key, value) VALUES (?, ?)').run(NUMBERING_KEY, present.numbering);
      endJobs(copy, present.jobs, at);
      for (const { name, seq } of present.sequences) {
        if (copy.prepare('UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?').run(seq, name).changes === 0)
          copy.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)').run(name, seq);
      }
      refuseDamaged(copy, `The copy of ${moment(info.at)}`, prepared);
      refuseBadRows(copy, info, pathOf(file, id), checkRows);
      // Like those of a project that is opened: what was written by another program need not follow from the values.
      copy.transaction(() => refresh(writerOf(copy)))();
    } finally {
      copy.close();
    }
    syncFile(prepared);
    return prepared;
  } catch (error) {
    removeCopy(prepared);
    throw storageError(error, pathOf(file, id));
  }
}

/**
 * Jobs that waited or ran when the copy was made. One that has ended otherwise since is as it ended, since there is nothing to go on with; one that is
 * done says so, and that what it made is not here: going on with it is how to have that.
 */
function endJobs(copy: Database.Database, since: Present['jobs'], at: number): void {
  const open = copy.prepare("SELECT id, kind FROM job WHERE state IN ('waiting', 'running')").all() as { id: number; kind: string }[];
  const end = copy.prepare('UPDATE job SET state = ?, error = ?, ended_at = ? WHERE id = ?');
  for (const { id, kind } of open) {
    const now = since.get(id);
    if (now && (now.state === 'failed' || now.state === 'cancelled')) end.run(now.state, now.error, now.endedAt ?? at, id);
    else end.run('interrupted', JSON.stringify(toErrorShape(wasUnderWay(kind, now?.state === 'done' ? now.endedAt : null))), at, id);
  }
}

function wasUnderWay(kind: string, doneAt: number | null): AppError {
  const back = 'The project was put back to a copy that was made while this was under way';
  if (doneAt === null) return new AppError('CANCELLED', `${back}.`);
  return new AppError(
    'CANCELLED',
    `${back}. It was done at ${moment(doneAt)}, after that copy: what it made is not in the project as it is now.`,
    { doneAt },
    {
      remedy:
        kind === 'train'
          ? 'Resume it to have that again: its files are kept, so it goes on from its last checkpoint.'
          : 'Run it again to have that again, or forget it.',
    },
  );
}

/** A copy that somebody sent may hold any rows, and once it is put back everything reads them. */
function refuseBadRows(copy: Database.Database, { at }: BackupInfo, path: string, checkRows: CheckRows): void {
  const { count, sentences } = badRowsOf(copy, dirname(path), checkRows);
  if (count === 0) return;
  const more = count - sentences.length;
  const which = `${sentences.join('; ')}${Number.isFinite(more) && more > 0 ? `; and ${more} more` : ''}`;
  throw new AppError(
    'PROJECT_DAMAGED',
    `The copy of ${moment(at)} holds ${count === 1 ? 'a row' : 'rows'} that cannot be, and was not put back: ${which}`.replace(/[^.]$/, '$&.'),
    { file: path },
    { remedy: 'Take an earlier copy; "tracklet backup list" shows them. If somebody sent you the project, ask for another copy of it.' },
  );
}

function badRowsOf(copy: Database.Database, folder: string, checkRows: CheckRows): BadRows {
  try {
    return checkRows(copy, folder, { remove: false });
  } catch (error) {
    // Too many to be listed.
    if (error instanceof AppError) return { count: Infinity, sentences: [error.message] };
    throw error;
  }
}

/** What the open database has that does not come out of a copy. */
interface Present {
  sequences: { name: string; seq: number }[];
  work: number;
  /** Of its opening (overwritten.ts). */
  mark: string | null;
  /** For a copy from before projects had one: windows know what is unsaved by it. */
  projectId: string | null;
  numbering: string | null;
  generation: string;
  /** How jobs stand now, which the copy may have under way. */
  jobs: ReadonlyMap<number, { state: string; error: string | null; endedAt: number | null }>;
}

function presentIn(file: string): Omit<Present, 'generation'> {
  const database = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    const meta = database.prepare('SELECT value FROM meta WHERE key = ?').pluck();
    const valueOf = (key: string): string | null => (meta.get(key) as string | undefined) ?? null;
    const sequences = database.prepare('SELECT name, seq FROM sqlite_sequence').all() as Present['sequences'];
    const jobs = database.prepare('SELECT id, state, error, ended_at AS endedAt FROM job').all() as {
      id: number;
      state: string;
      error: string | null;
      endedAt: number | null;
    }[];
    return {
      jobs: new Map(jobs.map((job) => [job.id, job])),
      sequences,
      work: readWork(database),
      mark: valueOf(MARK_KEY),
      projectId: valueOf('id'),
      numbering: valueOf(NUMBERING_KEY),
    };
  } finally {
    database.close();
  }
}
