/**
 * Inputs that failed in real use, through the real host: imported, and then every frame is read as the page shows it and as a model reads it. Both have
 * to be the same bytes, and the number drawn into each frame has to be the one that was asked for.
 */
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClipSource } from '../../../src-main/compute/clipSource.ts';
import type { ImportResult } from '../../../src-main/features/imports/importJob.ts';
import { cropPicture } from '../../../src-main/media/pictures.ts';
import { numberedFrame, numberIn } from '../../support/frameNumbers.ts';
import { requireFfmpeg } from '../../support/ffmpeg.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../support/project.ts';

const cases = fileURLToPath(new URL('../../cases/', import.meta.url));
const sources = temporaryFolder();
let project: TestProject;

beforeAll(async () => {
  project = await openTestProject();
  await project.host.context.settings.set('ffmpeg', (await requireFfmpeg()).path);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

async function importCase(path: string, importer: string | null = null): Promise<ImportResult> {
  const { jobId } = await project.host.client().call('imports.start', { path, importer, options: {}, name: null });
  return (await project.host.context.jobs.wait(jobId)) as ImportResult;
}

interface Crop {
  data: Uint8Array;
  width: number;
  height: number;
}

/** Each tracklet's crops: page and model, the same bytes. */
async function cropsOf(datasetId: number): Promise<{ key: string; crops: Crop[] }[]> {
  const { context } = project.host;
  const rows = await context.db.read('manifests', 'clips', { datasetId });
  const found: { key: string; crops: Crop[] }[] = [];
  for (const row of rows) {
    const pixels = await context.db.read('media', 'trackletPixels', { id: row.id });
    const crops: Crop[] = [];
    for (let position = 0; position < row.frames; position++) {
      const png = await cropPicture(context, pixels, position, 'lossless');
      const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
      crops.push({ data, width: info.width, height: info.height });
    }
    const { width = 0, height = 0 } = crops[0] ?? {};
    const size = { width, height, resize: 'bilinear' as const };
    // At its own size Pillow's resize changes nothing.
    const source = openClipSource({ projectFolder: project.folder, rows: [row], size });
    try {
      const read = await source.read(row.id, Array.from(crops.keys()), size);
      for (const [position, crop] of crops.entries())
        expect(Buffer.from(crop.data).equals(read.subarray(position * width * height * 3, (position + 1) * width * height * 3)), `position ${position}`).toBe(
          true,
        );
    } finally {
      await source.close();
    }
    found.push({ key: String(row.id), crops });
  }
  return found;
}

async function numbersOf(datasetId: number): Promise<(number | null)[]> {
  const [tracklet, ...more] = await cropsOf(datasetId);
  expect(more).toEqual([]);
  return tracklet?.crops.map(numberIn) ?? [];
}

const upTo = (frames: number): number[] => Array.from({ length: frames }, (_, frame) => frame);

/** A copy of a case under another name. */
function renamed(name: string, from: string, file: string, to: string): string {
  const folder = join(sources.path, name);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(cases, from, 'gt.txt'), join(folder, 'gt.txt'));
  copyFileSync(join(cases, from, file), join(folder, to));
  return folder;
}

describe('videos: forty frames, each the one that was asked for', () => {
  test.each([
    ['a container of Windows Media', () => join(cases, 'v-wmv')],
    ['3gp', () => join(cases, 'v2-ext-3gp')],
    ['flv', () => join(cases, 'v2-ext-flv')],
    ['m4v', () => join(cases, 'v2-ext-m4v')],
    ['mpg', () => join(cases, 'v2-ext-mpg')],
    ['mpeg', () => join(cases, 'v2-ext-mpeg')],
    ['ogv', () => join(cases, 'v2-ext-ogv')],
    ['ts', () => renamed('ts', 'v2-ext-ts', 'clip.mpegts', 'clip.ts')],
    ['mts', () => renamed('mts', 'v2-ext-ts', 'clip.mpegts', 'clip.mts')],
    ['m2ts', () => renamed('m2ts', 'v2-ext-ts', 'clip.mpegts', 'clip.m2ts')],
    ['a title that says "Corrupt"', () => join(cases, 'v2-longer-sound-title')],
    ['a title that says that the disk is full', () => join(cases, 'v2-title-No-space')],
    ['a sound track that is longer, in a folder "corrupted-set"', () => renamed('corrupted-set', 'v-longer-sound', 'clip.mp4', 'clip.mp4')],
    ['a folder "EOF"', () => renamed('EOF', 'v-longer-sound', 'clip.mp4', 'clip.mp4')],
    [
      'a folder "Truncated clips" and a file "Invalid data found.mp4"',
      () => renamed('Truncated clips', 'v-longer-sound', 'clip.mp4', 'Invalid data found.mp4'),
    ],
    ['a file "No space left on device.mp4"', () => renamed('full', 'v-longer-sound', 'clip.mp4', 'No space left on device.mp4')],
  ])('%s', async (_name, folder) => {
    const result = await importCase(folder());
    expect(result).toMatchObject({ tracklets: 1, frames: 40 });
    expect(result.warnings.map(({ code }) => code).filter((code) => code.startsWith('VIDEO_'))).toEqual([]);
    expect(await numbersOf(result.dataset)).toEqual(upTo(40));
  });

  test.each([
    ['v-avi-dropped', 46],
    ['v-avi-count-too-high', null],
  ])('%s: the header counts more, and is only a warning', async (name, counted) => {
    const result = await importCase(join(cases, name));
    expect(result).toMatchObject({ tracklets: 1, frames: 40 });
    const warning = result.warnings.find(({ code }) => code === 'VIDEO_LENGTH');
    expect(warning?.message).toMatch(/counts \d+ frames, but 40 can be decoded/);
    if (counted !== null) expect(warning?.message).toContain(`counts ${counted} `);
    expect(await numbersOf(result.dataset)).toEqual(upTo(40));
  });
});

describe('pictures: page and model see the same upright frame', () => {
  test.each(['i-exif2', 'i-exif3', 'i-exif6', 'i-exif8', 'i-exif-mixed', 'i-png-rgba-hole'])('%s', async (name) => {
    const result = await importCase(join(cases, name));
    expect(result).toMatchObject({ tracklets: 1, frames: 6 });
    expect(await numbersOf(result.dataset)).toEqual(upTo(6));
  });

  const kinds: [string, (frame: Uint8Array) => Promise<Buffer>][] = [
    ['bmp', async (frame) => bmpOf(frame)],
    ['tif', (frame) => raw(frame).tiff({ compression: 'lzw' }).toBuffer()],
    ['tiff', (frame) => raw(frame).toColourspace('grey16').tiff({ compression: 'none' }).toBuffer()],
    ['webp', (frame) => raw(frame).webp({ lossless: true }).toBuffer()],
    ['png', (frame) => raw(frame).png().toBuffer()],
  ];
  test.each(kinds)('all of them .%s', async (ending, encode) => {
    const folder = join(sources.path, `all-${ending}`);
    mkdirSync(join(folder, 'img1'), { recursive: true });
    cpSync(join(cases, 'i-exif6', 'gt', 'gt.txt'), join(folder, 'gt.txt'));
    for (const frame of upTo(6)) writeFileSync(join(folder, 'img1', `${String(frame + 1).padStart(6, '0')}.${ending}`), await encode(numberedFrame(frame)));
    const result = await importCase(folder);
    expect(result).toMatchObject({ tracklets: 1, frames: 6 });
    expect(await numbersOf(result.dataset)).toEqual(upTo(6));
  });

  test('crops that are turned by their tag are those that are not: what is compared is the same person', async () => {
    const upright = await cropsOf((await importCase(join(cases, 'e-upright'), 'image-folder')).dataset);
    const turned = await cropsOf((await importCase(join(cases, 'e-exif6'), 'image-folder')).dataset);
    expect(turned.length).toBe(upright.length);
    for (const [index, tracklet] of upright.entries())
      for (const [position, crop] of tracklet.crops.entries()) {
        const other = turned[index]?.crops[position] as Crop;
        expect([other.width, other.height]).toEqual([crop.width, crop.height]);
        // Each was written as a JPEG of its own, so the last bits differ.
        const mean = crop.data.reduce((sum, value, i) => sum + Math.abs(value - (other.data[i] as number)), 0) / crop.data.length;
        expect(mean).toBeLessThan(3);
      }
  });
});

function raw(frame: Uint8Array): ReturnType<typeof sharp> {
  return sharp(frame, { raw: { width: 320, height: 240, channels: 3 } });
}

/** 24 bits, from below, as most programs write it. */
function bmpOf(frame: Uint8Array): Buffer {
  const bytes = Buffer.alloc(54 + frame.length);
  bytes.write('BM', 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  for (const [at, value] of [
    [14, 40],
    [18, 320],
    [22, 240],
  ] as const)
    bytes.writeInt32LE(value, at);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let y = 0; y < 240; y++)
    for (let x = 0; x < 320; x++) for (let c = 0; c < 3; c++) bytes[54 + ((239 - y) * 320 + x) * 3 + c] = frame[(y * 320 + x) * 3 + 2 - c] as number;
  return bytes;
}
