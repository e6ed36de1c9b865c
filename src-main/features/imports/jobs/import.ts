/** Reads a folder of somebody's data set into the project, or takes over what changed in it. */
import { z } from 'zod';
import { defineJob } from '../../../jobs/defineJob.ts';
import type { JobDeps } from '../../services.ts';
import { runImport, type ImportParams } from '../importJob.ts';

export default defineJob<ImportParams, JobDeps>({
  id: 'import',
  title: 'Import',
  group: 'data',
  params: z.object({
    path: z.string(),
    importer: z.string().nullable(),
    options: z.record(z.string(), z.unknown()),
    strict: z.boolean().optional(),
    name: z.string().nullable(),
    changed: z.enum(['update', 'add']).optional(),
    refuseOther: z.boolean().optional(),
    updates: z.int().optional(),
  }),
  resource: 'io',
  resumable: false,
  run: (params, tools, { context }) => runImport(context, params, tools),
});
