/**
 * Looks at the write-ahead log that a program left behind, before SQLite does: SQLite drops what follows the first damaged frame without a word,
 * and with it steps that were acknowledged. Two witnesses tell of them: the index beside it (`-shm`), which survives a killed program, knows how
 * many frames were committed; and frames of the same generation that end a transaction after the damaged place. What an unfinished transaction
 * leaves, and frames of an earlier generation, are no damage. The file format: sqlite.org/walformat.html. Test: test/main/db/walCheck.test.ts.
 */
import { copyFileSync, lstatSync, readFileSync } from 'node:fs';
import { stampOf } from './copies.ts';

export interface WalDamage {
  /** Transactions that are there but will not be applied, as far as they can be counted; 0 when nothing of them is left. */
  transactions: number;
  /** Where the damaged log is kept; null when there is nothing to keep. */
  keptAs: string | null;
}

const HEADER = 32;
const FRAME_HEADER = 24;

/** Call it before anything opens the database. Keeps a damaged log under a name of its own. */
export function keepDamagedWal(file: string, at: number): WalDamage | null {
  const wal = readOrNull(`${file}-wal`);
  const transactions = lostTransactions(wal, readOrNull(`${file}-shm`));
  if (transactions === null) return null;
  if (!wal || wal.length === 0) return { transactions, keptAs: null };
  const keptAs = `${file}-wal.damaged-${stampOf(at)}`;
  copyFileSync(`${file}-wal`, keptAs);
  return { transactions, keptAs };
}

/** Null: everything that was committed will be applied. */
export function lostTransactions(wal: Uint8Array | null, index: Uint8Array | null): number | null {
  const known = index ? committedFrames(index) : null;
  const log = wal && wal.length >= HEADER ? readLog(wal) : null;
  const salts = log?.salts ?? null;
  if (known && known.frames > known.backfilled && (salts === null || salts === known.salts || log?.isHeaderWhole === false)) {
    const applied = log?.isHeaderWhole ? log.applied : 0;
    if (known.frames > applied) return log?.later ?? 0;
    return null;
  }
  // Without an index that speaks of this log: a transaction that ends after a damaged place was there whole before.
  return log && log.later > 0 ? log.later : null;
}

interface Log {
  isHeaderWhole: boolean;
  salts: string;
  /** Frames up to the last whole transaction before the first damaged place. */
  applied: number;
  /** Ends of transactions after it, of the same generation. */
  later: number;
}

function readLog(wal: Uint8Array): Log | null {
  const view = new DataView(wal.buffer, wal.byteOffset, wal.byteLength);
  const magic = view.getUint32(0);
  const isBig = magic === 0x377f0683;
  const pageSize = pageSizeOf(view);
  const sum = checksum(view, 0, 24, isBig, [0, 0]);
  const isHeaderWhole = (isBig || magic === 0x377f0682) && view.getUint32(4) === 3007000 && sum[0] === view.getUint32(24) && sum[1] === view.getUint32(28);
  const size = isHeaderWhole ? pageSize : guessPageSize(view);
  if (size === null) return null;
  const count = Math.floor((wal.length - HEADER) / (FRAME_HEADER + size));
  if (count === 0) return { isHeaderWhole, salts: saltsAt(view, 16), applied: 0, later: 0 };
  // The salts of a broken header may be broken themselves.
  const salts = isHeaderWhole ? saltsAt(view, 16) : saltsAt(view, HEADER + 8);
  let running: [number, number] = [sum[0], sum[1]];
  let isWhole = isHeaderWhole;
  let applied = 0;
  let later = 0;
  for (let frame = 0; frame < count; frame++) {
    const start = HEADER + frame * (FRAME_HEADER + size);
    const isOurs = saltsAt(view, start + 8) === salts;
    const endsTransaction = view.getUint32(start + 4) !== 0;
    if (isWhole) {
      running = checksum(view, start, 8, isBig, running);
      running = checksum(view, start + FRAME_HEADER, size, isBig, running);
      isWhole = isOurs && running[0] === view.getUint32(start + 16) && running[1] === view.getUint32(start + 20);
      if (isWhole && endsTransaction) applied = frame + 1;
      if (isWhole) continue;
    }
    if (isOurs && endsTransaction) later++;
  }
  return { isHeaderWhole, salts, applied, later };
}

function pageSizeOf(view: DataView): number | null {
  const size = view.getUint32(8);
  return size >= 512 && size <= 65536 && (size & (size - 1)) === 0 ? size : null;
}

/** Of a log without a header: the size at which its second frame carries the salts of the first. */
function guessPageSize(view: DataView): number | null {
  for (const size of [4096, 1024, 2048, 8192, 16384, 32768, 65536, 512]) {
    const second = HEADER + FRAME_HEADER + size;
    if (view.byteLength >= second + FRAME_HEADER && saltsAt(view, second + 8) === saltsAt(view, HEADER + 8)) return size;
    if (view.byteLength === second) return size;
  }
  return null;
}

function saltsAt(view: DataView, offset: number): string {
  return `${view.getUint32(offset)} ${view.getUint32(offset + 4)}`;
}

function checksum(view: DataView, offset: number, length: number, isBig: boolean, [first, second]: readonly [number, number]): [number, number] {
  let [a, b] = [first, second];
  for (let at = offset; at < offset + length; at += 8) {
    a = (a + view.getUint32(at, !isBig) + b) >>> 0;
    b = (b + view.getUint32(at + 4, !isBig) + a) >>> 0;
  }
  return [a, b];
}

/** What the index says, in the byte order of this machine; null when it says nothing that can be trusted. */
function committedFrames(index: Uint8Array): { frames: number; backfilled: number; salts: string } | null {
  if (index.length < 136) return null;
  const own = Buffer.from(index.buffer, index.byteOffset, index.byteLength);
  // Written twice, so that a half-written one is noticed.
  if (!own.subarray(0, 48).equals(own.subarray(48, 96))) return null;
  const words = new Uint32Array(own.buffer.slice(own.byteOffset, own.byteOffset + 136));
  const [version, isReady] = [words[0], own[12]];
  if (version !== 3007000 || isReady !== 1) return null;
  let [a, b] = [0, 0];
  for (let word = 0; word < 10; word += 2) {
    a = (a + (words[word] as number) + b) >>> 0;
    b = (b + (words[word + 1] as number) + a) >>> 0;
  }
  if (a !== words[10] || b !== words[11]) return null;
  return { frames: words[4] as number, backfilled: words[24] as number, salts: saltsAt(new DataView(own.buffer, own.byteOffset, own.byteLength), 32) };
}

/** A link is no log of ours: whoever opens the database refuses it. */
function readOrNull(path: string): Uint8Array | null {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : null;
}
