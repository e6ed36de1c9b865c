/**
 * Where rows of one height stand in a scroll box of bounded height. Browsers cap how high an element may be (16.7 million px on a dense
 * display); beyond MOST_PIXELS the box keeps that height and the scroll position is stretched, so that the last row is always reachable.
 * Tested by test/renderer/virtualScroll.test.ts.
 */

export const MOST_PIXELS = 8_000_000;

export interface ScrollGeometry {
  rows: number;
  rowHeight: number;
  padding: number;
  viewHeight: number;
}

/** Height of everything, as if nothing were capped. */
function fullHeight(geometry: ScrollGeometry): number {
  return geometry.rows * geometry.rowHeight + geometry.padding * 2;
}

/** Height of the element that scrolls. */
export function boxHeight(geometry: ScrollGeometry): number {
  return Math.min(MOST_PIXELS, fullHeight(geometry));
}

export function isStretched(geometry: ScrollGeometry): boolean {
  return fullHeight(geometry) > MOST_PIXELS;
}

function maxOffset(geometry: ScrollGeometry): number {
  return Math.max(0, fullHeight(geometry) - geometry.viewHeight);
}

function maxScroll(geometry: ScrollGeometry): number {
  return Math.max(0, boxHeight(geometry) - geometry.viewHeight);
}

export function clampOffset(geometry: ScrollGeometry, offset: number): number {
  return Math.min(maxOffset(geometry), Math.max(0, offset));
}

/** Scroll position of the box → offset in the full list. */
export function offsetOf(geometry: ScrollGeometry, scrollTop: number): number {
  if (!isStretched(geometry)) return clampOffset(geometry, scrollTop);
  return clampOffset(geometry, (scrollTop / maxScroll(geometry)) * maxOffset(geometry));
}

export function scrollTopOf(geometry: ScrollGeometry, offset: number): number {
  if (!isStretched(geometry)) return clampOffset(geometry, offset);
  return (clampOffset(geometry, offset) / maxOffset(geometry)) * maxScroll(geometry);
}

/** First and last row to draw, and how far below the top of the view the first one starts. */
export function rowsInView(geometry: ScrollGeometry, offset: number, overscan: number): { first: number; last: number; top: number } {
  const first = Math.max(0, Math.floor((offset - geometry.padding) / geometry.rowHeight) - overscan);
  const last = Math.min(geometry.rows - 1, Math.floor((offset - geometry.padding + geometry.viewHeight) / geometry.rowHeight) + overscan);
  return { first, last, top: geometry.padding + first * geometry.rowHeight - offset };
}

/** The nearest offset at which a row is wholly in view. */
export function offsetToShow(geometry: ScrollGeometry, row: number, offset: number): number {
  const top = geometry.padding + row * geometry.rowHeight;
  const bottom = top + geometry.rowHeight;
  if (top - geometry.padding < offset) return clampOffset(geometry, top - geometry.padding);
  if (bottom + geometry.padding > offset + geometry.viewHeight) return clampOffset(geometry, bottom + geometry.padding - geometry.viewHeight);
  return offset;
}

/** What a grid lets others do with it; its size is in cells. */
export interface GridApi {
  /** Brings a cell into view, with the least movement; 'start' puts its row at the top. */
  scrollToIndex(index: number, place?: 'nearest' | 'start'): void;
  columns(): number;
  rowsPerPage(): number;
  firstInView(): number;
  lastInView(): number;
  focus(): void;
}
