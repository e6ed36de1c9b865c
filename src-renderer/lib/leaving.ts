/** Moments after which a window may get no more time. Test: test/e2e/seenKept.test.ts. */

/** Calls back when the window goes or is covered; returns how to stop that. */
export function onLeaving(listener: () => void): () => void {
  // Without a window there is none that could go.
  if (typeof window === 'undefined') return () => undefined;
  const stop = new AbortController();
  const hidden = (): void => {
    if (document.visibilityState === 'hidden') listener();
  };
  addEventListener('pagehide', listener, { signal: stop.signal });
  document.addEventListener('visibilitychange', hidden, { signal: stop.signal });
  return () => stop.abort();
}
