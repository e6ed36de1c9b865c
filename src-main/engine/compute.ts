/**
 * The compute child: takes one task from the host over IPC, does it, reports and leaves. It opens the database for reading only and
 * writes nothing but files of its run. It must never outlive its parent, not even while an operation blocks its thread.
 * Test: test/main/engine/computeChild.test.ts.
 */
import { Worker } from 'node:worker_threads';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import type { ComputeTask, FromChild, ToChild } from './computeProtocol.ts';
import type { Reporter } from './reporter.ts';

const abort = new AbortController();
let stopped = false;
let started = false;

const reporter: Reporter = {
  send,
  log: (level, text) => send({ type: 'log', level, text }),
  progress: (done, total, unit, message = '') => send({ type: 'progress', done, total, unit, message }),
  stopping: () => stopped,
  signal: abort.signal,
  async pause() {
    await new Promise((resolve) => setImmediate(resolve));
    if (abort.signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
  },
};

process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToChild) => {
  if (message.type === 'stop') stopped = true;
  else if (message.type === 'cancel') {
    stopped = true;
    abort.abort();
  } else if (!started) {
    started = true;
    void work(message.task);
  }
});
watchParent();

async function work(task: ComputeTask): Promise<void> {
  try {
    leave({ type: 'done', result: await perform(task) });
  } catch (error) {
    const shape = toErrorShape(error);
    if (shape.code === 'INTERNAL' && error instanceof Error && error.stack) reporter.log('error', error.stack);
    leave({ type: 'error', error: shape });
  }
}

/** Each kind is loaded when it is needed: a description needs no engine, an evaluation no models. */
async function perform(task: ComputeTask): Promise<unknown> {
  switch (task.kind) {
    case 'train':
      return (await import('./trainJob.ts')).trainJob(task, reporter);
    case 'extract':
      return (await import('./extractJob.ts')).extractJob(task, reporter);
    case 'evaluate':
      return (await import('./evaluateJob.ts')).evaluateJob(task, reporter);
    case 'describe':
      return (await import('./describeJob.ts')).describeJob(task);
    case 'methods':
      return (await import('./describeJob.ts')).methodsJob();
    case 'forward':
      return (await import('./forwardJob.ts')).forwardJob(task, reporter);
    case 'probe':
      return (await import('./probeJob.ts')).probeJob(task);
    case 'cards':
      return (await import('./cudaDevices.ts')).cudaDevices();
  }
}

function send(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** The engine's threads would keep the process; nothing is left to do once the last word is out. */
function leave(message: FromChild): void {
  if (!process.connected) process.exit(0);
  process.send?.(message, undefined, undefined, () => process.exit(0));
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
