/** The command line that makes the same run, for scripts and papers. Only what differs from the recipe it starts from is written. */
import type { MethodInfo } from '../../../src-shared/entities.ts';
import type { RunRow } from './table.ts';

export function commandOf(run: RunRow, method: MethodInfo | null): string {
  const options = { ...method?.defaults, ...method?.smallOptions } as Record<string, unknown>;
  const recipe = (method?.recipes.small ?? {}) as Record<string, unknown>;
  const changed = [...differences(run.options, options), ...differences(run.recipe, recipe)];
  const parts = [
    'tracklet',
    'train',
    run.method,
    '--project',
    '.',
    '--dataset',
    quoted(run.datasetName),
    '--name',
    quoted(run.name),
    '--seed',
    String(run.seed),
    '--recipe',
    'small',
  ];
  return [...parts, ...changed.map(([key, value]) => `--set ${quoted(`${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`)].join(' ');
}

function differences(values: Record<string, unknown>, base: Record<string, unknown>): [string, unknown][] {
  return Object.entries(values).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(base[key]));
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
