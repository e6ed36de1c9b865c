/** The job queue of the open project, and every kind of job that it runs: one file each in `features/<domain>/jobs/`. */
import { jobsPerDevice } from '../features/engine/options.ts';
import { createJobStore } from '../features/jobs/store.ts';
import { runnerOf, type JobDefinition } from '../jobs/defineJob.ts';
import { createJobQueue, type JobQueue } from '../jobs/queue.ts';
import { systemTiming } from '../platform/paced.ts';
import { loadRegistries } from '../platform/registry.ts';
import type { HostContext } from '../features/context.ts';
import type { JobDeps } from '../features/services.ts';

const FEATURES = new URL('../features/', import.meta.url);

export function openJobs(parts: Omit<HostContext, 'jobs'>): JobQueue {
  return createJobQueue({
    store: createJobStore(parts.db),
    events: parts.events,
    clock: parts.clock,
    timing: { ...systemTiming, now: parts.monotonic },
    logFolder: parts.project.file('cache/jobs'),
    makeFolder: (folder) => parts.project.makeFolder(folder),
    jobsPerDevice: () => jobsPerDevice(parts.settings),
  });
}

/** Of all domains; a kind that two of them define throws. */
export async function jobDefinitions(): Promise<JobDefinition<unknown, JobDeps>[]> {
  return [...(await loadRegistries<JobDefinition<unknown, JobDeps>>(FEATURES, 'jobs')).values()];
}

/** Before the queue opens. */
export async function registerJobs(deps: JobDeps): Promise<void> {
  for (const definition of await jobDefinitions()) deps.context.jobs.registerRunner(definition.id, runnerOf(definition, deps));
}
