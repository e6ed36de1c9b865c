/** Frames are followed by their content: against a plain reading of the rules, over many made-up tracklets. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runsOf } from '../../../../datasets/visibility.ts';
import { matchFrames, type FramesOf } from '../../../../src-main/features/imports/frameMatch.ts';

/** A tracklet of pictures, each a name and one of few contents, so that contents repeat. */
function crops(pictures: readonly (readonly [name: string, content: number])[]): FramesOf {
  return {
    frames: pictures.length,
    frameIndex: new Uint8Array(Int32Array.from(pictures, (_, index) => index).buffer),
    boxes: null,
    files: pictures.map(([name]) => name),
    pictures: Uint8Array.from(pictures.flatMap(([, content]) => [content, 0, 0, 0, 0, 0, 0, content])),
    video: null,
  };
}

const side = fc.uniqueArray(fc.tuple(fc.constantFrom(...'abcdefghij'), fc.integer({ min: 0, max: 5 })), { maxLength: 10, selector: ([name]) => name });

test('every frame keeps its content, no old frame is used twice, and the counts add up', () => {
  fc.assert(
    fc.property(side, side, (before, now) => {
      const match = matchFrames(crops(before), crops(now));
      const used = [...match.from].filter((place) => place >= 0);
      expect(new Set(used).size).toBe(used.length);
      for (const [position, place] of match.from.entries()) if (place >= 0) expect(before[place]?.[1]).toBe(now[position]?.[1]);
      // As many of each content as both sides have.
      for (let content = 0; content <= 5; content++) {
        const both = Math.min(before.filter((one) => one[1] === content).length, now.filter((one) => one[1] === content).length);
        expect([...match.from].filter((place) => before[place]?.[1] === content).length).toBe(both);
      }
      expect(match.changed + match.removed).toBe(before.length - used.length);
      expect(match.changed + match.added).toBe(now.length - used.length);
      expect(match.lost.map((one) => one.before)).toEqual(before.map((_, index) => index).filter((index) => !used.includes(index)));
      for (const { before: place, now: here, name } of match.lost) {
        expect(before[place]?.[0]).toBe(name);
        if (here !== null) expect([now[here]?.[0], match.from[here]]).toEqual([name, -1]);
      }
    }),
    { numRuns: 2000 },
  );
});

test('a shift keeps all, a picture of another content under the same name is changed', () => {
  const before = crops([
    ['1', 1],
    ['2', 2],
    ['3', 3],
  ]);
  const shifted = crops([
    ['0', 9],
    ['2', 1],
    ['3', 2],
    ['4', 3],
  ]);
  expect(matchFrames(before, shifted)).toMatchObject({ from: Int32Array.of(-1, 0, 1, 2), changed: 0, added: 1, removed: 0 });
  const other = crops([
    ['1', 1],
    ['2', 8],
    ['3', 3],
  ]);
  expect(matchFrames(before, other)).toMatchObject({
    from: Int32Array.of(0, -1, 2),
    lost: [{ before: 1, now: 1, name: '2' }],
    changed: 1,
    added: 0,
    removed: 0,
  });
});

test('a box that moved is another content; a video is known by its fingerprint', () => {
  const video = (fingerprint: string | null, x: number): FramesOf => ({
    frames: 2,
    frameIndex: new Uint8Array(Int32Array.of(10, 11).buffer),
    boxes: new Uint8Array(Float32Array.of(x, 1, 2, 3, 5, 1, 2, 3).buffer),
    files: null,
    pictures: null,
    video: fingerprint,
  });
  expect([...matchFrames(video('A', 1), video('A', 1)).from]).toEqual([0, 1]);
  expect(matchFrames(video('A', 1), video('A', 2))).toMatchObject({ from: Int32Array.of(-1, 1), changed: 1 });
  expect(matchFrames(video('A', 1), video('B', 1))).toMatchObject({ changed: 2 });
  // Before fingerprints were kept: by number.
  expect([...matchFrames(video(null, 1), video('B', 1)).from]).toEqual([0, 1]);
});

test('names of what was lost: files, or numbers of frames; what is gone has no place', () => {
  const video = (numbers: number[]): FramesOf => ({
    frames: numbers.length,
    frameIndex: new Uint8Array(Int32Array.from([9, ...numbers]).buffer, 4),
    boxes: null,
    files: null,
    pictures: null,
    video: 'A',
  });
  expect(matchFrames(video([10, 300, 12]), video([12, 13]))).toEqual({
    from: Int32Array.of(2, -1),
    lost: [
      { before: 0, now: null, name: '10' },
      { before: 1, now: null, name: '300' },
    ],
    changed: 0,
    added: 1,
    removed: 2,
  });
  expect(
    matchFrames(
      crops([
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ]),
      crops([
        ['b', 9],
        ['d', 3],
      ]),
    ),
  ).toEqual({
    from: Int32Array.of(-1, 2),
    lost: [
      { before: 0, now: null, name: 'a' },
      { before: 1, now: 0, name: 'b' },
    ],
    changed: 1,
    added: 0,
    removed: 1,
  });
});

test('where pictures or a fingerprint are not known on one side, names decide', () => {
  const known = crops([
    ['a', 1],
    ['b', 2],
  ]);
  const unknown: FramesOf = {
    ...crops([
      ['b', 0],
      ['a', 0],
    ]),
    pictures: null,
  };
  for (const [before, now] of [
    [known, unknown],
    [unknown, known],
    [unknown, { ...unknown, files: ['a', 'b'] }],
  ] as const)
    expect([...matchFrames(before, now).from]).toEqual([1, 0]);
  const video = (video: string | null): FramesOf => ({ ...unknown, files: null, video, frameIndex: new Uint8Array(Int32Array.of(4, 5).buffer) });
  for (const [before, now] of [
    ['A', null],
    [null, 'A'],
    [null, null],
  ] as const)
    expect([...matchFrames(video(before), video(now)).from]).toEqual([0, 1]);
  // Pictures of the same content under no common name.
  expect([
    ...matchFrames(
      known,
      crops([
        ['x', 2],
        ['y', 1],
      ]),
    ).from,
  ]).toEqual([1, 0]);
});

test('runs of equal values', () => {
  expect(runsOf(['a', 'a', null, 'a', 'b', 'b'])).toEqual([
    { start: 0, end: 1, value: 'a' },
    { start: 3, end: 3, value: 'a' },
    { start: 4, end: 5, value: 'b' },
  ]);
});
