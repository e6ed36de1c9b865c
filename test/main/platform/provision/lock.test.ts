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
  const longAgo = new Date(Date.now() - 61_000);
  utimesSync(path, longAgo, longAgo);
  expect(await withLock(path, () => Promise.resolve(1))).toBe(1);
});

it('takes over an unreadable lock only when it is old', async () => {
  writeFileSync(path, '');
  await expect(withLock(path, () => Promise.resolve(1), AbortSignal.timeout(100))).rejects.toMatchObject({ code: 'CANCELLED' });
  utimesSync(path, new Date(0), new Date(0));
  expect(await withLock(path, () => Promise.resolve(1))).toBe(1);
});
