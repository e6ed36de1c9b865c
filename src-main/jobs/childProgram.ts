/**
 * The other end of `supervise`: a child process takes one task over IPC, does it, reports, says `done` or `error` and leaves. It never outlives
 * its parent, not even while its thread is blocked. Tests: test/main/compute/child.test.ts, test/main/features/imports/importChild.test.ts.
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
