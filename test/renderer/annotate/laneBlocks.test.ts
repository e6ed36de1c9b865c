/** Blocks of the canvas out of ranges, against one entry a frame. */
import { expect, it } from 'vitest';
import { HOWS } from '../../../src-shared/fields/how.ts';
import { blocksOf, partBlocks } from '../../../src-renderer/views/annotate/laneBlocks.ts';
import type { Lane } from '../../../src-renderer/views/annotate/lanes.ts';

const by = { annotator: 'a.r.', updatedAt: 1 };
const lane: Lane = [
  { start: 0, end: 3, value: ['head', 'torso'], how: 'judged', ...by },
  { start: 4, end: 6, value: ['torso'], how: 'judged', ...by },
  { start: 7, end: 7, value: ['torso', 'legs'], how: 'carried', ...by },
  { start: 9, end: 10, value: ['torso'], how: 'carried', ...by },
];

it('labels each range as its field says', () => {
  expect(blocksOf(lane.slice(0, 2), (value) => (value as string[]).join('+'))).toEqual([
    { start: 0, end: 3, label: 'head+torso', how: HOWS.indexOf('judged') },
    { start: 4, end: 6, label: 'torso', how: HOWS.indexOf('judged') },
  ]);
});

it.each(['head', 'torso', 'legs', 'arms'])('draws %s where it is hidden, as one as long as it came the same way', (part) => {
  const how = Array.from(
    { length: 12 },
    (_, i) => lane.find(({ start, end, value }) => start <= i && i <= end && (value as string[]).includes(part))?.how ?? null,
  );
  const found = partBlocks(lane, part);
  const drawn = Array<string | null>(12).fill(null);
  for (const block of found) drawn.fill(HOWS[block.how]!, block.start, block.end + 1);
  expect(drawn).toEqual(how);
  expect(found).toHaveLength(how.filter((one, i) => one !== null && one !== how[i - 1]).length);
});
