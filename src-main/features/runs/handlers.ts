/** Calls of domain `runs`. Test: test/main/features/experimentCalls.test.ts. */
import { calls, tagsOf, type Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../context.ts';
import type { RunsService } from './service.ts';
import { refuseUnanswerable } from '../evaluations/sides.ts';

type Calls = 'runs.list' | 'runs.get' | 'runs.metrics' | 'runs.log' | 'runs.start' | 'runs.resume' | 'runs.stop' | 'runs.rename' | 'runs.remove';

export function createRunsHandlers(context: Pick<HostContext, 'db'>, runs: RunsService): Pick<Handlers, Calls> {
  return {
    'runs.list': () => runs.list(),
    'runs.get': ({ id }) => runs.get(id),
    'runs.metrics': ({ id, afterStep }) => runs.metrics(id, afterStep),
    'runs.log': ({ id, from }) => runs.log(id, from),
    'runs.start': async (input) => {
      // Better now than after the training.
      for (const { datasetId, protocol } of input.evaluateOn) await refuseUnanswerable(context, datasetId, protocol);
      return runs.start(input);
    },
    'runs.resume': async ({ id, batch }) => ({ jobId: await runs.resume(id, batch) }),
    'runs.stop': async ({ id }) => {
      await runs.stop(id);
      return {};
    },
    'runs.rename': async (input, { key }) => {
      await runs.rename(input.id, input.name, { key, tags: tagsOf(calls['runs.rename'], 'invalidates', input) });
      return {};
    },
    'runs.remove': async ({ id }, { key }) => {
      await runs.remove(id, { key, tags: tagsOf(calls['runs.remove'], 'invalidates', { id }) });
      return {};
    },
  };
}
