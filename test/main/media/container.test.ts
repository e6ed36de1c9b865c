/** What video files say about themselves: kind by content, a missing end by the file's own account, and the table that ffmpeg prints. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { containerOf } from '../../../src-main/media/container.ts';
import { createFrameTable } from '../../../src-main/media/frameTable.ts';
import { requireFfmpeg } from '../../support/ffmpeg.ts';
import { temporaryFolder } from '../../support/project.ts';

const cases = fileURLToPath(new URL('../../cases/', import.meta.url));
let ffmpeg: string;
beforeAll(async () => void (ffmpeg = (await requireFfmpeg()).path));

function made(path: string, encode: string[]): string {
  const run = spawnSync(ffmpeg, ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=10', '-frames:v', '40', ...encode, path], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  return path;
}

describe('a file that ends too early says so', () => {
  test.each([
    ['avi', ['-c:v', 'mjpeg'], 'avi'],
    ['mp4', ['-c:v', 'mpeg4', '-movflags', '+faststart'], 'mov'],
    ['mkv', ['-c:v', 'mpeg4'], 'matroska'],
    ['webm', ['-c:v', 'libvpx', '-b:v', '200k'], 'matroska'],
    ['wmv', ['-c:v', 'wmv2'], 'asf'],
  ])('.%s', async (ending, encode, demuxer) => {
    using folder = temporaryFolder();
    const file = made(join(folder.path, `clip.${ending}`), encode);
    expect(await containerOf(file)).toMatchObject({ demuxer, isCut: false });
    const { size } = statSync(file);
    // Also one that lost only its last kilobyte.
    for (const left of [size - 1024, Math.floor(size * 0.8), Math.floor(size * 0.5)]) {
      truncateSync(file, left);
      expect(await containerOf(file)).toMatchObject({ demuxer, isCut: true });
    }
  });
});

test.each([
  ['v-avi-count-too-high/clip.avi', 'avi'],
  ['v-avi-dropped/clip.avi', 'avi'],
  ['v-longer-sound/clip.mp4', 'mov'],
  ['v-wmv/clip.wmv', 'asf'],
  ['v2-ext-3gp/clip.3gp', 'mov'],
  ['v2-ext-flv/clip.flv', 'flv'],
  ['v2-ext-mpeg/clip.mpeg', 'mpegvideo'],
  ['v2-ext-mpg/clip.mpg', 'mpegvideo'],
  ['v2-ext-ogv/clip.ogv', 'ogg'],
  ['v2-ext-ts/clip.mpegts', 'mpegts'],
])('%s is whole', async (name, demuxer) => {
  expect(await containerOf(join(cases, name))).toMatchObject({ demuxer, isCut: false });
});

test('the count in the header of an AVI is told, not believed', async () => {
  expect((await containerOf(join(cases, 'v-avi-dropped/clip.avi'))).headerFrames).toBe(46);
});

describe('what is no video', () => {
  test.each([
    ['a playlist', Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n'.padEnd(600)), /no video of a known kind/],
    ['nothing', Buffer.alloc(0), /is empty \(0 bytes\)/],
    ['three bytes', Buffer.from('RIF'), /no video of a known kind/],
  ])('%s', async (_name, bytes, says) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'clip.mp4'), bytes);
    await expect(containerOf(join(folder.path, 'clip.mp4'))).rejects.toMatchObject({
      code: 'MEDIA_UNDECODABLE',
      message: expect.stringMatching(says) as unknown,
    });
  });

  test('a file that is not there, and a pipe, which is not opened', async () => {
    using folder = temporaryFolder();
    await expect(containerOf(join(folder.path, 'gone.mp4'))).rejects.toMatchObject({ code: 'MEDIA_MISSING', message: expect.stringContaining('The video') });
    if (process.platform === 'win32') return;
    spawnSync('mkfifo', [join(folder.path, 'pipe.mp4')]);
    await expect(containerOf(join(folder.path, 'pipe.mp4'))).rejects.toMatchObject({ code: 'MEDIA_UNDECODABLE', message: expect.stringContaining('a pipe') });
  });
});

test('damaged heads are answered, whatever they say', async () => {
  using folder = temporaryFolder();
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  for (const name of ['v-avi-dropped/clip.avi', 'v-longer-sound/clip.mp4', 'v-wmv/clip.wmv']) {
    const whole = readFileSync(join(cases, name));
    for (let round = 0; round < 40; round++) {
      const bytes = Buffer.from(whole);
      for (let hit = 0; hit < 4; hit++) bytes[4 + random(300)] = random(256);
      writeFileSync(join(folder.path, 'clip'), bytes);
      const end: unknown = await containerOf(join(folder.path, 'clip')).catch((error: unknown) => error);
      if (end instanceof Error) expect(end).toMatchObject({ code: 'MEDIA_UNDECODABLE' });
    }
  }
});

describe('the table of frames', () => {
  function read(lines: string[]): ReturnType<typeof createFrameTable> {
    const table = createFrameTable();
    for (const line of lines) table.line(line);
    return table;
  }
  const frames = (times: number[]): string[] =>
    times.map((time) => `0,${String(time).padStart(11)},${String(time).padStart(11)},        1,      424, 0x3d9f1040`);

  test('size, count and rate', () => {
    const table = read(['#software: Lavf', '#tb 0: 1001/30000', '#media_type 0: video', '#dimensions 0: 320x240', '#sar 0: 0/1', ...frames([0, 1, 2, 3])]);
    expect([table.size(), table.frames(), table.fps(), table.isLastBroken()]).toEqual([{ width: 320, height: 240 }, 4, 29.97, false]);
  });

  test('a rate in milliseconds, and one with frames dropped', () => {
    expect(read(['#tb 0: 1/1000', ...frames([0, 33, 67, 100, 133, 167, 200])]).fps()).toBeCloseTo(30, 1);
    expect(read(['#tb 0: 1/25', ...frames([0, 1, 2, 5, 6, 7, 11, 12])]).fps()).toBe(25);
    expect(read(['#tb 0: 1/25', ...frames([0])]).fps()).toBe(0);
  });

  test('a packet of which a piece is missing', () => {
    expect(
      read(['0,        397,        397,        1,     7285, 0x3bcbf7e2', '0,        398,        398,        1,     2401, 0x48dcb76c, F=0x3']).isLastBroken(),
    ).toBe(true);
    expect(read(['0,      23552,      23552,     1024,      218, 0x9b8e5fbe, F=0x0']).isLastBroken()).toBe(false);
  });

  test('what only looks like it is no frame', () => {
    const table = read(['frame=  12', 'Corrupt, No space left on device', '1,  0, 0, 1, 424, 0x3d9f1040']);
    expect([table.frames(), table.size()]).toEqual([0, null]);
  });
});
