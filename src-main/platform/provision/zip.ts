/**
 * Reads a zip archive entry by entry, never holding more than a buffer of it: the TensorFlow wheel has a member of 788 MB.
 * Refuses archives whose entries would leave the target folder, are links or devices, or are encrypted; checks sizes and CRC-32.
 * No zip64: nothing here is near 4 GiB. Test: test/main/platform/provision/zip.test.ts.
 */
import { createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { AppError } from '../../../src-shared/errors.ts';

export interface ZipEntry {
  /** With forward slashes, relative, without "..". */
  name: string;
  size: number;
  compressedSize: number;
  crc: number;
  method: 'stored' | 'deflated';
  headerOffset: number;
  /** Unix permission bits, or 0 where the archive does not say. */
  mode: number;
}

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_SIZE = 22;
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
const LONGEST_COMMENT = 0xffff;
/** Bytes read at a time. */
const BLOCK = 1 << 20;
/** A directory bigger than this is no wheel. */
const LARGEST_DIRECTORY = 64 * 1024 * 1024;

export class ZipFile {
  readonly path: string;
  readonly entries: ZipEntry[];
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle, entries: ZipEntry[]) {
    this.path = path;
    this.#file = file;
    this.entries = entries;
  }

  static async open(path: string): Promise<ZipFile> {
    const file = await open(path, 'r');
    try {
      return new ZipFile(path, file, await readDirectory(path, file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Writes one entry to `target`, which must not exist, and flushes it to the disk. */
  async extract(entry: ZipEntry, target: string, options: { mode?: number; signal?: AbortSignal; onBytes?: (bytes: number) => void } = {}): Promise<void> {
    const header = await readExactly(this.path, this.#file, entry.headerOffset, LOCAL_SIZE);
    if (header.readUInt32LE(0) !== LOCAL_SIGNATURE) throw invalid(this.path, `the entry ${entry.name} has no header where the directory says`);
    const start = entry.headerOffset + LOCAL_SIZE + header.readUInt16LE(26) + header.readUInt16LE(28);
    let crc = 0;
    let size = 0;
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        crc = crc32(chunk, crc);
        size += chunk.byteLength;
        // A bomb declares little and unpacks much.
        if (size > entry.size)
          return done(new AppError('FILE_INVALID', `The entry ${entry.name} unpacks to more than the ${entry.size} bytes it declares.`, { entry: entry.name }));
        options.onBytes?.(chunk.byteLength);
        done(null, chunk);
      },
    });
    const source = readRange(this.#file, start, start + entry.compressedSize);
    const sink = createWriteStream(target, { flags: 'wx', mode: options.mode ?? 0o644, flush: true });
    const signal = options.signal ? { signal: options.signal } : {};
    try {
      if (entry.method === 'stored' || entry.compressedSize === 0) await pipeline(source, counter, sink, signal);
      else await pipeline(source, createInflateRaw({ chunkSize: 1 << 18 }), counter, sink, signal);
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (typeof code === 'string' && code.startsWith('Z_')) throw invalid(this.path, `the entry ${entry.name} is damaged (${code})`);
      throw error;
    }
    if (size !== entry.size) throw invalid(this.path, `the entry ${entry.name} has ${size} bytes instead of ${entry.size}`);
    if (crc !== entry.crc) throw invalid(this.path, `the checksum of the entry ${entry.name} is wrong`);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Not a stream of the FileHandle: each would leave a listener on it until it is closed. */
async function* readRange(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer, undefined> {
  for (let at = start; at < end;) {
    const buffer = Buffer.allocUnsafe(Math.min(BLOCK, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return undefined; // cut off: the size of the entry will not be right
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
  return undefined;
}

async function readDirectory(path: string, file: FileHandle): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  const tailSize = Math.min(size, END_SIZE + LONGEST_COMMENT);
  const tail = await readExactly(path, file, size - tailSize, tailSize);
  const end = findEnd(tail);
  if (end === null) throw invalid(path, 'it has no end record; it is cut off or no zip archive');
  const count = tail.readUInt16LE(end + 10);
  const directorySize = tail.readUInt32LE(end + 12);
  const directoryOffset = tail.readUInt32LE(end + 16);
  if (count === 0xffff || directoryOffset === 0xffffffff) throw invalid(path, 'it is a zip64 archive, which is not supported');
  if (directorySize > LARGEST_DIRECTORY || directoryOffset + directorySize > size) throw invalid(path, 'its directory lies outside the file');
  const directory = await readExactly(path, file, directoryOffset, directorySize);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + CENTRAL_SIZE > directory.length || directory.readUInt32LE(at) !== CENTRAL_SIGNATURE)
      throw invalid(path, `its directory breaks off after ${index} of ${count} entries`);
    const nameLength = directory.readUInt16LE(at + 28);
    const name = directory.toString('utf8', at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength);
    const entry = parseEntry(path, directory, at, name);
    if (names.has(name)) throw invalid(path, `it has two entries named ${name}`);
    names.add(name);
    if (!name.endsWith('/')) entries.push(entry);
    at += CENTRAL_SIZE + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

function parseEntry(path: string, directory: Buffer, at: number, name: string): ZipEntry {
  const flags = directory.readUInt16LE(at + 8);
  const method = directory.readUInt16LE(at + 10);
  const attributes = directory.readUInt32LE(at + 38);
  const isUnix = directory.readUInt8(at + 5) === 3;
  const unixMode = isUnix ? attributes >>> 16 : 0;
  const kind = unixMode & 0o170000;
  if (!isSafeName(name)) throw invalid(path, `the entry "${name}" would be written outside of its folder`);
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000) throw invalid(path, `the entry ${name} is a link or a device`);
  if (flags & 1) throw invalid(path, `the entry ${name} is encrypted`);
  if (method !== 0 && method !== 8) throw invalid(path, `the entry ${name} is packed by the unknown method ${method}`);
  return {
    name,
    crc: directory.readUInt32LE(at + 16),
    compressedSize: directory.readUInt32LE(at + 20),
    size: directory.readUInt32LE(at + 24),
    headerOffset: directory.readUInt32LE(at + 42),
    method: method === 0 ? 'stored' : 'deflated',
    mode: unixMode & 0o777,
  };
}

/** Relative, without "..", empty or dot parts, drive letters, backslashes, control characters. */
function isSafeName(name: string): boolean {
  if (name === '' || name.includes('\\') || name.includes(':') || hasControlCharacter(name)) return false;
  const parts = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
  return parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

function hasControlCharacter(name: string): boolean {
  for (const character of name) if ((character.codePointAt(0) ?? 0) < 32) return true;
  return false;
}

function findEnd(tail: Buffer): number | null {
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    // The comment must reach exactly to the end of the file, so that a signature inside a comment is not taken for the record.
    if (tail.readUInt32LE(at) === END_SIGNATURE && at + END_SIZE + tail.readUInt16LE(at + 20) === tail.length) return at;
  }
  return null;
}

async function readExactly(path: string, file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw invalid(path, 'it is cut off');
  return buffer;
}

function invalid(path: string, what: string): AppError {
  return new AppError('FILE_INVALID', `The archive ${path} cannot be used: ${what}.`, { path });
}
