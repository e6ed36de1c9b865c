/**
 * The hidden share of a tracklet and whether it may be counted: the one rule for grid, filters, histogram, tables, strata and command line.
 * The share is of the frames that have a value, so it says nothing about the others; it counts only when at least nine frames of ten have
 * one. Then it lies within 10 points of the share that the whole tracklet has, whatever the missing frames hold: the width of the narrowest
 * bin of the published table. Test: test/shared/fields/hiddenShare.test.ts.
 */

/** Columns of a tracklet, as the database keeps them. */
export interface ValuedFrames {
  frames: number;
  /** Frames with a visibility value. */
  withValue: number;
  /** Of these, frames with a value of 1 or more. */
  hiddenFrames: number;
}

/** Whole numbers, so that SQL and TypeScript agree to the frame. */
export const ENOUGH = { of: 10, atLeast: 9 } as const;

export function isValuedEnough({ frames, withValue }: Pick<ValuedFrames, 'frames' | 'withValue'>): boolean {
  return withValue > 0 && withValue * ENOUGH.of >= frames * ENOUGH.atLeast;
}

/** Fraction 0..1 of the valued frames; null without any. To be shown with its n, never counted: for that there is `countedShare`. */
export function shareOfValued({ withValue, hiddenFrames }: Pick<ValuedFrames, 'withValue' | 'hiddenFrames'>): number | null {
  return withValue === 0 ? null : hiddenFrames / withValue;
}

/** The hidden share as filters, tables and strata take it: null where too few frames have a value. */
export function countedShare(columns: ValuedFrames): number | null {
  return isValuedEnough(columns) ? shareOfValued(columns) : null;
}

/** From scores a frame: below 0 and null stand for no value. */
export function valuedFrames(scores: ArrayLike<number | null>): ValuedFrames {
  let withValue = 0;
  let hiddenFrames = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] ?? -1;
    if (score < 0) continue;
    withValue++;
    if (score > 0) hiddenFrames++;
  }
  return { frames: scores.length, withValue, hiddenFrames };
}

/** "67 % of 3 of 40 frames": a share never stands without what it is of. Null without any value. */
export function shareText(columns: ValuedFrames): string | null {
  const share = shareOfValued(columns);
  if (share === null) return null;
  const percent = `${Math.round(share * 100)} %`;
  return columns.withValue === columns.frames ? percent : `${percent} of ${columns.withValue} of ${columns.frames} frames`;
}

/** For where the share stands alone: "40 %", or "13 of 45 valued" where it cannot be counted; null without any value. */
export function countedText(columns: ValuedFrames): string | null {
  const share = countedShare(columns);
  if (share !== null) return `${Math.round(share * 100)} %`;
  return columns.withValue === 0 ? null : `${columns.withValue} of ${columns.frames} valued`;
}
