/**
 * What a person was shown of a tracklet: per frame for how long, and at which speeds of playing. Columns, one entry a frame; page and host add
 * them up in the same way. Test: test/shared/fields/seen.test.ts.
 */
export interface SeenColumns {
  /** Milliseconds its picture was on the screen. */
  shownMs: Uint32Array<ArrayBuffer>;
  /** 0 never shown; else as `speedCode` gives it, the lowest and the highest. */
  slowest: Uint8Array<ArrayBuffer>;
  fastest: Uint8Array<ArrayBuffer>;
}

/** Standing still or stepping; slower than any playing. */
const STILL = 1;

/** Speed of playing (0 = not playing) as one byte: eighths, so that 0.5 × is 4. */
export function speedCode(speed: number): number {
  return speed <= 0 ? STILL : Math.min(255, Math.max(STILL + 1, Math.round(speed * 8)));
}

/** 0 for standing still. */
export function speedOf(code: number): number {
  return code <= STILL ? 0 : code / 8;
}

export function noneSeen(frames: number): SeenColumns {
  return { shownMs: new Uint32Array(frames), slowest: new Uint8Array(frames), fastest: new Uint8Array(frames) };
}

const LONGEST = 0xffff_ffff;

/** Adds what was shown from a position on. Changes `into`. */
export function addSeen(into: SeenColumns, start: number, more: SeenColumns): void {
  for (let i = 0; i < more.shownMs.length && start + i < into.shownMs.length; i++) {
    const fastest = more.fastest[i] ?? 0;
    if (fastest === 0) continue;
    const at = start + i;
    const slowest = more.slowest[i] ?? fastest;
    into.shownMs[at] = Math.min(LONGEST, (into.shownMs[at] ?? 0) + (more.shownMs[i] ?? 0));
    into.slowest[at] = (into.fastest[at] ?? 0) === 0 ? slowest : Math.min(into.slowest[at] ?? slowest, slowest);
    into.fastest[at] = Math.max(into.fastest[at] ?? 0, fastest);
  }
}
