/**
 * Decoded frames of videos: `cache/frames/<mediaId>-<content>/000000.jpg` and on, named by frame index. The folder appears under its name only when it
 * is complete, and of the video that was imported alone: another one in its place is refused by name; deleted with the cache it is made again on demand, and a frame can be used as soon as the next one exists.
 * Test: test/main/media/frameFiles.test.ts.
 */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import type { MediaSource } from './source.ts';
import type { MediaContext } from './context.ts';
import { fileThreads } from '../pixels/fileThreads.ts';
import { frameName, framesFolderName } from '../pixels/locate.ts';
import { CHANGED_REMEDY } from '../pixels/pictureHash.ts';
import type { ProjectFolder } from '../platform/projectFolder.ts';
import { decodeVideo, type VideoFacts } from './decodeVideo.ts';
import { fileFingerprint } from './fingerprint.ts';
import { mediaFile } from './location.ts';

type FrameContext = Pick<MediaContext, 'mediaRows' | 'project' | 'paths' | 'settings'>;

export interface DecodeOptions {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

export function frameFolder(project: ProjectFolder, mediaId: number, videoHash: string | null): string {
  return project.file(framesFolderName(mediaId, videoHash));
}

const underWay = new Map<string, { done: Promise<void>; partFolder: string; failed: unknown }>();

/**
 * Makes the frames of a video when they are missing. One decoding a medium, however many ask. For results: also where the frames are there, a video in the
 * place of the imported one is refused.
 */
export async function ensureFrames(context: FrameContext, mediaId: number, options: DecodeOptions = {}): Promise<void> {
  const source = await context.mediaRows.source(mediaId);
  const folder = frameFolder(context.project, mediaId, source.videoHash);
  if (!existsSync(folder)) return startDecoding(context, source, folder, options).done;
  const file = await videoFile(context, source).catch((error: unknown) => {
    // Frames of a video that is gone, or whose share does not answer, can be used all the same: they are of its content.
    if (error instanceof AppError && error.code === 'MEDIA_MISSING') return null;
    throw error;
  });
  if (file !== null) await refuseOtherVideo(source, file);
}

function startDecoding(
  context: FrameContext,
  source: MediaSource,
  folder: string,
  options: DecodeOptions,
): { done: Promise<void>; partFolder: string; failed: unknown } {
  const running = underWay.get(folder);
  if (running) return running;
  const partFolder = `${folder}.part`;
  const entry = { partFolder, failed: null as unknown, done: decodeInto(context, source, folder, partFolder, options) };
  underWay.set(folder, entry);
  entry.done.catch((error: unknown) => (entry.failed = error)).finally(() => underWay.delete(folder));
  return entry;
}

/** Path of a video that is there. */
async function videoFile({ project }: FrameContext, { id, kind, root: stored, path }: MediaSource): Promise<string> {
  if (kind !== 'video') throw new AppError('UNSUPPORTED', `Medium ${id} is made of pictures; it has no video to decode.`, { mediaId: id });
  const file = mediaFile(project, stored, path);
  const root = project.root(stored);
  if (!(await fileThreads().ask('stat', file, { root, within: root })))
    throw new AppError('MEDIA_MISSING', `The video ${file} is not there.`, { file, mediaId: id });
  return file;
}

/** @throws SOURCE_CHANGED: its boxes would lie on frames of something else, and what is computed of them would be said of the data set. */
async function refuseOtherVideo({ videoHash, datasetName }: MediaSource, file: string): Promise<void> {
  if (videoHash === null || (await fileFingerprint(file)) === videoHash) return;
  throw new AppError(
    'SOURCE_CHANGED',
    `The video ${file} of "${datasetName}" is another one than was imported: its content has changed since.`,
    { file, name: datasetName },
    { remedy: CHANGED_REMEDY },
  );
}

async function decodeInto(context: FrameContext, source: MediaSource, folder: string, partFolder: string, options: DecodeOptions): Promise<void> {
  const file = await videoFile(context, source);
  await refuseOtherVideo(source, file);
  await rm(partFolder, { recursive: true, force: true });
  await context.project.makeFolder(partFolder);
  try {
    await decodeVideo(context, file, { folder: partFolder, total: source.frameCount, ...options });
    // It may have been replaced while it was read.
    await refuseOtherVideo(source, file);
    await rename(partFolder, folder);
  } catch (error) {
    await rm(partFolder, { recursive: true, force: true });
    throw error;
  }
}

/** The file of one frame. While a video is being decoded it waits only for that frame. */
export async function ensureFrame(context: FrameContext, source: MediaSource, index: number): Promise<string> {
  const folder = frameFolder(context.project, source.id, source.videoHash);
  if (!existsSync(folder)) {
    const decoding = startDecoding(context, source, folder, {});
    const next = join(decoding.partFolder, frameName(index + 1));
    // The next file's existence says that this one is written to its end.
    while (underWay.get(folder) === decoding && !existsSync(next))
      await Promise.race([decoding.done.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 50))]);
    if (decoding.failed) throw decoding.failed;
    const part = join(decoding.partFolder, frameName(index));
    if (existsSync(next) && existsSync(part)) return part;
    await decoding.done;
  }
  const path = join(folder, frameName(index));
  if (!existsSync(path))
    throw new AppError(
      'MEDIA_MISSING',
      `Frame ${index} of medium ${source.id} is not among its decoded frames.`,
      { mediaId: source.id, frame: index },
      { remedy: 'Delete the folder cache of the project; it is made again from the video.' },
    );
  return path;
}

/** Decodes a video that has no id yet, for an import; `adopt` gives the frames to their medium. */
export async function decodeForImport(
  context: Pick<MediaContext, 'project' | 'paths' | 'settings'>,
  file: string,
  name: string,
  options: DecodeOptions,
): Promise<{ facts: VideoFacts; adopt(mediaId: number, videoHash: string | null): Promise<void>; discard(): Promise<void> }> {
  const folder = context.project.file(`cache/frames/import-${name}`);
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true });
  await discard();
  await context.project.makeFolder(folder);
  try {
    const facts = await decodeVideo(context, file, { folder, total: 0, ...options });
    return {
      facts,
      discard,
      async adopt(mediaId, videoHash) {
        const target = frameFolder(context.project, mediaId, videoHash);
        await context.project.makeFolder(dirname(target));
        await rm(target, { recursive: true, force: true });
        await rename(folder, target);
      },
    };
  } catch (error) {
    await discard();
    throw error;
  }
}
