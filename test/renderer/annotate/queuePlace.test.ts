// The place in a list of which some are gone, against the list without them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeIn, skippedText } from '../../../src-renderer/views/annotate/queuePlace.ts';

test('what was removed is passed over and counted; the rest is as in a list without it', () => {
  const list = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(list, fc.array(fc.integer({ min: 1, max: 30 })), fc.nat(), (ids, removed, pick) => {
      const id = ids[pick % ids.length]!;
      const there = new Set(ids.filter((one) => one === id || !removed.includes(one)));
      const left = ids.filter((one) => there.has(one));
      const at = left.indexOf(id);
      const place = placeIn(Int32Array.from(ids), id, 'list', there);
      expect(place).toMatchObject({ label: 'list', place: at + 1, total: left.length, previous: left[at - 1] ?? null, next: left[at + 1] ?? null });
      expect(place.gone.all).toBe(ids.length - left.length);
      const between = (a: number | undefined, b: number | undefined): number =>
        Math.abs((a === undefined ? ids.length : ids.indexOf(a)) - (b === undefined ? -1 : ids.indexOf(b))) - 1;
      expect(place.gone.after).toBe(between(left[at + 1], id));
      expect(place.gone.before).toBe(between(id, left[at - 1]));
    }),
  );
});

test('of a list that is not read yet all are there, and one that is not in it leads to its start', () => {
  expect(placeIn([5, 6, 7], 6, '', null)).toMatchObject({ place: 2, total: 3, previous: 5, next: 7, gone: { all: 0, before: 0, after: 0 } });
  expect(placeIn([5, 6, 7], 9, '', new Set([6, 7]))).toMatchObject({ place: 0, total: 2, previous: null, next: 6 });
  // The removed one itself, where the address still names it.
  expect(placeIn([5, 6, 7], 6, '', new Set([7]))).toMatchObject({ next: 7, previous: null });
});

test('going on says what it passes over', () => {
  expect([0, 1, 3].map(skippedText)).toEqual([null, 'Skipped 1 tracklet of the queue that was removed', 'Skipped 3 tracklets of the queue that were removed']);
});
