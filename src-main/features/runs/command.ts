/**
 * The command line that makes the same run, for scripts and papers. Only what differs from the recipe it starts from is written.
 * Test: test/main/features/runCommand.test.ts.
 */
import type { BatchRecord, MethodInfo } from '../../../src-shared/contract/runs.ts';
import { optionWords, settings, trainCommand } from '../../../src-shared/commandLine.ts';
import type { RunRow } from './table.ts';

export function commandOf(run: RunRow, method: MethodInfo | null, batches: readonly BatchRecord[] = []): string {
  const options = { ...method?.defaults, ...method?.smallOptions } as Record<string, unknown>;
  const recipe = (method?.recipes.small ?? {}) as Record<string, unknown>;
  // A run whose batch was changed began with another one; no command can change it at the same step, so the rest is a remark.
  const [first, ...later] = batches;
  const begun = first && later.length > 0 ? { ...run.recipe, ...batchOf(first, run.recipe) } : run.recipe;
  const command = trainCommand({
    method: run.method,
    project: '.',
    dataset: run.datasetName,
    name: run.name,
    seed: run.seed,
    recipe: 'small',
    changes: { ...differences(run.options, options), ...differences(begun, recipe) },
  });
  const remarks = later.map((batch) => `# resumed after step ${batch.fromStep} with ${optionWords({ set: settings(batchOf(batch, run.recipe)) }).join(' ')}`);
  return [command, ...remarks].join(' ');
}

function batchOf({ identitiesPerBatch, clipsPerIdentity, accumulate }: BatchRecord, recipe: RunRow['recipe']): Partial<RunRow['recipe']> {
  return { identitiesPerBatch, clipsPerIdentity, ...(accumulate > 1 || recipe.accumulate !== undefined ? { accumulate } : {}) };
}

function differences(values: Record<string, unknown>, base: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(base[key])));
}
