/** Calls of domain `imports`. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { Handlers } from '../../../src-shared/contract.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext } from '../../host/context.ts';
import { probeFolder, type ImportParams } from './importJob.ts';
import { knownImporters } from './importers.ts';

export function createImportsHandlers(context: HostContext): Pick<Handlers, 'importers.list' | 'imports.probe' | 'imports.start'> {
  const { jobs } = context;
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
