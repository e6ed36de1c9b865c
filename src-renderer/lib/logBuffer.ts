/**
 * The lines of one log by index, put together from pages read and events, without gaps or repeats.
 * A line's index is its place; an event that arrives before the page in front of it leaves a hole that is read next.
 * Test: test/renderer/logBuffer.test.ts.
 */
import type { LogLine } from '../../src-shared/contract/jobs.ts';

export interface LogBuffer {
  /** Lines without a hole, from the first one. */
  lines: LogLine[];
  /** Pieces that came too early, by their first index. */
  early: { from: number; lines: LogLine[] }[];
}

export function emptyLog(): LogBuffer {
  return { lines: [], early: [] };
}

export function addLines(buffer: LogBuffer, from: number, lines: readonly LogLine[]): LogBuffer {
  const early = [...buffer.early, { from, lines: [...lines] }].sort((a, b) => a.from - b.from);
  const whole = [...buffer.lines];
  const rest: LogBuffer['early'] = [];
  for (const piece of early) {
    if (piece.lines.length === 0) continue;
    if (piece.from > whole.length) rest.push(piece);
    else whole.push(...piece.lines.slice(Math.max(0, whole.length - piece.from)));
  }
  return { lines: whole, early: rest };
}

/** Where to read on: the first index that is missing. */
export function nextIndex(buffer: LogBuffer): number {
  return buffer.lines.length;
}

/** Reads on page by page, from the first line that is missing, until nothing more comes; `keep` is told each state. */
export async function readOn(
  now: () => LogBuffer,
  page: (from: number) => Promise<{ lines: readonly LogLine[]; next: number }>,
  keep: (buffer: LogBuffer) => void,
): Promise<void> {
  for (;;) {
    const from = nextIndex(now());
    const { lines, next } = await page(from);
    keep(addLines(now(), from, lines));
    if (lines.length === 0 || next <= from) return;
  }
}

export function hasHole(buffer: LogBuffer): boolean {
  return buffer.early.length > 0;
}
