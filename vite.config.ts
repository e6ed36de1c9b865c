/**
 * Builds the page into dist/renderer. The contract is read here, at build time, so that the page knows which calls change something
 * (they carry a key and are sent again after a lost connection) without shipping zod; so is the schema of a recipe.
 */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { calls, changesProject, type CallName } from './src-shared/contract/index.ts';
import { recipeJsonSchema } from './src-shared/recipe/recipe.ts';

const changingCalls = Object.fromEntries(
  Object.entries(calls)
    .filter(([, spec]) => spec.kind !== 'query')
    .map(([name, spec]) => [name, spec.kind]),
);

const keptCalls = Object.entries(calls)
  .filter(([, spec]) => spec.kind === 'command' && spec.undoable)
  .map(([name]) => name);

/** What the page knows of the contract; the renderer's tests are given the same. */
export const contractConstants = {
  __CHANGING_CALLS__: JSON.stringify(changingCalls),
  __KEPT_CALLS__: JSON.stringify(keptCalls),
  __PROJECT_CALLS__: JSON.stringify((Object.keys(calls) as CallName[]).filter(changesProject)),
  __RECIPE_SCHEMA__: JSON.stringify(recipeJsonSchema),
};

export default defineConfig({
  root: fileURLToPath(new URL('src-renderer', import.meta.url)),
  base: './',
  plugins: [svelte({ configFile: fileURLToPath(new URL('svelte.config.js', import.meta.url)) })],
  define: contractConstants,
  build: {
    outDir: fileURLToPath(new URL('dist/renderer', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 400,
    assetsInlineLimit: 0,
  },
});
