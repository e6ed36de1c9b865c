/** What the import child makes of a folder, read in the test's own process: counts, examples, options, warnings, hashes and records. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MediaProbe } from '../../../../datasets/importer.ts';
import { openFileTree } from '../../../../src-main/features/imports/fileTree.ts';
import { knownImporters } from '../../../../src-main/features/imports/importers.ts';
import type { ReadTask } from '../../../../src-main/features/imports/importProtocol.ts';
import { probeTree, readFolder, type ReadTools } from '../../../../src-main/features/imports/readFolder.ts';
import { readPiece, spoolPieces, type SpooledRecords } from '../../../../src-main/features/imports/spool.ts';
import { fileFingerprint } from '../../../../src-main/media/fingerprint.ts';
import { pictureHash } from '../../../../src-main/pixels/pictureHash.ts';
import { fakeMedia, memoryTree } from '../../../support/memoryTree.ts';
import { motRows } from '../../../support/motSequence.ts';
import { temporaryFolder } from '../../../support/project.ts';
import { writeFiles } from '../../../support/writeFiles.ts';

let folder: ReturnType<typeof temporaryFolder>;
let root: string;
beforeEach(() => {
  folder = temporaryFolder();
  root = join(folder.path, 'set');
  mkdirSync(root);
});
afterEach(() => folder[Symbol.dispose]());

const write = (files: Record<string, string>): void => writeFiles(root, files);

function read(change: Partial<ReadTask> = {}, { media = fakeMedia(), signal = new AbortController().signal } = {}) {
  const said: unknown[] = [];
  const task: ReadTask = { kind: 'read', folder: root, importer: null, options: {}, strict: false, spool: null, everyPicture: true, ...change };
  const tools: ReadTools = { signal, mediaOf: () => media, progress: (...progress) => void said.push(progress), log: (...line) => void said.push(line) };
  const result = openFileTree(root).then((tree) => readFolder(task, tree, tools));
  return { result, said };
}

async function recordsOf(spool: string, chunks: Parameters<typeof spoolPieces>[1]): Promise<SpooledRecords[]> {
  const pieces: SpooledRecords[] = [];
  for await (const { bytes } of spoolPieces(spool, chunks)) pieces.push(readPiece(bytes));
  return pieces;
}

/** Two people with a query each, a distractor and junk. */
const SPLITS = {
  'query/0002/c1/1.jpg': 'a',
  'query/0002/c1/2.jpg': 'b',
  'gallery/0002/c2/1.jpg': 'c',
  'gallery/0001/c1/1.jpg': 'd',
  'gallery/-1/c2/1.jpg': 'e',
  'gallery/0000/c1/1.jpg': 'f',
};

test('counts people, cameras, tracklets, frames and splits; tells options in full, and shows one of each camera and split', async () => {
  write(SPLITS);
  const { result, said } = read();
  const { peakMemory, contentHash, guesses, ...rest } = await result;
  expect(rest).toEqual({
    importer: 'image-folder',
    options: { people: 'numbers', conventions: true, camera: 'auto', frameNumber: 0, checkEvery: true, minFrames: 1 },
    isArchive: false,
    summary: { name: 'set', licence: null, origin: null },
    files: { seen: 6, used: 6, leftOut: 0 },
    counts: { identities: 2, cameras: 2, tracklets: 5, frames: 6, splits: { query: 1, gallery: 4 }, splitSets: [] },
    cameras: [
      { camid: 1, name: 'Camera 1' },
      { camid: 2, name: 'Camera 2' },
    ],
    examples: [
      { key: 'gallery/-1/c2', identity: '-1', camera: 'Camera 2', split: 'gallery', frames: 1, file: 'gallery/-1/c2/1.jpg' },
      { key: 'gallery/0000/c1', identity: '0000', camera: 'Camera 1', split: 'gallery', frames: 1, file: 'gallery/0000/c1/1.jpg' },
      { key: 'query/0002/c1', identity: '0002', camera: 'Camera 1', split: 'query', frames: 2, file: 'query/0002/c1/1.jpg' },
    ],
    warnings: [],
    videos: {},
    chunks: [],
  });
  expect([contentHash.length, peakMemory > 10_000_000, guesses.map(({ option }) => option)]).toEqual([
    64,
    true,
    expect.arrayContaining(['conventions', 'camera']),
  ]);
  expect(said[0]).toEqual(['info', `Reading ${root} with the importer "image-folder".`]);
  expect(said.at(-1)).toEqual([5, 5, 'records', 'query/0002/c1']);
});

test('shows eight tracklets at most', async () => {
  write(Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`0001/c${index + 1}/1.jpg`, String(index)])));
  const { examples, counts } = await read().result;
  expect(counts.tracklets).toBe(10);
  expect(examples.map(({ key }) => key)).toEqual(['c1', 'c10', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'].map((name) => `0001/${name}`));
});

test('who asks without anybody to be found is told: distractors and junk in the queries', async () => {
  write({ ...SPLITS, 'query/0000/c2/1.jpg': 'g', 'query/-1/c1/1.jpg': 'h', 'query/-1/c2/1.jpg': 'i', 'query/0002/c9/odd.txt': '', 'query/0002/c9/1.jpg': 'j' });
  const { warnings } = await read().result;
  expect(warnings.slice(-2)).toEqual([
    { code: 'QUERY_OF_JUNK', message: 'Junk in the split "query" does not ask.', where: 'query/-1/c1, query/-1/c2', count: 2 },
    {
      code: 'QUERY_OF_DISTRACTOR',
      message: 'A distractor in the split "query" does not ask: nobody is to be found with it.',
      where: 'query/0000/c2',
      count: 1,
    },
  ]);
  expect(warnings.map(({ code }) => code)).toContain('FILE_OTHER');
});

test('records go into the spool: people in the order of their numbers, then distractors, then junk; pictures with their hashes', async () => {
  write(SPLITS);
  const spool = join(folder.path, 'records');
  const { chunks } = await read({ spool }).result;
  const [first, second, ...more] = await recordsOf(spool, chunks);
  expect(more).toEqual([]);
  expect(first).toEqual({
    identities: [
      { pid: 1, name: '0001', kind: 'person' },
      { pid: 2, name: '0002', kind: 'person' },
      { pid: 0, name: '0000', kind: 'distractor' },
      { pid: -1, name: '-1', kind: 'junk' },
    ],
    media: [],
    tracklets: [],
    splits: [],
  });
  const keys = ['gallery/-1/c2', 'gallery/0000/c1', 'gallery/0001/c1', 'gallery/0002/c2', 'query/0002/c1'];
  expect([second?.media.map(({ key }) => key), second?.tracklets.map(({ key }) => key)]).toEqual([keys, keys]);
  expect(second?.media[4]).toEqual({ key: keys[4], kind: 'crops', path: keys[4], width: 64, height: 128, frameCount: 2, fps: null, contentHash: null });
  const hashes = Buffer.concat(['a', 'b'].map((content) => pictureHash(Buffer.from(content))));
  expect(Buffer.from(second?.tracklets[4]?.pictures ?? []).equals(hashes)).toBe(true);
});

test('a quick look reads no picture, and says the same of the rest', async () => {
  write(SPLITS);
  const spool = join(folder.path, 'records');
  const quick = await read({ spool, everyPicture: false }).result;
  const [, second] = await recordsOf(spool, quick.chunks);
  expect(second?.tracklets.map(({ pictures }) => pictures)).toEqual([null, null, null, null, null]);
  const whole = await read().result;
  expect({ ...quick, chunks: [], contentHash: '', peakMemory: 0 }).toEqual({ ...whole, contentHash: '', peakMemory: 0 });
  expect(quick.contentHash).not.toBe(whole.contentHash);
});

test('the content is another with another picture, option, size, name of a camera or kind of a person, and only then', async () => {
  write({ '0001/c1/1.jpg': 'a', '0002/c1/1.jpg': 'b' });
  const hash = async (change: Partial<ReadTask> = {}, media?: MediaProbe): Promise<string> => (await read(change, media ? { media } : {}).result).contentHash;
  const plain = await hash();
  expect(await hash({ spool: join(folder.path, 'records') })).toBe(plain);
  const found = [plain, await hash({ options: { frameNumber: 1 } }), await hash({}, fakeMedia({ image: { width: 65, height: 128 } }))];
  write({ '0002/c1/1.jpg': 'c' });
  found.push(await hash());
  write({ '0002/c1/1.jpg': 'b' });
  expect(await hash()).toBe(plain);
  expect(new Set(found).size).toBe(4);
});

test('what is said of people and cameras alone is content, too', async () => {
  write({ 'img1/000001.jpg': 'a', 'gt.txt': '1,1,10,10,20,40,1,-1,-1,-1', 'seqinfo.ini': '[Sequence]\nname=north\nimDir=img1\n' });
  const first = (await read().result).contentHash;
  write({ 'seqinfo.ini': '[Sequence]\nname=south\nimDir=img1\n' });
  expect((await read().result).contentHash).not.toBe(first);
});

test('a video is known by its fingerprint', async () => {
  write({ 'a.avi': 'RIFF', 'gt.txt': motRows([1], 2) });
  const media = fakeMedia({ video: { width: 100, height: 80, frames: 2, fps: 25 } });
  const spool = join(folder.path, 'records');
  const { videos, counts, examples, chunks, contentHash } = await read({ spool }, { media }).result;
  const [, second] = await recordsOf(spool, chunks);
  const [medium] = second?.media ?? [];
  const hash = await fileFingerprint(join(root, 'a.avi'));
  expect([medium?.contentHash, videos, counts.frames, examples[0]?.file]).toEqual([hash, { [medium?.key ?? '']: hash }, 2, 'a.avi']);
  write({ 'a.avi': 'RIFE' });
  const other = await read({ spool: join(folder.path, 'again') }, { media }).result;
  expect(other.contentHash).not.toBe(contentHash);
  const [, again] = await recordsOf(join(folder.path, 'again'), other.chunks);
  expect(again?.tracklets[0]?.digest).not.toEqual(second?.tracklets[0]?.digest);
});

test('the importer that recognises a folder best reads it, unless another is asked for', async () => {
  write({ '0001/c1/1.jpg': 'a', 'img1/000001.jpg': 'b', 'gt.txt': '1,1,10,10,20,40,1,-1,-1,-1' });
  const both = { '0001/c1/1.jpg': 'a', 'img1/000001.jpg': 'b', 'gt.txt': '1,1,10,10,20,40,1,-1,-1,-1' };
  const found = await probeTree(memoryTree(both), fakeMedia());
  expect(found.map(({ importer, title, confidence }) => [importer, title, confidence])).toEqual([
    ['mot-video', expect.any(String), 0.95],
    ['image-folder', 'Folders of crops', 0.7],
  ]);
  expect(found[0]).toEqual({
    importer: 'mot-video',
    title: (await knownImporters()).get('mot-video')?.title,
    confidence: 0.95,
    summary: expect.any(String),
    guesses: expect.any(Array),
  });
  expect(await probeTree(memoryTree({ 'odd.txt': '' }), fakeMedia())).toEqual([]);
  const best = await read().result;
  expect([best.importer, best.guesses]).toEqual(['mot-video', found[0]?.guesses]);
  const asked = await read({ importer: 'image-folder' }).result;
  expect([asked.importer, asked.guesses, asked.guesses.length > 0]).toEqual(['image-folder', found[1]?.guesses, true]);
});

describe('is refused', () => {
  const ids = async (): Promise<string> => [...(await knownImporters()).keys()].join(', ');

  test('a folder that no importer recognises, with those that are known', async () => {
    write({ 'odd.txt': '' });
    await expect(read().result).rejects.toMatchObject({
      code: 'IMPORT_UNRECOGNISED',
      message: `No importer recognises ${root}; known are ${await ids()}.`,
      params: { path: root },
    });
    // One that is asked for says itself what it misses.
    await expect(read({ importer: 'image-folder' }).result).rejects.toMatchObject({ code: 'IMPORT_EMPTY' });
  });

  test('an importer that is not there', async () => {
    await expect(read({ importer: 'no-such' }).result).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: `There is no importer "no-such"; known are ${await ids()}.`,
      params: { key: 'importer' },
    });
  });

  test('an option that is not there, and a value that does not fit', async () => {
    write(SPLITS);
    await expect(read({ options: { minFrames: 2, minframes: 3 } }).result).rejects.toMatchObject({
      code: 'UNKNOWN_OPTION',
      message: 'The importer "image-folder" has no option "minframes"; known are people, conventions, camera, frameNumber, checkEvery, minFrames.',
      params: { key: 'minframes', importer: 'image-folder' },
      remedy: 'Correct the name of the option, or leave it out.',
    });
    await expect(read({ options: { minFrames: 0 } }).result).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/^The option "minFrames" of the importer "image-folder" does not fit: Too small.*\.$/) as string,
      params: { key: 'minFrames', importer: 'image-folder' },
    });
  });

  test('anything bad, under strict alone', async () => {
    write({ ...SPLITS, 'query/0002/c1/3.jpg': 'broken' });
    const media = fakeMedia({ broken: ['query/0002/c1/3.jpg'] });
    expect((await read({}, { media }).result).files).toEqual({ seen: 7, used: 6, leftOut: 1 });
    await expect(read({ strict: true }, { media }).result).rejects.toMatchObject({ code: 'IMPORT_INCOMPLETE' });
  });

  test('what is cancelled', async () => {
    write(SPLITS);
    const abort = new AbortController();
    abort.abort(new Error('over'));
    await expect(read({}, { signal: abort.signal }).result).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
