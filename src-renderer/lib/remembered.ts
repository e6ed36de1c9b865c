/**
 * Where this window was: filters, places and choices that a reload must not lose. They stand in the window's own storage and belong to one
 * project; a window that is shown another one starts afresh. Test: test/renderer/remembered.test.ts.
 *   const place = remembered('grid', isPlace);   place.read() ?? { offset: 0 };   place.write({ offset: 120 })
 */
import { keepText, keysIn, storageOf, type KeyedStorage } from './storage.ts';

const PREFIX = 'place.';
const PROJECT = `${PREFIX}project`;

export interface Remembered<T> {
  /** Null where nothing is kept, or something of another form. */
  read(): T | null;
  write(value: T): void;
}

export function rememberIn<T>(storage: KeyedStorage | null, name: string, isOne: (value: unknown) => value is T): Remembered<T> {
  const key = PREFIX + name;
  return {
    read() {
      try {
        const value: unknown = JSON.parse(storage?.getItem(key) ?? 'null');
        return isOne(value) ? value : null;
      } catch {
        return null;
      }
    },
    write(value) {
      // Full or switched off: the place is lost at a reload, nothing else.
      if (!keepText(storage, key, JSON.stringify(value))) storage?.removeItem(key);
    },
  };
}

/** True when what was kept is of another project; it is gone then, and whoever has read it must begin again. */
export function belongTo(storage: KeyedStorage | null, project: string): boolean {
  if (!storage) return false;
  const before = storage.getItem(PROJECT);
  if (before === project) return false;
  if (before !== null) for (const key of keysIn(storage, PREFIX)) storage.removeItem(key);
  // Where nothing can be kept, nothing of another project is.
  return keepText(storage, PROJECT, project) && before !== null;
}

const own = storageOf(() => sessionStorage);

export function remembered<T>(name: string, isOne: (value: unknown) => value is T): Remembered<T> {
  return rememberIn(own, name, isOne);
}

/** To be told which project is shown. */
export function rememberFor(project: string): boolean {
  return belongTo(own, project);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
