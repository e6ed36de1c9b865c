/** safetensors: round trip and hostile headers. */
import { describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../models/train/safetensors.ts';
import type { StateDict } from '../../../models/train/stateDict.ts';

const state: StateDict = new Map([
  ['a.weight', { shape: [2, 3], values: Float32Array.of(1, -2, 3.5, 0, NaN, Infinity) }],
  ['empty', { shape: [0, 4], values: new Float32Array(0) }],
  ['scalar', { shape: [], values: Float32Array.of(7) }],
]);

test('round trip keeps order, shapes, values and metadata; reads from any alignment', () => {
  const bytes = writeSafetensors(state, { step: '12' });
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  for (const source of [bytes, shifted.subarray(3)]) {
    const { tensors, metadata } = readSafetensors(source, 'x');
    expect([...tensors]).toEqual([...state]);
    expect(metadata).toEqual({ step: '12' });
  }
});

test('the same content gives the same bytes', () => expect(writeSafetensors(state)).toEqual(writeSafetensors(state)));

function file(header: unknown, data: Uint8Array = new Uint8Array(0), length?: bigint): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}
const tensor = (dtype: string, shape: unknown, offsets: unknown) => ({ x: { dtype, shape, data_offsets: offsets } });

test('half precision, bfloat16, double and integers become float32', () => {
  const read = (dtype: string, data: ArrayBufferView, n: number) => [
    ...(readSafetensors(file(tensor(dtype, [n], [0, data.byteLength]), new Uint8Array(data.buffer)), 'x').tensors.get('x')?.values ?? []),
  ];
  expect(read('F16', Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x3555), 5)).toEqual([1, -2, 2 ** -24, Infinity, Math.fround(0.333251953125)]);
  expect(read('BF16', Uint16Array.of(0x3f80, 0xc000), 2)).toEqual([1, -2]);
  expect(read('F64', Float64Array.of(0.5, -3), 2)).toEqual([0.5, -3]);
  expect(read('I64', BigInt64Array.of(5n, -6n), 2)).toEqual([5, -6]);
  expect(read('I32', Int32Array.of(5, -6), 2)).toEqual([5, -6]);
});

describe('hostile headers are refused with a reason', () => {
  const four = new Uint8Array(4);
  test.each([
    ['shorter than its 8-byte', new Uint8Array(3)],
    ['header claims', file({}, four, 2n ** 63n)],
    ['header claims', file({}, four, 100n)],
    ['not JSON', file('{"x":')],
    ['not JSON', file('\uFFFD{')],
    ['not a JSON object', file([1])],
    ['not supported', file(tensor('Q8', [1], [0, 4]), four)],
    ['not supported', file(tensor('constructor', [1], [0, 4]), four)],
    ['shape of the tensor "x"', file(tensor('F32', [-1], [0, 4]), four)],
    ['shape of the tensor "x"', file(tensor('F32', [1.5], [0, 4]), four)],
    ['shape of the tensor "x"', file(tensor('F32', 'a', [0, 4]), four)],
    ['offsets of the tensor "x"', file(tensor('F32', [1], [0]), four)],
    ['outside of the 4 bytes', file(tensor('F32', [2], [0, 8]), four)],
    ['outside of the 4 bytes', file(tensor('F32', [1], [4, 0]), four)],
    ['needs 8 bytes', file(tensor('F32', [2], [0, 4]), four)],
    ['needs', file(tensor('F32', [1e9, 1e9], [0, 4]), four)],
    ['overlap', file({ ...tensor('F32', [1], [0, 4]), y: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, four)],
    ['4 bytes before the tensor "x" belong to none', file(tensor('F32', [1], [4, 8]), new Uint8Array(8))],
    ['4 bytes at its end belong to no tensor', file(tensor('F32', [1], [0, 4]), new Uint8Array(8))],
    ['bytes before the tensor "x"', file(tensor('F32', [0], [4, 4]), four)],
    ['the key "x" stands twice', file('{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', four)],
    ['the key "dtype" stands twice', file('{"x":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', four)],
    ['the key "a" stands twice', file('{"__metadata__":{"a":"1","a":"2"}}')],
    ['nested more than 3 deep', file(tensor('F32', [[[[1]]]], [0, 4]), four)],
    ['more than type, shape and offsets', file({ x: { ...tensor('F32', [1], [0, 4]).x, more: 1 } }, four)],
    ['shape of the tensor "x"', file(tensor('F32', Array(65).fill(1), [0, 4]), four)],
    ['more than any file of weights needs', file(' '.repeat(25_000_001))],
    ['__metadata__', file({ __metadata__: { a: 1 } })],
    ['__metadata__', file({ __metadata__: ['a'] })],
    ['not supported', file({ x: null }, four)],
  ])('%s', (reason, bytes) => {
    expect(() => readSafetensors(bytes, 'w.safetensors')).toThrow(reason);
    try {
      readSafetensors(bytes, 'w.safetensors');
    } catch (error) {
      expect(error).toMatchObject({ code: 'FILE_INVALID', message: expect.stringMatching(/^w\.safetensors cannot be read/) as unknown });
    }
  });
});
