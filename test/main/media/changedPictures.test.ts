/**
 * Pictures that were overwritten after their import, as the page meets them: a crop and a frame are refused, a strip has a sign in their place, and the data set
 * and its tracklets say how many; put back or updated from the source, all is as if nothing had been. Colours tell one picture from the other.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Server } from '../../../src-main/host/server.ts';
import { createMetPictures } from '../../../src-main/media/metPictures.ts';
import { SIGN_COLOURS, SIGN_GROUND, type Sign } from '../../../src-main/media/pictureSign.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { makeMotSequence, motRows, picture } from '../../support/motSequence.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../support/project.ts';

const sources = temporaryFolder();
let project: TestProject;
let server: Server;
let client: RpcClient;
let tags: string[] = [];

beforeAll(async () => {
  project = await openTestProject();
  client = project.host.client();
  client.on('changed', (event) => void tags.push(...event.tags));
  server = await project.host.serve();
});
beforeEach(() => (tags = []));
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

const of = (colour: string): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 128, channels: 3, background: colour } })
    .jpeg({ quality: 95, chromaSubsampling: '4:4:4' })
    .toBuffer();

/** A folder of one person under one camera, one frame a colour, imported. */
async function importColours(name: string, colours: string[]): Promise<{ id: number; tracklet: number; file(frame: number): string }> {
  const root = join(sources.path, name);
  mkdirSync(join(root, '0001', 'c1'), { recursive: true });
  const file = (frame: number): string => join(root, '0001', 'c1', `${String(frame + 1).padStart(4, '0')}.jpg`);
  for (const [frame, colour] of colours.entries()) writeFileSync(file(frame), await of(colour));
  const { jobId } = await client.call('imports.start', { path: root, importer: null, options: {}, name: null });
  await project.host.context.jobs.wait(jobId);
  const { dataset: id } = await client.call('imports.result', { jobId });
  const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [id] }, sort: 'identity' });
  return { id, tracklet: ids[0] as number, file };
}

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { authorization: `Bearer ${server.token}`, ...headers } });
const row = async (id: number) => (await client.call('tracklets.rows', { ids: [id] }))[0]!;
const stampOf = async (id: number): Promise<string> => (await row(id)).stamp;

/** Of a strip of one cell a frame: the colour in the middle of each cell's top, and the sign that is in it. */
async function cells(response: Response, height: number): Promise<{ top: string; sign: Sign | null }[]> {
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
  const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
    .raw()
    .toBuffer({ resolveWithObject: true });
  const near = (at: number, colour: readonly number[]): boolean => colour.every((value, c) => Math.abs((data[at + c] as number) - value) < 40);
  return Array.from({ length: info.width / (height / 2) }, (_, cell) => {
    const pixel = (x: number, y: number): number => (y * info.width + cell * (height / 2) + x) * 3;
    const names = { red: [255, 0, 0], lime: [0, 255, 0], blue: [0, 0, 255], white: [255, 255, 255], ground: SIGN_GROUND };
    const top = Object.entries(names).find(([, colour]) => near(pixel(Math.floor(height / 4), 6), colour))?.[0] ?? 'other';
    const across = Array.from({ length: height / 2 }, (_, x) => pixel(x, height / 2 + 10));
    const sign = (['changed', 'missing'] as const).find((kind) => across.some((at) => near(at, SIGN_COLOURS[kind]))) ?? null;
    return { top, sign };
  });
}
const shown = (top: string) => ({ top, sign: null });
const sign = { top: 'ground', sign: 'changed' };
const missing = { top: 'ground', sign: 'missing' };

test('a crop is refused, the strip has a sign in its place and is not kept; put back it is shown, updated the new one is', async () => {
  const { id, tracklet, file } = await importColours('colours', ['red', 'lime', 'blue']);
  const red = readFileSync(file(0));
  const stamp = await stampOf(tracklet);
  // Made before: it shows what was imported, and goes on doing so.
  expect(await cells(await get(`/media/strip/${tracklet}.jpg?h=66&stamp=${stamp}`), 66)).toEqual([shown('red'), shown('lime'), shown('blue')]);
  expect((await get(`/media/crop/${tracklet}/1.jpg`)).status).toBe(200);
  writeFileSync(file(0), await of('white'));
  writeFileSync(file(1), await of('white'));
  expect((await get(`/media/crop/${tracklet}/1.jpg`)).status).toBe(200);
  expect(await cells(await get(`/media/strip/${tracklet}.jpg?h=66&stamp=${stamp}`), 66)).toEqual([shown('red'), shown('lime'), shown('blue')]);
  expect((await client.call('datasets.get', { id })).changedPictures).toBeNull();

  for (const path of [`/media/crop/${tracklet}/0.jpg?stamp=${stamp}`, `/media/crop/${tracklet}/0.jpg?h=66`, `/media/crop/${tracklet}/0.png`]) {
    const response = await get(path);
    expect([response.status, response.headers.get('cache-control')]).toEqual([409, 'no-store']);
    expect(await response.json()).toMatchObject({
      error: {
        code: 'SOURCE_CHANGED',
        message: `The picture ${file(0)} of "colours" is another one than was imported: its content has changed since.`,
        remedy: expect.stringContaining('labels stay with the pictures they were given for') as string,
      },
    });
  }
  expect((await get(`/media/crop/${tracklet}/2.jpg`)).status).toBe(200);
  for (const path of [`/media/strip/${tracklet}.jpg?h=132&stamp=${stamp}`, `/media/sheet/${tracklet}/0-2.jpg?h=132&stamp=${stamp}`]) {
    const strip = await get(path);
    expect([strip.headers.get('cache-control'), strip.headers.get('etag')]).toEqual(['no-store', null]);
    expect(await cells(strip, 132)).toEqual([sign, sign, shown('blue')]);
  }
  expect(await cells(await get(`/media/sheet/${tracklet}/0-1.jpg?h=132`), 132)).toEqual([sign, sign]);
  expect(await row(tracklet)).toMatchObject({ changedPictures: 2, mediaMissing: false });
  expect(await client.call('datasets.get', { id })).toMatchObject({ missing: null, changedPictures: { count: 2, example: '0001/c1/0001.jpg' } });
  await expect.poll(() => new Set(tags.filter((tag) => tag.includes('Pictures')))).toEqual(new Set([`DatasetPictures:${id}`, `TrackletPictures:${tracklet}`]));
  const kept = readdirSync(join(project.folder, 'cache/pictures', stamp));
  expect(kept).toEqual([`strip-${tracklet}-8x66.jpg`]);

  writeFileSync(file(0), red);
  expect((await get(`/media/crop/${tracklet}/0.jpg?h=66`)).status).toBe(200);
  expect(await cells(await get(`/media/strip/${tracklet}.jpg?h=132&stamp=${stamp}`), 132)).toEqual([shown('red'), sign, shown('blue')]);
  expect(await row(tracklet)).toMatchObject({ changedPictures: 1 });

  const { jobId } = await client.call('imports.update', { id });
  await project.host.context.jobs.wait(jobId);
  expect(await client.call('imports.result', { jobId })).toMatchObject({
    dataset: id,
    updated: true,
    changed: { pictures: { changed: 1, added: 0, removed: 0 } },
  });
  expect((await client.call('jobs.list', {})).find((job) => job.id === jobId)?.title).toBe('Update colours');
  expect(await row(tracklet)).toMatchObject({ changedPictures: 0 });
  expect((await client.call('datasets.get', { id })).changedPictures).toBeNull();
  const now = await stampOf(tracklet);
  expect(now).not.toBe(stamp);
  const strip = await get(`/media/strip/${tracklet}.jpg?h=132&stamp=${now}`);
  expect(strip.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
  expect(await cells(strip, 132)).toEqual([shown('red'), shown('white'), shown('blue')]);
  await expect.poll(() => existsSync(join(project.folder, 'cache/pictures', now, `strip-${tracklet}-8x132.jpg`))).toBe(true);
});

test('what is put back is not said to be changed after it was compared, also without being looked at', async () => {
  const { id, tracklet, file } = await importColours('back', ['red', 'lime']);
  const red = readFileSync(file(0));
  writeFileSync(file(0), await of('blue'));
  expect((await get(`/media/crop/${tracklet}/0.jpg`)).status).toBe(409);
  writeFileSync(file(0), red);
  expect((await client.call('datasets.get', { id })).changedPictures).toMatchObject({ count: 1 });
  const { jobId } = await client.call('imports.update', { id });
  await project.host.context.jobs.wait(jobId);
  expect(await client.call('imports.result', { jobId })).toMatchObject({ alreadyImported: true, updated: false });
  expect((await client.call('datasets.get', { id })).changedPictures).toBeNull();
  await expect.poll(() => tags).toContain('TrackletPictures');
});

test('a picture that is gone has a sign of its own in the strip, apart from a changed one; it is not kept either, and its tracklet says how many', async () => {
  const { tracklet, file } = await importColours('gone', ['blue', 'lime', 'red']);
  const stamp = await stampOf(tracklet);
  const blue = readFileSync(file(0));
  rmSync(file(0));
  writeFileSync(file(2), 'no picture');
  const path = `/media/strip/${tracklet}.jpg?h=132&stamp=${stamp}`;
  const strip = await get(path);
  expect(strip.headers.get('cache-control')).toBe('no-store');
  expect(await cells(strip, 132)).toEqual([missing, shown('lime'), sign]);
  expect(await row(tracklet)).toMatchObject({ changedPictures: 1, missingPictures: 1 });
  await expect.poll(() => tags).toContain(`TrackletPictures:${tracklet}`);
  writeFileSync(file(0), blue);
  expect(await cells(await get(path), 132)).toEqual([shown('blue'), shown('lime'), sign]);
  expect(await row(tracklet)).toMatchObject({ changedPictures: 1, missingPictures: 0 });
});

test('a whole frame and a box in it are refused as well, and its other people name it', async () => {
  const folder = await makeMotSequence(join(sources.path, 'frames'), motRows([1, 2], 8), 8);
  const { jobId } = await client.call('imports.start', { path: folder, importer: 'mot-video', options: {}, name: null });
  await project.host.context.jobs.wait(jobId);
  const { dataset: id } = await client.call('imports.result', { jobId });
  const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [id] }, sort: 'identity' });
  const { mediaId, frameIndex } = await client.call('tracklets.get', { id: ids[0] as number });
  const frame = (position: number): Promise<Response> => get(`/media/frame/${mediaId}/${frameIndex[position]}.jpg`);
  expect((await frame(2)).status).toBe(200);
  writeFileSync(join(folder, 'img1', '000006.jpg'), await picture(150));
  const refused = await frame(5);
  expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([409, 'SOURCE_CHANGED']);
  expect((await frame(2)).status).toBe(200);
  for (const tracklet of ids) {
    expect((await get(`/media/crop/${tracklet}/5.jpg`)).status).toBe(409);
    expect((await get(`/media/crop/${tracklet}/4.jpg`)).status).toBe(200);
    expect((await row(tracklet)).changedPictures).toBe(1);
  }
  expect((await client.call('datasets.get', { id })).changedPictures).toEqual({ count: 1, example: 'img1/000006.jpg', datasetId: id });
});

describe('what is kept of changed pictures', () => {
  function open() {
    const told: string[][] = [];
    let now = 0;
    const waiting: (() => void)[] = [];
    const kept = createMetPictures(
      { changed: (all) => void told.push([...all].sort()) },
      { now: () => now, after: (_ms, work) => (waiting.push(work), () => void waiting.splice(waiting.indexOf(work), 1)) },
    );
    return { kept, told, pass: () => ((now += 500), waiting.splice(0).forEach((work) => work())) };
  }
  const at = (trackletId: number, position: number, file = `${trackletId}/${position}`) => ({ trackletId, position, file });

  test('is told at once, then in bundles, and only what is new', () => {
    const { kept, told, pass } = open();
    const set = { datasetId: 1, stamp: 'a' };
    kept.note(set, at(1, 0), false);
    expect(told).toEqual([]);
    for (const one of [at(1, 0), at(1, 1), at(2, 0), at(2, 0)]) kept.note(set, one, true);
    expect(told).toEqual([['DatasetPictures:1', 'TrackletPictures:1']]);
    pass();
    expect(told.slice(1)).toEqual([['DatasetPictures:1', 'TrackletPictures:1', 'TrackletPictures:2']]);
    for (const one of [at(1, 0), at(2, 0)]) kept.note(set, one, true);
    kept.note(set, at(3, 0), false);
    pass();
    expect(told).toHaveLength(2);
    expect([kept.ofDataset(set), kept.ofTracklet(set, 1), kept.ofTracklet(set, 2), kept.ofTracklet(set, 3)]).toEqual([{ count: 3, example: '1/0' }, 2, 1, 0]);
    kept.note(set, at(1, 0), false);
    expect(told).toHaveLength(3);
    expect([kept.ofDataset(set)?.count, kept.ofTracklet(set, 1)]).toEqual([2, 1]);
  });

  test('belongs to the data set as it was, and a file that two show counts once', () => {
    const { kept } = open();
    const [old, updated, other] = [
      { datasetId: 1, stamp: 'a' },
      { datasetId: 1, stamp: 'b' },
      { datasetId: 11, stamp: 'a' },
    ] as const;
    kept.note(old, at(1, 0, 'frame'), true);
    kept.note(old, at(2, 4, 'frame'), true);
    kept.note(other, at(9, 4, 'frame'), true);
    expect([kept.ofDataset(old)?.count, kept.ofTracklet(old, 1), kept.ofTracklet(old, 2), kept.ofDataset(updated)]).toEqual([1, 1, 1, null]);
    kept.forget(1);
    expect([kept.ofDataset(old), kept.ofTracklet(old, 1), kept.ofDataset(other)?.count]).toEqual([null, 0, 1]);
  });
});
