/**
 * The body: its parts, their share of a person's area, and what hidden parts say about the hidden share.
 * Weights follow the rule-of-nines-like table of the design's references (head 9, torso 36, arm 9, leg 18.5), in percent.
 * A part counts as hidden when more than half of it is, so a set of parts allows an interval, not a number; this never blocks an edit.
 */
export interface BodyPart {
  id: string;
  title: string;
  weight: number;
  /** Key of the number pad, laid out like the body seen from the front. */
  key: string;
  outline: string;
  label: readonly [x: number, y: number];
}

export const BODY_PARTS: readonly BodyPart[] = [
  { id: 'head', title: 'Head', weight: 9, key: '8', label: [60, 36], outline: 'M60 12c12 0 18 9 18 20 0 12-8 21-18 21S42 44 42 32c0-11 6-20 18-20z' },
  { id: 'torso', title: 'Torso', weight: 36, key: '5', label: [60, 99], outline: 'M38 60h44c5 0 8 3 8 8v50c0 8-4 12-10 12H40c-6 0-10-4-10-12V68c0-5 3-8 8-8z' },
  { id: 'leftArm', title: 'Left arm', weight: 9, key: '6', label: [103, 104], outline: 'M95 64c8 3 11 10 12 20l4 46c0 5-2 8-6 8s-6-3-7-7l-5-33V63z' },
  { id: 'rightArm', title: 'Right arm', weight: 9, key: '4', label: [17, 104], outline: 'M25 64c-8 3-11 10-12 20l-4 46c0 5 2 8 6 8s6-3 7-7l5-33V63z' },
  { id: 'leftLeg', title: 'Left leg', weight: 18.5, key: '3', label: [75, 186], outline: 'M87 134H62l2 50 2 48c0 5 3 8 8 8s8-3 9-8l4-98z' },
  { id: 'rightLeg', title: 'Right leg', weight: 18.5, key: '1', label: [45, 186], outline: 'M33 134h25l-2 50-2 48c0 5-3 8-8 8s-8-3-9-8l-4-98z' },
];

/** Hidden share in percent that a set of hidden parts allows: each hidden part is half to wholly hidden, each visible one at most half. */
export function allowedShare(hidden: readonly string[]): { from: number; to: number } {
  const weight = BODY_PARTS.reduce((sum, part) => sum + (hidden.includes(part.id) ? part.weight : 0), 0);
  return { from: weight / 2, to: weight + (100 - weight) / 2 };
}

/** Does score k (more than (k−1)·10 up to k·10 %) meet the interval the parts allow? */
export function partsFitValue(hidden: readonly string[], value: number): boolean {
  const { from, to } = allowedShare(hidden);
  return value === 0 ? from <= 0 : value * 10 >= from && (value - 1) * 10 < to;
}

export interface Consistency {
  state: 'fits' | 'differs' | 'unknown';
  text: string;
}

export function consistency(hidden: readonly string[] | null, value: number | null): Consistency {
  if (hidden === null) return { state: 'unknown', text: 'No parts are marked in this frame' };
  const { from, to } = allowedShare(hidden);
  const allowed = `Parts allow ${Math.round(from)}–${Math.round(to)} % hidden`;
  if (value === null) return { state: 'unknown', text: `${allowed}; no value yet` };
  return partsFitValue(hidden, value)
    ? { state: 'fits', text: `${allowed}: fits the value` }
    : { state: 'differs', text: `${allowed}, the value says ${value === 0 ? '0' : `${(value - 1) * 10}–${value * 10}`} %` };
}
