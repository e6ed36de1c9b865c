/** What is shown of a text that somebody else may have written. */
import { expect, test } from 'vitest';
import { visibleText, visibleTitle } from '../../src-shared/visibleText.ts';

const EVIL = 'a\u001b]0;title\u0007\u202eb\u2066c\u009bd\re\u007f\u200f';

test('what moves the cursor or turns the reading is shown by its number; lines, tabs and other scripts stay', () => {
  expect(visibleText(EVIL)).toBe('a\\u001b]0;title\\u0007\\u202eb\\u2066c\\u009bd\\u000de\\u007f\\u200f');
  const plain = 'one\ttwo\nthree “–” ü 群 עברית 👩‍🔬';
  expect(visibleText(plain)).toBe(plain);
});

test('a document says the same as before, also behind a backslash', () => {
  const document = JSON.stringify({ [EVIL]: [EVIL, `\\${EVIL}`, '\\\u202e'] }, null, 2);
  expect(JSON.parse(visibleText(document))).toEqual(JSON.parse(document));
  expect(visibleText(document)).not.toMatch(/[\u202e\u009b\u007f]/);
});

test('a title is one line, of which a long one keeps beginning and end, whole letters only', () => {
  expect(visibleTitle('Import "set"')).toBe('Import "set"');
  expect(visibleTitle('a\n\tb\u202ec')).toBe('a  b\\u202ec');
  const whole = 'x'.repeat(160);
  expect(visibleTitle(whole)).toBe(whole);
  expect(visibleTitle('👩'.repeat(160))).toBe('👩'.repeat(160));
  const long = visibleTitle(`Evaluate ${'👩'.repeat(5000)} seed-17`);
  expect([[...long].length, long.startsWith('Evaluate 👩'), long.endsWith('👩 seed-17'), long.isWellFormed()]).toEqual([160, true, true, true]);
});
