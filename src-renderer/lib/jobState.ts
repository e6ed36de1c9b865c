/** What a job's state means to the page. Test: test/renderer/ui/jobText.test.ts. */
import type { Job } from '../../src-shared/contract/jobs.ts';
import { count } from './format.ts';

/** Runs or waits to. */
export function isActive(job: Pick<Job, 'state'>): boolean {
  return job.state === 'running' || job.state === 'waiting';
}

/** Runs, and may let no training run beside it. */
export function holdsProcessor(job: Pick<Job, 'resource' | 'state'>): boolean {
  return job.state === 'running' && job.resource === 'compute';
}

/** "1 running, 2 waiting". */
export function underWay(jobs: readonly Pick<Job, 'state'>[]): string {
  const those = (state: Job['state']): string => count(jobs.filter((job) => job.state === state).length);
  return `${those('running')} running, ${those('waiting')} waiting`;
}

/** Not where what it was asked to do cannot be read: it would fail in the same way. */
export function canRetry(job: Pick<Job, 'id' | 'state' | 'error'>): boolean {
  if (job.error?.code === 'PROJECT_DAMAGED' && job.error.params['job'] === job.id) return false;
  return job.state === 'failed' || job.state === 'cancelled' || job.state === 'interrupted';
}

/** An import that was refused since its source has changed asks what to do, until it is answered: dismissed, run again, or its data set updated in another way. */
export function isOpenQuestion(
  job: Pick<Job, 'id' | 'kind' | 'state' | 'error' | 'dismissed'>,
  jobs: readonly Pick<Job, 'id' | 'kind' | 'state' | 'datasetId'>[],
): boolean {
  if (job.kind !== 'import' || job.state !== 'failed' || job.error?.code !== 'SOURCE_CHANGED' || job.dismissed) return false;
  return !isAnsweredSince(job, jobs);
}

/** A later import of the data set that the refusal names has succeeded: what it says is no news. */
export function isAnsweredSince(job: Pick<Job, 'id' | 'kind' | 'error'>, jobs: readonly Pick<Job, 'id' | 'kind' | 'state' | 'datasetId'>[]): boolean {
  const dataset = job.error?.params['dataset'];
  if (job.kind !== 'import' || job.error?.code !== 'SOURCE_CHANGED' || typeof dataset !== 'number') return false;
  return jobs.some((other) => other.id > job.id && other.kind === 'import' && other.state === 'done' && other.datasetId === dataset);
}
