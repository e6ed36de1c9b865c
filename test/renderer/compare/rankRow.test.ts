import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RankCell, RankList } from '../../../src-shared/contract/evaluations.ts';
import { echoOf, layoutRanks, playingSlots, scrollTo, shownCells, slots } from '../../../src-renderer/views/compare/rankRow.ts';

const cell = (trackletId: number, rank: number, mark: RankCell['mark'] = 'wrong'): RankCell => ({ trackletId, rank, distance: 0, mark });
const list: RankList = {
  evaluationId: 1,
  ap: 0,
  inp: 0,
  firstHit: 2,
  positives: [2],
  cells: [cell(10, 1), cell(11, 0, 'junk'), cell(12, 2, 'correct'), cell(13, 3), cell(14, 4)],
};

describe('echo', () => {
  const all = shownCells(list, false);
  it('finds the tracklet in the window, beyond an edge, and says where it is', () => {
    expect(echoOf(list, all, 12, '0002', 0, 3)).toEqual({ kind: 'cell', index: 2, text: 'rank 2' });
    expect(echoOf(list, all, 14, '0004', 0, 3)).toEqual({ kind: 'beyond', index: 4, text: '0004 at 4' });
    expect(echoOf(list, all, 10, '0001', 2, 3)).toEqual({ kind: 'before', index: 0, text: '0001 at 1' });
    expect(echoOf(list, all, 99, '0099', 0, 3)).toEqual({ kind: 'beyond', index: -1, text: '0099 after rank 4' });
  });
  it('calls junk junk, also when it is hidden', () => {
    expect(echoOf(list, all, 11, '0001', 0, 3).text).toBe('junk');
    expect(echoOf(list, shownCells(list, true), 11, '0001', 0, 3).kind).toBe('unknown');
  });
});

it('moves the window no more than it must', () => {
  expect([scrollTo(3, 0, 10, 50), scrollTo(10, 0, 10, 50), scrollTo(4, 8, 10, 50), scrollTo(49, 0, 10, 50), scrollTo(2, 30, 10, 12)]).toEqual([0, 1, 4, 40, 2]);
});

it('shows first, middle and last crop at rest and runs through thirds in step while playing', () => {
  expect([slots(3, 8), slots(8, 8), slots(1, 8)]).toEqual([[0, 4, 7], [0, 1, 2, 3, 4, 5, 6, 7], [3]]);
  // Sheets of tracklets with few frames.
  expect([slots(1, 1), slots(1, 2), slots(2, 2), slots(3, 5)]).toEqual([[0], [0], [0, 1], [0, 2, 4]]);
  expect([0, 1, 7, 8].map((tick) => playingSlots(3, 24, tick))).toEqual([
    [0, 8, 16],
    [1, 9, 17],
    [7, 15, 23],
    [0, 8, 16],
  ]);
});

describe('the room of a row', () => {
  it('holds ten ranks and a second line of them in a 1440 × 900 window', () => {
    expect(layoutRanks({ width: 1160, rowHeight: 215, cells: 50 })).toMatchObject({ lines: 2, columns: 10 });
  });

  it('goes to larger crops in a large window, with at least twenty ranks or all there are', () => {
    const small = layoutRanks({ width: 1160, rowHeight: 215, cells: 50 });
    for (const cells of [14, 50, 200]) {
      const large = layoutRanks({ width: 2280, rowHeight: 455, cells });
      expect(large.columns * large.lines).toBeGreaterThanOrEqual(Math.min(20, cells));
      expect(large.cropWidth).toBeGreaterThan(1.5 * small.cropWidth);
    }
  });

  it('never makes a line higher or wider than the row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 420, max: 4000 }), fc.integer({ min: 108, max: 1500 }), fc.integer({ min: 1, max: 300 }), (width, rowHeight, cells) => {
        const { lines, columns, cropWidth } = layoutRanks({ width, rowHeight, cells });
        expect(lines).toBeGreaterThanOrEqual(1);
        if (cropWidth === 16) return; // the least, whatever the room
        expect(lines * (2 * cropWidth + 48)).toBeLessThanOrEqual(rowHeight);
        expect(columns * (3 * cropWidth + 8 + 6)).toBeLessThanOrEqual(width - 122 - 24);
      }),
    );
  });
});
