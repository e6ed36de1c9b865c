/**
 * The compute child: takes one task from the host over IPC, does it, reports and leaves. It opens no
 * database, and writes nothing but files of its run.
 * Test: test/main/compute/child.test.ts.
 */
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { runChildProgram, type ChildTools } from '../jobs/childProgram.ts';
import type { TaskProgram } from './defineTask.ts';
import type { FromChild, ResultOf, TaskKind, TaskOf } from './protocol.ts';
import type { Reporter } from './reporter.ts';

const TASKS = new URL('./tasks/', import.meta.url);

runChildProgram<TaskOf<TaskKind>, FromChild>(async (task, tools) => {
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
async function perform<Kind extends TaskKind>(task: TaskOf<Kind>, reporter: Reporter): Promise<ResultOf<Kind>> {
  const { default: program } = (await import(new URL(`${task.kind}.ts`, TASKS).href)) as { default: TaskProgram<Kind> };
  return program.perform(task, reporter);
}
