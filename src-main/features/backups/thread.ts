/**
 * Backups in a thread of their own, one a request, so that edits go on meanwhile: `inBackupThread('make', {…})` starts it, it answers and ends.
 * Test: test/main/features/backups.test.ts.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fromErrorShape, toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import { checkBackup, makeBackup, newestGood, restoreClosed, restoreInPlace } from '../../db/backups.ts';
import { listBackups } from '../../db/copies.ts';
import { backupProgram as program } from '../threadPrograms.ts';

/** What can be asked; in a test also without a thread. */
export const backupOperations = {
  make: makeBackup,
  list: (input: { file: string }) => listBackups(input.file),
  check: (input: { file: string; id: string }) => checkBackup(input.file, input.id, program),
  newestGood: (input: { file: string }) => newestGood(input.file, program),
  restoreInPlace: (input: { file: string; id: string; at: number }) => restoreInPlace(input, program),
  restoreClosed: (input: { file: string; id: string; at: number }) => restoreClosed(input, program),
};
type Operations = typeof backupOperations;
type Name = keyof Operations;
interface Request {
  isBackup: true;
  name: Name;
  input: unknown;
}
type Answer = { output: unknown } | { error: ErrorShape };

export function inBackupThread<N extends Name>(name: N, input: Parameters<Operations[N]>[0]): Promise<Awaited<ReturnType<Operations[N]>>> {
  const answer = Promise.withResolvers<Awaited<ReturnType<Operations[N]>>>();
  const worker = new Worker(new URL(import.meta.url), { workerData: { isBackup: true, name, input } satisfies Request });
  worker.once('message', (message: Answer) => {
    if ('error' in message) answer.reject(fromErrorShape(message.error));
    else answer.resolve(message.output as Awaited<ReturnType<Operations[N]>>);
  });
  worker.once('error', answer.reject);
  worker.once('exit', () => answer.reject(new Error('the thread of the backup ended without an answer')));
  return answer.promise;
}

const request = isMainThread ? null : (workerData as Partial<Request> | null);
if (request?.isBackup && request.name && parentPort) {
  const port = parentPort;
  try {
    port.postMessage({ output: await (backupOperations[request.name] as (input: unknown) => unknown)(request.input) } satisfies Answer);
  } catch (error) {
    port.postMessage({ error: toErrorShape(error) } satisfies Answer);
  }
}
