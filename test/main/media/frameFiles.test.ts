/** Decoded frames are a cache: deleted, they come back. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { decodeVideo } from '../../../src-main/media/decodeVideo.ts';
import { ensureFrame, ensureFrames, frameFolder } from '../../../src-main/media/frameFiles.ts';
import { requireFfmpeg } from '../../support/ffmpeg.ts';
import { openTestProject } from '../../support/project.ts';

const sample = fileURLToPath(new URL('../../../datasets/samples/pets09-s2l1', import.meta.url));

// May fetch it, which takes longer than a test may.
beforeAll(async () => void (await requireFfmpeg()));

test('frames of a video come back after the cache was deleted, the first ones before the last', async () => {
  await using project = await openTestProject();
  const { context } = project.host;
  await context.settings.set('ffmpeg', (await requireFfmpeg()).path);
  const { jobId } = await project.host.client().call('imports.start', { path: sample, importer: 'mot-video', options: {}, name: null });
  await context.jobs.wait(jobId);
  const folder = frameFolder(context.project, 1);
  expect(readdirSync(folder)).toHaveLength(795);
  rmSync(join(project.folder, 'cache'), { recursive: true });

  const [early, again] = await Promise.all([ensureFrame(context, 1, 3), ensureFrame(context, 1, 4)]);
  expect(existsSync(early) && existsSync(again)).toBe(true);
  await ensureFrames(context, 1);
  expect(readdirSync(folder)).toHaveLength(795);
  expect(readdirSync(join(folder, '..'))).toEqual(['1']);
  await expect(ensureFrame(context, 1, 5000)).rejects.toMatchObject({ code: 'MEDIA_MISSING' });
});

// Size, rate and count of the sample as its seqinfo.ini gives them.
test('a video is counted exactly without writing anything', async () => {
  await using project = await openTestProject();
  await project.host.context.settings.set('ffmpeg', (await requireFfmpeg()).path);
  const heard: number[] = [];
  const facts = await decodeVideo(project.host.context, join(sample, 'vtest.avi'), { folder: null, total: 795, onProgress: (done) => heard.push(done) });
  expect(facts).toEqual({ width: 768, height: 576, frames: 795, fps: 10, headerFrames: null, isDamaged: false });
  expect(heard.at(-1)).toBe(795);
  // Each frame is told, one after the other.
  expect(new Set(heard).size).toBeGreaterThan(790);
});

test('without an ffmpeg it says so', async () => {
  await using project = await openTestProject();
  await project.host.context.settings.set('ffmpeg', '/nowhere/ffmpeg');
  await expect(decodeVideo(project.host.context, join(sample, 'vtest.avi'), { folder: null, total: 0 })).rejects.toMatchObject({
    code: 'FFMPEG_MISSING',
    message: expect.stringContaining('/nowhere/ffmpeg') as unknown,
  });
});
