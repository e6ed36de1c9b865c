/** Importer image-folder: cameras from folder and frame names, order, gaps, and what is refused. */
import { expect, test } from 'vitest';
import imageFolder from '../../../datasets/importers/image-folder.ts';
import { fakeMedia, memoryTree, type Files } from '../../support/memoryTree.ts';
import { runImporter, type Recorded } from '../../support/recordingSink.ts';

const pixel = new Uint8Array([1]);

function read(paths: readonly string[], more: Files = {}, broken: string[] = []): Promise<Recorded> {
  return runImporter(imageFolder, memoryTree({ ...Object.fromEntries(paths.map((path) => [path, pixel])), ...more }), fakeMedia({ broken }));
}

test('the camera comes from the folder name, by number or by name', async () => {
  const recorded = await read(['1/c1/1.jpg', '1/cam2/1.PNG', '1/3/1.jpeg', '2/cam_west/1.jpg']);
  expect(recorded.tracklets.map((tracklet) => [tracklet.key, tracklet.pid, tracklet.camid])).toEqual([
    ['1/3', 1, 3],
    ['1/c1', 1, 1],
    ['1/cam2', 1, 2],
    ['2/cam_west', 2, 4],
  ]);
  expect(recorded.cameras.map((camera) => camera.name).sort()).toEqual(['Camera 1', 'Camera 2', 'Camera 3', 'cam_west']);
});

test('a folder that tells no camera is refused with the options that settle it', async () => {
  const paths = ['1/c1/1.jpg', '2/morning/1.jpg', '2/evening/1.jpg'];
  await expect(read(paths)).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining('the camera of 2 of 3 tracklets, such as 2/evening') as string,
    remedy: expect.stringMatching(/camera=folders.*camera=one/) as string,
  });
  const cameras = async (camera: string) =>
    (await runImporter(imageFolder, memoryTree(Object.fromEntries(paths.map((path) => [path, pixel]))), fakeMedia(), { options: { camera } })).tracklets.map(
      ({ key, camid }) => [key, camid],
    );
  expect(await cameras('folders')).toEqual([
    ['1/c1', 1],
    ['2/evening', 2],
    ['2/morning', 3],
  ]);
  expect(await cameras('one')).toEqual([
    ['1/c1', 0],
    ['2/evening', 0],
    ['2/morning', 0],
  ]);
});

test('names of MARS and Market give the camera, also of pictures that lie in the folder of the person itself', async () => {
  const recorded = await read([
    '0001/0001C1T0001F001.jpg',
    '0001/0001C1T0001F002.jpg',
    '0001/0001C2T0001F001.jpg',
    '0001/0001C1T0002F001.jpg',
    '00-1/00-1C4T0001F001.jpg',
    '0000/0000C3T0001F001.jpg',
    '0002/t1/0002_c5s1_000176_00.jpg',
    '0002/t1/0002_c5s1_000151_00.jpg',
  ]);
  expect(recorded.tracklets.map(({ key, pid, camid, files }) => [key, pid, camid, files?.length])).toEqual([
    ['00-1', -1, 4, 1],
    ['0000', 0, 3, 1],
    ['0001 C1', 1, 1, 2],
    ['0001 C1 2', 1, 1, 1],
    ['0001 C2', 1, 2, 1],
    ['0002/t1', 2, 5, 2],
  ]);
  expect(recorded.identities.map(({ pid, kind }) => [pid, kind])).toEqual([
    [-1, 'junk'],
    [0, 'distractor'],
    [1, 'person'],
    [2, 'person'],
  ]);
  expect(recorded.tracklets.at(-1)?.files?.[0]).toBe('0002/t1/0002_c5s1_000151_00.jpg');
  expect(recorded.warnings).toEqual([]);
});

test('a person whose pictures are all marked as distractors is one', async () => {
  const recorded = await read([
    'gallery/0005/0007/0005_C4_F0001_D00101.jpg',
    'gallery/0006/0001/0006_C4_F0001_X00101.jpg',
    'gallery/0006/0002/0006_C5_F0001_D00101.jpg',
  ]);
  expect(recorded.identities.map(({ pid, kind }) => [pid, kind])).toEqual([
    [5, 'distractor'],
    [6, 'person'],
  ]);
});

test('what lies beside is left out with its reason', async () => {
  const recorded = await read(['query/1/c1/1.jpg', 'query/1/extra.jpg', 'query/bob/c1/1.jpg', 'query/stray.jpg', 'other/1/c1/1.jpg', 'query/1/c1/deep/1.jpg']);
  expect(recorded.account).toEqual({ seen: 6, used: 1, leftOut: 5 });
  expect(Object.fromEntries(recorded.warnings.map(({ code, where }) => [code, where]))).toEqual({
    FOLDER_BESIDE: 'other/1/c1/1.jpg',
    PICTURE_LOOSE: 'query/1/extra.jpg',
    NOT_A_PERSON: 'query/bob/c1/1.jpg',
    PICTURE_UNUSED: 'query/1/c1/deep/1.jpg, query/stray.jpg',
  });
});

test('the frame number is the group that counts; where two disagree the option is named', async () => {
  const recorded = await read(['1/c1/000010_07.jpg', '1/c1/000009_08.jpg', '1/c1/000011_06.jpg'], {}).catch((error: unknown) => error);
  expect(recorded).toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining('groups 1 and 2 give different orders') as string,
    remedy: expect.stringContaining('frameNumber=1') as string,
  });
  const order = async (frameNumber: number) =>
    (await runImporter(imageFolder, memoryTree({ '1/c1/10_7.jpg': pixel, '1/c1/9_8.jpg': pixel }), fakeMedia(), { options: { frameNumber } })).tracklets[0]
      ?.files;
  expect(await order(1)).toEqual(['1/c1/9_8.jpg', '1/c1/10_7.jpg']);
  expect(await order(-1)).toEqual(['1/c1/10_7.jpg', '1/c1/9_8.jpg']);
});

test('a probe shows what it takes for granted, with the option', async () => {
  const probe = await imageFolder.probe(
    memoryTree(Object.fromEntries(['p1/cam_a/1_c2.jpg', 'p1/cam_a/2_c2.jpg', '-1/c1/1.jpg', '0001/c1/1.jpg'].map((path) => [path, pixel]))),
    fakeMedia(),
  );
  expect(probe?.guesses).toEqual([
    { option: 'conventions', value: true, why: expect.stringContaining('junk') as string, examples: [{ file: '-1', reads: 'junk' }] },
    { option: 'people', value: 'numbers', why: expect.any(String) as string, examples: [{ file: 'p1', reads: 'person 2' }] },
    {
      option: 'camera',
      value: 'auto',
      why: 'The camera is read from names.',
      examples: [
        { file: '-1/c1', reads: 'camera 1' },
        { file: '0001/c1', reads: 'camera 1' },
        { file: 'p1/cam_a', reads: 'camera "cam_a"' },
      ],
    },
    { option: 'frameNumber', value: 0, why: expect.stringContaining('counts frames') as string, examples: [{ file: 'p1/cam_a/1_c2.jpg', reads: 'frame 1' }] },
  ]);
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

test('a folder that mixes cameras becomes a tracklet of each; a picture of another person is left out, counted', async () => {
  const mixed = await read([
    'train/0001/0001/0001C6F0001X1.jpg',
    'train/0001/0001/0001C5F0002X2.jpg',
    'train/0001/0001/0002C6F0002X1.jpg',
    'train/0001/0001/odd.jpg',
  ]);
  expect(mixed.tracklets.map(({ key, camid, files }) => [key, camid, files])).toEqual([
    ['train/0001/0001 C5', 5, ['train/0001/0001/0001C5F0002X2.jpg']],
    ['train/0001/0001 C6', 6, ['train/0001/0001/0001C6F0001X1.jpg']],
  ]);
  expect(mixed.warnings).toMatchObject([
    { code: 'NAME_OTHER_PERSON', where: 'train/0001/0001/0002C6F0002X1.jpg' },
    { code: 'NAME_UNKNOWN', where: 'train/0001/0001/odd.jpg' },
    { code: 'FOLDER_SPLIT', where: 'train/0001/0001' },
  ]);
});

test('empty and undecodable pictures are left out and counted; a tracklet goes only with its last picture', async () => {
  const recorded = await read(['1/c1/1.jpg', '1/c1/3.jpg', '2/c1/1.jpg'], { '1/c1/2.jpg': new Uint8Array() }, ['1/c1/2.jpg', '1/c1/3.jpg', '2/c1/1.jpg']);
  expect(recorded.tracklets.map(({ files, frameIndex }) => [files, frameIndex])).toEqual([[['1/c1/1.jpg'], [0]]]);
  expect(recorded.identities.map(({ pid }) => pid)).toEqual([1]);
  expect(recorded.warnings).toMatchObject([
    { code: 'PICTURE_EMPTY', where: '1/c1/2.jpg', count: 1 },
    { code: 'PICTURE_UNDECODABLE', where: '1/c1/3.jpg, 2/c1/1.jpg', count: 2 },
  ]);
  await expect(read(['1/c1/1.jpg', '1/c1/2.jpg'], {}, ['1/c1/1.jpg', '1/c1/2.jpg'])).rejects.toMatchObject({
    code: 'IMPORT_EMPTY',
    message: 'Of the 1 tracklets in set none is left. Pictures that cannot be decoded are left out (2 times): 1/c1/1.jpg, 1/c1/2.jpg.',
  });
  await expect(read(['1/c1/readme.txt', 'people/c1/1.jpg'])).rejects.toMatchObject({ code: 'IMPORT_EMPTY' });
});
