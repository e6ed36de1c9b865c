/**
 * How many rows each line of a log takes, reckoned from its characters, so that a log of a hundred thousand lines is laid out without being drawn.
 * The letters of the log are equally wide and a row breaks wherever it is full, so that what is reckoned is what is drawn; what is no letter of the
 * log's font counts as two. Test: test/renderer/ui/logLayout.test.ts.
 */
import type { LogLine } from '../../../src-shared/contract/jobs.ts';

const LEVELS: Record<LogLine['level'], string> = { info: '', warn: 'warning ', error: 'error ' };

/** As it is drawn behind its time. */
export function levelText(line: Pick<LogLine, 'level'>): string {
  return LEVELS[line.level];
}

/** Letters of a row that a text takes. */
function widthOf(text: string): number {
  if (!/[^\x20-\x7e]/.test(text)) return text.length;
  let width = 0;
  for (const letter of text) width += letter <= '\x7e' ? 1 : 2;
  return width;
}

/** Rows of a text; `columns` null: long lines are not broken. */
export function rowsOf(text: string, columns: number | null): number {
  if (!text.includes('\n')) return columns === null ? 1 : Math.max(1, Math.ceil(widthOf(text) / columns));
  return text.split('\n').reduce((rows, part) => rows + rowsOf(part, columns), 0);
}

export interface LogLayout {
  columns: number | null;
  /** First row of every line, and behind them how many rows there are. */
  tops: Int32Array;
}

export function layOut(lines: readonly Pick<LogLine, 'level' | 'text'>[], columns: number | null): LogLayout {
  const tops = new Int32Array(lines.length + 1);
  for (const [i, line] of lines.entries()) tops[i + 1] = tops[i]! + rowsOf(levelText(line) + line.text, columns);
  return { columns, tops };
}

/** The line that a row belongs to; the last one for rows below all. */
export function lineAt({ tops }: LogLayout, row: number): number {
  let low = 0;
  let high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle]! <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The row where a found text begins. */
export function rowOfHit(layout: LogLayout, index: number, line: Pick<LogLine, 'level' | 'text'>, at: number): number {
  return (layout.tops[index] ?? 0) + rowsOf(levelText(line) + line.text.slice(0, at + 1), layout.columns) - 1;
}
