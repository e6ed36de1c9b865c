/**
 * Whether the bytes under the open database are still ours: a file that was overwritten in its place (`cp other.sqlite project.sqlite`) is the
 * same file as before, and SQLite, which answers from its memory and its log, does not notice.
 * The main file: another size or time than at the last look is a suspicion only, since every checkpoint makes one, and `touch` too. It is
 * confirmed by two values in the file itself: the mark that this opening has put there, and the count of work, which only grows.
 * The log: its generation, and the checksum over all of it that its last committed frame carries, are what the index of the log says.
 * Looked at by the writer's thread alone, which makes no checkpoint meanwhile. Some 20 µs. Test: test/main/db/overwritten.test.ts.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { endianness } from 'node:os';
import { readRawMeta } from './rawMeta.ts';
import { countIn } from './work.ts';

/** Of the open files. They stay open as long as SQLite has them: closing one drops the locks that this process has on it. */
export interface Descriptors {
  main: number;
  log: number;
  index: number;
}

/** Its value in `meta` is drawn anew for each opening. */
export const MARK_KEY = 'opened_as';

/** Bytes 18 and 19 of the file. */
const WITH_LOG = Buffer.from([2, 2]);
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Null where a file is not there, or not to be read. */
export function openDescriptors(file: string): Descriptors | null {
  const opened: number[] = [];
  try {
    for (const suffix of ['', '-wal', '-shm']) opened.push(openSync(`${file}${suffix}`, FLAGS));
    const [main, log, index] = opened as [number, number, number];
    return { main, log, index };
  } catch {
    for (const descriptor of opened) closeSync(descriptor);
    return null;
  }
}

/** Only when no connection of this process has the files open any more. */
export function closeDescriptors({ main, log, index }: Descriptors): void {
  for (const descriptor of [main, log, index]) closeSync(descriptor);
}

export interface ContentWatch {
  /** What was overwritten; null while all is ours. Once found it stays so: what SQLite remembers fits no file any more. */
  overwritten(): 'database' | 'log' | null;
}

/** `pause` waits so many milliseconds before a suspicion is looked at again: another program may be making a checkpoint. */
export function watchContent(descriptors: Descriptors, mark: string, pause: (ms: number) => void): ContentWatch {
  let noted: { stamp: string; work: number; isFresh: boolean } | null = null;
  let found: 'database' | 'log' | null = null;

  function isMainOurs(): boolean {
    const stamp = stampOf(descriptors.main);
    // A file written twice within one tick of the clock has one time, so what is new is looked at twice.
    if (noted?.stamp === stamp && !noted.isFresh) return true;
    const work = workIn(descriptors.main, mark);
    if (work === null || (noted && work < noted.work)) return false;
    noted = { stamp, work, isFresh: noted?.stamp !== stamp };
    return true;
  }
  function twice(isOurs: () => boolean): boolean {
    for (const ms of [20, 100]) {
      if (isOurs()) return true;
      pause(ms);
    }
    return isOurs();
  }

  return {
    overwritten() {
      if (found === null && !twice(() => isLogOurs(descriptors))) found = 'log';
      if (found === null && !twice(isMainOurs)) found = 'database';
      return found;
    },
  };
}

function stampOf(descriptor: number): string {
  const { size, mtimeNs, ctimeNs } = fstatSync(descriptor, { bigint: true });
  return `${size} ${mtimeNs} ${ctimeNs}`;
}

/** Null when the file does not carry the mark, or is no database with a log: a backup is one file, and may be of this very opening. */
function workIn(descriptor: number, mark: string): number | null {
  if (read(descriptor, 18, 2).compare(WITH_LOG) !== 0) return null;
  const values = readRawMeta(descriptor, [MARK_KEY, 'work']);
  return values?.get(MARK_KEY) === mark ? countIn(values.get('work')) : null;
}

const HEADER = 32;
const FRAME_HEADER = 24;
const isLittle = endianness() === 'LE';

/** The format of both: sqlite.org/walformat.html. The index is written after the log, and emptied before the log begins anew. */
function isLogOurs({ log, index }: Descriptors): boolean {
  const before = read(index, 0, 48);
  const number = (at: number): number => (isLittle ? before.readUInt32LE(at) : before.readUInt32BE(at));
  const frames = before.length === 48 ? number(16) : 0;
  if (frames === 0) return true;
  const packed = isLittle ? before.readUInt16LE(14) : before.readUInt16BE(14);
  const pageSize = (packed & 0xfe00) + ((packed & 1) << 16);
  const header = read(log, 0, HEADER);
  const last = read(log, HEADER + (frames - 1) * (FRAME_HEADER + pageSize), FRAME_HEADER);
  const isOurs =
    header.length === HEADER &&
    last.length === FRAME_HEADER &&
    header.subarray(16, 24).equals(before.subarray(32, 40)) &&
    last.subarray(8, 16).equals(before.subarray(32, 40)) &&
    last.readUInt32BE(16) === number(24) &&
    last.readUInt32BE(20) === number(28);
  // Changed while it was looked at: another program writes through SQLite, and that is no damage.
  return isOurs || !read(index, 0, 48).equals(before);
}

function read(descriptor: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, at));
}
