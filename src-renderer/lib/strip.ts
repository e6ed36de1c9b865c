/**
 * How many crops a film strip really has, and how wide they stand. The host puts each frame once into a strip, so a tracklet of few frames has fewer
 * cells than there is room for; whatever lies over the strip or below it follows the cells. Tests: test/renderer/strip.test.ts, test/e2e/strips.test.ts.
 */

/** Cells of a strip with room for `crops`. */
export function stripCells(frames: number, crops: number): number {
  return Math.max(1, Math.min(crops, frames));
}

/** CSS pixels from the left of the first cell to the right of the last, with a pixel between them. */
export function cellsWidth(cells: number, cropWidth: number): number {
  return cells * (cropWidth + 1) - 1;
}

/** The cell that stands for a frame. */
export function cellOf(position: number, frames: number, cells: number): number {
  return Math.min(cells - 1, Math.floor((position / Math.max(1, frames)) * cells));
}
