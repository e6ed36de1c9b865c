/**
 * Values of table `meta` as they stand in the database file itself, read without SQLite and without the log: SQLite answers from its memory and
 * its log, also when somebody has written over the file. Follows the two b-trees, schema and table; the format: sqlite.org/fileformat2.html.
 * Takes an open descriptor, since closing one would drop the locks of this process. Test: test/main/db/overwritten.test.ts.
 */
import { readSync } from 'node:fs';

const MAGIC = 'SQLite format 3\0';
/** The schema has some ten pages, `meta` one or two; a file that is none of ours may say anything. */
const MOST_PAGES = 256;

/** By key; null when there is no such table. What is not in the form of a database gives null too. */
export function readRawMeta(descriptor: number, keys: readonly string[]): Map<string, string> | null {
  try {
    const head = Buffer.alloc(100);
    if (readSync(descriptor, head, 0, 100, 0) < 100 || head.toString('latin1', 0, 16) !== MAGIC) return null;
    const size = head.readUInt16BE(16) === 1 ? 65536 : head.readUInt16BE(16);
    if (size < 512 || (size & (size - 1)) !== 0) return null;
    const read = (page: number): Buffer => {
      const bytes = Buffer.alloc(size);
      if (page < 1 || readSync(descriptor, bytes, 0, size, (page - 1) * size) < size) throw new RangeError('no such page');
      return bytes;
    };
    let root: number | null = null;
    walk(read, 1, ([type, name, , page]) => {
      if (type === 'table' && name === 'meta' && typeof page === 'number') root = page;
    });
    if (root === null) return null;
    const values = new Map<string, string>();
    walk(read, root, ([key, value]) => {
      if (typeof key === 'string' && keys.includes(key) && typeof value === 'string') values.set(key, value);
    });
    return values;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

type Value = string | number | null;

/** Calls back with the first four columns of every record below a page. */
function walk(read: (page: number) => Buffer, root: number, row: (columns: Value[]) => void): void {
  const waiting = [root];
  for (let visited = 0; waiting.length > 0; visited++) {
    if (visited === MOST_PAGES) throw new RangeError('too many pages');
    const number = waiting.pop() as number;
    const page = read(number);
    const start = number === 1 ? 100 : 0;
    const type = page[start];
    const isInner = type === 2 || type === 5;
    if (!isInner && type !== 10 && type !== 13) throw new RangeError('no page of a tree');
    const cells = page.readUInt16BE(start + 3);
    if (isInner) waiting.push(page.readUInt32BE(start + 8));
    for (let cell = 0; cell < cells; cell++) {
      let at = page.readUInt16BE(start + (isInner ? 12 : 8) + cell * 2);
      if (isInner) {
        waiting.push(page.readUInt32BE(at));
        at += 4;
        // The inner pages of a table hold row ids alone.
        if (type === 5) continue;
      }
      at = varint(page, at).next;
      if (type === 13) at = varint(page, at).next;
      row(columnsAt(page, at));
    }
  }
}

function columnsAt(page: Buffer, start: number): Value[] {
  const head = varint(page, start);
  const end = start + head.value;
  let at = head.next;
  let body = end;
  const columns: Value[] = [];
  while (at < end && columns.length < 4) {
    const { value: kind, next } = varint(page, at);
    at = next;
    const length = kind >= 12 ? (kind - (kind % 2 === 0 ? 12 : 13)) / 2 : (BYTES[kind] ?? 0);
    // A long value goes on in other pages; none that is asked for is long.
    if (body + length > page.length) break;
    if (kind >= 13 && kind % 2 === 1) columns.push(page.toString('utf8', body, body + length));
    else if (kind >= 1 && kind <= 5) columns.push(page.readIntBE(body, length));
    else columns.push(kind === 8 ? 0 : kind === 9 ? 1 : null);
    body += length;
  }
  return columns;
}

/** Of the kinds 0 to 7 of a value. */
const BYTES = [0, 1, 2, 3, 4, 6, 8, 8];

function varint(page: Buffer, start: number): { value: number; next: number } {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    const byte = page.readUInt8(at);
    value = value * 128 + (byte & 127);
    if (byte < 128) return { value, next: at + 1 };
  }
  return { value: value * 256 + page.readUInt8(start + 8), next: start + 9 };
}
