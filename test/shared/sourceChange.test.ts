/** What a change of a source is called, and when a folder looks like another one. */
import { expect, test } from 'vitest';
import { changeOfParams, changeParams, changeText, otherFolder } from '../../src-shared/sourceChange.ts';

const change = (
  pictures: [changed: number, added: number, removed: number],
  tracklets: [added: number, changed: number, removed: number, renamed: number],
) => ({
  dataset: 3,
  name: 'Street',
  pictures: { changed: pictures[0], added: pictures[1], removed: pictures[2] },
  tracklets: { added: tracklets[0], changed: tracklets[1], removed: tracklets[2], renamed: tracklets[3] },
});

test.each([
  [change([1, 0, 0], [0, 1, 0, 0]), '1 picture changed'],
  [change([2, 1, 3], [1, 2, 3, 4]), '2 pictures changed, 1 picture added, 3 pictures removed, 1 tracklet added, 3 tracklets removed, 4 tracklets renamed'],
  [change([0, 0, 0], [0, 1, 0, 0]), 'what it says of 1 tracklet'],
  [change([0, 0, 0], [0, 5, 0, 0]), 'what it says of 5 tracklets'],
  [change([0, 0, 0], [0, 0, 0, 0]), 'names of people or cameras, or further splits'],
  [{ ...change([0, 0, 0], [0, 0, 0, 0]), isElsewhere: true }, 'its pictures lie elsewhere, and nothing else changed'],
])('%j is called "%s"', (of, text) => {
  expect(changeText(of)).toBe(text);
});

const held = { tracklets: 10, frames: 100 };
test.each([
  // Five of a hundred stay, four do not suffice.
  [change([95, 0, 0], [0, 10, 0, 0]), held, null],
  [change([0, 30, 95], [3, 0, 9, 0]), held, null],
  [change([96, 0, 0], [0, 10, 0, 0]), held, 'This looks like another folder: 4 of its 100 pictures are in it as imported.'],
  [change([60, 0, 39], [0, 6, 3, 0]), held, 'This looks like another folder: 1 of its 100 pictures is in it as imported.'],
  [change([100, 0, 0], [0, 10, 0, 0]), held, 'This looks like another folder: none of its 100 pictures are in it as imported.'],
  [change([0, 50, 100], [5, 0, 10, 0]), held, 'This looks like another folder: none of its 10 tracklets are in it as imported.'],
  // Under other names they are there.
  [change([0, 0, 0], [0, 0, 0, 10]), held, null],
  [change([0, 5, 0], [1, 0, 0, 0]), { tracklets: 0, frames: 0 }, null],
])('%j of %j: %s', (of, has, says) => {
  expect(otherFolder(of, has)).toBe(says);
});

test('what a refusal carries is read back; of another one nothing is', () => {
  const of = change([2, 1, 3], [1, 0, 3, 4]);
  expect(changeOfParams(changeParams(of))).toEqual(of);
  expect(changeOfParams({ file: 'a.jpg' })).toBeNull();
});
