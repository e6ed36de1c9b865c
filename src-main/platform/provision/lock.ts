/**
 * A lock between programs: one file that holds the owner's process id and is touched while the owner lives.
 * A lock whose owner has died, or has not touched it for a minute of the waiting program's monotonic clock, is taken over. Never guards correctness alone:
 * what it protects is also written beside and renamed. Test: test/main/platform/provision/lock.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../src-shared/errors.ts';
import { monotonicClock } from '../clock.ts';

const TOUCH_MS = 5_000;
const STALE_MS = 60_000;
const POLL_MS = 200;

interface Owner {
  pid: number;
  host: string;
  token: string;
}

/** Waits for the lock, runs `work`, releases it. */
export async function withLock<T>(path: string, work: () => Promise<T>, signal?: AbortSignal, now: () => number = monotonicClock): Promise<T> {
  const token = randomUUID();
  const silence = silenceOf(now);
  while (!(await tryAcquire(path, token))) {
    if (signal?.aborted) throw new AppError('CANCELLED', 'Waiting for another program was cancelled.');
    if (await isStale(path, silence)) await takeAway(path, token, silence);
    else await sleep(POLL_MS);
  }
  const touch = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), TOUCH_MS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if ((await readOwner(path))?.token === token) await rm(path, { force: true });
  }
}

async function tryAcquire(path: string, token: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname(), token } satisfies Owner));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** How long a time of last touch has not changed while we looked: neither our clock nor that of a file server says how old it is. */
function silenceOf(now: () => number): (touchedAt: number) => number {
  let known = { touchedAt: NaN, since: 0 };
  return (touchedAt) => {
    const at = now();
    if (known.touchedAt !== touchedAt) known = { touchedAt, since: at };
    return at - known.since;
  };
}

async function isStale(path: string, silence: (touchedAt: number) => number): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  if (!info) return false;
  if (silence(info.mtimeMs) > STALE_MS) return true;
  const owner = await readOwner(path);
  // Unreadable: its owner is just writing it, or died doing so, which the silence above settles.
  return owner !== null && owner.host === hostname() && !isAlive(owner.pid);
}

/** Of several that find the same dead lock, only one may take it away, and none a new one that another has made since: renamed first, then looked at. */
async function takeAway(path: string, token: string, silence: (touchedAt: number) => number): Promise<void> {
  const aside = `${path}.${token}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (await isStale(aside, silence)) await rm(aside, { force: true });
  else await rename(aside, path);
}

async function readOwner(path: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
