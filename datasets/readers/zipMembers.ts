/**
 * Members of a zip archive that lies in memory, as PyTorch writes them: stored or deflated, with or without zip64. Nothing is believed: counts
 * and places are checked against each other and against the file, members must not overlap, what unpacks is bounded by what is packed, and
 * every member's CRC-32 is compared. Members are unpacked when asked for. Test: test/datasets/readers/zipMembers.test.ts.
 */
import { Inflate } from 'fflate';

export interface ZipMembers {
  names: string[];
  /** undefined: there is no such member. The same bytes for the same name. */
  read(name: string): Uint8Array | undefined;
}

interface Member {
  method: number;
  crc: number;
  packed: number;
  size: number;
  begin: number;
}

const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const LONGEST_COMMENT = 0xffff;
const MOST_MEMBERS = 200_000;
/** All that is unpacked together: weights hardly shrink, and PyTorch stores them as they are. */
const EXPANSION = 16;
const EXPANSION_BASE = 16 * 1024 * 1024;
/** Packed bytes unpacked at a time: at most 4 MB come out of them. */
const PIECE = 4096;

/** @param invalid makes the error that is thrown, of what is wrong */
export function zipMembers(bytes: Uint8Array, invalid: (what: string) => Error): ZipMembers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members = readDirectory(view, bytes, invalid);
  const unpacked = new Map<string, Uint8Array>();
  let room = EXPANSION * bytes.length + EXPANSION_BASE;

  function unpack(name: string, { method, crc, packed, size, begin }: Member): Uint8Array {
    const source = bytes.subarray(begin, begin + packed);
    if (size > room) throw invalid(`it would unpack to much more than its ${bytes.length} bytes`);
    room -= size;
    // A deflated byte holds at most 1,032; whoever claims more asks for memory that will not be filled.
    if (size > 1032 * packed + 64) throw invalid(`its member ${name} claims ${size} bytes out of ${packed}`);
    const data = method === 0 ? source : inflated(name, source, size, invalid);
    if (crc32(data) !== crc) throw invalid(`its member ${name} is damaged (its checksum is wrong)`);
    return data;
  }

  return {
    names: [...members.keys()],
    read(name) {
      const known = unpacked.get(name);
      if (known) return known;
      const member = members.get(name);
      if (!member) return undefined;
      const data = unpack(name, member);
      unpacked.set(name, data);
      return data;
    },
  };
}

function inflated(name: string, source: Uint8Array, size: number, invalid: (what: string) => Error): Uint8Array {
  const out = new Uint8Array(size);
  let length = 0;
  const wrongSize = (): Error => invalid(`its member ${name} does not unpack to the ${size} bytes that it says`);
  const stream = new Inflate((chunk) => {
    if (length + chunk.length > size) throw wrongSize();
    out.set(chunk, length);
    length += chunk.length;
  });
  try {
    // Piece by piece, so that one that unpacks to far more than it says is given up early.
    for (let at = 0; at < source.length; at += PIECE) stream.push(source.subarray(at, at + PIECE), at + PIECE >= source.length);
  } catch (error) {
    throw (error as { code?: unknown }).code === 'FILE_INVALID'
      ? error
      : invalid(`its member ${name} cannot be unpacked (${error instanceof Error ? error.message : String(error)})`);
  }
  if (length !== size) throw wrongSize();
  return out;
}

function readDirectory(view: DataView, bytes: Uint8Array, invalid: (what: string) => Error): Map<string, Member> {
  const { count, size, begin } = findDirectory(view, invalid);
  const members = new Map<string, Member>();
  const spans: { begin: number; end: number; name: string }[] = [];
  let at = begin;
  for (let index = 0; index < count; index++) {
    if (at + 46 > begin + size || view.getUint32(at, true) !== CENTRAL) throw invalid(`its directory breaks off after ${index} of ${count} members`);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > begin + size) throw invalid(`its directory breaks off after ${index} of ${count} members`);
    const name = decodeName(bytes.subarray(at + 46, at + 46 + nameLength), invalid);
    if (members.has(name)) throw invalid(`it has two members named ${name}`);
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    if (flags & 1) throw invalid(`its member ${name} is encrypted`);
    if (method !== 0 && method !== 8) throw invalid(`its member ${name} is packed by the unknown method ${method}`);
    const sizes = sizesOf(view, at, at + 46 + nameLength, extraLength, name, invalid);
    if (method === 0 && sizes.packed !== sizes.size) throw invalid(`its member ${name} has two different sizes`);
    const data = dataBegin(view, bytes, sizes.local, name, begin, invalid);
    if (data + sizes.packed > begin) throw invalid(`its member ${name} reaches into the directory`);
    spans.push({ begin: sizes.local, end: data + sizes.packed, name });
    members.set(name, { method, crc: view.getUint32(at + 16, true), packed: sizes.packed, size: sizes.size, begin: data });
    at = next;
  }
  if (at !== begin + size) throw invalid('its directory has another size than it says');
  spans.sort((a, b) => a.begin - b.begin);
  for (let i = 1; i < spans.length; i++) {
    const [before, after] = [spans[i - 1], spans[i]];
    if (before && after && after.begin < before.end) throw invalid(`its members ${before.name} and ${after.name} overlap`);
  }
  return members;
}

/** Where the directory lies; `end`: where whatever follows it begins. */
function findDirectory(view: DataView, invalid: (what: string) => Error): { count: number; size: number; begin: number; end: number } {
  const end = findEnd(view);
  if (end === null) throw invalid('its archive has no end record, so it is cut off');
  const short = { count: view.getUint16(end + 10, true), size: view.getUint32(end + 12, true), begin: view.getUint32(end + 16, true), end };
  const onDisk = view.getUint16(end + 8, true);
  const isLong = end >= 20 && view.getUint32(end - 20, true) === LOCATOR64;
  const found = isLong ? longDirectory(view, end - 20, invalid) : short;
  // Both records may tell; where they do, they must tell the same.
  const agrees = (one: number, other: number, unknown: number): boolean => one === other || (isLong && one === unknown);
  if (!agrees(short.count, found.count, 0xffff) || !agrees(onDisk, found.count, 0xffff)) throw invalid('its archive tells two numbers of members');
  if (!agrees(short.size, found.size, 0xffffffff) || !agrees(short.begin, found.begin, 0xffffffff))
    throw invalid('its archive tells two places of its directory');
  if (found.begin + found.size > found.end) throw invalid('the directory of its archive lies outside the file');
  if (found.count > MOST_MEMBERS || found.count * 46 > found.size)
    throw invalid(`its archive claims ${found.count} members in a directory of ${found.size} bytes`);
  return found;
}

function longDirectory(view: DataView, locator: number, invalid: (what: string) => Error): { count: number; size: number; begin: number; end: number } {
  const at = long(view, locator + 8, invalid);
  if (at + 56 > locator || view.getUint32(at, true) !== END64) throw invalid('its archive has no long end record where it says');
  const count = long(view, at + 32, invalid);
  if (long(view, at + 24, invalid) !== count) throw invalid('its archive tells two numbers of members');
  return { count, size: long(view, at + 40, invalid), begin: long(view, at + 48, invalid), end: at };
}

function findEnd(view: DataView): number | null {
  const least = Math.max(0, view.byteLength - 22 - LONGEST_COMMENT);
  for (let at = view.byteLength - 22; at >= least; at--) {
    // The comment must reach exactly to the end, so that a signature inside of one is not taken for the record.
    if (view.getUint32(at, true) === END && at + 22 + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  return null;
}

function sizesOf(
  view: DataView,
  at: number,
  extra: number,
  extraLength: number,
  name: string,
  invalid: (what: string) => Error,
): { packed: number; size: number; local: number } {
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
        if (field + 8 > end) throw invalid(`its member ${name} does not tell its size`);
        found[key] = long(view, field, invalid);
        field += 8;
      }
      return found;
    }
    place = end;
  }
  throw invalid(`its member ${name} does not tell its size`);
}

/** Behind the member's own header, whose name must be the directory's. */
function dataBegin(view: DataView, bytes: Uint8Array, local: number, name: string, limit: number, invalid: (what: string) => Error): number {
  if (local + 30 > limit || view.getUint32(local, true) !== LOCAL) throw invalid(`its member ${name} is not where the directory says`);
  const nameEnd = local + 30 + view.getUint16(local + 26, true);
  if (nameEnd > limit || decodeName(bytes.subarray(local + 30, nameEnd), invalid) !== name) throw invalid(`its member ${name} has two different names`);
  return nameEnd + view.getUint16(local + 28, true);
}

function long(view: DataView, at: number, invalid: (what: string) => Error): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw invalid('its archive holds a number without sense');
  return value;
}

function decodeName(bytes: Uint8Array, invalid: (what: string) => Error): string {
  if (bytes.length > 4096) throw invalid('a member of its archive has a name without end');
  return new TextDecoder().decode(bytes);
}

const TABLES = crcTables();

/** Eight bytes at a time: checkpoints have hundreds of megabytes. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  let crc = 0xffffffff;
  let at = 0;
  for (const last = bytes.length - 8; at <= last; at += 8) {
    crc ^= (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    crc =
      (t7[crc & 255] as number) ^
      (t6[(crc >>> 8) & 255] as number) ^
      (t5[(crc >>> 16) & 255] as number) ^
      (t4[crc >>> 24] as number) ^
      (t3[bytes[at + 4] as number] as number) ^
      (t2[bytes[at + 5] as number] as number) ^
      (t1[bytes[at + 6] as number] as number) ^
      (t0[bytes[at + 7] as number] as number);
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 255] as number);
  return (crc ^ 0xffffffff) >>> 0;
}

function crcTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    return crc;
  });
  const tables = [first];
  for (let index = 1; index < 8; index++) {
    const before = tables[index - 1] as Uint32Array;
    tables.push(before.map((crc) => (crc >>> 8) ^ (first[crc & 255] as number)));
  }
  return tables;
}
