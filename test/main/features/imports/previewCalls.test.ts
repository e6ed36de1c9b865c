/** Previews around the reading: what is told, whose question ends whose, how many are read at once, and which videos are counted again. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ImportChildTools } from '../../../../src-main/features/imports/importInChild.ts';
import type { ReadResult, ReadTask } from '../../../../src-main/features/imports/importProtocol.ts';
import { createPreviews, type Previews } from '../../../../src-main/features/imports/preview.ts';
import { importContext, type ImportContext } from '../../../support/importContext.ts';
import { spoolOf } from '../../../support/madeSource.ts';
import { putDataset } from '../../../support/tablesHere.ts';
import { until } from '../../../support/until.ts';

interface Reading {
  task: ReadTask;
  tools: ImportChildTools;
  done(read: ReadResult): void;
  fail(error: Error): void;
}
const now = vi.hoisted(() => ({ readings: [] as Reading[], counted: [] as string[], fails: false }));
vi.mock('../../../../src-main/features/imports/importInChild.ts', () => ({
  importInChild(task: ReadTask, tools: ImportChildTools) {
    const { promise, resolve, reject } = Promise.withResolvers<ReadResult>();
    now.readings.push({ task, tools, done: resolve, fail: reject });
    tools.signal.addEventListener('abort', () => reject(tools.signal.reason as Error));
    return promise;
  },
}));
vi.mock('../../../../src-main/media/ffmpegBinary.ts', () => ({ findFfmpeg: async () => ({}) }));
vi.mock('../../../../src-main/media/mediaProbe.ts', () => ({
  createQuickProbe: (_context: unknown, folder: string) => ({
    async video(path: string) {
      now.counted.push(`${folder}/${path}`);
      if (now.fails) throw new Error('no video');
      return { width: 1, height: 1, frames: now.counted.length, fps: 1 };
    },
  }),
  createImportProbe: () => ({ video: () => Promise.reject(new Error('asked for decoding')), discard: async () => undefined }),
}));

let made: ImportContext;
let previews: Previews;
let root: string;
beforeEach(async () => {
  made = await importContext();
  previews = createPreviews(made.context);
  root = join(made.here.folder, 'media');
  mkdirSync(root);
  Object.assign(now, { readings: [], counted: [], fails: false });
});
afterEach(() => made[Symbol.dispose]());

const cameras = Array.from({ length: 51 }, (_, index) => ({ camid: index + 1, name: `c${index + 1}` }));
const READ = {
  importer: 'image-folder',
  options: { minFrames: 1 },
  summary: { name: 'set', licence: null, origin: null },
  files: { seen: 3, used: 2, leftOut: 1 },
  guesses: [{ option: 'camera', value: 'auto', why: 'w', examples: [] }],
  counts: { identities: 1, cameras: 51, tracklets: 3, frames: 4, splits: { none: 3 }, splitSets: [] },
  cameras,
  examples: [{ key: 'k', identity: 'i', camera: 'c', split: 'none', frames: 1, file: 'f' }],
  warnings: [{ code: 'W', message: 'm', where: 'w', count: 1 }],
  videos: {},
  contentHash: 'content 1',
  chunks: [],
  isArchive: false,
  peakMemory: 1,
} satisfies ReadResult;
const TOLD = {
  importer: 'image-folder',
  options: { minFrames: 1 },
  name: 'set',
  ...READ.counts,
  cameraNames: cameras.slice(0, 50).map(({ name }) => name),
  examples: READ.examples,
  files: READ.files,
  guesses: READ.guesses,
  warnings: READ.warnings,
  everyPicture: true,
  earlier: null,
  alreadyImported: null,
  changed: null,
};

/** Failures are looked at later. */
function ask(client: string, change: { quick?: boolean; signal?: AbortSignal } = {}) {
  const { quick = true, signal = new AbortController().signal } = change;
  const asked = previews.preview(client, { path: root, importer: null, options: {}, quick }, signal);
  asked.catch(() => undefined);
  return asked;
}
const begun = (count: number): Promise<unknown> => until(() => now.readings.length >= count || null);

describe('tells', () => {
  test('all that was read, and that a quick look knows nothing of what is there already', async () => {
    putDataset(made.here.sql, 1, []);
    const asked = ask('a');
    await begun(1);
    expect(now.readings[0]?.task).toMatchObject({ folder: root, spool: null, everyPicture: false });
    now.readings[0]?.done(READ);
    expect(await asked).toEqual({ ...TOLD, everyPicture: false });
  });

  test('what is there already', async () => {
    putDataset(made.here.sql, 1, []);
    const asked = ask('a', { quick: false });
    await begun(1);
    expect(now.readings[0]?.task).toMatchObject({ everyPicture: true, spool: expect.stringContaining('cache/imports') as string });
    now.readings[0]?.done(READ);
    expect(await asked).toEqual({ ...TOLD, alreadyImported: 'Set 1' });
  });

  test('what changed, without what an update alone needs', async () => {
    putDataset(made.here.sql, 1, [{ id: 1, pid: 1, camid: 1, split: 'none' }], { root });
    made.here.sql.exec(`UPDATE dataset SET importer = 'image-folder', options = '{}'`);
    const options = { people: 'numbers', conventions: true, camera: 'auto', frameNumber: 0, checkEvery: true, minFrames: 1 };
    const asked = ask('a', { quick: false });
    await begun(1);
    const { chunks } = spoolOf(now.readings[0]?.task.spool ?? '', [{ key: 'new', contents: [1, 2] }]);
    now.readings[0]?.done({ ...READ, options, contentHash: 'other', chunks });
    expect(await asked).toEqual({
      ...TOLD,
      options,
      earlier: 'Set 1',
      changed: {
        dataset: 1,
        name: 'Set 1',
        tracklets: { added: 1, changed: 0, removed: 1, renamed: 0 },
        pictures: { changed: 0, added: 2, removed: 3 },
      },
    });
  });
});

describe('a question', () => {
  test("ends the last one of its client, also when that one's end is still on its way; no other client's", async () => {
    const first = ask('a');
    await begun(1);
    const other = ask('b');
    await begun(2);
    const second = ask('a');
    await expect(first).rejects.toThrow();
    await begun(3);
    expect(now.readings.map(({ tools }) => tools.signal.aborted)).toEqual([true, false, false]);
    const third = ask('a');
    await expect(second).rejects.toThrow();
    await begun(4);
    now.readings[1]?.done(READ);
    now.readings[3]?.done(READ);
    expect([(await other).name, (await third).name]).toEqual(['set', 'set']);
  });

  test('ends with its client', async () => {
    const abort = new AbortController();
    const asked = ask('a', { signal: abort.signal });
    await begun(1);
    abort.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
  });

  test('waits while two others are read, and is not read when it ended by then', async () => {
    const asked = [ask('a')];
    await begun(1);
    asked.push(ask('b'));
    await begun(2);
    asked.push(ask('c'), ask('d'));
    const again = ask('c');
    now.readings[0]?.done(READ);
    await asked[0];
    await expect(asked[2]).rejects.toThrow();
    await begun(3);
    now.readings[1]?.fail(new Error('broken'));
    await expect(asked[1]).rejects.toThrow('broken');
    await begun(4);
    for (const { done } of now.readings) done(READ);
    expect([(await asked[3]!).name, (await again).name, now.readings.length]).toEqual(['set', 'set', 4]);
  });
});

describe('a video', () => {
  async function reading(client = 'a'): Promise<ImportChildTools['video']> {
    const before = now.readings.length;
    ask(client);
    await begun(before + 1);
    return now.readings[before]!.tools.video;
  }
  const write = (name: string, text: string, seconds: number): void => {
    writeFileSync(join(root, name), text);
    utimesSync(join(root, name), seconds, seconds);
  };

  test('is counted once, by any client, until it is another file', async () => {
    write('v.avi', 'one', 1000);
    const video = await reading();
    expect([await video('v.avi'), await (await reading('b'))('v.avi')].map(({ frames }) => frames)).toEqual([1, 1]);
    write('v.avi', 'longer', 1000);
    expect((await video('v.avi')).frames).toBe(2);
    write('v.avi', 'larger', 2000);
    expect((await video('v.avi')).frames).toBe(3);
    expect((await video('v.avi')).frames).toBe(3);
    expect(now.counted).toEqual([`${root}/v.avi`, `${root}/v.avi`, `${root}/v.avi`]);
    await expect(video('../project.sqlite')).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  test('that could not be counted is counted again', async () => {
    write('v.avi', 'one', 1000);
    const video = await reading();
    now.fails = true;
    await expect(video('v.avi')).rejects.toThrow('no video');
    now.fails = false;
    expect((await video('v.avi')).frames).toBe(2);
  });

  test('is forgotten after twenty others', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `${index}.avi`);
    for (const name of names) write(name, 'x', 1000);
    const video = await reading();
    for (const name of names.slice(0, 20)) await video(name);
    await video('0.avi');
    expect(now.counted).toHaveLength(20);
    await video('20.avi');
    for (const name of ['1.avi', '20.avi']) await video(name);
    expect(now.counted).toHaveLength(21);
    await video('0.avi');
    expect(now.counted).toHaveLength(22);
  });
});
