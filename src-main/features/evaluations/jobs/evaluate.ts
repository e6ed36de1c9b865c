/** Ranks the features of a run under a protocol. */
import { z } from 'zod';
import { protocolNames } from '../../../../src-shared/protocols/index.ts';
import { distanceNames } from '../../../../src-shared/protocols/protocol.ts';
import { defineJob } from '../../../jobs/defineJob.ts';
import type { JobDeps } from '../../services.ts';

const params = z.object({ runId: z.string(), datasetId: z.int(), protocol: z.enum(protocolNames), distance: z.enum(distanceNames) });
export type EvaluateParams = z.output<typeof params>;

export default defineJob<EvaluateParams, Pick<JobDeps, 'services'>>({
  id: 'evaluate',
  title: 'Evaluation',
  group: 'compute',
  shows: 'compare',
  params,
  resource: 'compute',
  resumable: false,
  run: (own, tools, { services }) => services.evaluations.runEvaluate(own, tools),
});
