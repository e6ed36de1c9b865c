/** Thread of `fileThreads.ts`: one question at a time about one file, answered after blocking reads that hold nobody else. */
import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { toErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import { refuseLinksOut } from '../platform/contained.ts';
import { answerUntilEnd } from '../platform/endThread.ts';
import { pictureHeader, type PictureHeader } from './header.ts';
import { sourceOf, type Source } from './exif.ts';
import { readImported } from './importedPicture.ts';
import { MAX_PIXELS } from './picture.ts';
import type { PictureRange } from './range.ts';
import { readRegularFile, withRegularFile, type What } from './regularFile.ts';

export interface Answers {
  bytes: Uint8Array;
  /** From `offset` on, shorter only at the end. */
  part: Uint8Array;
  header: PictureHeader | null;
  /** `isSound`: every pixel was decoded without a complaint; false: another decoder must tell. */
  check: { header: PictureHeader | null; isSound: boolean };
  /** null: there is nothing under this name. */
  stat: { kind: 'file' | 'folder' | 'other'; size: number } | null;
}

export interface FileQuestion {
  kind: keyof Answers;
  path: string;
  /** No link may lead the path out of this folder. */
  within?: string | undefined;
  /** Where in that file the picture lies; absent: it is the whole file. */
  range?: PictureRange | undefined;
  /** For messages; default: a picture. */
  what?: What | undefined;
  /** Of `part`. */
  offset?: number | undefined;
  length?: number | undefined;
  /** Of `bytes` of a picture that was imported: what they are when it is still that one, see `readImported`. null: nobody knows; absent: it is no such picture. */
  hash?: Uint8Array | null | undefined;
}

export type FileReply = { answer: Answers[keyof Answers] } | { error: ErrorShape };

/** Headers lie at the beginning of nearly all files; one read is enough. */
const HEAD = 64 * 1024;

function hear(question: FileQuestion): void {
  let reply: FileReply;
  try {
    reply = { answer: answer(question) };
  } catch (error) {
    reply = { error: toErrorShape(error) };
  }
  const bytes = 'answer' in reply && reply.answer instanceof Uint8Array ? [reply.answer.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(reply, bytes);
}
if (parentPort) answerUntilEnd(parentPort, hear);

function answer({ kind, path, within, range, what, offset = 0, length = 0, hash }: FileQuestion): Answers[keyof Answers] {
  if (within !== undefined && path !== within) refuseLinksOut(within, path);
  if (kind === 'part') return withRegularFile(path, (file) => file.at(offset, length), what);
  if (kind === 'bytes') return hash === undefined ? readRegularFile(path, range) : readImported({ path, range }, hash);
  if (kind === 'check') return check(readRegularFile(path, range));
  if (kind === 'header' && range) return pictureHeader(sourceOf(readRegularFile(path, range)));
  if (kind === 'header') return withRegularFile(path, (file) => pictureHeader(buffered(file)));
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? { kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other', size: stats.size } : null;
}

function buffered(file: Source): Source {
  const head = file.at(0, HEAD);
  return {
    size: file.size,
    at: (offset, length) =>
      offset + length <= head.length || head.length === file.size ? head.subarray(Math.min(offset, head.length), offset + length) : file.at(offset, length),
  };
}

type Turbo = typeof import('@julusian/jpeg-turbo');
let turbo: Turbo | null = null;

/**
 * Ten times as fast as decoding the pixels that are used, and as strict: any complaint of this decoder is judged by the other one. Its pixels are not
 * used, for it reckons in fewer bits: up to 16 of 255 beside Pillow's.
 */
function check(bytes: Uint8Array): Answers['check'] {
  const header = pictureHeader(sourceOf(bytes));
  if (header?.format !== 'jpeg' || header.cmyk || header.width * header.height > MAX_PIXELS) return { header, isSound: false };
  turbo ??= createRequire(import.meta.url)('@julusian/jpeg-turbo') as Turbo;
  try {
    turbo.decompressSync(bytes as Buffer, { format: turbo.FORMAT_RGB });
    return { header, isSound: true };
  } catch {
    return { header, isSound: false };
  }
}
