/**
 * What stands in a strip or sheet for a picture that is not shown: the stage's hole with a sign. A warning sign says that something is there, but not what
 * was imported; a crossed-out picture, that none is there or none that can be read. Drawn here, since sharp is not let near SVG. Test: test/main/media/pictures.test.ts.
 */

/** The page's `--stage-hole`. */
export const SIGN_GROUND = [0x64, 0x64, 0x64] as const;
export type Sign = 'changed' | 'missing';
/** The dark theme's `--warn` and `--danger`, since the stage is as dark in both. */
export const SIGN_COLOURS: Record<Sign, readonly [number, number, number]> = { changed: [0xe9, 0xbf, 0x55], missing: [0xff, 0x8a, 0x7a] };

type Line = readonly [number, number, number, number];
/** In a square of 24. */
const LINES: Record<Sign, readonly Line[]> = {
  /** A triangle, and an exclamation mark in it. */
  changed: [
    [12, 3.5, 22, 20.5],
    [22, 20.5, 2, 20.5],
    [2, 20.5, 12, 3.5],
    [12, 9.5, 12, 13.8],
    [12, 17.2, 12, 17.2],
  ],
  /** A picture, crossed out. */
  missing: [
    [4, 4, 20, 4],
    [20, 4, 20, 20],
    [20, 20, 4, 20],
    [4, 20, 4, 4],
    [1.5, 1.5, 22.5, 22.5],
  ],
};
const STROKE = 2;

const drawn = new Map<string, Buffer>();

/** RGB bytes of a cell. */
export function pictureSign(sign: Sign, width: number, height: number): Buffer {
  const key = `${sign} ${width}x${height}`;
  const known = drawn.get(key);
  if (known) return known;
  const cell = Buffer.alloc(width * height * 3, Buffer.from(SIGN_GROUND));
  const side = Math.min(width * 0.66, height * 0.5, 64);
  const unit = side / 24;
  const left = (width - side) / 2;
  const top = (height - side) / 2;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const distance = Math.min(...LINES[sign].map((line) => distanceTo(line, (x + 0.5 - left) / unit, (y + 0.5 - top) / unit)));
      const ink = Math.min(1, Math.max(0, (STROKE / 2 - distance) * unit + 0.5));
      for (let c = 0; c < 3 && ink > 0; c++)
        cell[(y * width + x) * 3 + c] = Math.round((SIGN_GROUND[c] as number) * (1 - ink) + (SIGN_COLOURS[sign][c] as number) * ink);
    }
  // The page asks for few sizes.
  if (drawn.size > 8) drawn.clear();
  drawn.set(key, cell);
  return cell;
}

function distanceTo([x1, y1, x2, y2]: Line, x: number, y: number): number {
  const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length));
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}
