/**
 * The token of this window: it comes in the printed address after the `#`, goes into the window's own storage, and out of the address at
 * once, so that neither the history nor a copied address holds it. Pages of other ports cannot read that storage.
 * Loaded before whatever reads the address (router.svelte.ts). Test: test/renderer/address.test.ts.
 */
import { keepText } from './storage.ts';

const STORED = 'token';

export interface Handed {
  token: string;
  /** Changes that a page of another address could not save, as it packed them. */
  unsaved: string | null;
}

/** The part after `#` of a printed address; null for a route of this page. */
export function handedIn(hash: string): Handed | null {
  const match = /^#token=([\w-]{20,100})(?:&unsaved=([\w-]+))?$/.exec(hash);
  return match?.[1] === undefined ? null : { token: match[1], unsaved: match[2] ?? null };
}

/** What someone pasted: a printed address of this machine, or null. */
export function printedAddress(text: string): { origin: string; hash: string; token: string } | null {
  try {
    const url = new URL(text.trim());
    const handed = handedIn(url.hash);
    const isLocal = url.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
    return handed && isLocal ? { origin: url.origin, hash: url.hash, token: handed.token } : null;
  } catch {
    return null;
  }
}

export interface AddressParts {
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null;
  hash(): string;
  /** Puts another part after the `#`, leaving no entry in the history. */
  replace(hash: string): void;
}

export interface Address {
  readonly token: string | null;
  /** What the address brought along, once. */
  takeUnsaved(): string | null;
  /** Reads the address; true when it held a token. `before`: the route to go back to. */
  take(before?: string): boolean;
  /** Kept for a reload once it was accepted, or at once where there was none. */
  use(token: string): void;
  accepted(): void;
  /** The token was refused: true when the one before it is to be tried. */
  fallBack(): boolean;
}

export function createAddress({ storage, hash, replace }: AddressParts): Address {
  let token = storage?.getItem(STORED) ?? null;
  let earlier: string | null = null;
  let unsaved: string | null = null;

  function use(next: string): void {
    if (next !== token) earlier = token;
    token = next;
    if (earlier === null) keepText(storage, STORED, next);
  }

  return {
    get token() {
      return token;
    },
    takeUnsaved() {
      const taken = unsaved;
      unsaved = null;
      return taken;
    },
    take(before = '') {
      const handed = handedIn(hash());
      if (!handed) return false;
      replace(before);
      use(handed.token);
      unsaved = handed.unsaved;
      return true;
    },
    use,
    accepted() {
      earlier = null;
      if (token !== null) keepText(storage, STORED, token);
    },
    fallBack() {
      // A link with a wrong token must not lock out a window that has the right one, nor bring values along.
      unsaved = null;
      if (earlier === null) return false;
      token = earlier;
      earlier = null;
      return true;
    },
  };
}
