/**
 * Runs one task of an import in a child process, and answers its questions about videos.
 * Tests: test/main/features/imports/importChildTalk.test.ts, test/main/features/imports/importChild.test.ts.
 */
import type { MediaProbe } from '../../../datasets/importer.ts';
import { toErrorShape } from '../../../src-shared/errors.ts';
import { supervise } from '../../jobs/supervisor.ts';
import type { JobTools } from '../../jobs/queue.ts';
import type { FoundImporter, FromImportChild, ProbeTask, ReadResult, ReadTask } from './importProtocol.ts';

const SCRIPT = new URL('./importChild.ts', import.meta.url);

export interface ImportChildTools extends Pick<JobTools, 'signal' | 'progress' | 'log'> {
  video: MediaProbe['video'];
}

export function importInChild(task: ProbeTask, tools: ImportChildTools): Promise<FoundImporter[]>;
export function importInChild(task: ReadTask, tools: ImportChildTools): Promise<ReadResult>;
export async function importInChild(task: ProbeTask | ReadTask, tools: ImportChildTools): Promise<unknown> {
  return supervise<FromImportChild>({
    script: SCRIPT,
    task,
    signal: tools.signal,
    // It has nothing to keep: a spool that is not whole is deleted.
    grace: { word: 1000, term: 1000 },
    onMessage(message, answer) {
      if (message.type === 'progress') tools.progress(message.done, message.total, message.unit, message.message);
      else if (message.type === 'log') tools.log(message.level, message.text);
      else if (message.type === 'video')
        tools.video(message.path).then(
          (facts) => answer({ type: 'videoFacts', id: message.id, facts }),
          (error: unknown) => answer({ type: 'videoFailed', id: message.id, error: toErrorShape(error) }),
        );
    },
    onOutput: (line) => tools.log('warn', line),
  });
}
