/** Strict JSON against JSON.parse: what one reads the other reads, but for keys that stand twice. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseStrictJson } from '../../src-shared/strictJson.ts';

const LIMITS = { depth: 50, values: 100_000 };

test('reads what JSON.parse reads, in any layout', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\t', '\n  '), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(JSON.stringify(parseStrictJson(text, LIMITS))).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

test('refuses what JSON.parse refuses, whatever one character becomes', () => {
  const source = '{"a\\n": [1, -2.5e3, true, null, "x\\u00e9"], "b": {"c": {}, "d": []}}';
  fc.assert(
    fc.property(fc.nat(source.length - 1), fc.constantFrom(...'{}[],:"\\ 0-+.eEtx\n\u0000'), (at, character) => {
      const text = source.slice(0, at) + character + source.slice(at + 1);
      const wanted = outcome(() => JSON.parse(text) as unknown);
      const got = outcome(() => parseStrictJson(text, LIMITS));
      if (!got.startsWith('refused: the key')) expect(got.replace(/^refused.*/s, 'refused')).toBe(wanted.replace(/^refused.*/s, 'refused'));
    }),
    { numRuns: 2000 },
  );
});

function outcome(read: () => unknown): string {
  try {
    return JSON.stringify(read());
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

test.each([
  ['{"a":1,"a":1}', 'the key "a" stands twice'],
  ['{"a":1,"\\u0061":2}', 'the key "a" stands twice'],
  ['{"x":{"__proto__":1,"__proto__":2}}', 'the key "__proto__" stands twice'],
  [`${'['.repeat(60)}${']'.repeat(60)}`, 'nested more than 50 deep'],
  [`[${'1,'.repeat(100_000)}1]`, 'more than 100000 values'],
  ['{} {}', 'something follows the end'],
  ['', 'malformed'],
])('%s', (text, reason) => {
  expect(() => parseStrictJson(text, LIMITS)).toThrow(reason);
});

test('a key of the prototype is a key like any other', () => {
  expect(Object.entries(parseStrictJson('{"__proto__":1,"constructor":2}', LIMITS) as object)).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
  ]);
});
