/** Rows in a scroll box of bounded height. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  boxHeight,
  isStretched,
  MOST_PIXELS,
  offsetOf,
  offsetToShow,
  rowsInView,
  scrollTopOf,
  type ScrollGeometry,
} from '../../src-renderer/lib/virtualScroll.ts';

const some = fc.record({
  rows: fc.integer({ min: 1, max: 2_000_000 }),
  rowHeight: fc.integer({ min: 20, max: 300 }),
  padding: fc.integer({ min: 0, max: 20 }),
  viewHeight: fc.integer({ min: 200, max: 3000 }),
});

test('a million strips in four columns stay below the cap of every browser', () => {
  const geometry: ScrollGeometry = { rows: 250_000, rowHeight: 117, padding: 8, viewHeight: 760 };
  expect(isStretched(geometry)).toBe(true);
  expect(boxHeight(geometry)).toBe(MOST_PIXELS);
});

test('the end of the scroll bar shows the last row, its start the first, at any size', () => {
  fc.assert(
    fc.property(some, (geometry: ScrollGeometry) => {
      const end = offsetOf(geometry, boxHeight(geometry) - geometry.viewHeight);
      expect(rowsInView(geometry, end, 0).last).toBe(geometry.rows - 1);
      expect(rowsInView(geometry, offsetOf(geometry, 0), 0).first).toBe(0);
    }),
  );
});

test('any row can be brought into view, whole', () => {
  fc.assert(
    fc.property(
      some,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (geometry: ScrollGeometry, where: number, from: number) => {
        if (geometry.viewHeight < geometry.rowHeight + geometry.padding * 2) return;
        const row = Math.floor(where * (geometry.rows - 1));
        const offset = offsetToShow(geometry, row, offsetOf(geometry, from * (boxHeight(geometry) - geometry.viewHeight)));
        const top = geometry.padding + row * geometry.rowHeight - offset;
        expect(top).toBeGreaterThanOrEqual(-1e-6);
        expect(top + geometry.rowHeight).toBeLessThanOrEqual(geometry.viewHeight + 1e-6);
      },
    ),
  );
});

test('a position survives the way to the scroll bar and back to a fraction of a pixel', () => {
  fc.assert(
    fc.property(some, fc.double({ min: 0, max: 1, noNaN: true }), (geometry: ScrollGeometry, where: number) => {
      const offset = offsetOf(geometry, where * (boxHeight(geometry) - geometry.viewHeight));
      expect(offsetOf(geometry, scrollTopOf(geometry, offset))).toBeCloseTo(offset, 3);
    }),
  );
});
