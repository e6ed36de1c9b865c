/**
 * Copies of the project while work goes on: every quarter of an hour in which something was done, and before what removes or changes much.
 * A copy is made only when there is work that none holds. Restoring makes a copy of the present first, so it can be taken back by restoring that.
 * Time comes in from outside: the wall clock only names copies and judges those of earlier sessions.
 * Tests: test/main/features/backupsService.test.ts, test/main/features/backups.test.ts.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { holds, moment } from '../../../src-shared/backupText.ts';
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import { inBackupThread } from './thread.ts';
import type { BackupInfo } from '../../db/copies.ts';
import type { ProjectDatabase } from '../database.ts';
import { countIn } from '../../db/work.ts';
import type { HostEvents, ProjectFolder } from '../context.ts';
import type { Log } from '../../platform/log.ts';
import { superfluous } from './thinning.ts';

export const BACKUP_INTERVAL_MS = 15 * 60 * 1000;

export interface Backups {
  list(): Promise<BackupInfo[]>;
  /** Makes one now, whether there is new work or not. */
  make(reason: string): Promise<BackupInfo>;
  /** Makes one when there is work that no copy holds. Does not throw: what was asked for can be undone in other ways, and may be to free space. */
  before(reason: string): Promise<void>;
  /** Returns the generation that the project is of from then on. */
  restore(id: string): Promise<string>;
  /** Something was done that a person would miss. */
  noteWork(): void;
  /** Waits for the copy under way. */
  close(): Promise<void>;
}

export interface BackupsContext {
  project: ProjectFolder;
  databaseFile: string;
  db: Pick<ProjectDatabase, 'read' | 'place' | 'look' | 'alone'>;
  events: HostEvents;
  log: Log;
  clock(): number;
  monotonic(): number;
  /** Calls back once after so many milliseconds; returns what cancels it. */
  after(ms: number, call: () => void): () => void;
}

/** `ask`: where copies are made and read. */
export function createBackups(context: BackupsContext, ask = inBackupThread): Backups {
  const { databaseFile: file, db, events, log, clock, monotonic, after } = context;
  /** One copy at a time, in the order asked for. */
  let chain: Promise<unknown> = Promise.resolve();
  let cancelTimer: (() => void) | null = null;
  let closed = false;
  let hasFailed = false;
  /** On the monotonic clock; null before the first of this session. */
  let madeAt: number | null = null;

  /** Looked up once a session: from then on this host alone makes copies. */
  let newest: BackupInfo | null | undefined;
  async function newestCopy(): Promise<BackupInfo | null> {
    if (newest === undefined) newest = (await ask('list', { file }))[0] ?? null;
    return newest;
  }

  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const result = chain.then(work);
    chain = result.catch(() => undefined);
    return result;
  }

  /** Copies are made of, and put into, what is at the path: it must be the project that is open. */
  async function refuseMoved(): Promise<void> {
    await db.look();
    const problem = db.place.problem();
    if (problem) throw problem;
  }

  async function copy(reason: string): Promise<BackupInfo> {
    await refuseMoved();
    await context.project.makeFolder(context.project.file('backups'));
    const { made, all } = await ask('make', { file, at: clock(), reason });
    newest = made;
    hasFailed = false;
    madeAt = monotonic();
    log.debug({ id: made.id, reason, bytes: made.bytes }, 'the project was copied');
    await thin(all);
    events.changed(['Backups'], null);
    return made;
  }

  /** A copy that cannot be deleted is no reason to fail. */
  async function thin(copies: BackupInfo[]): Promise<void> {
    for (const id of superfluous(copies, clock()))
      await rm(join(context.project.file('backups'), `${id}.sqlite`), { force: true }).catch((error: unknown) =>
        log.warn({ id, err: error }, 'an old copy could not be deleted'),
      );
  }

  async function hasNewWork(): Promise<boolean> {
    const work = countIn((await db.read('project', 'meta', null))['work']);
    const last = await newestCopy();
    return last ? last.work !== work : work > 0;
  }

  async function copyIfNew(reason: string): Promise<void> {
    try {
      if (await hasNewWork()) await copy(reason);
    } catch (error) {
      const shape = toErrorShape(error);
      log.error({ err: error, reason }, 'the project could not be copied');
      // Said once; it is tried again with the next work.
      if (!hasFailed) events.emit('notice', { code: shape.code, message: `No backup could be made: ${shape.message}`, remedy: shape.remedy });
      hasFailed = true;
    }
  }

  /** How long until the next one is due, judged by the last: on the monotonic clock when that was made in this session. */
  async function dueIn(): Promise<number> {
    if (madeAt !== null) return Math.max(0, BACKUP_INTERVAL_MS - (monotonic() - madeAt));
    const since = (await newestCopy())?.at ?? countIn((await db.read('project', 'meta', null))['createdAt']);
    const age = clock() - since;
    // A copy from the future was made under a wrong clock, or this one is wrong: it tells nothing.
    return age < 0 ? 0 : Math.max(0, BACKUP_INTERVAL_MS - age);
  }

  function schedule(ms: number): void {
    if (closed || cancelTimer !== null) return;
    cancelTimer = after(ms, () => {
      cancelTimer = null;
      void inOrder(async () => {
        if (closed) return;
        // One for another reason may have been made meanwhile.
        const left = await dueIn();
        if (left > 0) schedule(left);
        else await copyIfNew('While working');
      }).catch((error: unknown) => log.error({ err: error }, 'no backup could be made'));
    });
  }

  let isAsking = false;
  function noteWork(): void {
    if (closed || cancelTimer !== null || isAsking) return;
    isAsking = true;
    void dueIn()
      .catch(() => BACKUP_INTERVAL_MS)
      .then((ms) => {
        isAsking = false;
        schedule(ms);
      });
  }

  return {
    list: () => ask('list', { file }),
    make: (reason) => inOrder(() => copy(reason)),
    before: (reason) => inOrder(() => copyIfNew(reason)),
    restore: (id) =>
      inOrder(async () => {
        const wanted = await ask('check', { file, id });
        await copy(`Before going back to the copy of ${moment(wanted.at)}`);
        await refuseMoved();
        const generation = await db.alone(() => ask('restoreInPlace', { file, id, at: clock() }));
        log.debug({ id }, 'the project was put back to a copy');
        return generation;
      }),
    noteWork,
    async close() {
      closed = true;
      cancelTimer?.();
      cancelTimer = null;
      await chain;
    },
  };
}

/** What a project that cannot be opened says: the newest copy that is whole, and how to put it back. */
export async function damagedSentence(file: string, folder: string, error: AppError, ask = inBackupThread): Promise<AppError> {
  const good = await newestGood(file, ask);
  const remedy = good
    ? `The newest backup that is whole is ${good.id} (${moment(good.at)}: ${holds(good)}). "tracklet backup restore ${good.id} --project ${folder}" puts it back; the damaged file is kept beside it.`
    : error.params['empty'] === true
      ? 'The folder backups holds no copy that is whole. Where nothing was in the project yet, delete that file and make the project again in its folder.'
      : 'The folder backups holds no copy that is whole. Keep the damaged file; "sqlite3 project.sqlite .recover" may still read a part of it.';
  return new AppError('PROJECT_DAMAGED', error.message, error.params, { cause: error, remedy });
}

/** What helps where a project can be looked at, but holds rows that cannot be. */
export async function remedyByBackup(file: string, folder: string, ask = inBackupThread): Promise<string> {
  const good = await newestGood(file, ask);
  return good
    ? `Close it, then put back the newest backup that is whole (${moment(good.at)}: ${holds(good)}) with "tracklet backup restore ${good.id} --project ${folder}"; what is here now is kept beside it.`
    : 'Ask whoever made the project for another copy of it: its folder backups holds none that is whole.';
}

function newestGood(file: string, ask: typeof inBackupThread): Promise<BackupInfo | null> {
  return ask('newestGood', { file }).catch(() => null);
}
