/** Folders of this machine as a page sees them. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFilesHandlers } from '../../../src-main/features/files/handlers.ts';
import { temporaryFolder } from '../../support/project.ts';

const context = { origin: 'test', signal: new AbortController().signal, key: null, isRemote: true };
const browse = (path: string | null) => createFilesHandlers()['files.browse']({ path }, context);

describe('files.browse', () => {
  test('lists folders first, without dot files, and knows the parent', async () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, 'b'));
    writeFileSync(join(folder.path, 'a.txt'), '');
    writeFileSync(join(folder.path, '.hidden'), '');
    symlinkSync(join(folder.path, 'nowhere'), join(folder.path, 'dangling'));
    const found = await browse(folder.path);
    expect(found.entries).toEqual([
      { name: 'b', path: join(folder.path, 'b'), kind: 'folder' },
      { name: 'a.txt', path: join(folder.path, 'a.txt'), kind: 'file' },
    ]);
    expect(found.parent).toBe(join(folder.path, '..'));
    expect((await browse('/')).parent).toBeNull();
  });

  test('names a folder that cannot be read', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'file'), '');
    await expect(browse(join(folder.path, 'gone'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE', message: `${join(folder.path, 'gone')} does not exist.` });
    await expect(browse(join(folder.path, 'file'))).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `${join(folder.path, 'file')} is not a folder.`,
      params: { path: join(folder.path, 'file') },
    });
    await expect(browse('relative')).rejects.toMatchObject({ code: 'BAD_INPUT', message: '"relative" is not an absolute path.', params: { path: 'relative' } });
  });

  test.skipIf(process.platform === 'win32')('says in words what else hinders it, such as a link to itself', async () => {
    using folder = temporaryFolder();
    symlinkSync(join(folder.path, 'round'), join(folder.path, 'round'));
    const refused = browse(join(folder.path, 'round'));
    await expect(refused).rejects.toThrow(/could not be read/);
    await expect(refused).rejects.toMatchObject({ params: { file: join(folder.path, 'round'), errno: 'ELOOP' } });
  });

  test('begins at home', async () => {
    for (const nowhere of [null, '']) expect((await browse(nowhere)).path).toBe(homedir());
    using folder = temporaryFolder();
    expect((await browse(join(folder.path, '..'))).path).toBe(join(folder.path, '..'));
  });

  test.skipIf(process.platform === 'win32')('links are what they lead to, by name among the others; pipes are neither', async () => {
    using folder = temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    for (const name of ['m', 'c']) mkdirSync(at(name));
    for (const name of ['n', 'd', 'Z']) writeFileSync(at(name), '');
    symlinkSync(at('m'), at('b'));
    symlinkSync(at('n'), at('a'));
    execFileSync('mkfifo', [at('pipe')]);
    symlinkSync(at('pipe'), at('to-pipe'));
    const found = (await browse(folder.path)).entries;
    expect(found.map(({ name, kind }) => `${kind} ${name}`)).toEqual(['folder b', 'folder c', 'folder m', 'file Z', 'file a', 'file d', 'file n']);
    expect(found[0]).toEqual({ name: 'b', path: at('b'), kind: 'folder' });
  });

  test('of very many the first by name are listed', async () => {
    using folder = temporaryFolder();
    for (const name of ['d', 'b', 'a', 'c']) writeFileSync(join(folder.path, name), '');
    const listed = async (most: number) => (await createFilesHandlers(most)['files.browse']({ path: folder.path }, context)).entries.map(({ name }) => name);
    expect([await listed(3), await listed(4)]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c', 'd'],
    ]);
  });
});
