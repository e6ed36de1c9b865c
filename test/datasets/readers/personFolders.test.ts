/** Who folders of people are, and which camera a folder names. */
import { expect, test } from 'vitest';
import type { SplitName } from '../../../datasets/importer.ts';
import { nameCameras, readCameraFolder } from '../../../datasets/readers/cameraFolders.ts';
import { readPeople, readPersonName, type PersonFolder } from '../../../datasets/readers/personFolders.ts';

function folders(paths: readonly string[]): PersonFolder[] {
  return paths.map((path) => {
    const [split, name] = path.includes('/') ? path.split('/') : ['none', path];
    return { split: split as SplitName, folder: { name: name ?? '', path, kind: 'folder', why: null } };
  });
}

function people(paths: readonly string[], chosen: { people?: 'numbers' | 'names'; conventions?: boolean } = {}) {
  const said: string[] = [];
  const list = folders(paths);
  const read = readPeople(list, { people: 'numbers', conventions: true, ...chosen }, (code, where) => said.push(`${code} ${where}`));
  return {
    of: Object.fromEntries(list.map((each) => [each.folder.path, read.of(each)?.pid ?? null])),
    all: read.all.map(({ pid, name, kind }) => [pid, name, kind]),
    said,
  };
}

test.each([
  ['0001', 1],
  ['1', 1],
  ['p12', 12],
  ['id-1', 1],
  ['Person 7', 7],
  ['pid_0042', 42],
  ['2147483648', 2147483648],
  ['4294967297', 4294967297],
  ['9007199254740993', null],
  ['-2', null],
  ['_5', null],
  ['alice', null],
  ['p', null],
  ['12a', null],
  ['p1b', null],
  ['12 ', null],
])('%s is person %s', (name, number) => {
  expect(readPersonName(name, true)?.number ?? null).toBe(number);
});

test('-1 is junk and 0000 a distractor, a single 0 a person; without the conventions all are people', () => {
  const names = ['-1', '00-1', '0000', '0', '1'];
  expect(names.map((name) => readPersonName(name, true)?.kind)).toEqual(['junk', 'junk', 'distractor', 'person', 'person']);
  expect(names.map((name) => readPersonName(name, false)?.kind)).toEqual(names.map(() => 'person'));
  expect(people(['gallery/-1', 'gallery/0000', 'query/0001', 'gallery/0001']).all).toEqual([
    [-1, '-1', 'junk'],
    [0, '0000', 'distractor'],
    [1, '0001', 'person'],
  ]);
});

test('names with one number are different people, and it is said', () => {
  const { of, all, said } = people(['0001', '1', 'id-1', 'p1', '7']);
  expect(of).toEqual({ '0001': 1, '1': 8, 'id-1': 9, p1: 10, '7': 7 });
  expect(all).toEqual([
    [1, '0001', 'person'],
    [8, '1', 'person'],
    [9, 'id-1', 'person'],
    [10, 'p1', 'person'],
    [7, '0007', 'person'],
  ]);
  expect(said).toEqual(['PEOPLE_SAME_NUMBER 1 as 8', 'PEOPLE_SAME_NUMBER id-1 as 9', 'PEOPLE_SAME_NUMBER p1 as 10']);
});

test('leading zeros alone make no second person across splits, but do inside one', () => {
  expect(people(['query/1', 'gallery/0001', 'gallery/0002'])).toMatchObject({
    of: { 'query/1': 1, 'gallery/0001': 1, 'gallery/0002': 2 },
    said: ['PEOPLE_JOINED 1 and 0001'],
  });
  expect(people(['query/1', 'gallery/0001', 'gallery/1']).of).toEqual({ 'query/1': 2, 'gallery/1': 2, 'gallery/0001': 1 });
  expect(people(['query/0001', 'gallery/0001'])).toMatchObject({ of: { 'query/0001': 1, 'gallery/0001': 1 }, said: [] });
});

test('junk and distractors are one each, however often and in which splits their folders stand, and nothing is said', () => {
  expect(people(['gallery/-1', 'gallery/00-1', 'query/-01', 'gallery/00', 'gallery/0000'])).toEqual({
    of: { 'gallery/-1': -1, 'gallery/00-1': -1, 'query/-01': -1, 'gallery/00': 0, 'gallery/0000': 0 },
    all: [
      [-1, '00-1', 'junk'],
      [0, '00', 'distractor'],
    ],
    said: [],
  });
  expect(people(['00', '-1', '7'], { conventions: false }).all).toEqual([
    [-1, '-1', 'person'],
    [0, '0000', 'person'],
    [7, '0007', 'person'],
  ]);
  for (const name of ['x-1', '-1x', '-11', '-2']) expect(readPersonName(name, true)).toBe(null);
  for (const name of ['x00', '0', '001']) expect(readPersonName(name, true)?.kind ?? 'person').toBe('person');
});

test('names that begin as numbers are shown as they are', () => {
  expect(people(['p12', 'ID_7', '3']).all).toEqual([
    [3, '0003', 'person'],
    [7, 'ID_7', 'person'],
    [12, 'p12', 'person'],
  ]);
  // Whatever the case of the word before it, it is one word.
  expect(people(['query/P1', 'gallery/p01']).of).toEqual({ 'query/P1': 1, 'gallery/p01': 1 });
});

test('people by name: every folder is one', () => {
  expect(people(['query/bob', 'gallery/alice', 'gallery/bob'], { people: 'names' })).toEqual({
    of: { 'query/bob': 2, 'gallery/alice': 1, 'gallery/bob': 2 },
    all: [
      [1, 'alice', 'person'],
      [2, 'bob', 'person'],
    ],
    said: [],
  });
});

test.each([
  ['c1', 1, null],
  ['cam2', 2, null],
  ['Camera 10', 10, null],
  ['3', 3, null],
  ['cam_a', null, 'cam_a'],
  ['camB', null, 'camB'],
  ['Camera east', null, 'Camera east'],
  ['CAM-x 7', null, 'CAM-x 7'],
  ['camera-1a', null, 'camera-1a'],
  ['cam_abc', null, 'cam_abc'],
  ['c_1', 1, null],
  ['C-07', 7, null],
  ['cam 123456789', 123456789, null],
  ['12', 12, null],
])('%s names a camera', (folder, number, name) => {
  expect(readCameraFolder(folder, 'auto')).toEqual({ number, name });
});

test('other names tell no camera, unless every folder is one, or all are', () => {
  for (const folder of [
    't1',
    'T2',
    'morning',
    '0001',
    'campus',
    'c',
    'xc1',
    'c1x',
    'cx1',
    'ca',
    '123',
    'x12',
    '12x',
    'xcam_a',
    'camera',
    'cam',
    'cam_',
    'cam.a',
    'c1234567890',
  ]) {
    expect([folder, readCameraFolder(folder, 'auto')]).toEqual([folder, null]);
    expect(readCameraFolder(folder, 'folders')).toEqual({ number: null, name: folder });
    expect(readCameraFolder(folder, 'one')).toEqual({ number: 0, name: null });
  }
});

test('cameras by name get numbers above those by number, in the order of their names', () => {
  const cameras = ['cam_b', 'c4', 'cam_a', 'cam_b'].flatMap((name) => readCameraFolder(name, 'auto') ?? []);
  expect(cameras.map(nameCameras(cameras).of)).toEqual([
    { camid: 6, name: 'cam_b' },
    { camid: 4, name: 'Camera 4' },
    { camid: 5, name: 'cam_a' },
    { camid: 6, name: 'cam_b' },
  ]);
  const alone = [{ number: null, name: 'cam_a' }];
  expect(alone.map(nameCameras(alone).of)).toEqual([{ camid: 1, name: 'cam_a' }]);
  const numbered = [{ number: 0, name: null }];
  expect(numbered.map(nameCameras(numbered).of)).toEqual([{ camid: 0, name: 'Camera 0' }]);
});
