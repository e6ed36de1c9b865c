/** Changes an input as damage and malice do: bits, blocks, lengths, ends, pieces of another file. The same random numbers, the same change. */

const LENGTHS = [0, 1, 2, 7, 8, 127, 128, 255, 256, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xfffffffe, 0xffffffff];

type Mutator = (bytes: Uint8Array, whole: (below: number) => number, other: Uint8Array) => Uint8Array;

const flipBit: Mutator = (bytes, whole) => {
  const at = whole(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << whole(8));
  return bytes;
};
const setByte: Mutator = (bytes, whole) => {
  bytes[whole(bytes.length)] = whole(256);
  return bytes;
};
const setLength: Mutator = (bytes, whole) => {
  const width = [2, 4, 8][whole(3)] ?? 4;
  const at = whole(Math.max(1, bytes.length - width));
  const value = LENGTHS[whole(LENGTHS.length)] ?? 0;
  for (let i = 0; i < width && at + i < bytes.length; i++) bytes[at + i] = i < 4 ? (value >>> (8 * i)) & 255 : value === 0xffffffff ? 255 : 0;
  return bytes;
};
const copyBlock: Mutator = (bytes, whole) => {
  const length = 1 + whole(Math.min(64, bytes.length));
  const from = whole(Math.max(1, bytes.length - length));
  return joined(bytes.subarray(0, from), bytes.subarray(from, from + length), bytes.subarray(from));
};
const repeatBlock: Mutator = (bytes, whole) => {
  const from = whole(bytes.length);
  const block = bytes.subarray(from, from + 1 + whole(32));
  return joined(bytes.subarray(0, from), ...Array<Uint8Array>(1 + whole(200)).fill(block), bytes.subarray(from));
};
const removeBlock: Mutator = (bytes, whole) => {
  const from = whole(bytes.length);
  return joined(bytes.subarray(0, from), bytes.subarray(from + 1 + whole(32)));
};
const cut: Mutator = (bytes, whole) => bytes.subarray(0, whole(bytes.length));
const splice: Mutator = (bytes, whole, other) => joined(bytes.subarray(0, whole(bytes.length)), other.subarray(whole(Math.max(1, other.length))));
const overwrite: Mutator = (bytes, whole, other) => {
  const from = whole(Math.max(1, other.length));
  const block = other.subarray(from, from + 1 + whole(64));
  const at = whole(Math.max(1, bytes.length - block.length));
  return joined(bytes.subarray(0, at), block, bytes.subarray(at + block.length));
};
const changeDigit: Mutator = (bytes, whole) => {
  // Numbers that stand as text, in headers of .npy and safetensors.
  const digits = [...bytes.keys()].filter((at) => (bytes[at] ?? 0) >= 0x30 && (bytes[at] ?? 0) <= 0x39);
  const at = digits[whole(Math.max(1, digits.length))];
  if (at !== undefined) bytes[at] = 0x30 + whole(10);
  return bytes;
};

const MUTATORS: readonly Mutator[] = [flipBit, flipBit, setByte, setLength, copyBlock, repeatBlock, removeBlock, cut, splice, overwrite, changeDigit];
const LONGEST = 1_000_000;

export function mutate(input: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  const whole = (below: number): number => Math.floor(random() * below);
  let bytes = input.slice();
  for (let round = 1 + whole(4); round > 0; round--) {
    const mutator = MUTATORS[whole(MUTATORS.length)] as Mutator;
    if (bytes.length > 0 && bytes.length < LONGEST) bytes = new Uint8Array(mutator(bytes, whole, other));
  }
  return bytes;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
