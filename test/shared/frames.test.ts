/** Wire frames: what goes in comes out; anything cut or forged is refused. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from '../../src-shared/frames.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const roundTrip = (value: unknown): unknown => decodeFrame(encodeFrame(value, encoder), decoder);

it('carries every kind of typed array, aligned, inside any JSON', () => {
  const value = {
    id: 7,
    rows: [{ visibility: Int8Array.of(-1, 0, 10) }, { visibility: new Int8Array(0) }],
    ids: Int32Array.of(1, -2, 2 ** 31 - 1),
    box: Float32Array.of(0.5, 1e30),
    big: Float64Array.of(Math.PI),
    bytes: Uint8Array.of(0, 255),
    words: Uint32Array.of(2 ** 32 - 1),
    none: null,
    text: 'käse 数',
  };
  expect(roundTrip(value)).toEqual(value);
});

it('carries any JSON value unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(roundTrip({ value })).toEqual({ value: JSON.parse(JSON.stringify(value)) as unknown });
    }),
    { seed: 1, numRuns: 300 },
  );
});

it('encodes a view on part of a buffer as that part alone', () => {
  expect(roundTrip(new Int32Array([9, 8, 7, 6]).subarray(1, 3))).toEqual(Int32Array.of(8, 7));
});

it('refuses every message that is cut short', () => {
  const whole = encodeFrame({ ids: Int32Array.of(1, 2, 3, 4) }, encoder);
  for (let length = 0; length < whole.length; length++) {
    expect(() => decodeFrame(whole.subarray(0, length), decoder), `${length} bytes`).toThrow();
  }
});

it('refuses arrays that reach outside, negative sizes and unknown kinds', () => {
  const forge = (arrays: unknown, value: unknown = { $: 0 }): Uint8Array => {
    const header = encoder.encode(JSON.stringify({ value, arrays }));
    const bytes = new Uint8Array(((4 + header.length + 7) & ~7) + 8);
    new DataView(bytes.buffer).setUint32(0, header.length, true);
    bytes.set(header, 4);
    return bytes;
  };
  expect(() => decodeFrame(forge([{ kind: 'i32', offset: 0, length: 3 }]), decoder)).toThrow('cut off');
  expect(() => decodeFrame(forge([{ kind: 'i32', offset: -8, length: 1 }]), decoder)).toThrow('bad array');
  expect(() => decodeFrame(forge([{ kind: 'i32', offset: 0, length: 0.5 }]), decoder)).toThrow('bad array');
  expect(() => decodeFrame(forge([{ kind: 'big', offset: 0, length: 1 }]), decoder)).toThrow('bad array');
  expect(() => decodeFrame(forge([], { $: 4 }), decoder)).toThrow('not there');
});

it('refuses arrays that are longer together than the message: one part of it must not be copied many times', () => {
  const header = encoder.encode(JSON.stringify({ value: null, arrays: Array.from({ length: 3 }, () => ({ kind: 'u8', offset: 0, length: 8 })) }));
  const bytes = new Uint8Array(((4 + header.length + 7) & ~7) + 16);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  bytes.set(header, 4);
  expect(() => decodeFrame(bytes, decoder)).toThrow('message arrays overlap');
});

it('counts values and depth before it reads them, and text is no structure', () => {
  const frame = (value: unknown): Uint8Array => encodeFrame(value, encoder);
  const limits = { values: 20, depth: 5 };
  for (const value of [Array(30).fill(1), Array(30).fill([]), Object.fromEntries(Array.from({ length: 30 }, (_, n) => [n, n]))])
    expect(() => decodeFrame(frame(value), decoder, limits)).toThrow('more than 20 values');
  expect(() => decodeFrame(frame([[[[[[1]]]]]]), decoder, limits)).toThrow('more than 5 deep');
  const text = '[[[[[[[{{{{,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"\\';
  expect(decodeFrame(frame([text, { [text]: text }]), decoder, limits)).toEqual([text, { [text]: text }]);
});

it('counts at least as many values as there are', () => {
  const count = (value: unknown): number =>
    typeof value === 'object' && value !== null ? Object.values(value).reduce<number>((sum, each) => sum + count(each), 1) : 1;
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const bytes = encodeFrame(value, encoder);
      // The header of a message is three values more at most.
      expect(() => decodeFrame(bytes, decoder, { values: count(JSON.parse(JSON.stringify(value))) - 1, depth: 99 })).toThrow('values');
      expect(decodeFrame(bytes, decoder, { values: 2 * count(value) + 5, depth: 99 })).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { seed: 1, numRuns: 300 },
  );
});
