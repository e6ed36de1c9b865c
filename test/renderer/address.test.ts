/** Where the token of a window comes from, where it stays, and what a wrong one can do. */
import { describe, expect, test } from 'vitest';
import { createAddress, handedIn, printedAddress } from '../../src-renderer/lib/address.ts';
import { fakeStorage } from './support/fakeStorage.ts';

const TOKEN = 'a'.repeat(43);
const OTHER = 'b'.repeat(43);

function windowAt(hash: string, stored: Record<string, string> = {}) {
  const values = new Map(Object.entries(stored));
  const shown = { hash };
  const address = createAddress({
    storage: {
      getItem: (key) => values.get(key) ?? null,
      setItem: (key, value) => void values.set(key, value),
      removeItem: (key) => void values.delete(key),
    },
    hash: () => shown.hash,
    replace: (next) => void (shown.hash = next),
  });
  return { address, shown, values };
}

describe('a window', () => {
  test('takes the token out of the address and keeps it for a reload', () => {
    const { address, shown, values } = windowAt(`#token=${TOKEN}`);
    expect(address.take()).toBe(true);
    expect([address.token, shown.hash, values.get('token')]).toEqual([TOKEN, '', TOKEN]);
    const reloaded = windowAt('#/annotate/7', Object.fromEntries(values));
    expect(reloaded.address.take()).toBe(false);
    expect([reloaded.address.token, reloaded.shown.hash]).toEqual([TOKEN, '#/annotate/7']);
  });

  test('goes on with the token of its address where the storage has no room for it', () => {
    const full = fakeStorage(10);
    const address = createAddress({ storage: full, hash: () => `#token=${TOKEN}`, replace: () => undefined });
    expect(address.take()).toBe(true);
    address.accepted();
    expect([address.token, full.getItem('token')]).toEqual([TOKEN, null]);
  });

  test('stays where it is when a printed address is put into it, and keeps the new token once it was accepted', () => {
    const { address, shown, values } = windowAt(`#token=${OTHER}`, { token: TOKEN });
    address.take('#/compare?e=1');
    expect([address.token, shown.hash]).toEqual([OTHER, '#/compare?e=1']);
    address.accepted();
    expect([values.get('token'), address.fallBack()]).toEqual([OTHER, false]);
  });

  test('has nothing without one', () => {
    expect(windowAt('').address.token).toBeNull();
    expect(createAddress({ storage: null, hash: () => '', replace: () => undefined }).token).toBeNull();
  });

  test('goes back to the token that it had when a link brings a wrong one, without what that link brought', () => {
    const { address, values } = windowAt(`#token=${OTHER}&unsaved=abc`, { token: TOKEN });
    address.take();
    // A reload in between would find the one that is known to be good.
    expect([address.token, values.get('token')]).toEqual([OTHER, TOKEN]);
    expect(address.fallBack()).toBe(true);
    expect([address.token, values.get('token'), address.takeUnsaved()]).toEqual([TOKEN, TOKEN, null]);
    expect(address.fallBack()).toBe(false);
  });

  test('hands out what the address brought once', () => {
    const { address } = windowAt(`#token=${TOKEN}&unsaved=abc-_1`);
    address.take();
    expect([address.takeUnsaved(), address.takeUnsaved()]).toEqual(['abc-_1', null]);
  });
});

test.each(['', '#', '#/tracklets', '#token=', '#token=short', `#token=${TOKEN}&x=1`, `#token=${TOKEN}/..`, `#x#token=${TOKEN}`])(
  '"%s" holds no token',
  (hash) => {
    expect(handedIn(hash)).toBeNull();
  },
);

describe('a pasted address', () => {
  test('is taken with blanks around it, of this machine only', () => {
    expect(printedAddress(` http://127.0.0.1:4567/#token=${TOKEN}\n`)).toEqual({ origin: 'http://127.0.0.1:4567', hash: `#token=${TOKEN}`, token: TOKEN });
    for (const text of [
      '',
      TOKEN,
      `https://evil.example/#token=${TOKEN}`,
      `http://evil.example/#token=${TOKEN}`,
      'http://127.0.0.1:4567/',
      `javascript:1#token=${TOKEN}`,
    ])
      expect(printedAddress(text)).toBeNull();
  });
});
