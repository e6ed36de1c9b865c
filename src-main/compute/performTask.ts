/**
 * What both compute children do with a task: its program is found by the name of its kind, told how to speak to the host, and run.
 * Test: test/contracts/backends.contract.test.ts.
 */
import { cancelled, toErrorShape } from '../../src-shared/errors.ts';
import type { ChildTools } from '../jobs/childProgram.ts';
import type { TaskProgram } from './defineTask.ts';
import type { FromChild, ResultOf, TaskKind, TaskOf } from './protocol.ts';
import type { Reporter } from './reporter.ts';

/** `tasks`: the folder of the programs. Each is loaded when it is needed: a description needs no engine, an evaluation no models. */
export function performFrom(tasks: URL) {
  return async (task: TaskOf<TaskKind>, tools: ChildTools<FromChild>): Promise<ResultOf<TaskKind>> => {
    const reporter = reporterOf(tools);
    try {
      const { default: program } = (await import(new URL(`${task.kind}.ts`, tasks).href)) as { default: TaskProgram<TaskKind> };
      return await program.perform(task, reporter);
    } catch (error) {
      if (toErrorShape(error).code === 'INTERNAL' && error instanceof Error && error.stack) reporter.log('error', error.stack);
      throw error;
    }
  };
}

function reporterOf({ send, stopping, signal }: ChildTools<FromChild>): Reporter {
  return {
    send,
    log: (level, text) => send({ type: 'log', level, text }),
    progress: (done, total, unit, message = '') => send({ type: 'progress', done, total, unit, message }),
    stopping,
    signal,
    async pause() {
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) throw cancelled();
    },
  };
}
