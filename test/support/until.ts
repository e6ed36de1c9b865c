/** Waits for what comes about by itself, a minute at most, and returns it. Ends at once where looking throws. */
import { vi } from 'vitest';

export function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  return vi.waitUntil(look, { timeout: 60_000, interval: 20 }) as Promise<NonNullable<T>>;
}

/** The same in every turn of the event loop, for a test that set the clock of timers: vitest's own waiting (`until`, `expect.poll`) moves that one on. */
export async function untilSoon(look: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setImmediate(resolve));
}
