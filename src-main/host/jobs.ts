/** The job queue of the open project, with every runner registered. A new kind of job adds its line here. */
import { createImportRunner } from '../features/imports/importJob.ts';
import { createJobStore } from '../features/jobs/store.ts';
import { createJobQueue, type JobQueue } from '../jobs/queue.ts';
import type { HostContext } from './context.ts';

export function openJobs(parts: Omit<HostContext, 'jobs'>): JobQueue {
  const jobs = createJobQueue({
    store: createJobStore(parts.db),
    events: parts.events,
    clock: parts.clock,
    logFolder: parts.project.file('cache/jobs'),
    jobsPerDevice() {
      const limit = parts.settings.get('engine.jobs');
      return typeof limit === 'number' && limit >= 1 ? Math.floor(limit) : 1;
    },
  });
  jobs.registerRunner('import', createImportRunner(parts));
  return jobs;
}
