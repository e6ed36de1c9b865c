/**
 * One run as it goes: its points and its log, read once and kept up by events. After a lost connection it reads on from the last
 * point and line it has, so nothing is missing and nothing comes twice (`metricSeries.ts`, `logBuffer.ts` do the joining).
 */
import { untrack } from 'svelte';
import type { LogLine, MetricColumns } from '../../../src-shared/entities.ts';
import { client, connection, isCancelled } from '../../client.ts';
import { addLines, emptyLog, hasHole, nextIndex } from './logBuffer.ts';
import { emptyColumns, lastStep, mergeColumns } from './metricSeries.ts';

export interface FollowedRun {
  readonly columns: MetricColumns;
  readonly lines: readonly LogLine[];
  /** When the last point or line came; 0 before. */
  readonly heardAt: number;
  readonly isReading: boolean;
}

export function followRun(id: () => string | null): FollowedRun {
  let columns = $state.raw(emptyColumns());
  let log = $state.raw(emptyLog());
  let heardAt = $state(0);
  let isReading = $state(true);

  $effect(() => {
    const runId = id();
    columns = emptyColumns();
    log = emptyLog();
    heardAt = 0;
    isReading = runId !== null;
    if (runId === null) return;
    const abort = new AbortController();

    async function readMetrics(): Promise<void> {
      const output = await client.send('runs.metrics', { id: runId as string, afterStep: lastStep(columns) }, { signal: abort.signal });
      columns = mergeColumns(columns, output);
    }
    async function readLog(): Promise<void> {
      for (;;) {
        const from = nextIndex(log);
        const page = await client.send('runs.log', { id: runId as string, from }, { signal: abort.signal });
        log = addLines(log, from, page.lines);
        if (page.lines.length === 0 || page.next <= from) return;
      }
    }
    let isFilling = false;
    async function fill(): Promise<void> {
      if (isFilling) return;
      isFilling = true;
      try {
        await readLog();
      } finally {
        isFilling = false;
      }
    }
    function quiet(error: unknown): void {
      if (!isCancelled(error)) console.warn('The run could not be followed', error);
    }

    const stops = [
      client.on('runMetrics', (event) => {
        if (event.runId !== runId) return;
        columns = mergeColumns(columns, event.columns);
        heardAt = Date.now();
      }),
      client.on('runLog', (event) => {
        if (event.runId !== runId) return;
        log = addLines(log, event.next - event.lines.length, event.lines);
        heardAt = Date.now();
        if (hasHole(log)) fill().catch(quiet);
      }),
      $effect.root(() => {
        $effect(() => {
          if (connection.opened === 0) return;
          untrack(() => Promise.all([readMetrics(), fill()]).catch(quiet).finally(() => (isReading = false)));
        });
      }),
    ];
    return () => {
      abort.abort();
      for (const stop of stops) stop();
    };
  });

  return {
    get columns() {
      return columns;
    },
    get lines() {
      return log.lines;
    },
    get heardAt() {
      return heardAt;
    },
    get isReading() {
      return isReading;
    },
  };
}
