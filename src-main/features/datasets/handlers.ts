/**
 * Calls of domain `datasets`. Removing keeps source files, and what this program made of them until the removed things are emptied.
 * Test: test/main/features/datasetsHandlers.test.ts.
 */
import { resolve } from 'node:path';
import { calls, tagsOf, type Handlers } from '../../../src-shared/contract/index.ts';
import type { DatasetDetail } from '../../../src-shared/contract/datasets.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext } from '../context.ts';
import { FIELDS } from '../annotations/fields.ts';
import { storedRoot } from '../../media/location.ts';
import { pictureStamp } from '../../pixels/picture.ts';
import { checkFolder } from './locate.ts';
import { missingMedia } from './missingMedia.ts';
import { datasetStatistics } from './statistics.ts';

type Calls =
  | 'datasets.list'
  | 'datasets.get'
  | 'datasets.statistics'
  | 'datasets.derive'
  | 'datasets.rename'
  | 'datasets.remove'
  | 'datasets.locate'
  | 'datasets.setAside'
  | 'datasets.putBack'
  | 'datasets.dropAside'
  | 'datasets.identities'
  | 'datasets.sameNames';

export function createDatasetsHandlers(context: HostContext): Pick<Handlers, Calls> {
  const { db, clock, jobs, project, changedPictures, missingPictures } = context;

  /** Pictures are noted of the data set that they were imported with. */
  async function changedOf(id: number): Promise<DatasetDetail['changedPictures']> {
    const sources = await db.read('datasets', 'sourcesOf', { id });
    const isDerived = sources.some((source) => source.id !== id);
    const among = isDerived ? new Set(await db.read('evaluations', 'trackletIds', { datasetId: id })) : undefined;
    const found = sources.flatMap((source) => {
      const met = context.changedPictures.ofDataset({ datasetId: source.id, stamp: pictureStamp(source.contentHash) }, among);
      return met ? [{ ...met, datasetId: source.id }] : [];
    });
    const [first] = found;
    return first ? { ...first, count: found.reduce((sum, { count }) => sum + count, 0) } : null;
  }

  return {
    'datasets.list': () => db.read('datasets', 'list', null),
    'datasets.get': async ({ id }) => ({
      ...(await db.read('datasets', 'detail', { id })),
      validQueries: await db.read('evaluations', 'validQueries', { datasetId: id }),
      missing: await missingMedia(context, id),
      changedPictures: await changedOf(id),
    }),
    'datasets.statistics': ({ id }) => datasetStatistics(context, id),
    'datasets.derive': (input, { key }) =>
      db.write('derive', 'derive', { ...input, at: clock(), tags: tagsOf(calls['datasets.derive'], 'invalidates', input) }, { key }),
    'datasets.rename': async (input, { key }) => {
      await db.write('datasets', 'rename', { ...input, at: clock(), tags: tagsOf(calls['datasets.rename'], 'invalidates', input) }, { key });
      return {};
    },
    'datasets.remove': async ({ id }, { key }) => {
      // Those made of it lose its tracklets, also under the hands of a job.
      const losing = new Set([id, ...(await db.read('datasets', 'madeOf', { id })).map((one) => one.id)]);
      await jobs.unless(
        ({ datasetId, title }) =>
          datasetId !== null && losing.has(datasetId)
            ? new AppError('CONFLICT', `"${title}" is under way on this data set.`, { datasetId: id }, { remedy: 'Stop it first, or wait for its end.' })
            : null,
        () => db.write('datasets', 'remove', { id, at: clock(), tags: tagsOf(calls['datasets.remove'], 'invalidates', { id }) }, { key }),
      );
      return {};
    },
    'datasets.locate': async ({ id, root }, { key }) => {
      const folder = resolve(root);
      const { compared, differing, changed } = await checkFolder(context, id, folder);
      await context.known.addRoot(folder);
      await db.write('datasets', 'setRoot', { id, root: storedRoot(project, folder) }, { key });
      // What was met before lay in another place.
      changedPictures.forget(id);
      missingPictures.forget(id);
      const stamp = (await db.read('media', 'stampOf', { datasetId: id })) ?? '';
      for (const at of changed) changedPictures.note({ datasetId: id, stamp }, at, true);
      return { compared, differing };
    },
    'datasets.setAside': ({ id }) => db.read('setAside', 'setAside', { datasetId: id }),
    'datasets.putBack': async (input, { key }) => {
      const wholeFields = [...FIELDS.values()].filter(({ scope }) => scope === 'tracklet').map(({ id }) => id);
      const tags = tagsOf(calls['datasets.putBack'], 'invalidates', input);
      return db.write('putBack', 'putBack', { datasetId: input.id, ids: input.values ?? null, wholeFields, at: clock(), tags }, { key });
    },
    'datasets.dropAside': async ({ id }, { key }) => {
      await db.write('setAside', 'dropAside', { datasetId: id }, { key });
      return {};
    },
    'datasets.sameNames': async () => ({ identities: await db.read('datasets', 'sameNames', null) }),
    'datasets.identities': ({ datasetIds }) => db.read('datasets', 'identities', { datasetIds: datasetIds ?? null }),
  };
}
