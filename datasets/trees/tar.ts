/**
 * A tar archive as a `FileTree`, read by ranges: ustar, pax and GNU names, links inside as a folder on disk has them. Its headers are read once, one
 * after the other; what is no file, such as devices and sparse files, is listed with its reason. Refused as a whole is what means harm or is cut off.
 * Tests: test/datasets/trees/tar.test.ts, test/contracts/importers.contract.test.ts, and test/fuzz.
 */
import { AppError } from '../../src-shared/errors.ts';
import { nameOf, type Invalid } from '../readers/zipFormat.ts';
import type { ByteSource, FileTree } from '../tree.ts';
import { archiveTree } from './archiveTree.ts';
import { MEMBER, memberPath, memberTableMaker, type MemberFacts, type MemberTableMaker } from './memberTable.ts';

const BLOCK = 512;
/** Headers are read in pieces of so much: small files, one after the other, share one. */
const WINDOW = 64 * 1024;
const PIECE = 256 * 1024;
/** Links, folders and devices, whatever their size says. */
const WITHOUT_DATA = '123456';
/** Of a member that holds only names. */
const LONGEST_NAMES = 1024 * 1024;

interface Header {
  name: Uint8Array;
  link: Uint8Array;
  type: string;
  size: number;
}

/** What is told of the next member before its own header. */
interface Told {
  name?: Uint8Array;
  link?: Uint8Array;
  size?: number;
  isSparse?: boolean;
}

export async function openTarTree(source: ByteSource, label: string): Promise<FileTree> {
  const invalid: Invalid = (what) => new AppError('FILE_INVALID', `The archive ${label} cannot be read: ${what}.`, { file: label });
  const maker = memberTableMaker(invalid);
  await readMembers(source, maker, invalid);
  async function range(facts: MemberFacts, start: number, end: number): Promise<Uint8Array> {
    const bytes = await source.read(facts.at + start, end - start);
    if (bytes.length < end - start) throw invalid('it is cut off');
    return bytes;
  }
  return archiveTree(label, maker.finish(), {
    range: (facts, _name, start, end) => range(facts, start, end),
    begin: async (facts) => facts.at,
    async *chunks(facts) {
      for (let at = 0; at < facts.size; at += PIECE) yield await range(facts, at, Math.min(at + PIECE, facts.size));
    },
  });
}

/** Whether the first bytes of a file are those of a tar archive, or of one that was packed by gzip. */
export function looksLikeTar(first: Uint8Array): boolean {
  return isGzip(first) || (first.length >= BLOCK && octal(first.subarray(148, 156)) === checksumOf(first.subarray(0, BLOCK)));
}

async function readMembers(source: ByteSource, maker: MemberTableMaker, invalid: Invalid): Promise<void> {
  const size = await source.size();
  const read = windowed(source);
  let always: Told = {};
  let next: Told = {};
  for (let at = 0; ;) {
    const block = await read(at, BLOCK);
    if (at === 0 && isGzip(block)) throw invalid('it is packed by gzip, which cannot be read by ranges; unpack it with gunzip first');
    if (block.length < BLOCK) throw invalid(at === 0 ? 'it is no tar archive' : 'it ends without its end mark, so it is cut off');
    if (block.every((byte) => byte === 0)) break;
    const header = readHeader(block, at, invalid);
    const data = at + BLOCK;
    const length = WITHOUT_DATA.includes(header.type) ? 0 : (next.size ?? always.size ?? header.size);
    const isTold = header.type === 'x' || header.type === 'g' || header.type === 'L' || header.type === 'K';
    const end = data + (isTold ? header.size : length);
    if (end > size) throw invalid(`it is cut off in its member ${nameOf(header.name)}`);
    at = data + Math.ceil((end - data) / BLOCK) * BLOCK;
    if (isTold) {
      if (header.size > LONGEST_NAMES) throw invalid('a member of its archive has a name without end');
      const told = await read(data, header.size);
      if (header.type === 'L') next.name = untilZero(told);
      else if (header.type === 'K') next.link = untilZero(told);
      else if (header.type === 'x') next = { ...next, ...readPax(told, invalid) };
      else always = { ...always, ...readPax(told, invalid) };
      continue;
    }
    const told: Told = { ...always, ...next };
    next = {};
    addMember(told, { ...header, size: length }, data);
  }

  function addMember(told: Told, { name, link, type, size: length }: Header, at: number): void {
    const { path, isFolder } = memberPath((told.name ?? name).slice(), invalid);
    if (path.length === 0) return;
    const target = nameOf(told.link ?? link);
    const facts = { at, size: length, packed: length, crc: 0, isDeflated: false };
    if (type === '5' || (isFolder && isFile(type))) maker.add(path, { ...facts, kind: MEMBER.folder });
    else if (told.isSparse === true || type === 'S')
      maker.add(path, { ...facts, kind: MEMBER.other, text: 'is a file with holes, which is not read from a tar archive' });
    else if (isFile(type)) maker.add(path, { ...facts, kind: MEMBER.file });
    else if (type === '2') maker.add(path, { ...facts, kind: MEMBER.link, text: target });
    else if (type === '1') maker.add(path, { ...facts, kind: MEMBER.hardLink, text: target });
    else maker.add(path, { ...facts, kind: MEMBER.other, text: SPECIAL[type] ?? `is of the unknown kind ${JSON.stringify(type)}` });
  }
}

const SPECIAL: Record<string, string> = { '3': 'is a device, not a file', '4': 'is a device, not a file', '6': 'is a named pipe, not a file' };

function isFile(type: string): boolean {
  return type === '0' || type === '\0' || type === '7';
}

/** Reads in windows, so that headers of small members cost one read together. */
function windowed(source: ByteSource): (start: number, length: number) => Promise<Uint8Array> {
  let window: Uint8Array = new Uint8Array(0);
  let windowAt = 0;
  return async (start, length) => {
    if (start < windowAt || start + length > windowAt + window.length) {
      window = await source.read(start, Math.max(length, WINDOW));
      windowAt = start;
    }
    return window.subarray(start - windowAt, start - windowAt + length);
  };
}

function readHeader(block: Uint8Array, at: number, invalid: Invalid): Header {
  if (octal(block.subarray(148, 156)) !== checksumOf(block))
    throw invalid(at === 0 ? 'it is no tar archive' : `the checksum of its header at byte ${at} is wrong`);
  const size = numberOf(block.subarray(124, 136));
  if (size === null) throw invalid(`its header at byte ${at} holds a size without sense`);
  const type = String.fromCharCode(block[156] ?? 0);
  const name = untilZero(block.subarray(0, 100));
  // In GNU's own archives other things stand in place of the prefix.
  const prefix = nameOf(block.subarray(257, 263)) === 'ustar\0' ? untilZero(block.subarray(345, 500)) : new Uint8Array(0);
  const whole = prefix.length === 0 ? name : Uint8Array.of(...prefix, 0x2f, ...name);
  return { name: whole, link: untilZero(block.subarray(157, 257)), type, size };
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function checksumOf(block: Uint8Array): number {
  let sum = 0;
  for (const [index, byte] of block.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  return sum;
}

function untilZero(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return (end < 0 ? bytes : bytes.subarray(0, end)).slice();
}

/** null: no number. */
function octal(bytes: Uint8Array): number | null {
  const text = nameOf(untilZero(bytes)).trim();
  return /^[0-7]{1,14}$/.test(text) ? parseInt(text, 8) : null;
}

/** In octal, or where that is too short in two's complement behind a set bit. */
function numberOf(bytes: Uint8Array): number | null {
  if (bytes[0] !== 0x80) return octal(bytes);
  const value = bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(value) ? value : null;
}

/** Lines of `<length> <key>=<value>`, where the length is in bytes and counts itself. */
function readPax(bytes: Uint8Array, invalid: Invalid): Told {
  const told: Told = {};
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(0x20, at);
    const digits = space < 0 ? '' : nameOf(bytes.subarray(at, space));
    const end = at + Number(digits);
    const equals = bytes.indexOf(0x3d, space);
    if (!/^\d{1,9}$/.test(digits) || end > bytes.length || equals < 0 || equals >= end || bytes[end - 1] !== 0x0a)
      throw invalid('a member of its archive has a pax header without sense');
    const key = nameOf(bytes.subarray(space + 1, equals));
    const value = bytes.slice(equals + 1, end - 1);
    if (key === 'path') told.name = value;
    else if (key === 'linkpath') told.link = value;
    else if (key === 'size') told.size = sizeOf(nameOf(value), invalid);
    else if (key.startsWith('GNU.sparse.')) told.isSparse = true;
    at = end;
  }
  return told;
}

function sizeOf(text: string, invalid: Invalid): number {
  const size = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(size)) throw invalid('a member of its archive has a size without sense');
  return size;
}
