/** Cache tags, by which answers are known to be out of date. Test: test/renderer/query.svelte.test.ts. */

/** Does a changed tag touch an answer that depends on `tag`? `Noun` touches `Noun` and every `Noun:id`. */
export function touches(changed: string, tag: string): boolean {
  return tag === changed || tag.startsWith(`${changed}:`);
}
