/**
 * What stands in a strip or sheet for a picture that was changed since the import: the stage's hole with a warning sign, which says that something is
 * there, but not what was imported. Drawn here, since sharp is not let near SVG. Test: test/main/media/pictures.test.ts.
 */

/** The page's `--stage-hole`. */
export const SIGN_GROUND = [0x64, 0x64, 0x64] as const;
/** The dark theme's `--warn`, since the stage is as dark in both. */
export const SIGN_COLOUR = [0xe9, 0xbf, 0x55] as const;

/** In a square of 24: a triangle, and an exclamation mark in it. */
const LINES = [
  [12, 3.5, 22, 20.5],
  [22, 20.5, 2, 20.5],
  [2, 20.5, 12, 3.5],
  [12, 9.5, 12, 13.8],
  [12, 17.2, 12, 17.2],
] as const;
const STROKE = 2;

const drawn = new Map<string, Buffer>();

/** RGB bytes of a cell. */
export function changedSign(width: number, height: number): Buffer {
  const key = `${width}x${height}`;
  const known = drawn.get(key);
  if (known) return known;
  const cell = Buffer.alloc(width * height * 3, Buffer.from(SIGN_GROUND));
  const side = Math.min(width * 0.66, height * 0.5, 64);
  const unit = side / 24;
  const left = (width - side) / 2;
  const top = (height - side) / 2;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const distance = Math.min(...LINES.map((line) => distanceTo(line, (x + 0.5 - left) / unit, (y + 0.5 - top) / unit)));
      const ink = Math.min(1, Math.max(0, (STROKE / 2 - distance) * unit + 0.5));
      for (let c = 0; c < 3 && ink > 0; c++)
        cell[(y * width + x) * 3 + c] = Math.round((SIGN_GROUND[c] as number) * (1 - ink) + (SIGN_COLOUR[c] as number) * ink);
    }
  // The page asks for few sizes.
  if (drawn.size > 8) drawn.clear();
  drawn.set(key, cell);
  return cell;
}

function distanceTo([x1, y1, x2, y2]: readonly [number, number, number, number], x: number, y: number): number {
  const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}
