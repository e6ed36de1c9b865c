/** Fetches TensorFlow, for the jobs that wait for it. */
import { z } from 'zod';
import { defineJob } from '../../../jobs/defineJob.ts';
import type { JobDeps } from '../../services.ts';

const params = z.object({ device: z.string().optional() });
export type ProvisionParams = z.output<typeof params>;

export default defineJob<ProvisionParams, Pick<JobDeps, 'services'>>({
  id: 'provision',
  title: 'Engine',
  group: 'parts',
  params,
  resource: 'io',
  resumable: true,
  goesOn: true,
  servesOnly: () => true,
  run: (own, tools, { services }) => services.engine.fetch(own, tools),
});
