/** A lane of choices or parts as the canvas draws it: blocks with a label, and one line of blocks a part. Test: test/renderer/annotate/laneBlocks.test.ts. */
import type { Block } from '../../canvas/timeline.ts';
import { HOWS } from '../../../src-shared/fields/how.ts';
import type { Lane } from './lanes.ts';

export function blocksOf(lane: Lane, describe: (value: unknown) => string): Block[] {
  return lane.map(({ start, end, value, how }) => ({ start, end, label: describe(value), how: HOWS.indexOf(how) }));
}

/** Where a part is hidden; ranges that touch and came the same way are one, whatever else is hidden in them. */
export function partBlocks(lane: Lane, part: string): Block[] {
  const found: Block[] = [];
  for (const range of lane) {
    if (!(range.value as string[]).includes(part)) continue;
    const how = HOWS.indexOf(range.how);
    const last = found.at(-1);
    if (last && last.end + 1 === range.start && last.how === how) last.end = range.end;
    else found.push({ start: range.start, end: range.end, label: '', how });
  }
  return found;
}
