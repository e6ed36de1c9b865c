import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addSeen, noneSeen, speedCode, speedOf, type SeenColumns } from '../../../src-shared/fields/seen.ts';

const FRAMES = 10;
const entry = fc.record({ ms: fc.integer({ min: 0, max: 100_000 }), a: fc.integer({ min: 0, max: 255 }), b: fc.integer({ min: 0, max: 255 }) });
const chunk = fc.record({ start: fc.integer({ min: 0, max: FRAMES - 1 }), entries: fc.array(entry, { maxLength: FRAMES }) });

test('chunks in any order add up to what a list of looks a frame gives', () => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), fc.integer(), (chunks, turn) => {
      const looks = Array.from({ length: FRAMES }, () => [] as { ms: number; low: number; high: number }[]);
      const columns = noneSeen(FRAMES);
      const other = noneSeen(FRAMES);
      const asColumns = ({ entries }: (typeof chunks)[number]): SeenColumns => ({
        shownMs: Uint32Array.from(entries, ({ ms }) => ms),
        slowest: Uint8Array.from(entries, ({ a, b }) => Math.min(a, b)),
        fastest: Uint8Array.from(entries, ({ a, b }) => (Math.min(a, b) === 0 ? 0 : Math.max(a, b))),
      });
      for (const one of chunks) {
        addSeen(columns, one.start, asColumns(one));
        one.entries.forEach(({ ms, a, b }, i) => {
          if (one.start + i < FRAMES && Math.min(a, b) > 0) looks[one.start + i]!.push({ ms, low: Math.min(a, b), high: Math.max(a, b) });
        });
      }
      for (const one of turn % 2 === 0 ? chunks : chunks.toReversed()) addSeen(other, one.start, asColumns(one));
      expect(other).toEqual(columns);
      expect([...columns.shownMs]).toEqual(looks.map((list) => list.reduce((sum, { ms }) => sum + ms, 0)));
      expect([...columns.slowest]).toEqual(looks.map((list) => (list.length === 0 ? 0 : Math.min(...list.map(({ low }) => low)))));
      expect([...columns.fastest]).toEqual(looks.map((list) => (list.length === 0 ? 0 : Math.max(...list.map(({ high }) => high)))));
      expect(columns.fastest.filter((code) => code > 0).length).toBe(looks.filter((list) => list.length > 0).length);
    }),
  );
});

test('time saturates, and speeds come back from their byte', () => {
  const columns = noneSeen(1);
  const most = { shownMs: Uint32Array.of(0xffff_ffff), slowest: Uint8Array.of(8), fastest: Uint8Array.of(8) };
  addSeen(columns, 0, most);
  addSeen(columns, 0, most);
  expect(columns.shownMs[0]).toBe(0xffff_ffff);
  expect([0, 0.5, 1, 2, 4, 8].map((speed) => speedOf(speedCode(speed)))).toEqual([0, 0.5, 1, 2, 4, 8]);
  expect(speedCode(1000)).toBe(255);
  expect(speedCode(0.01)).toBeGreaterThan(speedCode(0));
});
