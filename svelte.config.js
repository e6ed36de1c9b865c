/** Runes everywhere; components are checked by svelte-check with the renderer's TypeScript settings. */
export default {
  compilerOptions: { runes: true },
};
