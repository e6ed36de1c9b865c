/**
 * Reader of MOTChallenge text (`gt.txt`, `det.txt`, tracker results): frame, id, left, top, width, height, flag or confidence, then
 * either class and visibility (MOT16, MOT17, MOT20) or world coordinates (MOT15). The two are told apart by their values, since files carry no version.
 * Every error names file and line. Test: test/datasets/readers/text.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { numberedLines, parseNumber, type Line } from './lines.ts';

export type MotColumns = 'plain' | 'mot15' | 'mot16';

export interface MotRow {
  /** 1-based line in the file. */
  line: number;
  /** 1-based, as in the file. */
  frame: number;
  /** −1 for a detection without identity. */
  id: number;
  x: number;
  y: number;
  w: number;
  h: number;
  /** The seventh column: 0 = ignore in ground truth. 1 when the column is absent. */
  flag: number;
  /** MOT16 only, else null. */
  category: number | null;
  /** MOT16 only, 0..1, else null. */
  visibility: number | null;
}

export interface MotText {
  columns: MotColumns;
  /** Why these columns, one sentence for the user. */
  reason: string;
  rows: MotRow[];
}

const HIGHEST_CLASS = 13;

/** Cells of a line: semicolons, else commas, else blanks; a comma between semicolons is a decimal comma and no number. A trailing separator is dropped. */
function cellsOf(text: string): string[] {
  const cells = text.split(text.includes(';') ? ';' : text.includes(',') ? ',' : /\s+/);
  if (cells.length > 1 && cells[cells.length - 1]?.trim() === '') cells.pop();
  return cells;
}

/** Whether the text begins like MOT rows; for probing, never throws. */
export function looksLikeMot(text: string): boolean {
  const first = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .find((line) => line.trim() !== '');
  if (first === undefined) return false;
  const cells = cellsOf(first.trim()).map(parseNumber);
  const [frame, id] = cells;
  return cells.length >= 6 && cells.length <= 12 && cells.every((cell) => cell !== null) && Number.isInteger(frame) && Number.isInteger(id);
}

export function readMotText(file: string, text: string): MotText {
  const lines = numberedLines(file, text);
  const table: { line: Line; cells: number[] }[] = [];
  let width = 0;
  for (const line of lines) {
    const cells = cellsOf(line.text);
    if (cells.length < 6 || cells.length > 12) {
      throw new AppError(
        'FILE_INVALID',
        `${file} line ${line.number} has ${cells.length} columns; frame, id, left, top, width, height and up to six more are expected.`,
        { file, line: line.number },
      );
    }
    if (width === 0) width = cells.length;
    if (cells.length !== width)
      throw new AppError('FILE_INVALID', `${file} line ${line.number} has ${cells.length} columns, the lines before it have ${width}.`, {
        file,
        line: line.number,
      });
    const numbers = cells.map((cell, column) => {
      const value = parseNumber(cell);
      if (value === null)
        throw new AppError('FILE_INVALID', `${file} line ${line.number}, column ${column + 1}: "${cell.trim().slice(0, 40)}" is not a number.`, {
          file,
          line: line.number,
          column: column + 1,
        });
      return value;
    });
    table.push({ line, cells: numbers });
  }
  const { columns, reason } = tellColumns(
    table.map((row) => row.cells),
    width,
  );
  return { columns, reason, rows: table.map(({ line, cells }) => toRow(file, line.number, cells, columns)) };
}

/** MOT16 wrote small whole classes and a visibility in 0..1 where MOT15 has metres. A few bad visibilities do not change the verdict; they are reported by line later. */
function tellColumns(rows: number[][], width: number): { columns: MotColumns; reason: string } {
  if (width <= 7) return { columns: 'plain', reason: `Plain tracks: ${width} columns, no class, no visibility, no world coordinates.` };
  const isClass = rows.every((row) => Number.isInteger(row[7]) && (row[7] ?? 0) >= 1 && (row[7] ?? 0) <= HIGHEST_CLASS);
  if (width === 8) {
    return isClass
      ? { columns: 'mot16', reason: 'MOT16 columns without visibility: column 8 is a class from 1 to 13.' }
      : { columns: 'mot15', reason: 'MOT15 columns: column 8 is not a class, so it is read as a world coordinate and left out.' };
  }
  const inUnit = rows.filter((row) => (row[8] ?? -1) >= 0 && (row[8] ?? 2) <= 1).length;
  const tailUnused = rows.every((row) => row.slice(9).every((value) => value === -1 || value === 0));
  if (isClass && inUnit >= 0.9 * rows.length && tailUnused) {
    return { columns: 'mot16', reason: 'MOT16/17 columns: column 8 is a class from 1 to 13 and column 9 a visibility from 0 to 1.' };
  }
  const unused = rows.every((row) => row.slice(7).every((value) => value === -1));
  return {
    columns: 'mot15',
    reason: unused
      ? 'MOT15 columns: columns 8 and after are all −1, so there are no world coordinates, classes or visibilities.'
      : 'MOT15 columns: columns 8 and after are world coordinates (not whole classes with visibilities from 0 to 1), so they are left out.',
  };
}

function toRow(file: string, line: number, cells: number[], columns: MotColumns): MotRow {
  const [frame = 0, id = 0, x = 0, y = 0, w = 0, h = 0, flag = 1] = cells;
  function refuse(text: string): never {
    throw new AppError('FILE_INVALID', `${file} line ${line}: ${text}`, { file, line });
  }
  if (!Number.isSafeInteger(frame) || frame < 1) refuse(`frame ${frame} is not a whole number from 1 on.`);
  if (!Number.isSafeInteger(id) || id < -1) refuse(`id ${id} is not a whole number.`);
  if (w <= 0 || h <= 0) refuse(`the box of frame ${frame}, id ${id} has no area (width ${w}, height ${h}).`);
  const category = columns === 'mot16' ? (cells[7] ?? null) : null;
  const visibility = columns === 'mot16' ? (cells[8] ?? null) : null;
  if (visibility !== null && (visibility < 0 || visibility > 1)) refuse(`visibility ${visibility} is not in 0 to 1.`);
  return { line, frame, id, x, y, w, h, flag, category, visibility };
}
