/**
 * Decoded frames of videos: `cache/frames/<mediaId>/000000.jpg` and on, named by frame index. The folder appears under its name only when it
 * is complete; deleted with the cache it is made again on demand, and a frame can be used as soon as the next one exists.
 * Test: test/main/media/frameFiles.test.ts.
 */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import type { HostContext } from '../host/context.ts';
import { fileThreads } from '../pixels/fileThreads.ts';
import { frameName, framesFolderName } from '../pixels/locate.ts';
import type { ProjectFolder } from '../platform/projectFolder.ts';
import { decodeVideo, type VideoFacts } from './decodeVideo.ts';
import { mediaFile } from './location.ts';

type FrameContext = Pick<HostContext, 'db' | 'project' | 'paths' | 'settings'>;

export interface DecodeOptions {
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

export function frameFolder(project: ProjectFolder, mediaId: number): string {
  return project.file(framesFolderName(mediaId));
}

export function framePath(project: ProjectFolder, mediaId: number, index: number): string {
  return join(frameFolder(project, mediaId), frameName(index));
}

const underWay = new Map<string, { done: Promise<void>; partFolder: string; failed: unknown }>();

/** Makes the frames of a video when they are missing. One decoding a medium, however many ask. */
export async function ensureFrames(context: FrameContext, mediaId: number, options: DecodeOptions = {}): Promise<void> {
  const folder = frameFolder(context.project, mediaId);
  if (existsSync(folder)) return;
  await startDecoding(context, mediaId, folder, options).done;
}

function startDecoding(
  context: FrameContext,
  mediaId: number,
  folder: string,
  options: DecodeOptions,
): { done: Promise<void>; partFolder: string; failed: unknown } {
  const running = underWay.get(folder);
  if (running) return running;
  const partFolder = `${folder}.part`;
  const entry = { partFolder, failed: null as unknown, done: decodeInto(context, mediaId, folder, partFolder, options) };
  underWay.set(folder, entry);
  entry.done.catch((error: unknown) => (entry.failed = error)).finally(() => underWay.delete(folder));
  return entry;
}

async function decodeInto(context: FrameContext, mediaId: number, folder: string, partFolder: string, options: DecodeOptions): Promise<void> {
  const source = await context.db.read('media', 'source', { id: mediaId });
  if (source.kind !== 'video') throw new AppError('UNSUPPORTED', `Medium ${mediaId} is made of pictures; it has no video to decode.`, { mediaId });
  const file = mediaFile(context.project, source.root, source.path);
  const root = context.project.root(source.root);
  if (!(await fileThreads().ask('stat', file, { root, within: root })))
    throw new AppError('MEDIA_MISSING', `The video ${file} is not there.`, { file, mediaId });
  await rm(partFolder, { recursive: true, force: true });
  await context.project.makeFolder(partFolder);
  try {
    await decodeVideo(context, file, { folder: partFolder, total: source.frameCount, ...options });
    await rename(partFolder, folder);
  } catch (error) {
    await rm(partFolder, { recursive: true, force: true });
    throw error;
  }
}

/** The file of one frame. While a video is being decoded it waits only for that frame. */
export async function ensureFrame(context: FrameContext, mediaId: number, index: number): Promise<string> {
  const folder = frameFolder(context.project, mediaId);
  if (!existsSync(folder)) {
    const decoding = startDecoding(context, mediaId, folder, {});
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
      `Frame ${index} of medium ${mediaId} is not among its decoded frames.`,
      { mediaId, frame: index },
      { remedy: 'Delete the folder cache of the project; it is made again from the video.' },
    );
  return path;
}

/** Decodes a video that has no id yet, for an import; `adopt` gives the frames to their medium. */
export async function decodeForImport(
  context: Pick<HostContext, 'project' | 'paths' | 'settings'>,
  file: string,
  name: string,
  options: DecodeOptions,
): Promise<{ facts: VideoFacts; adopt(mediaId: number): Promise<void>; discard(): Promise<void> }> {
  const folder = context.project.file(`cache/frames/import-${name}`);
  const discard = (): Promise<void> => rm(folder, { recursive: true, force: true });
  await discard();
  await context.project.makeFolder(folder);
  try {
    const facts = await decodeVideo(context, file, { folder, total: 0, ...options });
    return {
      facts,
      discard,
      async adopt(mediaId) {
        const target = frameFolder(context.project, mediaId);
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
