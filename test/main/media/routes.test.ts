/** Pictures over HTTP from crops on disk; what is missing or broken is a JSON error that names the file. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Server } from '../../../src-main/host/server.ts';
import { boxArea, cut } from '../../../src-main/pixels/box.ts';
import { decodePicture } from '../../../src-main/pixels/decode.ts';
import { pictureStamp } from '../../../src-main/pixels/picture.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';
import { storeDataset } from '../../support/storeDataset.ts';

let project: TestProject;
let server: Server;
let crops: string;
let stamp: string;
/** Turned, with a hole, of a kind that no browser shows, and no file at all. */
const kinds = ['orientation6.jpg', 'hole.png', 'deflate.tif', 'pipe.jpg'];

beforeAll(async () => {
  project = await openTestProject();
  crops = join(project.folder, 'source');
  mkdirSync(join(crops, 'img'), { recursive: true });
  const files = ['red', 'lime', 'blue'].map((colour) => `img/${colour}.jpg`);
  for (const colour of ['red', 'lime', 'blue'])
    writeFileSync(
      join(crops, 'img', `${colour}.jpg`),
      await sharp({ create: { width: 64, height: 128, channels: 3, background: colour } })
        .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
        .toBuffer(),
    );
  // A frame of four coloured quarters, to see that the box cuts where it should.
  const quarter = (left: number, top: number, background: string) => ({
    input: { create: { width: 50, height: 50, channels: 3 as const, background } },
    left,
    top,
  });
  writeFileSync(
    join(crops, 'img', 'frame.png'),
    await sharp({ create: { width: 100, height: 100, channels: 3, background: 'black' } })
      .composite([quarter(0, 0, 'red'), quarter(50, 0, 'lime'), quarter(0, 50, 'blue'), quarter(50, 50, 'white')])
      .removeAlpha()
      .png()
      .toBuffer(),
  );
  // 200 pixels wide and one high: 2160 high it would have 432,000 pixels in a row.
  writeFileSync(
    join(crops, 'img', 'wide.png'),
    await sharp({ create: { width: 200, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer(),
  );
  writeFileSync(join(crops, 'img', 'broken.jpg'), 'not a picture');
  for (const name of kinds.slice(0, 3)) copyFileSync(fileURLToPath(new URL(`../../golden/pictures/${name}`, import.meta.url)), join(crops, 'img', name));
  // A pipe that nobody writes to: whoever opens it as a file waits for ever.
  if (process.platform !== 'win32') execFileSync('mkfifo', [join(crops, 'img', 'pipe.jpg')]);
  const plain = { pid: 1, camid: 1, split: 'none' as const, ignored: null, annotations: [] };
  await storeDataset(project.host.context.db, {
    name: 'Crops',
    importer: 'image-folder',
    options: {},
    root: 'source',
    origin: null,
    licence: null,
    contentHash: '0123456789abcdef',
    warnings: [],
    annotator: 'x',
    at: 1,
    cameras: [{ camid: 1, name: 'c' }],
    identities: [{ pid: 1, name: '1', kind: 'person' }],
    media: [
      { key: 'crops', kind: 'crops', path: 'img', width: 64, height: 128, frameCount: 3, fps: null },
      { key: 'frames', kind: 'frames', path: 'img', width: 100, height: 100, frameCount: 1, fps: null },
      { key: 'kinds', kind: 'frames', path: 'img', width: 30, height: 21, frameCount: 4, fps: null },
    ],
    tracklets: [
      { ...plain, key: 'crops', mediaKey: 'crops', frameIndex: Int32Array.of(0, 1, 2), boxes: null, files },
      { ...plain, key: 'frame', mediaKey: 'frames', frameIndex: Int32Array.of(0), boxes: Float32Array.of(50, -20, 80, 70), files: ['img/frame.png'] },
      { ...plain, key: 'bad', mediaKey: 'crops', frameIndex: Int32Array.of(0, 1), boxes: null, files: ['img/broken.jpg', 'img/gone.jpg'] },
      { ...plain, key: 'escaping', mediaKey: 'crops', frameIndex: Int32Array.of(0), boxes: null, files: ['../project.sqlite'] },
      {
        ...plain,
        key: 'kinds',
        mediaKey: 'kinds',
        frameIndex: Int32Array.of(0, 1, 2, 3),
        boxes: Float32Array.from(kinds.flatMap(() => [2, 1, 12, 17])),
        files: kinds.map((name) => `img/${name}`),
      },
      { ...plain, key: 'outside', mediaKey: 'frames', frameIndex: Int32Array.of(0), boxes: Float32Array.of(500, 500, 10, 10), files: ['img/frame.png'] },
      {
        ...plain,
        key: 'z1',
        mediaKey: 'crops',
        frameIndex: Int32Array.from({ length: 60 }, (_, index) => index),
        boxes: null,
        files: Array<string>(60).fill('img/red.jpg'),
      },
      { ...plain, key: 'z2', mediaKey: 'crops', frameIndex: Int32Array.of(0), boxes: null, files: ['img/wide.png'] },
    ],
  });
  stamp = pictureStamp('0123456789abcdef');
  server = await project.host.serve();
});
afterAll(() => project[Symbol.asyncDispose]());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { authorization: `Bearer ${server.token}`, ...headers } });
async function pixels(path: string): Promise<{ width: number; height: number; at(x: number, y: number): number[] }> {
  const response = await get(path);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, at: (x, y) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)] };
}
const near = (colour: number[]): unknown =>
  expect.toSatisfy((found: number[]) => found.every((value, i) => Math.abs(value - (colour[i] ?? 0)) < 20), `near ${colour.join()}`);

test('a strip stands crop beside crop, each half as wide as high', async () => {
  const strip = await pixels('/media/strip/1.jpg?h=40&crops=8');
  expect([strip.width, strip.height]).toEqual([60, 40]);
  expect([strip.at(10, 20), strip.at(30, 20), strip.at(50, 20)]).toEqual([near([255, 0, 0]), near([0, 255, 0]), near([0, 0, 255])]);
});

test('a crop is cut at the edge of its frame', async () => {
  const crop = await pixels('/media/crop/2/0.jpg');
  // x 50..130 and y −20..50 of a 100×100 frame: its upper right quarter.
  expect([crop.width, crop.height, crop.at(2, 2), crop.at(47, 47)]).toEqual([50, 50, near([0, 255, 0]), near([0, 255, 0])]);
  expect((await pixels('/media/crop/2/0.jpg?h=20')).height).toBe(20);
});

test('a sheet takes every k-th position', async () => {
  const sheet = await pixels('/media/sheet/1/0-2.jpg?every=2&h=40');
  expect([sheet.width, sheet.at(10, 20), sheet.at(30, 20)]).toEqual([40, near([255, 0, 0]), near([0, 0, 255])]);
});

test('a whole frame comes as it is, under its true type', async () => {
  const response = await get('/media/frame/2/0.jpg');
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
});

test.each([0, 1, 2])(
  'frame %i comes upright and whole, whatever a browser would make of its file; its crop without loss has the pixels that a model reads',
  async (index) => {
    const picture = await decodePicture(readFileSync(join(crops, 'img', kinds[index] as string)), 'picture');
    const frame = await pixels(`/media/frame/3/${index}.jpg`);
    expect([frame.width, frame.height]).toEqual([picture.width, picture.height]);
    const exact = await get(`/media/crop/5/${index}.png`);
    expect([exact.status, exact.headers.get('content-type')]).toEqual([200, 'image/png']);
    const crop = await sharp(Buffer.from(await exact.arrayBuffer()))
      .raw()
      .toBuffer();
    expect(crop.equals(Buffer.from(cut(picture, boxArea([2, 1, 12, 17], picture.width, picture.height)!).data))).toBe(true);
  },
);

// Were it opened, this would be the last answer of the test.
test.skipIf(process.platform === 'win32')('a pipe in place of a picture is refused by name, many at once, and others are shown meanwhile', async () => {
  const refused = Array.from({ length: 12 }, (_, i) => get(`/media/crop/5/3.jpg?h=${20 + i}`));
  expect((await pixels('/media/crop/2/0.jpg?h=33')).height).toBe(33);
  for (const response of await Promise.all(refused)) {
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringMatching(/pipe\.jpg is no regular file/) as unknown } });
  }
});

test('with the right stamp it is cached for ever, without it asked again and answered 304', async () => {
  expect((await get(`/media/strip/1.jpg?stamp=${stamp}`)).headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
  const first = await get('/media/strip/1.jpg?stamp=old');
  expect(first.headers.get('cache-control')).toBe('private, no-cache');
  expect((await get('/media/strip/1.jpg', { 'if-none-match': first.headers.get('etag') ?? '' })).status).toBe(304);
});

test('a range of bytes is a part of the whole', async () => {
  const whole = Buffer.from(await (await get('/media/strip/1.jpg')).arrayBuffer());
  const part = await get('/media/strip/1.jpg', { range: 'bytes=10-19' });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${whole.length}`]);
  expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(10, 20))).toBe(true);
  expect((await get('/media/strip/1.jpg', { range: 'bytes=99999999-' })).status).toBe(416);
});

describe('what cannot be shown', () => {
  test.each([
    ['/media/crop/3/1.jpg', 404, 'MEDIA_MISSING', 'gone.jpg is not there'],
    ['/media/crop/3/0.jpg', 422, 'MEDIA_UNDECODABLE', 'broken.jpg'],
    ['/media/crop/4/0.jpg', 400, 'BAD_INPUT', 'leads out of'],
    ['/media/crop/6/0.jpg', 404, 'MEDIA_MISSING', 'outside its frame'],
    ['/media/crop/1/3.jpg', 404, 'NOT_FOUND', 'only 3 frames'],
    ['/media/strip/77.jpg', 404, 'NOT_FOUND', 'no tracklet 77'],
    ['/media/frame/77/0.jpg', 404, 'NOT_FOUND', 'no medium 77'],
    ['/media/sheet/1/2-1.jpg', 400, 'BAD_INPUT', 'before it begins'],
    ['/media/strip/1.jpg?h=999999', 400, 'BAD_INPUT', '"h"'],
    ['/media/strip/1.jpg?crops=-1', 400, 'BAD_INPUT', '"crops"'],
    ['/media/sheet/7/0-59.jpg?h=2160', 400, 'BAD_INPUT', '60 crops at 2160 pixels of height would have 140 million pixels'],
    ['/media/sheet/7/0-29.jpg?h=2160', 400, 'BAD_INPUT', '30 crops at 2160 pixels of height would have 70 million pixels; 16 million'],
    ['/media/strip/7.jpg?h=2160&crops=60', 400, 'BAD_INPUT', '60 crops at 2160 pixels of height would have 140 million pixels'],
    ['/media/crop/8/0.jpg?h=2160', 400, 'BAD_INPUT', 'would have 933 million pixels'],
  ])('%s is %i %s', async (path, status, code, says) => {
    const response = await get(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code, message: expect.stringContaining(says) as unknown } });
  });

  test('a box outside the frame is a grey cell of a strip', async () => {
    expect((await pixels('/media/strip/6.jpg?h=40')).at(10, 20)).toEqual(near([0x70, 0x70, 0x70]));
  });

  test('when its folder is gone the grid says so', async () => {
    const client = project.host.client();
    rmSync(crops, { recursive: true });
    await expect.poll(async () => (await client.call('tracklets.rows', { ids: [1] }))[0]?.mediaMissing).toBe(true);
  });
});
