/**
 * Reader of MOTChallenge `seqinfo.ini`: `[Sequence]` with name, imDir, frameRate, seqLength, imWidth, imHeight, imExt,
 * and two of ours: `origin` (where it comes from) and `licence`, one line each. Keys are case-insensitive, unknown keys are ignored. Test: test/datasets/readers/text.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { numberedLines, parseNumber } from './lines.ts';

export interface SeqInfo {
  name: string | null;
  imDir: string | null;
  frameRate: number | null;
  seqLength: number | null;
  imWidth: number | null;
  imHeight: number | null;
  imExt: string | null;
  origin: string | null;
  licence: string | null;
}

export function readSeqInfo(file: string, text: string): SeqInfo {
  const values = new Map<string, { text: string; line: number }>();
  for (const line of numberedLines(file, text)) {
    if (line.text.startsWith('[') || line.text.startsWith(';') || line.text.startsWith('#')) continue;
    const equals = line.text.indexOf('=');
    if (equals < 1)
      throw new AppError('FILE_INVALID', `${file} line ${line.number} is not of the form key=value: "${line.text.slice(0, 60)}".`, { file, line: line.number });
    values.set(line.text.slice(0, equals).trim().toLowerCase(), { text: line.text.slice(equals + 1).trim(), line: line.number });
  }
  function textOf(key: string): string | null {
    const found = values.get(key.toLowerCase());
    return found === undefined || found.text === '' ? null : found.text;
  }
  function positive(key: string, whole: boolean): number | null {
    const found = values.get(key.toLowerCase());
    if (found === undefined || found.text === '') return null;
    const value = parseNumber(found.text);
    if (value === null || value <= 0 || (whole && !Number.isInteger(value))) {
      throw new AppError('FILE_INVALID', `${file} line ${found.line}: ${key} must be a positive ${whole ? 'whole ' : ''}number, it is "${found.text}".`, {
        file,
        line: found.line,
        key,
      });
    }
    return value;
  }
  return {
    name: textOf('name'),
    imDir: textOf('imDir'),
    frameRate: positive('frameRate', false),
    seqLength: positive('seqLength', true),
    imWidth: positive('imWidth', true),
    imHeight: positive('imHeight', true),
    imExt: textOf('imExt'),
    origin: textOf('origin'),
    licence: textOf('licence'),
  };
}
