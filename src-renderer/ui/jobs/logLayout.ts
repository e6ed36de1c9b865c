/**
 * How many rows each line of a log takes, reckoned from its characters, so that a log of a hundred thousand lines is laid out without being drawn.
 * The letters of the log are equally wide, and a row is drawn as it was reckoned: a word or number that fits in a row is not divided, one that does not
 * is filled in where it stands, so that a long path leaves no gap before it. What is no letter of the log's font counts as two.
 * Test: test/renderer/ui/logLayout.test.ts.
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

/** Where the rows of a text begin; `columns` null: long lines are not broken. */
function rowStarts(text: string, columns: number | null): number[] {
  const starts = [0];
  let at = 0;
  for (const part of text.split('\n')) {
    if (at > 0) starts.push(at);
    if (columns !== null && widthOf(part) > columns) for (const start of startsIn(part, columns)) starts.push(at + start);
    at += part.length + 1;
  }
  return starts;
}

/** Beginnings of the rows behind the first one. */
function startsIn(part: string, columns: number): number[] {
  const starts: number[] = [];
  let at = 0;
  let used = 0;
  const begin = (): void => {
    starts.push(at);
    used = 0;
  };
  for (const word of part.match(/ |[^ ]+/g) ?? []) {
    const width = widthOf(word);
    if (used > 0 && used + width > columns && width <= columns) begin();
    for (const letter of width <= columns ? [word] : word) {
      const own = widthOf(letter);
      if (used > 0 && used + own > columns) begin();
      used += own;
      at += letter.length;
    }
  }
  return starts;
}

/** Rows of a text. */
export function rowsOf(text: string, columns: number | null): number {
  const isOne = !text.includes('\n') && (columns === null || widthOf(text) <= columns);
  return isOne ? 1 : rowStarts(text, columns).length;
}

/** The text of a line as its rows have it, without the level before it. */
export function rowTexts(line: Pick<LogLine, 'level' | 'text'>, columns: number | null): string[] {
  const level = levelText(line);
  const whole = level + line.text;
  const starts = rowStarts(whole, columns);
  return starts.map((start, row) => whole.slice(row === 0 ? level.length : start, starts[row + 1]));
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
  const level = levelText(line);
  return (layout.tops[index] ?? 0) + rowStarts(level + line.text, layout.columns).findLastIndex((start) => start <= level.length + at);
}

/** A box that scrolls: its top, its height, and that of all it holds. */
export interface Scrolled {
  scrollTop: number;
  clientHeight: number;
  scrollHeight: number;
}

/**
 * Whether the end is followed after a scroll. `endedAt`: where following put the top last. The page hears of that only in its next frame, and lines that
 * came meanwhile must not make a scroll of the person out of it.
 */
export function followsAfter({ scrollTop, clientHeight, scrollHeight }: Scrolled, slack: number, endedAt: number | null, isFollowing: boolean): boolean {
  if (scrollTop + clientHeight >= scrollHeight - slack) return true;
  return isFollowing && scrollTop === endedAt;
}
