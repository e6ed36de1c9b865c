/** Time that moves when told, for whatever takes a `Timing`. */
import type { Timing } from '../../src-main/platform/paced.ts';

export interface MadeTime extends Timing {
  /** What falls due on the way is done at its time. */
  advance(milliseconds: number): void;
}

export function madeTime(): MadeTime {
  let time = 0;
  const waiting = new Set<{ at: number; work: () => void }>();
  return {
    now: () => time,
    after(milliseconds, work) {
      const entry = { at: time + milliseconds, work };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    advance(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        const next = [...waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        waiting.delete(next);
        time = next.at;
        next.work();
      }
      time = end;
    },
  };
}
