/** The run on screen as reactive state; `runFollower.ts` does the work. A new connection makes it read what was missed. */
import { untrack } from 'svelte';
import type { Client } from '../../../src-shared/contract/index.ts';
import type { MetricColumns } from '../../../src-shared/contract/runs.ts';
import type { LogLine } from '../../../src-shared/contract/jobs.ts';
import { isCancelled } from '../../lib/cancelled.ts';
import { emptyColumns } from './metricSeries.ts';
import { createRunFollower, type RunFollower } from './runFollower.ts';

export interface FollowOutside {
  client: Pick<Client, 'call' | 'on'>;
  connection: { readonly opened: number };
}

export interface FollowedRun {
  readonly columns: MetricColumns;
  readonly lines: readonly LogLine[];
  /** When the last point or line came as an event, by `performance.now()`; 0 before. */
  readonly heardAt: number;
  readonly isReading: boolean;
}

/** `connection.opened` counts connections. Call it while a component starts. */
export function followRun({ client, connection }: FollowOutside, id: () => string | null): FollowedRun {
  let columns = $state.raw(emptyColumns());
  let lines = $state.raw<readonly LogLine[]>([]);
  let heardAt = $state(0);
  let isReading = $state(true);
  let follower = $state.raw<RunFollower | null>(null);

  $effect(() => {
    const runId = id();
    columns = emptyColumns();
    lines = [];
    heardAt = 0;
    isReading = runId !== null;
    if (runId === null) return;
    const mine = createRunFollower(
      runId,
      client,
      (state, isEvent) => {
        columns = state.columns;
        lines = state.lines;
        if (isEvent) heardAt = performance.now();
      },
      (error) => {
        if (!isCancelled(error)) console.error('The run could not be followed', error);
      },
    );
    follower = mine;
    return () => {
      mine.stop();
      follower = null;
    };
  });
  $effect(() => {
    if (follower === null || connection.opened === 0) return;
    const mine = follower;
    untrack(() => void mine.catchUp().finally(() => (isReading = false)));
  });

  return {
    get columns() {
      return columns;
    },
    get lines() {
      return lines;
    },
    get heardAt() {
      return heardAt;
    },
    get isReading() {
      return isReading;
    },
  };
}
