/**
 * Text on its way to a terminal: names out of a project somebody sent may hold characters that move the cursor, set the title of the window or turn
 * the direction of reading. They are shown by their number instead. Test: test/main/cli/visibleText.test.ts.
 */

/** All but the end of a line and the tab, which tables are made of. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** In the form of JSON, so that a document that is passed through says the same as before. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
