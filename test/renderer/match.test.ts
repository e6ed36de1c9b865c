/** What the palette finds. */
import { expect, test } from 'vitest';
import { fit, marked } from '../../src-renderer/shell/match.ts';

test('every typed word must occur; starts of words fit better', () => {
  expect(fit('Mark reviewed', 'rev')).toBeGreaterThan(0);
  expect(fit('Mark reviewed', 'rev mark')).toBeGreaterThan(0);
  expect(fit('Mark reviewed', 'rev x')).toBe(0);
  expect(fit('Review suggestions', 'rev')).toBeGreaterThan(fit('Mark reviewed', 'rev'));
  expect(fit('Mark reviewed', 'rev')).toBeGreaterThan(fit('Show previous', 'rev'));
  expect(fit('Keys (all)', '(al')).toBeGreaterThan(0);
});

test('the typed part is marked', () => {
  expect(marked('Mark reviewed', 'rev')).toEqual([
    { text: 'Mark ', isHit: false },
    { text: 'rev', isHit: true },
    { text: 'iewed', isHit: false },
  ]);
  expect(marked('Undo', '')).toEqual([{ text: 'Undo', isHit: false }]);
});
