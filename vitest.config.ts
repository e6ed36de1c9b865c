// Three suites: `unit` on Node, `renderer` (compiles runes), `e2e` (a real host, a real browser; needs the built page).
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { contractConstants } from './vite.config.ts';

const shared = {
  pool: 'forks',
  // No test is decided by how long it takes: what hangs ends here.
  testTimeout: 300_000,
  hookTimeout: 600_000,
  execArgv: ['--disable-warning=ExperimentalWarning'],
  // Waiting for what comes about by itself ends when it does; a busy machine must not end it before (the default is one second).
  expect: { poll: { timeout: 60_000, interval: 20 } },
} as const;

export default defineConfig({
  test: {
    // Two cores are the smallest machine that is supported; more workers than that fight over the engine's threads.
    maxWorkers: 2,
    projects: [
      { test: { ...shared, name: 'unit', environment: 'node', include: ['test/**/*.test.ts'], exclude: ['test/renderer/**', 'test/e2e/**'] } },
      {
        plugins: [svelte()],
        define: contractConstants,
        resolve: { conditions: ['browser'] },
        test: {
          ...shared,
          name: 'renderer',
          environment: './test/renderer/support/pageEnvironment.ts',
          include: ['test/renderer/**/*.test.ts'],
          server: { deps: { inline: ['svelte'] } },
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          environment: 'node',
          include: ['test/e2e/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          setupFiles: ['test/support/tellPages.ts'],
        },
      },
    ],
  },
});
