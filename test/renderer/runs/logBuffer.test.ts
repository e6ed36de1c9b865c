import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addLines, emptyLog, hasHole, nextIndex } from '../../../src-renderer/views/runs/logBuffer.ts';

const line = (i: number) => ({ at: i, level: 'info' as const, text: `line ${i}` });

it('is the log itself once every piece has come, in any order and with overlaps', () => {
  const pieces = fc.shuffledSubarray(
    [
      [0, 4],
      [2, 3],
      [4, 5],
      [5, 9],
      [8, 12],
      [9, 12],
    ] as [number, number][],
    { minLength: 6 },
  );
  fc.assert(
    fc.property(pieces, (order) => {
      let log = emptyLog();
      for (const [from, to] of order)
        log = addLines(
          log,
          from,
          Array.from({ length: to - from }, (_, i) => line(from + i)),
        );
      expect(log.lines.map((entry) => entry.at)).toEqual(Array.from({ length: 12 }, (_, i) => i));
      expect(hasHole(log)).toBe(false);
    }),
  );
});

it('shows nothing behind a hole and says where to read on', () => {
  const log = addLines(addLines(emptyLog(), 0, [line(0)]), 5, [line(5)]);
  expect([log.lines.length, nextIndex(log), hasHole(log)]).toEqual([1, 1, true]);
  const filled = addLines(log, 1, [line(1), line(2), line(3), line(4)]);
  expect([filled.lines.length, hasHole(filled)]).toEqual([6, false]);
});
