/** Pictures in archives: read where their row says, and given to nobody unless they are those that were imported. */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Place } from '../../../datasets/tree.ts';
import { readImported } from '../../../src-main/pixels/importedPicture.ts';
import { readRegularFile } from '../../../src-main/pixels/regularFile.ts';
import { temporaryFolder } from '../../support/project.ts';

const content = Buffer.from('a picture, '.repeat(300));
const packed = deflateRawSync(content);
const hash = new Uint8Array(createHash('sha256').update(content).digest().subarray(0, 8));
const stored: Place = { start: 100, packed: content.length, size: content.length, coding: 'stored' };
const deflated: Place = { start: 100 + content.length, packed: packed.length, size: content.length, coding: 'deflate' };

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'set.zip');
  writeFileSync(path, Buffer.concat([Buffer.alloc(100, 1), content, packed, Buffer.alloc(50, 2)]));
});
afterEach(() => folder[Symbol.dispose]());

const at = (place: Place) => ({ path, range: { ...place, member: 'p/1.jpg' } });

test.each([stored, deflated])('what lies there is read, $coding', (place) => {
  expect(Buffer.from(readImported(at(place), hash)).equals(content)).toBe(true);
  // In memory of its own, which another thread can be given.
  const { buffer, byteLength } = readImported(at(place), hash);
  expect(buffer.byteLength).toBe(byteLength);
});

test('without a noted hash nothing of an archive is read; a file of its own is, as ever', () => {
  expect(() => readImported(at(stored), null)).toThrow(`Nothing tells which picture p/1.jpg in ${path} was when it was imported, so it is not read.`);
  writeFileSync(join(folder.path, 'a.jpg'), content);
  expect(Buffer.from(readImported({ path: join(folder.path, 'a.jpg') }, null)).equals(content)).toBe(true);
});

describe('a place that is not that of the picture gives nothing', () => {
  const changed = { code: 'SOURCE_CHANGED', message: expect.stringMatching(/^The picture p\/1\.jpg in .*set\.zip is another one than was imported/) };
  const end = 100 + content.length + packed.length + 50;
  test.each<[string, Place, RegExp]>([
    ['beside it', { ...stored, start: 99 }, /another one than was imported/],
    ['in other bytes that do not unpack', { ...deflated, start: 101 }, /does not unpack/],
    ['with an end beyond the archive', { ...stored, start: end - 10 }, /the archive ends before it/],
    ['beyond the archive', { ...stored, start: 2 ** 50 }, /the archive ends before it/],
    ['in bytes that unpack to more', { ...deflated, size: content.length - 1 }, /does not unpack \(ERR_BUFFER_TOO_LARGE\)/],
    ['in bytes that unpack to less', { ...deflated, size: content.length + 1 }, /it unpacks to 3300 bytes, not to 3301/],
    ['in a stream that breaks off', { ...deflated, packed: packed.length - 3 }, /does not unpack/],
    ['larger than any picture', { start: 0, packed: 2 ** 31, size: 2 ** 31, coding: 'stored' }, /more than 1073741824 are not read/],
    ['before the archive', { ...stored, start: -1 }, /makes no sense/],
    ['without a number', { ...stored, start: NaN }, /makes no sense/],
    ['of a size that nothing packs', { ...deflated, size: 2 ** 30 }, /makes no sense/],
  ])('one %s', (_what, place, why) => {
    let caught: unknown;
    try {
      readImported(at(place), hash);
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject(changed);
    const { cause, message } = caught as Error;
    expect(`${message} ${(cause as Error | undefined)?.message ?? ''}`).toMatch(why);
  });

  test('and an archive that is gone, empty or a folder by now', () => {
    writeFileSync(path, '');
    expect(() => readImported(at(stored), hash)).toThrow(`The picture p/1.jpg in ${path} is another one than was imported: the archive has changed since.`);
    expect(() => readRegularFile(path, at(stored).range)).toThrow(`The archive ${path} with the picture p/1.jpg is empty (0 bytes).`);
    rmSync(path);
    expect(() => readImported(at(stored), hash)).toThrow(`The archive ${path} with the picture p/1.jpg is not there.`);
    mkdirSync(path);
    expect(() => readImported(at(stored), hash)).toThrow('is another one than was imported');
  });
});
