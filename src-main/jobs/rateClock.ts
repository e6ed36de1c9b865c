/**
 * Estimates the time left from the progress of the last half minute, so that a slow first step or a pause does not
 * spoil the figure for the whole job. Says nothing before there is something to say. Test: test/main/jobs/rateClock.test.ts.
 */
export interface RateClock {
  add(done: number, at: number): void;
  /** null while unknown. */
  secondsLeft(done: number, total: number, at: number): number | null;
}

const WINDOW = 30_000;
const LEAST_SPAN = 1500;

export function createRateClock(): RateClock {
  let points: { done: number; at: number }[] = [];

  return {
    add(done, at) {
      const last = points.at(-1);
      // Going back means a new phase with another unit: the old rate is worth nothing.
      if (last && done < last.done) points = [];
      points.push({ done, at });
      while (points.length > 2 && (points[1] as { at: number }).at < at - WINDOW) points.shift();
      // A long job reports often; every other point is enough, the first and the last among them.
      if (points.length > 512) points = points.filter((_, i) => i % 2 === 0);
    },
    secondsLeft(done, total, at) {
      const first = points[0];
      const last = points.at(-1);
      if (!first || !last || total <= 0 || last.done <= first.done || last.at - first.at < LEAST_SPAN) return null;
      const rate = (last.done - first.done) / (last.at - first.at);
      return Math.max(0, ((total - done) / rate - (at - last.at)) / 1000);
    },
  };
}
