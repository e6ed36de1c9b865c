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
