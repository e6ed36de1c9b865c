// The player on a clock of the test's own: speed, waiting for pictures, ends.
import { describe, expect, it } from 'vitest';
import { Player, type Clock } from '../../../src-renderer/views/annotate/player.svelte.ts';

function fakeClock(): Clock & { advance(ms: number, steps?: number): void } {
  let now = 0;
  let queue: ((now: number) => void)[] = [];
  return {
    now: () => now,
    request: (callback) => queue.push(callback),
    cancel: () => (queue = []),
    advance(ms, steps = 1) {
      for (let i = 0; i < steps; i++) {
        now += ms / steps;
        const due = queue;
        queue = [];
        for (const callback of due) callback(now);
      }
    },
  };
}

describe('player', () => {
  it('plays at frames a second times speed, and stops at the end', () => {
    const clock = fakeClock();
    const player = new Player({ frames: 100, fps: 10, clock });
    player.play();
    clock.advance(1010, 60);
    expect(player.position).toBe(10);
    player.changeSpeed(1);
    expect(player.speed).toBe(2);
    clock.advance(1000, 60);
    expect(player.position).toBe(30);
    clock.advance(10_000, 600);
    expect(player.position).toBe(99);
    expect(player.playing).toBe(false);
  });

  it('reports every frame passed, also when several pass between two ticks', () => {
    const clock = fakeClock();
    const player = new Player({ frames: 60, fps: 30, clock, speed: 8 });
    const passed = new Set([0]);
    player.onMove((from, to) => {
      for (let i = from; i <= to; i++) passed.add(i);
    });
    player.play();
    clock.advance(200, 6);
    expect([...passed].sort((a, b) => a - b)).toEqual(Array.from({ length: player.position + 1 }, (_, i) => i));
    expect(player.position).toBe(48);
  });

  it('waits for a picture that is not there yet and does not hurry afterwards', () => {
    const clock = fakeClock();
    let decoded = 3;
    const player = new Player({ frames: 50, fps: 10, clock, isReady: (position) => position <= decoded });
    player.play();
    clock.advance(2000, 120);
    expect(player.position).toBe(3);
    expect(player.waiting).toBe(true);
    decoded = 50;
    clock.advance(500, 30);
    expect(player.waiting).toBe(false);
    expect(player.position).toBeGreaterThanOrEqual(7);
    expect(player.position).toBeLessThanOrEqual(9);
  });

  it('steps within the tracklet and starts over from the last frame', () => {
    const clock = fakeClock();
    const player = new Player({ frames: 5, fps: 10, clock, position: 99 });
    expect(player.position).toBe(4);
    player.step(1);
    expect(player.position).toBe(4);
    player.play();
    expect(player.position).toBe(0);
    player.step(-3);
    expect(player.playing).toBe(false);
    expect(player.position).toBe(0);
  });
});
