/**
 * Keeps which frames were on the screen, for how long and at what speed of playing, and saves it in chunks while no stroke is under way.
 * It never holds up a value. A window that goes saves at once, and client.ts keeps what is not answered for the next one. Tested by
 * test/renderer/annotate/seenLog.test.ts, test/e2e/seenKept.test.ts.
 */
import type { Client } from '../../../src-shared/contract/index.ts';
import { addSeen, noneSeen, speedCode, type SeenColumns } from '../../../src-shared/fields/seen.ts';
import { onLeaving } from '../../lib/leaving.ts';
import { pageTimer, type Timer } from './painter.svelte.ts';

export interface SeenOptions {
  client: Pick<Client, 'call'>;
  trackletId: number;
  frames: number;
  /** Values are on their way: not now. */
  isBusy(): boolean;
  now?: () => number;
  timer?: Timer;
  /** Calls back when the window goes or is covered; returns how to stop that. */
  onLeaving?: (listener: () => void) => () => void;
}

const SAVE_EVERY_MS = 5000;
const TRY_AGAIN_MS = 1000;
/** A picture left on the screen says nothing about being looked at for longer. */
const LONGEST_LOOK_MS = 60_000;

export class SeenLog {
  /** Grows when a frame is shown for the first time. */
  changed = $state(0);
  /** Of all people, what is saved and what is not yet. */
  readonly columns: SeenColumns;
  #options: SeenOptions;
  #unsaved: SeenColumns;
  #on: { position: number; since: number; code: number } | null = null;
  #cancelTimer: (() => void) | null = null;
  #saving: Promise<void> = Promise.resolve();
  #stopListening: () => void;

  constructor(options: SeenOptions) {
    this.#options = options;
    this.columns = noneSeen(options.frames);
    this.#unsaved = noneSeen(options.frames);
    this.#stopListening = (options.onLeaving ?? onLeaving)(() => void this.flush());
    void this.#read();
  }

  /** `speed` 0: standing still. */
  shown(position: number, speed: number): void {
    const code = speedCode(speed);
    if (this.#on?.position === position && this.#on.code === code) return;
    this.hidden();
    this.#on = { position, since: this.#now(), code };
    const isFirst = this.columns.fastest[position] === 0;
    this.#add(position, 0, code);
    if (isFirst) this.changed += 1;
    this.#saveLater(SAVE_EVERY_MS);
  }

  /** No picture is on the screen any more. */
  hidden(): void {
    const on = this.#on;
    this.#on = null;
    const ms = on ? Math.min(LONGEST_LOOK_MS, Math.round(this.#now() - on.since)) : 0;
    if (on && ms > 0) this.#add(on.position, ms, on.code);
  }

  /** Saves now; resolves when the host has it. */
  flush(): Promise<void> {
    const on = this.#on;
    this.hidden();
    if (on) this.#on = { ...on, since: this.#now() };
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    const { shownMs, slowest, fastest } = this.#unsaved;
    const first = fastest.findIndex((code) => code > 0);
    if (first < 0) return this.#saving;
    const end = fastest.findLastIndex((code) => code > 0) + 1;
    this.#unsaved = noneSeen(this.#options.frames);
    const { client, trackletId } = this.#options;
    const chunk = { shownMs: shownMs.slice(first, end), slowest: slowest.slice(first, end), fastest: fastest.slice(first, end) };
    this.#saving = client.call('annotations.addSeen', { trackletId, start: first, ...chunk }).then(
      () => undefined,
      (error: unknown) => console.error('What was shown could not be saved', error),
    );
    return this.#saving;
  }

  close(): void {
    this.#stopListening();
    this.hidden();
    void this.flush();
  }

  #add(position: number, ms: number, code: number): void {
    const one = { shownMs: Uint32Array.of(ms), slowest: Uint8Array.of(code), fastest: Uint8Array.of(code) };
    addSeen(this.columns, position, one);
    addSeen(this.#unsaved, position, one);
  }

  #saveLater(ms: number): void {
    this.#cancelTimer ??= (this.#options.timer ?? pageTimer).after(ms, () => {
      this.#cancelTimer = null;
      if (this.#options.isBusy()) this.#saveLater(TRY_AGAIN_MS);
      else void this.flush();
    });
  }

  async #read(): Promise<void> {
    try {
      const { seen } = await this.#options.client.call('annotations.seen', { trackletId: this.#options.trackletId });
      if (!seen) return;
      addSeen(this.columns, 0, seen);
      this.changed += 1;
    } catch (error) {
      console.error('What was shown before could not be read', error);
    }
  }

  #now(): number {
    return (this.#options.now ?? (() => performance.now()))();
  }
}
