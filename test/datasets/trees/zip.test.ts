/** Zip archives as trees: those of Python's zipfile, those that mean harm, and one of 300,000 members. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { zipSync, type Zippable } from 'fflate';
import { describe, expect, test } from 'vitest';
import { walkFiles } from '../../../datasets/readWhole.ts';
import type { FileTree, Place } from '../../../datasets/tree.ts';
import { openZipTree } from '../../../datasets/trees/zip.ts';
import { memorySource, zipOf, type ZipMember } from '../../support/archives.ts';

const made = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../fixtures/archives/${name}`, import.meta.url)));
const open = (bytes: Uint8Array): Promise<FileTree> => openZipTree(memorySource(bytes), 'set.zip');
const written = (members: ZipMember[]): Uint8Array => zipOf(members, crc32);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function walked(tree: FileTree): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { path, kind, why } of walkFiles(tree, new AbortController().signal))
    found[path] = kind === 'file' ? await tree.text(path) : `${kind}: ${why}`;
  return found;
}

const NAMES = { [`${'f'.repeat(90)}/${'g'.repeat(150)}.txt`]: 'long', 'ärger/日本.txt': 'names', 'a/b.txt': 'b'.repeat(2000) };

test.each(['names.zip', 'names64.zip', 'stored.zip', 'piped.zip'])('%s of zipfile holds what was put in, in the order of paths', async (name) => {
  const tree = await open(made(name));
  const found = await walked(tree);
  expect(found).toEqual(NAMES);
  expect(Object.keys(found)).toEqual(Object.keys(NAMES).sort());
  expect(await tree.list('')).toEqual(['a', 'f'.repeat(90), 'ärger'].map((one) => ({ name: one, path: one, kind: 'folder', why: null })));
  const codings = new Set<string>();
  for (const [path, content] of Object.entries(NAMES)) {
    const { start, packed, size, coding } = (await tree.place(path)) as Place;
    const bytes = made(name).subarray(start, start + packed);
    expect([Buffer.from(coding === 'stored' ? bytes : inflateRawSync(bytes)).toString(), size]).toEqual([content, Buffer.byteLength(content)]);
    codings.add(coding);
  }
  expect([...codings]).toContain(name === 'stored.zip' ? 'stored' : 'deflate');
  await expect(tree.place('a')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'a is a folder, not a file.' });
  expect([await tree.size('a/b.txt'), await tree.exists('a'), await tree.exists('a/c'), await tree.exists('a/b.txt/x')]).toEqual([2000, true, false, false]);
});

test('ranges and pieces of stored and packed members', async () => {
  const noise = Uint8Array.from({ length: 700_000 }, (_, at) => (at * 2_654_435_761) >>> 24);
  for (const level of [0, 6] as const) {
    const source = memorySource(zipSync({ 'd/noise.bin': noise, 'd/z': new Uint8Array(0) }, { level }));
    const tree = await openZipTree(source, 'set.zip');
    expect(Buffer.from(await tree.bytes('d/noise.bin')).equals(noise)).toBe(true);
    const pieces: Uint8Array[] = [];
    for await (const piece of tree.chunks('d/noise.bin')) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(noise)).toBe(true);
    for (const [from, to] of [
      [0, 10],
      [300_000, 300_001],
      [699_990, 800_000],
      [5, 5],
      [900_000, 900_001],
    ] as const)
      expect(Buffer.from(await tree.range('d/noise.bin', from, to)).equals(noise.subarray(from, to))).toBe(true);
    expect(await tree.bytes('d/z')).toEqual(new Uint8Array(0));
    source.reads.length = 0;
    await tree.range('d/noise.bin', 300_000, 300_100);
    // Of a stored member nothing but the header and what is asked for.
    if (level === 0) expect(source.reads.map(({ length }) => length)).toEqual([30, 'd/noise.bin'.length, 100]);
  }
});

test('what cannot be unpacked is listed with its reason, and the others are read', async () => {
  const tree = await open(
    written([
      { name: 'good.txt', data: 'good' },
      { name: 'locked.txt', data: 'x', flags: 0x801 },
      { name: 'odd.txt', data: 'x', method: 99 },
      { name: 'link', data: '/etc/passwd', mode: 0o120777 },
      { name: 'dev', mode: 0o020644 },
      { name: 'inner.zip', data: written([{ name: 'a', data: 'a' }]) },
      { name: 'back\\slash.txt' },
      { name: Uint8Array.of(0x66, 0xff) },
      { name: 'line\nend' },
      { name: '.git/config', data: 'x' },
      { name: 'empty/' },
      { name: './dotted//twice.txt', data: 'dots' },
    ]),
  );
  expect((await tree.list('')).map(({ name, kind, why }) => [name, kind, why])).toEqual([
    ['.git', 'hidden', 'is hidden'],
    ['back\\slash.txt', 'unusable-name', 'has a backslash in its name'],
    ['dev', 'other', 'is a device or pipe, not a file'],
    ['dotted', 'folder', null],
    ['empty', 'folder', null],
    ['f\uFFFD', 'unusable-name', 'has a name that is not UTF-8'],
    ['good.txt', 'file', null],
    ['inner.zip', 'file', null],
    ['line\\x0aend', 'unusable-name', 'has a control character in its name'],
    ['link', 'other', 'is a link, which is not followed in a zip archive; pack what it leads to'],
    ['locked.txt', 'other', 'is encrypted'],
    ['odd.txt', 'other', 'is packed by the unknown method 99'],
  ]);
  expect([await tree.text('good.txt'), await tree.text('dotted/twice.txt'), await tree.list('empty')]).toEqual(['good', 'dots', []]);
  await expect(tree.bytes('locked.txt')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'locked.txt is encrypted.' });
  await expect(tree.bytes('dotted')).rejects.toMatchObject({ message: 'dotted is a folder, not a file.' });
  await expect(tree.bytes('no')).rejects.toMatchObject({ message: 'no does not exist.' });
  await expect(tree.bytes('../no')).rejects.toMatchObject({ message: '"../no" leaves set.zip; only paths inside it are read.' });
  await expect(tree.list('good.txt')).rejects.toMatchObject({ message: 'good.txt is not a folder.' });
  expect((await open(made('bzip2.zip')).then((one) => one.list('')))[0]).toMatchObject({ kind: 'other', why: 'is packed by the unknown method 12' });
});

test('names are ordered by code units, whatever their bytes', async () => {
  const names = ['z', '\uFFFE', '\u{1F600}', 'ä', '\uE000', 'a', 'a-', 'a.x'];
  const tree = await open(written(names.map((name) => ({ name: `d/${name}`, data: name }))));
  expect((await tree.list('d')).map(({ name }) => name)).toEqual([...names].sort());
  for (const name of names) expect(await tree.text(`d/${name}`)).toBe(name);
});

describe('refused as a whole', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['a path that leads out', written([{ name: 'a/../../x' }]), /its member "a\/..\/..\/x" leads out of it/],
    ['one with backslashes', written([{ name: 'a\\..\\x' }]), /leads out of it/],
    ['an absolute path', written([{ name: '/etc/x' }]), /has an absolute path/],
    ['a path of a drive', written([{ name: 'C:\\x' }]), /has an absolute path/],
    ['a path of a share', written([{ name: '\\\\srv\\x' }]), /has an absolute path/],
    ['two members of one name', written([{ name: 'a' }, { name: 'b' }, { name: './a' }]), /two members named a\b/],
    ['members below a file', written([{ name: 'a' }, { name: 'a/b' }]), /members below a, which is no folder/],
    ['members below a link', written([{ name: 'l', mode: 0o120777, data: '/etc' }, { name: 'l/x' }]), /members below l, which is no folder/],
    ['a path without end', written([{ name: 'd/'.repeat(40) }]), /more than 32 folders deep/],
    ['an archive that is cut off', made('names.zip').subarray(0, 500), /cut off or no zip archive/],
    ['none at all', text('hello'), /cut off or no zip archive/],
    ['bytes that are not there', bomb(), /would unpack to 15728640 bytes out of \d+, as archives do that are made to fill disks/],
  ])('%s', async (_name, bytes, reason) => {
    const refused = open(bytes);
    await expect(refused).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringMatching(/^The archive set\.zip cannot be read: [^\n]+\.$/) as string,
    });
    await expect(refused).rejects.toThrow(reason);
  });

  test('members that overlap, or reach into the directory', async () => {
    const bytes = Buffer.from(
      written([
        { name: 'first', data: 'one' },
        { name: 'second', data: 'two' },
      ]),
    );
    const central = bytes.readUInt32LE(bytes.length - 6);
    const overlapping = Buffer.from(bytes);
    for (const at of [20, 24]) overlapping.writeUInt32LE(20, central + at);
    await expect(open(overlapping)).rejects.toThrow('its members first and second overlap');
    for (const at of [20, 24]) overlapping.writeUInt32LE(500, central + at);
    await expect(open(overlapping)).rejects.toThrow(/first (reaches into the directory|and second overlap)|first and second overlap/);
    const twice = Buffer.from(bytes);
    twice.writeUInt32LE(0, central + 46 + 5 + 42);
    await expect(open(twice)).rejects.toThrow('overlap');
  });
});

/** Five members of 3 MB of zeros: none of them a bomb of its own. */
function bomb(): Uint8Array {
  return zipSync(Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, new Uint8Array(3 * 1024 * 1024)])) as Zippable, { level: 9 });
}

test('a member made to fill disks is named; an archive that holds enough besides is read', async () => {
  const noise = Uint8Array.from({ length: 400_000 }, (_, at) => Math.imul(at + 1, 2_654_435_761) >>> ((at % 3) * 8));
  const tree = await open(zipSync({ zeros: [new Uint8Array(11 * 1024 * 1024), { level: 9 }], noise: [noise, { level: 0 }] }));
  expect((await tree.list(''))[1]).toMatchObject({
    name: 'zeros',
    kind: 'other',
    why: expect.stringContaining('would unpack to 11534336 bytes out of') as string,
  });
});

test('damage is told when the member is read whole', async () => {
  const bytes = Buffer.from(written([{ name: 'a', data: 'data' }]));
  bytes.write('DATA', 31);
  await expect((await open(bytes)).bytes('a')).rejects.toThrow('The archive set.zip cannot be read: its member a is damaged (its checksum is wrong).');
  const moved = Buffer.from(written([{ name: 'a', data: 'data' }]));
  moved.write('b', 30);
  await expect((await open(moved)).bytes('a')).rejects.toThrow('two different names');
  const packed = deflateRawSync(Buffer.alloc(1000, 'x'));
  const short = Buffer.from(written([{ name: 'a', data: packed, method: 8 }]));
  // Packed as it says, but to another size.
  await expect((await open(short)).bytes('a')).rejects.toThrow(`does not unpack to the ${packed.length} bytes that it says`);
});

/** Bytes that are held after everything that can go has gone. */
function held(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('300,000 members take no more memory than the records of the directory do, and are walked without holding them', async () => {
  const COUNT = 300_000;
  const nameOf = (index: number): string => `bounding_box_train/${String(index).padStart(7, '0')}C1T0001F001.jpg`;
  const source = memorySource(
    zipOf(
      Array.from({ length: COUNT }, (_, index) => ({ name: nameOf(index), data: 'x' })),
      crc32,
    ),
  );
  const before = held();
  const tree = await openZipTree(source, 'set.zip');
  const after = held();
  // What the format itself needs for each: 46 bytes and the name.
  const records = COUNT * (46 + nameOf(0).length);
  expect(after - before).toBeLessThan(records);
  // Read in pieces, never the whole directory.
  expect(Math.max(...source.reads.map(({ length }) => length))).toBeLessThan(2 * 1024 * 1024);
  let seen = 0;
  let most = 0;
  for await (const { path } of tree.entries('bounding_box_train')) {
    if (path !== nameOf(seen)) expect(path).toBe(nameOf(seen));
    if (++seen % 100_000 === 0) most = Math.max(most, held() - after);
  }
  expect(seen).toBe(COUNT);
  // A tenth of what the names alone would be.
  expect(most).toBeLessThan((COUNT * nameOf(0).length) / 10);
  expect(await tree.text(nameOf(299_999))).toBe('x');
}, 120_000);
