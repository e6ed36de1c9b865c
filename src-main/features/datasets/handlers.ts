/**
 * Calls of domain `datasets`. Removing keeps source files, and what this program made of them until the removed things are emptied.
 * Test: test/main/features/datasetsHandlers.test.ts.
 */
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { calls, tagsOf, type Handlers } from '../../../src-shared/contract.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext } from '../../host/context.ts';
import { containedPath } from '../../platform/contained.ts';
import { fileFingerprint } from '../../media/fingerprint.ts';
import { annotationFields } from '../annotations/handlers.ts';
import { storedRoot } from '../../media/location.ts';
import { missingMedia } from './missingMedia.ts';
import { datasetStatistics } from './statistics.ts';

type Calls =
  | 'datasets.list'
  | 'datasets.get'
  | 'datasets.statistics'
  | 'datasets.rename'
  | 'datasets.remove'
  | 'datasets.locate'
  | 'datasets.setAside'
  | 'datasets.putBack'
  | 'datasets.dropAside'
  | 'datasets.identities';

export function createDatasetsHandlers(context: HostContext): Pick<Handlers, Calls> {
  const { db, clock, jobs, project } = context;
  return {
    'datasets.list': () => db.read('datasets', 'list', null),
    'datasets.get': async ({ id }) => ({
      ...(await db.read('datasets', 'detail', { id })),
      validQueries: await db.read('evaluations', 'validQueries', { datasetId: id }),
      missing: await missingMedia(context, id),
      changedPictures: context.changedPictures.ofDataset({ datasetId: id, stamp: (await db.read('media', 'stampOf', { datasetId: id })) ?? '' }),
    }),
    'datasets.statistics': ({ id }) => datasetStatistics(context, id),
    'datasets.rename': async (input, { key }) => {
      await db.write('datasets', 'rename', { ...input, at: clock(), tags: tagsOf(calls['datasets.rename'], 'invalidates', input) }, { key });
      return {};
    },
    'datasets.remove': async ({ id }, { key }) => {
      const busy = (await jobs.list()).find((job) => job.datasetId === id && job.state === 'running');
      if (busy)
        throw new AppError('CONFLICT', `"${busy.title}" is under way on this data set.`, { datasetId: id }, { remedy: 'Stop it first, or wait for its end.' });
      await db.write('datasets', 'remove', { id, at: clock(), tags: tagsOf(calls['datasets.remove'], 'invalidates', { id }) }, { key });
      return {};
    },
    'datasets.locate': async ({ id, root }, { key }) => {
      const folder = resolve(root);
      const { name } = await db.read('datasets', 'location', { id });
      await checkFolder(name, folder, await db.read('datasets', 'sampleFiles', { id }));
      await checkVideos(folder, await db.read('datasets', 'videoHashes', { id }));
      await context.known.addRoot(folder);
      await db.write('datasets', 'setRoot', { id, root: storedRoot(project, folder) }, { key });
      return {};
    },
    'datasets.setAside': ({ id }) => db.read('importChanges', 'setAside', { datasetId: id }),
    'datasets.putBack': async (input, { key }) => {
      const wholeFields = [...(await annotationFields()).values()].filter(({ scope }) => scope === 'tracklet').map(({ id }) => id);
      const tags = tagsOf(calls['datasets.putBack'], 'invalidates', input);
      return db.write('putBack', 'putBack', { datasetId: input.id, ids: input.values ?? null, wholeFields, at: clock(), tags }, { key });
    },
    'datasets.dropAside': async ({ id }, { key }) => {
      await db.write('importChanges', 'dropAside', { datasetId: id }, { key });
      return {};
    },
    'datasets.identities': ({ datasetIds }) => db.read('datasets', 'identities', { datasetIds: datasetIds ?? null }),
  };
}

/** Refuses a folder that lacks files of the data set, and names the first. */
async function checkFolder(name: string, folder: string, files: string[]): Promise<void> {
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
