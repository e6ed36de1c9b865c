/** Calls of domain `evaluations`. Test: test/main/features/experimentCalls.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../context.ts';
import type { EvaluationsService } from './service.ts';
import { refuseUnanswerable } from './sides.ts';

export function createEvaluationsHandlers(
  context: Pick<HostContext, 'db'>,
  evaluations: EvaluationsService,
): Pick<Handlers, 'evaluations.list' | 'evaluations.start' | 'features.list' | 'features.extract'> {
  return {
    'evaluations.list': ({ datasetId }) => evaluations.list(datasetId),
    'features.list': ({ runId }) => evaluations.featureSets(runId),
    'features.extract': async ({ runId, datasetId }) => ({ jobId: await evaluations.extract(runId, datasetId) }),
    'evaluations.start': async (request) => {
      await refuseUnanswerable(context, request.datasetId, request.protocol);
      return { jobId: await evaluations.start(request) };
    },
  };
}
