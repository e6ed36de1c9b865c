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
