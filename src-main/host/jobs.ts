/** The job queue of the open project, with every runner registered. A new kind of job adds its line here. */
import { jobsPerDevice } from '../features/engine/options.ts';
import { createImportRunner } from '../features/imports/importJob.ts';
import { createJobStore } from '../features/jobs/store.ts';
import { createJobQueue, type JobQueue } from '../jobs/queue.ts';
import { systemTiming } from '../platform/paced.ts';
import type { HostContext } from './context.ts';

export function openJobs(parts: Omit<HostContext, 'jobs'>): JobQueue {
  const jobs = createJobQueue({
    store: createJobStore(parts.db),
    events: parts.events,
    clock: parts.clock,
    timing: { ...systemTiming, now: parts.monotonic },
    logFolder: parts.project.file('cache/jobs'),
    makeFolder: (folder) => parts.project.makeFolder(folder),
    jobsPerDevice: () => jobsPerDevice(parts.settings),
  });
  jobs.registerRunner('import', createImportRunner(parts));
  return jobs;
}
