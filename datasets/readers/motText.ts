/**
 * Reader of MOTChallenge text (`gt.txt`, `det.txt`, tracker results): frame, id, left, top, width, height, flag or confidence, then
 * either class and visibility (MOT16, MOT17, MOT20) or world coordinates (MOT15). The two are told apart by their values, since files carry no version.
 * Rows are kept in columns, some 40 bytes each, so that millions of them fit. A row that cannot be read is left out and named by its line;
 * a file of which most cannot be read is refused. Test: test/datasets/readers/motText.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { throwIfCancelled, type ImportContext } from '../importer.ts';
import type { FileTree } from '../tree.ts';
import { parseNumber, readLines } from './lines.ts';

export type MotColumns = 'plain' | 'mot15' | 'mot16';

export interface MotRow {
  /** 1-based line in the file. */
  line: number;
  /** 1-based. */
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

export interface MotTable {
  columns: MotColumns;
  /** Why these columns, one sentence for the user. */
  reason: string;
  length: number;
  /** False when reading ended at the limit. */
  isWhole: boolean;
  /** 0-based row in the order of the file. */
  row(index: number): MotRow;
  line(index: number): number;
  frame(index: number): number;
  id(index: number): number;
}

const HIGHEST_CLASS = 13;
const LAST_FRAME = 2 ** 31 - 1;
const COMMENT = /^(#|%|\/\/)/;
/** What a row keeps beside frame, id and line. */
const VALUES = 7;
/** Rows of a block. */
const BLOCK = 16_384;

/** Cells of a line without blanks around it: semicolons, else commas, else blanks; a comma between semicolons is a decimal comma and no number. A trailing separator is dropped. */
function cellsOf(text: string): string[] {
  const cells = text.split(text.includes(';') ? ';' : text.includes(',') ? ',' : /\s+/);
  if (cells.at(-1) === '') cells.pop();
  return cells;
}

/** Whether a line reads like a MOT row; for probing, never throws. */
export function looksLikeMot(line: string): boolean {
  const cells = cellsOf(line.trim()).map(parseNumber);
  const [frame, id] = cells;
  return cells.length >= 6 && cells.length <= 12 && cells.every((cell) => cell !== null) && Number.isInteger(frame) && Number.isInteger(id);
}

interface Block {
  lines: Uint32Array;
  frames: Int32Array;
  ids: Float64Array;
  values: Float32Array;
}

/** Columns in blocks: growing copies nothing. */
function columns(): { push(line: number, frame: number, id: number, values: readonly number[]): void; length(): number; at: MotColumnsAt } {
  const blocks: Block[] = [];
  let size = 0;
  function blockOf(index: number): Block {
    const at = Math.floor(index / BLOCK);
    return (blocks[at] ??= {
      lines: new Uint32Array(BLOCK),
      frames: new Int32Array(BLOCK),
      ids: new Float64Array(BLOCK),
      values: new Float32Array(BLOCK * VALUES),
    });
  }
  return {
    push(line, frame, id, row) {
      const { lines, frames, ids, values } = blockOf(size);
      const at = size % BLOCK;
      lines[at] = line;
      frames[at] = frame;
      ids[at] = id;
      values.set(row, at * VALUES);
      size++;
    },
    length: () => size,
    at: {
      line: (index) => blockOf(index).lines[index % BLOCK] ?? 0,
      frame: (index) => blockOf(index).frames[index % BLOCK] ?? 0,
      id: (index) => blockOf(index).ids[index % BLOCK] ?? 0,
      value: (index, column) => blockOf(index).values[(index % BLOCK) * VALUES + column] ?? 0,
    },
  };
}

interface MotColumnsAt {
  line(index: number): number;
  frame(index: number): number;
  id(index: number): number;
  value(index: number, column: number): number;
}

/** Facts about columns 8 and on that tell the versions apart, gathered row by row. */
function tailFacts(): { add(cells: readonly number[]): void; tell(rows: number, width: number): { columns: MotColumns; reason: string } } {
  let allClasses = true;
  let inUnit = 0;
  let isTailUnused = true;
  let isAllUnused = true;
  return {
    add(cells) {
      const category = cells[7] ?? 0;
      allClasses &&= Number.isInteger(category) && category >= 1 && category <= HIGHEST_CLASS;
      const visibility = cells[8] ?? NaN;
      if (visibility >= 0 && visibility <= 1) inUnit++;
      for (let column = 7; column < cells.length; column++) {
        const value = cells[column];
        isAllUnused &&= value === -1;
        if (column >= 9) isTailUnused &&= value === -1 || value === 0;
      }
    },
    /** MOT16 wrote small whole classes and a visibility in 0..1 where MOT15 has metres. A few bad visibilities do not change the verdict. */
    tell(rows, width) {
      if (width <= 7) return { columns: 'plain', reason: `Plain tracks: ${width} columns, no class, no visibility, no world coordinates.` };
      if (width === 8) {
        return allClasses
          ? { columns: 'mot16', reason: 'MOT16 columns without visibility: column 8 is a class from 1 to 13.' }
          : { columns: 'mot15', reason: 'MOT15 columns: column 8 is not a class, so it is read as a world coordinate and left out.' };
      }
      if (allClasses && inUnit >= 0.9 * rows && isTailUnused)
        return { columns: 'mot16', reason: 'MOT16/17 columns: column 8 is a class from 1 to 13 and column 9 a visibility from 0 to 1.' };
      return {
        columns: 'mot15',
        reason: isAllUnused
          ? 'MOT15 columns: columns 8 and after are all −1, so there are no world coordinates, classes or visibilities.'
          : 'MOT15 columns: columns 8 and after are world coordinates (not whole classes with visibilities from 0 to 1), so they are left out.',
      };
    },
  };
}

/** Why a row is not read: `message` for all of its kind, `what` is the matter with this one. */
interface Fault {
  code: string;
  message: string;
  what: string;
  /** Further than the line, such as ", column 3". */
  at?: string;
}

function faultOf(cells: readonly string[], numbers: readonly (number | null)[], width: number, firstFrame: 0 | 1): Fault | null {
  if (cells.length < 6 || cells.length > 12)
    return {
      code: 'ROW_COLUMNS',
      message: 'Rows with too few or too many columns are left out.',
      what: `has ${cells.length} columns; frame, id, left, top, width, height and up to six more are expected`,
    };
  if (width !== 0 && cells.length !== width)
    return {
      code: 'ROW_COLUMNS',
      message: `Rows with another number of columns than ${width} are left out.`,
      what: `has ${cells.length} columns, the lines before it have ${width}`,
    };
  const bad = numbers.indexOf(null);
  if (bad !== -1) {
    const cell = `"${cells[bad]?.trim().slice(0, 40) ?? ''}"`;
    return {
      code: 'ROW_NO_NUMBER',
      message: 'Rows with something else than numbers are left out.',
      what: `${cell} is not a number`,
      at: `, column ${bad + 1}`,
    };
  }
  const [frame = 0, id = 0, , , w = 0, h = 0] = numbers as number[];
  if (!Number.isInteger(frame) || frame < firstFrame || frame > LAST_FRAME)
    return {
      code: 'ROW_FRAME',
      message: `Rows whose frame is no whole number from ${firstFrame} on are left out.`,
      what: `frame ${frame} is not a whole number from ${firstFrame} on`,
    };
  if (!Number.isSafeInteger(id) || id < -1)
    return {
      code: 'ROW_ID',
      message: 'Rows whose id is neither a whole number from 0 on nor −1 are left out.',
      what: `id ${id} is neither a whole number from 0 on nor −1`,
    };
  if (w <= 0 || h <= 0)
    return {
      code: 'ROW_NO_AREA',
      message: 'Boxes without area are left out.',
      what: `the box of frame ${frame}, id ${id} has no area (width ${w}, height ${h})`,
    };
  return null;
}

export interface MotOptions {
  signal: AbortSignal;
  leaveOut: ImportContext['leaveOut'];
  /** The number that the file gives to the first frame; null: 1, and a frame 0 is refused, since then all may be counted from 0. */
  firstFrame: 0 | 1 | null;
  /** Rows after this many are not read; for probing. */
  limit?: number;
}

export async function readMot(tree: FileTree, file: string, { signal, leaveOut, firstFrame, limit = Infinity }: MotOptions): Promise<MotTable> {
  const table = columns();
  const facts = tailFacts();
  let width = 0;
  let faults = 0;
  let firstFault: { line: number; fault: Fault } | null = null;
  let isWhole = true;
  let isFirst = true;
  reading: for await (const lines of readLines(tree, file)) {
    throwIfCancelled(signal);
    for (const { number: line, text } of lines) {
      if (COMMENT.test(text)) {
        leaveOut('ROW_COMMENT', 'Comment lines are skipped.', { where: `${file} line ${line}`, expected: true });
        continue;
      }
      const cells = cellsOf(text);
      const numbers = cells.map(parseNumber);
      if (isFirst && cells.length > 1 && numbers.every((value) => value === null)) {
        isFirst = false;
        leaveOut('ROW_HEADER', 'The first line names the columns and is skipped.', { where: `${file} line ${line}`, expected: true });
        continue;
      }
      isFirst = false;
      if (numbers[0] === 0 && firstFrame === null) refuseFrameZero(file, line);
      const fault = faultOf(cells, numbers, width, firstFrame ?? 1);
      if (fault !== null) {
        faults++;
        firstFault ??= { line, fault };
        leaveOut(fault.code, fault.message, { where: `${file} line ${line}${fault.at === undefined ? '' : `${fault.at} (${fault.what})`}` });
        continue;
      }
      const values = numbers as number[];
      width = cells.length;
      const [frame = 0, id = 0, x = 0, y = 0, w = 0, h = 0, flag = 1, category = 0, visibility = NaN] = values;
      table.push(line, firstFrame === 0 ? frame + 1 : frame, id, [x, y, w, h, flag, category, visibility]);
      facts.add(values);
      if (table.length() >= limit) {
        isWhole = false;
        break reading;
      }
    }
  }
  if (firstFault !== null && faults > table.length()) refuseMostly(file, firstFault, faults, faults + table.length());
  const told = facts.tell(table.length(), width);
  return { ...told, ...tableOf(table, told.columns), length: table.length(), isWhole };
}

function refuseFrameZero(file: string, line: number): never {
  throw new AppError(
    'FILE_INVALID',
    `${file} line ${line}: frame 0. The first frame is number 1, unless the file counts from 0, and then every row belongs to the frame after.`,
    { file, line },
    { remedy: 'Set the option firstFrame: firstFrame=zero if the file counts from 0, firstFrame=one to leave rows of frame 0 out.' },
  );
}

function refuseMostly(file: string, { line, fault }: { line: number; fault: Fault }, faults: number, rows: number): never {
  const more = faults === 1 ? '' : ` ${faults} of its ${rows} rows cannot be read.`;
  const text = fault.what.startsWith('has ') ? `${file} line ${line} ${fault.what}.` : `${file} line ${line}${fault.at ?? ''}: ${fault.what}.`;
  throw new AppError('FILE_INVALID', text + more, { file, line });
}

function tableOf({ at }: ReturnType<typeof columns>, version: MotColumns): Pick<MotTable, 'row' | 'line' | 'frame' | 'id'> {
  return {
    line: at.line,
    frame: at.frame,
    id: at.id,
    row(index) {
      const visibility = at.value(index, 6);
      return {
        line: at.line(index),
        frame: at.frame(index),
        id: at.id(index),
        x: at.value(index, 0),
        y: at.value(index, 1),
        w: at.value(index, 2),
        h: at.value(index, 3),
        flag: at.value(index, 4),
        category: version === 'mot16' ? at.value(index, 5) : null,
        visibility: version === 'mot16' && !Number.isNaN(visibility) ? visibility : null,
      };
    },
  };
}
