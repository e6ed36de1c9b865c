/** The one folder of an archive as a tree: the same as that folder packed without its name. */
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { walkFiles } from '../../../datasets/readWhole.ts';
import type { FileTree } from '../../../datasets/tree.ts';
import { onlyFolder } from '../../../datasets/trees/onlyFolder.ts';
import { openTarTree } from '../../../datasets/trees/tar.ts';
import { openZipTree } from '../../../datasets/trees/zip.ts';
import { memorySource, tarOf, type TarMember } from '../../support/archives.ts';

const zip = (files: Record<string, string>): Promise<FileTree> =>
  openZipTree(memorySource(zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])))), 'x');
const walked = (tree: FileTree) => all(walkFiles(tree, new AbortController().signal));

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

test('lists, reads and places what lies in it, under names that begin there', async () => {
  const files = { 'a.txt': 'A', 'p/1.txt': 'one', 'p/2.txt': 'two' };
  const packed = Object.fromEntries(Object.entries(files).map(([name, text]) => [`set/${name}`, text]));
  const archive = await zip({ ...packed, '.DS_Store': '', '__MACOSX/set/._a.txt': '' });
  const tree = await onlyFolder(archive);
  if (!tree) throw new Error('it is there');
  expect([tree.label, await walked(tree)]).toEqual(['set', await walked(await zip(files))]);
  for (const [name, text] of Object.entries(files)) {
    expect([await tree.text(name), Buffer.from(await tree.bytes(name)).toString(), await tree.size(name)]).toEqual([text, text, text.length]);
    expect(Buffer.from(await tree.range(name, 1, 3)).toString()).toBe(text.slice(1, 3));
    expect(Buffer.concat(await all(tree.chunks(name))).toString()).toBe(text);
    expect(await tree.place(name)).toEqual(await archive.place(`set/${name}`));
  }
  expect([await tree.exists('p'), await tree.exists('q'), await tree.exists('')]).toEqual([true, false, true]);
  await expect(tree.text('../set/a.txt')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test('links are followed inside the archive, and told by where they lead', async () => {
  const members: TarMember[] = [
    { name: 'set/a.txt', data: 'A' },
    { name: 'set/same.txt', type: '2', link: 'a.txt' },
    { name: 'set/out.txt', type: '2', link: '../../b.txt' },
  ];
  const tree = await onlyFolder(await openTarTree(memorySource(tarOf(members)), 'x'));
  expect((await tree?.list(''))?.map(({ path, kind, target }) => [path, kind, target])).toEqual([
    ['a.txt', 'file', undefined],
    ['out.txt', 'link-outside', undefined],
    ['same.txt', 'file', 'a.txt'],
  ]);
});

test.each([
  ['two folders', { 'a/1.txt': '', 'b/1.txt': '' }],
  ['a file beside it', { 'a/1.txt': '', 'b.txt': '' }],
  ['a file alone', { 'b.txt': '' }],
  ['nothing', {}],
])('of %s there is none', async (_what, files) => expect(await onlyFolder(await zip(files))).toBeNull());
