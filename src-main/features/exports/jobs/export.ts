/** Writes a data set in a format that other programs read. */
import { z } from 'zod';
import { defineJob } from '../../../jobs/defineJob.ts';
import type { JobDeps } from '../../services.ts';
import { runExport, type ExportParams } from '../exportJob.ts';

export default defineJob<ExportParams, JobDeps>({
  id: 'export',
  title: 'Export',
  group: 'data',
  params: z.object({
    datasetId: z.int(),
    exporter: z.string(),
    options: z.record(z.string(), z.unknown()),
    to: z.string().min(1),
    links: z.enum(['copy', 'link']),
  }),
  resource: 'io',
  resumable: false,
  run: async (params, tools, { context }) => ({ ...(await runExport(context, params, tools)), to: params.to }),
});
