/**
 * What a row of ranks shows: which cells stand in the columns, and where a tracklet under the pointer stands in the other rows.
 * Test: test/renderer/compare/rankRow.test.ts.
 */
import type { RankCell, RankList } from '../../../src-shared/contract/evaluations.ts';

/** Cells in list order; junk stays in its place or is left out. */
export function shownCells(list: RankList, hideJunk: boolean): RankCell[] {
  return hideJunk ? list.cells.filter((cell) => cell.mark !== 'junk') : list.cells;
}

export interface Echo {
  kind: 'cell' | 'beyond' | 'before' | 'unknown';
  /** Index among the shown cells, for `cell`. */
  index: number;
  text: string;
}

/** Where `trackletId` is in this row, seen through a window of columns. */
export function echoOf(list: RankList, cells: readonly RankCell[], trackletId: number, name: string, from: number, columns: number): Echo {
  const index = cells.findIndex((cell) => cell.trackletId === trackletId);
  if (index < 0) {
    const hidden = list.cells.find((cell) => cell.trackletId === trackletId);
    if (hidden) return { kind: 'unknown', index: -1, text: `${name} is junk here` };
    return { kind: 'beyond', index: -1, text: `${name} after rank ${list.cells.reduce((most, cell) => Math.max(most, cell.rank), 0)}` };
  }
  const cell = cells[index]!;
  const place = cell.mark === 'junk' ? 'junk' : `rank ${cell.rank}`;
  if (index >= from + columns) return { kind: 'beyond', index, text: cell.mark === 'junk' ? `${name}, junk` : `${name} at ${cell.rank}` };
  if (index < from) return { kind: 'before', index, text: cell.mark === 'junk' ? `${name}, junk` : `${name} at ${cell.rank}` };
  return { kind: 'cell', index, text: place };
}

/** First column of the window so that `active` is inside it, moved as little as possible. */
export function scrollTo(active: number, from: number, columns: number, total: number): number {
  const last = Math.max(0, total - columns);
  if (active < from) return Math.max(0, active);
  if (active >= from + columns) return Math.min(last, active - columns + 1);
  return Math.min(from, last);
}

/** Positions of `n` slots on a sheet of `crops` crops, at least as many, evenly spaced with both ends. */
export function slots(n: number, crops: number): number[] {
  if (n === 1) return [Math.max(0, Math.floor(crops / 2) - 1)];
  return Array.from({ length: n }, (_, i) => Math.round((i * (crops - 1)) / (n - 1)));
}

/** While playing, slot `i` of `n` runs through its own part of the sheet; all sheets have `crops` crops, so all strips keep in step. */
export function playingSlots(n: number, crops: number, tick: number): number[] {
  const part = crops / n;
  return Array.from({ length: n }, (_, i) => Math.min(crops - 1, Math.floor(i * part) + (tick % Math.max(1, Math.floor(part)))));
}

export interface RanksLayout {
  lines: number;
  columns: number;
  cropWidth: number;
}

/** What stands beside the cells of a row: its head and the padding. */
const BESIDE = 122 + 24;
/** Ranks that a high row shows before its crops grow. */
const ENOUGH_RANKS = 20;
const LEAST_LINE = 106;

/**
 * Ten ranks at 1440 px; where a row is higher, fewer and larger ones, but not below eight a line. A second line is begun only for ranks that do
 * not stand in the first, so that a large window shows larger crops rather than empty ground.
 */
export function layoutRanks({ width, rowHeight, cells }: { width: number; rowHeight: number; cells: number }): RanksLayout {
  const room = width - BESIDE;
  const mostColumns = Math.max(4, Math.floor(room / 101));
  const mostLines = Math.max(1, Math.floor(rowHeight / LEAST_LINE));
  let layout: RanksLayout = { lines: 0, columns: 0, cropWidth: 0 };
  for (let lines = 1; lines <= mostLines && layout.lines * layout.columns < Math.min(cells, ENOUGH_RANKS); lines++) {
    const cropByHeight = ((rowHeight - 8) / lines - 48) / 2;
    const columns = Math.min(mostColumns, Math.max(Math.min(8, mostColumns), Math.floor(room / (3 * cropByHeight + 14))));
    const cellWidth = (room - columns * 6) / columns;
    layout = { lines, columns, cropWidth: Math.max(16, Math.floor(Math.min((cellWidth - 8) / 3, cropByHeight))) };
  }
  return layout;
}
