/**
 * Lets only so much run at a time; the rest waits in its order, and what would wait behind too many is refused. `weight` is what a piece of work
 * takes of the room, such as the pixels that it holds in memory; one that is heavier than the room has it alone. Test: test/main/platform/turns.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';

export interface Turns {
  /** `signal`: who waits no longer gives its place up at once; work that has begun hears of it itself. */
  take<T>(weight: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export interface TurnsOptions {
  /** Pieces of work. */
  atOnce: number;
  /** Sum of their weights. Default: no limit. */
  room?: number;
  /** How many may wait. Default: no limit. */
  waiting?: number;
  /** What is waited for, for the sentence of a refusal, such as "sizes of methods". */
  what: string;
}

export function createTurns({ atOnce, room = Infinity, waiting: most = Infinity, what }: TurnsOptions): Turns {
  const waiting: { weight: number; begin: () => void }[] = [];
  let running = 0;
  let held = 0;

  function next(): void {
    for (let first = waiting[0]; first && running < atOnce && (running === 0 || held + first.weight <= room); first = waiting[0]) {
      waiting.shift();
      running++;
      held += first.weight;
      first.begin();
    }
  }

  return {
    async take(weight, work, signal) {
      signal?.throwIfAborted();
      if (waiting.length >= most) throw new AppError('BUSY', `More than ${most} ${what} are waited for.`, { most });
      const turn = Promise.withResolvers<void>();
      const place = { weight, begin: turn.resolve };
      waiting.push(place);
      next();
      const leave = (): void => {
        const at = waiting.indexOf(place);
        if (at < 0) return;
        waiting.splice(at, 1);
        turn.reject(signal?.reason);
        // What is lighter may stand behind it.
        next();
      };
      signal?.addEventListener('abort', leave, { once: true });
      await turn.promise.finally(() => signal?.removeEventListener('abort', leave));
      try {
        signal?.throwIfAborted();
        return await work();
      } finally {
        running--;
        held -= weight;
        next();
      }
    },
  };
}
