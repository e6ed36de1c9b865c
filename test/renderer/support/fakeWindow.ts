/** The parts of a browser window that routes and remembered places need, to be stubbed as globals; `reload` is a new page of the same window. */
import { vi } from 'vitest';

export function fakeWindow(): { location: { hash: string }; click(hash: string): void } {
  const items = new Map<string, string>();
  const listeners: ((event: { oldURL: string; newURL: string }) => void)[] = [];
  let hash = '';
  const location = {
    get hash() {
      return hash;
    },
    set hash(next: string) {
      hash = next;
    },
    pathname: '/',
  };
  vi.stubGlobal('location', location);
  vi.stubGlobal('history', { replaceState: (_state: unknown, _title: string, next: string) => (hash = next.startsWith('#') ? next : '') });
  vi.stubGlobal('addEventListener', (name: string, listener: (typeof listeners)[number]) => void (name === 'hashchange' && listeners.push(listener)));
  vi.stubGlobal('sessionStorage', {
    get length() {
      return items.size;
    },
    key: (index: number) => [...items.keys()][index] ?? null,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  });
  return {
    location,
    click(next) {
      const oldURL = `http://127.0.0.1/${hash}`;
      hash = next;
      for (const listener of listeners) listener({ oldURL, newURL: `http://127.0.0.1/${hash}` });
    },
  };
}
