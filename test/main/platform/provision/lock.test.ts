/** The lock between programs: one at a time, released on failure, taken over from the dead. */
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from '../../../../src-main/platform/provision/lock.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(folder, 'x.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('runs one at a time', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await sleep(20);
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, work)));
  expect({ most, left: existsSync(path) }).toEqual({ most: 1, left: false });
});

it('gives back what the work gives, and is free again after a failure', async () => {
  await expect(withLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withLock(path, () => Promise.resolve(7))).toBe(7);
});

it('waits for a living owner until it is cancelled', async () => {
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), token: 'mine' }));
  await expect(withLock(path, () => Promise.resolve(1), AbortSignal.timeout(100))).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(existsSync(path)).toBe(true);
});

it('waits for an owner on another machine, whose processes it cannot see, until that one is silent for a minute', async () => {
  writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, host: 'another-machine', token: 'theirs' }));
  await expect(withLock(path, () => Promise.resolve(1), AbortSignal.timeout(100))).rejects.toMatchObject({ code: 'CANCELLED' });
  // A wall clock that was set forward, here or there, makes nobody silent.
  utimesSync(path, new Date(0), new Date(0));
  await expect(withLock(path, () => Promise.resolve(1), AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await withLock(path, () => Promise.resolve(1), undefined, hasty())).toBe(1);
});

it('takes over an unreadable lock only when it stays as it is for a minute', async () => {
  writeFileSync(path, '');
  await expect(withLock(path, () => Promise.resolve(1), AbortSignal.timeout(100))).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await withLock(path, () => Promise.resolve(1), undefined, hasty())).toBe(1);
});

it('goes on waiting for an owner that touches its lock, however long', async () => {
  writeFileSync(path, JSON.stringify({ pid: 2 ** 22 + 1, host: 'another-machine', token: 'theirs' }));
  let touches = 0;
  const touching = (): number => {
    // Between two looks a minute passes, and the owner says that it is there.
    utimesSync(path, new Date(touches * 1000), new Date(touches * 1000));
    return touches++ * 61_000;
  };
  await expect(withLock(path, () => Promise.resolve(1), AbortSignal.timeout(700), touching)).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(touches).toBeGreaterThan(2);
});

/** A monotonic clock by which a minute passes between two looks. */
function hasty(): () => number {
  let looks = 0;
  return () => looks++ * 61_000;
}
