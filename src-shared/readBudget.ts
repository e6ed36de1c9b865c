/**
 * How much work a reader may do for one file: counted, not timed, so that what a machine refuses every machine refuses. One unit is about one
 * number converted or one step of a parser. Test: test/datasets/readers/hostile.test.ts.
 */
export interface ReadBudget {
  readonly limit: number;
  used: number;
}

/** What a small file may cost whatever it holds: a few tenths of a second and a few megabytes. */
const BASE = 1_000_000;
const PER_BYTE = 32;

export function readBudget(bytes: number): ReadBudget {
  return { limit: BASE + PER_BYTE * bytes, used: 0 };
}

/** False when the file asks for more than it may. Called before the work is done. */
export function spend(budget: ReadBudget, work: number): boolean {
  if (!(work <= budget.limit - budget.used)) return false;
  budget.used += work;
  return true;
}
