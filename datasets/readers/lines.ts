/**
 * Text to numbered lines and numbers, shared by the text readers. Messages name file and line.
 * Number rules: decimal point, optional exponent, finite; no hexadecimal, no decimal comma, no thousands mark.
 * Test: test/datasets/readers/text.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import type { FileTree } from '../tree.ts';

const LONGEST_LINE = 100_000;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

export interface Line {
  /** 1-based. */
  number: number;
  text: string;
}

function refuseBinary(file: string, text: string): void {
  if (text.includes('\0')) throw new AppError('FILE_INVALID', `${file} is not a text file in UTF-8: it holds zero bytes.`, { file });
}

/** Lines of pieces of text as they come; any line end, also one that is cut between two pieces. */
function lineSplitter(file: string): { push(text: string): Line[]; end(): Line[] } {
  let number = 0;
  let rest = '';
  function toLine(text: string): Line[] {
    number++;
    if (text.length > LONGEST_LINE)
      throw new AppError('FILE_INVALID', `${file} line ${number} is longer than ${LONGEST_LINE} characters.`, { file, line: number });
    const trimmed = text.trim();
    return trimmed === '' ? [] : [{ number, text: trimmed }];
  }
  return {
    push(text) {
      refuseBinary(file, text);
      const parts = (rest + text).split(/\r\n|\n|\r(?!$)/);
      rest = parts.pop() ?? '';
      const lines = parts.flatMap(toLine);
      if (rest.length > LONGEST_LINE) toLine(rest);
      return lines;
    },
    end: () => toLine(rest),
  };
}

/** Non-empty lines without surrounding space; any line end, BOM dropped. */
export function numberedLines(file: string, text: string): Line[] {
  const { push, end } = lineSplitter(file);
  return [...push(text.replace(/^\uFEFF/, '')), ...end()];
}

/** As `numberedLines`, of a file that may be larger than memory: in batches, read piece by piece. */
export async function* readLines(tree: FileTree, file: string): AsyncGenerator<Line[]> {
  const decoder = new TextDecoder('utf-8');
  const { push, end } = lineSplitter(file);
  for await (const piece of tree.chunks(file)) yield push(decoder.decode(piece, { stream: true }));
  yield [...push(decoder.decode()), ...end()];
}

/** The number, or null when the text is not one by the rules above. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim();
  if (!NUMBER.test(trimmed)) return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : null;
}
