/** Size and cost of one method with given options, for the host, which never loads one. Needs no engine. Test: test/main/compute/child.test.ts. */
import type { MethodSize } from '../../../src-shared/contract/runs.ts';
import { describe } from '../../../models/describe.ts';
import { defineTask } from '../defineTask.ts';
import { loadMethod, parseOptions } from '../methods.ts';

export interface DescribeTask {
  kind: 'describe';
  method: string;
  options: Record<string, unknown>;
  /** In training: classes of the classifier. */
  identities?: number;
}

declare module '../protocol.ts' {
  interface TaskKinds {
    describe: { task: DescribeTask; result: MethodSize };
  }
}

export default defineTask({ id: 'describe', perform: describeJob });

export async function describeJob(task: DescribeTask): Promise<MethodSize> {
  const method = await loadMethod(task.method);
  const options = parseOptions(method, task.options);
  return { id: method.id, ...(await describe(method, options, task.identities)), options };
}
