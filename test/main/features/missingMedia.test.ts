/** Which files of a data set are looked for, and what counts as not there; the disk is played by the test. */
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { missingMedia } from '../../../src-main/features/datasets/missingMedia.ts';
import type { FileThreads } from '../../../src-main/pixels/fileThreads.ts';

const share = resolve('/share');
let files: string[];
let asked: string[];
beforeEach(() => {
  vi.useFakeTimers();
  [files, asked] = [['a.jpg', 'b.jpg', 'a.jpg', 'c.jpg'], []];
});
afterEach(() => vi.useRealTimers());

/** `answer`: what is at a path; null nothing, undefined never an answer. */
function look(answer: (name: string) => object | null | undefined) {
  const threads: FileThreads = {
    ask(_kind, path) {
      asked.push(path);
      const found = answer(path.slice(share.length + 1));
      return found === undefined ? new Promise(() => undefined) : (Promise.resolve(found) as never);
    },
    lost: () => 0,
  };
  const context = {
    db: { read: async () => files.map((path) => ({ datasetId: 1, root: share, path })) },
    project: { folder: resolve('/project'), root: (path: string) => path },
  };
  return missingMedia(context as never, 1, threads);
}

test('each file is looked for once; where all are there nothing is missing', async () => {
  expect(await look(() => ({}))).toBeNull();
  expect(asked).toEqual(['a.jpg', 'b.jpg', 'c.jpg'].map((name) => join(share, name)));
  expect(vi.getTimerCount()).toBe(0);
});

test('those that are not there are counted, and the first of them named', async () => {
  expect(await look((name) => (name === 'a.jpg' ? {} : null))).toEqual({ count: 2, of: 3, example: 'b.jpg', root: share, datasetId: 1 });
});

test('of a data set that is made of others each file is looked for where its own lies, and the first that is missing says where', async () => {
  const rooted = [
    { datasetId: 4, root: '/four', path: 'a.jpg' },
    { datasetId: 5, root: '/five', path: 'a.jpg' },
  ];
  const threads = { ask: async (_kind: string, path: string) => (path.includes('four') ? {} : null), lost: () => 0 } as unknown as FileThreads;
  const context = { db: { read: async () => rooted }, project: { folder: resolve('/project'), root: (path: string) => path } };
  expect(await missingMedia(context as never, 9, threads)).toEqual({ count: 1, of: 2, example: 'a.jpg', root: '/five', datasetId: 5 });
});

test('a data set without any file misses none', async () => {
  files = [];
  expect(await look(() => null)).toBeNull();
});

test('a disk that does not answer is asked where it holds nobody up; its files count as not there', async () => {
  const missing = look((name) => (name === 'b.jpg' ? {} : undefined));
  let isSaid = false;
  void missing.then(() => (isSaid = true));
  await vi.advanceTimersByTimeAsync(1999);
  expect(isSaid).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await missing).toEqual({ count: 2, of: 3, example: 'a.jpg', root: share, datasetId: 1 });
});
