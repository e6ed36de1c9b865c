/** A project for one command, through the same client that the page uses, and waiting for jobs with progress on standard error. Test: test/main/cli/attach.test.ts. */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Job } from '../../src-shared/contract/jobs.ts';
import { AppError, fromErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { holderOf } from '../db/projectLock.ts';
import type { Host } from '../host/host.ts';
import type { Server } from '../host/server.ts';
import { attach, connectionLost } from './attach.ts';
import type { CommandIo } from './command.ts';
import { terminalLog } from './terminalLog.ts';

const LOOK_EVERY_MS = 200;
/** Half a minute: opening takes seconds on a busy machine. */
const MOST_LOOKS = 150;

/**
 * The project in the folder, through the host that has it open already, or one of this command's own. That one serves too while the command runs,
 * so that others can be run beside it, and ends after them.
 */
export async function withProject<T>(folder: string, io: CommandIo, use: (client: RpcClient) => Promise<T>): Promise<T> {
  const path = resolve(folder);
  const opened = await attachOrOpen(path, io);
  if ('call' in opened) {
    try {
      await sayLeftOut(opened, io);
      return await use(opened);
    } finally {
      opened.close();
    }
  }
  try {
    const client = opened.client();
    const active = (await client.call('jobs.list', {})).filter(({ state }) => state === 'running' || state === 'waiting');
    wentOn.set(client, new Set(active.map(({ id }) => id)));
    const server = await opened.serve();
    await sayLeftOut(client, io);
    const result = await use(client);
    await untilAlone(server, io);
    return result;
  } finally {
    await opened.close();
  }
}

const wentOn = new WeakMap<RpcClient, Set<number>>();

/** Whether the job waited in the project and went on by itself when this command opened it, before any other could ask for it. */
export function wentOnByItself(client: RpcClient, jobId: number): boolean {
  return wentOn.get(client)?.has(jobId) === true;
}

/** Figures of fewer rows than the project has must not pass for all of them. */
export async function sayLeftOut(client: RpcClient, io: CommandIo): Promise<void> {
  const { folder, readOnly } = await client.call('project.info', {});
  if (!readOnly || readOnly.leftOut === null) return;
  io.leftOut = `What is told of the project ${folder} is not all of it: ${readOnly.leftOut}.`;
  io.note(`Warning: ${io.leftOut}${readOnly.remedy === null ? '' : `\n${readOnly.remedy}`}`);
}

/** Of several that begin at once, one opens the project and the others find it locked for a moment. */
async function attachOrOpen(path: string, io: CommandIo): Promise<RpcClient | Host> {
  const { openHost } = await import('../host/host.ts');
  for (let look = 1; ; look++) {
    const client = await attachTo(path);
    if (client) return client;
    try {
      return await openHost({ folder: path, log: terminalLog(io) });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'PROJECT_LOCKED' || look >= MOST_LOOKS) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** Another command may have been started meanwhile, and holds on to this host. */
async function untilAlone(server: Pick<Server, 'idle'>, { signal }: CommandIo): Promise<void> {
  if (signal.aborted) return;
  await Promise.race([server.idle(), new Promise<void>((stopped) => signal.addEventListener('abort', () => stopped(), { once: true }))]);
}

/** Where the host that has the project open serves it; null when nobody has, or does not say: a host that has just begun, or is ending. */
export function servedAt(path: string): { port: number; token: string } | null {
  const holder = holderOf(path);
  return !holder || holder.port === null || holder.token === null ? null : { port: holder.port, token: holder.token };
}

async function attachTo(path: string): Promise<RpcClient | null> {
  const served = servedAt(path);
  if (!served) return null;
  try {
    return await attach(served);
  } catch (error) {
    if (error instanceof AppError && error.code === 'CONNECTION_LOST') return null;
    throw error;
  }
}

/** What `start` begins in the project is stopped cleanly by a signal that comes from here on, not left half done by one that ends the command at once. */
export async function stoppable<T>({ signal }: CommandIo, start: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled before it began.');
  return start();
}

/**
 * Ends when the job and everything it started has ended; throws its error. Cancels it when the command is interrupted. Whoever is told the error here
 * has read it: the page does not show it as news once more.
 */
export async function waitForJob(client: RpcClient, jobId: number, io: CommandIo): Promise<Job> {
  const ended = Promise.withResolvers<Job>();
  const lost = connectionLost(client);
  let shown = '';
  const seen = (job: Job): void => {
    if (job.id !== jobId) return;
    const line = progressLine(job);
    if (line !== shown && job.state === 'running') io.note(line);
    shown = line;
    if (job.state === 'done') ended.resolve(job);
    else if (job.state === 'failed' || job.state === 'cancelled' || job.state === 'interrupted')
      ended.reject(job.error ? fromErrorShape(job.error as ErrorShape) : new AppError('CANCELLED', `${job.title} was ${job.state}.`));
  };
  const off = client.on('job', seen);
  const warnings = warningsOf(client, jobId, io);
  const cancel = (): void => void client.call('jobs.cancel', { id: jobId }).catch(() => undefined);
  io.signal.addEventListener('abort', cancel, { once: true });
  // It may have been interrupted while the job was being started.
  if (io.signal.aborted) cancel();
  try {
    // It may have ended before the listener was there.
    for (const job of await client.call('jobs.list', {})) seen(job);
    // Without the second, a host that ends while nothing is asked of it would never be noticed.
    return await Promise.race([ended.promise, ...(lost ? [lost] : [])]);
  } catch (error) {
    await client.call('jobs.dismiss', { id: jobId }).catch(() => undefined);
    throw error;
  } finally {
    await warnings.rest();
    off();
    io.signal.removeEventListener('abort', cancel);
  }
}

/** What the job warns of in its log, such as a damaged checkpoint that was passed over: a script's reader has no other place to see it. */
function warningsOf(client: RpcClient, jobId: number, io: CommandIo): { rest(): Promise<void> } {
  let next = 0;
  let reading: Promise<void> = Promise.resolve();
  const read = (): Promise<void> =>
    (reading = reading.then(async () => {
      for (;;) {
        const page = await client.call('jobs.log', { id: jobId, from: next }).catch(() => null);
        if (!page || page.lines.length === 0) return;
        for (const line of page.lines) if (line.level === 'warn') io.note(`Warning: ${line.text}`);
        next = page.next;
      }
    }));
  const off = client.on('changed', ({ tags }) => {
    if (tags.includes(`JobLog:${jobId}`)) void read();
  });
  return {
    async rest() {
      off();
      await read();
    },
  };
}

function progressLine(job: Job): string {
  // Steps of one percent, so that a log file stays readable.
  const share = job.total > 0 ? `${Math.floor((100 * job.done) / job.total)} %` : '';
  const left = job.secondsLeft === null ? '' : `, about ${Math.ceil(job.secondsLeft / 10) * 10} s left`;
  return `${job.title}: ${[share, job.total > 0 ? '' : job.message].filter(Boolean).join(' ')}${left}`;
}

/** A data set by id or name. */
export async function findDataset(client: RpcClient, wanted: string): Promise<number> {
  const datasets = await client.call('datasets.list', {});
  const found = datasets.find((dataset) => String(dataset.id) === wanted) ?? datasets.find((dataset) => dataset.name.toLowerCase() === wanted.toLowerCase());
  if (found) return found.id;
  throw new AppError('NOT_FOUND', `The project has no data set "${wanted}". It has: ${datasets.map((dataset) => dataset.name).join(', ') || 'none'}.`, {
    dataset: wanted,
  });
}

/** A run by id or name. */
export async function findRun(client: RpcClient, wanted: string): Promise<string> {
  const runs = await client.call('runs.list', {});
  const found = runs.find((run) => run.id === wanted) ?? runs.find((run) => run.name === wanted);
  if (found) return found.id;
  throw new AppError('NOT_FOUND', `The project has no run "${wanted}". It has: ${runs.map((run) => run.name).join(', ') || 'none'}.`, { run: wanted });
}
