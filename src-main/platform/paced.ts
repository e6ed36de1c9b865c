/**
 * Does a piece of work at most once an interval, and always after the last call: at once when the interval has passed, else at its end.
 * What is kept this way never stays older than the interval, also when nothing follows. Test: test/main/platform/paced.test.ts.
 */
import { monotonicClock } from './clock.ts';

export interface Paced {
  (): void;
  /** What waits is done now. */
  flush(): void;
  /** What waits is given up. */
  stop(): void;
}

/** The clock is monotonic, in milliseconds; `after` returns what cancels it. */
export interface Timing {
  now(): number;
  after(milliseconds: number, work: () => void): () => void;
}

export const systemTiming: Timing = {
  now: monotonicClock,
  after(milliseconds, work) {
    const timer = setTimeout(work, milliseconds);
    return () => clearTimeout(timer);
  },
};

export function paced(interval: number, work: () => void, { now, after }: Timing = systemTiming): Paced {
  let doneAt = -Infinity;
  let cancel: (() => void) | null = null;

  function perform(): void {
    cancel?.();
    cancel = null;
    doneAt = now();
    work();
  }
  function call(): void {
    if (cancel) return;
    const wait = doneAt + interval - now();
    if (wait <= 0) perform();
    else cancel = after(wait, perform);
  }

  return Object.assign(call, {
    flush(): void {
      if (cancel) perform();
    },
    stop(): void {
      cancel?.();
      cancel = null;
    },
  });
}
