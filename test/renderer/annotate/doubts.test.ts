// Doubts and the consistency of parts with the value.
import { describe, expect, it } from 'vitest';
import { allowedShare, BODY_PARTS, consistency, partsFitValue } from '../../../src-renderer/views/annotate/bodyParts.ts';
import { findDoubts, nextDoubt } from '../../../src-renderer/views/annotate/doubts.ts';
import type { LaneRange } from '../../../src-renderer/views/annotate/lanes.ts';
import hiddenParts from '../../../src-shared/fields/defs/hiddenParts.ts';

const range = (start: number, end: number, value: unknown, how: LaneRange['how'] = 'imported'): LaneRange => ({
  start,
  end,
  value,
  how,
  annotator: '',
  updatedAt: 0,
});

describe('parts and value', () => {
  it('cover the whole body and the parts of the field', () => {
    expect(BODY_PARTS.reduce((sum, part) => sum + part.weight, 0)).toBe(100);
    expect(BODY_PARTS.map((part) => part.id).sort()).toEqual(hiddenParts.choices.map((choice) => choice.value).sort());
    expect(BODY_PARTS.map((part) => [part.id, part.key]).sort()).toEqual(hiddenParts.choices.map((choice) => [choice.value, choice.key]).sort());
  });

  it('torso, left arm and both legs allow 41–91 %, as in the design', () => {
    const hidden = ['torso', 'leftArm', 'leftLeg', 'rightLeg'];
    expect(allowedShare(hidden)).toEqual({ from: 41, to: 91 });
    expect(consistency(hidden, 7)).toEqual({ state: 'fits', text: 'Parts allow 41–91 % hidden: fits the value' });
    expect(consistency(hidden, 4).state).toBe('differs');
    expect(partsFitValue([], 0)).toBe(true);
    expect(partsFitValue([], 6)).toBe(false);
    expect(partsFitValue(['head'], 0)).toBe(false);
    expect(consistency(null, 3).state).toBe('unknown');
  });
});

describe('doubts', () => {
  it('are holes, unconfirmed jumps and contradictions, and the search goes round', () => {
    const lane = [range(0, 9, 0), range(10, 14, 6), range(15, 19, 1, 'judged'), range(20, 24, 9, 'judged')];
    const doubts = findDoubts(lane, [range(2, 3, ['torso'])], 30);
    expect(doubts.map(({ kind, start, end }) => [kind, start, end])).toEqual([
      ['parts', 2, 3],
      ['jump', 10, 10],
      ['jump', 15, 15],
      ['none', 25, 29],
    ]);
    expect(nextDoubt(doubts, 2)?.start).toBe(10);
    expect(nextDoubt(doubts, 26)?.start).toBe(27);
    expect(nextDoubt(doubts, 29)?.start).toBe(2);
    expect(nextDoubt([], 0)).toBeNull();
  });
});
