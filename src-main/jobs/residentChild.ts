/**
 * A supervised child that stays: started when it is first asked, asked one thing at a time, ended when nobody has asked for a while. For whoever asks it is
 * as `supervise`: one that dies under a request is JOB_CRASHED, one that was cancelled ends; the next request finds a new one.
 * Tests: test/contracts/backends.contract.test.ts, test/main/compute/interactive.test.ts.
 */
import { cancelled, fromErrorShape } from '../../src-shared/errors.ts';
import { systemTiming, type Timing } from '../platform/paced.ts';
import { createTurns } from '../platform/turns.ts';
import type { ResidentWord } from './childProgram.ts';
import type { Grace } from './childRules.ts';
import { supervise, type SuperviseOptions } from './supervisor.ts';

/** Of one request, as of a supervised child. */
export type RequestOptions<Message> = Pick<SuperviseOptions<Message>, 'signal' | 'onAbort' | 'onMessage' | 'onOutput' | 'grace' | 'silence'>;

export interface ResidentOptions<Message> extends Pick<SuperviseOptions<Message>, 'script' | 'isNoise' | 'silenceAfter' | 'env' | 'flags' | 'now'> {
  /** Milliseconds without a request after which it ends. */
  idleAfter: number;
  after?: Timing['after'];
}

export interface ResidentChild<Message> {
  ask(task: unknown, options?: RequestOptions<Message>): Promise<unknown>;
  /** Cancels what is asked and waited for. Resolves when no child is left; nothing is asked any more. */
  close(): Promise<void>;
}

interface Request<Message> {
  options: RequestOptions<Message>;
  /** The child has heard of it. */
  isBegun: boolean;
  isAnswered: boolean;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Living<Message> {
  request: Request<Message> | null;
  /** Resolves with what sends it a message. */
  ready: Promise<(message: object) => void>;
  /** As `supervise` ends a child: word, SIGTERM, SIGKILL. */
  abort: AbortController;
}

/** Nothing is lost with it, and somebody waits. */
const GRACE: Grace = { word: 500, term: 1000 };

export function createResidentChild<Message extends { type: string }>({
  idleAfter,
  after = systemTiming.after,
  ...options
}: ResidentOptions<Message>): ResidentChild<Message> {
  const turns = createTurns({ atOnce: 1, what: 'requests' });
  const closing = new AbortController();
  const alive = new Set<Promise<void>>();
  let living: Living<Message> | null = null;
  let cancelIdle = (): void => undefined;

  function start(first: Request<Message>): Living<Message> {
    const ready = Promise.withResolvers<(message: object) => void>();
    const child: Living<Message> = { request: first, ready: ready.promise, abort: new AbortController() };
    const ended = supervise<Message | ResidentWord>({
      ...(options as Omit<SuperviseOptions<Message | ResidentWord>, 'task'>),
      task: null,
      signal: child.abort.signal,
      get onAbort() {
        return child.request?.options.onAbort ?? 'cancel';
      },
      get grace() {
        return child.request?.options.grace ?? GRACE;
      },
      // One that nobody asks has nothing to say.
      get silence() {
        return child.request ? child.request.options.silence : Infinity;
      },
      onMessage(message, send) {
        if (message.type === 'ready') ready.resolve(send);
        else if (child.request) hear(message, child.request, send);
      },
      onOutput: (line, stream) => child.request?.options.onOutput?.(line, stream),
    });
    const over = ended
      .then(
        (result) => () => child.request?.resolve(result),
        (error: unknown) => () => child.request?.reject(error),
      )
      .then((tell) => {
        alive.delete(over);
        if (living === child) forget();
        if (!child.request?.isAnswered) tell();
      });
    alive.add(over);
    return child;
  }

  function forget(): void {
    living = null;
    cancelIdle();
  }

  function hear(message: Message | ResidentWord, request: Request<Message>, send: (message: object) => void): void {
    const word = message as ResidentWord;
    if (word.type === 'begun') request.isBegun = true;
    else if (word.type === 'answered') answered(request, () => request.resolve(word.result));
    else if (word.type === 'failed') answered(request, () => request.reject(fromErrorShape(word.error)));
    else request.options.onMessage?.(message as Message, send);
  }

  function leave(child: Living<Message>): void {
    if (living === child) forget();
    void child.ready.then((send) => send({ type: 'leave' }));
    child.abort.abort();
  }

  async function perform(task: unknown, own: RequestOptions<Message>, signal: AbortSignal): Promise<unknown> {
    cancelIdle();
    const known = living;
    const answer = Promise.withResolvers<unknown>();
    const request: Request<Message> = { options: own, isBegun: false, isAnswered: false, resolve: answer.resolve, reject: answer.reject };
    const child = known ?? start(request);
    [living, child.request] = [child, request];
    const abort = (): void => {
      if (living === child) forget();
      child.abort.abort();
    };
    signal.addEventListener('abort', abort, { once: true });
    void child.ready.then((send) => send({ type: 'request', task }));
    try {
      return await answer.promise;
    } catch (error) {
      // It had ended between two requests, and nobody knew.
      if (known && !request.isBegun && !signal.aborted) return await perform(task, own, signal);
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      child.request = null;
      if (living === child) cancelIdle = after(idleAfter, () => leave(child));
    }
  }

  return {
    async ask(task, own = {}) {
      const signal = own.signal ? AbortSignal.any([own.signal, closing.signal]) : closing.signal;
      let isBegun = false;
      try {
        return await turns.take(1, () => ((isBegun = true), perform(task, own, signal)), signal);
      } catch (error) {
        throw signal.aborted && !isBegun ? cancelled() : error;
      }
    },
    async close() {
      closing.abort();
      if (living) leave(living);
      await Promise.all(alive);
    },
  };
}

/** Its lines come by other ways than its words: what was printed before an answer is here once both were looked at again. */
function answered(request: { isAnswered: boolean }, tell: () => void): void {
  request.isAnswered = true;
  setImmediate(() => setImmediate(tell));
}
