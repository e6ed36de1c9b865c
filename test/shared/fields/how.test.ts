import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { HOW_WORDS, HOWS, isByPerson, isWitnessed } from '../../../src-shared/fields/how.ts';

test('the database takes exactly these, each has words, and only judged and accepted say that a person saw the frame', () => {
  const migration = readFileSync(new URL('../../../src-main/db/migrations/20261130-2-how-and-seen.ts', import.meta.url), 'utf8');
  const checked = /how IN \(([^)]*)\)/.exec(migration)?.[1] ?? '';
  expect([...checked.matchAll(/'(\w+)'/g)].map((match) => match[1])).toEqual([...HOWS]);
  expect(Object.keys(HOW_WORDS)).toEqual([...HOWS]);
  expect(HOWS.filter(isWitnessed)).toEqual(['judged', 'accepted']);
  expect(HOWS.filter(isByPerson)).toEqual(['judged', 'accepted', 'entered', 'carried']);
});
