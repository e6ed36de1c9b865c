/**
 * The persistent job queue: rows in table `job`, one compute job at a time on a device, several io jobs, dependencies, cancel, retry.
 * It knows nothing of what a job does; runners register by kind. Work that was under way when the program ended is found
 * as `interrupted` at the next start and waits for a retry, but for what goes on by itself. Tests: test/main/jobs/queueEnds.test.ts,
 * test/main/jobs/queueRules.test.ts, test/main/jobs/queue.test.ts.
 */
import { join } from 'node:path';
import { AppError, FOLLOWS_BY_ITSELF, cancelled, fromErrorShape, toErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import { isStorageTrouble } from '../../src-shared/errno.ts';
import type { Job, JobGroup, JobResource, JobShows, JobState, LogLine } from '../../src-shared/contract/jobs.ts';
import { openLogFile, readLog, removeLog, type LogFile, type LogPage } from './logFile.ts';
import { paced, systemTiming, type Paced, type Timing } from '../platform/paced.ts';
import { visibleTitle } from '../../src-shared/visibleText.ts';
import { createRateClock, type RateClock } from './rateClock.ts';

/** A row of table `job`, JSON columns parsed. */
export interface JobRow {
  id: number;
  kind: string;
  title: string;
  state: JobState;
  params: unknown;
  after: number[];
  done: number;
  total: number;
  unit: string;
  message: string;
  result: unknown;
  error: ErrorShape | null;
  runId: string | null;
  datasetId: number | null;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /** The user has read why it ended; views of other things do not say it again. */
  dismissed: boolean;
}

export type NewJobRow = Pick<JobRow, 'kind' | 'title' | 'params' | 'after' | 'runId' | 'datasetId' | 'createdAt'>;
export type JobChange = { id: number } & Partial<
  Pick<JobRow, 'state' | 'done' | 'total' | 'unit' | 'message' | 'result' | 'error' | 'startedAt' | 'endedAt' | 'datasetId' | 'dismissed'>
>;

/** Where rows live; `features/jobs/store.ts` puts them into the database. */
export interface JobStore {
  all(): Promise<JobRow[]>;
  get(id: number): Promise<JobRow | null>;
  insert(row: NewJobRow): Promise<number>;
  update(changes: JobChange[]): Promise<void>;
  remove(ids: number[]): Promise<void>;
}

export interface JobTools {
  /** Aborted by cancel and by the end of the program. */
  signal: AbortSignal;
  /** total 0 = not known yet. May be called as often as one likes; listeners hear of it five times a second at most. */
  progress(done: number, total: number, unit?: string, message?: string): void;
  log(level: LogLine['level'], text: string): void;
  /** Names the data set a job made, once it is known. */
  setDataset(id: number): void;
}

export interface JobRunner {
  /** As in `JobDefinition`. */
  title: string;
  group: JobGroup;
  shows?: JobShows;
  resource: JobResource;
  /** What a compute job computes on, such as `cuda:0`; asked when it is its turn. Default `cpu`. */
  device?(job: JobRow): string;
  /** true: a retry goes on where the last try ended; false: it begins again. */
  resumable: boolean;
  /** Nobody asked for it but those that wait for it: where the end of the program cut it off, it goes on with them at the next start. */
  goesOn?: boolean;
  /** The job was started for others that wait for it, and for nothing else: it ends with the last of them that is cancelled. */
  servesOnly?(job: JobRow): boolean;
  /** Resolves with a JSON value. Throws AppError; CANCELLED when it ended because of the signal. */
  run(job: JobRow, tools: JobTools): Promise<unknown>;
}

export interface JobRequest {
  kind: string;
  title: string;
  /** JSON: all that is needed to run it, also after a restart. */
  params: unknown;
  /** Jobs that must be done first. */
  after?: number[];
  runId?: string | null;
  datasetId?: number | null;
}

export interface JobQueue {
  registerRunner(kind: string, runner: JobRunner): void;
  /** Call once, after the runners are registered: marks what was running as interrupted and goes on with what waits. */
  open(): Promise<void>;
  start(request: JobRequest): Promise<number>;
  /** The id of a job that waits or runs, and is the same by `isSame`; where there is none, `request` is started. */
  startUnless(isSame: (row: JobRow) => boolean, request: JobRequest): Promise<number>;
  cancel(id: number): Promise<void>;
  /** Starts what may start by now, after the limit or the device of jobs was changed. */
  lookAgain(): Promise<void>;
  /** Does something that no job may run beside: none begins meanwhile. Throws CONFLICT naming the one that runs. */
  whileIdle<T>(work: () => Promise<T>): Promise<T>;
  /** The same, beside jobs that do not matter to it: `refuse` says what is thrown where one that does runs, and null of others. */
  unless<T>(refuse: (running: JobRow) => AppError | null, work: () => Promise<T>): Promise<T>;
  /** Puts a failed, cancelled or interrupted job (and what failed because of it) back into the queue, under its old id. */
  retry(id: number): Promise<number>;
  /** Of a job that failed, was cancelled or interrupted: its end has been read. It stays in the list. */
  dismiss(id: number): Promise<void>;
  /** Resolves with the result, rejects with the job's error. An `interrupted` job rejects too. `signal`: it is not waited for any more. */
  wait(id: number, signal?: AbortSignal): Promise<unknown>;
  list(): Promise<Job[]>;
  get(id: number): Promise<Job | null>;
  log(id: number, from: number): Promise<LogPage>;
  /** Forgets the jobs that have ended, with their logs. */
  clear(): Promise<void>;
  /** Told after every job that ended, whatever way. */
  onEnd(listener: (job: Job) => void): () => void;
  /** Aborts what runs and waits for it; rows stay `interrupted`. */
  close(): Promise<void>;
}

export interface JobQueueContext {
  store: JobStore;
  events: { emit(event: 'job', payload: Job): void; changed(tags: string[], origin: string | null): void };
  /** Milliseconds since 1970. */
  clock(): number;
  timing?: Timing;
  /** Folder of the logs, `cache/jobs` of the project. */
  logFolder: string;
  makeFolder?(folder: string): Promise<void>;
  /** io jobs at once. */
  ioSlots?: number;
  /** Compute jobs at once on one device; asked each time. Default 1. */
  jobsPerDevice?: () => number;
}

interface Active {
  row: JobRow;
  /** What it takes a share of: `io`, or its device. */
  place: string;
  abort: AbortController;
  log: LogFile;
  rate: RateClock;
  /** By the monotonic clock. */
  beganAt: number;
  emit: Paced;
  save: Paced;
  cancelled: boolean;
  finished: Promise<void>;
}

const EVENT_INTERVAL = 200;
const SAVE_INTERVAL = 1000;
const CLOSING = 'The program is closing.';
/** A job that is to run once more. */
const FRESH = { state: 'waiting', error: null, result: null, endedAt: null, startedAt: null, message: '', dismissed: false } as const;

/** Whether a job was aborted because the program ends, and not because somebody wants it gone. */
export function isClosing(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason instanceof AppError && signal.reason.message === CLOSING;
}

export function createJobQueue(context: JobQueueContext): JobQueue {
  const { store, events, clock, timing = systemTiming } = context;
  const ioSlots = context.ioSlots ?? 3;
  const runners = new Map<string, JobRunner>();
  const active = new Map<number, Active>();
  const waiters = new Map<number, PromiseWithResolvers<unknown>[]>();
  const endListeners = new Set<(job: Job) => void>();
  /** Ends that could not be stored, as on a full disk: shown like stored ones, and stored with the next change that can be. */
  const unsaved = new Map<number, JobChange>();
  let closing = false;
  let opened = false;
  /** Rows change only inside this chain, so that two commands never see half of each other. */
  let chain: Promise<unknown> = Promise.resolve();

  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = chain.then(work);
    chain = result.catch(() => undefined);
    return result;
  }

  async function allRows(): Promise<JobRow[]> {
    return (await store.all()).map((row) => ({ ...row, ...unsaved.get(row.id) }));
  }

  async function save(changes: JobChange[]): Promise<void> {
    await store.update([...unsaved.values(), ...changes]);
    unsaved.clear();
  }

  function toJob(row: JobRow): Job {
    const live = active.get(row.id);
    const { params: _params, result: _result, ...shown } = live ? live.row : row;
    const ended = shown.state === 'failed' || shown.state === 'cancelled' || shown.state === 'interrupted';
    const runner = runners.get(row.kind);
    return {
      ...shown,
      title: visibleTitle(shown.title),
      kindTitle: runner?.title ?? row.kind,
      group: runner?.group ?? null,
      resource: runner?.resource ?? null,
      shows: runner?.shows ?? (row.runId !== null ? 'run' : row.datasetId !== null ? 'dataset' : null),
      secondsLeft: live ? live.rate.secondsLeft(shown.done, shown.total, timing.now()) : null,
      resumable: ended && (runner?.resumable ?? false),
    };
  }

  function announce(row: JobRow): void {
    events.emit('job', toJob(row));
    events.changed(['Jobs'], null);
  }

  function settle(row: JobRow): void {
    for (const waiter of waiters.get(row.id) ?? []) {
      if (row.state === 'done') waiter.resolve(row.result);
      else waiter.reject(fromErrorShape(row.error ?? toErrorShape(cancelled())));
    }
    waiters.delete(row.id);
    for (const listener of endListeners) listener(toJob(row));
  }

  /** Ends a job that did not run. */
  async function endUnstarted(row: JobRow, state: 'failed' | 'cancelled', error: AppError): Promise<void> {
    Object.assign(row, { state, error: toErrorShape(error), endedAt: clock() });
    await save([{ id: row.id, state, error: row.error, endedAt: row.endedAt }]);
    announce(row);
    settle(row);
  }

  /** Starts what can start; ends what can no longer start. Runs inside the chain. */
  async function schedule(): Promise<void> {
    if (closing || !opened) return;
    for (let again = true; again;) {
      again = false;
      const rows = (await allRows()).sort((a, b) => a.id - b.id);
      const byId = new Map(rows.map((row) => [row.id, row]));
      for (const row of rows) {
        if (row.state !== 'waiting') continue;
        const broken = brokenDependency(row, byId);
        if (broken) {
          await endUnstarted(row, broken.state, broken.error);
          again = true;
          continue;
        }
        if (!row.after.every((id) => byId.get(id)?.state === 'done')) continue;
        const runner = runners.get(row.kind);
        if (!runner) {
          await endUnstarted(row, 'failed', new AppError('UNSUPPORTED', `This program cannot run jobs of kind "${row.kind}".`, { kind: row.kind }));
          again = true;
          continue;
        }
        const place = runner.resource === 'io' ? 'io' : (runner.device?.(row) ?? 'cpu');
        const busy = [...active.values()].filter((one) => one.place === place).length;
        if (busy >= (place === 'io' ? ioSlots : (context.jobsPerDevice?.() ?? 1))) continue;
        await begin(row, runner, place);
      }
    }
  }

  function brokenDependency(row: JobRow, byId: Map<number, JobRow>): { state: 'failed' | 'cancelled'; error: AppError } | null {
    for (const id of row.after) {
      const dependency = byId.get(id);
      if (!dependency) return { state: 'failed', error: new AppError('NOT_FOUND', `Job ${id}, which had to be done first, was removed.`, { dependency: id }) };
      if (dependency.state === 'failed')
        return {
          state: 'failed',
          error: new AppError(
            dependency.error?.code ?? 'CANCELLED',
            failureOf(dependency),
            { ...dependency.error?.params, dependency: id },
            // What helps the other one is what helps here: the command line shows this error alone.
            { remedy: `${(dependency.error?.remedy ?? '').replace(FOLLOWS_BY_ITSELF, '').trimEnd()} ${FOLLOWS_BY_ITSELF}`.trim() },
          ),
        };
      if (dependency.state === 'cancelled')
        return {
          state: 'cancelled',
          error: new AppError('CANCELLED', `"${visibleTitle(dependency.title)}", which had to be done first, was cancelled.`, { dependency: id }),
        };
    }
    return null;
  }

  async function begin(row: JobRow, runner: JobRunner, place: string): Promise<void> {
    Object.assign(row, { state: 'running', startedAt: clock(), endedAt: null, error: null, result: null, message: '' });
    await save([{ id: row.id, state: 'running', startedAt: row.startedAt, endedAt: null, error: null, result: null, message: '' }]);
    const job: Active = {
      row,
      place,
      abort: new AbortController(),
      log: openLogFile(logPath(row.id), clock, context.makeFolder),
      rate: createRateClock(),
      beganAt: timing.now(),
      emit: paced(EVENT_INTERVAL, () => events.emit('job', toJob(row)), timing),
      save: paced(SAVE_INTERVAL, () => void saveProgress(row), timing),
      cancelled: false,
      finished: Promise.resolve(),
    };
    active.set(row.id, job);
    announce(row);
    job.finished = drive(job, runner);
  }

  async function drive(job: Active, runner: JobRunner): Promise<void> {
    const { row } = job;
    let outcome: { state: JobState; result: unknown; error: ErrorShape | null };
    try {
      const result = await runner.run(structuredClone(row), toolsOf(job));
      outcome = { state: 'done', result: result ?? null, error: null };
    } catch (error) {
      const shape = toErrorShape(error);
      if (closing) outcome = { state: 'interrupted', result: null, error: interruptedShape() };
      // That a cancelled job could not keep what it had done must not pass as an ordinary cancel.
      else if (job.cancelled && !isStorageTrouble(shape.code)) outcome = { state: 'cancelled', result: null, error: toErrorShape(cancelled()) };
      else outcome = { state: 'failed', result: null, error: shape };
      if (outcome.state === 'failed')
        job.log.append('error', shape.code === 'INTERNAL' && error instanceof Error ? (error.stack ?? shape.message) : `${shape.message} ${shape.remedy}`);
    }
    await exclusive(() => finish(job, outcome));
  }

  async function finish(job: Active, outcome: { state: JobState; result: unknown; error: ErrorShape | null }): Promise<void> {
    const { row } = job;
    job.emit.stop();
    job.save.stop();
    // So that it lasted as long as it did, also where somebody has set the clock meanwhile.
    Object.assign(row, outcome, { endedAt: (row.startedAt ?? clock()) + Math.round(timing.now() - job.beganAt) });
    await job.log.close();
    const change: JobChange = {
      id: row.id,
      state: row.state,
      result: row.result,
      error: row.error,
      endedAt: row.endedAt,
      done: row.done,
      total: row.total,
      unit: row.unit,
      message: row.message,
      datasetId: row.datasetId,
    };
    await save([change]).catch(() => void unsaved.set(row.id, change));
    active.delete(row.id);
    announce(row);
    settle(row);
    // What cannot be begun now still waits, and is tried again with the next change.
    await schedule().catch(() => undefined);
  }

  function toolsOf(job: Active): JobTools {
    const { row } = job;
    return {
      signal: job.abort.signal,
      progress(done, total, unit, message) {
        row.done = done;
        row.total = total;
        if (unit !== undefined) row.unit = unit;
        if (message !== undefined) row.message = message;
        job.rate.add(done, timing.now());
        job.emit();
        job.save();
      },
      log(level, text) {
        job.log.append(level, text);
        emitLogSoon(row.id);
      },
      setDataset(id) {
        row.datasetId = id;
        job.emit();
        job.save();
      },
    };
  }

  /** A progress that could not be saved is not worth failing the job; its end is saved for sure. */
  function saveProgress({ id, done, total, unit, message, datasetId }: JobRow): Promise<void> {
    return store.update([{ id, done, total, unit, message, datasetId }]).catch(() => undefined);
  }

  const logTimers = new Map<number, NodeJS.Timeout>();
  function emitLogSoon(id: number): void {
    if (logTimers.has(id)) return;
    logTimers.set(
      id,
      setTimeout(() => {
        logTimers.delete(id);
        events.changed([`JobLog:${id}`], null);
      }, EVENT_INTERVAL),
    );
  }

  function logPath(id: number): string {
    return join(context.logFolder, `${id}.jsonl`);
  }

  async function mustGet(id: number): Promise<JobRow> {
    const stored = active.get(id)?.row ?? (await store.get(id));
    const row = stored && Object.assign(stored, unsaved.get(id));
    if (!row) throw new AppError('NOT_FOUND', `There is no job ${id}.`, { id });
    return row;
  }

  async function add(request: JobRequest): Promise<number> {
    if (closing) throw new AppError('CANCELLED', 'The program is closing; no new job can start.');
    const id = await store.insert({
      kind: request.kind,
      title: request.title,
      params: request.params,
      after: request.after ?? [],
      runId: request.runId ?? null,
      datasetId: request.datasetId ?? null,
      createdAt: clock(),
    });
    announce(await mustGet(id));
    await schedule();
    return id;
  }

  async function end(row: JobRow): Promise<void> {
    const job = active.get(row.id);
    if (job) {
      job.cancelled = true;
      row.message = job.row.message = 'Stopping';
      job.emit();
      job.abort.abort(cancelled());
      return;
    }
    // An interrupted job may be given up; one that has ended stays as it is.
    if (row.state !== 'waiting' && row.state !== 'interrupted') return;
    await endUnstarted(row, 'cancelled', cancelled());
    await endUnneeded(row.after);
  }

  /** Ends those that were there for jobs that are gone now. */
  async function endUnneeded(ids: number[]): Promise<void> {
    for (const id of ids) {
      const rows = await allRows();
      const row = rows.find((one) => one.id === id);
      if (!row || !runners.get(row.kind)?.servesOnly?.(row)) continue;
      if (rows.some((other) => other.state === 'waiting' && other.after.includes(id)) || (waiters.get(id)?.length ?? 0) > 0) continue;
      await end(row);
    }
  }

  /** Jobs that were there for this one alone and have not done it: nobody else would begin them again. */
  function servantsOf(row: JobRow, rows: JobRow[]): JobRow[] {
    const broken = rows.filter(
      (other) =>
        row.after.includes(other.id) &&
        (other.state === 'failed' || other.state === 'cancelled' || other.state === 'interrupted') &&
        runners.get(other.kind)?.servesOnly?.(other) === true,
    );
    return broken.flatMap((other) => [other, ...servantsOf(other, rows)]);
  }

  function unless<T>(refuse: (running: JobRow) => AppError | null, work: () => Promise<T>): Promise<T> {
    return exclusive(async () => {
      for (const { row } of active.values()) {
        const refusal = refuse(row);
        if (refusal) throw refusal;
      }
      return work();
    });
  }

  return {
    registerRunner(kind, runner) {
      if (runners.has(kind)) throw new Error(`a runner for "${kind}" is registered already`);
      runners.set(kind, runner);
    },

    open: () =>
      exclusive(async () => {
        const rows = await allRows();
        const goesOn = (row: JobRow): boolean =>
          runners.get(row.kind)?.goesOn === true && rows.some((other) => other.state === 'waiting' && other.after.includes(row.id));
        const changed = rows.flatMap((row): JobRow[] => {
          if ((row.state === 'running' || row.state === 'interrupted') && goesOn(row)) return [{ ...row, ...FRESH }];
          if (row.state !== 'running') return [];
          return [{ ...row, state: 'interrupted' as const, error: interruptedShape(), endedAt: clock() }];
        });
        await save(changed.map(({ id, state, error, startedAt, endedAt, message }) => ({ id, state, error, startedAt, endedAt, message })));
        opened = true;
        for (const row of changed) announce(row);
        await schedule();
      }),

    start: (request) => exclusive(() => add(request)),

    startUnless: (isSame, request) =>
      exclusive(async () => {
        // One that is being stopped is of no use to anyone who comes now.
        const same = (await allRows()).find((row) => (row.state === 'waiting' || (row.state === 'running' && !active.get(row.id)?.cancelled)) && isSame(row));
        return same?.id ?? (await add(request));
      }),

    cancel: (id) =>
      exclusive(async () => {
        await end(await mustGet(id));
        await schedule();
      }),

    lookAgain: () => exclusive(schedule),

    unless,

    whileIdle: (work) =>
      unless(
        ({ id, title }) =>
          new AppError(
            'CONFLICT',
            `"${visibleTitle(title)}" is under way; what it writes belongs to the project as it is now.`,
            { job: id },
            { remedy: 'Stop it first, or wait for its end.' },
          ),
        work,
      ),

    retry: (id) =>
      exclusive(async () => {
        const rows = await allRows();
        const row = rows.find((candidate) => candidate.id === id);
        if (!row) throw new AppError('NOT_FOUND', `There is no job ${id}.`, { id });
        if (row.state === 'waiting' || row.state === 'running') return id;
        if (row.state === 'done') throw new AppError('CONFLICT', `"${visibleTitle(row.title)}" is done already; there is nothing to repeat.`, { id });
        const again = [...new Set([row, ...servantsOf(row, rows), ...fellWith(id, rows)])];
        for (const one of again) Object.assign(one, FRESH);
        await save(again.map(({ id }) => ({ id, ...FRESH })));
        for (const one of again) announce(one);
        await schedule();
        return id;
      }),

    dismiss: (id) =>
      exclusive(async () => {
        const row = await mustGet(id);
        if (row.state === 'waiting' || row.state === 'running') return;
        Object.assign(row, { dismissed: true });
        await save([{ id, dismissed: true }]);
        announce(row);
      }),

    async wait(id, signal) {
      signal?.throwIfAborted();
      const waiter = Promise.withResolvers<unknown>();
      // Registered inside the chain, so that the end cannot fall between look and wait.
      await exclusive(async () => {
        const row = await mustGet(id);
        if (row.state === 'done') return waiter.resolve(row.result);
        if (row.state !== 'waiting' && row.state !== 'running') return waiter.reject(fromErrorShape(row.error ?? interruptedShape()));
        waiters.set(id, [...(waiters.get(id) ?? []), waiter]);
      });
      function leave(): void {
        const left = (waiters.get(id) ?? []).filter((other) => other !== waiter);
        if (left.length > 0) waiters.set(id, left);
        else waiters.delete(id);
        waiter.reject(signal?.reason);
        if (!closing) void exclusive(() => endUnneeded([id])).catch(() => undefined);
      }
      if (signal?.aborted) leave();
      signal?.addEventListener('abort', leave, { once: true });
      try {
        return await waiter.promise;
      } finally {
        signal?.removeEventListener('abort', leave);
      }
    },

    async list() {
      const order: Record<JobState, number> = { running: 0, waiting: 1, interrupted: 2, failed: 2, cancelled: 2, done: 2 };
      const jobs = (await allRows()).map(toJob);
      return jobs.sort((a, b) => order[a.state] - order[b.state] || (a.state === 'waiting' ? a.id - b.id : b.id - a.id));
    },

    async get(id) {
      const row = await store.get(id);
      return row ? toJob({ ...row, ...unsaved.get(id) }) : null;
    },

    async log(id, from) {
      await mustGet(id);
      await active.get(id)?.log.flush();
      return readLog(logPath(id), from);
    },

    clear: () =>
      exclusive(async () => {
        const rows = await allRows();
        const needed = new Set(rows.filter((row) => row.state === 'waiting' || row.state === 'running').flatMap((row) => row.after));
        const ended = rows.filter((row) => row.state !== 'waiting' && row.state !== 'running' && !needed.has(row.id));
        await store.remove(ended.map((row) => row.id));
        await Promise.all(ended.map((row) => removeLog(logPath(row.id))));
        events.changed(['Jobs'], null);
      }),

    onEnd(listener) {
      endListeners.add(listener);
      return () => endListeners.delete(listener);
    },

    async close() {
      closing = true;
      await chain;
      const running = [...active.values()];
      for (const job of running) job.abort.abort(new AppError('CANCELLED', CLOSING));
      await Promise.all(running.map((job) => job.finished));
      for (const timer of logTimers.values()) clearTimeout(timer);
    },
  };
}

/** What failed first, however many have waited for one another since. */
function failureOf({ title, error }: JobRow): string {
  if (error?.params['dependency'] !== undefined) return error.message;
  return `"${visibleTitle(title)}", which had to be done first, failed: ${error?.message ?? 'no reason is known'}`;
}

/** Jobs that ended only because `id` (or one that ended because of it) did. */
function fellWith(id: number, rows: JobRow[]): JobRow[] {
  const direct = rows.filter((row) => (row.state === 'failed' || row.state === 'cancelled') && row.error?.params['dependency'] === id);
  return direct.flatMap((row) => [row, ...fellWith(row.id, rows)]);
}

function interruptedShape(): ErrorShape {
  return toErrorShape(new AppError('JOB_CRASHED', 'The program ended while the job was running.'));
}
