/** Imports through a real host: what is stored, what a bad source says, and that the project then is as it was. */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import type { ImportResult } from '../../../src-main/features/imports/importJob.ts';
import { requireFfmpeg } from '../../support/ffmpeg.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../support/project.ts';
import { until } from '../../support/until.ts';

const sample = fileURLToPath(new URL('../../../datasets/samples/pets09-s2l1', import.meta.url));
const sources = temporaryFolder();
let project: TestProject;
let client: RpcClient;

beforeAll(async () => {
  project = await openTestProject();
  client = project.host.client();
  await project.host.context.settings.set('ffmpeg', (await requireFfmpeg()).path);
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

async function importFolder(path: string, options: Record<string, unknown> = {}, importer: string | null = null, strict = false): Promise<ImportResult> {
  const { jobId } = await client.call('imports.start', { path, importer, options, name: null, strict });
  return (await project.host.context.jobs.wait(jobId)) as ImportResult;
}

/** A sequence of full frames with MOT tracks. */
async function sequence(name: string, gt: string, frames = 6): Promise<string> {
  const folder = join(sources.path, name);
  mkdirSync(join(folder, 'img1'), { recursive: true });
  const grey = await sharp({ create: { width: 100, height: 80, channels: 3, background: '#446688' } })
    .jpeg()
    .toBuffer();
  for (let frame = 1; frame <= frames; frame++) writeFileSync(join(folder, 'img1', `${String(frame).padStart(6, '0')}.jpg`), grey);
  writeFileSync(join(folder, 'gt.txt'), gt);
  return folder;
}

const good = '1,1,10,10,20,40,1,-1,-1,-1\n2,1,11,10,20,40,1,-1,-1,-1\n3,1,12,10,20,40,1,-1,-1,-1\n1,2,50,10,20,40,1,-1,-1,-1\n2,2,51,10,20,40,1,-1,-1,-1\n';

describe('a sequence of pictures', () => {
  test('is stored with its boxes, and the same again is recognised', async () => {
    const folder = await sequence('good', good);
    const first = await importFolder(folder);
    expect(first).toMatchObject({ identities: 2, cameras: 1, tracklets: 2, frames: 5, alreadyImported: false });
    const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [first.dataset] }, sort: 'identity' });
    const detail = await client.call('tracklets.get', { id: ids[0] ?? 0 });
    expect({
      kind: detail.mediaKind,
      frameIndex: [...detail.frameIndex],
      boxes: [...(detail.boxes ?? [])].slice(4, 8),
      missing: detail.row.mediaMissing,
    }).toEqual({ kind: 'frames', frameIndex: [0, 1, 2], boxes: [11, 10, 20, 40], missing: false });
    const boxes = await client.call('media.boxes', { mediaId: detail.mediaId, from: 1, to: 1 });
    expect({ frame: [...boxes.frame], ids: [...boxes.trackletId], names: Object.values(boxes.names).length }).toEqual({
      frame: [1, 1],
      ids: [...ids],
      names: 2,
    });
    expect(await importFolder(folder)).toMatchObject({ alreadyImported: true, dataset: first.dataset });
    expect(await client.call('datasets.list', {})).toHaveLength(1);
  });

  test('that moved is missing until it is located; a wrong folder is refused', async () => {
    const folder = await sequence('moving', good.replaceAll(',1,-1', ',1,-1').replace('1,1,10', '1,1,9'));
    const { dataset } = await importFolder(folder);
    const wrong = await sequence('wrong', good, 0);
    const moved = join(sources.path, 'moved');
    renameSync(folder, moved);
    await expect(client.call('datasets.locate', { id: dataset, root: wrong })).rejects.toMatchObject({
      code: 'MEDIA_MISSING',
      message: expect.stringContaining('000001.jpg') as unknown,
    });
    await client.call('datasets.locate', { id: dataset, root: moved });
    expect((await client.call('datasets.get', { id: dataset })).root).toBe(moved);
    await client.call('datasets.remove', { id: dataset });
    expect(readdirSync(moved)).toContain('gt.txt');
  });
});

describe('a bad source is named and leaves the project as it was, and under strict one bad thing does', () => {
  const cases: [name: string, make: () => Promise<string> | string, code: string, says: string | RegExp][] = [
    ['a folder that does not exist', () => join(sources.path, 'nowhere'), 'FILE_UNREADABLE', 'nowhere does not exist'],
    [
      'an empty folder',
      () => (mkdirSync(join(sources.path, 'empty'), { recursive: true }), join(sources.path, 'empty')),
      'IMPORT_UNRECOGNISED',
      'No importer recognises',
    ],
    ['columns that are no numbers', () => sequence('letters', `${good}3,2,abc,10,20,40,1,-1,-1,-1\n`), 'IMPORT_INCOMPLETE', /gt\.txt.*line 6/],
    ['too few columns', () => sequence('short', `${good}3,2,5\n`), 'IMPORT_INCOMPLETE', /gt\.txt.*line 6/],
    ['the same frame and id twice', () => sequence('twice', `${good}1,1,10,10,20,40,1,-1,-1,-1\n`), 'IMPORT_INCOMPLETE', /line 6 \(line 1 is kept\)/],
    ['a box of negative size', () => sequence('negative', `${good}3,2,5,5,-20,40,1,-1,-1,-1\n`), 'IMPORT_INCOMPLETE', /gt\.txt.*line 6/],
    ['a box larger than any picture', () => sequence('huge', `${good}3,2,5,5,20000,40000,1,-1,-1,-1\n`), 'IMPORT_INCOMPLETE', /gt\.txt.*line 6/],
    ['no tracks at all', () => sequence('none', ''), 'IMPORT_EMPTY', /gt\.txt/],
    [
      'a picture of zero bytes',
      async () => {
        const folder = await sequence('zero', good);
        writeFileSync(join(folder, 'img1', '000001.jpg'), '');
        return folder;
      },
      'IMPORT_INCOMPLETE',
      /000001\.jpg/,
    ],
    [
      'a picture that is cut off',
      async () => {
        const folder = await sequence('cut', good);
        const whole = await sharp({ create: { width: 100, height: 80, channels: 3, background: '#000', noise: { type: 'gaussian', mean: 128, sigma: 40 } } })
          .jpeg()
          .toBuffer();
        writeFileSync(join(folder, 'img1', '000001.jpg'), whole.subarray(0, whole.length / 2));
        return folder;
      },
      'IMPORT_INCOMPLETE',
      /000001\.jpg/,
    ],
    [
      'a page called a picture',
      async () => {
        const folder = await sequence('page', good);
        writeFileSync(join(folder, 'img1', '000001.jpg'), '<html>not found</html>');
        return folder;
      },
      'IMPORT_INCOMPLETE',
      /000001\.jpg/,
    ],
  ];
  test.each(cases)('%s', async (_name, make, code, says) => {
    const before = await client.call('datasets.list', {});
    const folder = await make();
    await expect(importFolder(folder, {}, code === 'IMPORT_UNRECOGNISED' || code === 'FILE_UNREADABLE' ? null : 'mot-video', true)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says) as unknown,
    });
    expect(await client.call('datasets.list', {})).toEqual(before);
    expect(
      readdirSync(join(project.folder, 'cache')).includes('frames')
        ? readdirSync(join(project.folder, 'cache', 'frames')).filter((name) => name.startsWith('import-'))
        : [],
    ).toEqual([]);
  });

  test('an unknown importer and an unknown option value', async () => {
    await expect(importFolder(sample, {}, 'no-such')).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('no-such') as unknown });
    await expect(importFolder(await sequence('options', good), { visitFrames: -3 }, 'mot-video')).rejects.toMatchObject({
      code: 'BAD_INPUT',
      params: { key: 'visitFrames' },
    });
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be read', async () => {
    const folder = await sequence('forbidden', good);
    chmodSync(folder, 0o000);
    await expect(importFolder(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    chmodSync(folder, 0o700);
  });
});

describe('a video', () => {
  test('the sample has its 795 frames and its pictures come from it', async () => {
    const result = await importFolder(sample, { visitFrames: 40, pauseFrames: 20 });
    expect(result).toMatchObject({ identities: 19, cameras: 1, alreadyImported: false });
    const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [result.dataset] }, sort: 'identity' });
    const { mediaId, row, mediaWidth, mediaHeight } = await client.call('tracklets.get', { id: ids[0] ?? 0 });
    expect([mediaWidth, mediaHeight, row.mediaMissing]).toEqual([768, 576, false]);
    // Named by medium and content, so that another video in its place has another folder.
    const folders = readdirSync(join(project.folder, 'cache', 'frames')).filter((name) => name.startsWith(`${mediaId}-`));
    expect(folders).toEqual([expect.stringMatching(/^\d+-[0-9a-f]{12}$/)]);
    const frames = readdirSync(join(project.folder, 'cache', 'frames', folders[0] ?? ''));
    expect(frames.length).toBe(795);
    expect(frames.sort().at(-1)).toBe('000794.jpg');
  });

  function videoFolder(name: string, bytes: Buffer): string {
    const folder = join(sources.path, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'video.avi'), bytes);
    copyFileSync(join(sample, 'gt.txt'), join(folder, 'gt.txt'));
    return folder;
  }

  // ffmpeg's own report of this half: 399 frames out, "Packet corrupt (stream = 0, dts = 398)".
  test('that is cut off names the last good frame', async () => {
    const whole = readFileSync(join(sample, 'vtest.avi'));
    const before = await client.call('datasets.list', {});
    const error: unknown = await importFolder(videoFolder('half', whole.subarray(0, whole.length / 2)), {}, 'mot-video').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'MEDIA_UNDECODABLE', message: expect.stringMatching(/video\.avi .*last good frame is \d+/) as unknown });
    expect((error as { params: { lastGoodFrame: number } }).params.lastGoodFrame).toBe(397);
    expect(await client.call('datasets.list', {})).toEqual(before);
  });

  test.each([
    ['empty', Buffer.alloc(0), /0 bytes/],
    ['noise', Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 31) % 251)), /no video of a known kind/],
    ['a playlist', Buffer.from('#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nfile:///etc/passwd\n'), /no video of a known kind/],
    ['a header only', readFileSync(join(sample, 'vtest.avi')).subarray(0, 3000), /video\.avi/],
  ])('that is %s is refused', async (name, bytes, says) => {
    await expect(importFolder(videoFolder(name.replaceAll(' ', '-'), bytes), {}, 'mot-video')).rejects.toMatchObject({
      code: 'MEDIA_UNDECODABLE',
      message: expect.stringMatching(says) as unknown,
    });
  });

  test('an import that is cancelled leaves nothing', async () => {
    const before = await client.call('datasets.list', {});
    // The real one, which is not done before it is told so.
    const { settings } = project.host.context;
    const ffmpeg = String(settings.get('ffmpeg'));
    const endless = join(sources.path, 'endless-ffmpeg');
    writeFileSync(endless, `#!/bin/sh\n'${ffmpeg}' "$@" || exit\ncase "$*" in *image2*) exec sleep 3600 ;; esac\n`);
    chmodSync(endless, 0o755);
    await settings.set('ffmpeg', endless);
    const { jobId } = await client.call('imports.start', { path: sample, importer: 'mot-video', options: { visitFrames: 33 }, name: null });
    const decoded = (): string[] => readdirSync(join(project.folder, 'cache', 'frames')).filter((name) => name.startsWith('import-'));
    const cancelled = expect(project.host.context.jobs.wait(jobId)).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(() => decoded().length > 0);
    await client.call('jobs.cancel', { id: jobId });
    await cancelled;
    await settings.set('ffmpeg', ffmpeg);
    expect(await client.call('datasets.list', {})).toEqual(before);
    expect(decoded()).toEqual([]);
  });
});
