/**
 * A kind of task is one file of `tasks/`, named as the kind: what it is given, what it answers with, and its program, which the child alone
 * loads. Tests: test/main/compute/child.test.ts, test/contracts/tasks.contract.test.ts.
 */
import type { ResultOf, TaskKind, TaskOf } from './protocol.ts';
import type { Reporter } from './reporter.ts';

export interface TaskProgram<Kind extends TaskKind> {
  /** The kind, which is the name of the file. */
  id: Kind;
  perform(task: TaskOf<Kind>, reporter: Reporter): Promise<ResultOf<Kind>>;
}

export function defineTask<Kind extends TaskKind>(program: TaskProgram<Kind>): TaskProgram<Kind> {
  return program;
}
