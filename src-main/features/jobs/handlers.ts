/** Calls of domain `jobs`.Test: test/main/features/plainHandlers.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../context.ts';

export function createJobsHandlers({
  jobs,
}: HostContext): Pick<Handlers, 'jobs.list' | 'jobs.log' | 'jobs.cancel' | 'jobs.retry' | 'jobs.dismiss' | 'jobs.clear'> {
  return {
    'jobs.list': () => jobs.list(),
    'jobs.log': ({ id, from }) => jobs.log(id, from),
    'jobs.cancel': async ({ id }) => {
      await jobs.cancel(id);
      return {};
    },
    'jobs.retry': async ({ id }) => ({ jobId: await jobs.retry(id) }),
    'jobs.dismiss': async ({ id }) => {
      await jobs.dismiss(id);
      return {};
    },
    'jobs.clear': async () => {
      await jobs.clear();
      return {};
    },
  };
}
