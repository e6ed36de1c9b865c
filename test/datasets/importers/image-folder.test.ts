/** Importer image-folder: cameras from folder and frame names, order, gaps, and what is refused. */
import { expect, test } from 'vitest';
import imageFolder from '../../../datasets/importers/image-folder.ts';
import { fakeMedia, memoryTree, type Files } from '../../support/memoryTree.ts';
import { runImporter, type Recorded } from '../../support/recordingSink.ts';

const pixel = new Uint8Array([1]);

function read(paths: readonly string[], more: Files = {}, broken: string[] = []): Promise<Recorded> {
  return runImporter(imageFolder, memoryTree({ ...Object.fromEntries(paths.map((path) => [path, pixel])), ...more }), fakeMedia({ broken }));
}

test('the camera comes from the folder name, any other folder is a tracklet of camera 0', async () => {
  const recorded = await read(['1/c1/1.jpg', '1/cam2/1.PNG', '1/3/1.jpeg', '2/morning/1.jpg']);
  expect(recorded.tracklets.map((tracklet) => [tracklet.key, tracklet.pid, tracklet.camid])).toEqual([
    ['1/3', 1, 3],
    ['1/c1', 1, 1],
    ['1/cam2', 1, 2],
    ['2/morning', 2, 0],
  ]);
  expect(recorded.cameras.map((camera) => camera.camid)).toEqual([0, 1, 2, 3]);
});

test('frames are in the order of their numbers, gaps and files beside them are counted', async () => {
  const recorded = await read(['7/c1/10.jpg', '7/c1/2.jpg', '7/c1/1.jpg', '7/c1/._1.jpg', '7/c1/.DS_Store', '7/c1/notes.txt']);
  expect(recorded.tracklets[0]?.files).toEqual(['7/c1/1.jpg', '7/c1/2.jpg', '7/c1/10.jpg']);
  expect(recorded.tracklets[0]?.frameIndex).toEqual([0, 1, 2]);
  expect(recorded.warnings).toMatchObject([
    { code: 'FRAME_GAP', where: '7/c1', count: 1 },
    { code: 'FILE_HIDDEN', count: 2 },
    { code: 'FILE_OTHER', where: '7/c1/notes.txt', count: 1 },
  ]);
});

test('both Duke grammars give the camera, and the splits are kept', async () => {
  const recorded = await read([
    'train/0001/0001/0001C6F0001X30823.jpg',
    'query/0005/0002/0005_C3_F0001_X00101.jpg',
    'gallery/0005/0007/0005_C4_F0001_D00101.jpg',
    'gallery/0005/0007/0005_C4_F0003_D00103.jpg',
  ]);
  expect(recorded.tracklets.map((tracklet) => [tracklet.split, tracklet.pid, tracklet.camid, tracklet.frameIndex.length]).sort()).toEqual([
    ['gallery', 5, 4, 2],
    ['query', 5, 3, 1],
    ['train', 1, 6, 1],
  ]);
  expect(recorded.warnings.map((warning) => warning.code)).toEqual(['FRAME_GAP']);
});

test('a tracklet that mixes cameras or people is refused by name', async () => {
  await expect(read(['train/0001/0001/0001C6F0001X1.jpg', 'train/0001/0001/0001C5F0002X2.jpg'])).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining('train/0001/0001 mixes') as string,
  });
  await expect(read(['train/0001/0001/0002C6F0001X1.jpg'])).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining('names person 2') as string,
  });
});

test('empty and undecodable pictures are named, no identity is an error', async () => {
  await expect(read(['1/c1/1.jpg'], { '1/c1/2.jpg': new Uint8Array() })).rejects.toMatchObject({
    code: 'MEDIA_UNDECODABLE',
    message: '1/c1/2.jpg is empty (0 bytes).',
  });
  await expect(read(['1/c1/1.jpg', '1/c1/2.jpg'], {}, ['1/c1/2.jpg'])).rejects.toMatchObject({
    code: 'MEDIA_UNDECODABLE',
    message: expect.stringContaining('1/c1/2.jpg') as string,
  });
  await expect(read(['1/c1/readme.txt', 'people/c1/1.jpg'])).rejects.toMatchObject({ code: 'IMPORT_EMPTY' });
});
