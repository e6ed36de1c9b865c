/** Calls of domain `exports`. Test: test/main/features/exports/exports.test.ts. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { chosenOptions } from '../../../datasets/chosenOptions.ts';
import type { Handlers } from '../../../src-shared/contract/index.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext } from '../context.ts';
import { checkTarget, runExport, type ExportParams } from './exportJob.ts';
import { exporterOf, knownExporters } from './exporters.ts';
import type { ExportDone } from './exportProtocol.ts';

export function createExportsHandlers(context: HostContext): Pick<Handlers, 'exporters.list' | 'exports.preview' | 'exports.start' | 'exports.result'> {
  const { db, jobs } = context;
  return {
    'exporters.list': async () =>
      [...(await knownExporters()).values()].map(({ id, title, help, options, importer, holds, fields }) => ({
        id,
        title,
        help,
        importer,
        holds: [...holds],
        fields: fields === 'all' ? null : [...fields],
        optionsSchema: z.toJSONSchema(options, { io: 'input' }) as Record<string, unknown>,
        defaults: options.parse({}) as Record<string, unknown>,
      })),
    'exports.preview': async ({ id, exporter, options, to }, { signal }) => {
      chosenOptions('exporter', await exporterOf(exporter), options);
      if (to !== null) await checkTarget(context, id, to);
      const { written: _none, ...plan } = await runExport(
        context,
        { datasetId: id, exporter, options, to: null, links: 'copy' },
        { signal, progress: () => undefined, log: () => undefined },
      );
      return plan;
    },
    'exports.start': async ({ id, exporter, options, to, links }) => {
      chosenOptions('exporter', await exporterOf(exporter), options);
      await checkTarget(context, id, to);
      const { name } = await db.read('datasets', 'detail', { id });
      const params: ExportParams = { datasetId: id, exporter, options, to: resolve(to), links };
      return { jobId: await jobs.start({ kind: 'export', title: `Export ${name} as ${exporter}`, params, datasetId: id }) };
    },
    'exports.result': async ({ jobId }) => {
      const job = await jobs.get(jobId);
      if (job?.state !== 'done' || job.kind !== 'export') throw new AppError('NOT_FOUND', `There is no export job ${jobId} that is done.`, { jobId });
      const { written, ...done } = (await jobs.wait(jobId)) as ExportDone & { to: string };
      return { ...done, files: written?.files ?? 0, bytes: written?.bytes ?? 0 };
    },
  };
}
