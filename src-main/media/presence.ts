/** Whether the pictures of a medium are where they should be, remembered for some seconds: the grid asks for every row it shows. */
import type { MediaContext } from './context.ts';
import { frameFolder } from './frameFiles.ts';
import { fileThreads, type FileThreads } from '../pixels/fileThreads.ts';
import { mediaFile } from './location.ts';

const KEPT_MS = 5000;

export function createMediaPresence({ mediaRows, project, monotonic }: Pick<MediaContext, 'mediaRows' | 'project' | 'monotonic'>): {
  missing(mediaIds: number[]): Promise<Set<number>>;
} {
  const known = new Map<number, { missing: boolean; at: number }>();

  async function look(ids: number[]): Promise<void> {
    for (const source of await mediaRows.sources(ids)) {
      let found = await exists(
        () => (source.isArchive ? project.root(source.root) : mediaFile(project, source.root, source.path)),
        () => project.root(source.root),
      );
      // A video that is gone can still be looked at while its decoded frames are there.
      if (!found && source.kind === 'video')
        found = await exists(
          () => frameFolder(project, source.id, source.videoHash),
          () => project.cache,
        );
      known.set(source.id, { missing: !found, at: monotonic() });
    }
  }

  return {
    async missing(mediaIds) {
      const now = monotonic();
      const unknown = [...new Set(mediaIds)].filter((id) => now - (known.get(id)?.at ?? -Infinity) > KEPT_MS);
      if (unknown.length > 0) await look(unknown);
      return new Set(mediaIds.filter((id) => known.get(id)?.missing));
    },
  };
}

/** A share that does not answer is as good as gone; it is asked again after a while. */
export async function exists(path: () => string, rootOf: () => string, threads: FileThreads = fileThreads()): Promise<boolean> {
  try {
    const root = rootOf();
    return (await threads.ask('stat', path(), { root, within: root })) !== null;
  } catch {
    return false;
  }
}
