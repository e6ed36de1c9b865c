/** The zip reader on archives of another writer (fflate), and on archives that are damaged or hostile. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync, type Zippable } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from '../../../../src-main/platform/provision/zip.ts';
import type { AppError } from '../../../../src-shared/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zip-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function write(archive: Uint8Array): string {
  const path = join(folder, 'archive.zip');
  writeFileSync(path, archive);
  return path;
}

async function openError(members: Zippable): Promise<AppError> {
  return ZipFile.open(write(zipSync(members))).then(
    () => Promise.reject(new Error('it was opened')),
    (error: AppError) => error,
  );
}

/** Extracts the only entry of an archive. */
async function extractOnly(archive: Uint8Array): Promise<Buffer> {
  const zip = await ZipFile.open(write(archive));
  try {
    const target = join(folder, 'out');
    await zip.extract(zip.entries[0]!, target);
    return readFileSync(target);
  } finally {
    await zip.close();
  }
}

it('reads deflated, stored and empty entries', async () => {
  const big = Buffer.alloc(1_500_000, 'abcdefg');
  const zip = await ZipFile.open(
    write(
      zipSync({
        'a/big': [big, { level: 9 }],
        stored: [bytes('as it is'), { level: 0 }],
        empty: [new Uint8Array(0), { level: 0 }],
        'folder/': new Uint8Array(0),
      }),
    ),
  );
  expect(zip.entries.map(({ name, size, method }) => ({ name, size, method }))).toEqual([
    { name: 'a/big', size: 1_500_000, method: 'deflated' },
    { name: 'stored', size: 8, method: 'stored' },
    { name: 'empty', size: 0, method: 'stored' },
  ]);
  let counted = 0;
  for (const [index, entry] of zip.entries.entries()) await zip.extract(entry, join(folder, String(index)), { onBytes: (size) => (counted += size) });
  await zip.close();
  expect(readFileSync(join(folder, '0')).equals(big)).toBe(true);
  expect(readFileSync(join(folder, '1'), 'utf8')).toBe('as it is');
  expect(statSync(join(folder, '2')).size).toBe(0);
  expect(counted).toBe(1_500_008);
});

it('reads an archive of many members without a warning of Node', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  const zip = await ZipFile.open(write(zipSync(Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`member${i}`, bytes(`number ${i}`)])))));
  process.on('warning', note);
  try {
    for (const entry of zip.entries) await zip.extract(entry, join(folder, entry.name));
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  } finally {
    process.off('warning', note);
    await zip.close();
  }
  expect(readFileSync(join(folder, 'member14'), 'utf8')).toBe('number 14');
});

it('never overwrites a file', async () => {
  const archive = zipSync({ a: bytes('new') });
  writeFileSync(join(folder, 'out'), 'old');
  await expect(extractOnly(archive)).rejects.toThrow('EEXIST');
  expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('old');
});

describe('hostile archives are refused as a whole', () => {
  it.each(['../outside', 'a/../../outside', '/absolute', 'a//b', './a', 'C:/windows', 'a\\..\\b', 'a\nb'])('a member named %j', async (name) => {
    const error = await openError({ good: bytes('x'), [name]: bytes('x') });
    expect(error.code).toBe('FILE_INVALID');
    expect(error.message).toContain('would be written outside of its folder');
    expect(readdirSync(folder)).toEqual(['archive.zip']);
  });

  it('a symbolic link', async () => {
    expect((await openError({ link: [bytes('/etc'), { os: 3, attrs: 0o120777 << 16 }] })).message).toContain('is a link or a device');
  });

  it('two members of one name', async () => {
    const archive = Buffer.from(zipSync({ 'first.txt': bytes('1'), 'other.txt': bytes('2') }));
    for (let at = archive.indexOf('other'); at >= 0; at = archive.indexOf('other', at + 1)) archive.write('first', at);
    await expect(ZipFile.open(write(archive))).rejects.toThrow('two entries named first.txt');
  });

  it('a member that unpacks to more than it declares', async () => {
    const archive = Buffer.from(zipSync({ bomb: [Buffer.alloc(100_000), { level: 9 }] }));
    const central = archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    archive.writeUInt32LE(10, central + 24);
    await expect(extractOnly(archive)).rejects.toThrow('unpacks to more than the 10 bytes it declares');
  });
});

describe('damaged archives', () => {
  const sound = (): Buffer => Buffer.from(zipSync({ a: [Buffer.alloc(10_000, 'some text '), { level: 6 }] }));

  it('cut off', async () => {
    const archive = sound();
    await expect(ZipFile.open(write(archive.subarray(0, archive.length - 30)))).rejects.toThrow('it is cut off or no zip archive');
  });

  it('no archive at all', async () => {
    await expect(ZipFile.open(write(bytes('<html>not found</html>')))).rejects.toThrow('no end record');
    await expect(ZipFile.open(write(new Uint8Array(0)))).rejects.toThrow('no end record');
  });

  it('a wrong checksum', async () => {
    const archive = sound();
    const central = archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    archive.writeUInt32LE(1, central + 16);
    await expect(extractOnly(archive)).rejects.toThrow('the checksum of the entry a is wrong');
  });

  it('a damaged stream', async () => {
    const archive = sound();
    archive[33] = 0xff;
    await expect(extractOnly(archive)).rejects.toMatchObject({ code: 'FILE_INVALID' });
  });

  it('encrypted', async () => {
    const archive = sound();
    const central = archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    archive.writeUInt16LE(1, central + 8);
    await expect(ZipFile.open(write(archive))).rejects.toThrow('is encrypted');
  });
});
