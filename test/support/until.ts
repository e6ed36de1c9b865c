/** Waits for what comes about by itself, a minute at most, and returns it. Ends at once where looking throws. */
import { vi } from 'vitest';

export function until<T>(look: () => T | Promise<T>): Promise<NonNullable<T>> {
  return vi.waitUntil(look, { timeout: 60_000, interval: 20 }) as Promise<NonNullable<T>>;
}
