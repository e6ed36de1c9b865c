/** From a box to whole pixels, and the pixels themselves: one rule for page and model. Test: test/main/pixels/box.test.ts. */
import type { Area, Picture } from './picture.ts';

/** Whole pixels of a box inside the picture, at least one where the box touches it; null when the box lies outside or is no box. */
export function boxArea(box: ArrayLike<number>, width: number, height: number): Area | null {
  const [x = NaN, y = NaN, w = NaN, h = NaN] = Array.from(box);
  if (![x, y, w, h].every(Number.isFinite) || !(w > 0 && h > 0)) return null;
  if (x >= width || y >= height || x + w <= 0 || y + h <= 0) return null;
  const [left, right] = pixelsOf(x, x + w, width);
  const [top, bottom] = pixelsOf(y, y + h, height);
  return { left, top, width: right - left, height: bottom - top };
}

function pixelsOf(from: number, to: number, size: number): [number, number] {
  const first = clamp(Math.round(from), 0, size - 1);
  return [first, clamp(Math.round(to), first + 1, size)];
}

/** What the model reads for a box that lies outside, which a source may hold from before boxes were checked: the nearest pixel. */
export function nearestPixel(box: ArrayLike<number>, width: number, height: number): Area {
  const [x = 0, y = 0] = Array.from(box);
  return { left: clamp(Math.round(x), 0, width - 1), top: clamp(Math.round(y), 0, height - 1), width: 1, height: 1 };
}

export function cut(picture: Picture, area: Area): Picture {
  const { left, top, width, height } = area;
  if (left === 0 && top === 0 && width === picture.width && height === picture.height) return picture;
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * picture.width + left) * 3;
    data.set(picture.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { data, width, height };
}

/** The smallest 1:2 box around a box, with the same centre. */
export function widened(box: ArrayLike<number>): [number, number, number, number] {
  const [x = NaN, y = NaN, w = NaN, h = NaN] = Array.from(box);
  const width = Math.max(w, h / 2);
  const height = 2 * width;
  return [x + (w - width) / 2, y + (h - height) / 2, width, height];
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, Number.isFinite(value) ? value : low));
}
