/** The address of this window, read as the first thing, and again when someone puts a printed address into the same window. */
import { createAddress } from './address.ts';
import { storageOf } from './storage.ts';

export const address = createAddress({
  storage: storageOf(() => sessionStorage),
  hash: () => location.hash,
  replace: (hash) => history.replaceState(null, '', hash === '' ? location.pathname : hash),
});
address.take();

const listeners: (() => void)[] = [];
addEventListener('hashchange', (event) => {
  const before = new URL(event.oldURL).hash;
  if (address.take(before)) for (const listener of listeners) listener();
});

export function onNewToken(listener: () => void): void {
  listeners.push(listener);
}
