/**
 * What importers ask about pictures and videos. A video is decoded into the cache right away, so that counting its frames is also the work
 * that showing them needs; the frames get their medium's id when the import is stored. Test: test/main/features/imports.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { MediaProbe } from '../../datasets/importer.ts';
import type { FileTree } from '../../datasets/tree.ts';
import type { MediaContext } from './context.ts';
import { checkPicture, readHeader } from '../pixels/checkPicture.ts';
import type { PictureFile } from '../pixels/range.ts';
import { containedPath } from '../platform/contained.ts';
import { decodeVideo } from './decodeVideo.ts';
import { decodeForImport } from './frameFiles.ts';

type ProbeContext = Pick<MediaContext, 'project' | 'paths' | 'settings'>;
type Decoded = Awaited<ReturnType<typeof decodeForImport>>;

export interface ImportProbe extends MediaProbe {
  /** Gives the decoded frames of the video at `path` to their medium. */
  adopt(path: string, mediaId: number, videoHash: string | null): Promise<void>;
  /** Deletes what nobody took. */
  discard(): Promise<void>;
}

/** For an import: keeps what it decodes. */
export function createImportProbe(
  context: ProbeContext,
  root: string,
  options: { signal: AbortSignal; onProgress(done: number, total: number): void },
): ImportProbe {
  const decoded = new Map<string, Decoded>();
  return {
    ...createPictureProbe(root, options.signal),
    async video(path) {
      const known = decoded.get(path);
      if (known) return known.facts;
      const result = await decodeForImport(context, containedPath(root, path), randomUUID(), options);
      decoded.set(path, result);
      return result.facts;
    },
    async adopt(path, mediaId, videoHash) {
      const result = decoded.get(path);
      if (!result) return;
      decoded.delete(path);
      await result.adopt(mediaId, videoHash);
    },
    async discard() {
      for (const result of decoded.values()) await result.discard();
      decoded.clear();
    },
  };
}

/** For looking at a folder only: counts, keeps nothing. */
export function createQuickProbe(context: ProbeContext, root: string, signal: AbortSignal): MediaProbe {
  return {
    ...createPictureProbe(root, signal),
    video: (path) => decodeVideo(context, containedPath(resolve(root), path), { folder: null, total: 0, signal }),
  };
}

/** Pictures alone, for a process that has no ffmpeg. `placeOf`: of a root that may be an archive. */
export function createPictureProbe(root: string, signal?: AbortSignal, placeOf?: FileTree['place']): Pick<MediaProbe, 'image' | 'check'> {
  async function fileOf(path: string): Promise<PictureFile> {
    const place = await placeOf?.(path);
    return place ? { path: root, range: { ...place, member: path } } : { path: containedPath(root, path) };
  }
  const size = ({ width, height }: { width: number; height: number }): { width: number; height: number } => ({ width, height });
  return {
    image: async (path) => size(await readHeader(await fileOf(path), { root, signal })),
    check: async (path) => size(await checkPicture(await fileOf(path), { root, signal })),
  };
}
