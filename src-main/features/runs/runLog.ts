/** The log of a run: a file of JSON lines, and `runLog` events with the new ones a few times a second. Test: test/main/features/runLog.test.ts. */
import { join } from 'node:path';
import type { LogLine } from '../../../src-shared/contract/jobs.ts';
import type { HostContext } from '../context.ts';
import { openLogFile, readLog } from '../../jobs/logFile.ts';

export interface RunLog {
  add(level: LogLine['level'], text: string): void;
  close(): Promise<void>;
}

const EVENT_INTERVAL = 250;

export async function openRunLog({ project, events, clock }: Pick<HostContext, 'project' | 'events' | 'clock'>, runId: string): Promise<RunLog> {
  const path = join(project.run(runId), 'log.jsonl');
  const file = openLogFile(path, clock, (folder) => project.makeFolder(folder));
  let next = (await readLog(path, Number.MAX_SAFE_INTEGER)).next;
  let pending: LogLine[] = [];
  let timer: NodeJS.Timeout | null = null;

  function emit(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    if (pending.length === 0) return;
    next += pending.length;
    events.emit('runLog', { runId, lines: pending, next });
    pending = [];
  }

  return {
    add(level, text) {
      file.append(level, text);
      pending.push({ at: clock(), level, text });
      timer ??= setTimeout(emit, EVENT_INTERVAL);
    },
    async close() {
      await file.close();
      emit();
    },
  };
}
