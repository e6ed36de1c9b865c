// What was on the screen, against a naive list of looks; saved in chunks, never while values are on their way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeenLog } from '../../../src-renderer/views/annotate/seenLog.svelte.ts';
import type { Timer } from '../../../src-renderer/views/annotate/painter.svelte.ts';
import { noneSeen, addSeen } from '../../../src-shared/fields/seen.ts';
import { fakeHost, settle } from './fakeHost.ts';

const FRAMES = 12;

function open() {
  const host = fakeHost(FRAMES);
  let now = 0;
  const state = { isBusy: false };
  const timers: { ms: number; callback: () => void }[] = [];
  const timer: Timer = {
    after: (ms, callback) => {
      const entry = { ms, callback };
      timers.push(entry);
      return () => void timers.splice(timers.indexOf(entry), 1);
    },
  };
  const log = new SeenLog({ client: host, trackletId: 1, frames: FRAMES, isBusy: () => state.isBusy, now: () => now, timer });
  /** What the host holds after all chunks. */
  const saved = () => {
    const columns = noneSeen(FRAMES);
    for (const { start, ...chunk } of host.seen) addSeen(columns, start, chunk as never);
    return columns;
  };
  return { host, log, state, saved, pass: (ms: number) => (now += ms), due: () => timers.splice(0).map(({ ms, callback }) => (callback(), ms)) };
}

describe('what was shown', () => {
  it('adds up time and speeds a frame, whatever the order, and all of it reaches the host', async () => {
    const look = fc.record({
      position: fc.integer({ min: 0, max: FRAMES - 1 }),
      speed: fc.constantFrom(0, 0.5, 1, 2, 8),
      ms: fc.integer({ min: 0, max: 3000 }),
      isHidden: fc.boolean(),
      isSaved: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(look, { maxLength: 40 }), async (looks) => {
        const { log, saved, pass, due } = open();
        const ms = new Array<number>(FRAMES).fill(0);
        const speeds = Array.from({ length: FRAMES }, () => new Set<number>());
        for (const one of looks) {
          log.shown(one.position, one.speed);
          pass(one.ms);
          ms[one.position]! += one.ms;
          speeds[one.position]!.add(one.speed);
          if (one.isHidden) {
            log.hidden();
            pass(500);
          }
          if (one.isSaved) due();
        }
        log.close();
        await settle();
        const columns = saved();
        expect([...columns.shownMs]).toEqual(ms);
        const code = (speed: number): number => (speed === 0 ? 1 : speed * 8);
        expect([...columns.slowest]).toEqual(speeds.map((set) => (set.size === 0 ? 0 : Math.min(...[...set].map(code)))));
        expect([...columns.fastest]).toEqual(speeds.map((set) => (set.size === 0 ? 0 : Math.max(...[...set].map(code)))));
        expect([...log.columns.shownMs]).toEqual(ms);
      }),
      { numRuns: 60 },
    );
  });

  it('waits while values are on their way, and counts a picture left standing for a minute at most', async () => {
    const { host, log, state, pass, due } = open();
    log.shown(3, 0);
    state.isBusy = true;
    expect(due()).toEqual([5000]);
    expect(host.seen).toHaveLength(0);
    state.isBusy = false;
    pass(3_600_000);
    expect(due()).toEqual([1000]);
    await settle();
    expect(host.seen).toMatchObject([{ trackletId: 1, start: 3, shownMs: Uint32Array.of(60_000), slowest: Uint8Array.of(1), fastest: Uint8Array.of(1) }]);
    await log.flush();
    expect(host.seen.length).toBeLessThanOrEqual(1);
  });
});
