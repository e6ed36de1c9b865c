/**
 * The pictures and clips of test/cases carry their frame number, 0-based, in the box 100,40,80,80: four by four blocks, black or white. Corners are marks
 * (upper left and lower right white, so that a turned or mirrored picture is known); the other twelve are the bits from the lowest on.
 */
const BITS = [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14];
const MARKS = new Map([
  [0, true],
  [3, false],
  [12, false],
  [15, true],
]);

/** Of the pixels of the box; null: the marks are not where they should be. */
export function numberIn({ data, width, height }: { data: Uint8Array; width: number; height: number }): number | null {
  const isWhite = (block: number): boolean => {
    let sum = 0;
    let count = 0;
    const [left, top] = [((block % 4) * width) / 4, (Math.floor(block / 4) * height) / 4];
    // The middle of a block, away from what a codec does to its edges.
    for (let y = Math.round(top + height / 12); y < top + height / 6; y++)
      for (let x = Math.round(left + width / 12); x < left + width / 6; x++, count++) sum += data[(y * width + x) * 3 + 1] as number;
    return sum / count > 128;
  };
  for (const [block, white] of MARKS) if (isWhite(block) !== white) return null;
  return BITS.reduce((number, block, bit) => number + (isWhite(block) ? 2 ** bit : 0), 0);
}

/** Full frames of 320×240 with the number in them, on a gradient; rows from above, three bytes a pixel. */
export function numberedFrame(number: number): Uint8Array {
  const data = new Uint8Array(320 * 240 * 3);
  for (let y = 0; y < 240; y++)
    for (let x = 0; x < 320; x++) {
      const block = Math.floor((y - 40) / 20) * 4 + Math.floor((x - 100) / 20);
      const inside = x >= 100 && x < 180 && y >= 40 && y < 120;
      const white = MARKS.get(block) ?? Math.floor(number / 2 ** BITS.indexOf(block)) % 2 === 1;
      data.set(inside ? (white ? [235, 235, 235] : [20, 20, 20]) : [x % 256, y, (x + y + number) % 256], (y * 320 + x) * 3);
    }
  return data;
}
