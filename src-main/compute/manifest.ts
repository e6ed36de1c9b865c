/**
 * What a task may know of a data set: its name, the state it is in, and its tracklets with where their pixels lie. A file of JSON lines, so that a
 * compute program needs no database and any script can read it; numbers and hashes of many frames stand as base64 of their little-endian bytes.
 * Test: test/main/compute/manifest.test.ts.
 */
import { basename } from 'node:path';
import { z } from 'zod';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { identityKind, splitName, type IdentityKind, type SplitName } from '../../src-shared/contract/datasets.ts';
import { fileError } from '../../src-shared/storageErrors.ts';
import { rangesOf } from '../pixels/range.ts';
import { openRegular } from '../platform/openRegular.ts';

/** A tracklet as a source of pixels and of truth. */
export interface ClipRow {
  id: number;
  identityId: number;
  kind: IdentityKind;
  camid: number;
  split: SplitName;
  frames: number;
  frameIndex: Int32Array;
  /** [x, y, w, h] a frame, in pixels of the whole picture; null where pictures are crops. */
  boxes: Float32Array | null;
  /** Of the data set that it was imported with: where its files lie, relative to the project when inside. */
  root: string;
  /** Below the root; null where the pictures are decoded frames of the medium. */
  files: string[] | null;
  /** Hashes of the pictures as noted at import, `PICTURE_HASH` bytes each; null where they were not. */
  pictures: Uint8Array | null;
  /** Where the pictures lie in the archive that the root is (`pixels/range.ts`); null where they are files of their own. */
  ranges: Uint8Array | null;
  mediaId: number;
  /** As `MediaSource.videoHash`. */
  videoHash: string | null;
}

export interface ManifestHead {
  id: number;
  name: string;
  /** Of names, frames, boxes and pictures. */
  contentHash: string;
}

export interface Manifest {
  dataset: ManifestHead;
  rows: ClipRow[];
}

/** Bytes that are written or read at once. */
const PIECE = 1 << 20;

/** `rows` in parts, as they come from the database. @throws DISK_FULL and its kin */
export async function writeManifest(
  path: string,
  dataset: ManifestHead,
  rows: AsyncIterable<readonly ClipRow[]> | Iterable<readonly ClipRow[]>,
): Promise<void> {
  try {
    const file = await openRegular(path, 'write');
    try {
      let piece = `${JSON.stringify(dataset)}\n`;
      for await (const part of rows) {
        for (const row of part) {
          piece += `${lineOf(row)}\n`;
          if (piece.length < PIECE) continue;
          await file.writeFile(piece);
          piece = '';
        }
      }
      await file.writeFile(piece);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof AppError ? error : fileError(error, path, 'written');
  }
}

function lineOf({ frameIndex, boxes, pictures, ranges, ...row }: ClipRow): string {
  const columns = { frameIndex: base64(frameIndex), boxes: boxes && base64(boxes), pictures: pictures && base64(pictures), ranges: ranges && base64(ranges) };
  return JSON.stringify({ ...row, ...columns });
}

function base64({ buffer, byteOffset, byteLength }: Int32Array | Float32Array | Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

const whole = z.int().min(0);
const headSchema = z.object({ id: whole, name: z.string(), contentHash: z.string() });
const rowSchema = z.object({
  id: whole,
  identityId: whole,
  kind: identityKind,
  camid: z.int(),
  split: splitName,
  frames: whole,
  frameIndex: z.base64(),
  boxes: z.base64().nullable(),
  root: z.string(),
  files: z.array(z.string()).nullable(),
  pictures: z.base64().nullable(),
  ranges: z.base64().nullable(),
  mediaId: whole,
  videoHash: z.string().nullable(),
});

/** @throws FILE_INVALID that names the line, FILE_UNREADABLE */
export async function readManifest(path: string): Promise<Manifest> {
  let dataset: ManifestHead | null = null;
  const rows: ClipRow[] = [];
  let line = 0;
  try {
    for await (const text of linesOf(path)) {
      line++;
      if (dataset) rows.push(rowOf(rowSchema.parse(JSON.parse(text))));
      else dataset = headSchema.parse(JSON.parse(text));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw fileError(error, path, 'read');
    throw invalid(path, `line ${line} is no tracklet (${toErrorShape(error).message})`);
  }
  if (!dataset) throw invalid(path, 'it is empty');
  return { dataset, rows };
}

/** Not by readline, for which U+2028, which may be in the name of a file, ends a line too. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await openRegular(path, 'read');
  try {
    let parts: Buffer[] = [];
    for await (const chunk of file.createReadStream({ highWaterMark: PIECE, autoClose: false }) as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([...parts, chunk.subarray(from, end)]).toString();
        parts = [];
        from = end + 1;
      }
      parts.push(chunk.subarray(from));
    }
    const rest = Buffer.concat(parts).toString();
    if (rest !== '') yield rest;
  } finally {
    await file.close();
  }
}

function rowOf({ frameIndex, boxes, pictures, ranges, ...row }: z.infer<typeof rowSchema>): ClipRow {
  const clip: ClipRow = {
    ...row,
    frameIndex: new Int32Array(bytesOf(frameIndex).buffer),
    boxes: boxes === null ? null : new Float32Array(bytesOf(boxes).buffer),
    pictures: pictures === null ? null : bytesOf(pictures),
    ranges: ranges === null ? null : bytesOf(ranges),
  };
  const { frames } = row;
  if (clip.frameIndex.length !== frames) throw new Error(`${clip.frameIndex.length} frame numbers for ${frames} frames`);
  if (clip.boxes && clip.boxes.length !== 4 * frames) throw new Error(`${clip.boxes.length} numbers of boxes for ${frames} frames`);
  if (clip.files && clip.files.length !== frames) throw new Error(`${clip.files.length} files for ${frames} frames`);
  if (clip.ranges && !rangesOf(clip.ranges, frames)) throw new Error(`${clip.ranges.length} bytes of places for ${frames} frames`);
  return clip;
}

/** In memory of its own, so that wider numbers are aligned. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function invalid(path: string, reason: string): AppError {
  return new AppError('FILE_INVALID', `The list of tracklets ${path} is damaged: ${reason}.`, { file: basename(path) });
}
