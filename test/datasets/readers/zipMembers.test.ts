/** The zip reader in memory: archives of two other writers (fflate, PyTorch), then each of its promises broken. */
import { readFileSync } from 'node:fs';
import { crc32 as nodeCrc32 } from 'node:zlib';
import { zipSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32 } from '../../../datasets/readers/crc32.ts';
import { zipMembers } from '../../../datasets/readers/zipMembers.ts';

const open = (bytes: Uint8Array) => zipMembers(bytes, (what) => Object.assign(new Error(what), { code: 'FILE_INVALID' }));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const pytorch = new Uint8Array(readFileSync(new URL('../../fixtures/readers/state.pth', import.meta.url)));

test('reads stored and deflated members, and those of PyTorch with their long records', () => {
  const long = text('abc'.repeat(100_000));
  for (const level of [0, 9] as const) {
    const archive = open(zipSync({ 'a.txt': text('hello'), 'f/b.bin': long, empty: new Uint8Array(0) }, { level }));
    expect(archive.names).toEqual(['a.txt', 'f/b.bin', 'empty']);
    expect(archive.read('a.txt')).toEqual(text('hello'));
    expect(Buffer.from(archive.read('f/b.bin')!).equals(long)).toBe(true);
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
  const packedZeros = zipSync({ zeros }, { level: 9 });
  test('a member that unpacks to far more than the archive', () => {
    expect(() => open(packedZeros).read('zeros')).toThrow('unpack to much more');
    // Beside a megabyte that is stored it is not far more.
    const beside = zipSync({ stored: [new Uint8Array(1_000_000), { level: 0 }], zeros: [zeros, { level: 1 }] });
    expect(open(beside).read('zeros')?.length).toBe(zeros.length);
  });

  test('a deflated member that unpacks to more than it says, long before the whole is unpacked', () => {
    const bytes = packedZeros.slice();
    const view = new DataView(bytes.buffer);
    view.setUint32(view.getUint32(bytes.length - 6, true) + 24, 1000, true);
    expect(() => open(bytes).read('zeros')).toThrow(/^its member zeros does not unpack to the 1000 bytes that it says$/);
  });
});

/** A writer of one's own, so that every field can be what it likes. Members are stored; `long`: sizes and places stand in long fields. */
interface Made {
  name?: string;
  data?: string;
  /** Other extra fields before the long one. */
  before?: Uint8Array;
  localExtra?: number;
  comment?: number;
}

function archive(members: Made[], { long = false, comment = '', behind = 0 } = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let place = 0;
  const push = (to: Uint8Array[], ...more: Uint8Array[]): number => {
    to.push(...more);
    return more.reduce((sum, part) => sum + part.length, 0);
  };
  for (const { name = 'a', data = 'data', before = new Uint8Array(), localExtra = 0, comment: remark = 0 } of members) {
    const [nameBytes, content] = [text(name), text(data)];
    const local = new DataView(new ArrayBuffer(30));
    local.setUint32(0, 0x04034b50, true);
    local.setUint16(26, nameBytes.length, true);
    local.setUint16(28, localExtra, true);
    const extra = new DataView(new ArrayBuffer(long ? 28 : 0));
    if (long) {
      extra.setUint16(0, 1, true);
      extra.setUint16(2, 24, true);
      for (const [at, value] of [content.length, content.length, place].entries()) extra.setBigUint64(4 + 8 * at, BigInt(value), true);
    }
    const central = new DataView(new ArrayBuffer(46));
    central.setUint32(0, 0x02014b50, true);
    central.setUint32(16, nodeCrc32(content), true);
    central.setUint32(20, long ? 0xffffffff : content.length, true);
    central.setUint32(24, long ? 0xffffffff : content.length, true);
    central.setUint16(28, nameBytes.length, true);
    central.setUint16(30, before.length + extra.byteLength, true);
    central.setUint16(32, remark, true);
    central.setUint32(42, long ? 0xffffffff : place, true);
    place += push(parts, new Uint8Array(local.buffer), nameBytes, new Uint8Array(localExtra), content);
    push(directory, new Uint8Array(central.buffer), nameBytes, before, new Uint8Array(extra.buffer), new Uint8Array(remark));
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  push(parts, ...directory);
  if (long) {
    const record = new DataView(new ArrayBuffer(56 + 20));
    record.setUint32(0, 0x06064b50, true);
    for (const [at, value] of [
      [24, members.length],
      [32, members.length],
      [40, size],
      [48, place],
    ] as const)
      record.setBigUint64(at, BigInt(value), true);
    record.setUint32(56, 0x07064b50, true);
    record.setBigUint64(56 + 8, BigInt(place + size), true);
    push(parts, new Uint8Array(record.buffer));
  }
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  for (const at of [8, 10]) end.setUint16(at, long ? 0xffff : members.length, true);
  end.setUint32(12, long ? 0xffffffff : size, true);
  end.setUint32(16, long ? 0xffffffff : place, true);
  end.setUint16(20, comment.length, true);
  push(parts, new Uint8Array(end.buffer), text(comment), new Uint8Array(behind));
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The archive with one number changed: `from` the beginning, or from the end where negative. */
function with16(bytes: Uint8Array, from: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint16(from < 0 ? bytes.length + from : from, value, true);
  return copy;
}
function with32(bytes: Uint8Array, from: number, value: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(from < 0 ? bytes.length + from : from, value, true);
  return copy;
}

const contents = (bytes: Uint8Array): Record<string, string> => {
  const found = open(bytes);
  return Object.fromEntries(found.names.map((name) => [name, new TextDecoder().decode(found.read(name))]));
};
const field = (kind: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(4 + length);
  new DataView(bytes.buffer).setUint16(0, kind, true);
  new DataView(bytes.buffer).setUint16(2, length, true);
  return bytes;
};

describe('whatever a writer may put between', () => {
  const both = { first: 'one', second: 'two' };
  const members = (more: Made = {}): Made[] => [
    { name: 'first', data: 'one', ...more },
    { name: 'second', data: 'two', ...more },
  ];
  test.each<[string, Uint8Array]>([
    ['nothing', archive(members())],
    ['extra fields of the member', archive(members({ localExtra: 12 }))],
    ['extra fields of the directory', archive(members({ before: field(7, 5) }))],
    ['remarks', archive(members({ comment: 9 }))],
    ['a comment at the end', archive(members(), { comment: 'made by hand' })],
    ['a comment with the signature of an end record', archive(members(), { comment: 'PK\x05\x06'.padEnd(40, '.') })],
    ['the longest comment', archive(members(), { comment: 'x'.repeat(0xffff) })],
    ['long fields', archive(members(), { long: true })],
    ['long fields behind others', archive(members({ before: Uint8Array.from([...field(9, 0), ...field(7, 5)]) }), { long: true })],
  ])('%s', (_name, bytes) => expect(contents(bytes)).toEqual(both));

  test('only what does not fit stands in long fields, in the order size, packed, place', () => {
    const bytes = archive([{ name: 'a', data: 'data' }], { long: true });
    const central = 30 + 1 + 4;
    // Size and place fit: the first long field is the packed size. It alone is short: size, then place.
    expect(contents(with32(with32(bytes, central + 24, 4), central + 42, 0))).toEqual({ a: 'data' });
    expect(contents(with32(with32(bytes, central + 20, 4), central + 47 + 12, 0))).toEqual({ a: 'data' });
    expect(contents(with32(with32(bytes, central + 24, 4), central + 47 + 12, 0))).toEqual({ a: 'data' });
    // The place alone is long: it stands first.
    const placed = with32(with32(bytes, central + 20, 4), central + 24, 4);
    expect(contents(with32(placed, central + 47 + 4, 0))).toEqual({ a: 'data' });
    expect(() => open(placed)).toThrow('not where the directory says');
    expect(() => open(with32(bytes, central + 24, 4))).toThrow('not where the directory says');
    expect(() => open(with16(bytes, central + 47 + 2, 23))).toThrow('does not tell its size');
    expect(() => open(with16(bytes, central + 47 + 2, 25))).toThrow('does not tell its size');
    expect(() => open(with16(bytes, central + 47, 2))).toThrow('does not tell its size');
  });

  test('an archive without members', () => expect(contents(archive([]))).toEqual({}));
});

describe('one more or one less is refused', () => {
  const bytes = archive([
    { name: 'first', data: 'one' },
    { name: 'second', data: 'two' },
  ]);
  const central = 2 * (30 + 3) + 5 + 6;
  const end = bytes.length - 22;
  test.each<[string, Uint8Array, string]>([
    ['a byte behind the end', archive([{}], { behind: 1 }), 'no end record'],
    ['a comment that is too short', with16(archive([{}], { comment: 'abc' }), -3 - 2, 2), 'no end record'],
    ['a file shorter than an end record', new Uint8Array(21), 'no end record'],
    ['an empty file', new Uint8Array(0), 'no end record'],
    ['the number of members on the disk', with16(bytes, end + 8, 3), 'two numbers of members'],
    ['the number of members', with16(bytes, end + 10, 3), 'two numbers of members'],
    ['both numbers, one more', with16(with16(bytes, end + 8, 3), end + 10, 3), 'claims 3 members'],
    ['both numbers, one less', with16(with16(bytes, end + 8, 1), end + 10, 1), 'another size'],
    ['a directory that is longer', with32(bytes, end + 12, bytes.length - 22 - central + 1), 'outside the file'],
    ['a directory that is shorter', with32(bytes, end + 12, bytes.length - 22 - central - 1), 'breaks off after 1 of 2 members'],
    ['a directory that begins later', with32(bytes, end + 16, central + 1), 'outside the file'],
    ['a directory that begins earlier', with32(bytes, end + 16, central - 1), 'breaks off after 0 of 2 members'],
    ['a name that is longer', with16(bytes, central + 46 + 5 + 28, 7), 'breaks off after 1 of 2 members'],
    ['a name of the member that is longer', with16(bytes, 26, 6), 'two different names'],
    ['extra fields of the last member that reach out', with16(bytes, central + 46 + 5 + 30, 1), 'breaks off after 1 of 2 members'],
    ['a remark of the last member that reaches out', with16(bytes, central + 46 + 5 + 32, 1), 'breaks off after 1 of 2 members'],
    ['a member that begins later', with32(bytes, central + 42, 1), 'not where the directory says'],
    ['a first record without its signature', with32(bytes, central, 0x02014b51), 'breaks off after 0 of 2 members'],
    ['a second record without its signature', with32(bytes, central + 51, 0x02014b51), 'breaks off after 1 of 2 members'],
    ['a member that begins far outside', with32(bytes, central + 42, 0x7fffffff), 'not where the directory says'],
    ['a member that begins in the directory', with32(bytes, central + 42, central), 'not where the directory says'],
    ['the first one ending in the second', with32(with32(bytes, central + 20, 4), central + 24, 4), 'overlap'],
    ['the second one ending in the directory', with32(with32(bytes, central + 51 + 20, 4), central + 51 + 24, 4), 'reaches into the directory'],
    ['extra fields of a member that reach into its data', with16(bytes, 28, 1), 'overlap'],
    ['two of one name', archive([{ name: 'a' }, { name: 'a' }]), 'two members named a'],
    ['a name without end', archive([{ name: 'n'.repeat(4097) }]), 'a name without end'],
  ])('%s', (_name, changedBytes, reason) => expect(() => contents(changedBytes)).toThrow(reason));

  test('the longest name is read', () => expect(contents(archive([{ name: 'n'.repeat(4096) }]))).toEqual({ ['n'.repeat(4096)]: 'data' }));

  const long = archive([{ name: 'a', data: 'data' }], { long: true });
  const record = long.length - 22 - 20 - 56;
  test.each<[string, Uint8Array, string]>([
    ['the long number of members', with32(long, record + 32, 2), 'two numbers of members'],
    ['both long numbers', with32(with32(long, record + 32, 2), record + 24, 2), 'claims 2 members'],
    ['the short number beside the long one', with16(long, -22 + 10, 2), 'two numbers of members'],
    ['the short number on the disk', with16(long, -22 + 8, 2), 'two numbers of members'],
    ['the short size', with32(long, -22 + 12, 1), 'two places'],
    ['the short place', with32(long, -22 + 16, 1), 'two places'],
    ['the long size', with32(long, record + 40, record - 35 + 1), 'outside the file'],
    ['the long place', with32(long, record + 48, 36), 'outside the file'],
    ['the place of the long record', with32(long, -22 - 20 + 8, record + 1), 'no long end record'],
    ['a long record without its signature', with32(long, record, 0x06064b51), 'no long end record'],
    ['a number without sense', with32(long, -22 - 20 + 12, 0xffffffff), 'a number without sense'],
    ['long fields without a locator', with32(long, -22 - 20, 0x07064b51), 'outside the file'],
  ])('%s', (_name, changedBytes, reason) => expect(() => contents(changedBytes)).toThrow(reason));
});

test('what is unpacked together is bounded, and what was unpacked costs nothing again', () => {
  // 17 members of 1 MB that hardly weigh anything: the seventeenth is beyond 16 MB and 16 times the archive.
  const zeros = new Uint8Array(1024 * 1024);
  const packed = zipSync(Object.fromEntries(Array.from({ length: 18 }, (_, i) => [`m${i}`, zeros])), { level: 9 });
  const many = open(packed);
  const room = 16 * packed.length + 16 * 1024 * 1024;
  const most = Math.floor(room / zeros.length);
  expect(most).toBeLessThan(18);
  for (let i = 0; i < most; i++) {
    expect(many.read(`m${i}`)?.length).toBe(zeros.length);
    expect(many.read(`m${i}`)).toBe(many.read(`m${i}`));
  }
  expect(() => many.read(`m${most}`)).toThrow('unpack to much more');
});

test('members may stand in another order than the directory', () => {
  const bytes = archive([
    { name: 'a', data: 'one' },
    { name: 'b', data: 'two' },
  ]);
  const central = 2 * (30 + 1 + 3);
  const turned = bytes.slice();
  turned.set(bytes.subarray(central, central + 47), central + 47);
  turned.set(bytes.subarray(central + 47, central + 94), central);
  expect(Object.entries(contents(turned))).toEqual([
    ['b', 'two'],
    ['a', 'one'],
  ]);
});

test('200,000 members may be claimed, no more', () => {
  const claim = (count: number): Uint8Array => {
    const size = 46 * count;
    const bytes = new Uint8Array(size + 56 + 20 + 22);
    const view = new DataView(bytes.buffer);
    view.setUint32(size, 0x06064b50, true);
    for (const [at, value] of [
      [24, count],
      [32, count],
      [40, size],
    ] as const)
      view.setBigUint64(size + at, BigInt(value), true);
    view.setUint32(size + 56, 0x07064b50, true);
    view.setBigUint64(size + 56 + 8, BigInt(size), true);
    view.setUint32(size + 76, 0x06054b50, true);
    for (const at of [8, 10, 12, 14, 16, 18]) view.setUint16(size + 76 + at, 0xffff, true);
    return bytes;
  };
  expect(() => open(claim(200_000))).toThrow('breaks off after 0 of 200000 members');
  expect(() => open(claim(200_001))).toThrow('claims 200001 members, more than the 200000 that are read');
});

test('what is unpacked in several pieces is whole; the last one must end it', () => {
  // Numbers without a pattern hardly shrink: some three pieces of 4,096 bytes.
  let state = 1;
  const noise = Uint8Array.from({ length: 12_000 }, () => (state = (state * 48_271) % 2_147_483_647) >> 8);
  const bytes = zipSync({ noise }, { level: 9 });
  expect(bytes.length).toBeGreaterThan(8192);
  expect(open(bytes).read('noise')).toEqual(noise);
  const central = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 6, true);
  const packed = new DataView(bytes.buffer, bytes.byteOffset).getUint32(central + 20, true);
  expect(() => open(with32(bytes, central + 20, packed - 1)).read('noise')).toThrow('cannot be unpacked');
  // Nothing, packed to nothing at all.
  expect(contents(with16(archive([{ name: 'a', data: '' }]), 31 + 10, 8))).toEqual({ a: '' });
});

test('a deflated member may claim what the best packing could hold, no more', () => {
  const bytes = zipSync({ a: text('hello hello hello hello') }, { level: 9 });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const central = view.getUint32(bytes.length - 6, true);
  const packed = view.getUint32(central + 20, true);
  const most = 1032 * packed + 64;
  expect(() => open(with32(bytes, central + 24, most)).read('a')).toThrow(`does not unpack to the ${most} bytes`);
  expect(() => open(with32(bytes, central + 24, most + 1)).read('a')).toThrow(`claims ${most + 1} bytes out of ${packed}`);
});

test('a deflated member that unpacks to less than it says, or not at all', () => {
  const bytes = zipSync({ a: text('hello hello hello hello') }, { level: 9 });
  const central = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 6, true);
  expect(() => open(with32(bytes, central + 24, 24)).read('a')).toThrow('does not unpack to the 24 bytes');
  expect(() => open(with32(bytes, central + 24, 22)).read('a')).toThrow('does not unpack to the 22 bytes');
  expect(() => open(with32(bytes, central + 24, 0xfffffff)).read('a')).toThrow(/unpack to much more|claims/);
  expect(() => open(with16(bytes, 31, 0xffff)).read('a')).toThrow('cannot be unpacked');
});
