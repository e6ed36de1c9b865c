/**
 * In place of the import child and of what decodes for it: folders are read in the test's own process, every picture counts as one that can be
 * decoded, and videos have the facts that the test says. The child has its own tests.
 */
import type { MediaProbe } from '../../datasets/importer.ts';
import { openFileTree } from '../../src-main/features/imports/fileTree.ts';
import type { ImportChildTools } from '../../src-main/features/imports/importInChild.ts';
import type { ProbeTask, ReadTask } from '../../src-main/features/imports/importProtocol.ts';
import { probeTree, readFolder, rootOf } from '../../src-main/features/imports/readFolder.ts';
import { fakeMedia } from './memoryTree.ts';

type VideoFacts = Awaited<ReturnType<MediaProbe['video']>>;

/** What was asked of it since `forgetAsked`. */
export const asked: { tasks: (ProbeTask | ReadTask)[]; videos: string[]; adopted: unknown[]; discarded: number; adoptFails: Error | null; facts: VideoFacts } =
  {
    tasks: [],
    videos: [],
    adopted: [],
    discarded: 0,
    adoptFails: null,
    facts: { width: 100, height: 80, frames: 4, fps: 25 },
  };

export function forgetAsked(): void {
  Object.assign(asked, { tasks: [], videos: [], adopted: [], discarded: 0, adoptFails: null });
}

export async function importInChild(task: ProbeTask | ReadTask, tools: ImportChildTools): Promise<unknown> {
  asked.tasks.push(task);
  const media = { ...fakeMedia(), video: tools.video };
  await using opened = await openFileTree(task.folder);
  const mediaOf = (): MediaProbe => media;
  return await (task.kind === 'probe' ? probeTree(await rootOf(opened, mediaOf), media) : readFolder(task, opened, { ...tools, mediaOf }));
}

async function video(path: string): Promise<VideoFacts> {
  asked.videos.push(path);
  return asked.facts;
}

export function createQuickProbe(): MediaProbe {
  return { ...fakeMedia(), video };
}

export function createImportProbe(_context: unknown, _root: string, options: { onProgress(done: number, total: number): void }) {
  return {
    ...fakeMedia(),
    async video(path: string) {
      options.onProgress(1, asked.facts.frames);
      return video(path);
    },
    async adopt(...of: unknown[]) {
      asked.adopted.push(of);
      if (asked.adoptFails) throw asked.adoptFails;
    },
    async discard() {
      asked.discarded++;
    },
  };
}
