/** What a real import child says: its log, its first and last progress, questions about videos, and how many pictures a quick look opens. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { importInChild, type ImportChildTools } from '../../../../src-main/features/imports/importInChild.ts';
import type { ReadTask } from '../../../../src-main/features/imports/importProtocol.ts';
import { AppError } from '../../../../src-shared/errors.ts';
import { motRows, picture } from '../../../support/motSequence.ts';
import { temporaryFolder } from '../../../support/project.ts';

const sources = temporaryFolder();
afterAll(() => sources[Symbol.dispose]());

function listen(change: Partial<ImportChildTools> = {}) {
  const log: unknown[] = [];
  const progress: unknown[] = [];
  const tools: ImportChildTools = {
    signal: new AbortController().signal,
    progress: (...now) => void progress.push(now),
    log: (...line) => void log.push(line),
    video: () => Promise.reject(new Error('nobody asks')),
    ...change,
  };
  return { log, progress, tools };
}
const task = (folder: string, everyPicture = true): ReadTask => ({
  kind: 'read',
  folder,
  importer: null,
  options: {},
  strict: false,
  spool: null,
  everyPicture,
});

/** Of one person in two tracklets; the last picture is broken. */
let folders: Record<number, string>;
beforeAll(async () => {
  const good = await picture(1);
  folders = {};
  for (const count of [200, 201]) {
    const folder = join(sources.path, `of-${count}`);
    folders[count] = folder;
    mkdirSync(join(folder, '0001/c1'), { recursive: true });
    mkdirSync(join(folder, '0001/c2'), { recursive: true });
    for (let number = 1; number <= count; number++)
      writeFileSync(join(folder, number <= 100 ? '0001/c1' : '0001/c2', `${String(number).padStart(4, '0')}.jpg`), number === count ? 'broken' : good);
  }
});

test('tells what it recognises, with words of its own', async () => {
  const { log, progress, tools } = listen();
  const found = await importInChild({ kind: 'probe', folder: folders[200] ?? '' }, tools);
  expect([found.map(({ importer }) => importer), log, progress]).toEqual([['image-folder'], [], []]);
});

test('reads, logs, and tells its first and last progress', async () => {
  const { log, progress, tools } = listen();
  const { files, counts } = await importInChild(task(folders[201] ?? ''), tools);
  expect([files, counts.frames]).toEqual([{ seen: 201, used: 200, leftOut: 1 }, 200]);
  expect(log).toEqual([['info', `Reading ${folders[201] ?? ''} with the importer "image-folder".`]]);
  expect([progress[0], progress.at(-1)]).toEqual([
    [1, 2, 'records', '0001/c1'],
    [2, 2, 'records', '0001/c2'],
  ]);
});

test('a quick look opens two hundred pictures, and takes the rest for what they were', async () => {
  const { tools } = listen();
  expect((await importInChild(task(folders[200] ?? '', false), tools)).files).toEqual({ seen: 200, used: 199, leftOut: 1 });
  expect((await importInChild(task(folders[201] ?? '', false), tools)).files).toEqual({ seen: 201, used: 201, leftOut: 0 });
});

test('asks for a video, and takes the answer or the refusal as it is', async () => {
  const folder = join(sources.path, 'video');
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.avi'), 'RIFF');
  writeFileSync(join(folder, 'gt.txt'), motRows([1], 4));
  const asked: string[] = [];
  const video = async (path: string) => (asked.push(path), { width: 100, height: 80, frames: 4, fps: 25 });
  expect((await importInChild(task(folder), listen({ video }).tools)).counts.frames).toBe(4);
  expect(asked).toEqual(['a.avi']);
  const refusal = new AppError('MEDIA_UNDECODABLE', 'a.avi is noise.', { file: 'a.avi' });
  await expect(importInChild(task(folder), listen({ video: () => Promise.reject(refusal) }).tools)).rejects.toMatchObject({
    code: 'MEDIA_UNDECODABLE',
    message: 'a.avi is noise.',
    params: { file: 'a.avi' },
  });
});

test('ends when nobody wants it any more', async () => {
  const abort = new AbortController();
  const { tools } = listen({ signal: abort.signal, log: () => abort.abort() });
  await expect(importInChild(task(folders[201] ?? ''), tools)).rejects.toMatchObject({ code: 'CANCELLED' });
});
