/** A Vitest environment in which runes are compiled as for the page, so that effects run; there is no document. vitest.config.ts names it. */
export default {
  name: 'page',
  viteEnvironment: 'client',
  setup: () => ({ teardown: () => undefined }),
};
