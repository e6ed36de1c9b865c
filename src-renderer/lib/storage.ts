/** The browser's storages, which can be switched off or full. Tests: test/renderer/remembered.test.ts, test/renderer/unsaved.test.ts. */

export type KeyedStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** `storageOf(() => sessionStorage)`; null where it is off. */
export function storageOf(get: () => Storage): Storage | null {
  try {
    return get();
  } catch {
    return null;
  }
}

/** False where the storage is off or has no room. */
export function keepText(storage: Pick<Storage, 'setItem'> | null, key: string, text: string): boolean {
  try {
    storage?.setItem(key, text);
    return storage !== null;
  } catch {
    return false;
  }
}

/** Keys that begin so, as they are now. */
export function keysIn(storage: Pick<Storage, 'key' | 'length'> | null, prefix: string): string[] {
  const keys = Array.from({ length: storage?.length ?? 0 }, (_, index) => storage?.key(index) ?? '');
  return keys.filter((key) => key.startsWith(prefix));
}
