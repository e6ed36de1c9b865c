/**
 * The import child: reads a folder for the host, which stays quick meanwhile. Opens no database; pictures are looked at here, videos are decoded by
 * the host's ffmpeg. Started by importInChild.ts.
 * Tests: test/main/features/imports/importChildTalk.test.ts, test/main/features/imports/importChild.test.ts.
 */
import type { MediaProbe } from '../../../datasets/importer.ts';
import type { FileTree } from '../../../datasets/tree.ts';
import { AppError, fromErrorShape } from '../../../src-shared/errors.ts';
import { runChildProgram, type ChildTools } from '../../jobs/childProgram.ts';
import { createPictureProbe } from '../../media/mediaProbe.ts';
import { openFileTree } from './fileTree.ts';
import type { FromImportChild, ImportTask, ToImportChild } from './importProtocol.ts';
import { probeTree, readFolder, rootOf } from './readFolder.ts';

const PROGRESS_INTERVAL = 100;
const ALIVE_INTERVAL = 20_000;
/** Pictures that a quick look opens. */
const QUICK_PICTURES = 200;

const questions = new Map<number, PromiseWithResolvers<Awaited<ReturnType<MediaProbe['video']>>>>();

runChildProgram<ImportTask, FromImportChild>(perform, (message) => {
  const answer = message as ToImportChild;
  const question = questions.get(answer.id);
  questions.delete(answer.id);
  if (answer.type === 'videoFacts') question?.resolve(answer.facts);
  else question?.reject(fromErrorShape(answer.error));
});

async function perform(task: ImportTask, tools: ChildTools<FromImportChild>): Promise<unknown> {
  const { send, signal } = tools;
  // Asking the host for a video takes as long as decoding it.
  const alive = setInterval(() => send({ type: 'alive' }), ALIVE_INTERVAL);
  try {
    await using opened = await openFileTree(task.folder);
    const media = (most: number) => (tree: FileTree) => mediaOf(task.folder, tree, opened.isArchive, tools, most);
    if (task.kind === 'probe') {
      const tree = await rootOf(opened, media(0));
      return await probeTree(tree, media(0)(tree));
    }
    let saidAt = -Infinity;
    return await readFolder(task, opened, {
      signal,
      mediaOf: media(task.everyPicture ? Infinity : QUICK_PICTURES),
      progress(done, total, unit, message) {
        const now = performance.now();
        if (now - saidAt < PROGRESS_INTERVAL && done < total) return;
        saidAt = now;
        send({ type: 'progress', done, total, unit, message });
      },
      log: (level, text) => send({ type: 'log', level, text }),
    });
  } finally {
    clearInterval(alive);
  }
}

function mediaOf(folder: string, tree: FileTree, isArchive: boolean, { send, signal }: ChildTools<FromImportChild>, mostPictures: number): MediaProbe {
  const pictures = createPictureProbe(folder, signal, tree.place);
  let opened = 0;
  let last: Awaited<ReturnType<MediaProbe['image']>> | null = null;
  let id = 0;
  async function look(path: string, how: 'image' | 'check'): Promise<NonNullable<typeof last>> {
    if (last !== null && opened >= mostPictures) return last;
    opened++;
    return (last = await pictures[how](path));
  }
  return {
    image: (path) => look(path, 'image'),
    check: (path) => look(path, 'check'),
    video(path) {
      if (isArchive) return Promise.reject(videoInside(path, folder));
      const question = Promise.withResolvers<Awaited<ReturnType<MediaProbe['video']>>>();
      questions.set(++id, question);
      send({ type: 'video', id, path });
      return question.promise;
    },
  };
}

/** ffmpeg reads files. */
function videoInside(path: string, archive: string): AppError {
  return new AppError(
    'UNSUPPORTED',
    `The video ${path} lies in the archive ${archive}; only pictures are read out of archives.`,
    { file: path },
    { remedy: 'Unpack the archive into a folder, and import that folder.' },
  );
}
