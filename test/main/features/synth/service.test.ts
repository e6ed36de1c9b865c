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
  expect(steps.at(-1)).toBe(1);
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
