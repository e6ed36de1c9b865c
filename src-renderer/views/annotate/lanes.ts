/**
 * What the keys and the pointer do to one lane, as edits of its ranges (the algebra itself is src-shared/ranges.ts), and a lane as the canvas reads it.
 * Pure. Tested against a naive array with one entry a frame by test/renderer/annotate/lanes.test.ts.
 */
import type { Annotation } from '../../../src-shared/contract/annotations.ts';
import { valuesEqual } from '../../../src-shared/fields/field.ts';
import { HOWS, isByPerson, type How } from '../../../src-shared/fields/how.ts';
import { joined, rangeAt, runAround, type ValueRange } from '../../../src-shared/ranges.ts';

export interface LaneRange extends ValueRange {
  how: How;
}
export type Lane = readonly LaneRange[];

/** Sets a value on an inclusive range, or clears it (null). */
export interface LaneEdit {
  start: number;
  end: number;
  value: unknown;
  how: How;
}

export function laneOf(annotations: readonly Annotation[], field: string): Lane {
  const ranges = annotations
    .filter((annotation) => annotation.field === field)
    .map(({ start, end, value, how, annotator, updatedAt }) => ({ start, end, value, how, annotator, updatedAt }));
  return joined(ranges.sort((a, b) => a.start - b.start));
}

/** Where the value next changes: forward the first frame of the next run; backward the first frame of this run, or of the one before. */
export function changePoint(lane: Lane, position: number, direction: 1 | -1, frames: number): number {
  const run = runAround(lane, position, frames);
  if (direction === 1) return run.end + 1 < frames ? run.end + 1 : frames - 1;
  if (run.start < position) return run.start;
  return run.start === 0 ? 0 : runAround(lane, run.start - 1, frames).start;
}

export function countWithoutValue(lane: Lane, frames: number): number {
  return lane.reduce((left, range) => left - (range.end - range.start + 1), frames);
}

/** One entry a frame: numeric value (−1 = none) and index into HOWS, as the canvas reads them. */
export function columnsOf(lane: Lane, frames: number): { value: Int8Array; how: Int8Array } {
  const value = new Int8Array(frames).fill(-1);
  const how = new Int8Array(frames).fill(-1);
  for (const range of lane) {
    if (typeof range.value !== 'number') continue;
    value.fill(range.value, range.start, range.end + 1);
    how.fill(HOWS.indexOf(range.how), range.start, range.end + 1);
  }
  return { value, how };
}

/** Values given frame by frame (a stroke) as the fewest edits. */
export function editsOf(values: ReadonlyMap<number, unknown>, howAt: How | ((position: number) => How)): LaneEdit[] {
  const edits: LaneEdit[] = [];
  for (const position of [...values.keys()].sort((a, b) => a - b)) {
    const value = values.get(position) ?? null;
    const how = typeof howAt === 'function' ? howAt(position) : howAt;
    const last = edits.at(-1);
    if (last && last.end + 1 === position && last.how === how && valuesEqual(last.value, value)) last.end = position;
    else edits.push({ start: position, end: position, value, how });
  }
  return edits;
}

/**
 * Moves the border between two runs: `edge` is the first position of the right one. Moving left the right value grows, moving right the left
 * one does (a missing value clears): a value carried, since the frames it moves over need not be on the screen. Returns nothing when the border stays.
 */
export function moveEdge(lane: Lane, edge: number, to: number): LaneEdit[] {
  if (to === edge) return [];
  const grows = to < edge ? rangeAt(lane, edge) : rangeAt(lane, edge - 1);
  return [{ start: Math.min(edge, to), end: Math.max(edge, to) - 1, value: grows?.value ?? null, how: 'carried' }];
}

/**
 * Fills the frames between the values of a person inside a range: linear by the field's own rule, or step (hold the earlier value).
 * Those values stay. A barrier (gap in the video, other occluder) between two of them leaves the frames as they are.
 */
export function interpolationEdits(
  lane: Lane,
  range: { start: number; end: number },
  kind: 'linear' | 'step',
  between: ((from: unknown, to: unknown, fraction: number) => unknown) | undefined,
  isBarrier: (position: number) => boolean,
): LaneEdit[] {
  const keys = lane.filter((entry) => isByPerson(entry.how) && entry.end >= range.start && entry.start <= range.end);
  const edits: LaneEdit[] = [];
  for (let i = 0; i + 1 < keys.length; i++) {
    const from = keys[i]!;
    const to = keys[i + 1]!;
    const span = to.start - from.end;
    if (span < 2) continue;
    let blocked = false;
    for (let position = from.end + 1; position <= to.start; position++) blocked ||= isBarrier(position);
    if (blocked) continue;
    const values = new Map<number, unknown>();
    for (let step = 1; step < span; step++) values.set(from.end + step, kind === 'linear' && between ? between(from.value, to.value, step / span) : from.value);
    edits.push(...editsOf(values, 'interpolated'));
  }
  return edits;
}
