/** Time left from the rate of the last half minute; times in milliseconds, worked out by hand. */
import { expect, test } from 'vitest';
import { createRateClock } from '../../../src-main/jobs/rateClock.ts';

test('nothing is said before there is something to say', () => {
  const clock = createRateClock();
  expect(clock.secondsLeft(0, 10, 0)).toBeNull();
  clock.add(0, 0);
  expect(clock.secondsLeft(0, 10, 5000)).toBeNull();
  clock.add(1, 1000);
  expect(clock.secondsLeft(1, 10, 1000)).toBeNull(); // a second is too short a span
  clock.add(1, 1499);
  expect(clock.secondsLeft(1, 10, 1499)).toBeNull();
  clock.add(1, 1500);
  expect(clock.secondsLeft(1, 10, 1500)).toBe(13.5);
  clock.add(2, 2000);
  expect(clock.secondsLeft(2, 10, 2000)).toBe(8);
  expect(clock.secondsLeft(2, 0, 2000)).toBeNull(); // the total is not known
});

test('it counts down between reports and never below zero', () => {
  const clock = createRateClock();
  clock.add(0, 0);
  clock.add(4, 4000);
  expect(clock.secondsLeft(4, 10, 5000)).toBe(5);
  expect(clock.secondsLeft(4, 10, 60_000)).toBe(0);
});

test('a slow first step is forgotten after half a minute', () => {
  const clock = createRateClock();
  clock.add(0, 0);
  clock.add(1, 60_000);
  for (let second = 1; second <= 60; second++) clock.add(1 + second, 60_000 + 1000 * second);
  // One a second now; the mean of the whole would say two.
  expect(clock.secondsLeft(61, 161, 120_000)).toBeCloseTo(100, 6);
});

test.each([
  // 25 pieces in 40 s; 15 in 30 s.
  [30_000, 26],
  [30_001, 32.5],
])('what is %i ms old at most is counted', (age, secondsLeft) => {
  const clock = createRateClock();
  clock.add(0, 0);
  clock.add(10, 10_000);
  clock.add(25, 10_000 + age);
  expect(clock.secondsLeft(25, 25 + 16.25, 10_000 + age)).toBeCloseTo(secondsLeft, 1);
});

test('going back begins a new phase', () => {
  const clock = createRateClock();
  clock.add(0, 0);
  clock.add(100, 10_000);
  clock.add(0, 11_000);
  expect(clock.secondsLeft(0, 10, 11_000)).toBeNull();
  clock.add(1, 13_000);
  expect(clock.secondsLeft(1, 10, 13_000)).toBe(18);
});

test('a report that says the same again is a pause in the same phase', () => {
  const clock = createRateClock();
  clock.add(0, 0);
  clock.add(5, 5000);
  clock.add(5, 10_000);
  // 5 in 10 s; 10 to go.
  expect(clock.secondsLeft(5, 15, 10_000)).toBe(20);
  const still = createRateClock();
  still.add(3, 0);
  still.add(3, 10_000);
  expect(still.secondsLeft(3, 10, 10_000)).toBeNull();
});

test.each([511, 512, 513, 514])('of %i reports the first and the last tell the rate', (reports) => {
  const clock = createRateClock();
  clock.add(0, 0);
  // The first report jumps ahead, and so does the last.
  for (let i = 1; i < reports - 1; i++) clock.add(1000 + i, 10 * i);
  clock.add(10_000, 10 * (reports - 1));
  expect(clock.secondsLeft(10_000, 20_000, 10 * (reports - 1))).toBeCloseTo((reports - 1) / 100, 9);
});

test('thousands of reports a second neither pile up nor change the figure', () => {
  const clock = createRateClock();
  for (let i = 0; i <= 20_000; i++) clock.add(i, i);
  expect(clock.secondsLeft(20_000, 30_000, 20_000)).toBeCloseTo(10, 1);
});
