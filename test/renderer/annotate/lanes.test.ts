// Range algebra against the obvious model: an array with one entry a frame.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexAt, paint, rangeAt, runAround } from '../../../src-shared/ranges.ts';
import {
  changePoint,
  columnsOf,
  countWithoutValue,
  editsOf,
  interpolationEdits,
  laneOf,
  moveEdge,
  type Lane,
  type LaneEdit,
} from '../../../src-renderer/views/annotate/lanes.ts';
import { HOWS } from '../../../src-shared/fields/how.ts';
import visibility from '../../../src-shared/fields/defs/visibility.ts';

const FRAMES = 40;
const author = { annotator: 'a.r.', updatedAt: 5 };
const position = fc.integer({ min: 0, max: FRAMES - 1 });
const edit: fc.Arbitrary<LaneEdit> = fc
  .record({ a: position, b: position, value: fc.option(fc.integer({ min: 0, max: 3 })), how: fc.constantFrom(...HOWS) })
  .map(({ a, b, value, how }) => ({ start: Math.min(a, b), end: Math.max(a, b), value, how }));

type Cell = { value: unknown; how: string } | null;
function naive(edits: LaneEdit[]): Cell[] {
  const cells: Cell[] = Array<Cell>(FRAMES).fill(null);
  for (const { start, end, value, how } of edits) for (let i = start; i <= end; i++) cells[i] = value === null ? null : { value, how };
  return cells;
}
const build = (edits: LaneEdit[]) => edits.reduce<Lane>((lane, one) => paint(lane, { ...one, ...author }), []);
const value = (cell: Cell | undefined) => cell?.value ?? null;

describe('lanes', () => {
  it('hold what a naive array holds, sorted, without overlap, and with equal neighbours joined', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 25 }), (edits) => {
        const lane = build(edits);
        const cells = naive(edits);
        for (let i = 0; i < FRAMES; i++) {
          const range = rangeAt(lane, i);
          expect(range && { value: range.value, how: range.how }).toEqual(cells[i]);
        }
        for (let i = 1; i < lane.length; i++) {
          const [before, after] = [lane[i - 1]!, lane[i]!];
          expect(after.start).toBeGreaterThan(before.end);
          if (after.start === before.end + 1) expect([after.value, after.how]).not.toEqual([before.value, before.how]);
        }
        expect(countWithoutValue(lane, FRAMES)).toBe(cells.filter((cell) => cell === null).length);
        const columns = columnsOf(lane, FRAMES);
        expect([...columns.value]).toEqual(cells.map((cell) => (cell ? cell.value : -1)));
        expect([...columns.how]).toEqual(cells.map((cell) => (cell ? HOWS.indexOf(cell.how as never) : -1)));
      }),
      { numRuns: 300 },
    );
  });

  it('find runs and change points as a scan of the array does', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 12 }), position, (edits, at) => {
        const lane = build(edits);
        const cells = naive(edits);
        let start = at;
        let end = at;
        while (start > 0 && value(cells[start - 1]) === value(cells[at])) start--;
        while (end < FRAMES - 1 && value(cells[end + 1]) === value(cells[at])) end++;
        expect(runAround(lane, at, FRAMES)).toEqual({ start, end });
        expect(changePoint(lane, at, 1, FRAMES)).toBe(Math.min(FRAMES - 1, end + 1));
        let back = at;
        if (start < at) back = start;
        else if (start > 0) for (back = start - 1; back > 0 && value(cells[back - 1]) === value(cells[start - 1]);) back--;
        expect(changePoint(lane, at, -1, FRAMES)).toBe(back);
      }),
      { numRuns: 300 },
    );
  });

  it('write a stroke as the fewest edits that give it back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(position, fc.option(fc.integer({ min: 0, max: 2 })))), (touched) => {
        const values = new Map<number, unknown>(touched);
        const howAt = (at: number) => (at % 3 === 0 ? ('judged' as const) : ('carried' as const));
        const edits = editsOf(values, howAt);
        const seen = new Map<number, unknown>();
        for (const one of edits)
          for (let i = one.start; i <= one.end; i++) {
            seen.set(i, one.value);
            expect(one.how).toBe(howAt(i));
          }
        expect([...seen].sort((a, b) => a[0] - b[0])).toEqual([...values].sort((a, b) => a[0] - b[0]));
        for (let i = 1; i < edits.length; i++)
          if (edits[i]!.start === edits[i - 1]!.end + 1) expect([edits[i]!.value, edits[i]!.how]).not.toEqual([edits[i - 1]!.value, edits[i - 1]!.how]);
      }),
    );
  });

  it('move a border by growing the run on the other side', () => {
    const lane = build([
      { start: 0, end: 9, value: 2, how: 'imported' },
      { start: 10, end: 19, value: 7, how: 'judged' },
    ]);
    expect(moveEdge(lane, 10, 6)).toEqual([{ start: 6, end: 9, value: 7, how: 'carried' }]);
    expect(moveEdge(lane, 10, 13)).toEqual([{ start: 10, end: 12, value: 2, how: 'carried' }]);
    expect(moveEdge(lane, 20, 15)).toEqual([{ start: 15, end: 19, value: null, how: 'carried' }]);
    expect(moveEdge(lane, 10, 10)).toEqual([]);
  });

  it('interpolate only between the values of a person, mark it so, and stop at a barrier', () => {
    const lane = build([
      { start: 0, end: 30, value: 9, how: 'imported' },
      { start: 4, end: 5, value: 1, how: 'judged' },
      { start: 9, end: 9, value: 5, how: 'judged' },
      { start: 14, end: 14, value: 0, how: 'carried' },
    ]);
    const whole = { start: 0, end: FRAMES - 1 };
    const blend = visibility.interpolate as (from: unknown, to: unknown, fraction: number) => unknown;
    expect(interpolationEdits(lane, whole, 'linear', blend, (at) => at === 12)).toEqual([
      { start: 6, end: 6, value: 2, how: 'interpolated' },
      { start: 7, end: 7, value: 3, how: 'interpolated' },
      { start: 8, end: 8, value: 4, how: 'interpolated' },
    ]);
    expect(interpolationEdits(lane, { start: 9, end: 14 }, 'step', undefined, () => false)).toEqual([{ start: 10, end: 13, value: 5, how: 'interpolated' }]);
    expect(interpolationEdits(lane, { start: 15, end: 30 }, 'linear', blend, () => false)).toEqual([]);
  });

  it('are not filled across a barrier, wherever it stands between two values', () => {
    const lane = build([
      { start: 4, end: 5, value: 1, how: 'judged' },
      { start: 9, end: 10, value: 5, how: 'judged' },
    ]);
    const isFilled = (barrier: number) => interpolationEdits(lane, { start: 0, end: FRAMES - 1 }, 'step', undefined, (at) => at === barrier).length > 0;
    // A barrier at 6 lies between the frames 5 and 6, one at 9 between 8 and 9.
    expect([4, 5, 6, 7, 8, 9, 10, 11].map(isFilled)).toEqual([true, true, false, false, false, false, true, true]);
  });

  it('read annotations of one field in any order', () => {
    const base = { trackletId: 1, how: 'judged' as const, annotator: 'a.r.', updatedAt: 1 };
    const lane = laneOf(
      [
        { ...base, field: 'visibility', start: 5, end: 6, value: 3 },
        { ...base, field: 'occluder', start: 0, end: 9, value: 'person' },
        { ...base, field: 'visibility', start: 2, end: 4, value: 3 },
      ],
      'visibility',
    );
    expect(lane.map(({ start, end, value: held }) => [start, end, held])).toEqual([[2, 6, 3]]);
    expect(indexAt(lane, 1)).toBe(-1);
    expect(indexAt(lane, 6)).toBe(0);
  });
});
