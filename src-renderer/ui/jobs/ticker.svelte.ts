/**
 * Time as reactive state, once a second while a component that asked for it lives. `now` is the time of day, which goes on evenly from when it
 * was first asked for, so that what has passed does not jump where somebody sets the machine's clock; `monotonic` is that of `performance.now()`.
 */
export function useNow(everyMs = 1000): { readonly now: number; readonly monotonic: number } {
  let monotonic = $state(performance.now());
  const start = Date.now() - performance.now();
  $effect(() => {
    const timer = setInterval(() => (monotonic = performance.now()), everyMs);
    return () => clearInterval(timer);
  });
  return {
    get now() {
      return start + monotonic;
    },
    get monotonic() {
      return monotonic;
    },
  };
}
