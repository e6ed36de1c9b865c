/**
 * The compute child: takes one task from the host over IPC, does it, reports and leaves. It opens no
 * database, and writes nothing but files of its run.
 * Test: test/main/compute/child.test.ts.
 */
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { runChildProgram, type ChildTools } from '../jobs/childProgram.ts';
import type { ComputeTask, FromChild } from './protocol.ts';
import type { Reporter } from './reporter.ts';

runChildProgram<ComputeTask, FromChild>(async (task, tools) => {
  const reporter = reporterOf(tools);
  try {
    return await perform(task, reporter);
  } catch (error) {
    if (toErrorShape(error).code === 'INTERNAL' && error instanceof Error && error.stack) reporter.log('error', error.stack);
    throw error;
  }
});

function reporterOf({ send, stopping, signal }: ChildTools<FromChild>): Reporter {
  return {
    send,
    log: (level, text) => send({ type: 'log', level, text }),
    progress: (done, total, unit, message = '') => send({ type: 'progress', done, total, unit, message }),
    stopping,
    signal,
    async pause() {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) throw new AppError('CANCELLED', 'The work was cancelled.');
    },
  };
}

/** Each kind is loaded when it is needed: a description needs no engine, an evaluation no models. */
async function perform(task: ComputeTask, reporter: Reporter): Promise<unknown> {
  switch (task.kind) {
    case 'train':
      return (await import('./tasks/train.ts')).trainJob(task, reporter);
    case 'extract':
      return (await import('./tasks/extract.ts')).extractJob(task, reporter);
    case 'evaluate':
      return (await import('./tasks/evaluate.ts')).evaluateJob(task, reporter);
    case 'describe':
      return (await import('./tasks/describe.ts')).describeJob(task);
    case 'methods':
      return (await import('./tasks/describe.ts')).methodsJob();
    case 'forward':
      return (await import('./tasks/forward.ts')).forwardJob(task, reporter);
    case 'probe':
      return (await import('./tasks/probe.ts')).probeJob(task);
    case 'cards':
      return (await import('../engine/cudaDevices.ts')).cudaDevices();
  }
}
