/**
 * Work that many may ask for at once is done once: whoever asks meanwhile shares the answer, and one whose question differs waits until it is over.
 * It is given up when nobody waits any more. Test: test/main/platform/turns.test.ts.
 */
export interface Shared<T> {
  ask(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export function createShared<T>(): Shared<T> {
  let last: Promise<unknown> = Promise.resolve();
  const underWay = new Map<string, { result: Promise<T>; abort: AbortController; waiting: number }>();

  return {
    async ask(key, work, signal) {
      signal?.throwIfAborted();
      let entry = underWay.get(key);
      if (!entry || entry.abort.signal.aborted) {
        const abort = new AbortController();
        const result = last.then(() => {
          abort.signal.throwIfAborted();
          return work(abort.signal);
        });
        last = result.catch(() => undefined);
        const made = { result, abort, waiting: 0 };
        entry = made;
        underWay.set(key, made);
        void last.then(() => {
          if (underWay.get(key) === made) underWay.delete(key);
        });
      }
      const mine = entry;
      mine.waiting++;
      const { promise, reject } = Promise.withResolvers<never>();
      promise.catch(() => undefined);
      function leave(): void {
        mine.waiting--;
        if (mine.waiting === 0) mine.abort.abort(signal?.reason);
        reject(signal?.reason);
      }
      signal?.addEventListener('abort', leave, { once: true });
      try {
        return await Promise.race([mine.result, promise]);
      } finally {
        signal?.removeEventListener('abort', leave);
      }
    },
  };
}
