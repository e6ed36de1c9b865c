/** Byte equality with Pillow (test/golden/tools/make_pixels.py). */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { resizePil } from '../../../models/pixels/resizePil.ts';
import type { Resampling } from '../../../models/pixels/resizePil.ts';
import { golden } from '../golden.ts';

interface Case {
  seed: number;
  source: [number, number];
  target: [number, number];
  resampling: Resampling;
  sha256: string;
  start: number[];
}
const { cases } = golden<{ cases: Case[] }>('pixels');

function picture(height: number, width: number, seed: number): Uint8Array {
  let s = seed;
  return Uint8Array.from({ length: height * width * 3 }, () => {
    s = (Math.imul(1664525, s) + 1013904223) >>> 0;
    return s >>> 24;
  });
}

test.each(cases)('$source → $target, $resampling', ({ seed, source, target, resampling, sha256, start }) => {
  const resized = resizePil(picture(...source, seed), ...source, ...target, resampling);
  expect([...resized.subarray(0, start.length)]).toEqual(start);
  expect(createHash('sha256').update(resized).digest('hex')).toBe(sha256);
});
