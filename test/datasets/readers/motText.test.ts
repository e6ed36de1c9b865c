/** MOT text: separators, versions told by their values, and that each bad row is left out and named by its line. Expected values are read off the lines. */
import { describe, expect, test } from 'vitest';
import { looksLikeMot, readMot, type MotTable } from '../../../datasets/readers/motText.ts';
import { memoryTree } from '../../support/memoryTree.ts';

async function read(text: string, firstFrame: 0 | 1 | null = null): Promise<{ table: MotTable; left: string[] }> {
  const left: string[] = [];
  const table = await readMot(memoryTree({ 'gt.txt': text }), 'gt.txt', {
    signal: new AbortController().signal,
    firstFrame,
    leaveOut: (code, _message, { where = '', expected = false }) => left.push(`${code}${expected ? '' : '!'} ${where}`),
  });
  return { table, left };
}

const good = '1,1,10,20,5,12,1\n2,1,11,20,5,12,1\n3,1,12,20,5,12,1\n';

test('commas, semicolons and blanks separate; a trailing separator is dropped', async () => {
  for (const text of ['1,2,3,4,5,6,1', '1;2;3;4;5;6;1;', '1 2 3 4 5 6 1', ' 1  2 3 4 5  6 1 ', '1, 2, 3, 4, 5, 6, 1, ', '1\t2\t3\t4\t5\t6\t1'])
    expect((await read(text)).table.row(0)).toMatchObject({ frame: 1, id: 2, x: 3, y: 4, w: 5, h: 6, flag: 1, category: null, visibility: null });
});

test('prose and short tables do not look like MOT', () => {
  expect(['1,2,3,4,5,6,1', 'frame,id,x,y,w,h', '1,2,3', '', '1.5,2,3,4,5,6'].map(looksLikeMot)).toEqual([true, false, false, false, false]);
});

test('ids beyond 32 bits, and many rows with their lines', async () => {
  const { table } = await read(Array.from({ length: 40_000 }, (_, index) => `${index + 1},4294967297,${index},1,2,3`).join('\n'));
  expect([table.length, table.row(39_999)]).toEqual([
    40_000,
    { line: 40_000, frame: 40_000, id: 4294967297, x: 39_999, y: 1, w: 2, h: 3, flag: 1, category: null, visibility: null },
  ]);
});

describe('a row that cannot be read is left out and named', () => {
  test.each([
    ['too few columns', '4,2,10,20,5', 'ROW_COLUMNS! gt.txt line 4'],
    ['another number of columns', '4,2,10,20,5,12', 'ROW_COLUMNS! gt.txt line 4'],
    ['letters', '4,2,ten,20,5,12,1', 'ROW_NO_NUMBER! gt.txt line 4, column 3 ("ten" is not a number)'],
    ['NaN', '4,2,10,NaN,5,12,1', 'ROW_NO_NUMBER! gt.txt line 4, column 4 ("NaN" is not a number)'],
    ['1e400', '4,2,1e400,20,5,12,1', 'ROW_NO_NUMBER! gt.txt line 4, column 3 ("1e400" is not a number)'],
    ['a fractional frame', '3.5,2,10,20,5,12,1', 'ROW_FRAME! gt.txt line 4'],
    ['a negative frame', '-3,2,10,20,5,12,1', 'ROW_FRAME! gt.txt line 4'],
    ['a frame beyond 32 bits', '3000000000,2,10,20,5,12,1', 'ROW_FRAME! gt.txt line 4'],
    ['a negative id', '4,-2,10,20,5,12,1', 'ROW_ID! gt.txt line 4'],
    ['a fractional id', '4,2.5,10,20,5,12,1', 'ROW_ID! gt.txt line 4'],
    ['no width', '4,2,10,20,0,12,1', 'ROW_NO_AREA! gt.txt line 4'],
    ['negative height', '4,2,10,20,5,-12,1', 'ROW_NO_AREA! gt.txt line 4'],
    ['no height', '4,2,10,20,5,0,1', 'ROW_NO_AREA! gt.txt line 4'],
    ['a remark behind it', '4,2,10,20,5,12,1 # seen', 'ROW_NO_NUMBER! gt.txt line 4, column 7 ("1 # seen" is not a number)'],
    ['a long word', `4,2,${'x'.repeat(50)},20,5,12,1`, `ROW_NO_NUMBER! gt.txt line 4, column 3 ("${'x'.repeat(40)}" is not a number)`],
    ['another remark', '% seen twice', 'ROW_COMMENT gt.txt line 4'],
    ['one of another kind', '// seen twice', 'ROW_COMMENT gt.txt line 4'],
    ['a comment', '# seen twice', 'ROW_COMMENT gt.txt line 4'],
  ])('%s', async (_name, row, expected) => {
    const { table, left } = await read(`${good}${row}\n5,1,14,20,5,12,1\n`);
    expect([table.length, table.row(3).line, left]).toEqual([4, 5, [expected]]);
  });

  test('a header above the rows is skipped, words further down are not a header', async () => {
    const { table, left } = await read(`# exported\nframe,id,x,y,w,h,conf\n${good}frame,id,x,y,w,h,conf\n`);
    expect([table.length, left]).toEqual([
      3,
      ['ROW_COMMENT gt.txt line 1', 'ROW_HEADER gt.txt line 2', 'ROW_NO_NUMBER! gt.txt line 6, column 1 ("frame" is not a number)'],
    ]);
  });

  test('one word is no header, and two lines of words are not two', async () => {
    expect((await read(`tracks\n${good}`)).left).toEqual(['ROW_COLUMNS! gt.txt line 1']);
    const { left } = await read(`frame,id,x,y,w,h,conf\nframe,id,x,y,w,h,conf\n${good}`);
    expect(left).toEqual(['ROW_HEADER gt.txt line 1', 'ROW_NO_NUMBER! gt.txt line 2, column 1 ("frame" is not a number)']);
  });

  test('most rows bad: the file is refused, naming the first', async () => {
    await expect(read('1,1,NaN,20,5,12,1\n')).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: 'gt.txt line 1, column 3: "NaN" is not a number.',
      params: { file: 'gt.txt', line: 1 },
    });
    await expect(read(`1.5,1,10,20,5,12\n`)).rejects.toMatchObject({ message: 'gt.txt line 1: frame 1.5 is not a whole number from 1 on.' });
    await expect(read(`1,1,10,20,5\n${good}1,1\n2,1\n3,1\n`)).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: 'gt.txt line 1 has 5 columns; frame, id, left, top, width, height and up to six more are expected. 4 of its 7 rows cannot be read.',
    });
    await expect(read('1,1,\0')).rejects.toMatchObject({ code: 'FILE_INVALID', message: expect.stringContaining('zero bytes') as string });
  });
});

test('frame 0: asked about, since all frames may be counted from 0', async () => {
  const text = `0,1,9,20,5,12,1\n${good}`;
  await expect(read(text)).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringMatching(/gt\.txt line 1: frame 0/) as string,
    remedy: expect.stringContaining('firstFrame=zero') as string,
    params: { file: 'gt.txt', line: 1 },
  });
  const zero = await read(text, 0);
  expect([zero.table.length, zero.table.frame(0), zero.table.frame(3), zero.left]).toEqual([4, 1, 4, []]);
  const one = await read(text, 1);
  expect([one.table.length, one.table.frame(0), one.left]).toEqual([3, 1, ['ROW_FRAME! gt.txt line 1']]);
});

describe('columns 8 and on tell the version, by what all rows hold', () => {
  const rows = (...tails: string[]): string => tails.map((tail, i) => `${i + 1},1,10,20,5,12,1${tail === '' ? '' : `,${tail}`}`).join('\n');
  const ten = (good: string, bad: string, count: number): string => rows(...Array.from({ length: 10 }, (_, i) => (i < count ? bad : good)));
  test.each([
    ['none', rows(''), 'plain', /^Plain tracks: 7 columns/],
    ['six columns', '1,1,10,20,5,12', 'plain', /^Plain tracks: 6 columns/],
    ['classes', rows('1', '13', '7'), 'mot16', /without visibility/],
    ['no classes: 0', rows('1', '0'), 'mot15', /column 8 is not a class/],
    ['no classes: 14', rows('1', '14'), 'mot15', /column 8 is not a class/],
    ['no classes: 1.5', rows('1.5', '2'), 'mot15', /column 8 is not a class/],
    ['classes and visibilities', rows('1,0', '13,1', '2,0.5'), 'mot16', /column 9 a visibility/],
    ['classes of 13, no more', rows('13,0.5', '14,0.5'), 'mot15', /world coordinates/],
    ['a visibility of ten beyond 1', ten('1,1', '1,1.01', 1), 'mot16', /column 9 a visibility/],
    ['two of ten', ten('1,1', '1,1.01', 2), 'mot15', /world coordinates/],
    ['a visibility of ten below 0', ten('1,0', '1,-0.01', 1), 'mot16', /column 9 a visibility/],
    ['two of ten below', ten('1,0', '1,-0.01', 2), 'mot15', /world coordinates/],
    ['visibilities and unused columns', rows('1,0.5,-1', '1,0.5,0'), 'mot16', /column 9 a visibility/],
    ['a coordinate in column 10', rows('1,0.5,-1', '1,0.5,3'), 'mot15', /world coordinates/],
    ['−1 in all', rows('-1,-1,-1', '-1,-1,-1'), 'mot15', /all −1/],
    ['−1 in all but one', rows('-1,-1,-1', '-1,2,-1'), 'mot15', /are world coordinates/],
    ['−1 in all but the first', rows('2,-1,-1', '-1,-1,-1'), 'mot15', /are world coordinates/],
  ] as const)('%s', async (_name, text, version, reason) => {
    const { table } = await read(text);
    expect([table.columns, table.reason]).toEqual([version, expect.stringMatching(reason)]);
  });

  test('class and visibility are given where they are ones, and null elsewhere', async () => {
    const of = async (text: string) => (({ category, visibility }) => [category, visibility])((await read(text)).table.row(0));
    expect(await of(rows('2,0.25'))).toEqual([2, 0.25]);
    expect(await of(rows('2'))).toEqual([2, null]);
    expect(await of(rows('2.5,0.25,7'))).toEqual([null, null]);
    expect(await of(rows(''))).toEqual([null, null]);
  });
});

test('reading is given up when it is cancelled', async () => {
  const options = { signal: AbortSignal.abort(), firstFrame: null, leaveOut: () => undefined };
  await expect(readMot(memoryTree({ 'gt.txt': good }), 'gt.txt', options)).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('reading ends at a limit, and says so', async () => {
  const table = (limit?: number) =>
    readMot(memoryTree({ 'gt.txt': good }), 'gt.txt', {
      signal: new AbortController().signal,
      firstFrame: null,
      leaveOut: () => undefined,
      ...(limit === undefined ? {} : { limit }),
    });
  expect([await table(), await table(2), await table(4)].map(({ length, isWhole }) => [length, isWhole])).toEqual([
    [3, true],
    [2, false],
    [3, true],
  ]);
});

test('what is the largest and the least that is read', async () => {
  const { table, left } = await read('2147483647,9007199254740991,0,0,0.1,0.1\n2147483648,1,0,0,1,1\n1,0,0,0,1,1\n1,9007199254740992,0,0,1,1\n1,-1,0,0,1,1\n');
  expect([0, 1, 2].map((index) => [table.frame(index), table.id(index)])).toEqual([
    [2147483647, 9007199254740991],
    [1, 0],
    [1, -1],
  ]);
  expect(left).toEqual(['ROW_FRAME! gt.txt line 2', 'ROW_ID! gt.txt line 4']);
  const cells = (count: number): string => Array.from({ length: count }, () => '1').join(',');
  expect([5, 6, 12, 13].map((count) => looksLikeMot(cells(count)))).toEqual([false, true, true, false]);
  expect([looksLikeMot('1,1.5,1,1,1,1'), looksLikeMot(' 1 1 1 1 1 1 '), looksLikeMot('1,1,x,1,1,1')]).toEqual([false, true, false]);
  await expect(read(cells(13))).rejects.toMatchObject({ message: expect.stringContaining('has 13 columns') as string });
  expect((await read(cells(12))).table.length).toBe(1);
});

test('a file of which half cannot be read is read; the others are named', async () => {
  const { table, left } = await read(`${good}x,1,1,1,1,1,1\n4,1,1\n5,1,1,1,0,1,1\n`);
  expect([table.length, left.length]).toEqual([3, 3]);
});
