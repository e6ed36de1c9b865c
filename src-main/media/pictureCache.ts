/**
 * Made pictures: hot ones in memory, strips and sheets also in `cache/pictures`; equal requests share one making, few are made at once,
 * newest first (a scrolling grid wants what it shows now), and one that nobody waits for any more is not begun. One source never has all the places, for
 * its disk may have stopped answering.
 * Test: test/main/media/pictures.test.ts.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readRegular } from '../platform/openRegular.ts';

export interface Made {
  body: Buffer;
  /** False: something in it could not be had now. It is given to those who wait, and made anew for the next. */
  isWhole: boolean;
}

export interface PictureCache {
  /** `key` must name the content: source stamp, tracklet, positions, size. `onDisk`: also kept between starts. */
  get(key: string, options: { onDisk: boolean; signal: AbortSignal }, make: (signal: AbortSignal) => Promise<Made>): Promise<Made>;
}

export interface PictureCacheOptions {
  folder: string;
  /** Makes a folder below it; default: with all those above. */
  makeFolder?: (path: string) => Promise<unknown>;
  memoryBytes: number;
  /** Pictures that are made at once. */
  atOnce: number;
}

interface Task {
  /** What stops answering as one: the source that the key begins with. */
  group: string;
  waiting: number;
  abort: AbortController;
  begin(): void;
  begun: boolean;
}

export function createPictureCache({ folder, makeFolder = makeAllFolders, memoryBytes, atOnce }: PictureCacheOptions): PictureCache {
  const memory = new Map<string, Buffer>();
  const underWay = new Map<string, { task: Task; result: Promise<Made> }>();
  const queue: Task[] = [];
  let bytes = 0;
  let running = 0;
  const runningOf = new Map<string, number>();

  function remember(key: string, picture: Buffer): void {
    memory.set(key, picture);
    bytes += picture.length;
    for (const [oldest, old] of memory) {
      if (bytes <= memoryBytes) break;
      memory.delete(oldest);
      bytes -= old.length;
    }
  }

  function next(): void {
    while (running < atOnce) {
      const place = queue.findLastIndex(({ group }) => (runningOf.get(group) ?? 0) < Math.max(1, atOnce - 1));
      const task = queue[place];
      if (!task) return;
      queue.splice(place, 1);
      task.begun = true;
      running++;
      runningOf.set(task.group, (runningOf.get(task.group) ?? 0) + 1);
      task.begin();
    }
  }

  function start(key: string, onDisk: boolean, make: (signal: AbortSignal) => Promise<Made>): { task: Task; result: Promise<Made> } {
    const turn = Promise.withResolvers<void>();
    const task: Task = { group: key.slice(0, key.indexOf('/')), waiting: 0, abort: new AbortController(), begun: false, begin: turn.resolve };
    task.abort.signal.addEventListener('abort', () => {
      const place = queue.indexOf(task);
      if (place < 0) return;
      queue.splice(place, 1);
      turn.reject(task.abort.signal.reason);
    });
    async function work(): Promise<Made> {
      await turn.promise;
      try {
        const file = join(folder, `${key}.jpg`);
        const stored = onDisk ? await readRegular(file).catch(() => null) : null;
        const made = stored ? { body: stored, isWhole: true } : await make(task.abort.signal);
        if (!made.isWhole) return made;
        remember(key, made.body);
        // A cache that cannot be written costs time, not pictures.
        if (onDisk && !stored) void store(file, made.body, makeFolder).catch(() => undefined);
        return made;
      } finally {
        running--;
        const others = (runningOf.get(task.group) ?? 1) - 1;
        if (others > 0) runningOf.set(task.group, others);
        else runningOf.delete(task.group);
        next();
      }
    }
    const entry = { task, result: work().finally(() => underWay.delete(key)) };
    entry.result.catch(() => undefined);
    underWay.set(key, entry);
    queue.push(task);
    next();
    return entry;
  }

  return {
    async get(key, { onDisk, signal }, make) {
      const hot = memory.get(key);
      if (hot) {
        memory.delete(key);
        memory.set(key, hot);
        return { body: hot, isWhole: true };
      }
      signal.throwIfAborted();
      const known = underWay.get(key);
      // One that its last caller gave up is on its way out.
      const entry = known && !known.task.abort.signal.aborted ? known : start(key, onDisk, make);
      entry.task.waiting++;
      function leave(): void {
        entry.task.waiting--;
        if (entry.task.waiting === 0 && !entry.task.begun) entry.task.abort.abort(signal.reason);
      }
      signal.addEventListener('abort', leave, { once: true });
      try {
        return await entry.result;
      } finally {
        signal.removeEventListener('abort', leave);
      }
    },
  };
}

let counter = 0;

function makeAllFolders(path: string): Promise<unknown> {
  return mkdir(path, { recursive: true });
}

async function store(file: string, picture: Buffer, makeFolder: (path: string) => Promise<unknown>): Promise<void> {
  const unfinished = `${file}.${process.pid}-${counter++}.part`;
  await makeFolder(dirname(file));
  try {
    // Only as a new file: not through a link that lies there.
    await writeFile(unfinished, picture, { mode: 0o600, flag: 'wx' });
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
