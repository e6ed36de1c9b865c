/**
 * Questions about files that may lie anywhere, such as on a share that has stopped answering. Each waits in a thread of its own, so that neither
 * the event loop nor libuv's few threads are held. A question without an answer in time is given up: its thread is left to it and replaced, and as long as it
 * hangs, further questions about the same root are refused at once. One root never has all the threads. Test: test/main/pixels/fileThreads.test.ts.
 */
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError, fromErrorShape } from '../../src-shared/errors.ts';
import { endThread, noteNativeWork } from '../platform/endThread.ts';
import { systemTiming } from '../platform/paced.ts';
import type { Answers, FileQuestion, FileReply } from './fileThread.ts';

export interface AskOptions extends Pick<FileQuestion, 'within' | 'range' | 'what' | 'offset' | 'length' | 'hash'> {
  /** What stops answering as one, such as the folder of a data set; default: the file's folder. */
  root?: string;
  signal?: AbortSignal | undefined;
}

export interface FileThreads {
  ask<Kind extends keyof Answers>(kind: Kind, path: string, options?: AskOptions): Promise<Answers[Kind]>;
  /** Threads that wait for an answer which was given up. */
  lost(): number;
}

/** What is used of a thread; tests have their own. */
export interface FileThread {
  post(question: FileQuestion): void;
  onReply(listener: (reply: FileReply) => void): void;
  onEnd(listener: (reason: string) => void): void;
  /** Whether the process waits for it. */
  hold(waits: boolean): void;
  end(): void;
}

export interface FileThreadsOptions {
  start?: () => FileThread;
  /** At once. */
  threads?: number;
  /** Of one root at once. */
  ofOneRoot?: number;
  giveUpMs?: number;
  /** Calls `work` after that many milliseconds, unless the answer is called before. */
  later?: (milliseconds: number, work: () => void) => () => void;
}

interface Waiting {
  question: FileQuestion;
  root: string;
  resolve(answer: never): void;
  reject(error: unknown): void;
}

export function createFileThreads(options: FileThreadsOptions = {}): FileThreads {
  const { start = startThread, threads = 3, ofOneRoot = 2, giveUpMs = 10_000, later = systemTiming.after } = options;
  const idle: FileThread[] = [];
  const queue: Waiting[] = [];
  const atWork = new Map<FileThread, Waiting>();
  /** Roots that do not answer, with the number of threads that wait for them. */
  const silent = new Map<string, number>();
  let lost = 0;

  function refusal(path: string): AppError {
    return new AppError(
      'MEDIA_MISSING',
      `${path} cannot be read: its disk or share does not answer (given up after ${Math.round(giveUpMs / 1000)} s).`,
      { file: path, gaveUp: true },
      { remedy: 'Check the connection to the disk or share that holds it; it is tried again as soon as that answers.' },
    );
  }

  function next(): void {
    for (let place = 0; place < queue.length && atWork.size < threads;) {
      const waiting = queue[place] as Waiting;
      if (silent.has(waiting.root)) {
        queue.splice(place, 1);
        waiting.reject(refusal(waiting.question.path));
        continue;
      }
      let ofRoot = 0;
      for (const other of atWork.values()) if (other.root === waiting.root) ofRoot++;
      if (ofRoot >= ofOneRoot) {
        place++;
        continue;
      }
      queue.splice(place, 1);
      begin(idle.pop() ?? start(), waiting);
    }
  }

  function begin(thread: FileThread, waiting: Waiting): void {
    atWork.set(thread, waiting);
    thread.hold(true);
    let givenUp = false;
    const answered = Promise.withResolvers<void>();
    if (waiting.question.kind === 'check') noteNativeWork(answered.promise);
    const cancel = later(giveUpMs, () => {
      givenUp = true;
      atWork.delete(thread);
      lost++;
      silent.set(waiting.root, (silent.get(waiting.root) ?? 0) + 1);
      thread.hold(false);
      waiting.reject(refusal(waiting.question.path));
      next();
    });
    let over = false;
    function done(isAlive: boolean, settle: () => void): void {
      if (over) return;
      over = true;
      answered.resolve();
      cancel();
      if (givenUp) {
        lost--;
        const others = (silent.get(waiting.root) ?? 1) - 1;
        if (others > 0) silent.set(waiting.root, others);
        else silent.delete(waiting.root);
        if (isAlive) thread.end();
      } else {
        atWork.delete(thread);
        thread.hold(false);
        if (isAlive) idle.push(thread);
        settle();
      }
      next();
    }
    thread.onReply((reply) => done(true, () => ('error' in reply ? waiting.reject(fromErrorShape(reply.error)) : waiting.resolve(reply.answer as never))));
    thread.onEnd((reason) =>
      done(false, () => waiting.reject(new AppError('INTERNAL', `The thread that reads files ended: ${reason}`, { file: waiting.question.path }))),
    );
    thread.post(waiting.question);
  }

  return {
    ask(kind, path, { root = dirname(path), signal, ...more } = {}) {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      if (silent.has(root)) return Promise.reject(refusal(path));
      return new Promise((resolve, reject) => {
        // An import asks a hundred thousand times under one signal: listeners that stayed would each be looked at by the next.
        const settled = (): void => signal?.removeEventListener('abort', leave);
        const waiting: Waiting = {
          question: { kind, path, ...more },
          root,
          resolve: (answer) => (settled(), resolve(answer)),
          reject: (error) => (settled(), reject(error as Error)),
        };
        function leave(): void {
          const place = queue.indexOf(waiting);
          if (place >= 0) queue.splice(place, 1);
          reject(signal?.reason as Error);
        }
        queue.push(waiting);
        signal?.addEventListener('abort', leave, { once: true });
        next();
      });
    },
    lost: () => lost,
  };
}

let shared: FileThreads | null = null;

/** Threads belong to the process, not to a project. */
export function fileThreads(): FileThreads {
  shared ??= createFileThreads();
  return shared;
}

function startThread(): FileThread {
  const worker = new Worker(new URL('./fileThread.ts', import.meta.url));
  return {
    post: (question) => worker.postMessage(question),
    onReply: (listener) => void worker.removeAllListeners('message').on('message', listener),
    onEnd: (listener) =>
      void worker
        .removeAllListeners('error')
        .removeAllListeners('exit')
        .on('error', (error) => listener(error.message))
        .on('exit', (code) => listener(`exit code ${code}`)),
    hold: (waits) => (waits ? worker.ref() : worker.unref()),
    end: () => void endThread(worker),
  };
}
