/** What a shell reads is the text that was meant; and what needs no quotes has none, since people read it too. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellWord } from '../../src-shared/shellWord.ts';

test.skipIf(process.platform === 'win32')('a shell takes any text as one word, unchanged', () => {
  const texts = fc
    .sample(fc.string({ minLength: 0, maxLength: 30, unit: 'binary' }), { numRuns: 200, seed: 1 })
    .filter((text) => !text.includes('\0') && text.isWellFormed());
  const hostile = ["it's", '$(id)', '`id`', 'a b', '', '*', '~', '#x', 'a;b', 'a\nb', '"', '\\', '{a,b}', 'a,b', '!x', '-n'];
  const words = [...hostile, ...texts];
  // Each ends with a zero byte, so that any other may be inside.
  const script = `for word in ${words.map(shellWord).join(' ')}; do printf '%s\\0' "$word"; done`;
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(words);
});

test('plain words stay plain', () => {
  for (const text of ['Synthetic', 'a/b-c_d.e', 'key=1,2', 'user@host:7', '50%', '+1']) expect(shellWord(text)).toBe(text);
  expect(shellWord("it's")).toBe(`'it'\\''s'`);
});
