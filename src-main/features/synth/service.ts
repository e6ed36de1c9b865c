/**
 * Makes a synthetic set in a folder: plans, lets several threads draw, writes `synthetic.json` last and gives the folder its name only when
 * it is whole. Cancelled or out of disk, nothing is left behind. Test: test/main/features/synth/service.test.ts.
 */
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { generateOptions, manifestOf, planSet, type GenerateOptions } from '../../../datasets/synthetic/generate.ts';
import { MANIFEST_FILE, writeManifest, type SyntheticTracklet } from '../../../datasets/synthetic/manifest.ts';
import { AppError, fromErrorShape, toErrorShape } from '../../../src-shared/errors.ts';
import { endThread } from '../../platform/endThread.ts';
import type { PainterData, PaintReply, PaintRequest } from './message.ts';

const MOST_THREADS = 8;

export interface SynthContext {
  signal?: AbortSignal;
  /** In tracklets. */
  onProgress?: (done: number, total: number) => void;
  /** Default: one a core, at most eight. */
  threads?: number;
}

export interface SynthResult {
  identities: number;
  distractors: number;
  cameras: number;
  tracklets: number;
  frames: number;
}

/** The options of the generator, checked; messages name the key. */
function checkedOptions(options: Partial<GenerateOptions>): GenerateOptions {
  const result = generateOptions.safeParse(options);
  if (!result.success) {
    const issue = result.error.issues[0];
    const key = issue?.path.join('.') ?? '';
    throw new AppError('BAD_INPUT', `The option ${key} of the generator does not fit: ${issue?.message ?? 'unknown'}.`, { key });
  }
  if (result.data.framesMin > result.data.framesMax) {
    throw new AppError(
      'BAD_INPUT',
      `The shortest tracklet (framesMin ${result.data.framesMin}) is longer than the longest (framesMax ${result.data.framesMax}).`,
      { key: 'framesMin' },
    );
  }
  return result.data;
}

/** The target may be absent or an empty folder; anything else is left alone. */
async function refuseOccupied(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') throw new AppError('BAD_INPUT', `${folder} is a file; name a new or empty folder.`, { folder });
    throw error;
  }
  if (names.length > 0) throw new AppError('BAD_INPUT', `${folder} is not empty; name a new or empty folder.`, { folder });
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('CANCELLED', 'The synthetic set was cancelled; nothing was kept.');
}

/** Lets the threads draw every tracklet; resolves in the order of the plan. */
async function paintAll(options: GenerateOptions, folder: string, total: number, context: SynthContext): Promise<SyntheticTracklet[]> {
  const { signal, onProgress } = context;
  const tracklets = new Array<SyntheticTracklet>(total);
  const threads = Math.max(1, Math.min(context.threads ?? availableParallelism(), MOST_THREADS, total));
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./painter.ts', import.meta.url), { workerData: { options, folder } satisfies PainterData }),
  );
  const { promise, resolve: finish, reject } = Promise.withResolvers<void>();
  const cancel = (): void => reject(new AppError('CANCELLED', 'The synthetic set was cancelled; nothing was kept.'));
  signal?.addEventListener('abort', cancel, { once: true });
  let next = 0;
  let done = 0;
  for (const worker of workers) {
    const ask = (): void => {
      if (next < total) worker.postMessage({ index: next++ } satisfies PaintRequest);
    };
    worker.on('message', (reply: PaintReply) => {
      if ('error' in reply) return reject(fromErrorShape(reply.error));
      tracklets[reply.index] = reply.tracklet;
      done++;
      onProgress?.(done, total);
      if (done === total) finish();
      else ask();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new AppError('JOB_CRASHED', `A drawing thread ended with status ${code}.`, { code })));
    ask();
  }
  try {
    await promise;
  } finally {
    signal?.removeEventListener('abort', cancel);
    await Promise.all(workers.map(endThread));
  }
  return tracklets;
}

/** Draws the set into `folder`, which must be new or empty. */
export async function synthesise(folder: string, options: Partial<GenerateOptions>, context: SynthContext = {}): Promise<SynthResult> {
  const chosen = checkedOptions(options);
  const target = resolve(folder);
  await refuseOccupied(target);
  throwIfCancelled(context.signal);
  const plan = planSet(chosen);
  // Beside the target, so that the rename stays on one disk.
  const partFolder = join(dirname(target), `.${basename(target)}.part-${process.pid}`);
  try {
    await rm(partFolder, { recursive: true, force: true });
    await mkdir(partFolder);
    const tracklets = await paintAll(chosen, partFolder, plan.tracklets.length, context);
    await writeFile(join(partFolder, MANIFEST_FILE), writeManifest(manifestOf(plan, tracklets)));
    throwIfCancelled(context.signal);
    await rmdir(target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(partFolder, target);
    return {
      identities: plan.identities.filter((identity) => identity.kind === 'person').length,
      distractors: plan.identities.filter((identity) => identity.kind === 'distractor').length,
      cameras: plan.cameras.length,
      tracklets: tracklets.length,
      frames: tracklets.reduce((sum, tracklet) => sum + tracklet.body.length, 0),
    };
  } catch (error) {
    await rm(partFolder, { recursive: true, force: true }).catch(() => undefined);
    throw error instanceof AppError ? error : fromErrorShape(toErrorShape(error));
  }
}
