/** Calls of domain `imports`. Test: test/main/features/imports/handlers.test.ts. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { Handlers } from '../../../src-shared/contract/index.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext } from '../context.ts';
import { shownRoot } from '../../media/location.ts';
import { changeOfPlaces, shownChange } from './compareSource.ts';
import type { ImportParams, ImportResult } from './importJob.ts';
import { knownImporters } from './importers.ts';
import { createPreviews } from './preview.ts';
import { probeFolder, type SourceParams } from './source.ts';

const NOTHING_COUNTED = { moved: 0, putBack: 0, splitsKept: 0 };

export function createImportsHandlers(
  context: HostContext,
): Pick<
  Handlers,
  'importers.list' | 'imports.probe' | 'imports.preview' | 'imports.start' | 'imports.again' | 'imports.compare' | 'imports.update' | 'imports.result'
> {
  const { db, jobs, project, changedPictures, missingPictures } = context;
  const previews = createPreviews(context);

  async function sourceOf(id: number): Promise<SourceParams & { name: string; tracklets: number; frames: number }> {
    // Refuses one that is made of others.
    const { root } = await db.read('datasets', 'location', { id });
    const { name, importer, options, tracklets, frames } = await db.read('datasets', 'detail', { id });
    return { name, tracklets, frames, path: shownRoot(project, root), importer, options };
  }

  return {
    'importers.list': async () =>
      [...(await knownImporters()).values()].map(({ id, title, layout, options }) => ({
        id,
        title,
        layout,
        optionsSchema: z.toJSONSchema(options, { io: 'input' }) as Record<string, unknown>,
        defaults: options.parse({}) as Record<string, unknown>,
      })),
    'imports.probe': ({ path }, { signal }) => probeFolder(context, path, signal),
    'imports.preview': (input, { origin, signal }) => previews.preview(origin, input, signal),
    'imports.again': async ({ jobId, changed }) => {
      const before = await db.read('jobs', 'one', { id: jobId });
      if (before?.kind !== 'import' || before.state !== 'failed')
        throw new AppError('NOT_FOUND', `There is no import job ${jobId} that was refused.`, { jobId });
      // The data set that the refusal has named, also when others have come since.
      const refused = before.error?.params['dataset'];
      const updates = changed === 'update' && typeof refused === 'number' ? { updates: refused } : {};
      const params = { ...(before.params as ImportParams), changed, ...updates } satisfies ImportParams;
      const title = changed === 'update' ? before.title.replace(/^Import /, 'Update ') : before.title;
      const again = await jobs.start({ kind: 'import', title, params });
      await jobs.dismiss(jobId);
      return { jobId: again };
    },
    'imports.compare': async ({ id }, { origin, signal }) => {
      const { name, tracklets, frames, ...source } = await sourceOf(id);
      const { same, isElsewhere, change } = await previews.compare(origin, source, id, signal);
      if (same && !isElsewhere) {
        changedPictures.forget(id);
        missingPictures.forget(id);
      }
      return { name, folder: source.path, held: { tracklets, frames }, changed: same && isElsewhere ? changeOfPlaces(same) : change && shownChange(change) };
    },
    'imports.update': async ({ id }) => {
      const { name, path, importer, options } = await sourceOf(id);
      const params: ImportParams = { path, importer, options, name: null, changed: 'update', updates: id };
      return { jobId: await jobs.start({ kind: 'import', title: `Update ${name}`, params, datasetId: id }) };
    },
    'imports.result': async ({ jobId }) => {
      const job = await jobs.get(jobId);
      if (job?.state !== 'done' || (job.kind !== 'import' && job.kind !== 'synth'))
        throw new AppError('NOT_FOUND', `There is no import job ${jobId} that is done.`, { jobId });
      const { dataset, name, alreadyImported, updated = false, isUpdate = false, changed = null, outcome = null } = (await jobs.wait(jobId)) as ImportResult;
      // Jobs of before did not count all of it.
      return { dataset, name, alreadyImported, updated, isUpdate, changed, outcome: outcome && { ...NOTHING_COUNTED, ...outcome } };
    },
    'imports.start': async (input) => {
      if (input.importer !== null && !(await knownImporters()).has(input.importer)) {
        throw new AppError(
          'BAD_INPUT',
          `imports.start: "importer": there is no importer "${input.importer}"; known are ${[...(await knownImporters()).keys()].join(', ')}.`,
          { key: 'importer' },
        );
      }
      const jobId = await jobs.start({ kind: 'import', title: `Import ${input.name ?? basename(input.path)}`, params: input satisfies ImportParams });
      return { jobId };
    },
  };
}
