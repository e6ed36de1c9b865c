/** Text readers: line ends, numbers, and the order of names. */
import { describe, expect, test } from 'vitest';
import type { FileTree } from '../../../datasets/tree.ts';
import { numberedLines, parseNumber, readLines } from '../../../datasets/readers/lines.ts';
import { compareNames } from '../../../datasets/readers/pictures.ts';
import { rangesOf, scoreFromPixels, scoreFromVisibleShare } from '../../../datasets/visibility.ts';
import { memoryTree } from '../../support/memoryTree.ts';

test('any line end, a byte order mark and empty lines keep the numbers of the lines', () => {
  expect(numberedLines('a.txt', '\uFEFFone\r\ntwo\r\rfour\nfive')).toEqual([
    { number: 1, text: 'one' },
    { number: 2, text: 'two' },
    { number: 4, text: 'four' },
    { number: 5, text: 'five' },
  ]);
});

test('blanks around a line are dropped, a mark inside stays, and a line may have 100,000 characters', async () => {
  expect(numberedLines('a.txt', '  a \uFEFFb\t\n \n c')).toEqual([
    { number: 1, text: 'a \uFEFFb' },
    { number: 3, text: 'c' },
  ]);
  expect(numberedLines('a.txt', '')).toEqual([]);
  const longest = 'x'.repeat(100_000);
  expect(numberedLines('a.txt', `${longest}\n${longest}`).map(({ number, text }) => [number, text.length])).toEqual([
    [1, 100_000],
    [2, 100_000],
  ]);
  for (const [text, line] of [
    [`a\n${longest}x\nb`, 2],
    [`a\nb\n${longest}x`, 3],
  ] as const)
    expect(() => numberedLines('a.txt', text)).toThrow(
      expect.objectContaining({ code: 'FILE_INVALID', message: `a.txt line ${line} is longer than 100000 characters.`, params: { file: 'a.txt', line } }),
    );
  expect(() => numberedLines('a.txt', 'a\0')).toThrow(expect.objectContaining({ code: 'FILE_INVALID', params: { file: 'a.txt' } }));
  // Read in two pieces, of which the first ends with a line as long as that.
  const tree: FileTree = {
    ...memoryTree({}),
    async *chunks() {
      yield new TextEncoder().encode(longest);
      yield new TextEncoder().encode('\nend');
    },
  };
  const lines = [];
  for await (const batch of readLines(tree, 'a.txt')) lines.push(...batch.map(({ number, text }) => [number, text.length]));
  expect(lines).toEqual([
    [1, 100_000],
    [2, 3],
  ]);
});

test.each([
  ['1.5', 1.5],
  [' 7 ', 7],
  ['-.5', -0.5],
  ['1e3', 1000],
  ['+7', 7],
  ['-12.25', -12.25],
  ['7.', 7],
  ['.25', 0.25],
  ['1E-3', 0.001],
  ['2e+10', 2e10],
  ['1e', null],
  ['e5', null],
  ['.', null],
  ['1.2.3', null],
  ['--1', null],
  ['x1', null],
  ['1x', null],
  ['1ex', null],
  ['1e1.5', null],
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

test('names sort by their numbers', () => {
  expect(['f10', 'f9', 'f09', 'a2b10', 'a2b9'].sort(compareNames)).toEqual(['a2b9', 'a2b10', 'f09', 'f9', 'f10']);
});

test('a file read piece by piece gives the same lines, wherever it is cut', async () => {
  const text = '\uFEFFone\r\ntwo é\r\rfour\nfive\r\n\r\nseven';
  const bytes = new TextEncoder().encode(text);
  const whole = numberedLines('a.txt', text);
  expect(whole.map((line) => [line.number, line.text])).toEqual([
    [1, 'one'],
    [2, 'two é'],
    [4, 'four'],
    [5, 'five'],
    [7, 'seven'],
  ]);
  for (let size = 1; size <= bytes.length; size++) {
    const tree: FileTree = {
      ...memoryTree({}),
      async *chunks() {
        for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
      },
    };
    const lines = [];
    for await (const batch of readLines(tree, 'a.txt')) lines.push(...batch);
    expect([size, lines]).toEqual([size, whole]);
  }
});

test('a line without end and bytes that are no text are refused before they fill memory', async () => {
  let given = 0;
  const endless = (byte: number): FileTree => ({
    ...memoryTree({}),
    async *chunks() {
      for (given = 0; given < 1000; given++) yield new Uint8Array(65_536).fill(byte);
    },
  });
  await expect(
    readLines(endless(65), 'a.txt')
      .next()
      .then(async () => {
        for await (const batch of readLines(endless(65), 'a.txt')) void batch;
      }),
  ).rejects.toMatchObject({ code: 'FILE_INVALID', message: 'a.txt line 1 is longer than 100000 characters.' });
  expect(given).toBeLessThan(4);
  await expect(readLines(endless(0), 'a.txt').next()).rejects.toMatchObject({ code: 'FILE_INVALID', message: expect.stringContaining('zero bytes') as string });
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
