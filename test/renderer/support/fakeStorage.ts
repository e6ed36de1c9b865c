/** A storage as a browser's: texts in the order in which they came, and no room for one that is longer than `most`. */
import type { KeyedStorage } from '../../../src-renderer/lib/storage.ts';

export function fakeStorage(most = Infinity): KeyedStorage & { most: number } {
  const items = new Map<string, string>();
  return {
    most,
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem(key, value) {
      if (value.length > this.most) throw new DOMException('full', 'QuotaExceededError');
      items.set(key, value);
    },
    removeItem: (key) => void items.delete(key),
  };
}
