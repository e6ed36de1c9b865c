/** The folder tree on a real disk: order, dot-files, links, special files, and nothing outside the root. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
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

test('lists by code unit without dot-files, reads text, bytes and size', async () => {
  const tree = await openFileTree(root);
  expect((await tree.list('')).map((entry) => [entry.path, entry.kind])).toEqual([
    ['B.txt', 'file'],
    ['b.txt', 'file'],
    ['inner', 'folder'],
  ]);
  expect((await tree.list('inner')).map((entry) => entry.path)).toEqual(['inner/c.txt']);
  expect([tree.label, await tree.text('b.txt'), await tree.size('b.txt'), (await tree.bytes('inner/c.txt')).length]).toEqual(['set', 'bé', 3, 3]);
  expect([await tree.exists('inner/c.txt'), await tree.exists('inner/d.txt'), await tree.exists('b.txt/x')]).toEqual([true, false, false]);
});

test.each(['../secret.txt', 'inner/../../secret.txt', '/etc/hostname', 'C:\\x', 'a\0b', '..'])('%j is refused', async (path) => {
  const tree = await openFileTree(root);
  await expect(tree.text(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('leaves the folder') as string });
  await expect(tree.exists(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test.skipIf(process.platform === 'win32')('links: inside is followed, outside, looping and special files are not listed and refused', async () => {
  symlinkSync(join(root, 'b.txt'), join(root, 'in.txt'));
  symlinkSync(join(base, 'secret.txt'), join(root, 'out.txt'));
  symlinkSync(base, join(root, 'outFolder'));
  symlinkSync(root, join(root, 'inner', 'up'));
  symlinkSync(join(root, 'loop'), join(root, 'loop'));
  execFileSync('mkfifo', [join(root, 'pipe')]);
  const tree = await openFileTree(root);
  expect((await tree.list('')).map((entry) => entry.name)).toEqual(['B.txt', 'b.txt', 'in.txt', 'inner']);
  expect((await tree.list('inner')).map((entry) => entry.name)).toEqual(['c.txt']);
  expect(await tree.text('in.txt')).toBe('bé');
  await expect(tree.text('out.txt')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('leads out') as string });
  await expect(tree.list('outFolder')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  await expect(tree.bytes('pipe')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: 'pipe is not a regular file.' });
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
});

// Root may read everything, so the system cannot refuse it.
test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('an unreadable folder is named', async () => {
  chmodSync(join(root, 'inner'), 0o000);
  const tree = await openFileTree(root);
  await expect(tree.list('inner')).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: expect.stringContaining('inner may not be read') as string });
  chmodSync(join(root, 'inner'), 0o755);
});
