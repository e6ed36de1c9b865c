/** Decoded frames are a cache: deleted, they come back. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { decodeVideo } from '../../../src-main/media/decodeVideo.ts';
import { decodePicture } from '../../../src-main/pixels/decode.ts';
import { ensureFrame, ensureFrames, frameFolder } from '../../../src-main/media/frameFiles.ts';
import { requireFfmpeg } from '../../support/ffmpeg.ts';
import { motRows } from '../../support/motSequence.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';

const sample = fileURLToPath(new URL('../../../datasets/samples/pets09-s2l1', import.meta.url));

// May fetch it, which takes longer than a test may.
beforeAll(async () => void (await requireFfmpeg()));

test('frames of a video come back after the cache was deleted, the first ones before the last', async () => {
  await using project = await openTestProject();
  const { context } = project.host;
  await context.settings.set('ffmpeg', (await requireFfmpeg()).path);
  const { jobId } = await project.host.client().call('imports.start', { path: sample, importer: 'mot-video', options: {}, name: null });
  await context.jobs.wait(jobId);
  const source = await context.db.read('media', 'source', { id: 1 });
  const folder = frameFolder(context.project, 1, source.videoHash);
  expect(readdirSync(folder)).toHaveLength(795);
  rmSync(join(project.folder, 'cache'), { recursive: true });

  const [early, again] = await Promise.all([ensureFrame(context, source, 3), ensureFrame(context, source, 4)]);
  expect(existsSync(early) && existsSync(again)).toBe(true);
  await ensureFrames(context, 1);
  expect(readdirSync(folder)).toHaveLength(795);
  expect(readdirSync(join(folder, '..'))).toEqual([`1-${source.videoHash?.slice(0, 12)}`]);
  await expect(ensureFrame(context, source, 5000)).rejects.toMatchObject({ code: 'MEDIA_MISSING' });
});

test('another video in the place of the imported one is refused, whether frames are there or not; its frames are taken for no other', async () => {
  await using project = await openTestProject();
  const { context } = project.host;
  await context.settings.set('ffmpeg', (await requireFfmpeg()).path);
  using sources = temporaryFolder();
  const video = join(sources.path, 'seq.avi');
  const film = async (colour: string): Promise<void> => {
    const ffmpeg = (await requireFfmpeg()).path;
    const made = spawnSync(
      ffmpeg,
      ['-v', 'error', '-y', '-f', 'lavfi', '-i', `color=${colour}:size=100x80:rate=10`, '-frames:v', '6', '-c:v', 'mjpeg', video],
      {
        encoding: 'utf8',
      },
    );
    expect(made.stderr).toBe('');
  };
  await film('red');
  writeFileSync(join(sources.path, 'gt.txt'), motRows([1, 2], 6));
  const importVideo = async (changed: object): Promise<void> => {
    const { jobId } = await project.host.client().call('imports.start', { path: sources.path, importer: 'mot-video', options: {}, name: null, ...changed });
    await context.jobs.wait(jobId);
  };
  await importVideo({});
  const source = await context.db.read('media', 'source', { id: 1 });
  const whole = readFileSync(video);
  const refused = {
    code: 'SOURCE_CHANGED',
    message: expect.stringMatching(/seq\.avi of ".*" is another one than was imported/) as string,
    remedy: expect.stringContaining('put the old files back') as string,
  };

  writeFileSync(video, Buffer.concat([whole, Buffer.alloc(8)]));
  await expect(ensureFrames(context, 1)).rejects.toMatchObject(refused);
  // What the page shows of the cache is what was imported.
  await expect(ensureFrame(context, source, 1)).resolves.toContain(frameFolder(context.project, 1, source.videoHash));
  rmSync(join(project.folder, 'cache'), { recursive: true });
  await expect(ensureFrames(context, 1)).rejects.toMatchObject(refused);
  await expect(ensureFrame(context, source, 1)).rejects.toMatchObject(refused);
  expect(existsSync(frameFolder(context.project, 1, source.videoHash))).toBe(false);

  writeFileSync(video, whole);
  await ensureFrames(context, 1);
  // Gone: the frames are of its content, and serve.
  rmSync(video);
  await ensureFrames(context, 1);

  // Another film that is taken over: its frames are shown, and those of before would not be, were the project as it was before.
  await film('blue');
  await expect(ensureFrames(context, 1)).rejects.toMatchObject(refused);
  await importVideo({ changed: 'update' });
  await ensureFrames(context, 1);
  const updated = await context.db.read('media', 'source', { id: 1 });
  const blueOf = async (path: string): Promise<boolean> => {
    const { data } = await decodePicture(readFileSync(path), path);
    return (data[2] as number) > 200 && (data[0] as number) < 50;
  };
  expect(await blueOf(await ensureFrame(context, updated, 1))).toBe(true);
  await expect(ensureFrame(context, source, 1)).rejects.toMatchObject(refused);
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
