/**
 * The members of an archive in the order of their paths, in columns: some tens of bytes beside the name of each, so that a million of them is
 * nothing to hold. A folder's members stand side by side, so listing is a walk over a stretch, and finding a path halves the table.
 * Refuses what no archive should hold: paths that lead out, two members of one path, members below one that is no folder.
 * Tests: test/datasets/trees/memberTable.test.ts, test/datasets/trees/zip.test.ts, test/datasets/trees/tar.test.ts.
 */
import { nameOf, type Invalid } from '../readers/zipFormat.ts';

/** `hardLink`: another name of a member, told by its path in the archive. */
export const MEMBER = { file: 0, folder: 1, link: 2, other: 3, hardLink: 4 } as const;
export type MemberKind = (typeof MEMBER)[keyof typeof MEMBER];

export interface MemberFacts {
  kind: MemberKind;
  /** Of a link where it leads, as it stands in the archive; of `other` what is the matter with it. */
  text?: string;
  at: number;
  size: number;
  packed: number;
  crc: number;
  isDeflated: boolean;
}

export interface MemberTable {
  readonly length: number;
  /** Its position, or −1. */
  find(path: Uint8Array): number;
  /** Positions of all that lies below a folder: from the first to before the second. '' is the root. */
  below(folder: Uint8Array): [number, number];
  path(position: number): Uint8Array;
  facts(position: number): MemberFacts;
}

/** A million pictures and what lies beside them. */
export const MOST_MEMBERS = 1_500_000;
const DEEPEST = 32;
/** How both are kept in one byte. */
const KIND = 7;
const DEFLATED = 8;
const SLASH = 0x2f;
const DOT = 0x2e;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** How two bytes of paths compare: folders before their neighbours, and as text does by code units (which sets two first bytes of UTF-8 last). */
const RANK = Uint16Array.from({ length: 256 }, (_, byte) => (byte === SLASH ? 0 : byte === 0xee || byte === 0xef ? byte + 0x100 : byte + 1));

/** The path without `.` parts, doubled slashes and one at its end; refused where it leads out. */
export function memberPath(raw: Uint8Array, invalid: Invalid): { path: Uint8Array; isFolder: boolean } {
  if (raw.length === 0) throw invalid('a member of its archive has no name');
  const isFolder = raw[raw.length - 1] === SLASH;
  if (raw[0] === SLASH || raw[0] === BACKSLASH || (raw[1] === COLON && (raw[2] === SLASH || raw[2] === BACKSLASH)))
    throw invalid(`its member ${JSON.stringify(nameOf(raw))} has an absolute path`);
  let isPlain = !isFolder;
  let depth = 0;
  for (let start = 0; start <= raw.length;) {
    let end = start;
    while (end < raw.length && raw[end] !== SLASH && raw[end] !== BACKSLASH) end++;
    const length = end - start;
    if (length === 2 && raw[start] === DOT && raw[start + 1] === DOT) throw invalid(`its member ${JSON.stringify(nameOf(raw))} leads out of it`);
    if (length === 0 || (length === 1 && raw[start] === DOT)) isPlain = false;
    else if (++depth > DEEPEST) throw invalid(`its member ${JSON.stringify(nameOf(raw))} lies more than ${DEEPEST} folders deep`);
    start = end + 1;
  }
  return { path: isPlain ? raw : withoutDots(raw), isFolder };
}

function withoutDots(raw: Uint8Array): Uint8Array {
  const out = new Uint8Array(raw.length);
  let length = 0;
  for (let start = 0; start <= raw.length;) {
    let end = raw.indexOf(SLASH, start);
    if (end < 0) end = raw.length;
    const part = raw.subarray(start, end);
    if (part.length > 0 && !(part.length === 1 && part[0] === DOT)) {
      if (length > 0) out[length++] = SLASH;
      out.set(part, length);
      length += part.length;
    }
    start = end + 1;
  }
  return out.subarray(0, length);
}

export interface MemberTableMaker {
  /** Of a path that `memberPath` gave. */
  add(path: Uint8Array, facts: MemberFacts): void;
  finish(): MemberTable;
}

/** Columns that grow by half. */
function column<Values extends { length: number; set(from: Values): void; slice(start: number, end: number): Values }>(make: (length: number) => Values) {
  let values = make(1024);
  return {
    get values() {
      return values;
    },
    room(length: number): Values {
      if (length > values.length) {
        const before = values;
        values = make(Math.max(length, Math.ceil(before.length * 1.5)));
        values.set(before);
      }
      return values;
    },
    trim(length: number): Values {
      return (values = values.slice(0, length));
    },
  };
}

export function memberTableMaker(invalid: Invalid): MemberTableMaker {
  const names = column((length) => new Uint8Array(length));
  const nameAt = column((length) => new Float64Array(length));
  const ats = column((length) => new Float64Array(length));
  const sizes = column((length) => new Float64Array(length));
  const packs = column((length) => new Float64Array(length));
  const crcs = column((length) => new Uint32Array(length));
  const kinds = column((length) => new Uint8Array(length));
  const texts = new Map<number, string>();
  const shared = new Map<string, string>();
  let count = 0;
  let nameBytes = 0;

  return {
    add(path, { kind, text, at, size, packed, crc, isDeflated }) {
      if (count === MOST_MEMBERS) throw invalid(`it holds more than the ${MOST_MEMBERS} members that are read`);
      names.room(nameBytes + path.length).set(path, nameBytes);
      nameAt.room(count + 2)[count] = nameBytes;
      nameBytes += path.length;
      nameAt.values[count + 1] = nameBytes;
      ats.room(count + 1)[count] = at;
      sizes.room(count + 1)[count] = size;
      packs.room(count + 1)[count] = packed;
      crcs.room(count + 1)[count] = crc;
      kinds.room(count + 1)[count] = kind | (isDeflated ? DEFLATED : 0);
      if (text !== undefined) {
        const one = shared.get(text) ?? text;
        shared.set(one, one);
        texts.set(count, one);
      }
      count++;
    },

    finish() {
      const bytes = names.trim(nameBytes);
      const starts = nameAt.trim(count + 1);
      const [at, size, packed, crc, kind] = [ats.trim(count), sizes.trim(count), packs.trim(count), crcs.trim(count), kinds.trim(count)];
      shared.clear();
      const nameFrom = (index: number): number => starts[index] ?? 0;
      const nameTo = (index: number): number => starts[index + 1] ?? 0;
      const compare = (a: number, b: number): number => comparePaths(bytes, nameFrom(a), nameTo(a), bytes, nameFrom(b), nameTo(b));
      const nameAtIndex = (index: number): Uint8Array => bytes.subarray(nameFrom(index), nameTo(index));
      let order = Uint32Array.from({ length: count }, (_, index) => index);
      if (!isAscending(order, compare)) order.sort(compare);
      order = withoutTwins(order);

      function indexAt(position: number): number {
        return order[position] ?? 0;
      }
      /** The first position whose path does not come before the given one (or, `after`, comes behind everything below it). */
      function bound(path: Uint8Array, after: boolean): number {
        let low = 0;
        let high = order.length;
        while (low < high) {
          const middle = (low + high) >>> 1;
          const index = indexAt(middle);
          const isBefore =
            after && isBelow(bytes, nameFrom(index), nameTo(index), path)
              ? true
              : comparePaths(bytes, nameFrom(index), nameTo(index), path, 0, path.length) < 0 || (after && sameAt(index, path));
          if (isBefore) low = middle + 1;
          else high = middle;
        }
        return low;
      }
      function sameAt(index: number, path: Uint8Array): boolean {
        return comparePaths(bytes, nameFrom(index), nameTo(index), path, 0, path.length) === 0;
      }
      function isFolderAt(index: number): boolean {
        return ((kind[index] ?? 0) & KIND) === MEMBER.folder;
      }
      /** Folders may stand there twice; nothing else may, and nothing may lie below what is no folder. */
      function withoutTwins(all: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
        let kept = 0;
        for (const index of all) {
          const before = kept === 0 ? -1 : (all[kept - 1] ?? 0);
          if (before >= 0 && sameAt(before, nameAtIndex(index))) {
            if (isFolderAt(before) && isFolderAt(index)) continue;
            throw invalid(`it has two members named ${nameOf(nameAtIndex(index))}`);
          }
          if (before >= 0 && !isFolderAt(before) && isBelow(bytes, nameFrom(index), nameTo(index), nameAtIndex(before)))
            throw invalid(`it has members below ${nameOf(nameAtIndex(before))}, which is no folder`);
          all[kept++] = index;
        }
        return all.slice(0, kept);
      }

      return {
        length: order.length,
        find(path) {
          const position = bound(path, false);
          return position < order.length && sameAt(indexAt(position), path) ? position : -1;
        },
        below(folder) {
          if (folder.length === 0) return [0, order.length];
          const first = bound(folder, false);
          const isThere = first < order.length && sameAt(indexAt(first), folder);
          return [isThere ? first + 1 : first, bound(folder, true)];
        },
        path: (position) => nameAtIndex(indexAt(position)),
        facts(position) {
          const index = indexAt(position);
          const text = texts.get(index);
          return {
            kind: ((kind[index] ?? 0) & KIND) as MemberKind,
            ...(text === undefined ? {} : { text }),
            at: at[index] ?? 0,
            size: size[index] ?? 0,
            packed: packed[index] ?? 0,
            crc: crc[index] ?? 0,
            isDeflated: ((kind[index] ?? 0) & DEFLATED) !== 0,
          };
        },
      };
    },
  };
}

function isAscending(order: Uint32Array, compare: (a: number, b: number) => number): boolean {
  for (let i = 1; i < order.length; i++) if (compare(order[i - 1] ?? 0, order[i] ?? 0) > 0) return false;
  return true;
}

function comparePaths(a: Uint8Array, aFrom: number, aTo: number, b: Uint8Array, bFrom: number, bTo: number): number {
  const length = Math.min(aTo - aFrom, bTo - bFrom);
  for (let i = 0; i < length; i++) {
    const [left, right] = [a[aFrom + i] ?? 0, b[bFrom + i] ?? 0];
    if (left !== right) return (RANK[left] ?? 0) - (RANK[right] ?? 0);
  }
  return aTo - aFrom - (bTo - bFrom);
}

function isBelow(bytes: Uint8Array, from: number, to: number, folder: Uint8Array): boolean {
  if (to - from <= folder.length || bytes[from + folder.length] !== SLASH) return false;
  for (let i = 0; i < folder.length; i++) if (bytes[from + i] !== folder[i]) return false;
  return true;
}
