/**
 * The other end of `supervise`: a child process takes one task over IPC, does it, reports, says `done` or `error` and leaves; or it stays and takes one
 * task after the other. It never outlives its parent, not even while its thread is blocked. Tests: test/main/compute/child.test.ts,
 * test/contracts/backends.contract.test.ts, test/main/features/imports/importChild.test.ts.
 */
import { Worker } from 'node:worker_threads';
import { toErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import { nativeWorkOver } from '../platform/endThread.ts';

export interface ChildTools<Said> {
  /** Says something to the parent. */
  send(message: Said): void;
  /** The parent's `stop` or `cancel` was heard: end at the next good place and keep what was done. */
  stopping(): boolean;
  /** Aborted by the parent's `cancel`. */
  signal: AbortSignal;
}

type Heard<Task> = { type: 'run'; task: Task } | { type: 'stop' } | { type: 'cancel' } | { type: string };

export function runChildProgram<Task, Said extends { type: string }>(
  perform: (task: Task, tools: ChildTools<Said>) => Promise<unknown>,
  /** Answers to questions of its own. */
  hear: (message: { type: string }) => void = () => undefined,
): void {
  const abort = new AbortController();
  let started = false;
  let stopped = false;
  const send = (message: Said | { type: 'error'; error: ErrorShape } | { type: 'done'; result: unknown }, then: () => void = () => undefined): void => {
    if (process.connected) process.send?.(message, undefined, undefined, then);
  };
  /** Nothing is left to do once the last word is out; a library's threads would keep the process. */
  const leave = async (message: { type: 'error'; error: ErrorShape } | { type: 'done'; result: unknown }): Promise<void> => {
    await nativeWorkOver(1000);
    if (!process.connected) process.exit(0);
    send(message, () => process.exit(0));
  };

  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: Heard<Task>) => {
    if (message.type === 'cancel' || message.type === 'stop') {
      stopped = true;
      if (message.type === 'cancel') abort.abort();
    } else if (message.type !== 'run') hear(message);
    else if (!started && 'task' in message) {
      started = true;
      perform(message.task, { send, stopping: () => stopped, signal: abort.signal }).then(
        (result) => leave({ type: 'done', result }),
        (error: unknown) => leave({ type: 'error', error: toErrorShape(error) }),
      );
    }
  });
  watchParent();
}

/** What a child that stays says of its requests; between `begun` and the answer stands what the work itself says. */
export type ResidentWord = { type: 'ready' } | { type: 'begun' } | { type: 'answered'; result: unknown } | { type: 'failed'; error: ErrorShape };

/** The other end of residentChild.ts, which asks one thing at a time. After a `stop` or `cancel` the answer is its last word. */
export function runResidentProgram<Task, Said extends { type: string }>(perform: (task: Task, tools: ChildTools<Said>) => Promise<unknown>): void {
  const leaving = Promise.withResolvers<unknown>();
  let own: ChildTools<Said | ResidentWord>;

  async function answer(task: Task): Promise<void> {
    own.send({ type: 'begun' });
    try {
      const result = await perform(task, own);
      if (own.stopping()) return leaving.resolve(result);
      await printedOut();
      own.send({ type: 'answered', result });
    } catch (error) {
      if (own.stopping()) return leaving.reject(error);
      await printedOut();
      own.send({ type: 'failed', error: toErrorShape(error) });
    }
  }

  runChildProgram<null, Said | ResidentWord>(
    (_none, tools) => {
      own = tools;
      own.send({ type: 'ready' });
      return leaving.promise;
    },
    (message) => {
      if (message.type === 'leave') leaving.resolve(null);
      else if (message.type === 'request') void answer((message as unknown as { task: Task }).task);
    },
  );
}

/** What was printed is on its way before the answer; elsewhere than on Linux and macOS a pipe takes its time. */
async function printedOut(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write('', resolve));
}

/** A thread of its own, since a blocked main thread hears of no disconnect. */
function watchParent(): void {
  const watch = `
    const { workerData: parent } = require('node:worker_threads');
    setInterval(() => {
      let gone = process.ppid !== parent;
      if (!gone) try { process.kill(parent, 0); } catch (error) { gone = error.code === 'ESRCH'; }
      if (gone) process.kill(process.pid, 'SIGKILL');
    }, 1000);`;
  new Worker(watch, { eval: true, workerData: process.ppid, resourceLimits: { maxOldGenerationSizeMb: 16 } }).unref();
}
