/** Seeded random numbers: repeatable, restorable, and distributed as promised. */
import { expect, test } from 'vitest';
import { createRng } from '../../models/rng.ts';

const draws = (rng: ReturnType<typeof createRng>, n: number) => Array.from({ length: n }, () => rng.next());

test('the same seed repeats, another does not', () => {
  expect(draws(createRng(7), 5)).toEqual(draws(createRng(7), 5));
  expect(draws(createRng(7), 5)).not.toEqual(draws(createRng(8), 5));
});

test('a state restores exactly, even between the two halves of a normal pair', () => {
  const rng = createRng(1);
  rng.normal();
  const state = rng.state();
  const wanted = [rng.normal(), rng.next(), rng.normal()];
  const other = createRng(99);
  other.restore(state);
  expect([other.normal(), other.next(), other.normal()]).toEqual(wanted);
});

test('forks depend on parent state and label, and leave the parent alone', () => {
  const rng = createRng(1);
  const before = rng.state();
  expect(draws(rng.fork('a'), 3)).toEqual(draws(rng.fork('a'), 3));
  expect(draws(rng.fork('a'), 3)).not.toEqual(draws(rng.fork('b'), 3));
  expect(rng.state()).toBe(before);
});

test('uniform, integer and normal numbers have their moments', () => {
  const rng = createRng(3);
  const n = 200_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const z = rng.normal();
    sum += z;
    squares += z * z;
  }
  expect(Math.abs(sum / n)).toBeLessThan(0.01);
  expect(Math.abs(squares / n - 1)).toBeLessThan(0.02);
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 70_000; i++) counts[rng.below(7)]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  expect([...rng.shuffle([1, 2, 3, 4, 5])].sort()).toEqual([1, 2, 3, 4, 5]);
});
