/** The folder tree on a real disk: order, dot-files, links, special files, and nothing outside the root. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { walkFiles } from '../../../../datasets/readWhole.ts';
import { openFileTree } from '../../../../src-main/features/imports/fileTree.ts';

let base = '';
let root = '';

beforeEach(() => {
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
  expect([pieces.length > 1, Buffer.concat(pieces).equals(big)]).toEqual([true, true]);
});

test.each(['../secret.txt', 'inner/../../secret.txt', '/etc/hostname', 'C:\\x', 'a\0b', '..'])('%j is refused', async (path) => {
  const tree = await openFileTree(root);
  await expect(tree.text(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('leaves the folder') as string });
  await expect(tree.exists(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test.skipIf(process.platform === 'win32')('links: inside is followed; outside, broken and looping ones and special files are named, never opened', async () => {
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

test.skipIf(process.platform === 'win32')('folders that link into each other are walked to an end', async () => {
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

test.skipIf(process.platform === 'win32')('names that are no path are named, and do not keep the others from being read', async () => {
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
    code: 'FILE_UNREADABLE',
    message: expect.stringContaining('is not a folder') as string,
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
