/**
 * The log of one job, read on while it is shown: a job's log has no event of its own, so its tag (or a second passing while it runs)
 * is the sign to read on from the last line.
 */
import { untrack } from 'svelte';
import type { Job, LogLine } from '../../../src-shared/contract/jobs.ts';
import type { PageClient } from '../../client.ts';
import { isCancelled } from '../../lib/cancelled.ts';
import { emptyLog, readOn } from '../../lib/logBuffer.ts';

export interface LogOutside {
  client: Pick<PageClient, 'send'>;
  connection: { readonly opened: number };
  jobs: { readonly list: readonly Job[] };
}

export interface FollowedLog {
  readonly lines: readonly LogLine[];
  readonly isReading: boolean;
}

/** Call it while a component starts. */
export function followJobLog({ client, connection, jobs }: LogOutside, id: () => number | null): FollowedLog {
  let log = $state.raw(emptyLog());
  /** Until the first answer. */
  let isFirst = $state(true);

  $effect(() => {
    const jobId = id();
    const opened = connection.opened;
    untrack(() => {
      log = emptyLog();
      isFirst = true;
    });
    if (jobId === null || opened === 0) return;
    const abort = new AbortController();
    let isReading = false;

    async function read(): Promise<void> {
      if (isReading) return;
      isReading = true;
      try {
        await readOn(
          () => log,
          (from) => client.send('jobs.log', { id: jobId as number, from }, { signal: abort.signal }),
          (next) => {
            if (!abort.signal.aborted) log = next;
          },
        );
      } catch (error) {
        if (!isCancelled(error)) console.error('The log could not be read', error);
      } finally {
        isReading = false;
        if (!abort.signal.aborted) isFirst = false;
      }
    }
    void untrack(read);
    let wasRunning = false;
    const timer = setInterval(() => {
      const isRunning = jobs.list.find((job) => job.id === jobId)?.state === 'running';
      if (isRunning || wasRunning) void read();
      wasRunning = isRunning;
    }, 1000);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  });

  return {
    get lines() {
      return log.lines;
    },
    get isReading() {
      return isFirst;
    },
  };
}
