/** seqinfo.ini: what writers leave in it, and that a value which cannot be used is named by its line. */
import { expect, test } from 'vitest';
import { readSeqInfo, type SeqInfo } from '../../../datasets/readers/seqinfo.ts';

function read(lines: string): { info: SeqInfo; said: string[] } {
  const said: string[] = [];
  const info = readSeqInfo('seqinfo.ini', `[Sequence]\n${lines}`, (place, message) => said.push(`${place}: ${message}`));
  return { info, said };
}

test('keys in any case, comments, what is absent is null', () => {
  expect(read('; note\nNAME=A b\nframerate=7.5\n')).toEqual({
    info: { name: 'A b', imDir: null, frameRate: 7.5, seqLength: null, imWidth: null, imHeight: null, imExt: null, origin: null, licence: null },
    said: [],
  });
  expect(read('Origin = a=b; of 2009\nlicence=\n').info).toMatchObject({ origin: 'a=b; of 2009', licence: null });
});

test.each([
  ['25 ; fps', 25],
  ['25\t# fps', 25],
  ['25 ; frames # per second', 25],
  ['25 fps', null],
  ['25;fps', null],
  ['a/2', null],
  ['2/a', null],
  ['30000/1001', 30000 / 1001],
  ['30/1', 30],
  ['29,97', null],
  ['0', null],
  ['-5', null],
  ['30/0', null],
  ['1/2/3', null],
  ['fast', null],
])('frameRate=%s', (text, rate) => {
  const { info, said } = read(`name=x\nframeRate=${text}\n`);
  expect(info.frameRate).toBe(rate);
  expect(said).toEqual(rate === null ? [`seqinfo.ini line 3: frameRate must be a number above 0, it is "${text}"; it is not used.`] : []);
});

test.each([
  ['img1', 'img1'],
  ['.\\img1', 'img1'],
  ['./frames/left/', 'frames/left'],
  ['frames\\left', 'frames/left'],
  ['img1 ; full frames', 'img1'],
  ['img1  # two blanks', 'img1'],
  ['full frames', 'full frames'],
  ['a//b', 'a/b'],
  ['ab:c', 'ab:c'],
  ['c:', null],
  ['/data/MOT17/img1', null],
  ['C:\\data\\img1', null],
  ['\\\\server\\share', null],
  ['../img1', null],
  ['img1/../../x', null],
])('imDir=%s', (text, folder) => {
  const { info, said } = read(`imDir=${text}\n`);
  expect(info.imDir).toBe(folder);
  expect(said).toEqual(folder === null ? [`seqinfo.ini line 2: imDir must be a folder inside the data set, it is "${text}"; img1 is looked for instead.`] : []);
});

test('remarks are no values, a key may be one letter, what is empty is absent', () => {
  const { info, said } = read('# name=A\n; name=B\nn=1\n=2\nname = No #\nimDir=\nframeRate=\nseqLength=\n');
  expect(info).toEqual({ ...read('').info, name: 'No #' });
  expect(said).toEqual(['seqinfo.ini line 5: Lines that are not of the form key=value are skipped: "=2".']);
  expect(read('imDir=.\n')).toEqual({ info: read('').info, said: [] });
});

test('every whole number is one, and what is told of a value or a line is short', () => {
  const { info, said } = read(
    `seqLength=7\nimWidth=640.5\nimHeight=0\nframeRate=${'x'.repeat(80)}\n${'y'.repeat(80)}\nimDir=../${'z'.repeat(150)}\nimExt=.jpg\n`,
  );
  expect(info).toEqual({ ...read('').info, seqLength: 7, imExt: '.jpg' });
  expect(said).toEqual([
    `seqinfo.ini line 6: Lines that are not of the form key=value are skipped: "${'y'.repeat(60)}".`,
    `seqinfo.ini line 7: imDir must be a folder inside the data set, it is "../${'z'.repeat(117)}"; img1 is looked for instead.`,
    `seqinfo.ini line 5: frameRate must be a number above 0, it is "${'x'.repeat(60)}"; it is not used.`,
    'seqinfo.ini line 3: imWidth must be a whole number above 0, it is "640.5"; it is not used.',
    'seqinfo.ini line 4: imHeight must be a whole number above 0, it is "0"; it is not used.',
  ]);
  expect(read('seqLength=1\nimWidth=2\nimHeight=3\n').info).toMatchObject({ seqLength: 1, imWidth: 2, imHeight: 3 });
});

test('whole numbers, and lines without =', () => {
  const { info, said } = read('seqLength=6.5\nimWidth=320\nnonsense\n');
  expect([info.seqLength, info.imWidth]).toEqual([null, 320]);
  expect(said).toEqual([
    'seqinfo.ini line 4: Lines that are not of the form key=value are skipped: "nonsense".',
    'seqinfo.ini line 2: seqLength must be a whole number above 0, it is "6.5"; it is not used.',
  ]);
});
