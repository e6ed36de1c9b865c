/** Reads when operations began and ended out of TensorFlow's log of its executor (level 2). Test: test/main/bench/operationTimes.test.ts. */

export interface StepTimes {
  /** From the beginning of the first operation to the end of the last. */
  seconds: number;
  operations: { operation: string; seconds: number }[];
}

export interface OperationShare {
  operation: string;
  count: number;
  milliseconds: number;
  /** Of the sum over all operations. */
  share: number;
}

const LINE = /^\w\d{4} \d\d:\d\d:(\d+\.\d+) .*\] (Process node|Synchronous kernel done|Async kernel done): (\d+) step (-?\d+) \{\{node [^}]*\}\} = (\w+)/;

/** The step that took longest of those in the log: what else TensorFlow runs meanwhile is small. Null when the log has none. */
export function busiestStep(lines: readonly string[]): StepTimes | null {
  const steps = new Map<string, { begun: Map<string, number>; from: number; to: number; operations: StepTimes['operations'] }>();
  for (const line of lines) {
    const [, clock, event, node, id, operation] = LINE.exec(line) ?? [];
    if (clock === undefined || node === undefined || id === undefined || operation === undefined) continue;
    const time = Number(clock);
    const step = steps.get(id) ?? { begun: new Map<string, number>(), from: time, to: time, operations: [] };
    steps.set(id, step);
    step.to = time;
    const begun = step.begun.get(node);
    if (event === 'Process node') step.begun.set(node, time);
    else if (begun !== undefined) step.operations.push({ operation, seconds: time - begun });
  }
  const longest = [...steps.values()].sort((a, b) => b.to - b.from - (a.to - a.from))[0];
  return longest ? { seconds: longest.to - longest.from, operations: longest.operations } : null;
}

/** Kinds of operations, the most expensive first. */
export function sharesOf({ operations }: StepTimes): OperationShare[] {
  const total = operations.reduce((sum, { seconds }) => sum + seconds, 0);
  const kinds = Map.groupBy(operations, ({ operation }) => operation);
  return [...kinds]
    .map(([operation, all]) => {
      const seconds = all.reduce((sum, one) => sum + one.seconds, 0);
      return { operation, count: all.length, milliseconds: seconds * 1000, share: seconds / total };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
