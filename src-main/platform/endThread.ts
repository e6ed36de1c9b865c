/**
 * How threads end that call native code: when they are told and what they do is done. `Worker.terminate()` in the middle of such a call ends the
 * whole process: libraries made with node-addon-api throw a C++ exception that nobody catches (seen: a synthetic set that was cancelled ended the
 * program). Test: test/main/platform/endThread.test.ts.
 */
import type { MessagePort, Worker } from 'node:worker_threads';

/** The word to a thread that nothing more will be asked. */
const END = null;

/** In the thread: answers messages until it is told to end; then it ends with what is under way. */
export function answerUntilEnd<Message>(port: MessagePort, answer: (message: Message) => void, onEnd: () => void = () => undefined): void {
  port.on('message', (message: Message | typeof END) => {
    if (message !== END) return answer(message);
    onEnd();
    port.close();
  });
}

/** Resolves when the thread has ended. */
export async function endThread(worker: Worker): Promise<void> {
  // One that has ended has no number any more.
  if (worker.threadId === -1) return;
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.ref();
  worker.postMessage(END);
  await ended;
}

const underWay = new Set<Promise<unknown>>();

/** Native work of a thread that is not ended by its asker: the process should not leave in the middle of it. */
export function noteNativeWork(work: Promise<unknown>): void {
  const over = work.catch(() => undefined).finally(() => underWay.delete(over));
  underWay.add(over);
}

/** Before `process.exit`, which ends all threads where they are. Not for longer than that many milliseconds. */
export async function nativeWorkOver(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([Promise.all(underWay), promise]);
  clearTimeout(timer);
}
