/** What helps, in the words of the place where it is read: `src-shared/errors.ts`. */
import { expect, test } from 'vitest';
import { AppError, ERROR_CODES, FOLLOWS_BY_ITSELF, terminalRemedy, toErrorShape, type ErrorCode } from '../../src-shared/errors.ts';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];
const inTerminal = (code: ErrorCode, remedy?: string): string =>
  terminalRemedy(toErrorShape(new AppError(code, 'x', {}, remedy === undefined ? {} : { remedy })));

test('no remedy in a terminal speaks of what only a page has', () => {
  for (const code of codes) {
    const words = inTerminal(code);
    expect(words, code).toMatch(/\w/);
    expect(words, code).not.toMatch(/^Use Locate|Refresh|the view|in the window|repeat the edit|unsaved edits|"strict"|video player/);
  }
});

test('what helps a job that failed first is said in the same words to whoever waited for it', () => {
  for (const code of codes) {
    const words = inTerminal(code, `${ERROR_CODES[code].remedy} ${FOLLOWS_BY_ITSELF}`);
    expect(words, code).not.toContain(FOLLOWS_BY_ITSELF);
    expect(words.startsWith(inTerminal(code)), code).toBe(true);
    expect(words, code).toMatch(/[Rr]un .*again/);
  }
  expect(inTerminal('FILE_INVALID', FOLLOWS_BY_ITSELF)).toBe('Then run the command again.');
  expect(inTerminal('FILE_INVALID', 'Mend line 3.')).toBe('Mend line 3.');
});
