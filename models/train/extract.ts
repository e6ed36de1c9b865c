/**
 * Embeddings of whole tracklets, by the method's official test: contiguous clips, each embedded, averaged over the tracklet's frames.
 * Clips of equal length share a forward pass, whatever tracklet they come from;
 * where memory does not hold so many, fewer do. Test: test/models/train/extract.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor5D } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { clipShape } from '../clipOptions.ts';
import type { MethodDefinition, Model, TestProtocol } from '../method.ts';
import { NO_AUGMENTATION, writeClip } from '../pixels/augment.ts';
import { testClips } from '../samplers/clips.ts';
import type { ClipSource, FrameSize, SourceTracklet } from './clipSource.ts';

export interface ExtractInput<Options extends z.ZodObject> {
  model: Model;
  definition: MethodDefinition<Options>;
  options: z.output<Options>;
  source: ClipSource;
  /** Clips per forward pass; default: as many as `pictures` holds. */
  batch?: number;
  /** About how many pictures a forward pass takes, by what the device gains from more. Default 32, beyond which a processor gains nothing. */
  pictures?: number;
  /** `done` and `total` count tracklets. */
  onProgress?(done: number, total: number): void;
  /** Memory ran out with `before` pictures in a pass; from here on a pass takes `now`. */
  onSmallerPass?(before: number, now: number): void;
  signal?: AbortSignal;
  /** How an engine makes a fixed-shape forward pass faster; default: `model.embed` as it is. */
  accelerate?: (embed: Embed) => RunEmbed;
}

type Embed = (clips: Tensor5D) => Tensor2D;

export interface RunEmbed {
  (clips: Tensor5D): Tensor2D | Promise<Tensor2D>;
  dispose?(): void;
}

export interface Extracted {
  /** [tracklets, dims] in the source's order. */
  features: Float32Array;
  dims: number;
}

interface PendingClip {
  /** In the source's list. */
  position: number;
  frames: number;
  /** [frames, H, W, 3]. */
  bytes: Uint8Array;
}

/** Pictures of a forward pass by default. */
const PICTURES = 32;
/** Passes whose pixels are being read while one is computed. */
const PASSES_AHEAD = 3;

export async function extract<Options extends z.ZodObject>(input: ExtractInput<Options>): Promise<Extracted> {
  const { model, definition, options, source, onProgress, onSmallerPass, signal } = input;
  const { height, width } = clipShape(options);
  const protocol = testProtocol(definition, options);
  let batch = input.batch ?? Math.max(1, Math.floor((input.pictures ?? PICTURES) / (protocol.framewise ? 1 : protocol.clipFrames)));
  const openEmbed = (): RunEmbed => (input.accelerate ? input.accelerate((clips) => model.embed(clips)) : (clips) => model.embed(clips));
  let embed = openEmbed();
  const dims = model.embeddingSize;
  const sums = new Float64Array(source.tracklets.length * dims);
  const counts = new Float64Array(source.tracklets.length);
  const pending = new Map<number, PendingClip[]>();
  /** Lengths of clips for which a whole batch has been computed, so that an engine has that shape ready. */
  const prepared = new Set<number>();

  /** Computes clips of one length, in passes of `batch` or, once memory ran out, of half as many. */
  async function flush(clips: PendingClip[]): Promise<void> {
    const [{ frames }] = clips as [PendingClip];
    let tooMany: number | null = null;
    for (let at = 0; at < clips.length;) {
      const part = clips.slice(at, at + batch);
      // Black pictures fill up a last batch: that costs less than recording a forward pass of another shape.
      const size = input.accelerate && prepared.has(frames) ? batch : part.length;
      try {
        await pass(part, size);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'OUT_OF_MEMORY') throw error;
        if (size === 1) throw clipTooLarge(error, frames, height, width);
        tooMany ??= size;
        batch = Math.ceil(size / 2);
        // What was recorded for the larger shape holds memory of its own.
        prepared.clear();
        embed.dispose?.();
        embed = openEmbed();
        continue;
      }
      if (part.length === batch) prepared.add(frames);
      if (tooMany !== null) onSmallerPass?.(tooMany * frames, batch * frames);
      tooMany = null;
      at += part.length;
    }
  }

  /** Of a pass, whose engine has a copy of them at its end; one array for all passes, since the garbage of a new one for each costs more than filling it. */
  let pixels = new Float32Array(0);

  async function pass(clips: PendingClip[], size: number): Promise<void> {
    const [{ frames }] = clips as [PendingClip];
    const clipSize = frames * height * width * 3;
    if (pixels.length !== size * clipSize) pixels = new Float32Array(size * clipSize);
    clips.forEach(({ bytes }, i) => writeClip(bytes, height, width, definition.input, NO_AUGMENTATION, pixels, i * clipSize));
    pixels.fill(0, clips.length * clipSize);
    const tensor = tf.tensor5d(pixels, [size, frames, height, width, 3]);
    let embedded: Tensor2D | null = null;
    try {
      embedded = await embed(tensor);
      const values = await embedded.data<'float32'>();
      clips.forEach(({ position }, i) => {
        for (let d = 0; d < dims; d++) sums[position * dims + d] = (sums[position * dims + d] as number) + (values[i * dims + d] as number) * frames;
        counts[position] = (counts[position] as number) + frames;
      });
    } finally {
      tensor.dispose();
      embedded?.dispose();
    }
  }

  let done = 0;
  const reportUntil = (count: number) => {
    while (done < count) {
      done++;
      onProgress?.(done, source.tracklets.length);
    }
  };
  const ahead = PASSES_AHEAD * batch * (protocol.framewise ? 1 : protocol.clipFrames);
  try {
    for await (const clip of readAhead(source, protocol, { height, width, resize: definition.input.resize }, ahead)) {
      if (signal?.aborted) throw new AppError('CANCELLED', 'The extraction was cancelled.');
      for (const piece of protocol.framewise ? singleFrames(clip) : [clip]) {
        const queue = pending.get(piece.frames) ?? [];
        pending.set(piece.frames, queue);
        queue.push(piece);
        if (queue.length >= batch) await flush(queue.splice(0));
      }
      reportUntil(clip.position);
    }
    for (const queue of pending.values()) if (queue.length > 0) await flush(queue);
  } finally {
    embed.dispose?.();
  }
  reportUntil(source.tracklets.length);
  const means = Float32Array.from(sums, (sum, i) => sum / (counts[Math.floor(i / dims)] as number));
  return { features: finished(model, means, dims), dims };
}

/** TensorFlow names an allocator and a tensor; what counts is that there is nothing left to halve. */
function clipTooLarge(cause: AppError, frames: number, height: number, width: number): AppError {
  return new AppError(
    'OUT_OF_MEMORY',
    `One clip of ${frames} ${frames === 1 ? 'picture' : 'pictures'} of ${height} × ${width} needs more memory than the device has: ${cause.message}`,
    cause.params,
    { cause, remedy: 'End other programs that use the device, or compute on another one.' },
  );
}

/** All test clips in order, with reads of about `pictures` pictures under way while earlier clips are computed. */
async function* readAhead(source: ClipSource, protocol: TestProtocol, size: FrameSize, pictures: number): AsyncGenerator<PendingClip, undefined> {
  const reading: { clip: Promise<PendingClip>; frames: number }[] = [];
  let ahead = 0;
  for (const [position, tracklet] of source.tracklets.entries()) {
    for (const frames of testClips(tracklet.length, protocol)) {
      const clip = readClip(source, tracklet, frames, size).then((bytes) => ({ position, frames: frames.length, bytes }));
      clip.catch(() => undefined); // a failure shows when its turn comes
      reading.push({ clip, frames: frames.length });
      ahead += frames.length;
      while (ahead > pictures && reading.length > 1) {
        const next = reading.shift() as (typeof reading)[number];
        ahead -= next.frames;
        yield await next.clip;
      }
    }
  }
  for (const { clip } of reading) yield await clip;
  return undefined;
}

function singleFrames({ position, frames, bytes }: PendingClip): PendingClip[] {
  const size = bytes.length / frames;
  return Array.from({ length: frames }, (_, i) => ({ position, frames: 1, bytes: bytes.subarray(i * size, (i + 1) * size) }));
}

/** What a method without a stated test does: clips of its own length, the last one looped, cosine distance. */
export function testProtocol<Options extends z.ZodObject>(definition: MethodDefinition<Options>, options: z.output<Options>): TestProtocol {
  return definition.test?.(options) ?? { clipFrames: clipShape(options).frames, padding: 'loop-clip', maxClips: 0, distance: 'cosine' };
}

async function readClip(source: ClipSource, tracklet: SourceTracklet, frames: number[], size: FrameSize): Promise<Uint8Array> {
  const bytes = await source.read(tracklet.id, frames, size);
  const expected = frames.length * size.height * size.width * 3;
  if (bytes.length !== expected)
    throw new AppError('INTERNAL', `Tracklet ${tracklet.id} gave ${bytes.length} bytes for a clip of ${expected}.`, { tracklet: tracklet.id });
  return bytes;
}

/** Some methods normalise after the average over clips. */
function finished(model: Model, means: Float32Array, dims: number): Float32Array {
  const { finish } = model;
  if (!finish || means.length === 0) return means;
  const result = tf.tidy(() => finish(tf.tensor2d(means, [means.length / dims, dims])));
  const values = result.dataSync<'float32'>();
  result.dispose();
  return Float32Array.from(values);
}
