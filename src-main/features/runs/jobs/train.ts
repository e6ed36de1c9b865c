/** Trains a run, from the beginning or from its last checkpoint. */
import { z } from 'zod';
import { defineJob } from '../../../jobs/defineJob.ts';
import type { JobDeps } from '../../services.ts';

const params = z.object({ runId: z.string(), device: z.string().optional() });
export type TrainParams = z.output<typeof params>;

export default defineJob<TrainParams, Pick<JobDeps, 'services'>>({
  id: 'train',
  title: 'Training',
  group: 'compute',
  params,
  resource: 'compute',
  resumable: true,
  device: ({ device }, { services }) => services.engine.deviceKey(device),
  run: (own, tools, { services }) => services.runs.train(own, tools),
});
