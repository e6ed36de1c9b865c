/** Crops in folders rule by rule, each at its edge; expected values follow from the paths. What users meet is in image-folder.test.ts. */
import { expect, test } from 'vitest';
import imageFolder from '../../../datasets/importers/image-folder.ts';
import { fakeMedia, memoryTree, type FakeMedia, type Tree } from '../../support/memoryTree.ts';
import { runImporter, type Recorded, type RunOptions } from '../../support/recordingSink.ts';

const pixel = new Uint8Array([1]);
const treeOf = (paths: readonly string[]): Tree => Object.fromEntries(paths.map((path) => [path, pixel]));

function read(paths: readonly string[], options: Record<string, unknown> = {}, facts: FakeMedia = {}, more: RunOptions = {}): Promise<Recorded> {
  return runImporter(imageFolder, memoryTree(treeOf(paths)), fakeMedia(facts), { options, ...more });
}
const told = ({ warnings }: Recorded): string[] => warnings.map(({ code, where, count }) => `${code} ${count} ${where}`);
const tracklets = (recorded: Recorded): unknown[] => recorded.tracklets.map(({ key, pid, camid, files }) => [key, pid, camid, files]);
const refusal = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'read',
    (error: unknown) => error,
  );

test('every record of a small set', async () => {
  const progress: unknown[] = [];
  const paths = ['query/0001/c2/1.jpg', 'query/0001/c2/2.jpg', 'gallery/0001/c2/7.jpg'];
  const recorded = await read(paths, {}, {}, { onProgress: (...each) => progress.push(each) });
  const tracklet = { pid: 1, camid: 2, boxes: null, ignored: null, annotations: [] };
  const media = { kind: 'crops', width: 64, height: 128, fps: null };
  expect(recorded).toEqual({
    cameras: [{ camid: 2, name: 'Camera 2' }],
    identities: [{ pid: 1, name: '0001', kind: 'person' }],
    media: [
      { ...media, key: 'gallery/0001/c2', path: 'gallery/0001/c2', frameCount: 1 },
      { ...media, key: 'query/0001/c2', path: 'query/0001/c2', frameCount: 2 },
    ],
    tracklets: [
      { ...tracklet, key: 'gallery/0001/c2', mediaKey: 'gallery/0001/c2', split: 'gallery', frameIndex: [0], files: ['gallery/0001/c2/7.jpg'] },
      { ...tracklet, key: 'query/0001/c2', mediaKey: 'query/0001/c2', split: 'query', frameIndex: [0, 1], files: paths.slice(0, 2) },
    ],
    splits: [],
    warnings: [],
    summary: { name: 'set', licence: null, origin: null },
    account: { seen: 3, used: 3, leftOut: 0 },
  });
  expect(progress).toEqual([
    [1, 2, 'gallery/0001/c2'],
    [2, 2, 'query/0001/c2'],
  ]);
});

test.each([
  ['train', 'train'],
  ['bounding_box_train', 'train'],
  ['query', 'query'],
  ['gallery', 'gallery'],
  ['test', 'gallery'],
  ['bounding_box_test', 'gallery'],
  ['Query', 'query'],
  ['TRAIN', 'train'],
])('%s is a split', async (folder, split) => {
  const recorded = await read([`${folder}/0001/c1/1.jpg`, 'more/0002/c1/1.jpg']);
  expect(recorded.tracklets.map((each) => [each.split, each.pid])).toEqual([[split, 1]]);
  expect(told(recorded)).toEqual(['FOLDER_BESIDE 1 more/0002/c1/1.jpg']);
});

test('without splits every folder is a person in none; only files of a folder beside are named', async () => {
  expect((await read(['1/c1/1.jpg', '2/c1/1.jpg'])).tracklets.map(({ split, pid }) => [split, pid])).toEqual([
    ['none', 1],
    ['none', 2],
  ]);
  const beside = await read(['query/1/c1/1.jpg', 'notes/a.txt', 'notes/.DS_Store', 'notes/deep/b.txt']);
  expect(told(beside)).toEqual(['FOLDER_BESIDE 2 notes/a.txt, notes/deep/b.txt', 'FILE_HIDDEN 1 notes/.DS_Store']);
});

test('frames of a grammar are in the order of their numbers, whatever the names; of one frame by name', async () => {
  const recorded = await read(['1/t/0001C6F0003X2.jpg', '1/t/0001_C6_F0001_X1.jpg', '1/t/0001_C6_F0002_X1.jpg', '1/t/0001_C6_F0002_X2.jpg']);
  expect(tracklets(recorded)).toEqual([
    ['1/t', 1, 6, ['1/t/0001_C6_F0001_X1.jpg', '1/t/0001_C6_F0002_X1.jpg', '1/t/0001_C6_F0002_X2.jpg', '1/t/0001C6F0003X2.jpg']],
  ]);
  expect(told(recorded)).toEqual([]);
});

test('a gap is told where frames are numbered one by one, a repeated number is none', async () => {
  expect(told(await read(['1/t/0001C6F0001X1.jpg', '1/t/0001C6F0003X1.jpg', '1/t/0001C6F0005X1.jpg']))).toEqual(['FRAME_GAP 2 1/t']);
  expect(told(await read(['1/t/0001_c1s1_000151_00.jpg', '1/t/0001_c1s1_000176_00.jpg']))).toEqual([]);
  expect(told(await read(['1/c1/1.jpg', '1/c1/2.jpg', '1/c1/2.png', '1/c1/3.jpg']))).toEqual([]);
  expect(told(await read(['1/c1/1.jpg', '1/c1/4.jpg']))).toEqual(['FRAME_GAP 1 1/c1']);
});

test('a person by name has pictures of any number in their names', async () => {
  const paths = ['bob/t1/0001C1T0001F001.jpg', 'bob/t1/0002C1T0001F002.jpg'];
  expect(tracklets(await read(paths, { people: 'names' }))).toEqual([['bob/t1', 1, 1, paths]]);
  const byNumber = await read(['1/t1/0001C1T0001F001.jpg', '1/t1/0002C1T0001F002.jpg']);
  expect([tracklets(byNumber), told(byNumber)]).toEqual([[['1/t1', 1, 1, ['1/t1/0001C1T0001F001.jpg']]], ['NAME_OTHER_PERSON 1 1/t1/0002C1T0001F002.jpg']]);
});

test('names that two numbers order alike are read in that order; where they differ the options are named', async () => {
  const alike = ['1/c1/1_11.jpg', '1/c1/2_12.jpg', '1/c1/10_20.jpg'];
  const recorded = await read(alike.toReversed());
  expect([recorded.tracklets[0]?.files, told(recorded)]).toEqual([alike, []]);
  expect(await refusal(read(['1/c1/1_3.jpg', '1/c1/2_2.jpg', '1/c1/3_1.jpg']))).toMatchObject({
    code: 'FILE_INVALID',
    message: 'Which digits count frames is not told by the names in 1/c1, such as 1_3.jpg: groups 1 and 2 give different orders.',
    params: { folder: '1/c1' },
  });
});

test('names without numbers are in the order of the alphabet, which is told of more than one', async () => {
  const recorded = await read(['1/c1/b.jpg', '1/c1/a.jpg', '1/c2/c.jpg']);
  expect(tracklets(recorded)).toEqual([
    ['1/c1', 1, 1, ['1/c1/a.jpg', '1/c1/b.jpg']],
    ['1/c2', 1, 2, ['1/c2/c.jpg']],
  ]);
  expect(told(recorded)).toEqual(['FRAME_UNNUMBERED 1 1/c1']);
});

test('a picture without a number among numbered ones is left out', async () => {
  const recorded = await read(['1/c1/f2.jpg', '1/c1/cover.jpg', '1/c1/f1.png', '1/c1/f1.jpg', '1/c1/about.jpg']);
  expect(recorded.tracklets[0]?.files).toEqual(['1/c1/f1.jpg', '1/c1/f1.png', '1/c1/f2.jpg']);
  expect(told(recorded)).toEqual(['NAME_UNKNOWN 2 1/c1/about.jpg, 1/c1/cover.jpg']);
});

test('visits of one camera are numbered on; each has a key of its own', async () => {
  const paths = [1, 2, 3].map((visit) => `1/t/0001C1T000${visit}F001.jpg`);
  const recorded = await read([...paths, '1/t/0001C11T0001F001.jpg']);
  expect(tracklets(recorded)).toEqual([
    ['1/t C1', 1, 1, [paths[0]]],
    ['1/t C1 2', 1, 1, [paths[1]]],
    ['1/t C1 3', 1, 1, [paths[2]]],
    ['1/t C11', 1, 11, ['1/t/0001C11T0001F001.jpg']],
  ]);
  expect(told(recorded)).toEqual(['FOLDER_SPLIT 1 1/t']);
});

test('pictures beside folders need names that tell the camera, or one camera for all', async () => {
  const paths = ['1/5.jpg', '1/c1/1.jpg', '1/6.jpg', '2/c1/1.jpg'];
  const auto = await read(paths);
  expect(tracklets(auto)).toEqual([
    ['1/c1', 1, 1, ['1/c1/1.jpg']],
    ['2/c1', 2, 1, ['2/c1/1.jpg']],
  ]);
  expect(told(auto)).toEqual(['PICTURE_LOOSE 2 1/5.jpg, 1/6.jpg']);
  const one = await read(paths, { camera: 'one' });
  expect(tracklets(one)).toEqual([
    ['1', 1, 0, ['1/5.jpg', '1/6.jpg']],
    ['1/c1', 1, 0, ['1/c1/1.jpg']],
    ['2/c1', 2, 0, ['2/c1/1.jpg']],
  ]);
  expect([told(one), one.identities.map(({ kind }) => kind)]).toEqual([[], ['person', 'person']]);
});

test('an empty folder is told; junk stays junk though its pictures are marked as distractors', async () => {
  const recorded = await read(['1/c1/1.jpg', '1/c2/notes.txt']);
  expect(told(recorded)).toEqual(['FOLDER_EMPTY 1 1/c2', 'FILE_OTHER 1 1/c2/notes.txt']);
  const junk = await read(['-1/0001/-1_C4_F0001_D00101.jpg', '0007/0001/0007_C4_F0001_D00101.jpg', '0008/c1/1.jpg']);
  expect(junk.identities).toEqual([
    { pid: -1, name: '-1', kind: 'junk' },
    { pid: 7, name: '0007', kind: 'distractor' },
    { pid: 8, name: '0008', kind: 'person' },
  ]);
  expect((await read(['-1/c1/1.jpg', '0000/c1/1.jpg'], { conventions: false })).identities.map(({ kind }) => kind)).toEqual(['person', 'person']);
});

test('short tracklets are left out and no loss, and none of their pictures is looked at', async () => {
  const looked: string[] = [];
  const media = fakeMedia({ broken: ['2/c1/1.jpg', '3/c1/1.jpg'] });
  const tree = memoryTree(treeOf(['1/c1/1.jpg', '2/c1/1.jpg', '2/c1/2.jpg', '3/c1/1.jpg', '3/c1/2.jpg', '3/c1/3.jpg']));
  const check = (path: string) => (looked.push(path), media.check(path));
  const recorded = await runImporter(imageFolder, tree, { ...media, check }, { options: { minFrames: 2 } });
  expect(tracklets(recorded)).toEqual([['3/c1', 3, 1, ['3/c1/2.jpg', '3/c1/3.jpg']]]);
  expect(told(recorded)).toEqual(['PICTURE_UNDECODABLE 2 2/c1/1.jpg, 3/c1/1.jpg', 'TRACKLET_SHORT 2 1/c1/1.jpg, 2/c1/2.jpg']);
  expect(looked).not.toContain('1/c1/1.jpg');
  expect([recorded.cameras, recorded.identities.map(({ pid }) => pid)]).toEqual([[{ camid: 1, name: 'Camera 1' }], [3]]);
  expect(told(await read(['1/c1/1.jpg', '2/c1/1.jpg', '2/c1/2.jpg'], { minFrames: 2 }, {}, { strict: true }))).toEqual(['TRACKLET_SHORT 1 1/c1/1.jpg']);
});

test('headers alone are read on wish', async () => {
  const media = fakeMedia();
  const asked: string[] = [];
  const probe = {
    ...media,
    check: (path: string) => (asked.push(`whole ${path}`), media.check(path)),
    image: (path: string) => (asked.push(path), media.image(path)),
  };
  for (const checkEvery of [true, false]) await runImporter(imageFolder, memoryTree(treeOf(['1/c1/1.jpg'])), probe, { options: { checkEvery } });
  expect(asked).toEqual(['whole 1/c1/1.jpg', '1/c1/1.jpg']);
});

test('a cancelled import lists no further folder and sends no further tracklet', async () => {
  const plain = memoryTree(treeOf(['1/c1/1.jpg', '1/c2/1.jpg', '2/c1/1.jpg']));
  const listed: string[] = [];
  const listing = new AbortController();
  const tree = {
    ...plain,
    list(folder: string) {
      listed.push(folder);
      if (folder === '1/c1') listing.abort();
      return plain.list(folder);
    },
  };
  expect(await refusal(runImporter(imageFolder, tree, fakeMedia(), { signal: listing.signal }))).toMatchObject({ code: 'CANCELLED' });
  expect(listed).toEqual(['', '1', '1/c1']);
  const sending = new AbortController();
  let records = 0;
  const run = read(['1/c1/1.jpg', '1/c2/1.jpg'], {}, {}, { signal: sending.signal, onRecord: (count) => ((records = count), count === 4 && sending.abort()) });
  expect(await refusal(run)).toMatchObject({ code: 'CANCELLED' });
  expect(records).toBe(4);
});

test('what is refused names its folder and numbers', async () => {
  expect(await refusal(read(['1/t1/1.jpg', '1/c1/1.jpg', '2/t2/1.jpg']))).toMatchObject({
    message: "Nothing tells the camera of 2 of 3 tracklets, such as 1/t1: neither the folder's name nor those of its pictures.",
    params: { folder: '1/t1', count: 2 },
  });
  expect(await refusal(read(['1/c1/notes.txt']))).toMatchObject({
    code: 'IMPORT_EMPTY',
    message: 'set holds no folder <person>/<camera or tracklet> with pictures.',
    params: { folder: 'set' },
  });
  expect(await refusal(read(['1/c1/1.jpg'], { minFrames: 2 }))).toMatchObject({
    code: 'IMPORT_EMPTY',
    message: 'Of the 1 tracklets in set none is left.',
    params: { folder: 'set' },
  });
});

test('a probe looks into five folders of people, and names the first place with pictures', async () => {
  const probe = (paths: readonly string[]) => imageFolder.probe(memoryTree(treeOf(paths)), fakeMedia());
  const summary = async (paths: readonly string[]) => {
    const found = await probe(paths);
    return found === null ? null : [found.confidence, found.summary];
  };
  const crops = (place: string) => [0.7, `Crops in folders of people, such as ${place}.`];
  expect(await summary(['1/c1/1.jpg', '1/c2/1.jpg'])).toEqual(crops('1/c1'));
  expect(await summary(['query/1/c1/1.jpg'])).toEqual([0.85, 'Crops in folders of people, with splits, such as query/1/c1.']);
  expect(await summary(['1/a.txt', '1/c1/notes.txt', '1/c2/notes.txt', '1/c2/1.jpg', '1/c3/1.jpg'])).toEqual(crops('1/c2'));
  // A picture of a grammar tells the camera without a folder; other pictures do not.
  expect(await summary(['1/0001C1T0001F001.jpg', '1/a1/x.txt', '1/a2/x.txt', '1/c1/1.jpg'])).toEqual(crops('1'));
  expect(await summary(['1/1.jpg', '1/c1/1.jpg'])).toEqual(crops('1/c1'));
  expect(await summary(['1/1.jpg'])).toBe(null);
  expect(await summary(['1/c1/1.jpg', 'synthetic.json'])).toBe(null);
  expect(await summary(['bob/c1/1.jpg'])).toBe(null);
  const empty = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}/c1/notes.txt`);
  expect(await summary([...empty(4), 'bob/c1/1.jpg', '9/c1/1.jpg'])).toEqual(crops('9/c1'));
  expect(await summary([...empty(5), '9/c1/1.jpg'])).toBe(null);
});

test('a probe tells what it reads in one way among several, four examples of each', async () => {
  const guesses = async (paths: readonly string[]) => (await imageFolder.probe(memoryTree(treeOf(paths)), fakeMedia()))?.guesses;
  expect(await guesses(['0001/0001C1T0001F001.jpg'])).toEqual([]);
  expect(await guesses(['0001/t1/0001C3T0001F007.jpg', '0001/t2/notes.txt'])).toEqual([
    {
      option: 'camera',
      value: 'auto',
      why: 'The camera is read from names.',
      examples: [{ file: '0001/t1/0001C3T0001F007.jpg', reads: 'camera 3, frame 7 (names of MARS)' }],
    },
  ]);
  expect(await guesses(['0001/c1/1.jpg', '0001/t1/1.jpg', '0001/t2/1.jpg'])).toEqual([
    {
      option: 'camera',
      value: 'auto',
      why: 'The camera is not told by some folders; the import needs camera=folders or camera=one.',
      examples: [{ file: '0001/t1', reads: 'no camera' }],
    },
  ]);
  const five = [1, 2, 3, 4, 5];
  const found = await guesses([...five.flatMap((n) => [`p${n}/c${n}/f1_7.jpg`, `p${n}/c${n}/f2_7.jpg`])]);
  expect(found?.map(({ option, value, examples }) => [option, value, examples.map(({ file, reads }) => `${file}: ${reads}`)])).toEqual([
    ['people', 'numbers', ['p1: person 1', 'p2: person 2', 'p3: person 3', 'p4: person 4']],
    ['camera', 'auto', ['p1/c1: camera 1', 'p2/c2: camera 2', 'p3/c3: camera 3', 'p4/c4: camera 4']],
    ['frameNumber', 0, [1, 2, 3, 4].map((n) => `p${n}/c${n}/f1_7.jpg: frame 1`)],
  ]);
});

test('options: what they are when nothing is said, and how far they go; the layout is told line by line', () => {
  expect(imageFolder.options.parse({})).toEqual({ people: 'numbers', conventions: true, camera: 'auto', frameNumber: 0, checkEvery: true, minFrames: 1 });
  const takes = (option: string, value: unknown): boolean => imageFolder.options.safeParse({ [option]: value }).success;
  for (const [option, least, most] of [
    ['minFrames', 1, 100_000],
    ['frameNumber', -20, 20],
  ] as const)
    expect([option, ...[least - 1, least, most, most + 1, 1.5].map((value) => takes(option, value))]).toEqual([option, false, true, true, false, false]);
  expect(imageFolder.layout.split('\n')).toHaveLength(4);
});
