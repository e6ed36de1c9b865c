/**
 * Follows one run: events add points and lines as they come, `catchUp` reads what is missing, at the start and after every new connection.
 * Pages and events may overlap and come in any order. Knows nothing of the page. Test: test/renderer/runs/runFollower.test.ts.
 */
import type { Client } from '../../../src-shared/contract/index.ts';
import type { MetricColumns } from '../../../src-shared/contract/runs.ts';
import type { LogLine } from '../../../src-shared/contract/jobs.ts';
import { addLines, emptyLog, hasHole, readOn } from '../../lib/logBuffer.ts';
import { emptyColumns, lastStep, mergeColumns } from './metricSeries.ts';

export interface RunFollower {
  /** Reads on from the last point and line. Call it before anything of the new connection is heard. */
  catchUp(): Promise<void>;
  stop(): void;
}

export interface FollowedState {
  columns: MetricColumns;
  lines: LogLine[];
}

export function createRunFollower(
  runId: string,
  client: Pick<Client, 'call' | 'on'>,
  onChange: (state: FollowedState, isEvent: boolean) => void,
  onError: (error: unknown) => void,
): RunFollower {
  const abort = new AbortController();
  let columns = emptyColumns();
  let log = emptyLog();
  let reading: Promise<void> | null = null;

  function changed(isEvent: boolean): void {
    if (!abort.signal.aborted) onChange({ columns, lines: log.lines }, isEvent);
  }
  async function readMetrics(): Promise<void> {
    columns = mergeColumns(columns, await client.call('runs.metrics', { id: runId, afterStep: lastStep(columns) }, { signal: abort.signal }));
    changed(false);
  }
  function readLog(): Promise<void> {
    reading ??= readOn(
      () => log,
      (from) => client.call('runs.log', { id: runId, from }, { signal: abort.signal }),
      (next) => {
        log = next;
        changed(false);
      },
    ).finally(() => (reading = null));
    return reading;
  }

  const stops = [
    client.on('runMetrics', (event) => {
      if (event.runId !== runId) return;
      columns = mergeColumns(columns, event.columns);
      changed(true);
    }),
    client.on('runLog', (event) => {
      if (event.runId !== runId) return;
      log = addLines(log, event.next - event.lines.length, event.lines);
      changed(true);
      if (hasHole(log)) readLog().catch(onError);
    }),
  ];

  return {
    async catchUp() {
      await Promise.all([readMetrics(), readLog()]).catch(onError);
    },
    stop() {
      abort.abort();
      for (const stop of stops) stop();
    },
  };
}
