/** Text readers: line ends, numbers, and the order of names. */
import { describe, expect, test } from 'vitest';
import { numberedLines, parseNumber } from '../../../datasets/readers/lines.ts';
import { looksLikeMot, readMotText } from '../../../datasets/readers/motText.ts';
import { compareNames, frameNumber } from '../../../datasets/readers/pictures.ts';
import { readSeqInfo } from '../../../datasets/readers/seqinfo.ts';
import { rangesOf, scoreFromPixels, scoreFromVisibleShare } from '../../../datasets/visibility.ts';

test('any line end, a byte order mark and empty lines keep the numbers of the lines', () => {
  expect(numberedLines('a.txt', '\uFEFFone\r\ntwo\r\rfour\nfive')).toEqual([
    { number: 1, text: 'one' },
    { number: 2, text: 'two' },
    { number: 4, text: 'four' },
    { number: 5, text: 'five' },
  ]);
});

test.each([
  ['1.5', 1.5],
  [' 7 ', 7],
  ['-.5', -0.5],
  ['1e3', 1000],
  ['1,5', null],
  ['0x10', null],
  ['NaN', null],
  ['Infinity', null],
  ['1e400', null],
  ['', null],
  ['1 2', null],
])('number rule: %j is %j', (text, value) => {
  expect(parseNumber(text)).toBe(value);
});

test('commas, semicolons and blanks separate; a trailing separator is dropped', () => {
  for (const text of ['1,2,3,4,5,6,1', '1;2;3;4;5;6;1;', '1 2 3 4 5 6 1', '1\t2\t3\t4\t5\t6\t1'])
    expect(readMotText('gt.txt', text).rows[0]).toMatchObject({ frame: 1, id: 2, x: 3, y: 4, w: 5, h: 6, flag: 1 });
});

test('prose and short tables do not look like MOT', () => {
  expect([looksLikeMot('1,2,3,4,5,6,1'), looksLikeMot('frame,id,x,y,w,h'), looksLikeMot('1,2,3'), looksLikeMot(''), looksLikeMot('1.5,2,3,4,5,6')]).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

test('names sort by their numbers', () => {
  expect(['f10', 'f9', 'f09', 'a2b10', 'a2b9'].sort(compareNames)).toEqual(['a2b9', 'a2b10', 'f09', 'f9', 'f10']);
  expect([frameNumber('000012.jpg'), frameNumber('c1_7.png'), frameNumber('x.jpg')]).toEqual([12, 7, null]);
});

test('seqinfo: keys in any case, comments, what is absent is null', () => {
  expect(readSeqInfo('seqinfo.ini', '[Sequence]\n; note\nNAME=A b\nframerate=7.5\n')).toEqual({
    name: 'A b',
    imDir: null,
    frameRate: 7.5,
    seqLength: null,
    imWidth: null,
    imHeight: null,
    imExt: null,
    origin: null,
    licence: null,
  });
  expect(readSeqInfo('seqinfo.ini', '[Sequence]\nOrigin = a=b; of 2009\nlicence=\n')).toMatchObject({ origin: 'a=b; of 2009', licence: null });
});

describe('visibility', () => {
  test('exact in pixels: a decile belongs to the lower score, one pixel more to the next', () => {
    expect(
      [
        [0, 7],
        [1, 1000],
        [100, 1000],
        [101, 1000],
        [999, 1000],
        [1000, 1000],
        [0, 0],
      ].map(([hidden = 0, body = 0]) => scoreFromPixels(hidden, body)),
    ).toEqual([0, 1, 1, 2, 10, 10, 10]);
  });
  test('decimal text does not spill into the next decile', () => {
    for (let k = 0; k <= 10; k++) expect(scoreFromVisibleShare(Number((1 - k / 10).toFixed(1)))).toBe(k);
  });
  test('runs become inclusive ranges, null leaves a hole', () => {
    expect(rangesOf('visibility', [1, 1, null, 0])).toEqual([
      { field: 'visibility', start: 0, end: 1, value: 1 },
      { field: 'visibility', start: 3, end: 3, value: 0 },
    ]);
    expect(rangesOf('visibility', [])).toEqual([]);
  });
});
