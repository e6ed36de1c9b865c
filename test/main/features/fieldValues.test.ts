/** What is a value of a field, as its row keeps it, beside what the field itself says. */
import { expect, test } from 'vitest';
import { isValueOf, parsed } from '../../../src-main/features/annotations/fieldValues.ts';

test.each([
  ['visibility', '0', true],
  ['visibility', '10', true],
  ['visibility', '99', false],
  ['visibility', '"5"', false],
  ['occluder', '"edge"', true],
  ['occluder', '"wall"', false],
  ['hiddenParts', '["head"]', true],
  ['hiddenParts', '["tail"]', false],
  ['note', '"x"', true],
  ['note', '', false],
  ['of a later version', '{"a":1}', true],
  ['of a later version', '{', false],
])('%s %s: %s', (field, json, isValue) => {
  // Asked twice: the second answer is remembered.
  expect([isValueOf(field, json), isValueOf(field, json)]).toEqual([isValue, isValue]);
});

test('what is no JSON is undefined', () => expect([parsed('1'), parsed('{')]).toEqual([1, undefined]));
