/** Importer synthetic: a manifest written by hand, the values worked out by hand, and every way in which it can be wrong. */
import { expect, test } from 'vitest';
import synthetic from '../../../datasets/importers/synthetic.ts';
import { writeManifest, type Manifest } from '../../../datasets/synthetic/manifest.ts';
import { fakeMedia, memoryTree, type Files } from '../../support/memoryTree.ts';
import { runImporter } from '../../support/recordingSink.ts';

const pixel = new Uint8Array([1]);

function manifest(): Manifest {
  return {
    format: 'tracklet-synthetic',
    version: 1,
    name: 'Hand-made',
    seed: 3,
    width: 64,
    height: 128,
    fps: 10,
    cameras: [{ camid: 0, name: 'Street' }],
    identities: [{ pid: 1, name: '0001', kind: 'person', family: 0, description: 'red coat' }],
    tracklets: [
      {
        key: '0001-c1',
        pid: 1,
        camid: 0,
        split: 'query',
        folder: 'crops/0001/c1',
        body: [1000, 1000, 1000, 1000],
        hidden: [0, 100, 101, 1000],
        occluder: [null, 'object', 'object', 'edge'],
        parts: [0, 0, 48, 63],
      },
    ],
  };
}

function files(set: Manifest, crops = 4): Files {
  return {
    'synthetic.json': writeManifest(set),
    ...Object.fromEntries(Array.from({ length: crops }, (_, index) => [`crops/0001/c1/000${index + 1}.jpg`, pixel])),
  };
}

test('pixel counts become scores, occluders and parts become ranges', async () => {
  const recorded = await runImporter(synthetic, memoryTree(files(manifest())), fakeMedia());
  expect(recorded.summary?.name).toBe('Hand-made');
  expect(recorded.tracklets[0]?.annotations).toEqual([
    { field: 'visibility', start: 0, end: 0, value: 0 },
    { field: 'visibility', start: 1, end: 1, value: 1 },
    { field: 'visibility', start: 2, end: 2, value: 2 },
    { field: 'visibility', start: 3, end: 3, value: 10 },
    { field: 'occluder', start: 1, end: 2, value: 'object' },
    { field: 'occluder', start: 3, end: 3, value: 'edge' },
    { field: 'hiddenParts', start: 0, end: 1, value: [] },
    { field: 'hiddenParts', start: 2, end: 2, value: ['leftLeg', 'rightLeg'] },
    { field: 'hiddenParts', start: 3, end: 3, value: ['head', 'torso', 'leftArm', 'rightArm', 'leftLeg', 'rightLeg'] },
  ]);
});

test('without truth only crops come', async () => {
  const recorded = await runImporter(synthetic, memoryTree(files(manifest())), fakeMedia(), { options: { truth: false } });
  expect(recorded.tracklets[0]).toMatchObject({
    annotations: [],
    files: ['crops/0001/c1/0001.jpg', 'crops/0001/c1/0002.jpg', 'crops/0001/c1/0003.jpg', 'crops/0001/c1/0004.jpg'],
  });
});

const spoiled: [string, (set: Manifest) => void, RegExp][] = [
  ['an unknown camera', (set) => void (set.tracklets[0]!.camid = 4), /0001-c1 names camera 4/],
  ['an unknown identity', (set) => void (set.tracklets[0]!.pid = 4), /0001-c1 names identity 4/],
  ['a folder outside', (set) => void (set.tracklets[0]!.folder = '../x'), /"\.\.\/x" of tracklet 0001-c1 leaves/],
  ['columns of different length', (set) => void set.tracklets[0]!.hidden.pop(), /columns of different length/],
  ['more hidden than body', (set) => void (set.tracklets[0]!.hidden[1] = 1001), /frame 1: more pixels/],
  ['a key twice', (set) => void set.tracklets.push(set.tracklets[0]!), /0001-c1 stands twice/],
];
test.each(spoiled)('%s is refused by name', async (_name, spoil, message) => {
  const set = manifest();
  spoil(set);
  await expect(runImporter(synthetic, memoryTree(files(set)), fakeMedia())).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringMatching(message) as string,
  });
});

test('a crop that is bad or of another size goes with its values, and is named', async () => {
  const media = fakeMedia({ broken: ['crops/0001/c1/0002.jpg'], sizes: { 'crops/0001/c1/0004.jpg': { width: 32, height: 64 } } });
  const recorded = await runImporter(synthetic, memoryTree(files(manifest())), media);
  expect(recorded.tracklets[0]).toMatchObject({ files: ['crops/0001/c1/0001.jpg', 'crops/0001/c1/0003.jpg'], frameIndex: [0, 1] });
  // Values of frames 0 and 2 of the manifest.
  expect(recorded.tracklets[0]?.annotations.filter(({ field }) => field === 'visibility')).toEqual([
    { field: 'visibility', start: 0, end: 0, value: 0 },
    { field: 'visibility', start: 1, end: 1, value: 2 },
  ]);
  expect(recorded.warnings).toMatchObject([
    { code: 'PICTURE_UNDECODABLE', where: 'crops/0001/c1/0002.jpg' },
    { code: 'PICTURE_SIZE', where: 'crops/0001/c1/0004.jpg' },
  ]);
});

test.each([
  ['narrower', { width: 63, height: 128 }],
  ['lower', { width: 64, height: 127 }],
])('a crop that is %s is of another size', async (_name, size) => {
  const recorded = await runImporter(synthetic, memoryTree(files(manifest())), fakeMedia({ sizes: { 'crops/0001/c1/0002.jpg': size } }));
  expect(recorded.tracklets[0]?.files).toEqual(['crops/0001/c1/0001.jpg', 'crops/0001/c1/0003.jpg', 'crops/0001/c1/0004.jpg']);
  expect(recorded.warnings).toEqual([
    { code: 'PICTURE_SIZE', message: 'Crops of another size than the 64×128 of synthetic.json are left out.', where: 'crops/0001/c1/0002.jpg', count: 1 },
  ]);
});

/** Two tracklets of one person, each of one crop. */
function two(): { set: Manifest; tree: Files } {
  const set = manifest();
  const [first] = set.tracklets;
  const short = { ...first!, body: [1000], hidden: [0], occluder: [null], parts: [0] };
  set.cameras.push({ camid: 3, name: 'Yard' });
  set.tracklets = [short, { ...short, key: '0001-c2', camid: 3, split: 'gallery', folder: 'crops/0001/c2' }];
  return { set, tree: { 'synthetic.json': writeManifest(set), 'crops/0001/c1/1.jpg': pixel, 'crops/0001/c2/1.jpg': pixel } };
}

test('every record as the manifest says, and progress by tracklet', async () => {
  const progress: unknown[] = [];
  const recorded = await runImporter(synthetic, memoryTree(two().tree), fakeMedia(), { onProgress: (...told) => progress.push(told) });
  const tracklet = (key: string, camid: number, split: string, folder: string) => ({
    key,
    pid: 1,
    camid,
    split,
    mediaKey: key,
    frameIndex: [0],
    boxes: null,
    files: [`${folder}/1.jpg`],
    ignored: null,
    annotations: [
      { field: 'visibility', start: 0, end: 0, value: 0 },
      { field: 'hiddenParts', start: 0, end: 0, value: [] },
    ],
  });
  const media = (key: string, path: string) => ({ key, kind: 'crops', path, width: 64, height: 128, frameCount: 1, fps: 10 });
  expect(recorded).toEqual({
    cameras: [
      { camid: 0, name: 'Street' },
      { camid: 3, name: 'Yard' },
    ],
    identities: [{ pid: 1, name: '0001', kind: 'person' }],
    media: [media('0001-c1', 'crops/0001/c1'), media('0001-c2', 'crops/0001/c2')],
    tracklets: [tracklet('0001-c1', 0, 'query', 'crops/0001/c1'), tracklet('0001-c2', 3, 'gallery', 'crops/0001/c2')],
    splits: [],
    warnings: [],
    summary: { name: 'Hand-made', licence: 'CC0-1.0', origin: 'Made by the Tracklet Workbench generator, seed 3' },
    account: { seen: 3, used: 3, leftOut: 0 },
  });
  expect(progress).toEqual([
    [1, 2, '0001-c1'],
    [2, 2, '0001-c2'],
  ]);
});

test('a tracklet without a crop that can be used does not come; the others do', async () => {
  const { tree } = two();
  const recorded = await runImporter(synthetic, memoryTree(tree), fakeMedia({ broken: ['crops/0001/c1/1.jpg'] }));
  expect([recorded.media.map(({ key }) => key), recorded.tracklets.map(({ key }) => key)]).toEqual([['0001-c2'], ['0001-c2']]);
  await expect(runImporter(synthetic, memoryTree(tree), fakeMedia({ broken: ['crops/0001/c1/1.jpg', 'crops/0001/c2/1.jpg'] }))).rejects.toMatchObject({
    code: 'IMPORT_EMPTY',
    message: expect.stringMatching(/^No crop that synthetic\.json lists can be used\. /) as string,
    params: { file: 'synthetic.json' },
  });
});

test('a cancelled import reads no manifest, and sends no further tracklet', async () => {
  const { tree } = two();
  const plain = memoryTree(tree);
  const asked: string[] = [];
  const noting = { ...plain, exists: (path: string) => (asked.push(path), plain.exists(path)), text: (path: string) => (asked.push(path), plain.text(path)) };
  await expect(runImporter(synthetic, noting, fakeMedia(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(asked).toEqual([]);
  const controller = new AbortController();
  const run = runImporter(synthetic, noting, fakeMedia(), {
    signal: controller.signal,
    // Two cameras, one identity, then the medium and the tracklet of the first.
    onRecord: (count) => count === 5 && controller.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(asked.filter((path) => path.startsWith('crops'))).toEqual(['crops/0001/c1']);
});

test('a probe: none without a manifest, its numbers, or what is wrong with it', async () => {
  const probe = (tree: Files) => synthetic.probe(memoryTree(tree), fakeMedia());
  expect(await probe({ 'crops/0001/c1/1.jpg': pixel })).toBe(null);
  expect(await probe(two().tree)).toEqual({ confidence: 1, summary: 'Synthetic set, 1 identities, 2 cameras, 2 tracklets, 2 frames.' });
  expect(await probe(files(manifest()))).toEqual({ confidence: 1, summary: 'Synthetic set, 1 identities, 1 cameras, 1 tracklets, 4 frames.' });
  expect(await probe({ 'synthetic.json': '{' })).toEqual({
    confidence: 0.6,
    summary: expect.stringMatching(/^Synthetic set with an error: synthetic\.json.*not JSON/) as string,
  });
  expect(synthetic.options.parse({})).toEqual({ truth: true, checkEvery: true });
  expect(synthetic.layout).toContain('synthetic.json with cameras, identities and tracklets,\nand one folder of crops a tracklet.');
});

test('what is refused names its file and tracklet', async () => {
  const error = (tree: Files) => runImporter(synthetic, memoryTree(tree), fakeMedia()).catch((thrown: unknown) => thrown);
  const params = { folder: 'crops/0001/c1', key: '0001-c1' };
  expect(await error({ 'synthetic.json': writeManifest(manifest()) })).toMatchObject({
    message: 'The folder crops/0001/c1 of tracklet 0001-c1 in synthetic.json is missing.',
    params,
  });
  expect(await error(files(manifest(), 5))).toMatchObject({
    message: 'crops/0001/c1 holds 5 crops, synthetic.json lists 4 for tracklet 0001-c1.',
    params,
  });
  expect(await error({ 'a.txt': '' })).toMatchObject({
    code: 'IMPORT_UNRECOGNISED',
    message: 'set has no synthetic.json.',
    params: { file: 'synthetic.json' },
  });
  expect(await error({ 'synthetic.json': writeManifest({ ...manifest(), tracklets: [] }) })).toMatchObject({
    code: 'IMPORT_EMPTY',
    message: 'synthetic.json lists no identities with tracklets.',
    params: { file: 'synthetic.json' },
  });
});

test('missing and wrongly sized crops are named; no JSON and no identity are errors', async () => {
  await expect(runImporter(synthetic, memoryTree(files(manifest(), 3)), fakeMedia())).rejects.toMatchObject({
    code: 'MEDIA_MISSING',
    message: expect.stringContaining('holds 3 crops') as string,
  });
  await expect(runImporter(synthetic, memoryTree({ 'synthetic.json': writeManifest(manifest()) }), fakeMedia())).rejects.toMatchObject({
    code: 'MEDIA_MISSING',
    message: expect.stringContaining('crops/0001/c1') as string,
  });
  await expect(runImporter(synthetic, memoryTree(files(manifest())), fakeMedia({ image: { width: 32, height: 64 } }))).rejects.toMatchObject({
    code: 'IMPORT_EMPTY',
    message: expect.stringMatching(/Crops of another size than the 64×128 .*\(4 times\): crops\/0001\/c1\/0001\.jpg/) as string,
  });
  await expect(runImporter(synthetic, memoryTree({ 'synthetic.json': '{' }), fakeMedia())).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining('not JSON') as string,
  });
  await expect(
    runImporter(synthetic, memoryTree({ 'synthetic.json': writeManifest({ ...manifest(), identities: [], tracklets: [] }) }), fakeMedia()),
  ).rejects.toMatchObject({ code: 'IMPORT_EMPTY' });
});
