/**
 * The zip format, read by ranges: the records of its directory, where the data of a member begin, and how they unpack. Nothing is believed:
 * counts and places are checked against each other and against the archive, and what unpacks is bounded by what is packed. One reading serves
 * archives in memory (`zipMembers.ts`), on disk (`trees/zip.ts`, the provisioner): it says which bytes it needs next.
 * Tests: test/datasets/readers/zipMembers.test.ts, test/datasets/trees/zip.test.ts, test/main/platform/provision/zip.test.ts.
 */
import { Inflate, inflateSync } from 'fflate';
import type { ByteSource } from '../tree.ts';
import { crc32 } from './crc32.ts';

/** Makes the error that is thrown, of what is wrong. */
export type Invalid = (what: string) => Error;

/** Asks for so many bytes from a place, and is given them; fewer where the archive ends. */
export type Reading<T> = Generator<{ start: number; length: number }, T, Uint8Array>;

export interface ZipRecord {
  name: Uint8Array;
  isEncrypted: boolean;
  method: number;
  crc: number;
  packed: number;
  size: number;
  /** Where the member's own header lies. */
  local: number;
  /** Type and permissions as Unix knows them; 0 where the archive does not say. */
  mode: number;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_SIZE = 22;
const END64_SIZE = 56;
const LOCATOR_SIZE = 20;
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
const LONGEST_COMMENT = 0xffff;
const LONGEST_NAME = 4096;
/** Of the directory, read at a time; a record has at most three times 64 kB more than its fixed part. */
const DIRECTORY_PIECE = 1 << 20;
/** A deflated byte holds at most this many; whoever claims more asks for memory that will not be filled. */
const MOST_FROM_A_BYTE = 1032;
/** Packed bytes unpacked at a time: at most 4 MB come out of them. */
export const PACKED_PIECE = 4096;

export function readHere<T>(reading: Reading<T>, bytes: Uint8Array): T {
  for (let step = reading.next(); ;) {
    if (step.done === true) return step.value;
    step = reading.next(bytes.subarray(step.value.start, step.value.start + step.value.length));
  }
}

export async function readFrom<T>(reading: Reading<T>, source: ByteSource): Promise<T> {
  for (let step = reading.next(); ;) {
    if (step.done === true) return step.value;
    step = reading.next(await source.read(step.value.start, step.value.length));
  }
}

/** Every record in the order of the directory. Returns where the directory begins: members lie before it. */
export function* zipDirectory(size: number, most: number, invalid: Invalid, visit: (record: ZipRecord) => void): Reading<number> {
  const directory = yield* findDirectory(size, most, invalid);
  const { count, begin } = directory;
  const end = begin + directory.size;
  let piece: Uint8Array = new Uint8Array(0);
  let pieceAt = begin;
  let at = begin;
  for (let index = 0; index < count; index++) {
    const breaks = (): Error => invalid(`its directory breaks off after ${index} of ${count} members`);
    for (let needed = CENTRAL_SIZE; ;) {
      if (at + needed > end) throw breaks();
      if (at + needed > pieceAt + piece.length) {
        piece = yield { start: at, length: Math.min(end - at, Math.max(needed, DIRECTORY_PIECE)) };
        pieceAt = at;
        if (piece.length < needed) throw invalid('it is cut off');
      }
      const found = viewOf(piece);
      const place = at - pieceAt;
      if (found.getUint32(place, true) !== CENTRAL) throw breaks();
      const whole = CENTRAL_SIZE + found.getUint16(place + 28, true) + found.getUint16(place + 30, true) + found.getUint16(place + 32, true);
      if (needed === whole) break;
      needed = whole;
    }
    const view = viewOf(piece);
    const place = at - pieceAt;
    visit(readRecord(piece, view, place, invalid));
    at += CENTRAL_SIZE + view.getUint16(place + 28, true) + view.getUint16(place + 30, true) + view.getUint16(place + 32, true);
  }
  if (at !== end) throw invalid('its directory has another size than it says');
  return begin;
}

/**
 * Where the data of a member begin: behind its own header, whose name must be the directory's.
 * @param limit where the directory begins
 * @param plain what of a name is compared
 */
export function* dataBegin(
  { local, name, packed }: Pick<ZipRecord, 'local' | 'name' | 'packed'>,
  limit: number,
  invalid: Invalid,
  plain: (name: Uint8Array) => Uint8Array = (given) => given,
): Reading<number> {
  const named = nameOf(name);
  const header = local + LOCAL_SIZE > limit ? new Uint8Array(0) : yield { start: local, length: LOCAL_SIZE };
  if (header.length < LOCAL_SIZE) throw invalid(`its member ${named} is not where the directory says`);
  const view = viewOf(header);
  if (view.getUint32(0, true) !== LOCAL) throw invalid(`its member ${named} is not where the directory says`);
  const nameLength = view.getUint16(26, true);
  const nameEnd = local + LOCAL_SIZE + nameLength;
  const own = nameEnd > limit ? null : yield { start: local + LOCAL_SIZE, length: nameLength };
  if (own === null || !areSame(plain(own), name)) throw invalid(`its member ${named} has two different names`);
  const begin = nameEnd + view.getUint16(28, true);
  if (begin + packed > limit) throw invalid(`its member ${named} reaches into the directory`);
  return begin;
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Why a member cannot be unpacked, to stand behind its name; null where it can. */
export function whyPacked({ isEncrypted, method }: ZipRecord): string | null {
  if (isEncrypted) return 'is encrypted';
  return method === 0 || method === 8 ? null : `is packed by the unknown method ${method}`;
}

/** What no packing could hold is refused before anything is read or held. */
export function checkSizes({ method, packed, size }: ZipRecord, named: string, invalid: Invalid): void {
  if (method === 0 && packed !== size) throw invalid(`its member ${named} has two different sizes`);
  if (size > MOST_FROM_A_BYTE * packed + 64) throw invalid(`its member ${named} claims ${size} bytes out of ${packed}`);
}

export interface Unpacking {
  /** Packed bytes, at most `PACKED_PIECE`; gives what comes out of them. */
  push(packed: Uint8Array, isLast: boolean): Uint8Array[];
  /** After the last piece: refuses what is short or damaged. */
  end(): void;
}

/** Of one member, piece by piece, so that one which unpacks to far more than it says is given up early. */
export function unpacking({ method, size, crc }: Pick<ZipRecord, 'method' | 'size' | 'crc'>, named: string, invalid: Invalid): Unpacking {
  let out: Uint8Array[] = [];
  let length = 0;
  let checksum = 0;
  const wrongSize = (): Error => invalid(`its member ${named} does not unpack to the ${size} bytes that it says`);
  let refused: Error | null = null;
  function take(chunk: Uint8Array): void {
    length += chunk.length;
    if (length > size) throw (refused = wrongSize());
    checksum = crc32(chunk, checksum);
    out.push(chunk);
  }
  const stream = method === 0 ? null : new Inflate(take);
  return {
    push(packed, isLast) {
      out = [];
      try {
        if (stream === null) take(packed);
        else stream.push(packed, isLast);
      } catch (error) {
        if (refused !== null) throw refused;
        throw invalid(`its member ${named} cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
      }
      return out;
    },
    end() {
      if (length !== size) throw wrongSize();
      if (checksum !== crc) throw invalid(`its member ${named} is damaged (its checksum is wrong)`);
    },
  };
}

/** A small member at once: a third of the time of `unpacking`, which takes a window of 32 kB for each. What comes out is bounded by `size`. */
export function unpackedAtOnce({ size, crc }: Pick<ZipRecord, 'size' | 'crc'>, packed: Uint8Array, named: string, invalid: Invalid): Uint8Array {
  let made: Uint8Array;
  try {
    // One byte more than there should be shows what is too long.
    made = inflateSync(packed, { out: new Uint8Array(size + 1) });
  } catch (error) {
    throw invalid(`its member ${named} cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
  }
  if (made.length !== size) throw invalid(`its member ${named} does not unpack to the ${size} bytes that it says`);
  if (crc32(made) !== crc) throw invalid(`its member ${named} is damaged (its checksum is wrong)`);
  return made;
}

/** For messages, and where names are text. */
export function nameOf(name: Uint8Array): string {
  return new TextDecoder().decode(name);
}

interface Directory {
  count: number;
  size: number;
  begin: number;
  /** Where whatever follows it begins. */
  end: number;
}

function* findDirectory(size: number, most: number, invalid: Invalid): Reading<Directory> {
  const tailLength = Math.min(size, END_SIZE + LONGEST_COMMENT + LOCATOR_SIZE);
  const tailAt = size - tailLength;
  const tail = viewOf(yield { start: tailAt, length: tailLength });
  const end = tail.byteLength === tailLength ? findEnd(tail) : null;
  if (end === null) throw invalid('it has no end record; it is cut off or no zip archive');
  const short = { count: tail.getUint16(end + 10, true), size: tail.getUint32(end + 12, true), begin: tail.getUint32(end + 16, true), end: tailAt + end };
  const onDisk = tail.getUint16(end + 8, true);
  const isLong = end >= LOCATOR_SIZE && tail.getUint32(end - LOCATOR_SIZE, true) === LOCATOR64;
  const found = isLong ? yield* longDirectory(long(tail, end - LOCATOR_SIZE + 8, invalid), tailAt + end - LOCATOR_SIZE, invalid) : short;
  // Both records may tell; where they do, they must tell the same.
  const agrees = (one: number, other: number, unknown: number): boolean => one === other || (isLong && one === unknown);
  if (!agrees(short.count, found.count, 0xffff) || !agrees(onDisk, found.count, 0xffff)) throw invalid('its archive tells two numbers of members');
  if (!agrees(short.size, found.size, 0xffffffff) || !agrees(short.begin, found.begin, 0xffffffff))
    throw invalid('its archive tells two places of its directory');
  if (found.begin + found.size > found.end) throw invalid('the directory of its archive lies outside the file');
  if (found.count * CENTRAL_SIZE > found.size) throw invalid(`its archive claims ${found.count} members in a directory of ${found.size} bytes`);
  if (found.count > most) throw invalid(`its archive claims ${found.count} members, more than the ${most} that are read`);
  return found;
}

function* longDirectory(at: number, locator: number, invalid: Invalid): Reading<Directory> {
  const record = at + END64_SIZE > locator ? new Uint8Array(0) : yield { start: at, length: END64_SIZE };
  const view = viewOf(record);
  if (record.length < END64_SIZE || view.getUint32(0, true) !== END64) throw invalid('its archive has no long end record where it says');
  const count = long(view, 32, invalid);
  if (long(view, 24, invalid) !== count) throw invalid('its archive tells two numbers of members');
  return { count, size: long(view, 40, invalid), begin: long(view, 48, invalid), end: at };
}

function findEnd(tail: DataView): number | null {
  const least = Math.max(0, tail.byteLength - END_SIZE - LONGEST_COMMENT);
  for (let at = tail.byteLength - END_SIZE; at >= least; at--) {
    // The comment must reach exactly to the end, so that a signature inside of one is not taken for the record.
    if (tail.getUint32(at, true) === END && at + END_SIZE + tail.getUint16(at + 20, true) === tail.byteLength) return at;
  }
  return null;
}

function readRecord(piece: Uint8Array, view: DataView, at: number, invalid: Invalid): ZipRecord {
  const nameEnd = at + CENTRAL_SIZE + view.getUint16(at + 28, true);
  const name = piece.subarray(at + CENTRAL_SIZE, nameEnd);
  if (name.length > LONGEST_NAME) throw invalid('a member of its archive has a name without end');
  const isUnix = view.getUint8(at + 5) === 3;
  return {
    name,
    isEncrypted: (view.getUint16(at + 8, true) & 1) !== 0,
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    mode: isUnix ? view.getUint32(at + 38, true) >>> 16 : 0,
    ...sizesOf(view, at, nameEnd, view.getUint16(at + 30, true), name, invalid),
  };
}

function sizesOf(
  view: DataView,
  at: number,
  extra: number,
  extraLength: number,
  name: Uint8Array,
  invalid: Invalid,
): Pick<ZipRecord, 'packed' | 'size' | 'local'> {
  const found = { packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), local: view.getUint32(at + 42, true) };
  if (found.packed !== 0xffffffff && found.size !== 0xffffffff && found.local !== 0xffffffff) return found;
  for (let place = extra; place + 4 <= extra + extraLength;) {
    const kind = view.getUint16(place, true);
    const end = place + 4 + view.getUint16(place + 2, true);
    if (end > extra + extraLength) break;
    if (kind === 1) {
      let field = place + 4;
      // Only what does not fit stands here, in this order.
      for (const key of ['size', 'packed', 'local'] as const) {
        if (found[key] !== 0xffffffff) continue;
        if (field + 8 > end) throw invalid(`its member ${nameOf(name)} does not tell its size`);
        found[key] = long(view, field, invalid);
        field += 8;
      }
      return found;
    }
    place = end;
  }
  throw invalid(`its member ${nameOf(name)} does not tell its size`);
}

function long(view: DataView, at: number, invalid: Invalid): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw invalid('its archive holds a number without sense');
  return value;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
