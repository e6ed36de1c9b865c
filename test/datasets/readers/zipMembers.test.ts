/** The zip reader in memory: archives of two other writers (fflate, PyTorch), then each of its promises broken. */
import { readFileSync } from 'node:fs';
import { crc32 as nodeCrc32 } from 'node:zlib';
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32, zipMembers } from '../../../datasets/readers/zipMembers.ts';

const open = (bytes: Uint8Array) => zipMembers(bytes, (what) => Object.assign(new Error(what), { code: 'FILE_INVALID' }));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const pytorch = new Uint8Array(readFileSync(new URL('../../fixtures/readers/state.pth', import.meta.url)));

test('reads stored and deflated members, and those of PyTorch with their long records', () => {
  const long = text('abc'.repeat(100_000));
  for (const level of [0, 9] as const) {
    const archive = open(zipSync({ 'a.txt': text('hello'), 'f/b.bin': long, empty: new Uint8Array(0) }, { level }));
    expect(archive.names).toEqual(['a.txt', 'f/b.bin', 'empty']);
    expect(archive.read('a.txt')).toEqual(text('hello'));
    expect(archive.read('f/b.bin')).toEqual(long);
    expect(archive.read('empty')).toEqual(new Uint8Array(0));
    expect(archive.read('nothing')).toBeUndefined();
  }
  expect(open(pytorch).names).toContain('state/data.pkl');
  expect(open(pytorch).read('state/byteorder')).toEqual(text('little'));
});

test('its checksum is that of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(crc32(bytes)).toBe(nodeCrc32(bytes));
    }),
  );
});

/** Whole archive with changes at places relative to the first directory record and the end record. */
function changed(change: (view: DataView, at: { local: number; central: number; end: number }) => void): Uint8Array {
  const bytes = zipSync({ first: text('one'), second: text('two') }, { level: 0 }).slice();
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  change(view, { local: 0, central: view.getUint32(end + 16, true), end });
  return bytes;
}

describe('is refused', () => {
  test.each<[string, () => Uint8Array, RegExp]>([
    ['an archive that is cut off', () => pytorch.subarray(0, pytorch.length - 5), /no end record/],
    ['another number of members on the disk', () => changed((view, { end }) => view.setUint16(end + 8, 7, true)), /two numbers of members/],
    [
      'more members than its directory can hold',
      () => changed((view, { end }) => [8, 10].forEach((at) => view.setUint16(end + at, 999, true))),
      /999 members in a directory/,
    ],
    ['fewer members than its directory holds', () => changed((view, { end }) => [8, 10].forEach((at) => view.setUint16(end + at, 1, true))), /another size/],
    ['a directory outside the file', () => changed((view, { end }) => view.setUint32(end + 16, 1e9, true)), /outside the file/],
    [
      'a member that is not where the directory says',
      () => changed((view, { central }) => view.setUint32(central + 42, 3, true)),
      /not where the directory says/,
    ],
    ['a member with two names', () => changed((view) => view.setUint8(30, 0x46)), /two different names/],
    ['a wrong checksum', () => changed((view) => view.setUint8(36, 1)), /checksum is wrong/],
    ['a stored member of two sizes', () => changed((view, { central }) => view.setUint32(central + 24, 2, true)), /two different sizes/],
    ['an encrypted member', () => changed((view, { central }) => view.setUint16(central + 8, 1, true)), /encrypted/],
    ['an unknown way of packing', () => changed((view, { central }) => view.setUint16(central + 10, 99, true)), /unknown method 99/],
    [
      'a member that reaches into the directory',
      () => changed((view, { central }) => [20, 24].forEach((at) => view.setUint32(central + at, 500, true))),
      /reaches into the directory/,
    ],
    ['members that overlap', () => changed((view, { central }) => [20, 24].forEach((at) => view.setUint32(central + at, 20, true))), /overlap/],
    ['a size that stands nowhere', () => changed((view, { central }) => view.setUint32(central + 24, 0xffffffff, true)), /does not tell its size/],
  ])('%s', (_name, make, reason) => {
    expect(() => {
      const archive = open(make());
      for (const name of archive.names) archive.read(name);
    }).toThrow(reason);
  });

  const zeros = new Uint8Array(20_000_000);
  test('a member that unpacks to far more than the archive', () => {
    expect(() => open(zipSync({ zeros }, { level: 9 })).read('zeros')).toThrow('unpack to much more');
  });

  test('a deflated member that unpacks to more than it says, long before the whole is unpacked', () => {
    const bytes = zipSync({ zeros }, { level: 9 }).slice();
    const view = new DataView(bytes.buffer);
    view.setUint32(view.getUint32(bytes.length - 6, true) + 24, 1000, true);
    expect(() => open(bytes).read('zeros')).toThrow('does not unpack to the 1000 bytes');
  });
});
