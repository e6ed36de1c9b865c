/** The whole way of a small synthetic set: threads, files, cancelling, occupied folders; imported again by the real importer. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import synthetic from '../../../../datasets/importers/synthetic.ts';
import { openFileTree } from '../../../../src-main/features/imports/fileTree.ts';
import { synthesise } from '../../../../src-main/features/synth/service.ts';
import { runImporter } from '../../../support/recordingSink.ts';

const small = { identities: 4, cameras: 2, framesMin: 3, framesMax: 6, seed: 9 };
let base = '';

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'synth-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function digest(folder: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort())
    hash.update(file.slice(folder.length)).update(readFileSync(file));
  return hash.digest('hex');
}

async function sizeOf(path: string): Promise<{ width: number; height: number }> {
  const { width = 0, height = 0 } = await sharp(join(base, 'a', path)).metadata();
  return { width, height };
}

test('same seed same bytes with one thread and with two; the importer reads it back', async () => {
  const steps: number[] = [];
  const result = await synthesise(join(base, 'a'), small, { threads: 1, onProgress: (done, total) => steps.push(done / total) });
  await synthesise(join(base, 'b'), small, { threads: 2 });
  expect(digest(join(base, 'b'))).toBe(digest(join(base, 'a')));
  expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((done) => done / 8));
  expect(readdirSync(base).sort()).toEqual(['a', 'b']);
  const recorded = await runImporter(synthetic, await openFileTree(join(base, 'a')), {
    image: sizeOf,
    check: sizeOf,
    video: () => Promise.reject(new Error('there is no video')),
  });
  expect(result).toEqual({
    identities: 4,
    distractors: 0,
    cameras: 2,
    tracklets: recorded.tracklets.length,
    frames: recorded.tracklets.reduce((sum, tracklet) => sum + tracklet.frameIndex.length, 0),
  });
  expect(recorded.tracklets).toHaveLength(8);
});

test('cancelled, it leaves nothing', async () => {
  const controller = new AbortController();
  const made = synthesise(join(base, 'a'), { ...small, identities: 40 }, { signal: controller.signal, threads: 1, onProgress: () => controller.abort() });
  await expect(made).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(readdirSync(base)).toEqual([]);
});

test('an occupied folder stays as it is; an empty one is used; wrong options are named', async () => {
  mkdirSync(join(base, 'full'));
  writeFileSync(join(base, 'full', 'mine.txt'), 'mine');
  await expect(synthesise(join(base, 'full'), small)).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('is not empty') as string });
  expect(readdirSync(join(base, 'full'))).toEqual(['mine.txt']);
  await expect(synthesise(join(base, 'x'), { ...small, cameras: 0 })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('cameras') as string,
  });
  await expect(synthesise(join(base, 'x'), { ...small, framesMin: 9 })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('framesMin') as string,
  });
  mkdirSync(join(base, 'empty'));
  await synthesise(join(base, 'empty'), { ...small, identities: 2, cameras: 1 });
  expect(readdirSync(join(base, 'empty')).sort()).toEqual(['crops', 'synthetic.json']);
});

test.each([
  [{ cameras: 0 }, 'cameras', /^The option cameras of the generator does not fit: ./],
  [{ framesMin: 7 }, 'framesMin', /^The shortest tracklet \(framesMin 7\) is longer than the longest \(framesMax 6\)\.$/],
])('%j is refused by its key before anything is made', async (wrong, key, message) => {
  await expect(synthesise(join(base, 'x'), { ...small, ...wrong })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringMatching(message) as string,
    params: { key },
  });
  expect(readdirSync(base)).toEqual([]);
});

test('a file is no folder, and stays', async () => {
  const file = join(base, 'file');
  writeFileSync(file, 'mine');
  await expect(synthesise(file, small)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: `${file} is a file; name a new or empty folder.`,
    params: { folder: file },
  });
  await expect(synthesise(join(base, 'no', 'parent'), small)).rejects.toMatchObject({ message: expect.stringContaining('ENOENT') as string });
  expect(readdirSync(base)).toEqual(['file']);
});

test('what was cancelled before it began makes nothing', async () => {
  await expect(synthesise(join(base, 'a'), small, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'CANCELLED',
    message: 'The synthetic set was cancelled; nothing was kept.',
  });
  expect(readdirSync(base)).toEqual([]);
});

test('people and distractors are told apart, tracklets of one length have it, and what an earlier try left is cleared', async () => {
  mkdirSync(join(base, `.a.part-${process.pid}`));
  const made = await synthesise(join(base, 'a'), { identities: 2, cameras: 1, distractors: 3, framesMin: 2, framesMax: 2, seed: 1 }, { threads: 1 });
  expect(made).toMatchObject({ identities: 2, distractors: 3, cameras: 1, frames: 2 * made.tracklets });
  expect(readdirSync(base)).toEqual(['a']);
});
