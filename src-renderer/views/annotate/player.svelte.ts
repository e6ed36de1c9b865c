/**
 * Where the player stands and how it moves. Time comes from an injected clock; a frame whose picture is not decoded yet is never passed
 * while playing, so nobody judges what was not shown. Listeners hear every move with both ends, so that a stroke covers all frames between.
 * Tested by test/renderer/annotate/player.test.ts.
 */
export interface Clock {
  now(): number;
  request(callback: (now: number) => void): number;
  cancel(handle: number): void;
}

const pageClock: Clock = {
  now: () => performance.now(),
  request: (callback) => requestAnimationFrame(callback),
  cancel: (handle) => cancelAnimationFrame(handle),
};

export const SPEEDS = [0.5, 1, 2, 4, 8] as const;

/** `passes`: the frames between were passed (played, stepped), not jumped over (clicked, searched). */
export type MoveListener = (from: number, to: number, passes: boolean) => void;

export interface PlayerOptions {
  frames: number;
  fps: number;
  clock?: Clock;
  /** Can this position be shown at once? */
  isReady?: (position: number) => boolean;
  position?: number;
  speed?: number;
}

export class Player {
  readonly frames: number;
  readonly fps: number;
  position = $state(0);
  playing = $state(false);
  speed = $state(1);
  /** Playing, but the next picture is not decoded yet. */
  waiting = $state(false);
  /** Which way the last move went; pictures are fetched ahead that way. */
  direction: 1 | -1 = 1;
  #clock: Clock;
  #isReady: (position: number) => boolean;
  #listeners = new Set<MoveListener>();
  #handle: number | null = null;
  #last = 0;
  /** Part of a frame that time has moved on but the position has not. */
  #carry = 0;

  constructor(options: PlayerOptions) {
    this.frames = options.frames;
    this.fps = options.fps;
    this.#clock = options.clock ?? pageClock;
    this.#isReady = options.isReady ?? (() => true);
    this.position = this.#clamp(options.position ?? 0);
    this.speed = options.speed ?? 1;
  }

  onMove(listener: MoveListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  seek(position: number, passes = true): void {
    const to = this.#clamp(Math.round(position));
    const from = this.position;
    if (to === from) return;
    this.direction = to > from ? 1 : -1;
    this.position = to;
    for (const listener of this.#listeners) listener(from, to, passes);
  }

  step(frames: number): void {
    this.pause();
    this.seek(this.position + frames);
  }

  play(): void {
    if (this.playing) return;
    if (this.position === this.frames - 1) this.seek(0, false);
    this.playing = true;
    this.#carry = 0;
    this.#last = this.#clock.now();
    this.#handle = this.#clock.request((now) => this.#tick(now));
  }

  pause(): void {
    if (this.#handle !== null) this.#clock.cancel(this.#handle);
    this.#handle = null;
    this.playing = false;
    this.waiting = false;
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  changeSpeed(direction: 1 | -1): void {
    const index = SPEEDS.indexOf(this.speed as (typeof SPEEDS)[number]);
    this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, (index < 0 ? 1 : index) + direction))]!;
  }

  #tick(now: number): void {
    this.#carry += (Math.max(0, now - this.#last) / 1000) * this.fps * this.speed;
    this.#last = now;
    const due = Math.floor(this.#carry);
    if (due > 0) {
      const limit = Math.min(this.frames - 1, this.position + due);
      let to = limit;
      while (to > this.position && !this.#isReady(to)) to--;
      this.waiting = to === this.position;
      // Time spent waiting for pictures is not caught up: the next picture follows at normal speed.
      this.#carry = to === limit ? this.#carry - due : 0.999;
      this.seek(to);
    }
    if (!this.playing) return;
    if (this.position >= this.frames - 1) this.pause();
    else this.#handle = this.#clock.request((next) => this.#tick(next));
  }

  #clamp(position: number): number {
    return Math.min(this.frames - 1, Math.max(0, position));
  }
}
