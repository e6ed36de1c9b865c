/**
 * Text that somebody else may have written: names out of a project somebody sent may hold characters that move the cursor of a terminal, set the title of its window or turn
 * the direction of reading. They are shown by their number instead. Test: test/shared/visibleText.test.ts.
 */

/** All but the end of a line and the tab, which tables are made of. */
const UNSEEN = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/** In the form of JSON, so that a document that is passed through says the same as before. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const LONGEST = 160;

/** On one line, and of a length that a list can show: of a longer one its beginning and its end, which often tells it from others. */
export function visibleTitle(title: string): string {
  const text = visibleText(title.replace(/[\n\t]/g, ' '));
  if (text.length <= LONGEST) return text;
  const letters = [...text];
  return letters.length <= LONGEST ? text : `${letters.slice(0, LONGEST - 41).join('')}…${letters.slice(-40).join('')}`;
}
