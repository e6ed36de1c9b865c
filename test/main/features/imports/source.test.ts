/** A folder as the host sees it while importing: found, read into a spool of its own, tidied away whatever happens. */
import { existsSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { folderAt, headerOf, probeFolder, readSource, type ReadSource, type SourceParams } from '../../../../src-main/features/imports/source.ts';
import type { Settings } from '../../../../src-main/platform/settings.ts';
import { importContext, type ImportContext } from '../../../support/importContext.ts';
import { motRows } from '../../../support/motSequence.ts';
import { temporaryFolder } from '../../../support/project.ts';
import { asked, forgetAsked } from '../../../support/readHere.ts';
import { writeFiles } from '../../../support/writeFiles.ts';

/** What was asked about ffmpeg, and what is found. */
const ffmpeg = vi.hoisted(() => ({ asked: [] as unknown[], found: {} as object | null, provisioned: [] as unknown[] }));
vi.mock('../../../../src-main/features/imports/importInChild.ts', () => import('../../../support/readHere.ts'));
vi.mock('../../../../src-main/media/mediaProbe.ts', () => import('../../../support/readHere.ts'));
vi.mock('../../../../src-main/media/ffmpegBinary.ts', () => ({
  findFfmpeg: async (...all: unknown[]) => (ffmpeg.asked.push(all), ffmpeg.found),
  provisionFfmpeg: async (tell: (progress: object) => void, ...all: unknown[]) => {
    tell({ phase: 'download', bytes: 3, total: 9, what: 'ffmpeg' });
    ffmpeg.provisioned.push(all);
  },
}));

let made: ImportContext;
let sources: ReturnType<typeof temporaryFolder>;
let root: string;
beforeEach(async () => {
  made = await importContext();
  sources = temporaryFolder();
  root = join(realpathSync(sources.path), 'set');
  write({ '0001/c1/1.jpg': 'a' });
  forgetAsked();
  Object.assign(ffmpeg, { asked: [], found: {}, provisioned: [] });
});
afterEach(() => {
  made[Symbol.dispose]();
  sources[Symbol.dispose]();
});

const write = (files: Record<string, string>): void => writeFiles(root, files);
const read = (params: Partial<SourceParams> = {}, how: Parameters<typeof readSource>[3] = { everyPicture: true }): Promise<ReadSource> =>
  readSource(made.context, { path: root, importer: null, options: {}, ...params }, made.tools, how);
const spools = (): string[] => readdirSync(join(made.here.folder, 'cache/imports'));

test('a folder is where its links lead; one that is not there is named as it was asked for', async () => {
  symlinkSync(root, join(sources.path, 'link'));
  expect(await folderAt(join(sources.path, 'link'))).toBe(root);
  expect(await folderAt(relative(process.cwd(), root))).toBe(root);
  await expect(folderAt(join(sources.path, 'nowhere'))).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: `${join(sources.path, 'nowhere')} does not exist.`,
  });
});

test('an archive is one by its content: what is called like one and is none is refused, or is the folder that it is', async () => {
  writeFiles(sources.path, { 'set.zip': 'PK', 'MARS.TAR': 'x', 'folder.zip/0001/c1/1.jpg': 'a' });
  for (const name of ['set.zip', 'MARS.TAR'])
    await expect(probeFolder(made.context, join(sources.path, name), made.abort.signal)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: `${join(realpathSync(sources.path), name)} is neither a folder nor a zip or tar archive.`,
      remedy: 'Choose a folder, or a .zip or .tar file. Any other archive has to be unpacked first.',
    });
  expect(await probeFolder(made.context, join(sources.path, 'folder.zip'), made.abort.signal)).toMatchObject([{ importer: 'image-folder' }]);
  writeFileSync(join(sources.path, 'set.bin'), zipSync({ '0001/c1/1.jpg': Buffer.from('a') }));
  expect(await probeFolder(made.context, join(sources.path, 'set.bin'), made.abort.signal)).toMatchObject([{ importer: 'image-folder' }]);
});

test('who recognises a folder is asked of its real path', async () => {
  symlinkSync(root, join(sources.path, 'link'));
  const found = await probeFolder(made.context, join(sources.path, 'link'), made.abort.signal);
  expect(found.map(({ importer }) => importer)).toEqual(['image-folder']);
  expect(asked.tasks).toEqual([{ kind: 'probe', folder: root }]);
});

test('is read into a spool that goes with it', async () => {
  const source = await read({ strict: true, options: { minFrames: 1 }, importer: 'image-folder' });
  const task = { kind: 'read', folder: root, importer: 'image-folder', options: { minFrames: 1 }, strict: true, spool: source.spool, everyPicture: true };
  expect([source.folder, source.read.counts.frames, asked.tasks]).toEqual([root, 1, [task]]);
  expect([existsSync(source.spool), spools(), asked.discarded]).toEqual([true, [dirname(source.spool).split('/').at(-1)], 0]);
  await source[Symbol.asyncDispose]();
  expect([existsSync(source.spool), spools(), asked.discarded]).toEqual([false, [], 1]);
});

test('a quick look keeps no records', async () => {
  const source = await read({}, { everyPicture: false });
  expect(asked.tasks).toMatchObject([{ strict: false, spool: null, everyPicture: false }]);
  expect(existsSync(source.spool)).toBe(false);
  await source[Symbol.asyncDispose]();
});

test('what cannot be read leaves nothing either', async () => {
  await expect(read({ importer: 'no-such' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  expect([spools(), asked.discarded]).toEqual([[], 1]);
});

test('the header of its data set is what was read, from where it lies', async () => {
  await using source = await read();
  const of = (folder: string) =>
    headerOf(made.context, { ...source, folder, read: { ...source.read, summary: { name: 'n', origin: 'page', licence: 'CC0' } } }, 77);
  const { importer, options, contentHash, warnings, cameras, files, guesses } = source.read;
  const header = { importer, options, origin: 'page', licence: 'CC0', contentHash, warnings, cameras, report: { files, guesses }, at: 77 };
  expect(of(root)).toEqual({ ...header, root });
  expect(of(join(made.here.folder, 'media/set'))).toEqual({ ...header, root: 'media/set' });
});

describe('a folder with a video', () => {
  beforeEach(() => {
    root = join(realpathSync(sources.path), 'film');
    write({ 'a.avi': 'RIFF', 'gt.txt': motRows([1], 4) });
  });

  test('asks for ffmpeg first, one without does not', async () => {
    await (await read())[Symbol.asyncDispose]();
    expect(ffmpeg).toEqual({ asked: [[{ provisioned: made.here.folder }, { ffmpeg: null }]], found: {}, provisioned: [] });
    made.context.settings = { get: (name: string) => `/set/${name}` } as unknown as Settings;
    await (await read())[Symbol.asyncDispose]();
    expect(ffmpeg.asked[1]).toEqual([{ provisioned: made.here.folder }, { ffmpeg: '/set/ffmpeg' }]);
    expect(made.said.log).not.toContainEqual(['info', expect.stringContaining('No ffmpeg')]);
    root = join(realpathSync(sources.path), 'set');
    await (await read())[Symbol.asyncDispose]();
    expect(ffmpeg.asked).toHaveLength(2);
  });

  test('fetches it where there is none, and says so', async () => {
    ffmpeg.found = null;
    await (await read())[Symbol.asyncDispose]();
    expect(ffmpeg.provisioned).toEqual([[made.abort.signal, { provisioned: made.here.folder }]]);
    expect(made.said.log[0]).toEqual(['info', 'No ffmpeg was found on this machine; fetching one.']);
    expect(made.said.progress[0]).toEqual([3, 9, 'bytes', 'Fetching ffmpeg']);
  });

  test('has it decoded into the cache, unless somebody else answers for it', async () => {
    await (await read())[Symbol.asyncDispose]();
    expect([asked.videos, made.said.progress]).toEqual([['a.avi'], expect.arrayContaining([[1, 4, 'frames', 'Decoding the video']])]);
    const others: string[] = [];
    const source = await read({}, { everyPicture: true, video: async (path) => (others.push(path), asked.facts) });
    await source[Symbol.asyncDispose]();
    expect([asked.videos, others]).toEqual([['a.avi'], ['a.avi']]);
  });
});
