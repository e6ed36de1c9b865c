/** What a job's row says: state, progress in its own unit, time left, what it waits for. Test: test/renderer/ui/jobText.test.ts. */
import type { Job } from '../../../src-shared/contract/jobs.ts';
import { moment, roughDuration } from '../../charts/numbers.ts';
import { clockTime, count, duration } from '../../lib/format.ts';
import { isActive, isAnsweredSince } from '../../lib/jobState.ts';
import { routePath } from '../../lib/route.ts';
import { waitingFor } from '../../lib/runState.ts';

export const STATE_WORDS: Record<Job['state'], string> = {
  running: 'Running',
  waiting: 'Waiting',
  done: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
  interrupted: 'Interrupted',
};

/** "912 of 1,284 strips, 14 s left". Without a total: how far, as far as one can say. */
export function progressText(job: Job, now: number): string {
  const parts: string[] = [];
  if (job.total > 0) parts.push(`${amount(job.done, job.unit)} of ${amount(job.total, job.unit)}${job.unit ? ` ${job.unit}` : ''}`);
  else if (job.done > 0) parts.push(`${count(job.done)}${job.unit ? ` ${job.unit}` : ''}`);
  if (job.message) parts.push(job.message);
  if (job.secondsLeft !== null)
    parts.push(job.secondsLeft < 900 ? `about ${roughDuration(job.secondsLeft)} left` : `ends about ${clockTime(now + job.secondsLeft * 1000, false)}`);
  return parts.length > 0 ? parts.join(', ') : 'Starting';
}

function amount(value: number, unit: string): string {
  return unit === 'MB' || Number.isInteger(value) ? count(value) : value.toFixed(1);
}

export function jobLine(job: Job, jobs: readonly Job[], now: number): string {
  switch (job.state) {
    case 'running':
      return progressText(job, now);
    case 'waiting':
      return waitingFor(job, jobs);
    case 'done':
      return [took(job), job.endedAt === null ? '' : moment(job.endedAt, now)].filter(Boolean).join(', ');
    case 'failed':
    case 'interrupted':
    case 'cancelled':
      return [
        `${STATE_WORDS[job.state]}${job.endedAt === null ? '' : ` at ${moment(job.endedAt, now)}`}`,
        job.total > 0 && job.done > 0 ? `after ${count(job.done)} of ${count(job.total)}${job.unit ? ` ${job.unit}` : ''}` : '',
      ]
        .filter(Boolean)
        .join(', ');
  }
}

function took(job: Job): string {
  return job.startedAt === null || job.endedAt === null
    ? ''
    : job.endedAt - job.startedAt < 1000
      ? 'under 1 s'
      : duration((job.endedAt - job.startedAt) / 1000);
}

/** Where the thing a job is about is shown. */
export function jobTarget(job: Pick<Job, 'shows' | 'runId' | 'datasetId'>): { path: string; label: string } | null {
  if (job.shows === 'compare') return { path: routePath('compare'), label: 'Open Compare' };
  if (job.shows === 'run' && job.runId !== null) return { path: routePath('runs', job.runId), label: 'Open the run' };
  if (job.shows === 'dataset' && job.datasetId !== null) return { path: routePath('datasets', job.datasetId), label: 'Open the data set' };
  return null;
}

/** What stands in the queue of the Runs view: compute work and what it waits for. */
export function queueOf(jobs: readonly Job[]): Job[] {
  const active = jobs.filter(isActive);
  return active.some((job) => job.group === 'compute') ? active : active.filter((job) => job.state === 'running');
}

export interface JobGroups {
  active: Job[];
  /** Failed or interrupted: somebody should look. */
  attention: Job[];
  ended: Job[];
}

export function groupJobs(jobs: readonly Job[]): JobGroups {
  // What was answered by an update of its data set is no news.
  const needsLook = (job: Job): boolean => job.state === 'interrupted' || (job.state === 'failed' && !isAnsweredSince(job, jobs));
  return {
    active: jobs.filter(isActive),
    attention: jobs.filter(needsLook),
    ended: jobs.filter((job) => !isActive(job) && !needsLook(job)),
  };
}
