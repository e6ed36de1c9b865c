/** The folder tree on a real disk: order, dot-files, links, special files, and nothing outside the root. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import type * as Files from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { walkFiles } from '../../../../datasets/readWhole.ts';
import { openFileTree, unreadable } from '../../../../src-main/features/imports/fileTree.ts';

/** File systems that do not tell the kind of an entry while listing and have another order, and folders that may not be read, which a test cannot rely on having. */
const disk = vi.hoisted(() => ({ tellsKinds: true, refused: '', gone: '' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Files>();
  const no = () => false;
  const untold = { isFile: no, isDirectory: no, isSymbolicLink: no, isFIFO: no, isSocket: no, isCharacterDevice: no, isBlockDevice: no };
  return {
    ...real,
    async readdir(...all: Parameters<typeof real.readdir>) {
      const found = (await real.readdir(...all)) as unknown as { name: Buffer }[];
      return disk.tellsKinds ? found : found.map(({ name }) => ({ name, ...untold })).reverse();
    },
    access: (path: string, mode: number) => (disk.refused !== '' && path.endsWith(disk.refused) ? Promise.reject(new Error('no')) : real.access(path, mode)),
    lstat: (path: string) => (disk.gone !== '' && path.endsWith(disk.gone) ? Promise.reject(new Error('gone')) : real.lstat(path)),
  };
});

/** Links, pipes and names as these need a file system that has them. */
const onPosix = test.skipIf(process.platform === 'win32');

let base = '';
let root = '';

beforeEach(() => {
  Object.assign(disk, { tellsKinds: true, refused: '', gone: '' });
  base = mkdtempSync(join(tmpdir(), 'tree-'));
  root = join(base, 'set');
  mkdirSync(join(root, 'inner'), { recursive: true });
  writeFileSync(join(base, 'secret.txt'), 'secret');
  writeFileSync(join(root, 'b.txt'), 'bé');
  writeFileSync(join(root, 'B.txt'), '');
  writeFileSync(join(root, '.hidden'), '');
  writeFileSync(join(root, 'inner', 'c.txt'), 'abc');
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

test('lists by code unit, names dot-files as hidden, reads text, bytes, pieces and size', async () => {
  const tree = await openFileTree(root);
  expect((await tree.list('')).map((entry) => [entry.path, entry.kind])).toEqual([
    ['.hidden', 'hidden'],
    ['B.txt', 'file'],
    ['b.txt', 'file'],
    ['inner', 'folder'],
  ]);
  expect((await tree.list('inner')).map((entry) => entry.path)).toEqual(['inner/c.txt']);
  expect([tree.label, await tree.text('b.txt'), await tree.size('b.txt'), (await tree.bytes('inner/c.txt')).length]).toEqual(['set', 'bé', 3, 3]);
  expect([await tree.exists('inner/c.txt'), await tree.exists('inner/d.txt'), await tree.exists('b.txt/x')]).toEqual([true, false, false]);
  const big = Buffer.alloc(1_000_003, 'abcdefg');
  writeFileSync(join(root, 'inner', 'big.txt'), big);
  const pieces: Uint8Array[] = [];
  for await (const piece of tree.chunks('inner/big.txt')) pieces.push(piece);
  expect([pieces.map(({ length }) => length), Buffer.concat(pieces).equals(big)]).toEqual([[262_144, 262_144, 262_144, 213_571], true]);
});

test('a range of a file: what is asked for, less where the file ends, and nothing behind it', async () => {
  const tree = await openFileTree(root);
  const read = async (start: number, end: number) => Buffer.from(await tree.range('inner/c.txt', start, end)).toString();
  expect([await read(0, 3), await read(1, 2), await read(2, 99), await read(3, 9), await read(9, 12), await read(2, 1)]).toEqual(['abc', 'b', 'c', '', '', '']);
  await expect(tree.range('inner', 0, 1)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'inner is a folder, not a file.' });
  await expect(tree.range('../secret.txt', 0, 1)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test('entries come one after the other, as they are listed', async () => {
  const tree = await openFileTree(root);
  const names: string[] = [];
  for await (const entry of tree.entries('')) names.push(entry.name);
  expect(names).toEqual((await tree.list('')).map(({ name }) => name));
  await expect(tree.entries('no')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'no does not exist.' });
});

test.each(['../secret.txt', 'inner/../../secret.txt', '/etc/hostname', 'C:\\x', 'a\0b', '..'])('%j is refused', async (path) => {
  const tree = await openFileTree(root);
  await expect(tree.text(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('leaves the folder') as string });
  await expect(tree.exists(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

onPosix('links: inside is followed; outside, broken and looping ones and special files are named, never opened', async () => {
  symlinkSync(join(root, 'b.txt'), join(root, 'in.txt'));
  symlinkSync(join(base, 'secret.txt'), join(root, 'out.txt'));
  symlinkSync(base, join(root, 'outFolder'));
  symlinkSync(root, join(root, 'inner', 'up'));
  symlinkSync(join(root, 'loop'), join(root, 'loop'));
  symlinkSync(join(root, 'gone'), join(root, 'dead.txt'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  symlinkSync(join(root, 'pipe'), join(root, 'toPipe'));
  const tree = await openFileTree(root);
  expect((await tree.list('')).map(({ name, kind, why }) => [name, kind, why])).toEqual([
    ['.hidden', 'hidden', 'is hidden'],
    ['B.txt', 'file', null],
    ['b.txt', 'file', null],
    ['dead.txt', 'broken-link', 'is a link to nothing'],
    ['in.txt', 'file', null],
    ['inner', 'folder', null],
    ['loop', 'broken-link', 'is a link that leads back to itself'],
    ['out.txt', 'link-outside', 'is a link that leads out of the folder set'],
    ['outFolder', 'link-outside', 'is a link that leads out of the folder set'],
    ['pipe', 'other', 'is a named pipe, not a file'],
    ['toPipe', 'other', 'is a named pipe, not a file'],
  ]);
  expect((await tree.list('inner')).map(({ name, kind, why }) => [name, kind, why])).toEqual([
    ['c.txt', 'file', null],
    ['up', 'other', 'is a link to a folder above itself'],
  ]);
  expect(await tree.text('in.txt')).toBe('bé');
  await expect(tree.text('out.txt')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('leads out') as string });
  await expect(tree.list('outFolder')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  await expect(tree.bytes('pipe')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'pipe is a named pipe, not a file.' });
  await expect(tree.chunks('pipe')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

onPosix('folders that link into each other are walked to an end', async () => {
  mkdirSync(join(root, 'a'));
  mkdirSync(join(root, 'c', 'd'), { recursive: true });
  symlinkSync(join(root, 'c', 'd'), join(root, 'a', 'x'));
  symlinkSync(join(root, 'c'), join(root, 'c', 'd', 'y'));
  const tree = await openFileTree(root);
  const paths: string[] = [];
  for await (const entry of walkFiles(tree, new AbortController().signal)) paths.push(entry.path);
  // a/x is c/d, a/x/y is c, and a/x/y/d is c/d again by a folder of its own, so only its link is left.
  expect(paths.filter((path) => path.startsWith('a') || path.startsWith('c'))).toEqual(['a/x/y/d/y', 'c/d/y']);
});

onPosix('names that are no path are named, and do not keep the others from being read', async () => {
  writeFileSync(join(root, 'inner', 'h\\b'), '');
  writeFileSync(join(root, 'inner', 'line\nend.jpg'), '');
  writeFileSync(Buffer.concat([Buffer.from(`${root}/inner/`), Buffer.from([0x66, 0xff, 0x2e, 0x6a, 0x70, 0x67])]), '');
  mkdirSync(join(root, 'D:x'));
  const tree = await openFileTree(root);
  expect((await tree.list('inner')).map(({ name, kind, why }) => [name, kind, why])).toEqual([
    ['c.txt', 'file', null],
    ['f\uFFFD.jpg', 'unusable-name', 'has a name that is not UTF-8'],
    ['h\\b', 'unusable-name', 'has a backslash in its name'],
    ['line\\x0aend.jpg', 'unusable-name', 'has a control character in its name'],
  ]);
  expect((await tree.list('')).find((entry) => entry.name === 'D:x')?.kind).toBe('unusable-name');
});

test('what is absent, a file or unreadable is named', async () => {
  await expect(openFileTree(join(base, 'absent'))).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    message: expect.stringContaining('absent does not exist') as string,
  });
  await expect(openFileTree(join(root, 'b.txt'))).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: `${realpathSync(join(root, 'b.txt'))} is neither a folder nor a zip or tar archive.`,
  });
  const tree = await openFileTree(root);
  await expect(tree.text('no.txt')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'no.txt does not exist.' });
  const listed = (folder: string) => tree.list(folder).catch((error: unknown) => error);
  expect(await listed('b.txt')).toMatchObject({ code: 'FILE_UNREADABLE', message: 'b.txt is not a folder.', params: { file: 'b.txt' } });
  expect(await listed('no')).toMatchObject({ code: 'FILE_UNREADABLE', message: 'no does not exist.', params: { file: 'no' } });
  // The folder itself has become a file since: it is named by its own name.
  rmSync(root, { recursive: true });
  writeFileSync(root, '');
  expect(await listed('')).toMatchObject({ code: 'FILE_UNREADABLE', message: 'set is not a folder.', params: { file: 'set' } });
});

// Root may read everything, so the system cannot refuse it.
test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('an unreadable folder is named', async () => {
  chmodSync(join(root, 'inner'), 0o000);
  const tree = await openFileTree(root);
  await expect(tree.list('inner')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('inner may not be read') as string });
  expect((await tree.list('')).find((entry) => entry.name === 'inner')).toMatchObject({ kind: 'other', why: 'is a folder that may not be read by you' });
  chmodSync(join(root, 'inner'), 0o755);
});

onPosix('an entry is told in full; a link that is followed with where it leads', async () => {
  symlinkSync(join(root, 'inner', 'c.txt'), join(root, 'linked.txt'));
  symlinkSync(join(root, 'inner'), join(root, 'other'));
  const tree = await openFileTree(root);
  expect(await tree.list('')).toEqual([
    { name: '.hidden', path: '.hidden', kind: 'hidden', why: 'is hidden' },
    { name: 'B.txt', path: 'B.txt', kind: 'file', why: null },
    { name: 'b.txt', path: 'b.txt', kind: 'file', why: null },
    { name: 'inner', path: 'inner', kind: 'folder', why: null },
    { name: 'linked.txt', path: 'linked.txt', kind: 'file', why: null, target: 'inner/c.txt' },
    { name: 'other', path: 'other', kind: 'folder', why: null, target: 'inner' },
  ]);
  expect(await tree.list('other')).toEqual([{ name: 'c.txt', path: 'other/c.txt', kind: 'file', why: null }]);
  expect(await (await openFileTree(join(root, 'other'))).list('')).toEqual([{ name: 'c.txt', path: 'c.txt', kind: 'file', why: null }]);
});

describe.skipIf(process.platform === 'win32')('links', () => {
  test('to the own folder or one above lead nowhere, to one beside or below they do', async () => {
    mkdirSync(join(root, 'a', 'b', 'c'), { recursive: true });
    for (const [name, target] of Object.entries({ self: 'a/b', parent: 'a', top: '', below: 'a/b/c', beside: 'inner' }))
      symlinkSync(join(root, target), join(root, 'a', 'b', name));
    const tree = await openFileTree(root);
    expect((await tree.list('a/b')).map(({ name, kind }) => [name, kind])).toEqual([
      ['below', 'folder'],
      ['beside', 'folder'],
      ['c', 'folder'],
      ['parent', 'other'],
      ['self', 'other'],
      ['top', 'other'],
    ]);
  });

  test('to a folder beside the root lead out, though its name begins like it', async () => {
    mkdirSync(join(base, 'set2'));
    writeFileSync(join(base, 'set2', 'x'), '');
    symlinkSync(join(base, 'set2'), join(root, 'out'));
    const tree = await openFileTree(root);
    expect((await tree.list('')).find(({ name }) => name === 'out')).toEqual({
      name: 'out',
      path: 'out',
      kind: 'link-outside',
      why: 'is a link that leads out of the folder set',
    });
    await expect(tree.size('out/x')).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: 'out/x is a link that leads out of the folder set; it is not followed.',
      params: { file: 'out/x' },
    });
  });

  test('everything lies in the root of the file system', async () => {
    expect(await (await openFileTree('/')).exists(base.slice(1))).toBe(true);
  });

  test('that go round are no answer to whether something is there', async () => {
    symlinkSync(join(root, 'loop'), join(root, 'loop'));
    const tree = await openFileTree(root);
    await expect(tree.exists('loop')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'loop is a link that leads back to itself.' });
  });
});

onPosix('sockets are named', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, 'sock'), resolve));
  const tree = await openFileTree(root);
  const entry = { name: 'sock', path: 'sock', kind: 'other', why: 'is a socket, not a file' };
  expect((await tree.list('')).at(-1)).toEqual(entry);
  disk.tellsKinds = false;
  expect((await tree.list('')).at(-1)).toEqual(entry);
  await expect(tree.text('sock')).rejects.toMatchObject({ message: 'sock is a socket, not a file.', params: { file: 'sock' } });
  server.close();
});

onPosix('kinds are found out where listing does not tell them', async () => {
  symlinkSync(join(root, 'b.txt'), join(root, 'linked.txt'));
  const tree = await openFileTree(root);
  const told = await tree.list('');
  disk.tellsKinds = false;
  expect(await tree.list('')).toEqual(told);
  disk.gone = 'B.txt';
  expect((await tree.list('')).find(({ name }) => name === 'B.txt')).toEqual({ name: 'B.txt', path: 'B.txt', kind: 'other', why: 'cannot be looked at' });
});

onPosix('a folder that may not be read is named, and a link to it too', async () => {
  symlinkSync(join(root, 'inner'), join(root, 'linked'));
  disk.refused = 'inner';
  const why = 'is a folder that may not be read by you';
  expect((await (await openFileTree(root)).list('')).slice(-2)).toEqual([
    { name: 'inner', path: 'inner', kind: 'other', why },
    { name: 'linked', path: 'linked', kind: 'other', why, target: 'inner' },
  ]);
});

onPosix('names are refused for the first thing that is wrong with them; a drive only where it stands first', async () => {
  for (const name of ['tab\t', 'del\u007f', 'high\u009f', 'nbsp\u00a0', 'a:b', 'D:x']) writeFileSync(join(root, 'inner', name), '');
  writeFileSync(join(root, 'E:y'), '');
  writeFileSync(join(root, '7:y'), '');
  const tree = await openFileTree(root);
  expect((await tree.list('inner')).map(({ path, kind }) => [path, kind])).toEqual([
    ['inner/D:x', 'file'],
    ['inner/a:b', 'file'],
    ['inner/c.txt', 'file'],
    ['inner/del\\x7f', 'unusable-name'],
    ['inner/high\\x9f', 'unusable-name'],
    ['inner/nbsp\u00a0', 'file'],
    ['inner/tab\\x09', 'unusable-name'],
  ]);
  expect(await tree.size('inner/a:b')).toBe(0);
  expect((await tree.list('')).filter(({ name }) => name.includes(':'))).toEqual([
    { name: '7:y', path: '7:y', kind: 'file', why: null },
    { name: 'E:y', path: 'E:y', kind: 'unusable-name', why: 'has a name that begins like a drive' },
  ]);
});

test.each([
  ['a\\b', '"a\\\\b" leaves the folder set; only paths inside it are read.'],
  ['D:x', '"D:x" leaves the folder set; only paths inside it are read.'],
  ['/b.txt', '"/b.txt" leaves the folder set; only paths inside it are read.'],
  ['a/../b.txt', '"a/../b.txt" leaves the folder set; only paths inside it are read.'],
])('%j is refused with its reason', async (path, message) => {
  await expect((await openFileTree(root)).size(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message, params: { file: path } });
});

test('what is asked for as what it is not is named', async () => {
  const tree = await openFileTree(root);
  await expect(tree.bytes('inner')).rejects.toMatchObject({ message: 'inner is a folder, not a file.', params: { file: 'inner' } });
  await expect(tree.text('')).rejects.toMatchObject({ message: expect.stringContaining('is a folder, not a file') as string });
  await expect(tree.list('b.txt')).rejects.toMatchObject({ message: 'b.txt is not a folder.' });
  await expect(tree.list('no')).rejects.toMatchObject({ message: 'no does not exist.' });
  // A file of so many bytes that holds none of them.
  truncateSync(join(root, 'B.txt'), 512 * 1024 * 1024 + 1);
  await expect(tree.text('B.txt')).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: 'B.txt has 536870913 bytes; a text of more than 536870912 is not read.',
    params: { file: 'B.txt' },
  });
  rmSync(root, { recursive: true });
  await expect(tree.list('')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test.each([
  ['ENOENT', 'f does not exist.'],
  ['ENOTDIR', 'f is not a folder.'],
  ['EISDIR', 'f is a folder, not a file.'],
  ['ELOOP', 'f is a link that leads back to itself.'],
  ['ENAMETOOLONG', 'f has a name that is too long.'],
  ['EODD', 'f cannot be read (EODD).'],
])('%s in words', (code, message) => {
  const cause = Object.assign(new Error('x'), { code });
  expect(unreadable('f', cause)).toMatchObject({ code: 'FILE_UNREADABLE', message, params: { file: 'f' }, cause });
});

test('other errors in words: those of the system as everywhere, those without a number as they are', () => {
  expect(unreadable('f', Object.assign(new Error('x'), { code: 'EACCES' })).message).toMatch(/^f could not be read: /);
  expect(unreadable('f', new Error('odd')).message).toBe('f cannot be read (Error: odd).');
});
