/**
 * Smooth value noise on a tileable lattice, for cloth, leaves, stone and grain. Fixed lattice: variety comes from offsets.
 * Test: test/datasets/synthetic/generate.test.ts.
 */
import { createRandom } from './random.ts';

const SIZE = 128;
const MASK = SIZE - 1;
const lattice = new Float32Array(SIZE * SIZE);
const source = createRandom('lattice');
for (let index = 0; index < lattice.length; index++) lattice[index] = source.next() * 2 - 1;

/** −1..1, smooth, period 128 in both directions. */
export function noise(x: number, y: number): number {
  const floorX = Math.floor(x);
  const floorY = Math.floor(y);
  const fx = x - floorX;
  const fy = y - floorY;
  const sx = fx * fx * (3 - 2 * fx);
  const sy = fy * fy * (3 - 2 * fy);
  const x0 = floorX & MASK;
  const x1 = (floorX + 1) & MASK;
  const row0 = (floorY & MASK) * SIZE;
  const row1 = ((floorY + 1) & MASK) * SIZE;
  const top = lattice[row0 + x0]! + (lattice[row0 + x1]! - lattice[row0 + x0]!) * sx;
  const bottom = lattice[row1 + x0]! + (lattice[row1 + x1]! - lattice[row1 + x0]!) * sx;
  return top + (bottom - top) * sy;
}

/** Three octaves, about −1..1. */
export function fractal(x: number, y: number): number {
  return noise(x, y) * 0.57 + noise(x * 2.1 + 17.3, y * 2.1 + 5.1) * 0.29 + noise(x * 4.3 + 3.7, y * 4.3 + 29.9) * 0.14;
}
