/**
 * Where a person should look again: frames without a value, jumps that nobody confirmed, values that the marked parts contradict.
 * Pure; feeds the doubt lane and the `;` key. Never changes or blocks anything.
 */
import { isByPerson } from '../../../src-shared/fields/how.ts';
import { indexAt } from '../../../src-shared/ranges.ts';
import type { Lane, LaneRange } from './lanes.ts';
import { partsFitValue } from './bodyParts.ts';

export interface Doubt {
  start: number;
  end: number;
  kind: 'none' | 'jump' | 'parts';
  text: string;
}

const JUMP = 5;

export function findDoubts(visibility: Lane, parts: Lane, frames: number): Doubt[] {
  const doubts: Doubt[] = [];
  let next = 0;
  for (const range of [...visibility, null]) {
    const start = range?.start ?? frames;
    if (start > next) doubts.push({ start: next, end: start - 1, kind: 'none', text: `${start - next} without value` });
    next = (range?.end ?? frames) + 1;
  }
  for (let i = 1; i < visibility.length; i++) {
    const before = visibility[i - 1]!;
    const after = visibility[i]!;
    if (before.end + 1 !== after.start || (isSettled(before) && isSettled(after))) continue;
    const jump = Math.abs(Number(after.value) - Number(before.value));
    if (jump >= JUMP) doubts.push({ start: after.start, end: after.start, kind: 'jump', text: `jumps by ${jump}` });
  }
  for (const part of parts) {
    if (!Array.isArray(part.value)) continue;
    for (const range of visibility) {
      const start = Math.max(part.start, range.start);
      const end = Math.min(part.end, range.end);
      if (start <= end && typeof range.value === 'number' && !partsFitValue(part.value as string[], range.value))
        doubts.push({ start, end, kind: 'parts', text: 'parts differ' });
    }
  }
  return doubts.sort((a, b) => a.start - b.start || a.kind.localeCompare(b.kind));
}

/** A person stands for the value here; one that was only carried over a stretch may hide a change. */
function isSettled(range: LaneRange | undefined): boolean {
  return range !== undefined && isByPerson(range.how) && range.how !== 'carried';
}

/** The next doubtful place after a position, from the start again when there is none; null when nothing is in doubt. */
export function nextDoubt(doubts: readonly Doubt[], position: number): Doubt | null {
  const inside = doubts.find((doubt) => doubt.kind === 'none' && doubt.start <= position && position < doubt.end);
  if (inside) return { ...inside, start: position + 1 };
  return doubts.find((doubt) => doubt.start > position) ?? doubts[0] ?? null;
}

/** 0..1 a frame, for the line of the lane: no value counts half, a change by its size, a contradiction fully. */
export function doubtCurve(values: Int8Array, doubts: readonly Doubt[], visibility: Lane): Float32Array {
  const curve = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < 0) curve[i] = 0.5;
    else if (i > 0 && values[i - 1]! >= 0 && values[i] !== values[i - 1]) {
      const confirmed = isSettled(visibility[indexAt(visibility, i)]) && isSettled(visibility[indexAt(visibility, i - 1)]);
      curve[i] = Math.min(1, Math.abs(values[i]! - values[i - 1]!) / (confirmed ? 20 : 8));
    }
  }
  for (const doubt of doubts) if (doubt.kind === 'parts') curve.fill(1, doubt.start, doubt.end + 1);
  return curve;
}
