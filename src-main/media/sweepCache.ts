/**
 * Deletes from the cache what nothing leads to any more: decoded frames of videos that are gone or were others, and pictures of sources that are gone or were read by
 * older rules. What a removed data set could be brought back with stays. Test: test/main/media/sweepCache.test.ts.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaContext } from './context.ts';
import { frameFolder } from './frameFiles.ts';

export async function sweepCache({ mediaRows, project }: Pick<MediaContext, 'mediaRows' | 'project'>, isClosed: () => boolean = () => false): Promise<void> {
  const frames = project.file('cache/frames');
  const pictures = project.file('cache/pictures');
  // Listed first: what appears from here on has its rows already.
  const [frameNames, pictureNames] = await Promise.all([frames, pictures].map((folder) => readdir(folder).catch(() => [])));
  const { media, stamps } = await mediaRows.cached();
  const known = new Set(media.map(({ id, videoHash }) => frameFolder(project, id, videoHash)));
  const gone = (frameNames ?? [])
    .filter((name) => /^\d+(-[0-9a-f]+)?$/.test(name))
    .map((name) => join(frames, name))
    .filter((folder) => !known.has(folder));
  gone.push(...(pictureNames ?? []).filter((name) => !stamps.includes(name)).map((name) => join(pictures, name)));
  for (const folder of gone) {
    if (isClosed()) return;
    await rm(folder, { recursive: true, force: true });
  }
}

/** In the background: the cache of a large data set has many files. */
export function startSweep(context: Pick<MediaContext, 'mediaRows' | 'project' | 'log'>): { close(): Promise<void> } {
  let closed = false;
  const swept = sweepCache(context, () => closed).catch((error: unknown) => {
    if (!closed) context.log.warn({ err: error }, 'the cache could not be swept');
  });
  return {
    close() {
      closed = true;
      return swept;
    },
  };
}
