/**
 * Reader of MOTChallenge `seqinfo.ini`: `[Sequence]` with name, imDir, frameRate, seqLength, imWidth, imHeight, imExt,
 * and two of ours: `origin` (where it comes from) and `licence`, one line each. Keys are case-insensitive, unknown keys are ignored. The file only
 * helps, so a value that cannot be used is named by its line and not used. Test: test/datasets/readers/seqinfo.test.ts.
 */
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

/** `place` names file and line. */
export type SeqInfoReport = (place: string, message: string) => void;

/** A remark behind a value, as some writers leave it: `25 ; fps`. */
const REMARK = /\s+[;#].*$/;

/** A number, or a fraction of two such as 30000/1001. */
function parseRate(text: string): number | null {
  const [above = '', below, ...more] = text.split('/');
  const numerator = parseNumber(above);
  if (below === undefined) return numerator;
  const denominator = parseNumber(below);
  return more.length > 0 || numerator === null || denominator === null || denominator === 0 ? null : numerator / denominator;
}

export function readSeqInfo(file: string, text: string, report: SeqInfoReport): SeqInfo {
  const values = new Map<string, { text: string; place: string }>();
  for (const line of numberedLines(file, text)) {
    if (line.text.startsWith('[') || line.text.startsWith(';') || line.text.startsWith('#')) continue;
    const place = `${file} line ${line.number}`;
    const equals = line.text.indexOf('=');
    if (equals < 1) report(place, `Lines that are not of the form key=value are skipped: "${line.text.slice(0, 60)}".`);
    else values.set(line.text.slice(0, equals).trim().toLowerCase(), { text: line.text.slice(equals + 1).trim(), place });
  }
  function textOf(key: string): string | null {
    return values.get(key.toLowerCase())?.text || null;
  }
  function positive(key: string, isWhole: boolean): number | null {
    const found = values.get(key.toLowerCase());
    const plain = found?.text.replace(REMARK, '') ?? '';
    if (found === undefined || plain === '') return null;
    const value = isWhole ? parseNumber(plain) : parseRate(plain);
    if (value !== null && value > 0 && (!isWhole || Number.isInteger(value))) return value;
    report(found.place, `${key} must be a ${isWhole ? 'whole ' : ''}number above 0, it is "${plain.slice(0, 60)}"; it is not used.`);
    return null;
  }
  /** A folder inside: backslashes of Windows and a leading ./ are read; a path that leaves the folder is not. */
  function folder(key: string): string | null {
    const found = values.get(key.toLowerCase());
    const plain = found?.text.replace(REMARK, '') ?? '';
    if (found === undefined || plain === '') return null;
    const parts = plain.split(/[\\/]/).filter((part, index) => part !== '.' && (part !== '' || index === 0));
    if (parts[0] !== '' && !/^[A-Za-z]:/.test(plain) && !parts.includes('..')) return parts.join('/') || null;
    report(found.place, `${key} must be a folder inside the data set, it is "${plain.slice(0, 120)}"; img1 is looked for instead.`);
    return null;
  }
  return {
    name: textOf('name'),
    imDir: folder('imDir'),
    frameRate: positive('frameRate', false),
    seqLength: positive('seqLength', true),
    imWidth: positive('imWidth', true),
    imHeight: positive('imHeight', true),
    imExt: textOf('imExt'),
    origin: textOf('origin'),
    licence: textOf('licence'),
  };
}
