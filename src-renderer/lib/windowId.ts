/**
 * Which window this is, for undo: kept in the session's storage, so that a reload stays the same window and its steps stay its own. A tab that
 * was duplicated starts with a copy; the lock tells, and it takes an id of its own.
 */
import { keepText, storageOf } from './storage.ts';

const KEY = 'tracklet.window';

const storage = storageOf(() => sessionStorage);
let id = storage?.getItem(KEY) ?? crypto.randomUUID();
store();

export function windowId(): string {
  return id;
}

/** Resolves when it is sure that no other window has this id; to be awaited before the first command. */
export const isOwnWindow: Promise<void> = claim();

async function claim(): Promise<void> {
  if (!('locks' in navigator)) return;
  // A page that is being left may hold its lock for a moment longer.
  for (let tries = 0; tries < 5; tries++) {
    if (await hold(id)) return;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  id = crypto.randomUUID();
  store();
  await hold(id);
}

/** True when the lock is ours; then until the page goes. */
function hold(window: string): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(`${KEY}.${window}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise<void>(() => undefined);
      })
      .catch(() => resolve(true));
  });
}

/** Without storage a reload is a new window; its steps of before belong to whoever undoes next. */
function store(): void {
  keepText(storage, KEY, id);
}
