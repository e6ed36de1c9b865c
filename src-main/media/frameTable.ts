/**
 * Reads ffmpeg's `framecrc`: lines of `# key 0: value`, then one line of numbers a frame or packet (stream, dts, pts, duration, size, checksum, and
 * flags where they are not those of a whole key frame). Test: test/main/media/container.test.ts.
 */

export interface FrameTable {
  line(text: string): void;
  frames(): number;
  /** null: the stream was not opened. */
  size(): { width: number; height: number } | null;
  /** By the usual distance of two frames, so that dropped ones do not count; 0 when there is none. */
  fps(): number;
  isLastBroken(): boolean;
}

/** Distances that are looked at: the rate of a film does not change later. */
const DISTANCES = 1000;
/** Flag of a packet of which a piece is missing. */
const CORRUPT = 2;

export function createFrameTable(): FrameTable {
  let frames = 0;
  let size: { width: number; height: number } | null = null;
  let tick = 0;
  let last: number | null = null;
  let isLastBroken = false;
  const distances: number[] = [];

  return {
    line(text) {
      const header = /^#(\w+) 0: (.*)$/.exec(text);
      if (header?.[1] === 'dimensions') {
        const [width = 0, height = 0] = (header[2] ?? '').split('x').map(Number);
        if (width > 0 && height > 0) size = { width, height };
      } else if (header?.[1] === 'tb') {
        const [counter = 0, denominator = 0] = (header[2] ?? '').split('/').map(Number);
        tick = denominator > 0 ? counter / denominator : 0;
      }
      const columns = /^0,\s*(-?\d+|NOPTS),\s*(-?\d+|NOPTS),\s*-?\d+,\s*\d+,\s*0x[0-9a-f]+(?:, F=0x([0-9A-F]+))?/.exec(text);
      if (!columns) return;
      frames++;
      isLastBroken = (parseInt(columns[3] ?? '0', 16) & CORRUPT) !== 0;
      const shown = Number(columns[2]);
      if (last !== null && shown > last && distances.length < DISTANCES) distances.push(shown - last);
      last = Number.isNaN(shown) ? last : shown;
    },
    frames: () => frames,
    size: () => size,
    fps() {
      const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)];
      if (usual === undefined || tick === 0) return 0;
      // Milliseconds make 33, 33, 34 of one distance.
      const near = distances.filter((distance) => distance < usual * 1.5 && distance > usual * 0.5);
      const mean = near.reduce((sum, distance) => sum + distance, 0) / near.length;
      return Math.round(1000 / (mean * tick)) / 1000;
    },
    isLastBroken: () => isLastBroken,
  };
}
