/**
 * The two real clocks; everything else gets them passed, so tests can stop time. The wall clock says when something was; whoever sets the
 * machine's time moves it, so what passed between two moments is measured by the monotonic one alone.
 */
export type Clock = () => number;

/** Milliseconds since 1970. */
export const systemClock: Clock = () => Date.now();

/** Milliseconds since the process began; never goes back or jumps. */
export const monotonicClock: Clock = () => performance.now();
