import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { fileFingerprint } from '../../../src-main/media/fingerprint.ts';
import { pictureSign, SIGN_COLOURS, SIGN_GROUND } from '../../../src-main/media/pictureSign.ts';
import { createPictureCache, type Made } from '../../../src-main/media/pictureCache.ts';
import { spread } from '../../../src-main/media/pictures.ts';
import { rangeOf } from '../../../src-main/media/routes.ts';
import { loadSharp } from '../../../src-main/pixels/sharpLoader.ts';
import { temporaryFolder } from '../../support/project.ts';
import { until } from '../../support/until.ts';

const forever = new AbortController().signal;
const whole = async (content: string, isWhole = true): Promise<Made> => ({ body: Buffer.from(content), isWhole });
const text = ({ body }: Made): string => body.toString();

test('crops of a strip are spread evenly with the first and the last', () => {
  expect(spread(40, 8)).toEqual([0, 6, 11, 17, 22, 28, 33, 39]);
  expect(spread(3, 8)).toEqual([0, 1, 2]);
  expect(spread(5, 1)).toEqual([2]);
});

test.each([
  [undefined, null],
  ['bytes=0-9', { start: 0, end: 9 }],
  ['bytes=90-', { start: 90, end: 99 }],
  ['bytes=90-200', { start: 90, end: 99 }],
  ['bytes=-10', { start: 90, end: 99 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=9-5', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=0-1,5-6', null],
  ['lines=0-1', null],
])('the range %s of 100 bytes', (header, expected) => {
  expect(rangeOf(header, 100)).toEqual(expected);
});

describe('the picture cache', () => {
  test('makes equal pictures once and keeps them on disk between starts', async () => {
    using folder = temporaryFolder();
    let made = 0;
    const make = (): Promise<Made> => whole(`picture ${++made}`);
    const cache = createPictureCache({ folder: folder.path, memoryBytes: 1000, atOnce: 2 });
    const [a, b] = await Promise.all([
      cache.get('x/one', { onDisk: true, signal: forever }, make),
      cache.get('x/one', { onDisk: true, signal: forever }, make),
    ]);
    expect([String(a.body), String(b.body), made]).toEqual(['picture 1', 'picture 1', 1]);
    await until(() => existsSync(join(folder.path, 'x', 'one.jpg')));
    expect(readdirSync(join(folder.path, 'x'))).toEqual(['one.jpg']);
    const restarted = createPictureCache({ folder: folder.path, memoryBytes: 1000, atOnce: 2 });
    expect((await restarted.get('x/one', { onDisk: true, signal: forever }, make)).body.toString()).toBe('picture 1');
  });

  test('holds no more in memory than allowed', async () => {
    using folder = temporaryFolder();
    const cache = createPictureCache({ folder: folder.path, memoryBytes: 250, atOnce: 1 });
    let made = 0;
    const get = (key: string): Promise<Made> =>
      cache.get(key, { onDisk: false, signal: forever }, async () => {
        made++;
        return { body: Buffer.alloc(100), isWhole: true };
      });
    for (const key of ['a', 'b', 'c', 'c', 'b', 'a']) await get(key);
    // a, b, c are made; c and b are hot; a was pushed out by c.
    expect(made).toBe(4);
  });

  test('works on the newest request first and never begins one that was given up', async () => {
    using folder = temporaryFolder();
    const cache = createPictureCache({ folder: folder.path, memoryBytes: 1000, atOnce: 1 });
    const begun: string[] = [];
    const gate = Promise.withResolvers<void>();
    const get = (key: string, signal: AbortSignal): Promise<string> =>
      cache
        .get(key, { onDisk: false, signal }, async () => {
          begun.push(key);
          if (key === 'first') await gate.promise;
          return whole(key);
        })
        .then(text, () => 'given up');
    const leaving = new AbortController();
    const results = [get('first', forever), get('old', forever), get('left', leaving.signal), get('new', forever)];
    await until(() => begun.length > 0);
    leaving.abort();
    gate.resolve();
    expect(await Promise.all(results)).toEqual(['first', 'old', 'given up', 'new']);
    expect(begun).toEqual(['first', 'new', 'old']);
  });

  test('a source whose disk does not answer leaves a place for others', async () => {
    using folder = temporaryFolder();
    const cache = createPictureCache({ folder: folder.path, memoryBytes: 1000, atOnce: 3 });
    const get = (key: string, make: () => Promise<Made>): Promise<string> => cache.get(key, { onDisk: false, signal: forever }, make).then(text);
    for (const key of ['dead/1', 'dead/2', 'dead/3', 'dead/4']) void get(key, () => new Promise(() => undefined));
    expect(await get('alive/1', () => whole('shown'))).toBe('shown');
  });

  test('a picture that lacks a part is given, but neither kept in memory nor on disk', async () => {
    using folder = temporaryFolder();
    const cache = createPictureCache({ folder: folder.path, memoryBytes: 1000, atOnce: 1 });
    const get = (isWhole: boolean): Promise<string> => cache.get('x/1', { onDisk: true, signal: forever }, () => whole(String(isWhole), isWhole)).then(text);
    expect([await get(false), await get(true), await get(false)]).toEqual(['false', 'true', 'true']);
    await until(() => existsSync(join(folder.path, 'x', '1.jpg')));
    expect(readFileSync(join(folder.path, 'x', '1.jpg'), 'utf8')).toBe('true');
  });

  test('a picture that failed is tried again', async () => {
    using folder = temporaryFolder();
    const cache = createPictureCache({ folder: folder.path, memoryBytes: 1000, atOnce: 1 });
    await expect(cache.get('x', { onDisk: false, signal: forever }, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect((await cache.get('x', { onDisk: false, signal: forever }, () => whole('good'))).body.toString()).toBe('good');
  });
});

test('an SVG is not decoded, whatever it is called', async () => {
  const safe = await loadSharp();
  await expect(
    safe(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>')).toBuffer(),
  ).rejects.toThrow();
  const jpeg = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer();
  expect((await safe(jpeg).metadata()).width).toBe(4);
});

test('a file is recognised by size and content, wherever it lies', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'b'));
  const data = Buffer.alloc(5_000_000, 'content ');
  writeFileSync(join(folder.path, 'one'), data);
  writeFileSync(join(folder.path, 'b', 'two'), data);
  const one = await fileFingerprint(join(folder.path, 'one'));
  expect(await fileFingerprint(join(folder.path, 'b', 'two'))).toBe(one);
  const pieces = Buffer.concat(Array.from({ length: 32 }, (_, i) => data.subarray(Math.floor((i * (5_000_000 - 65_536)) / 31)).subarray(0, 65_536)));
  data[data.length - 1] = 0;
  writeFileSync(join(folder.path, 'b', 'two'), data);
  expect(await fileFingerprint(join(folder.path, 'b', 'two'))).not.toBe(one);
  await expect(fileFingerprint(join(folder.path, 'gone'))).rejects.toMatchObject({ code: 'MEDIA_MISSING' });
  await expect(fileFingerprint(join(folder.path, 'b'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  // As it was stored with the data sets that there are.
  expect(one).toBe(createHash('sha256').update('5000000').update(pieces).digest('hex'));
});

test('signs are drawn within their cell, each in its own colour, that for a changed picture, in one colour on the ground of the stage', () => {
  for (const [width, height] of [
    [33, 66],
    [66, 132],
    [4, 8],
    [1, 2],
  ] as const) {
    const cell = pictureSign('changed', width, height);
    expect(cell.length).toBe(width * height * 3);
    const at = (x: number, y: number): number[] => [...cell.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    if (width < 33) continue;
    for (const [x, y] of [
      [0, 0],
      [width - 1, height - 1],
    ] as const)
      expect(at(x, y)).toEqual([...SIGN_GROUND]);
    const colours = new Set(Array.from({ length: height }, (_, y) => at(width >> 1, y).join()));
    expect(colours).toContain(SIGN_COLOURS.changed.join());
    // Same at both sides of the middle.
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) expect(at(x, y)).toEqual(at(width - 1 - x, y));
  }
});
