import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { difference, paint, type ValueRange } from '../../src-shared/ranges.ts';

const FRAMES = 24;

/** The obvious model: one entry a frame. */
type Frame = { value: string; how: string; annotator: string } | null;

function paintModel(frames: Frame[], edit: Edit): Frame[] {
  return frames.map((frame, position) =>
    position < edit.start || position > edit.end ? frame : edit.value === null ? null : { value: edit.value, how: edit.how, annotator: edit.annotator },
  );
}

interface Edit {
  start: number;
  end: number;
  value: string | null;
  how: string;
  annotator: string;
}

const edit = fc
  .record({
    a: fc.nat(FRAMES - 1),
    b: fc.nat(FRAMES - 1),
    value: fc.constantFrom(null, '0', '1', '2'),
    how: fc.constantFrom('judged', 'carried', 'interpolated'),
    annotator: fc.constantFrom('A', 'B'),
  })
  .map(({ a, b, ...rest }): Edit => ({ start: Math.min(a, b), end: Math.max(a, b), ...rest }));

function framesOf(ranges: ValueRange<string>[]): Frame[] {
  const frames: Frame[] = new Array<Frame>(FRAMES).fill(null);
  for (const range of ranges)
    for (let position = range.start; position <= range.end; position++) frames[position] = { value: range.value, how: range.how, annotator: range.annotator };
  return frames;
}

function runs(frames: Frame[]): number {
  return frames.filter((frame, position) => frame !== null && JSON.stringify(frame) !== JSON.stringify(frames[position - 1] ?? null)).length;
}

describe('values on ranges', () => {
  test('any sequence of edits gives what painting frame by frame gives, in as few ranges as there are runs', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 40 }), (edits) => {
        let ranges: ValueRange<string>[] = [];
        let frames: Frame[] = new Array<Frame>(FRAMES).fill(null);
        for (const [at, one] of edits.entries()) {
          ranges = paint(ranges, { ...one, updatedAt: at });
          frames = paintModel(frames, one);
          expect(framesOf(ranges)).toEqual(frames);
          expect(ranges.length).toBe(runs(frames));
          for (const [index, range] of ranges.entries()) expect(range.start).toBeGreaterThan(ranges[index - 1]?.end ?? -1);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('values and their JSON text, as page and host hold them, give the same ranges', () => {
    const values = { '0': ['head'], '1': ['head', 'torso'], '2': [] } as Record<string, string[]>;
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 25 }), (edits) => {
        const asValue = (value: string | null) => (value === null ? null : [...(values[value] as string[])]);
        const asText = (value: string | null) => (value === null ? null : JSON.stringify(values[value]));
        const of = edits.reduce<ValueRange[]>((ranges, one, at) => paint(ranges, { ...one, value: asValue(one.value), updatedAt: at }), []);
        const text = edits.reduce<ValueRange<string>[]>((ranges, one, at) => paint(ranges, { ...one, value: asText(one.value), updatedAt: at }), []);
        expect(of.map((range) => ({ ...range, value: JSON.stringify(range.value) }))).toEqual(text);
      }),
    );
  });

  test('the difference of two lists turns one into the other', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 20 }), fc.array(edit, { maxLength: 5 }), (first, second) => {
        const before = first.reduce<ValueRange<string>[]>((ranges, one, at) => paint(ranges, { ...one, updatedAt: at }), []);
        const after = second.reduce<ValueRange<string>[]>((ranges, one, at) => paint(ranges, { ...one, updatedAt: 100 + at }), before);
        const { removed, added } = difference(before, after);
        const result = [...before.filter((range) => !removed.includes(range)), ...added].sort((a, b) => a.start - b.start);
        expect(framesOf(result)).toEqual(framesOf(after));
        expect(new Set(result.map((range) => range.start)).size).toBe(result.length);
      }),
    );
  });

  test('a value painted inside itself changes nothing', () => {
    const before = paint<ValueRange<string>>([], { start: 0, end: 9, value: '3', how: 'judged', annotator: 'A', updatedAt: 1 });
    const after = paint(before, { start: 4, end: 5, value: '3', how: 'judged', annotator: 'A', updatedAt: 2 });
    expect(difference(before, after)).toEqual({ removed: [], added: [] });
  });
});
