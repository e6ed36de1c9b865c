/** The jobs as they are now: read once, then kept up by events. Started by App.svelte, read by top bar, jobs panel and Jobs view. */
import type { Job } from '../../src-shared/contract/jobs.ts';
import { client, connection } from '../client.ts';
import { isCancelled } from './cancelled.ts';
import { isActive } from './jobState.ts';
import { touches } from './tags.ts';

export const jobs = $state({ list: [] as Job[], isLoaded: false });

const ORDER: Record<Job['state'], number> = { running: 0, waiting: 1, interrupted: 2, failed: 2, done: 2, cancelled: 2 };

function sortJobs(list: readonly Job[]): Job[] {
  return [...list].sort((a, b) => ORDER[a.state] - ORDER[b.state] || (ORDER[a.state] === 2 ? b.createdAt - a.createdAt || b.id - a.id : a.id - b.id));
}

/** Call while the app starts; returns what ends it. `onEnded` is told a job that was running or waiting and has ended. */
export function followJobs(onEnded: (job: Job) => void): () => void {
  let isReading = false;
  let again = false;

  async function read(): Promise<void> {
    if (isReading) return void (again = true);
    isReading = true;
    try {
      jobs.list = sortJobs(await client.call('jobs.list', {}));
      jobs.isLoaded = true;
    } catch (error) {
      if (!isCancelled(error)) console.error('The jobs could not be read', error);
    } finally {
      isReading = false;
      if (again) {
        again = false;
        void read();
      }
    }
  }

  const stopJob = client.on('job', (job) => {
    const before = jobs.list.find((other) => other.id === job.id);
    jobs.list = sortJobs([...jobs.list.filter((other) => other.id !== job.id), job]);
    if (before && isActive(before) && !isActive(job)) onEnded(job);
  });
  const stopChanged = client.on('changed', ({ tags }) => {
    if (tags.some((tag) => touches(tag, 'Jobs'))) void read();
  });
  const stopConnection = $effect.root(() => {
    $effect(() => {
      if (connection.opened > 0) void read();
    });
  });
  return () => {
    stopJob();
    stopChanged();
    stopConnection();
  };
}
