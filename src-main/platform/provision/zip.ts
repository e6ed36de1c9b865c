/**
 * Reads a zip archive entry by entry, never holding more than a buffer of it: the TensorFlow wheel has a member of 788 MB.
 * Refuses archives whose entries would leave the target folder, are links or devices, or are encrypted; checks sizes and CRC-32. The format is
 * read by `datasets/readers/zipFormat.ts`; zlib unpacks, since it does so several times as fast. Test: test/main/platform/provision/zip.test.ts.
 */
import { createWriteStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { dataBegin, nameOf, readFrom, whyPacked, zipDirectory, type ZipRecord } from '../../../datasets/readers/zipFormat.ts';
import type { ByteSource } from '../../../datasets/tree.ts';
import { AppError } from '../../../src-shared/errors.ts';

export interface ZipEntry {
  /** With forward slashes, relative, without "..". */
  name: string;
  size: number;
  method: 'stored' | 'deflated';
  /** Unix permission bits, or 0 where the archive does not say. */
  mode: number;
  record: ZipRecord;
}

/** No wheel has nearly as many. */
const MOST_ENTRIES = 200_000;
/** Bytes read at a time. */
const BLOCK = 1 << 20;

export class ZipFile {
  readonly path: string;
  readonly entries: ZipEntry[];
  readonly #file: FileHandle;
  /** Where the directory begins; all entries lie before it. */
  readonly #limit: number;

  private constructor(path: string, file: FileHandle, { entries, limit }: { entries: ZipEntry[]; limit: number }) {
    this.path = path;
    this.#file = file;
    this.#limit = limit;
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
    const { packed, crc: expected } = entry.record;
    const start = await readFrom(
      dataBegin(entry.record, this.#limit, (what) => invalid(this.path, what)),
      sourceOf(this.#file),
    );
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
    const source = readRange(this.#file, start, start + packed);
    const sink = createWriteStream(target, { flags: 'wx', mode: options.mode ?? 0o644, flush: true });
    const signal = options.signal ? { signal: options.signal } : {};
    try {
      if (entry.method === 'stored' || packed === 0) await pipeline(source, counter, sink, signal);
      else await pipeline(source, createInflateRaw({ chunkSize: 1 << 18 }), counter, sink, signal);
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (typeof code === 'string' && code.startsWith('Z_')) throw invalid(this.path, `the entry ${entry.name} is damaged (${code})`);
      throw error;
    }
    if (size !== entry.size) throw invalid(this.path, `the entry ${entry.name} has ${size} bytes instead of ${entry.size}`);
    if (crc !== expected) throw invalid(this.path, `the checksum of the entry ${entry.name} is wrong`);
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

function sourceOf(file: FileHandle): ByteSource {
  return {
    size: async () => (await file.stat()).size,
    async read(start, length) {
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await file.read(buffer, 0, length, start);
      return buffer.subarray(0, bytesRead);
    },
  };
}

async function readDirectory(path: string, file: FileHandle): Promise<{ entries: ZipEntry[]; limit: number }> {
  const source = sourceOf(file);
  const entries: ZipEntry[] = [];
  const names = new Set<string>();
  function visit(record: ZipRecord): void {
    const name = nameOf(record.name);
    const entry = checkedEntry(path, name, { ...record, name: record.name.slice() });
    if (names.has(name)) throw invalid(path, `it has two entries named ${name}`);
    names.add(name);
    if (!name.endsWith('/')) entries.push(entry);
  }
  const limit = await readFrom(
    zipDirectory(await source.size(), MOST_ENTRIES, (what) => invalid(path, what), visit),
    source,
  );
  return { entries, limit };
}

function checkedEntry(path: string, name: string, record: ZipRecord): ZipEntry {
  const kind = record.mode & 0o170000;
  if (!isSafeName(name)) throw invalid(path, `the entry "${name}" would be written outside of its folder`);
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000) throw invalid(path, `the entry ${name} is a link or a device`);
  const why = whyPacked(record);
  if (why !== null) throw invalid(path, `the entry ${name} ${why}`);
  return { name, size: record.size, method: record.method === 0 ? 'stored' : 'deflated', mode: record.mode & 0o777, record };
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

function invalid(path: string, what: string): AppError {
  return new AppError('FILE_INVALID', `The archive ${path} cannot be used: ${what}.`, { path });
}
