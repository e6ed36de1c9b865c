import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addLines, emptyLog, hasHole, nextIndex, readOn } from '../../src-renderer/lib/logBuffer.ts';

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

it('is read on page by page from where it stands, to its end', async () => {
  const all = Array.from({ length: 10 }, (_, i) => line(i));
  let log = addLines(emptyLog(), 0, all.slice(0, 3));
  const asked: number[] = [];
  const shown: number[] = [];
  await readOn(
    () => log,
    (from) => {
      asked.push(from);
      return Promise.resolve({ lines: all.slice(from, from + 4), next: Math.min(10, from + 4) });
    },
    (next) => {
      log = next;
      shown.push(next.lines.length);
    },
  );
  expect(asked).toEqual([3, 7, 10]);
  expect(shown).toEqual([7, 10, 10]);
  expect(log.lines).toEqual(all);
});
