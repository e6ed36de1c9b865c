/**
 * Bad input through a real host: each case is refused with an error that names file, line or key and says what to do, and the project is
 * afterwards what it was: every row of every table, and every file. Only the job that failed is kept, as the record of the try.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src-shared/errors.ts';
import type { ErrorCode } from '../../src-shared/errors.ts';
import type { RpcClient } from '../../src-shared/rpc.ts';
import type { ImportResult } from '../../src-main/features/imports/importJob.ts';
import { openHost, type Host } from '../../src-main/host/host.ts';
import { openLog } from '../../src-main/platform/log.ts';
import { userPaths } from '../../src-main/platform/paths.ts';
import { requireTensorFlowLibrary } from '../support/engine.ts';
import { requireFfmpeg } from '../support/ffmpeg.ts';
import { startHostProcess } from '../support/hostProcess.ts';
import { childrenOf } from '../support/processes.ts';
import { connectSocket } from '../support/socketClient.ts';
import { openTestProject, temporaryFolder } from '../support/project.ts';
import { until } from '../support/until.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject } from './support/tinyProject.ts';

const pets = fileURLToPath(new URL('../../datasets/samples/pets09-s2l1', import.meta.url));
const sources = temporaryFolder();
let ffmpeg: string;
let folder: string;
let host: Host;
let client: RpcClient;
/** A trained run. */
let run: string;

beforeAll(async () => {
  await requireTensorFlowLibrary();
  ffmpeg = (await requireFfmpeg()).path;
  folder = (await tinyProject()).folder;
  host = await openHost({ folder, paths: { ...userPaths(), home: join(dirname(folder), 'home') }, log: openLog('silent') });
  client = host.client();
  await host.context.settings.set('ffmpeg', ffmpeg);
  run = await train();
});
afterAll(async () => {
  await host.close();
  rmSync(dirname(folder), { recursive: true, force: true });
  sources[Symbol.dispose]();
});

/** Rows of every table but `job` and the count of work, and every file but the database's, its backups and the logs of jobs. */
function stateOf(project: string): { tables: Record<string, string[]>; files: string[] } {
  const db = new Database(join(project, 'project.sqlite'), { readonly: true });
  const names = db
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'job' ORDER BY name`)
    .pluck()
    .all() as string[];
  const tables = Object.fromEntries(
    names.map((name) => [
      name,
      (db.prepare(`SELECT * FROM "${name}"`).all() as { key?: string }[])
        .filter((row) => name !== 'meta' || row.key !== 'work')
        .map((row) => JSON.stringify(row))
        .sort(),
    ]),
  );
  db.close();
  const files = readdirSync(project, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink() || /^import-|\.(part|tmp|removed)$/.test(entry.name))
    .map((entry) => relative(project, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((path) => !path.startsWith('project.sqlite') && !path.startsWith('cache/jobs/') && !/^backups\/\d{6}-[\d-]+\.sqlite$/.test(path));
  return { tables, files: files.sort() };
}

async function refused(attempt: () => Promise<unknown>, code: ErrorCode, says: RegExp, remedy = /^[A-Z].*[a-z].*\.$/): Promise<AppError> {
  const before = stateOf(folder);
  const error: unknown = await attempt().then(
    (value) => value,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(says) as unknown, remedy: expect.stringMatching(remedy) as unknown });
  expect(stateOf(folder)).toEqual(before);
  return error as AppError;
}

async function importFrom(path: string, importer: string | null = 'mot-video', options: Record<string, unknown> = {}, strict = false): Promise<ImportResult> {
  const { jobId } = await client.call('imports.start', { path, importer, options, name: null, strict });
  return (await host.context.jobs.wait(jobId)) as ImportResult;
}

/** Refuses whatever would be left out. */
function importWhole(path: string, importer = 'mot-video'): Promise<ImportResult> {
  return importFrom(path, importer, {}, true);
}

async function jobEnd(id: number): Promise<unknown> {
  return host.context.jobs.wait(id);
}

async function train(change: Partial<Parameters<typeof client.call<'runs.start'>>[1]> = {}): Promise<string> {
  const { jobId, runId } = await startTraining(change);
  await jobEnd(jobId);
  return runId;
}

function startTraining(change: Partial<Parameters<typeof client.call<'runs.start'>>[1]> = {}) {
  return client.call('runs.start', {
    name: null,
    method: 'resnet-tap',
    options: TINY_OPTIONS,
    recipe: TINY_RECIPE,
    datasetId: 1,
    seed: 1,
    evaluateOn: [],
    ...change,
  });
}

let made = 0;
function newFolder(name: string): string {
  const path = join(sources.path, `${String(++made).padStart(2, '0')}-${name}`);
  mkdirSync(path);
  return path;
}

/** Full frames of 100×80 with MOT tracks. */
async function sequence(name: string, gt: string | Uint8Array, { frames = 4, text = 'gt.txt' } = {}): Promise<string> {
  const path = newFolder(name);
  mkdirSync(join(path, 'img1'));
  const picture = await sharp({ create: { width: 100, height: 80, channels: 3, background: '#446688' } })
    .jpeg()
    .toBuffer();
  for (let frame = 1; frame <= frames; frame++) writeFileSync(join(path, 'img1', `${String(frame).padStart(6, '0')}.jpg`), picture);
  writeFileSync(join(path, text), gt);
  return path;
}

/** Forty frames of ffmpeg's test picture, 64×48, with one track in them. */
function videoOf(name: string, file: string, encode: string[], spoil: (path: string) => void = () => undefined): string {
  const path = newFolder(name);
  const video = join(path, file);
  const made = spawnSync(ffmpeg, ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=64x48:rate=10', '-frames:v', '40', ...encode, video], { encoding: 'utf8' });
  expect(made.stderr).toBe('');
  writeFileSync(join(path, 'gt.txt'), Array.from({ length: 40 }, (_, frame) => `${frame + 1},1,10,10,20,30,1,-1,-1,-1`).join('\n'));
  spoil(video);
  return path;
}

function cutTo(share: number): (path: string) => void {
  return (path) => truncateSync(path, Math.floor(readFileSync(path).length * share));
}

const AVI = ['-c:v', 'mjpeg'];
const row = (frame: number, id: number, box = '10,10,20,40'): string => `${frame},${id},${box},1,-1,-1,-1\n`;
const good = row(1, 1) + row(2, 1) + row(3, 1);

describe('video', () => {
  it('whole is imported, so that the cases below fail for their own reason', async () => {
    expect(await importFrom(videoOf('whole', 'clip.avi', AVI))).toMatchObject({ identities: 1, frames: 40 });
  });

  it('cut in the middle: an AVI names its last good frame', async () => {
    const error = await refused(() => importFrom(videoOf('half', 'clip.avi', AVI, cutTo(0.5))), 'MEDIA_UNDECODABLE', /clip\.avi .*last good frame is \d+/);
    expect(error.params['lastGoodFrame']).toBeGreaterThan(10);
    expect(error.params['lastGoodFrame']).toBeLessThan(25);
  });

  it('cut in the middle: an MP4 with its index in front', async () => {
    await refused(
      () => importFrom(videoOf('half-mp4', 'clip.mp4', ['-c:v', 'mpeg4', '-movflags', '+faststart'], cutTo(0.6))),
      'MEDIA_UNDECODABLE',
      /clip\.mp4 .*last good frame is \d+/,
    );
  });

  it('cut in the middle: an MP4 whose index is lost', async () => {
    await refused(
      () => importFrom(videoOf('no-moov', 'clip.mp4', ['-c:v', 'mpeg4'], cutTo(0.5))),
      'MEDIA_UNDECODABLE',
      /clip\.mp4 cannot be opened: ffmpeg says "moov atom not found/,
    );
  });

  it('without pictures, sound only', async () => {
    const path = newFolder('sound');
    spawnSync(ffmpeg, ['-v', 'error', '-f', 'lavfi', '-i', 'sine=duration=1', '-c:a', 'pcm_s16le', join(path, 'clip.avi')]);
    writeFileSync(join(path, 'gt.txt'), good);
    await refused(() => importFrom(path), 'MEDIA_UNDECODABLE', /clip\.avi cannot be opened/);
  });

  it.each([
    ['of zero bytes', Buffer.alloc(0), /clip\.avi is empty \(0 bytes\)/],
    ['of noise', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 131) % 253)), /clip\.avi is no video of a known kind/],
    ['that is a web page', Buffer.from('<!doctype html><title>404</title>'.padEnd(600)), /clip\.avi is no video of a known kind/],
    ['that is a playlist of other files', Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n'.padEnd(600)), /clip\.avi is no video of a known kind/],
    ['of noise behind the head of an AVI', Buffer.concat([Buffer.from('RIFF\x00\x20\x00\x00AVI ', 'latin1'), Buffer.alloc(3000, 7)]), /clip\.avi/],
  ])('%s', async (name, bytes, says) => {
    await refused(() => importFrom(videoOf(name.replaceAll(' ', '-'), 'clip.avi', AVI, (path) => writeFileSync(path, bytes))), 'MEDIA_UNDECODABLE', says);
  });

  it('shorter than its tracks', async () => {
    const path = videoOf('short', 'clip.avi', AVI);
    writeFileSync(join(path, 'gt.txt'), `${good}41,1,10,10,20,30,1,-1,-1,-1\n`);
    await refused(() => importWhole(path), 'IMPORT_INCOMPLETE', /beyond the 40 frames of clip\.avi .*gt\.txt line 4 \(frame 41\)/);
  });
});

describe('gt.txt', () => {
  it.each([
    ['letters in a column', `${good}4,2,abc,10,20,40,1,-1,-1,-1\n`, 'IMPORT_INCOMPLETE', /gt\.txt line 4, column 3 \("abc" is not a number\)/],
    ['a column too few', `${good}4,2,10,10,20\n`, 'IMPORT_INCOMPLETE', /too few or too many columns .*gt\.txt line 4/],
    ['another number of columns', `${good}4,2,10,10,20,40,1\n`, 'IMPORT_INCOMPLETE', /another number of columns than 10 .*gt\.txt line 4/],
    ['a decimal comma', '1;1;10,5;10;20;40;1\n', 'FILE_INVALID', /gt\.txt line 1, column 3: "10,5" is not a number/],
    ['a fractional frame', `${good}3.5,2,10,10,20,40,1,-1,-1,-1\n`, 'IMPORT_INCOMPLETE', /gt\.txt line 4/],
    ['zero bytes in it', `${good}\0`, 'FILE_INVALID', /gt\.txt.*zero bytes/],
    ['a box of negative width', good + row(4, 2, '10,10,-20,40'), 'IMPORT_INCOMPLETE', /without area .*gt\.txt line 4/],
    ['a box without height', good + row(4, 2, '10,10,20,0'), 'IMPORT_INCOMPLETE', /without area .*gt\.txt line 4/],
    ['a huge box', good + row(4, 2, '0,0,90000,40'), 'IMPORT_INCOMPLETE', /more than 2 times the 100×80 .*gt\.txt line 4/],
    ['a box that is not finite', good + row(4, 2, '1e999,0,20,40'), 'IMPORT_INCOMPLETE', /gt\.txt line 4, column 3/],
    ['frame and id twice', good + row(2, 1, '11,10,20,40'), 'IMPORT_INCOMPLETE', /gt\.txt line 4 \(line 2 is kept\)/],
    ['frame 0', row(0, 1) + good, 'FILE_INVALID', /gt\.txt line 1: frame 0/],
    ['no byte at all', '', 'IMPORT_EMPTY', /gt\.txt holds no boxes/],
    ['only detections without identity', row(1, -1) + row(2, -1), 'IMPORT_EMPTY', /gt\.txt holds 2 boxes but no identities/],
    ['only boxes outside of the picture', row(1, 1, '500,10,20,40') + row(2, 1, '10,-90,20,40'), 'IMPORT_EMPTY', /None of the 2 boxes of gt\.txt is left/],
  ] satisfies [string, string, ErrorCode, RegExp][])('with %s', async (name, text, code, says) => {
    await refused(async () => importWhole(await sequence(name.replaceAll(' ', '-'), text)), code, says);
  });

  it('with some boxes outside: left out or clipped, and both are told', async () => {
    const result = await importFrom(await sequence('outside', good + row(4, 1, '90,70,20,40') + row(4, 2, '300,10,20,40') + row(1, 2)));
    expect(result).toMatchObject({ identities: 2, frames: 5 });
    expect(result.warnings).toContainEqual(expect.objectContaining({ code: 'BOX_OUTSIDE', where: 'gt.txt line 5', count: 1 }));
    expect(result.warnings).toContainEqual(expect.objectContaining({ code: 'BOX_PARTLY_OUTSIDE', where: 'gt.txt line 4', count: 1 }));
  });
});

describe('pictures and folders', () => {
  it('a picture that the tracks name is missing', async () => {
    const path = await sequence('missing', good);
    rmSync(join(path, 'img1', '000002.jpg'));
    await refused(() => importWhole(path), 'IMPORT_INCOMPLETE', /pictures are missing in img1 .*gt\.txt line 2 \(frame 2\)/);
    rmSync(join(path, 'img1', '000003.jpg'));
    await refused(() => importFrom(path), 'MEDIA_MISSING', /img1 lacks the pictures .*gt\.txt .*line 2\): 2, 3/);
  });

  it('no pictures at all', async () => {
    const path = newFolder('no-pictures');
    writeFileSync(join(path, 'gt.txt'), good);
    await refused(() => importFrom(path), 'MEDIA_MISSING', /gt\.txt has tracks, but .* holds neither a video nor pictures/);
  });

  it.each([
    ['of zero bytes', '000003.jpg', Buffer.alloc(0), /of 0 bytes .*000003\.jpg/],
    ['that is a web page', '000001.jpg', Buffer.from('<html>not found</html>'), /000001\.jpg/],
  ])('a picture %s', async (name, file, bytes, says) => {
    const path = await sequence(name.replaceAll(' ', '-'), good);
    writeFileSync(join(path, 'img1', file), bytes);
    await refused(() => importWhole(path), 'IMPORT_INCOMPLETE', says);
  });

  it('a crop of zero bytes, a crop cut off, and a person without crops', async () => {
    const path = newFolder('crops');
    const crop = await sharp({ create: { width: 32, height: 64, channels: 3, background: '#444444', noise: { type: 'gaussian', mean: 128, sigma: 40 } } })
      .jpeg()
      .toBuffer();
    for (const person of ['0001', '0002']) {
      mkdirSync(join(path, person, 'c1'), { recursive: true });
      for (const name of ['a.jpg', 'b.jpg']) writeFileSync(join(path, person, 'c1', name), crop);
    }
    writeFileSync(join(path, '0002', 'c1', 'a.jpg'), '');
    await refused(() => importWhole(path, 'image-folder'), 'IMPORT_INCOMPLETE', /of 0 bytes .*0002\/c1\/a\.jpg/);
    writeFileSync(join(path, '0002', 'c1', 'a.jpg'), crop.subarray(0, crop.length / 2));
    await refused(() => importWhole(path, 'image-folder'), 'IMPORT_INCOMPLETE', /cannot be decoded .*0002\/c1\/a\.jpg/);
  });

  it('persons without a picture', async () => {
    const path = newFolder('nobody');
    for (const person of ['0001', '0002']) mkdirSync(join(path, person, 'c1'), { recursive: true });
    await refused(() => importFrom(path, 'image-folder'), 'IMPORT_EMPTY', /./);
  });

  it('a manifest of zero bytes', async () => {
    const path = newFolder('manifest');
    writeFileSync(join(path, 'synthetic.json'), '');
    await refused(() => importFrom(path, 'synthetic'), 'FILE_INVALID', /synthetic\.json/);
  });

  it('that nobody recognises', async () => {
    await refused(() => importFrom(newFolder('empty'), null), 'IMPORT_UNRECOGNISED', /No importer recognises .*empty/);
  });

  it('a path that is a file, or nothing', async () => {
    await refused(() => importFrom(join(pets, 'gt.txt')), 'UNSUPPORTED', /gt\.txt is neither a folder nor a zip or tar archive/);
    await refused(() => importFrom(join(sources.path, 'nowhere')), 'FILE_UNREADABLE', /nowhere does not exist/);
  });

  it.skipIf(process.platform === 'win32')('a path that is a broken link, or one to itself', async () => {
    symlinkSync(join(sources.path, 'gone'), join(sources.path, 'broken'));
    await refused(() => importFrom(join(sources.path, 'broken')), 'FILE_UNREADABLE', /broken/);
    symlinkSync(join(sources.path, 'loop'), join(sources.path, 'loop'));
    await refused(() => importFrom(join(sources.path, 'loop')), 'FILE_UNREADABLE', /loop is a link that leads back to itself/);
  });

  it('a gt.txt that is a folder', async () => {
    const path = await sequence('folder-gt', good, { text: 'notes.txt' });
    mkdirSync(join(path, 'gt.txt'));
    await refused(() => importFrom(path), 'FILE_UNREADABLE', /gt\.txt is a folder, not a file/);
  });

  // Root may read everything, so only others can be kept out.
  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a folder that may not be read', async () => {
    const path = await sequence('forbidden', good);
    chmodSync(path, 0o000);
    try {
      await refused(() => importFrom(path), 'FILE_UNREADABLE', /forbidden may not be read by you/);
    } finally {
      chmodSync(path, 0o700);
    }
  });
});

describe('names that nobody knows', () => {
  it('an importer, and an option of an importer', async () => {
    await refused(() => importFrom(pets, 'mot-vidoe'), 'BAD_INPUT', /no importer "mot-vidoe"; known are .*mot-video/);
    const path = await sequence('options', good);
    await refused(() => importFrom(path, 'mot-video', { visitFrame: 40 }), 'UNKNOWN_OPTION', /"mot-video" has no option "visitFrame"; known are .*visitFrames/);
    await refused(() => importFrom(path, 'mot-video', { visitFrames: -3 }), 'BAD_INPUT', /option "visitFrames" of the importer "mot-video" does not fit/);
  });

  it('a method, an option of a method, a value of the recipe', async () => {
    await refused(() => startTraining({ method: 'resnet-tip' }), 'UNKNOWN_METHOD', /no method "resnet-tip"; known are .*resnet-tap/);
    await refused(
      () => startTraining({ options: { ...TINY_OPTIONS, heigth: 32 } }),
      'UNKNOWN_OPTION',
      /"resnet-tap" has no option "heigth"; known are .*height/,
    );
    await refused(() => startTraining({ options: { ...TINY_OPTIONS, depth: 19 } }), 'BAD_INPUT', /depth/);
    await refused(() => startTraining({ recipe: { ...TINY_RECIPE, epoch: 3 } as never }), 'BAD_INPUT', /"epoch"/);
    await refused(() => startTraining({ recipe: { ...TINY_RECIPE, learningRate: -1 } }), 'BAD_INPUT', /learningRate/);
  });
});

describe('a data set that cannot answer', () => {
  let one: number;
  beforeAll(async () => {
    one = (await importFrom(pets, 'mot-video', { visitFrames: 40, pauseFrames: 20 })).dataset;
  });

  it('one camera under a protocol that needs two: refused before anything is computed', async () => {
    const says = /one camera and no tracklets in the split "query".*"market" a match must come from another camera/;
    await refused(
      () => client.call('evaluations.start', { runId: run, datasetId: one, protocol: 'market', distance: 'cosine' }),
      'NO_VALID_QUERY',
      says,
      /^Choose the protocol "visits".*two cameras or more\.$/,
    );
    await refused(() => startTraining({ evaluateOn: [{ datasetId: one, protocol: 'market' }] }), 'NO_VALID_QUERY', says, /"visits"/);
  });

  it('where "visits" itself cannot work it is not what is suggested', async () => {
    const { dataset } = await importFrom(await sequence('once', good + row(1, 2) + row(2, 2)));
    const error = await refused(
      () => client.call('evaluations.start', { runId: run, datasetId: dataset, protocol: 'visits', distance: 'cosine' }),
      'NO_VALID_QUERY',
      /No identity of the data set has two visits/,
      /Frames per visit/,
    );
    expect(error.remedy).not.toContain('Choose the protocol');
    const market = await refused(
      () => client.call('evaluations.start', { runId: run, datasetId: dataset, protocol: 'market', distance: 'cosine' }),
      'NO_VALID_QUERY',
      /one camera/,
    );
    expect(market.remedy).not.toContain('visits');
  });

  it('no identity or one identity to train on', async () => {
    await refused(() => startTraining({ datasetId: one }), 'BAD_INPUT', /"PETS09-S2L1" has no tracklets in the split "train"/, /two identities/);
    const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [one] }, sort: 'identity' });
    await client.call('tracklets.setSplit', { ids: [...ids.slice(0, 1)], split: 'train' });
    await refused(() => startTraining({ datasetId: one }), 'BAD_INPUT', /"train" of "PETS09-S2L1" has 1 identity/);
    await client.call('history.undo', {});
  });

  it('another video where the data set is looked for', async () => {
    const here = videoOf('here', 'clip.avi', ['-c:v', 'mjpeg', '-q:v', '3']);
    const { dataset } = await importFrom(here, 'mot-video', { minFrames: 2 });
    const other = videoOf('other', 'clip.avi', ['-c:v', 'mjpeg', '-q:v', '9']);
    await refused(
      () => client.call('datasets.locate', { id: dataset, root: other }),
      'MEDIA_MISSING',
      /clip\.avi is another video than the one that was imported/,
      /of its own/,
    );
    const moved = `${here}-moved`;
    renameSync(here, moved);
    await client.call('datasets.locate', { id: dataset, root: moved });
    expect((await client.call('datasets.get', { id: dataset })).root).toBe(moved);
  });
});

describe('a run', () => {
  it('whose weights are those of another run, of another shape', async () => {
    const wide = await train({ name: 'Wide', options: { ...TINY_OPTIONS, width: 0.125 } });
    const checkpoints = (id: string): string => join(folder, 'runs', id, 'checkpoints');
    rmSync(checkpoints(wide), { recursive: true });
    cpSync(checkpoints(run), checkpoints(wide), { recursive: true });
    await refused(
      async () => jobEnd((await client.call('features.extract', { runId: wide, datasetId: 1 })).jobId),
      'WEIGHTS_MISMATCH',
      /The weights in checkpoints\/step-\d+ are not those that the run wrote: their content is another/,
      /Put the original file back/,
    );
  });

  it('whose pictures have gone', async () => {
    const pictures = join(folder, 'media', '0-0');
    renameSync(pictures, `${pictures}-away`);
    const { jobId, runId } = await startTraining({ name: 'Gap' });
    await expect(jobEnd(jobId)).rejects.toMatchObject({ code: 'MEDIA_MISSING', message: expect.stringContaining(join('media', '0-0')) as unknown });
    expect(await client.call('runs.get', { id: runId })).toMatchObject({ state: 'failed', checkpoint: null, error: { code: 'MEDIA_MISSING' } });
    renameSync(`${pictures}-away`, pictures);
    // Once they are back the same run goes on.
    await jobEnd((await client.call('runs.resume', { id: runId })).jobId);
    expect((await client.call('runs.get', { id: runId })).state).toBe('done');
  });
});

describe('a full disk', () => {
  it('while an import is stored: nothing of it stays, and it can be repeated once there is room', async () => {
    // SQLite's own limit on the file: the same error as the disk's, at the same place.
    await using project = await openTestProject({ databasePages: 1 });
    const people = Array.from({ length: 80 }, (_, id) => row(1, id + 1) + row(2, id + 1) + row(3, id + 1)).join('');
    const path = await sequence('crowd', people);
    const before = stateOf(project.folder);
    const { jobs } = project.host.context;
    const { jobId } = await project.host.client().call('imports.start', { path, importer: 'mot-video', options: {}, name: null });
    await expect(jobs.wait(jobId)).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(/disk is full.*project\.sqlite/) as unknown,
      remedy: expect.stringMatching(/Free some space/) as unknown,
    });
    expect(stateOf(project.folder)).toEqual(before);
    expect(await jobs.get(jobId)).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } });
    await project.host.close();

    project.host = await openHost({ folder: project.folder, paths: { home: project.home, provisioned: join(project.home, 'native') }, log: openLog('silent') });
    await project.host.context.jobs.retry(jobId);
    expect(await project.host.context.jobs.wait(jobId)).toMatchObject({ identities: 80, tracklets: 80, frames: 240 });
  });

  // A device that is always full, in the place of one frame; ffmpeg itself is the real one.
  it.skipIf(!existsSync('/dev/full'))('while a video is decoded', async () => {
    const script = join(newFolder('full'), 'ffmpeg');
    writeFileSync(script, `#!/bin/sh\ncase "$*" in *-version*) ;; *) ln -s /dev/full 000005.jpg ;; esac\nexec '${ffmpeg}' "$@"\n`);
    chmodSync(script, 0o755);
    const path = videoOf('full-video', 'clip.avi', ['-c:v', 'mjpeg', '-q:v', '5']);
    await host.context.settings.set('ffmpeg', script);
    try {
      await refused(() => importFrom(path), 'DISK_FULL', /disk is full: the frames of .*clip\.avi could not be written/, /Free some space/);
    } finally {
      await host.context.settings.set('ffmpeg', ffmpeg);
    }
  });

  // A limit on the size of files, set on the living compute child: the system refuses its writes as it does on a full disk.
  it.skipIf(process.platform !== 'linux')('while a run trains: it ends resumable, the last good checkpoint stays, and it goes on from there', async () => {
    const { runId, jobId } = await startTraining({ name: 'Full', recipe: { ...TINY_RECIPE, epochs: 400 } });
    await until(async () => (await client.call('runs.get', { id: runId })).step >= 3);
    await client.call('runs.stop', { id: runId });
    await jobEnd(jobId).catch(() => undefined);
    const kept = await client.call('runs.get', { id: runId });
    const checkpoints = join(folder, 'runs', runId, 'checkpoints');
    const before = readdirSync(checkpoints, { recursive: true });
    expect(kept.checkpoint).toBe(`checkpoints/${String(before[0])}`);

    await client.call('runs.resume', { id: runId });
    await limitFiles(4096);
    await expect(jobEnd(jobId)).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringMatching(/checkpoint of step \d+ could not be written: it would grow beyond the largest file/) as unknown,
    });
    const full = await client.call('runs.get', { id: runId });
    expect(full).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' }, checkpoint: kept.checkpoint, weightsHash: kept.weightsHash });
    expect((await client.call('jobs.list', {})).find((job) => job.id === jobId)).toMatchObject({ state: 'failed', resumable: true });
    expect(readdirSync(checkpoints, { recursive: true })).toEqual(before);

    await client.call('runs.resume', { id: runId });
    await jobEnd(jobId);
    expect(await client.call('runs.get', { id: runId })).toMatchObject({ state: 'done', step: 1600 });
    expect(
      (await client.call('runs.log', { id: runId, from: 0 })).lines.filter((line) => line.text.startsWith('Continuing from')).map((line) => line.text),
    ).toEqual(new Array(2).fill(`Continuing from ${String(before[0])}.`));
  });

  it.skipIf(process.platform !== 'linux')('while a run is stopped: that its last steps are lost is not passed over', async () => {
    const { runId, jobId } = await startTraining({ name: 'Stopped on a full disk', recipe: { ...TINY_RECIPE, epochs: 5000 } });
    await limitFiles(4096);
    await until(async () => (await client.call('runs.get', { id: runId })).step >= 2);
    await client.call('runs.stop', { id: runId });
    await expect(jobEnd(jobId)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await client.call('runs.get', { id: runId })).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' }, checkpoint: null });
  });

  it.skipIf(process.platform !== 'linux')('while features are written: no piece of the file stays, and it can be repeated', async () => {
    const id = await refused(
      async () => {
        const { jobId } = await client.call('features.extract', { runId: run, datasetId: 1 });
        await limitFiles(256);
        await jobEnd(jobId);
      },
      'DISK_FULL',
      /features\/[0-9a-f]{16}\.safetensors could not be written: it would grow beyond the largest file/,
      /Raise the limit/,
    ).then(async () => (await client.call('jobs.list', {})).find((job) => job.kind === 'extract' && job.runId === run)?.id ?? 0);
    await client.call('jobs.retry', { id });
    await jobEnd(id);
    expect(await client.call('features.list', { runId: run })).toMatchObject([{ datasetId: 1, count: 6 }]);
  });
});

describe('a second program', () => {
  it('on the same project is refused by name and number, and the first goes on', async () => {
    using place = temporaryFolder();
    const project = join(place.path, 'project');
    const first = await startHostProcess(project, [], { TRACKLET_HOME: join(place.path, 'home') });
    try {
      const before = stateOf(project);
      const error: unknown = await openHost({
        folder: project,
        paths: { home: join(place.path, 'home'), provisioned: join(place.path, 'native') },
        log: openLog('silent'),
      }).catch((caught: unknown) => caught);
      expect(error).toMatchObject({
        code: 'PROJECT_LOCKED',
        message: expect.stringContaining(`(process ${first.child.pid})`) as unknown,
        remedy: expect.stringContaining('Close the other') as unknown,
      });
      expect(stateOf(project)).toEqual(before);
      const { client: other } = connectSocket(first.port, { authorization: `Bearer ${first.token}` });
      expect(await other.call('project.info', {})).toMatchObject({ folder: project });
      other.close();
    } finally {
      await first.stop();
    }
  });
});

/** Waits for the compute child of this process and limits what it may write to one file. */
async function limitFiles(bytes: number): Promise<void> {
  const child = await until(() => childrenOf(process.pid, 'compute/child.ts')[0]);
  const set = spawnSync('prlimit', ['--pid', String(child), `--fsize=${bytes}:${bytes}`], { encoding: 'utf8' });
  expect({ status: set.status, error: set.error ?? set.stderr }).toEqual({ status: 0, error: '' });
}
