/** Archives on disk as what an import reads: found by their content, read by ranges, closed in the end. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterAll, expect, test } from 'vitest';
import { walkFiles } from '../../../../datasets/readWhole.ts';
import { openFileTree } from '../../../../src-main/features/imports/fileTree.ts';
import { tarOf, zipOf } from '../../../support/archives.ts';
import { temporaryFolder } from '../../../support/project.ts';

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());

function written(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder.path, name), bytes);
  return join(folder.path, name);
}

const FILES = { 'a/1.jpg': Buffer.alloc(200_000, 'noise'), 'a/2.jpg': Buffer.from('two'), 'empty.txt': Buffer.alloc(0) };
const tar = tarOf(Object.entries(FILES).map(([name, data]) => ({ name, data })));

test.each([
  ['set.zip', zipSync(FILES), 'set'],
  ['Set.v2', zipSync(FILES), 'Set.v2'],
  ['set.tar', tar, 'set'],
  ['tape', tar, 'tape'],
])('%s is read by what it is, and called as its folder would be', async (name, bytes, label) => {
  await using tree = await openFileTree(written(name, bytes));
  expect([tree.label, tree.isArchive]).toEqual([label, true]);
  for (const [path, content] of Object.entries(FILES)) {
    expect(Buffer.from(await tree.bytes(path)).equals(content)).toBe(true);
    const place = await tree.place(path);
    expect(place).toMatchObject({ size: content.length });
    if (place?.coding === 'stored') expect(Buffer.from(bytes.subarray(place.start, place.start + place.packed)).equals(content)).toBe(true);
  }
  expect(Buffer.from(await tree.range('a/1.jpg', 70_000, 70_005))).toEqual(FILES['a/1.jpg'].subarray(70_000, 70_005));
});

test('an archive without members is one; a folder has no places', async () => {
  await using empty = await openFileTree(written('empty.zip', zipSync({})));
  expect(await empty.list('')).toEqual([]);
  mkdirSync(join(folder.path, 'plain'));
  await using plain = await openFileTree(written('plain/a.txt', Buffer.from('a')).slice(0, -6));
  expect([plain.isArchive, await plain.place('a.txt')]).toEqual([false, null]);
});

test.each([
  ['a text', Buffer.from('text '.repeat(200))],
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(2000)],
  ['a header with another checksum', Buffer.concat([Buffer.from(tar.subarray(0, 148)), Buffer.from('0000001\0'), Buffer.from(tar.subarray(156))])],
])('%s is none', async (_what, bytes) => {
  const path = written('none', bytes);
  await expect(openFileTree(path)).rejects.toMatchObject({ code: 'UNSUPPORTED', message: `${path} is neither a folder nor a zip or tar archive.` });
});

test.skipIf(process.platform !== 'linux')('nothing stays open, neither of one that was read nor of one that was refused', async () => {
  const { readdirSync, readlinkSync } = await import('node:fs');
  const held = (path: string): boolean =>
    readdirSync('/proc/self/fd').some((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`) === path;
      } catch {
        return false;
      }
    });
  const path = written('closed.zip', zipSync(FILES));
  {
    await using tree = await openFileTree(path);
    await tree.bytes('a/2.jpg');
    expect(held(path)).toBe(true);
  }
  const bad = written('cut.zip', readFileSync(path).subarray(0, 300));
  await expect(openFileTree(bad)).rejects.toMatchObject({ code: 'FILE_INVALID' });
  expect([held(path), held(bad)]).toEqual([false, false]);
});

test('20,000 small members cost a fraction of as many reads', async () => {
  const members = Array.from({ length: 20_000 }, (_, index) => ({
    name: `p${String(index % 200).padStart(4, '0')}/${String(index).padStart(6, '0')}.jpg`,
    data: Buffer.from(`content ${index}`),
  })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const path = written('many.zip', zipOf(members, crc32));
  const probe = await open(path);
  const prototype = Object.getPrototypeOf(probe) as { read: (...all: unknown[]) => unknown };
  await probe.close();
  const plain = prototype.read;
  let reads = 0;
  prototype.read = function (...all) {
    reads++;
    return plain.apply(this, all);
  };
  try {
    await using tree = await openFileTree(path);
    let read = 0;
    for await (const { path: member } of walkFiles(tree, new AbortController().signal)) {
      const place = await tree.place(member);
      const bytes = await tree.bytes(member);
      if (place?.size === bytes.length) read++;
    }
    expect(read).toBe(20_000);
    expect(reads).toBeLessThan(200);
  } finally {
    prototype.read = plain;
  }
});
