// Who may import whom (design §2): src-shared ← models, datasets ← src-main; src-shared ← src-renderer. Run by `npm test`.
/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    {
      name: 'shared-is-alone',
      comment: 'src-shared imports only zod',
      severity: 'error',
      from: { path: '^src-shared/' },
      to: { pathNot: '^(src-shared/|node_modules/zod/)' },
    },
    {
      name: 'models-know-tensors-only',
      severity: 'error',
      from: { path: '^models/' },
      to: { pathNot: '^(models/|src-shared/|node_modules/(zod|@tensorflow/tfjs-core)/)' },
    },
    {
      name: 'datasets-know-files-only',
      severity: 'error',
      from: { path: '^datasets/' },
      to: { pathNot: '^(datasets/|src-shared/|node_modules/(zod|fflate)/)' },
    },
    { name: 'main-not-page', severity: 'error', from: { path: '^src-main/' }, to: { path: '^(src-renderer|test)/' } },
    { name: 'page-sees-shared-only', severity: 'error', from: { path: '^src-renderer/' }, to: { path: '^(src-main|models|datasets|test)/' } },
    { name: 'canvas-without-svelte', severity: 'error', from: { path: '^src-renderer/canvas/' }, to: { path: 'svelte' } },
    { name: 'electron-only-in-shell', severity: 'error', from: { pathNot: '^src-main/shell/' }, to: { path: '^(electron$|node_modules/electron/)' } },
    {
      name: 'sqlite-only-in-db',
      severity: 'error',
      from: { pathNot: '^(src-main/db/|test/)' },
      to: { path: 'node_modules/better-sqlite3/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tensors-only-where-they-are-computed',
      severity: 'error',
      from: { path: '^src-main/', pathNot: '^src-main/(engine|compute)/' },
      to: { path: 'node_modules/@tensorflow/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'feature-tables-are-private',
      comment: 'another feature calls the service, never the table; tables join each other in one transaction',
      severity: 'error',
      from: { path: '^src-main/features/([^/]+)/', pathNot: '[/.]table\\.ts$' },
      to: { path: '^src-main/features/.+[/.]table\\.ts$', pathNot: '^src-main/features/$1/', dependencyTypesNot: ['type-only'] },
    },
    { name: 'platform-is-the-floor', severity: 'error', from: { path: '^src-main/platform/' }, to: { path: '^src-main/(?!platform/)' } },
    { name: 'engine-is-a-library', severity: 'error', from: { path: '^src-main/engine/' }, to: { path: '^src-main/(?!engine/|platform/)' } },
    { name: 'pixels-know-files-only', severity: 'error', from: { path: '^src-main/pixels/' }, to: { path: '^src-main/(?!pixels/|platform/)' } },
    { name: 'jobs-know-no-feature', severity: 'error', from: { path: '^src-main/jobs/' }, to: { path: '^src-main/(?!jobs/|platform/)' } },
    {
      name: 'compute-opens-no-project',
      comment: 'a task gets all it needs; the same task could run on another machine',
      severity: 'error',
      from: { path: '^src-main/compute/' },
      to: { path: '^src-main/(?!compute/|engine/|pixels/|platform/|jobs/)' },
    },
    {
      name: 'host-composes',
      comment: 'nobody below it imports it',
      severity: 'error',
      from: { path: '^src-main/(?!host/|cli/|shell/)' },
      to: { path: '^src-main/host/', dependencyTypesNot: ['type-only'] },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|test/golden|test/fixtures)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.svelte', '.json'],
    },
  },
};
