/** Against files written by NumPy (test/golden/tools/readers.py). float32 and float64 are exact; half precision too, since it fits float32. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readNpy, writeNpy } from '../../../datasets/readers/npy.ts';

const folder = new URL('../../fixtures/readers/', import.meta.url);
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
const expected = JSON.parse(readFileSync(new URL('npy.json', folder), 'utf8')) as Record<string, { shape: number[]; values: number[] }>;

it.each(Object.keys(expected))('reads %s as NumPy does', (name) => {
  const { shape, values } = readNpy(bytes(`${name}.npy`), name);
  expect(shape).toEqual(expected[name]?.shape);
  expect([...values]).toEqual(expected[name]?.values);
});

it('writes the very bytes that NumPy writes', () => {
  const { shape, values } = expected['c-f4'] ?? { shape: [], values: [] };
  expect(Buffer.from(writeNpy(shape, Float32Array.from(values))).equals(Buffer.from(bytes('c-f4.npy')))).toBe(true);
  expect(Buffer.from(writeNpy([1], Float32Array.of(3.5))).equals(Buffer.from(bytes('one.npy')))).toBe(true);
});

it('refuses what it cannot read, and says why', () => {
  expect(() => readNpy(bytes('big-endian.npy'), 'big.npy')).toThrow('big.npy is not a usable .npy file: numbers of type ">f4" are not supported');
  const whole = bytes('c-f4.npy');
  expect(() => readNpy(whole.subarray(0, whole.length - 1), 'cut.npy')).toThrow('needs 96 bytes, 95 are there');
  expect(() => readNpy(whole.subarray(0, 40), 'cut.npy')).toThrow('header is cut off');
  expect(() => readNpy(new TextEncoder().encode('not an array at all'), 'x.npy')).toThrow('NumPy signature');
});
