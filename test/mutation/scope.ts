/** What is changed, and which tests must notice: those that the file's first comment names, then those of its folder, then wide ones. */
export const SCOPE = [
  'src-main/features/**/*.ts',
  'src-main/jobs/**/*.ts',
  'src-renderer/lib/query.svelte.ts',
  'datasets/importers/*.ts',
  'models/metrics/rank.ts',
];

/** In the order in which a change is most quickly noticed. */
export function testsOf(file: string, source: string): string[] {
  const named = [...source.slice(0, 3000).matchAll(/\btest\/[\w./-]+\.test\.ts/g)].map((match) => match[0]);
  const wide = WIDE.flatMap(([folder, tests]) => (file.startsWith(folder) ? tests : []));
  return [...new Set([...named, ...wide])];
}

const WIDE: [folder: string, tests: string[]][] = [
  ['datasets/importers/', ['test/contracts/importers.contract.test.ts', 'test/main/features/imports.test.ts']],
  ['models/metrics/', ['test/models/metrics/rank.test.ts', 'test/main/engine/computeEvaluate.test.ts']],
  ['src-main/jobs/', ['test/main/jobs/queue.test.ts', 'test/main/jobs/supervisor.test.ts']],
  ['src-main/features/', ['test/main/cli/commands.test.ts', 'test/main/badInput.test.ts']],
];
