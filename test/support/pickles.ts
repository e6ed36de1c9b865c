/** Writes pickles and checkpoints byte by byte, as no PyTorch would. */
import { zipSync } from 'fflate';

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];
const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];

/** One piece of a pickle each. */
export const op = {
  mark: [0x28],
  list: [0x5d],
  dict: [0x7d],
  tuple: [0x29],
  tuple2: [0x86],
  tupleFromMark: [0x74],
  append: [0x61],
  appends: [0x65],
  setItem: [0x73],
  reduce: [0x52],
  none: [0x4e],
  persistent: [0x51],
  memoize: [0x94],
  int: (value: number): number[] => [0x4a, ...u32(value)],
  text: (value: string): number[] => [0x58, ...u32(bytesOf(value).length), ...bytesOf(value)],
  global: (module: string, name: string): number[] => [0x63, ...bytesOf(`${module}\n${name}\n`)],
  put: (slot: number): number[] => [0x72, ...u32(slot)],
  get: (slot: number): number[] => [0x6a, ...u32(slot)],
};

export function pickle(...parts: number[][]): Uint8Array {
  return Uint8Array.from([0x80, 2, ...parts.flat(), 0x2e]);
}

/** A float storage of so many numbers. */
export function storage(key: string, numbers: number): number[] {
  return [
    op.mark,
    op.text('storage'),
    op.global('torch', 'FloatStorage'),
    op.text(key),
    op.text('cpu'),
    op.int(numbers),
    op.tupleFromMark,
    op.persistent,
  ].flat();
}

export function tensor(values: number[], shape: number[], strides: number[]): number[] {
  const tupleOf = (numbers: number[]): number[] => [op.mark, ...numbers.map(op.int), op.tupleFromMark].flat();
  const args = [op.mark, values, op.int(0), tupleOf(shape), tupleOf(strides), op.tupleFromMark];
  return [op.global('torch._utils', '_rebuild_tensor_v2'), ...args, op.reduce].flat();
}

export function checkpoint(data: Uint8Array, storages: Record<string, Uint8Array> = {}, { level = 0 as 0 | 9 } = {}): Uint8Array {
  const members = Object.fromEntries(Object.entries(storages).map(([key, bytes]) => [`a/data/${key}`, bytes]));
  return zipSync({ 'a/data.pkl': data, ...members }, { level });
}
