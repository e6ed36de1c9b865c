/** Which stream is the video, what a full disk is, and what damage does: with the real ffmpeg and files that it made. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { PICTURES, VIDEOS } from '../../../datasets/readers/pictures.ts';
import { decodeVideo, type VideoFacts } from '../../../src-main/media/decodeVideo.ts';
import { decodePicture } from '../../../src-main/pixels/decode.ts';
import { requireFfmpeg } from '../../support/ffmpeg.ts';
import { temporaryFolder } from '../../support/project.ts';

let ffmpeg: string;
beforeAll(async () => void (ffmpeg = (await requireFfmpeg()).path));

function run(args: string[]): void {
  const { stderr } = spawnSync(ffmpeg, ['-y', '-v', 'error', ...args], { encoding: 'utf8' });
  expect(stderr).toBe('');
}

function decode(file: string, folder: string | null = null): Promise<VideoFacts> {
  const settings = { get: () => ffmpeg } as unknown as Parameters<typeof decodeVideo>[0]['settings'];
  return decodeVideo({ settings, paths: { provisioned: '/nowhere' } as never }, file, { folder, total: 0 });
}

const SOURCE = ['-f', 'lavfi', '-i', 'testsrc=size=96x64:rate=25'];
/** What ffmpeg is told to write into a file of that ending; it chooses the rest by the name. */
const ENCODED: Record<string, string[]> = {
  '3gp': ['-c:v', 'h263', '-s', '176x144'],
  '3g2': ['-c:v', 'mpeg4'],
  webm: ['-c:v', 'libvpx', '-b:v', '300k'],
  ogv: ['-c:v', 'libtheora'],
  flv: ['-c:v', 'flv'],
  f4v: ['-c:v', 'libx264', '-f', 'mp4'],
  m2ts: ['-c:v', 'mpeg2video'],
  mts: ['-c:v', 'mpeg2video', '-f', 'mpegts', '-mpegts_m2ts_mode', '1'],
  wmv: ['-c:v', 'wmv2'],
  asf: ['-c:v', 'msmpeg4'],
};

test.each([...VIDEOS])('a .%s that is offered is decoded', async (ending) => {
  using folder = temporaryFolder();
  const file = join(folder.path, `clip.${ending}`);
  run([...SOURCE, '-frames:v', '40', ...(ENCODED[ending] ?? []), file]);
  const facts = await decode(file, join(folder.path, 'frames'));
  expect(facts).toMatchObject({ frames: 40, fps: 25, headerFrames: null, isDamaged: false });
  expect(readdirSync(join(folder.path, 'frames'))).toHaveLength(40);
  const first = await decodePicture(readFileSync(join(folder.path, 'frames', '000000.jpg')), 'first');
  expect([first.width, first.height]).toEqual([facts.width, facts.height]);
});

test('every picture that is offered is decoded', async () => {
  const image = sharp({ create: { width: 5, height: 4, channels: 3, background: 'red' } });
  using folder = temporaryFolder();
  run(['-f', 'lavfi', '-i', 'color=red:size=5x4', '-frames:v', '1', join(folder.path, 'a.bmp')]);
  const made = {
    jpeg: await image.clone().jpeg().toBuffer(),
    png: await image.clone().png().toBuffer(),
    webp: await image.clone().webp().toBuffer(),
    tiff: await image.clone().tiff().toBuffer(),
    bmp: readFileSync(join(folder.path, 'a.bmp')),
  };
  for (const ending of PICTURES) {
    // By sharp's own account of which endings a format has.
    const format = ending === 'bmp' ? 'bmp' : (Object.keys(made) as (keyof typeof made)[]).find((id) => id !== 'bmp' && endingsOf(id).includes(`.${ending}`));
    expect(format, ending).toBeDefined();
    expect(await decodePicture(made[format ?? 'bmp'], ending)).toMatchObject({ width: 5, height: 4 });
  }
});

function endingsOf(format: 'jpeg' | 'png' | 'webp' | 'tiff'): string[] {
  return (sharp.format[format].input as { fileSuffix?: string[] }).fileSuffix ?? [];
}

test('a cover picture, even the first stream, is not the video', async () => {
  using folder = temporaryFolder();
  const [cover, clip, file] = ['cover.png', 'clip.mp4', 'both.mp4'].map((name) => join(folder.path, name)) as [string, string, string];
  run(['-f', 'lavfi', '-i', 'color=red:size=300x200', '-frames:v', '1', cover]);
  run([...SOURCE, '-frames:v', '40', '-c:v', 'mpeg4', clip]);
  run(['-i', cover, '-i', clip, '-map', '0', '-map', '1', '-c', 'copy', '-disposition:v:0', 'attached_pic', file]);
  expect(await decode(file)).toMatchObject({ width: 96, height: 64, frames: 40 });
  run(['-i', cover, '-f', 'lavfi', '-i', 'sine=duration=1', '-map', '0', '-map', '1', '-c:v', 'copy', '-disposition:v:0', 'attached_pic', file]);
  await expect(decode(file)).rejects.toMatchObject({ code: 'MEDIA_UNDECODABLE', message: expect.stringMatching(/cannot be opened/) as unknown });
});

test('a turned video has the size and the pictures that are seen', async () => {
  using folder = temporaryFolder();
  const [clip, file] = [join(folder.path, 'clip.mp4'), join(folder.path, 'turned.mp4')];
  run([...SOURCE, '-frames:v', '10', '-c:v', 'mpeg4', clip]);
  run(['-display_rotation', '90', '-i', clip, '-c', 'copy', file]);
  expect(await decode(file, join(folder.path, 'frames'))).toMatchObject({ width: 64, height: 96, frames: 10 });
  expect(await decodePicture(readFileSync(join(folder.path, 'frames', '000003.jpg')), 'frame')).toMatchObject({ width: 64, height: 96 });
});

// /dev/full answers every write as a full disk does.
test.skipIf(process.platform !== 'linux')('a full disk is known by the number of the error', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'Corrupt, truncated.mp4');
  run([...SOURCE, '-frames:v', '40', '-metadata', 'title=Invalid data found', '-c:v', 'mpeg4', file]);
  const frames = join(folder.path, 'frames');
  mkdirSync(frames);
  symlinkSync('/dev/full', join(frames, '000007.jpg'));
  await expect(decode(file, frames)).rejects.toMatchObject({ code: 'DISK_FULL' });
});

test('a frame that cannot be decoded does not pass in silence', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'clip.avi');
  run([...SOURCE, '-frames:v', '40', '-c:v', 'mjpeg', file]);
  const bytes = readFileSync(file);
  // The twentieth picture loses its head.
  let at = 0;
  for (let frame = 0; frame < 20; frame++) at = bytes.indexOf(Buffer.from('00dc'), at + 4);
  bytes.fill(0, at + 8, at + 300);
  writeFileSync(file, bytes);
  const facts = await decode(file);
  expect(facts).toMatchObject({ frames: 39, headerFrames: 40, isDamaged: true });
});
