/**
 * The host of one project: lock, database, settings, jobs and handlers joined; clients in memory or over HTTP and WebSocket.
 * Never computes and never imports the engine. Test: test/main/host/parity.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import type { Hello, RpcClient } from '../../src-shared/rpc.ts';
import { GENERATION_KEY, NUMBERING_KEY } from '../db/backups.ts';
import { interactiveBackend } from '../compute/interactive.ts';
import { removeUnfinished } from '../db/copies.ts';
import { removeDeadCopies } from '../db/lookingCopy.ts';
import { openProjectDatabase } from '../features/database.ts';
import type { WalDamage } from '../db/walCheck.ts';
import { watchWork } from '../db/work.ts';
import { holderOf, isHeld, lockedBy, lockProject, type ProjectLock } from '../db/projectLock.ts';
import { createBackups, damagedSentence } from '../features/backups/service.ts';
import { clearLeftovers } from '../features/imports/leftovers.ts';
import { clearManifests } from '../features/manifests/write.ts';
import { createJobStore } from '../features/jobs/store.ts';
import { openSample, SAMPLE_PLAN, type SamplePlan } from '../features/sample/sample.ts';
import { openSettings } from '../platform/settings.ts';
import { createMetPictures } from '../media/metPictures.ts';
import { mediaRows } from '../features/media/rows.ts';
import { createMediaRoute } from '../media/routes.ts';
import { startSweep } from '../media/sweepCache.ts';
import { monotonicClock, systemClock } from '../platform/clock.ts';
import { openLog, type Log } from '../platform/log.ts';
import { userPaths, type UserPaths } from '../platform/paths.ts';
import { projectFolder } from '../platform/projectFolder.ts';
import { readOnlyReason } from '../platform/readOnlyReason.ts';
import { createTurns } from '../platform/turns.ts';
import { programVersion } from '../platform/version.ts';
import type { HostContext } from '../features/context.ts';
import { contractHash } from './contractHash.ts';
import { createDispatcher } from './dispatch.ts';
import { createEvents } from './events.ts';
import { createHandlers } from './handlers.ts';
import { openJobs, registerJobs } from './jobs.ts';
import { openChecked, openingOf, OPENING_KEY, restingStamp, type OpenedProject } from './openChecked.ts';
import { connectInMemory } from './memory.ts';
import { createPreparations } from './preparations.ts';
import { createServices } from '../features/services.ts';
import { createProject, DATABASE_NAME, missingProject, projectExists } from './project.ts';
import { createWindows } from '../features/history/windows.ts';
import { watchPlace } from './watchPlace.ts';
import { startServer, type Server } from './server.ts';

export { createProject } from './project.ts';

export interface HostOptions {
  folder: string;
  /** Makes the project when the folder is none yet; named after its folder unless a name is given. */
  create?: boolean | { name: string };
  /** Starts the sample jobs when the project has never had them. */
  sample?: boolean | SamplePlan;
  paths?: UserPaths;
  /** Milliseconds since 1970. */
  clock?: () => number;
  /** For durations, in milliseconds. */
  monotonic?: () => number;
  /** Calls back once after so many milliseconds; what it returns cancels that. Tests decide when a backup is due. */
  after?: (ms: number, call: () => void) => () => void;
  /** Why the project cannot be written; null when it can. Default: asks the system. */
  readOnlyReason?: typeof readOnlyReason;
  /** The same for looking whether the project is in its place. */
  lookLater?: (ms: number, call: () => void) => () => void;
  log?: Log;
  /** Folder of the built page. */
  pageFolder?: string;
  /** Upper limit of the database file in pages; what does not fit ends like on a full disk. */
  databasePages?: number;
  /** Checks every answer against the contract; on in tests. */
  validateOutputs?: boolean;
}

export interface Host {
  context: HostContext;
  /** A client in this process. */
  client(): RpcClient;
  /** port 0 or none: `wantedPort` where it is free, else any free one. `patience`: how long a socket may wait with its token. */
  serve(options?: { port?: number; wantedPort?: number; patience?: number }): Promise<Server>;
  /** Ends jobs, answers what is under way, closes the database, gives the lock back. */
  close(): Promise<void>;
}

const programRoot = new URL('../../', import.meta.url);

export async function openHost(options: HostOptions): Promise<Host> {
  const clock = options.clock ?? systemClock;
  const monotonic = options.monotonic ?? monotonicClock;
  const log = options.log ?? openLog('info');
  const paths = options.paths ?? userPaths();
  const folder = resolve(options.folder);
  if (!projectExists(folder)) {
    if (!options.create) throw missingProject(folder);
    await createProject(folder, options.create === true ? basename(folder) : options.create.name, { clock, log });
  }
  const version = programVersion();
  const reason = (options.readOnlyReason ?? readOnlyReason)(folder, join(folder, DATABASE_NAME));
  const lock = reason === null ? lockProject(folder, { now: clock(), version }) : noLock(folder);
  // Whatever opens is closed again, last first, also when opening stops half way.
  const closers: (() => unknown)[] = [() => lock.release()];
  async function close(): Promise<void> {
    const failures: unknown[] = [];
    // Each of them, whatever became of the others: a project that was moved away refuses what they would write.
    for (const closer of closers.splice(0).reverse())
      try {
        await closer();
      } catch (error) {
        failures.push(error);
      }
    if (failures.length > 0) throw failures[0];
  }

  let noteLeft = (): Promise<void> => Promise.resolve();
  // When the database is closed: then its file stays as it is.
  closers.push(() => noteLeft());

  try {
    const opened = await openChecked({
      folder,
      file: join(folder, DATABASE_NAME),
      home: paths.home,
      reason,
      open: (file) =>
        openProjectDatabase({ file, create: false, clock, log, maxPages: options.databasePages }).catch(async (error: unknown) => {
          const own = join(folder, DATABASE_NAME);
          const told = ofOriginal(error, file, own);
          throw told instanceof AppError && told.code === 'PROJECT_DAMAGED' ? await damagedSentence(own, folder, told) : told;
        }),
      closing: (end) => void closers.push(end),
    });
    const { known, looking, readOnly, projectId, file: databaseFile } = opened;
    const project = projectFolder(folder, { isChosen: (outside) => known.hasRoot(outside), cache: looking?.cache });
    if (!looking) for (const part of ['runs', 'cache', 'backups']) await project.makeFolder(project.file(part));
    const db = looking ? opened.db : watchWork(opened.db, () => backups.noteWork());
    // Two that start at one moment while someone deletes lock files: the one whose file is not in place has not got the project.
    if (!lock.isInPlace())
      throw new AppError('PROJECT_LOCKED', `The project ${project.folder} is being opened by another program.`, { folder: project.folder });
    if (opened.refreshed > 0)
      log.warn(
        `What is shown of ${opened.refreshed} ${opened.refreshed === 1 ? 'tracklet' : 'tracklets'} did not follow from the values in the project ${project.folder}, and was made anew from them.`,
      );
    if (!looking) clearCopies(databaseFile, log);
    await removeDeadCopies().then(
      (names) => names.length > 0 && log.info({ names }, 'private copies that a killed program left were removed'),
      (error: unknown) => log.warn({ err: error }, 'private copies that a killed program left could not be removed'),
    );
    if (!looking) noteLeft = await markOpening(opened, log);
    const settings = await openSettings(join(paths.home, 'settings.json'), log);
    const events = createEvents(log);
    const session = randomUUID();
    const backups = createBackups({ project, databaseFile, db, events, log, clock, monotonic, after: options.after ?? later });
    closers.push(() => backups.close());
    const changedPictures = createMetPictures(events);
    const missingPictures = createMetPictures(events);
    closers.push(() => {
      changedPictures.close();
      missingPictures.close();
    });
    const windows = createWindows();
    closers.push(watchPlace({ db, lock, folder, events, log, after: options.lookLater ?? later }));
    const parts = {
      project,
      known,
      readOnly,
      db,
      mediaRows: mediaRows(db),
      events,
      settings,
      paths,
      clock,
      monotonic,
      log,
      windows,
      turns: createTurns({ atOnce: 1, what: 'commands' }),
      session,
      version,
      backups,
      changedPictures,
      missingPictures,
      notices: [],
    };
    const jobs = openJobs(parts);
    const context: HostContext = { ...parts, jobs };
    const interactive = interactiveBackend({ now: monotonic });
    closers.push(() => interactive.close());
    const services = createServices(context, interactive.run);
    await registerJobs({ context, services });
    const handlers = createHandlers(context, services);
    await clearManifests(project);
    const leftovers = await clearLeftovers(context);
    closers.push(() => leftovers.close());
    const sweeping = startSweep(context);
    closers.push(() => sweeping.close());
    // Jobs that wait in a project that somebody sent are for the user to start; in one that is only looked at they stay.
    if (!opened.isOwn) await holdJobs(db, clock());
    await jobs.open();
    closers.push(() => jobs.close());
    const sample = await openSample(
      context,
      services,
      Boolean(options.sample),
      typeof options.sample === 'object' ? options.sample : SAMPLE_PLAN,
      opened.isOwn,
    );
    closers.push(() => sample.close());
    await db.write('keys', 'forgetCommandKeys', { before: clock() - 7 * 24 * 3600 * 1000 });

    const contract = contractHash();
    const numbering = opened.meta[NUMBERING_KEY] ?? projectId;
    const dispatcher = createDispatcher(context, handlers, {
      validateOutputs: options.validateOutputs ?? process.env['VITEST'] !== undefined,
      numbering,
      prepare: createPreparations(context, services),
    });
    closers.push(() => dispatcher.idle());
    let generation = opened.meta[GENERATION_KEY] ?? '';
    events.on('restored', (now) => (generation = now.generation));
    const hello = (client: string): Hello => ({ type: 'hello', version, contract, session, client, project: projectId, numbering, generation });
    if (db.walDamage) sayLost(context, db.walDamage);
    closers.push(checkInBackground(context));

    return {
      context,
      client: () => connectInMemory(dispatcher, hello, `memory-${randomUUID()}`, events.subscribe),
      async serve({ port = 0, wantedPort, patience } = {}) {
        const server = await startServer({
          port,
          wantedPort,
          patience,
          pageFolder: options.pageFolder ?? fileURLToPath(new URL('dist/renderer', programRoot)),
          dispatcher,
          media: createMediaRoute(context),
          hello,
          subscribe: events.subscribe,
          log,
        });
        closers.push(() => {
          lock.say(null);
          return server.close();
        });
        lock.say({ port: server.port, token: server.token });
        return server;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is wrong with a private copy is so with the project, which is what a person knows. */
function ofOriginal(error: unknown, copy: string, original: string): unknown {
  if (copy === original || !(error instanceof AppError)) return error;
  const params = error.params['file'] === copy ? { ...error.params, file: original } : error.params;
  return new AppError(error.code, error.message.replaceAll(copy, original), params, { cause: error, remedy: error.remedy });
}

/** What cannot be removed costs room, and keeps nobody from working. */
function clearCopies(databaseFile: string, log: Log): void {
  try {
    const names = removeUnfinished(databaseFile, performance.timeOrigin);
    if (names.length > 0) log.info({ names }, 'copies that were not finished were removed');
  } catch (error) {
    log.warn({ err: error }, 'copies that were not finished could not be removed');
  }
}

/** Marks this opening, so that the next can tell whose it was. Returns what notes, when all is closed, how the file was left. */
async function markOpening({ known, db, file }: OpenedProject, log: Log): Promise<() => Promise<void>> {
  const next = openingOf(file, randomUUID());
  try {
    if (next === null) return () => Promise.resolve();
    // In this order: a program that is killed in between leaves a mark that is known.
    await known.noteOpening(next);
    await db.write('project', 'setMeta', { [OPENING_KEY]: next.mark });
  } catch (error) {
    log.warn({ err: error }, 'it could not be noted that the project was opened here; jobs that wait at its end will wait for the user');
  }
  return async () => {
    const stamp = db.place.isLost() ? null : restingStamp(file);
    // Without it the rows are looked through at the next opening.
    if (next && stamp !== null)
      await known.noteClosing(next.mark, stamp).catch((error: unknown) => log.warn({ err: error }, 'it could not be noted how the project was left'));
  };
}

async function holdJobs(db: HostContext['db'], at: number): Promise<void> {
  const store = createJobStore(db);
  const error = toErrorShape(
    new AppError(
      'CANCELLED',
      'It waited in a project that was last opened by somebody else, or copied since.',
      {},
      { remedy: 'Run it again when you want it.' },
    ),
  );
  const waiting = (await store.all()).filter((row) => row.state === 'waiting');
  await store.update(waiting.map(({ id }) => ({ id, state: 'interrupted' as const, error, endedAt: at })));
}

/** Looking takes no lock; it needs the database to rest, since it copies it. */
function noLock(folder: string): Pick<ProjectLock, 'isInPlace' | 'retake' | 'say' | 'release'> {
  if (isHeld(folder)) throw lockedBy(folder, holderOf(folder));
  return { isInPlace: () => true, retake: () => true, say: () => undefined, release: () => undefined };
}

/** A copy that is due must not keep the program from ending. */
function later(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

/** Every page is told when it comes, and the log and the command line at once. */
function sayLost({ project, notices, log }: HostContext, { transactions, keptAs }: WalDamage): void {
  const missing =
    transactions > 0 ? `at least ${transactions} saved ${transactions === 1 ? 'step is' : 'steps are'} missing` : 'steps that were saved may be missing';
  const error = new AppError(
    'CHANGES_LOST',
    `The write-ahead log of ${project.folder} was damaged when the program last ended: ${missing} from the last ones; what was saved before is whole.${keptAs === null ? '' : ` The damaged log is kept as ${basename(keptAs)}.`}`,
  );
  notices.push({ code: error.code, message: error.message, remedy: error.remedy });
  log.error(error.message);
}

/** A damaged page shows itself only when it is read; look once after the window is up, and say so. Returns what gives it up. */
function checkInBackground({ db, events, log, project }: HostContext): () => void {
  const timer = setTimeout(() => {
    db.check().then(
      (verdict) => {
        if (verdict === 'ok') return;
        log.error({ verdict }, 'the project database is damaged');
        const error = new AppError('PROJECT_DAMAGED', `The project database in ${project.folder} is damaged (${verdict.slice(0, 200)}).`);
        events.emit('notice', { code: error.code, message: error.message, remedy: error.remedy });
      },
      (error: unknown) => log.warn({ err: error }, 'the project database could not be checked'),
    );
  }, 30_000);
  timer.unref();
  return () => clearTimeout(timer);
}
