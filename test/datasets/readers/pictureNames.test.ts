/** Names in the grammars of public sets; expected parts are read off the names by hand. */
import { expect, test } from 'vitest';
import { grammarOf, GRAMMARS } from '../../../datasets/readers/pictureNames.ts';

const parts = (pid: number, camid: number, visit: string, frame: number, isDistractor = false) => ({ pid, camid, visit, frame, isDistractor });

test.each([
  ['0001C6F0099X30823.jpg', 'DukeMTMC-VideoReID', parts(1, 6, '', 99)],
  ['0001_C6_F0099_X30823.jpg', 'DukeMTMC-VideoReID', parts(1, 6, '', 99)],
  ['0005_C4_F0001_D00101.jpg', 'DukeMTMC-VideoReID', parts(5, 4, '', 1, true)],
  ['0065C1T0002F016.jpg', 'MARS', parts(65, 1, 'T2', 16)],
  ['0000C3T0010F001.jpg', 'MARS', parts(0, 3, 'T10', 1)],
  ['00-1C1T0001F001.jpg', 'MARS', parts(-1, 1, 'T1', 1)],
  ['0002_c1s1_000451_03.jpg', 'Market-1501', parts(2, 1, 's1', 451)],
  ['-1_c6s3_015476_04.jpg', 'Market-1501', parts(-1, 6, 's3', 15476)],
  ['0005_c2_f0046985.jpg', 'DukeMTMC-reID', parts(5, 2, '', 46985)],
])('%s is of %s', (name, title, expected) => {
  expect(GRAMMARS.filter((grammar) => grammar.parse(name) !== null).map((grammar) => grammar.title)).toEqual([title]);
  expect(grammarOf([name])?.parse(name)).toEqual(expected);
});

test('half of the names must follow a grammar', () => {
  expect(grammarOf(['0065C1T0002F016.jpg', 'x.jpg'])?.title).toBe('MARS');
  expect(grammarOf(['0065C1T0002F016.jpg', 'x.jpg', 'y.jpg'])).toBeNull();
  expect(grammarOf(['000001.jpg', '2_3.jpg'])).toBeNull();
  expect(grammarOf([])).toBeNull();
});

// Of each set: its name from a person, camera, visit and frame, each with as many digits as given, and the digits that each may have at most.
const digits = (n: number, length: number): string => String(n).padStart(length, '0');
const NAMES: [
  title: string,
  most: [pid: number, camera: number, visit: number, frame: number],
  write: (pid: string, camera: string, visit: string, frame: string) => string,
][] = [
  ['DukeMTMC-VideoReID', [15, 4, 0, 15], (pid, camera, _visit, frame) => `${pid}C${camera}F${frame}X1`],
  ['DukeMTMC-VideoReID', [15, 4, 0, 15], (pid, camera, _visit, frame) => `${pid}_c${camera}_f${frame}_x30823`],
  ['MARS', [15, 4, 15, 15], (pid, camera, visit, frame) => `${pid}c${camera}t${visit}f${frame}`],
  ['Market-1501', [15, 4, 9, 15], (pid, camera, visit, frame) => `${pid}_C${camera}S${visit}_${frame}_01`],
  ['Market-1501', [15, 4, 9, 15], (pid, camera, visit, frame) => `${pid}_c${camera}s${visit}_${frame}_1`],
  ['DukeMTMC-reID', [15, 4, 0, 15], (pid, camera, _visit, frame) => `${pid}_c${camera}_f${frame}`],
];

test.each(NAMES)('%s: any number of digits up to the most, nothing before, behind or in place of them', (title, most, write) => {
  const { parse } = GRAMMARS.find((grammar) => grammar.title === title)!;
  const visitOf = { 'DukeMTMC-VideoReID': '', 'DukeMTMC-reID': '', MARS: 'T7', 'Market-1501': 's7' }[title];
  const named = (lengths: readonly number[]): string =>
    write(...(lengths.map((length, i) => digits([3, 2, 7, 9][i]!, length)) as [string, string, string, string]));
  for (const at of [0, 1, 2, 3]) {
    for (const length of [1, 2, most[at]!]) {
      if (most[at] === 0) continue;
      const lengths = [1, 1, 1, 1];
      lengths[at] = length;
      expect(parse(`${named(lengths)}.jpg`)).toEqual(parts(3, 2, visitOf!, 9));
    }
    if (most[at] === 0) continue;
    const lengths = [1, 1, 1, 1];
    lengths[at] = most[at]! + 1;
    expect(parse(`${named(lengths)}.jpg`)).toBeNull();
  }
  const name = named([1, 1, 1, 1]);
  for (const other of [`x${name}`, `${name}x`, `${name}_`, ` ${name}`, name.replace('3', 'a'), name.replace('9', 'a'), name.replace('2', 'a'), ''])
    expect(parse(`${other}.jpg`)).toBeNull();
  expect(parse(`-${name}.jpg`)).toEqual(parts(-3, 2, visitOf!, 9));
  expect(parse(`00-1${name.slice(1)}.jpg`)?.pid).toBe(title === 'MARS' ? -1 : undefined);
});

test('only the videos of Duke and MARS number frames one by one', () => {
  expect(GRAMMARS.filter(({ isConsecutive }) => isConsecutive).map(({ title }) => title)).toEqual(['DukeMTMC-VideoReID', 'MARS']);
});

test('of several grammars the one that most names follow', () => {
  const names = ['0001_c2_f0046985.jpg', '0065C1T0002F016.jpg', '0065C1T0002F017.jpg'];
  expect(grammarOf(names)?.title).toBe('MARS');
  expect(grammarOf(names.toReversed())?.title).toBe('MARS');
});
