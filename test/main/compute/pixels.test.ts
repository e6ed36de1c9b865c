/** Crops as training sees them: boxes cut at the frame, formats, the thread that reads them, and errors that name the file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClipSource } from '../../../src-main/compute/clipSource.ts';
import { cropOf } from '../../../src-main/compute/pixelReader.ts';
import type { ClipRow } from '../../../src-main/compute/manifest.ts';

const size = { height: 12, width: 8, resize: 'bilinear' as const };
let folder: string;
/** 20 × 30, every pixel its own colour. */
const pixels = Buffer.from(Uint8Array.from({ length: 20 * 30 * 3 }, (_, i) => (Math.floor(i / 60) * 8 + (i % 60)) % 256));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pixels-'));
  const picture = sharp(pixels, { raw: { width: 20, height: 30, channels: 3 } });
  await picture.clone().png().toFile(join(folder, 'a.png'));
  await picture.clone().jpeg({ quality: 90 }).toFile(join(folder, 'a.jpg'));
  await mkdir(join(folder, 'cache', 'frames', '9'), { recursive: true });
  await picture
    .clone()
    .jpeg({ quality: 90 })
    .toFile(join(folder, 'cache', 'frames', '9', '000004.jpg'));
  writeFileSync(join(folder, 'broken.jpg'), Buffer.from([0xff, 0xd8, 0xff, 1, 2, 3]));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function row(change: Partial<ClipRow>): ClipRow {
  return {
    id: 1,
    identityId: 1,
    kind: 'person',
    camid: 0,
    split: 'train',
    frames: 1,
    frameIndex: Int32Array.of(0),
    boxes: null,
    root: folder,
    files: null,
    pictures: null,
    ranges: null,
    mediaId: 9,
    videoHash: null,
    ...change,
  };
}

test.each([
  [[-3, -4, 8, 10], { left: 0, top: 0, width: 5, height: 6 }],
  [[15, 25, 50, 50], { left: 15, top: 25, width: 5, height: 5 }],
  [[2.4, 3.6, 4.2, 5.2], { left: 2, top: 4, width: 5, height: 5 }],
  [[100, 100, 5, 5], { left: 19, top: 29, width: 1, height: 1 }],
])('the box %j is cut at whole pixels inside the frame', (box, expected) => {
  const cut = cropOf({ data: pixels, width: 20, height: 30 }, box);
  expect([cut.width, cut.height]).toEqual([expected.width, expected.height]);
  for (let y = 0; y < cut.height; y++)
    for (let i = 0; i < cut.width * 3; i++) expect(cut.data[y * cut.width * 3 + i]).toBe(pixels[((expected.top + y) * 20 + expected.left) * 3 + i]);
});

test('the thread gives each read its own pixels: whole pictures, and boxes of decoded frames', async () => {
  const source = openClipSource({
    projectFolder: folder,
    size,
    rows: [row({ id: 5, frames: 2, files: ['a.png', 'a.jpg'] }), row({ id: 6, frameIndex: Int32Array.of(4), boxes: Float32Array.of(4, 6, 8, 12) })],
  });
  try {
    const [whole, both, box] = await Promise.all([source.read(5, [0], size), source.read(5, [0, 1], size), source.read(6, [0], size)]);
    expect(whole).toHaveLength(12 * 8 * 3);
    expect([...both.subarray(0, whole.length)]).toEqual([...whole]);
    // The box has the very size that is asked for, so its pixels are those of the frame.
    const frame = await sharp(join(folder, 'cache', 'frames', '9', '000004.jpg'))
      .extract({ left: 4, top: 6, width: 8, height: 12 })
      .raw()
      .toBuffer();
    expect(Buffer.from(box).equals(frame)).toBe(true);
  } finally {
    await source.close();
  }
});

test('a picture that is missing or broken is named', async () => {
  const source = openClipSource({ projectFolder: folder, size, rows: [row({ id: 5, frames: 2, files: ['gone.jpg', 'broken.jpg'] })] });
  try {
    await expect(source.read(5, [0], size)).rejects.toMatchObject({ code: 'MEDIA_MISSING', message: expect.stringContaining('gone.jpg') });
    await expect(source.read(5, [1], size)).rejects.toMatchObject({ code: 'MEDIA_UNDECODABLE', message: expect.stringContaining('broken.jpg') });
  } finally {
    await source.close();
  }
});

test('a read that never ends is given up and named, by an injected clock', async () => {
  let look = (): void => undefined;
  const source = openClipSource({
    projectFolder: folder,
    size,
    rows: [row({ id: 5, frames: 1, files: ['a.png'] })],
    every: (work) => ((look = work), () => undefined),
  });
  try {
    // While nothing is asked for, time may pass.
    for (let i = 0; i < 20; i++) look();
    await source.read(5, [0], size);
    // The reply of this one cannot arrive while this thread looks: as if the disk had stopped.
    const stuck = source.read(5, [0], size);
    await Promise.resolve();
    const given = expect(stuck).rejects.toMatchObject({ code: 'MEDIA_MISSING', message: expect.stringMatching(/a\.png.*does not answer/) as unknown });
    for (let i = 0; i < 20; i++) look();
    await given;
    await expect(source.read(5, [0], size)).rejects.toMatchObject({ code: 'MEDIA_MISSING' });
  } finally {
    await source.close();
  }
});
