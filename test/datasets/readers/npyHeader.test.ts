/** .npy files written number by number: every type, order and form of the header, and what is refused at the edge of each. */
import { describe, expect, test } from 'vitest';
import { halfToNumber, npyHead, readNpy, writeNpy } from '../../../datasets/readers/npy.ts';

/** The language has them, its types not yet. */
const Halves = (globalThis as unknown as { Float16Array: new (from: ArrayLike<number> | ArrayBufferLike) => Float32Array }).Float16Array;

interface Made {
  version?: number;
  header?: string;
  data?: ArrayBufferView | ArrayBuffer;
  /** In place of the length of the header. */
  length?: number;
}

function npy({ version = 1, header = form(), data = Float32Array.of(1), length }: Made = {}): Uint8Array {
  const text = new TextEncoder().encode(header);
  const size = new DataView(new ArrayBuffer(version === 1 ? 2 : 4));
  if (version === 1) size.setUint16(0, length ?? text.length, true);
  else size.setUint32(0, length ?? text.length, true);
  const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...new Uint8Array(size.buffer), ...text, ...bytes]);
}

function form(shape = '(1,)', descr = '<f4', fortran: boolean | string = false): string {
  return `{'descr': '${descr}', 'fortran_order': ${fortran === true ? 'True' : fortran === false ? 'False' : fortran}, 'shape': ${shape}, }\n`;
}

test.each<[string, ArrayBufferView & ArrayLike<number | bigint>]>([
  ['<f4', Float32Array.of(0, -1.5, 3e38, 1e-40)],
  ['=f4', Float32Array.of(2)],
  ['<f8', Float64Array.of(0.1, -1e300, 5e-324)],
  ['<f2', new Halves([0.5, -65504, 2 ** -24])],
  ['|i1', Int8Array.of(-128, 127)],
  ['>i1', Int8Array.of(-128, 127)],
  ['<i2', Int16Array.of(-32768, 32767)],
  ['<i4', Int32Array.of(-2147483648, 2147483647)],
  ['<i8', BigInt64Array.of(-9007199254740991n, 9007199254740991n)],
  ['|u1', Uint8Array.of(0, 255)],
  ['|b1', Uint8Array.of(0, 1)],
])('%s keeps every number', (descr, values) => {
  const read = readNpy(npy({ header: form(`(${values.length},)`, descr), data: values }), 'x');
  expect([read.shape, [...read.values]]).toEqual([[values.length], Array.from(values, Number)]);
  expect(read.values.constructor).toBe(['<f8', '<i4', '<i8'].includes(descr) ? Float64Array : Float32Array);
});

test('all 65,536 half precision numbers are those of the language', () => {
  const halves = new Halves(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer);
  expect(Array.from({ length: 65536 }, (_, i) => halfToNumber(i)).every((value, i) => Object.is(value, halves[i]))).toBe(true);
});

test('column by column: the number at (i, j, k) stands at i + 2j + 6k of the file', () => {
  const read = readNpy(npy({ header: form('(2, 3, 4)', '<f4', true), data: Float32Array.from({ length: 24 }, (_, i) => i) }), 'x');
  const expected: number[] = [];
  for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) expected.push(i + 2 * j + 6 * k);
  expect([...read.values]).toEqual(expected);
});

test.each([
  ['()', [], 1],
  ['(0,)', [0], 0],
  ['(3,)', [3], 3],
  ['(3)', [3], 3],
  ['(2, 3)', [2, 3], 6],
  ['(10, 3)', [10, 3], 30],
  ['(2,3,)', [2, 3], 6],
  [`(${'1, '.repeat(32)})`, Array<number>(32).fill(1), 1],
])('a shape %s', (text, shape, count) => {
  expect(readNpy(npy({ header: form(text), data: new Float32Array(count) }), 'x').shape).toEqual(shape);
});

test.each<[string, Made]>([
  ['version 1', { version: 1 }],
  ['version 2', { version: 2 }],
  ['version 3', { version: 3 }],
  ['keys in another order, no comma at the end, no blanks', { header: `{'shape':(1,),'fortran_order':False,'descr':'<f4'}` }],
  ['many blanks', { header: `{  'descr' :  '<f4' ,  'fortran_order'  : False,'shape': (1,)  ,  }   \n` }],
  ['the longest header', { version: 2, header: form().trim().padEnd(100_000) }],
])('is read: %s', (_name, made) => expect([...readNpy(npy(made), 'x').values]).toEqual([1]));

const HEADER = /does not name type, order and shape/;
describe('is refused', () => {
  test.each<[string, Made, RegExp]>([
    ['version 0', { version: 0 }, /version 0 is not known/],
    ['version 4', { version: 4 }, /version 4 is not known/],
    ['a header of one more', { version: 2, header: form().trim().padEnd(100_001) }, /header has 100001 characters/],
    ['a header longer than the file', { length: 1000 }, /header is cut off/],
    ['a header that ends with the file and one byte more', { header: form(), data: new Uint8Array(0), length: form().length + 1 }, /header is cut off/],
    ['a big-endian number', { header: form('(1,)', '>f4') }, /type ">f4" are not supported/],
    ['complex numbers', { header: form('(1,)', '<c8') }, /type "<c8" are not supported/],
    ['text', { header: form('(1,)', '<U4') }, HEADER],
    ['an order of its own', { header: form('(1,)', '!f4') }, HEADER],
    ['no order', { header: form('(1,)', 'f4') }, HEADER],
    ['a type with more behind', { header: form('(1,)', '<f4,') }, HEADER],
    ['a type of three digits', { header: form('(1,)', '<f400') }, HEADER],
    ['an order that is text', { header: form('(1,)', '<f4', "'True'") }, HEADER],
    ['no order of axes', { header: `{'descr': '<f4', 'shape': (1,), }` }, HEADER],
    ['no type', { header: `{'fortran_order': False, 'shape': (1,), }` }, HEADER],
    ['no shape', { header: `{'descr': '<f4', 'fortran_order': False, }` }, HEADER],
    ['a shape that is text', { header: form("'(1,)'") }, HEADER],
    ['a shape that begins with a comma', { header: form('(,1)') }, HEADER],
    ['a negative size', { header: form('(-1,)') }, HEADER],
    ['a shape in a shape', { header: form('((1,),)') }, HEADER],
    ['an order that is a shape', { header: form('(1,)', '<f4', '(1,)') }, HEADER],
    ['something before the braces', { header: ` ${form()}` }, HEADER],
    ['something behind the braces', { header: `${form()}x` }, HEADER],
    ['braces in braces', { header: `{${form()}}` }, HEADER],
    ['two entries without a comma', { header: form().replace(', ', ' ') }, HEADER],
    ['a key that is longer', { header: form().replace("'descr'", "'descry'") }, HEADER],
    ['something before a key', { header: form().replace("'fort", "x'fort") }, HEADER],
    ['a kind of two digits', { header: form('(1,)', '<f16') }, /numbers of type "<f16" are not supported/],
    ['33 dimensions', { header: form(`(${'1, '.repeat(33)})`) }, /its shape has 33 dimensions/],
    ['one number too few', { header: form('(2,)') }, /shape \(2\) needs 8 bytes, 4 are there/],
    ['one byte too few', { data: new Uint8Array(3) }, /needs 4 bytes, 3 are there/],
    ['one byte too many', { data: new Uint8Array(5) }, /1 bytes follow the numbers of its shape \(1\)/],
    [
      'a whole number beyond 2^53',
      { header: form('(3,)', '<i8'), data: BigInt64Array.of(1n, 2n, 9007199254740992n) },
      /number 2 \(from 0, row by row\) is beyond 2\^53/,
    ],
    ['one below −2^53', { header: form('(2,)', '<i8'), data: BigInt64Array.of(-9007199254740992n, 2n) }, /number 0 \(from 0/],
    ['a size beyond 2^53 beside an empty one', { header: form('(0, 9007199254740992)'), data: new Uint8Array(0) }, /needs/],
  ])('%s', (_name, made, reason) => {
    expect(() => readNpy(npy(made), 'x.npy')).toThrow(reason);
    expect(() => readNpy(npy(made), 'x.npy')).toThrow('x.npy is not a usable .npy file');
  });

  test('what does not begin like one, byte by byte', () => {
    for (let at = 0; at < 6; at++) {
      const bytes = npy();
      bytes[at] = bytes[at]! ^ 1;
      expect(() => readNpy(bytes, 'x')).toThrow('NumPy signature');
    }
    expect(() => readNpy(npy().subarray(0, 11), 'x')).toThrow('NumPy signature');
    expect(() => readNpy(npy().subarray(0, 12), 'x')).toThrow('cut off');
  });

  test('more numbers than the budget has left; so many are read', () => {
    const bytes = npy({ header: form('(4,)'), data: new Float32Array(4) });
    expect(readNpy(bytes, 'x', { limit: 4, used: 0 }).values).toHaveLength(4);
    expect(() => readNpy(bytes, 'x', { limit: 3, used: 0 })).toThrow('more work');
  });
});

test('the head alone tells whether a file of a length can be one, and names it', () => {
  const head = npyHead('x.npy');
  // Twelve bytes before the longest header.
  expect(head.bytes).toBe(100_012);
  const bytes = npy({ header: form('(1000,)'), data: new Float32Array(0) });
  expect(() => head.check(bytes, bytes.length + 4000)).not.toThrow();
  for (const length of [3999, 4001])
    expect(() => head.check(bytes, bytes.length + length)).toThrow(
      expect.objectContaining({
        code: 'FILE_INVALID',
        message: expect.stringMatching(/^x\.npy is not a usable \.npy file: /) as string,
        params: { file: 'x.npy' },
      }),
    );
});

test('what is written is read as it was, its numbers at a multiple of 64, whatever the length of the shape', () => {
  for (const shape of [[], [2], [1, 2], ...Array.from({ length: 25 }, (_, n) => [...Array<number>(n + 1).fill(1), 2])]) {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length: count }, (_, i) => i + 0.25);
    const bytes = writeNpy(shape, values);
    expect(readNpy(bytes, 'x')).toEqual({ shape, values });
    const begin = bytes.length - 4 * count;
    expect([begin % 64, bytes[begin - 1], new DataView(bytes.buffer).getUint16(8, true)]).toEqual([0, 0x0a, begin - 10]);
  }
});
