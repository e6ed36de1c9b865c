/** What is changed. The rest of the code has its tests too, but these folders decide what a person reads as a number or loses as work. */
export const SCOPE = [
  'src-main/features/**/*.ts',
  'src-main/jobs/**/*.ts',
  'src-renderer/lib/query.svelte.ts',
  'src-shared/protocols/{*,defs/*}.ts',
  'datasets/readWhole.ts',
  'datasets/importers/*.ts',
  'datasets/readers/*.ts',
  'models/metrics/ranking.ts',
  'models/metrics/summary.ts',
];
