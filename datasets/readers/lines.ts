/**
 * Text to numbered lines and numbers, shared by the text readers. Messages name file and line.
 * Number rules: decimal point, optional exponent, finite; no hexadecimal, no decimal comma, no thousands mark.
 * Test: test/datasets/readers/text.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';

const LONGEST_LINE = 1_000_000;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

export interface Line {
  /** 1-based. */
  number: number;
  text: string;
}

/** Non-empty lines without surrounding space; any line end, BOM dropped. */
export function numberedLines(file: string, text: string): Line[] {
  if (text.includes('\0')) throw new AppError('FILE_INVALID', `${file} is not a text file in UTF-8: it holds zero bytes.`, { file });
  const lines: Line[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (raw.length > LONGEST_LINE)
      throw new AppError('FILE_INVALID', `${file} line ${index + 1} is longer than ${LONGEST_LINE} characters.`, { file, line: index + 1 });
    const trimmed = raw.trim();
    if (trimmed !== '') lines.push({ number: index + 1, text: trimmed });
  }
  return lines;
}

/** The number, or null when the text is not one by the rules above. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim();
  if (!NUMBER.test(trimmed)) return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : null;
}
