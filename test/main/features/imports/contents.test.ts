/** Names of contents: equal where pictures, or places in a video, and boxes are equal, and different otherwise; found wherever they stand. */
import { expect, test } from 'vitest';
import { CONTENT, contentAt, contentOfAll, contentsOf, findContents, type ContentColumns } from '../../../../src-main/features/imports/contents.ts';

interface Side {
  pictures?: number[];
  video?: string;
  numbers?: number[];
  boxes?: number[];
}

function side({ pictures, video, numbers, boxes }: Side): ContentColumns {
  const frames = (pictures ?? numbers ?? []).length;
  return {
    frames,
    frameIndex: new Uint8Array(Int32Array.from(numbers ?? Array.from({ length: frames }, (_, at) => at)).buffer),
    boxes: boxes ? new Uint8Array(Float32Array.from(boxes).buffer) : null,
    pictures: pictures ? Uint8Array.from(pictures.flatMap((one) => [one & 255, 0, 0, 0, one >> 8, 0, 0, 0])) : null,
    video: video ?? null,
  };
}

test('a frame is named by its picture and box, wherever it stands; in a video by fingerprint, number and box', () => {
  const all = [
    side({ pictures: [1, 2] }),
    side({ pictures: [257, 2], boxes: [1, 1, 5, 5, 1, 1, 5, 5] }),
    side({ pictures: [1, 1], boxes: [1, 1, 5, 5, 1, 1, 5, 6] }),
    side({ video: 'A', numbers: [1, 2] }),
    side({ video: 'B', numbers: [1, 2] }),
    side({ video: 'A', numbers: [1], boxes: [1, 1, 5, 5] }),
  ].flatMap((one) => contentsOf(one));
  expect(new Set(all).size).toBe(all.length);
  for (const content of all) expect(content).toMatch(CONTENT);
  // At another place, with another number.
  expect(contentAt(side({ pictures: [7, 2], numbers: [4, 9] }), 1)).toBe(all[1]);
  expect(contentAt(side({ video: 'A', numbers: [0, 1] }), 1)).toBe(all[6]);
  expect([contentAt(side({ numbers: [1] }), 0), contentOfAll(side({ numbers: [1] }))]).toEqual([null, null]);
});

test('a tracklet is named by all its frames in their order', () => {
  const all = [
    side({ pictures: [1] }),
    side({ pictures: [1, 2] }),
    side({ pictures: [2, 1] }),
    side({ pictures: [1, 2], boxes: [1, 1, 5, 5, 1, 1, 5, 5] }),
    side({ video: 'A', numbers: [1, 2] }),
    side({ video: 'A', numbers: [1, 3] }),
    side({ video: 'B', numbers: [1, 2] }),
  ];
  const names = all.map((one) => contentOfAll(one));
  expect(new Set([...names, contentAt(side({ pictures: [1] }), 0)]).size).toBe(all.length + 1);
  for (const name of names) expect(name).toMatch(CONTENT);
});

test('contents are found with their places and counted; others, also nearly equal ones, are passed over', () => {
  const sides = [
    { where: 'a', side: side({ pictures: [1, 2, 257] }) },
    { where: 'unknown', side: side({ numbers: [1, 2] }) },
    { where: 'b', side: side({ pictures: [3, 1] }) },
    { where: 'c', side: side({ pictures: [3, 1] }) },
    { where: 'v', side: side({ video: 'A', numbers: [5] }) },
  ];
  const name = (one: Side): string => contentAt(side(one), 0) ?? '';
  const whole = (one: Side): string => contentOfAll(side(one)) ?? '';
  const wanted = [
    name({ pictures: [1] }),
    name({ pictures: [2] }),
    name({ pictures: [258] }),
    name({ video: 'A', numbers: [5] }),
    name({ video: 'B', numbers: [5] }),
    whole({ pictures: [3, 1] }),
    whole({ pictures: [1, 2, 257] }),
    whole({ pictures: [1, 2] }),
  ];
  const found = findContents(sides, new Set(wanted));
  expect(wanted.map((content) => found.get(content))).toEqual([
    { count: 3, where: 'a', position: 0 },
    { count: 1, where: 'a', position: 1 },
    undefined,
    { count: 1, where: 'v', position: 0 },
    undefined,
    { count: 2, where: 'b', position: null },
    { count: 1, where: 'a', position: null },
    undefined,
  ]);
  expect(findContents(sides, new Set()).size).toBe(0);
});
