/** The one real clock; everything else gets it passed, so tests can stop time. Milliseconds since 1970. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();
