/** Terms of a tracklet, written and read. */
import { expect, test } from 'vitest';
import { joinTerms, readTerms, termOf, termsOfField, termsOfValue } from '../../../src-shared/fields/terms.ts';

const written = joinTerms(
  new Map([
    ['b', new Set(['y', 'x'])],
    ['a', new Set(['z'])],
    ['none', new Set<string>()],
  ]),
);

test('are sorted, with a comma on each side; none is nothing', () => {
  expect(written).toBe(',a=z,b=x,b=y,');
  expect(joinTerms(new Map())).toBe('');
  expect(joinTerms(new Map([['a', new Set<string>()]]))).toBe('');
});

test('read back, of all fields and of one', () => {
  expect(readTerms(written)).toEqual([
    { field: 'a', value: 'z' },
    { field: 'b', value: 'x' },
    { field: 'b', value: 'y' },
  ]);
  expect(readTerms('')).toEqual([]);
  expect(termsOfField(written, 'b')).toEqual(['x', 'y']);
  expect(termsOfField(written, 'c')).toEqual([]);
  expect(termsOfField('', 'b')).toEqual([]);
});

test('a filter finds whole ones', () => {
  expect(written).toContain(termOf('b', 'y'));
  for (const [field, value] of [
    ['b', ''],
    ['', 'z'],
    ['a', 'x'],
  ] as const)
    expect(written).not.toContain(termOf(field, value));
});

test.each([
  ['x', ['x']],
  [
    ['x', 'y'],
    ['x', 'y'],
  ],
  [[], []],
  [5, []],
  [null, []],
  [[1, 'x'], ['x']],
  [{ a: 'x' }, []],
])('a value of %j makes %j', (value, terms) => {
  expect(termsOfValue(value)).toEqual(terms);
});
