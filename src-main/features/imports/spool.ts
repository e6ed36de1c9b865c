/**
 * The file in which an import child leaves its records: pieces of v8-serialised rows, each small enough to be one short transaction. The host hands
 * the pieces to the writer thread as bytes, one after the other. Test: test/main/features/imports/spool.test.ts.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import type { IdentityRecord, MediaRecord, SplitName } from '../../../datasets/importer.ts';
import type { SourceSplit } from '../splits/fromSource.table.ts';
import type { SpoolChunk } from './importProtocol.ts';
import type { StagedTracklet } from './table.ts';

/** A tracklet as it is stored: columns as bytes, texts as JSON. */
export interface SpooledTracklet {
  key: string;
  pid: number;
  camid: number;
  mediaKey: string;
  split: SplitName;
  frames: number;
  frameIndex: Uint8Array;
  boxes: Uint8Array | null;
  /** JSON array of paths. */
  files: string | null;
  ignored: Uint8Array | null;
  annotations: { field: string; start: number; end: number; value: string }[];
  /** Of the record and its pictures; equal ones need no second look. */
  digest: Uint8Array;
  /** `PICTURE_HASH` bytes a frame; null for a video, and when pictures were not read. */
  pictures: Uint8Array | null;
  /** Where in the archive the pictures lie (`pixels/range.ts`); null in a folder. No part of `digest`: packed anew they are the same pictures. */
  ranges: Uint8Array | null;
}

export interface SpooledRecords {
  identities: IdentityRecord[];
  media: (MediaRecord & { contentHash: string | null })[];
  tracklets: SpooledTracklet[];
  /** Further split sets; after the tracklets they name. */
  splits: SourceSplit[];
}

const DIGEST = 16;

/** A piece this large is stored in about ten milliseconds, so that values that are painted meanwhile do not wait. */
const PIECE_BYTES = 96 * 1024;
const PIECE_ROWS = 250;

export interface Spool {
  media(record: SpooledRecords['media'][number]): void;
  tracklet(record: SpooledTracklet): void;
  split(record: SourceSplit): void;
  /** Writes what is left, identities included, which come first in the list. */
  finish(identities: readonly IdentityRecord[]): SpoolChunk[];
  close(): void;
}

export function createSpool(file: string): Spool {
  const handle = openSync(file, 'wx', 0o600);
  const chunks: SpoolChunk[] = [];
  let held = nothing();
  let bytes = 0;
  let rows = 0;
  let offset = 0;

  function flush(to: SpoolChunk[] = chunks): void {
    if (rows === 0) return;
    const piece = serialize(held);
    let written = 0;
    while (written < piece.length) written += writeSync(handle, piece.subarray(written));
    to.push({ offset, length: piece.length, tracklets: held.tracklets.length });
    offset += piece.length;
    held = nothing();
    bytes = 0;
    rows = 0;
  }
  function count(weight: number, to?: SpoolChunk[]): void {
    bytes += weight;
    rows++;
    if (bytes >= PIECE_BYTES || rows >= PIECE_ROWS) flush(to);
  }

  return {
    media(record) {
      held.media.push(record);
      count(100);
    },
    tracklet(record) {
      held.tracklets.push(record);
      // Values and their index entries cost more than their bytes.
      rows += record.annotations.length;
      count(
        sizeOf(record.frameIndex) +
          sizeOf(record.boxes) +
          sizeOf(record.ignored) +
          sizeOf(record.pictures) +
          sizeOf(record.ranges) +
          (record.files?.length ?? 0),
      );
    },
    split({ name, members }) {
      // A set without members is one too.
      for (let from = 0; from === 0 || from < members.length; from += PIECE_ROWS) {
        const part = members.slice(from, from + PIECE_ROWS);
        held.splits.push({ name, members: part });
        rows += part.length;
        count(part.reduce((sum, [key]) => sum + key.length, name.length));
      }
    },
    finish(identities) {
      flush();
      const first: SpoolChunk[] = [];
      for (const identity of identities) {
        held.identities.push(identity);
        count(50, first);
      }
      flush(first);
      return [...first, ...chunks];
    },
    close: () => closeSync(handle),
  };
}

function nothing(): SpooledRecords {
  return { identities: [], media: [], tracklets: [], splits: [] };
}

function sizeOf(bytes: Uint8Array | null): number {
  return bytes?.byteLength ?? 0;
}

/** The pieces as bytes, in the order of the list; one is held at a time. */
export async function* spoolPieces(file: string, chunks: readonly SpoolChunk[]): AsyncGenerator<{ bytes: Uint8Array; tracklets: number }> {
  const handle = await open(file, 'r');
  try {
    for (const { offset, length, tracklets } of chunks) {
      const bytes = new Uint8Array(length);
      for (let filled = 0; filled < length;) {
        const { bytesRead } = await handle.read(bytes.subarray(filled), { position: offset + filled });
        if (bytesRead === 0) throw new Error(`the spool ${file} ends at ${offset + filled}`);
        filled += bytesRead;
      }
      yield { bytes, tracklets };
    }
  } finally {
    await handle.close();
  }
}

export function readPiece(bytes: Uint8Array): SpooledRecords {
  return deserialize(bytes) as SpooledRecords;
}

/** `pictures`: their hashes; `ranges`: their places; `video`: its fingerprint. */
export function spooledTracklet(
  record: StagedTracklet,
  content: { pictures: Uint8Array | null; ranges?: Uint8Array | null; video: string | null },
): SpooledTracklet {
  const { frameIndex, boxes, ignored, files, ...plain } = record;
  const row = {
    ...plain,
    frames: frameIndex.length,
    frameIndex: bytesOf(frameIndex),
    boxes: boxes && bytesOf(boxes),
    ignored: ignored?.some((flag) => flag !== 0) ? bytesOf(ignored) : null,
    files: files && JSON.stringify(files),
    pictures: content.pictures,
  };
  return { ...row, ranges: content.ranges ?? null, digest: digestOf(row, content.video) };
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Hash over everything that the source says of a tracklet, its pictures or video included. */
function digestOf(record: Omit<SpooledTracklet, 'digest' | 'ranges'>, video: string | null): Uint8Array {
  const { frameIndex, boxes, ignored, pictures, ...plain } = record;
  const hash = createHash('sha256').update(JSON.stringify([plain, video]));
  for (const column of [frameIndex, boxes, ignored, pictures]) hash.update(column === null ? '-' : `${column.byteLength}:`).update(column ?? '');
  return hash.digest().subarray(0, DIGEST);
}
