/** What a job's state means to the page. Test: test/renderer/jobs/jobText.test.ts. */
import type { Job } from '../../src-shared/entities.ts';

/** Runs or waits to. */
export function isActive(job: Pick<Job, 'state'>): boolean {
  return job.state === 'running' || job.state === 'waiting';
}

export function canRetry(job: Pick<Job, 'state'>): boolean {
  return job.state === 'failed' || job.state === 'cancelled' || job.state === 'interrupted';
}
