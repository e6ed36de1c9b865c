/** Embeds a data set with the weights of a run. */
import { z } from 'zod';
import { defineJob } from '../../../jobs/defineJob.ts';
import type { JobDeps } from '../../services.ts';

const params = z.object({
  runId: z.string(),
  datasetId: z.int(),
  /** Evaluations that wait for it share it, and it ends with the last of them that is cancelled. */
  forOthers: z.boolean().optional(),
});
export type ExtractParams = z.output<typeof params>;

export default defineJob<ExtractParams, Pick<JobDeps, 'services'>>({
  id: 'extract',
  title: 'Features',
  group: 'compute',
  params,
  resource: 'compute',
  resumable: false,
  device: (_params, { services }) => services.engine.deviceKey(),
  servesOnly: ({ forOthers }) => forOthers === true,
  run: (own, tools, { services }) => services.evaluations.runExtract(own, tools),
});
