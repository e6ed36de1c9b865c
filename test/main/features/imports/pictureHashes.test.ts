/** Hashes of pictures: eight bytes each of SHA-256, in the order of the files; a full frame is read once, however many people are in it. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { MediaRecord } from '../../../../datasets/importer.ts';
import { createPictureHashes } from '../../../../src-main/features/imports/pictureHashes.ts';
import { memoryTree } from '../../../support/memoryTree.ts';

const names = Array.from({ length: 19 }, (_, index) => `${index}.jpg`);
const medium = (kind: MediaRecord['kind']): MediaRecord => ({ key: 'm', kind, path: '.', width: 1, height: 1, frameCount: 19, fps: null });

function counted() {
  const tree = memoryTree(Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
  const read: string[] = [];
  let atOnce = 0;
  let most = 0;
  const bytes = async (path: string): Promise<Uint8Array> => {
    read.push(path);
    most = Math.max(most, ++atOnce);
    await Promise.resolve();
    const found = await tree.bytes(path);
    atOnce--;
    return found;
  };
  return { tree: { ...tree, bytes }, read, most: () => most };
}

const expected = (files: readonly string[]): string =>
  files.map((name) => createHash('sha256').update(`content of ${name}`).digest('hex').slice(0, 16)).join('');
const hex = ({ hashes }: { hashes: Uint8Array }): string => Buffer.from(hashes).toString('hex');

test('every file has its own, in order; few are read side by side', async () => {
  const { tree, read, most } = counted();
  const hashes = createPictureHashes(tree, new AbortController().signal);
  expect(hex(await hashes.of(names, medium('crops')))).toBe(expected(names));
  expect([read, most()]).toEqual([names, 8]);
  expect(await hashes.of([], medium('crops'))).toEqual({ hashes: new Uint8Array(), ranges: null });
});

test('crops are read each time, full frames once', async () => {
  const { tree, read } = counted();
  const hashes = createPictureHashes(tree, new AbortController().signal);
  const [first, second] = [names.slice(0, 3), names.slice(1, 4).reverse()];
  for (const files of [first, second]) expect(hex(await hashes.of(files, medium('crops')))).toBe(expected(files));
  expect(read).toEqual([...first, ...second]);
  read.length = 0;
  for (const files of [first, second]) expect(hex(await hashes.of(files, medium('frames')))).toBe(expected(files));
  expect(read).toEqual([...first, '3.jpg']);
});

test('ends with the import that asks', async () => {
  const { tree, read } = counted();
  const abort = new AbortController();
  abort.abort(new Error('over'));
  await expect(createPictureHashes(tree, abort.signal).of(names, medium('crops'))).rejects.toThrow('over');
  expect(read).toEqual([]);
});
