/** The parts of a browser window that routes and remembered places need, to be stubbed as globals; `reload` is a new page of the same window. */
import { vi } from 'vitest';
import { fakeStorage } from './fakeStorage.ts';

export function fakeWindow(): { location: { hash: string }; click(hash: string): void; clickUnheard(hash: string): () => void } {
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
  vi.stubGlobal('sessionStorage', fakeStorage());
  const clickUnheard = (next: string): (() => void) => {
    const oldURL = `http://127.0.0.1/${hash}`;
    hash = next;
    return () => {
      for (const listener of listeners) listener({ oldURL, newURL: `http://127.0.0.1/${next}` });
    };
  };
  return {
    location,
    click: (next) => clickUnheard(next)(),
    // As in a browser, where the address is another at once and the event comes later; call what it returns for that.
    clickUnheard,
  };
}
