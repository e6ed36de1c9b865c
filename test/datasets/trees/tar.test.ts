/** Tar archives as trees: those of Python's tarfile in its three forms, links, and archives that are cut off or mean harm. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { walkFiles } from '../../../datasets/readWhole.ts';
import type { FileTree } from '../../../datasets/tree.ts';
import { openTarTree } from '../../../datasets/trees/tar.ts';
import { memorySource, tarOf } from '../../support/archives.ts';

const made = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../fixtures/archives/${name}`, import.meta.url)));
const open = (bytes: Uint8Array): Promise<FileTree> => openTarTree(memorySource(bytes), 'set');

test.each(['names.pax.tar', 'names.gnu.tar'])('%s of tarfile holds what was put in, long names and all', async (name) => {
  const tree = await open(made(name));
  const found: Record<string, string> = {};
  for await (const { path } of walkFiles(tree, new AbortController().signal)) found[path] = await tree.text(path);
  expect(found).toEqual({ [`${'f'.repeat(90)}/${'g'.repeat(150)}.txt`]: 'long', 'ärger/日本.txt': 'names', 'a/b.txt': 'b'.repeat(2000) });
  expect(Buffer.from(await tree.range('a/b.txt', 1990, 3000)).toString()).toBe('b'.repeat(10));
  const place = await tree.place('a/b.txt');
  expect(place).toMatchObject({ packed: 2000, size: 2000, coding: 'stored' });
  expect(Buffer.from(made(name).subarray(place?.start, (place?.start ?? 0) + 2000)).toString()).toBe('b'.repeat(2000));
});

test('names in two parts', async () => {
  expect(await (await open(made('prefix.ustar.tar'))).text(`${'p'.repeat(120)}/${'q'.repeat(60)}`)).toBe('prefix');
});

test('links count as those of a folder do: what stays inside is what it leads to', async () => {
  const tree = await open(made('links.tar'));
  const outside = 'is a link that leads out of set';
  expect(await tree.list('')).toEqual([
    { name: '.hidden', path: '.hidden', kind: 'hidden', why: 'is hidden' },
    { name: 'L'.repeat(120), path: 'L'.repeat(120), kind: 'file', why: null, target: 'b.txt' },
    { name: 'again.txt', path: 'again.txt', kind: 'file', why: null },
    { name: 'b.txt', path: 'b.txt', kind: 'file', why: null },
    { name: 'dead.txt', path: 'dead.txt', kind: 'broken-link', why: 'is a link to nothing' },
    { name: 'device', path: 'device', kind: 'other', why: 'is a device, not a file' },
    { name: 'dotted.txt', path: 'dotted.txt', kind: 'file', why: null },
    { name: 'in.txt', path: 'in.txt', kind: 'file', why: null, target: 'b.txt' },
    { name: 'inner', path: 'inner', kind: 'folder', why: null },
    { name: 'loop', path: 'loop', kind: 'broken-link', why: 'is a link that leads back to itself' },
    { name: 'other', path: 'other', kind: 'folder', why: null, target: 'inner' },
    { name: 'out.txt', path: 'out.txt', kind: 'link-outside', why: outside },
    { name: 'pipe', path: 'pipe', kind: 'other', why: 'is a named pipe, not a file' },
    { name: 'root.txt', path: 'root.txt', kind: 'link-outside', why: outside },
    { name: 'toPipe', path: 'toPipe', kind: 'other', why: 'is a named pipe, not a file' },
  ]);
  expect(await tree.list('other')).toEqual([
    { name: 'c.txt', path: 'other/c.txt', kind: 'file', why: null },
    { name: 'up', path: 'other/up', kind: 'other', why: 'is a link to a folder above itself' },
  ]);
  expect([await tree.text('in.txt'), await tree.text('other/c.txt'), await tree.text('again.txt'), await tree.size('again.txt')]).toEqual([
    'bé',
    'abc',
    'abc',
    3,
  ]);
  await expect(tree.text('out.txt')).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: 'out.txt is a link that leads out of set; it is not followed.',
  });
  await expect(tree.text('loop')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'loop is a link that leads back to itself.' });
  await expect(tree.text('pipe')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'pipe is a named pipe, not a file.' });
  expect([await tree.exists('dead.txt'), await tree.exists('other/c.txt')]).toEqual([false, true]);
});

test('many small members are read together', async () => {
  const source = memorySource(tarOf(Array.from({ length: 1000 }, (_, index) => ({ name: `d/${index}`, data: 'x' }))));
  const tree = await openTarTree(source, 'set');
  expect((await tree.list('d')).length).toBe(1000);
  // A megabyte, in windows of 64 kB.
  expect(source.reads.length).toBeLessThan(25);
});

test('a folder may be told twice; numbers may be in base 256', async () => {
  const size = Buffer.alloc(12);
  size[0] = 0x80;
  size[11] = 3;
  const tree = await open(
    tarOf([
      { name: 'd/', type: '5' },
      { name: 'd/a', data: 'abc', size: size.toString('latin1') },
      { name: 'd', type: '5' },
    ]),
  );
  expect(await tree.text('d/a')).toBe('abc');
  expect(await tree.list('')).toEqual([{ name: 'd', path: 'd', kind: 'folder', why: null }]);
});

describe('refused as a whole', () => {
  const good = tarOf([{ name: 'a', data: 'data' }]);
  const broken = good.slice();
  broken[0] = 0x62;
  const second = tarOf([{ name: 'a' }, { name: 'b' }]);
  second[512] = 0x63;
  test.each<[string, Uint8Array, RegExp]>([
    ['a path that leads out', tarOf([{ name: '../x' }]), /its member "..\/x" leads out of it/],
    ['an absolute path', tarOf([{ name: '/etc/x' }]), /absolute path/],
    ['two members of one name', tarOf([{ name: 'a' }, { name: './a' }]), /two members named a/],
    ['members below a link', tarOf([{ name: 'l', type: '2', link: '/etc' }, { name: 'l/x' }]), /members below l, which is no folder/],
    ['one that is cut off between members', tarOf([{ name: 'a', data: 'data' }], { end: false }), /without its end mark/],
    ['one that is cut off in a member', tarOf([{ name: 'a', data: 'x'.repeat(5000) }]).subarray(0, 3000), /cut off in its member a/],
    ['another file', Buffer.alloc(600, 'hello '), /no tar archive/],
    ['an empty one', new Uint8Array(0), /no tar archive/],
    ['one packed by gzip', gzipSync(good), /no tar archive|packed by gzip/],
    [
      'one packed by gzip, of some size',
      Buffer.concat([gzipSync(good), Buffer.alloc(600)]),
      /packed by gzip, which cannot be read by ranges; unpack it with gunzip first/,
    ],
    ['a first header with a wrong checksum', broken, /no tar archive/],
    ['a later header with a wrong checksum', second, /checksum of its header at byte 512 is wrong/],
    ['a size without sense', tarOf([{ name: 'a', size: 'abc' }]), /size without sense/],
    ['a size beyond all numbers', tarOf([{ name: 'a', size: `\x80${'\xff'.repeat(11)}` }]), /size without sense/],
    ['pax records without sense', tarOf([{ name: 'x', type: 'x', data: '99 path=a\n' }, { name: 'a' }]), /pax header without sense/],
    ['a pax size without sense', tarOf([{ name: 'x', type: 'x', data: '11 size=-1\n' }, { name: 'a' }]), /size without sense/],
    ['names without end', tarOf([{ name: 'x', type: 'L', data: 'n'.repeat(1024 * 1024 + 1) }, { name: 'a' }]), /a name without end/],
  ])('%s', async (_name, bytes, reason) => {
    const refused = open(bytes);
    await expect(refused).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringMatching(/^The archive set cannot be read: [^\n]+\.$/) as string,
    });
    await expect(refused).rejects.toThrow(reason);
  });
});
