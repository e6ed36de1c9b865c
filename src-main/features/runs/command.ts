/**
 * The command line that makes the same run, for scripts and papers. Only what differs from the recipe it starts from is written.
 * Test: test/main/features/runCommand.test.ts.
 */
import type { BatchRecord, MethodInfo } from '../../../src-shared/contract/runs.ts';
import { shellWord } from '../../../src-shared/shellWord.ts';
import type { RunRow } from './table.ts';

export function commandOf(run: RunRow, method: MethodInfo | null, batches: readonly BatchRecord[] = []): string {
  const options = { ...method?.defaults, ...method?.smallOptions } as Record<string, unknown>;
  const recipe = (method?.recipes.small ?? {}) as Record<string, unknown>;
  // A run whose batch was changed began with another one; no command can change it at the same step, so the rest is a remark.
  const [first, ...later] = batches;
  const begun = first && later.length > 0 ? { ...run.recipe, ...batchOf(first, run.recipe) } : run.recipe;
  const changed = [...differences(run.options, options), ...differences(begun, recipe)];
  const parts = [
    'tracklet',
    'train',
    run.method,
    '--project',
    '.',
    '--dataset',
    shellWord(run.datasetName),
    '--name',
    shellWord(run.name),
    '--seed',
    String(run.seed),
    '--recipe',
    'small',
  ];
  const sets = (pairs: [string, unknown][]): string[] =>
    pairs.map(([key, value]) => `--set ${shellWord(`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`);
  const remarks = later.map((batch) => `# resumed after step ${batch.fromStep} with ${sets(Object.entries(batchOf(batch, run.recipe))).join(' ')}`);
  return [...parts, ...sets(changed), ...remarks].join(' ');
}

function batchOf({ identitiesPerBatch, clipsPerIdentity, accumulate }: BatchRecord, recipe: RunRow['recipe']): Partial<RunRow['recipe']> {
  return { identitiesPerBatch, clipsPerIdentity, ...(accumulate > 1 || recipe.accumulate !== undefined ? { accumulate } : {}) };
}

function differences(values: Record<string, unknown>, base: Record<string, unknown>): [string, unknown][] {
  return Object.entries(values).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(base[key]));
}
