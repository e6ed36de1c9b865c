/**
 * Whether a folder or an archive holds the files that a data set was imported from: by their names or places, and by their content where that was noted.
 * Another data set laid out in the same way has the same names. Test: test/main/features/locate.test.ts.
 */
import { access } from 'node:fs/promises';
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import type { HostContext } from '../context.ts';
import { fileFingerprint } from '../../media/fingerprint.ts';
import { containedPath, pathInside } from '../../platform/contained.ts';
import { fileThreads, type FileThreads } from '../../pixels/fileThreads.ts';
import type { SampledPicture } from './table.ts';

/** Pictures that are compared: all when there are no more. */
const COMPARED = 200;

export interface LocatedFolder {
  /** Pictures whose content was compared; 0 where an import noted none. */
  compared: number;
  /** Of these, with other content than was imported, or not to be read. */
  differing: number;
  changed: SampledPicture[];
}

/** @throws MEDIA_MISSING unless it is the folder or archive of the data set, as far as anyone can tell. */
export async function checkFolder({ db }: Pick<HostContext, 'db'>, id: number, folder: string, threads: FileThreads = fileThreads()): Promise<LocatedFolder> {
  const { name, isArchive } = await db.read('datasets', 'location', { id });
  if (isArchive) await checkIsFile(name, folder, threads);
  else {
    await checkNames(
      name,
      folder,
      (await db.read('datasets', 'sampleFiles', { id })).map(({ path }) => path),
    );
    await checkVideos(folder, await db.read('datasets', 'videoHashes', { id }));
  }
  const found = await comparePictures(folder, await db.read('datasets', 'samplePictures', { id, most: COMPARED }), threads);
  const { compared, differing, changed } = found;
  const [example] = changed;
  if (differing === compared && (compared > 0 || isArchive))
    throw new AppError(
      'MEDIA_MISSING',
      `${folder} is not the ${isArchive ? 'archive' : 'folder'} of "${name}": of ${compared} ${compared === 1 ? 'picture' : 'pictures'} compared, 0 are the ones that were imported${example ? `; ${example.file} is another one` : ''}.`,
      { compared, equal: 0, ...(example ? { file: example.file } : {}) },
      { remedy: isArchive ? OTHER_ARCHIVE : 'Choose the folder with the pictures that were imported, or import this one as a data set of its own.' },
    );
  return found;
}

/** Places in another archive are other ones, also where it holds the same pictures. */
const OTHER_ARCHIVE =
  'Choose the archive that was imported. One that was packed anew, or a folder with its pictures, is imported: where the pictures are the same, the data set reads them from there.';

async function checkIsFile(name: string, file: string, threads: FileThreads): Promise<void> {
  const found = await threads.ask('stat', file, { root: file });
  if (found?.kind === 'file') return;
  throw new AppError(
    'MEDIA_MISSING',
    `${file} is not the archive of "${name}": it is ${found ? 'no file' : 'not there'}.`,
    { file },
    { remedy: OTHER_ARCHIVE },
  );
}

/** Refuses a folder that lacks files of the data set, and names the first. */
async function checkNames(name: string, folder: string, files: string[]): Promise<void> {
  for (const file of files) {
    const path = containedPath(folder, file);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (!there)
      throw new AppError(
        'MEDIA_MISSING',
        `${folder} is not the folder of "${name}": ${path} is not there.`,
        { file: path },
        { remedy: 'Choose the folder that holds this file.' },
      );
  }
}

/** A video of the same name may be another one; its boxes would then lie on the wrong pixels. */
async function checkVideos(folder: string, videos: { path: string; contentHash: string }[]): Promise<void> {
  for (const { path, contentHash } of videos) {
    const file = containedPath(folder, path);
    if ((await fileFingerprint(file)) === contentHash) continue;
    throw new AppError(
      'MEDIA_MISSING',
      `${file} is another video than the one that was imported: its content differs.`,
      { file },
      { remedy: 'Choose the folder with the video that was imported, or import this one as a data set of its own.' },
    );
  }
}

async function comparePictures(folder: string, pictures: readonly SampledPicture[], threads: FileThreads): Promise<LocatedFolder> {
  // A full frame shows many people.
  const files = [...new Map(pictures.map((picture) => [picture.file, picture])).values()];
  const answers = await Promise.all(
    files.map(({ file, range, hash }) =>
      threads
        .ask('bytes', range ? folder : pathInside(folder, file), { root: folder, within: folder, range: range ? { ...range, member: file } : undefined, hash })
        .then(
          () => null,
          (error: unknown) => toErrorShape(error),
        ),
    ),
  );
  // A disk that does not answer says nothing of what is on it.
  const silent = answers.find((error) => error?.params?.['gaveUp'] === true);
  if (silent) throw new AppError('MEDIA_MISSING', silent.message, silent.params, { remedy: silent.remedy });
  return {
    compared: files.length,
    differing: answers.filter((error) => error !== null).length,
    changed: files.filter((_, index) => answers[index]?.code === 'SOURCE_CHANGED'),
  };
}
