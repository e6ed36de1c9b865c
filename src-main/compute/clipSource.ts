/**
 * The pixels of a data set for training and extraction: a thread decodes, cuts and resizes while the engine computes.
 * Reads that are asked for in one turn go to the thread as one batch. Test: test/main/compute/pixels.test.ts.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError, fromErrorShape } from '../../src-shared/errors.ts';
import type { ClipSource, FrameSize } from '../../models/train/clipSource.ts';
import type { ClipRow } from './manifest.ts';
import { pathInside } from '../platform/contained.ts';
import { endThread } from '../platform/endThread.ts';
import { framesFolderName, pictureFileOf, rootFolder } from '../pixels/locate.ts';
import { hashesOf } from '../pixels/pictureHash.ts';
import { pictureName, rangesOf } from '../pixels/range.ts';
import type { ComparedPictures, PixelTracklet } from './pixelReader.ts';
import type { CompareRequest, PixelReply, PixelRequest, PixelWorkerData } from './pixelWorker.ts';

export interface PixelSourceInput {
  projectFolder: string;
  rows: readonly (Pick<ClipRow, 'id' | 'identityId' | 'camid' | 'frames' | 'frameIndex' | 'boxes' | 'root' | 'files' | 'mediaId'> &
    Partial<Pick<ClipRow, 'pictures' | 'ranges' | 'videoHash'>>)[];
  size: FrameSize;
  /** Bytes of resized crops kept in memory; default 1 GB. */
  cacheBytes?: number;
  /** Calls `work` again and again; what it returns ends that. Default: every ten seconds. */
  every?: (work: () => void) => () => void;
}

export interface OpenClipSource extends ClipSource {
  /**
   * Which pictures are no longer those that were imported. Reads them anew until `most` were compared, so it is for saying how many there are once one
   * was found. `onPart` is awaited every now and then.
   */
  compare(most: number, onPart: (compared: number) => Promise<void>): Promise<ComparedPictures & { isWhole: boolean }>;
  close(): Promise<void>;
}

interface Pending {
  reply: PromiseWithResolvers<Uint8Array>;
  frames: number;
}

const CACHE_BYTES = 1_000_000_000;
/** Looks in a row without a sign of life, before the file that was opened last counts as hanging. */
const LOOKS = 6;
/** Pictures of one request to compare: between two, a cancel is heard. */
const COMPARED_AT_ONCE = 200;

export function openClipSource(input: PixelSourceInput): OpenClipSource {
  const { projectFolder, rows, size } = input;
  // As stored: relative to the project or absolute. A data set that is made of others has several.
  const roots = new Map([...new Set(rows.map(({ root }) => root))].map((root): [string, string] => [root, rootFolder(projectFolder, root)]));
  const index = new Map(rows.map((row, i) => [row.id, i]));
  const frameBytes = size.height * size.width * 3;
  const tracklets = rows.map((row): PixelTracklet => {
    const root = roots.get(row.root) as string;
    const ranges = rangesOf(row.ranges, row.frames);
    return {
      files: row.files?.map((file) => (ranges ? file : pathInside(root, file))) ?? null,
      within: row.files ? root : projectFolder,
      archive: ranges && { path: root, ranges },
      framesFolder: join(projectFolder, framesFolderName(row.mediaId, row.videoHash ?? null)),
      frameIndex: row.frameIndex,
      boxes: row.boxes,
      hashes: hashesOf(row.pictures, row.frames),
    };
  });
  const opened = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
  const workerData: PixelWorkerData = { tracklets, options: { ...size, cacheBytes: input.cacheBytes ?? CACHE_BYTES }, opened };
  const worker = new Worker(new URL('./pixelWorker.ts', import.meta.url), { workerData });
  worker.unref();

  const asked = new Map<number, Pending[]>();
  const comparisons = new Map<number, PromiseWithResolvers<ComparedPictures>>();
  let nextId = 1;
  let batch: { items: PixelRequest['items']; pending: Pending[] } | null = null;
  let broken: unknown = null;

  worker.on('message', (message: PixelReply) => {
    const comparison = comparisons.get(message.id);
    comparisons.delete(message.id);
    if (comparison && 'error' in message) comparison.reject(fromErrorShape(message.error));
    if ('compared' in message) return comparison?.resolve(message.compared);
    const pending = asked.get(message.id) ?? [];
    asked.delete(message.id);
    if ('error' in message) {
      for (const { reply } of pending) reply.reject(fromErrorShape(message.error));
      return;
    }
    let offset = 0;
    for (const { reply, frames } of pending) {
      reply.resolve(message.pixels.subarray(offset, offset + frames * frameBytes));
      offset += frames * frameBytes;
    }
  });
  worker.on('error', (error) => fail(new AppError('INTERNAL', `The thread that reads pictures ended: ${error.message}`, {}, { cause: error })));

  function fail(error: AppError): void {
    broken = error;
    for (const list of asked.values()) for (const { reply } of list) reply.reject(error);
    asked.clear();
    for (const { reject } of comparisons.values()) reject(error);
    comparisons.clear();
  }

  // A share that stops answering holds the thread inside a read, where it can say nothing.
  let lastSigns = 0;
  let looks = 0;
  const stopLooking = (input.every ?? everyTenSeconds)(() => {
    const signs = Atomics.load(opened, 0);
    looks = asked.size + comparisons.size > 0 && signs === lastSigns ? looks + 1 : 0;
    lastSigns = signs;
    if (looks < LOOKS || broken) return;
    const tracklet = tracklets[Atomics.load(opened, 1)];
    const path = tracklet ? pictureName(pictureFileOf(tracklet, Atomics.load(opened, 2))) : projectFolder;
    fail(new AppError('MEDIA_MISSING', `The picture ${path} cannot be read: its disk or share does not answer.`, { path }));
  });

  function flush(): void {
    if (!batch) return;
    const { items, pending } = batch;
    batch = null;
    if (broken) {
      for (const { reply } of pending) reply.reject(broken);
      return;
    }
    const id = nextId++;
    asked.set(id, pending);
    worker.postMessage({ id, items } satisfies PixelRequest);
  }

  function compareSome(from: number, to: number): Promise<ComparedPictures> {
    if (broken) return Promise.reject(broken as AppError);
    const id = nextId++;
    const answer = Promise.withResolvers<ComparedPictures>();
    comparisons.set(id, answer);
    worker.postMessage({ id, from, to } satisfies CompareRequest);
    return answer.promise;
  }

  return {
    async compare(most, onPart) {
      const sum: ComparedPictures = { compared: 0, changed: 0, example: null };
      let from = 0;
      while (from < rows.length && sum.compared < most) {
        let to = from;
        for (let frames = 0; to < rows.length && frames < COMPARED_AT_ONCE; to++) frames += rows[to]?.frames ?? 0;
        const { compared, changed, example } = await compareSome(from, to);
        sum.compared += compared;
        sum.changed += changed;
        sum.example ??= example;
        from = to;
        await onPart(sum.compared);
      }
      return { ...sum, isWhole: from === rows.length };
    },
    tracklets: rows.map((row) => ({ id: row.id, pid: row.identityId, camid: row.camid, length: row.frames })),
    read(tracklet, frames, wanted) {
      const position = index.get(tracklet);
      if (position === undefined) return Promise.reject(new AppError('NOT_FOUND', `Tracklet ${tracklet} is not part of this source.`, { tracklet }));
      if (wanted.height !== size.height || wanted.width !== size.width || wanted.resize !== size.resize)
        return Promise.reject(new Error('a source reads pictures of one size'));
      if (!batch) {
        batch = { items: [], pending: [] };
        queueMicrotask(flush);
      }
      const pending: Pending = { reply: Promise.withResolvers<Uint8Array>(), frames: frames.length };
      batch.items.push({ tracklet: position, positions: frames });
      batch.pending.push(pending);
      return pending.reply.promise;
    },
    async close() {
      stopLooking();
      const ended = endThread(worker);
      // One that hangs in a read does not end before the read does.
      if (looks < LOOKS) await ended;
    },
  };
}

function everyTenSeconds(work: () => void): () => void {
  const timer = setInterval(work, 10_000).unref();
  return () => clearInterval(timer);
}
