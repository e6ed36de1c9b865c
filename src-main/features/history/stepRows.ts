/** The rows that a stored step touches, by which steps stand on each other. Test: test/main/features/history/table.test.ts. */
import type { PatchOperation } from './operation.ts';
import { rowsOf } from './patch.ts';

/** None of a step that cannot be read: nothing stands on it. */
export function rowsOfStep(step: { patch: string; inverse: string }): Set<string> {
  try {
    return rowsOf([...(JSON.parse(step.patch) as PatchOperation[]), ...(JSON.parse(step.inverse) as PatchOperation[])]);
  } catch {
    return new Set();
  }
}

export function meets(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const row of a) if (b.has(row)) return true;
  return false;
}
