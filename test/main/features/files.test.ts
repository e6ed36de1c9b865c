import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFilesHandlers } from '../../../src-main/features/files/handlers.ts';
import { openSettings } from '../../../src-main/features/settings/settings.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { temporaryFolder } from '../../support/project.ts';

const context = { origin: 'test', signal: new AbortController().signal, key: null, isRemote: true };
const browse = (path: string) => createFilesHandlers()['files.browse']({ path }, context);

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
    await expect(browse(join(folder.path, 'file'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(browse('relative')).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});

describe('settings', () => {
  test('survive a restart; null removes; a damaged file is put aside', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'home', 'settings.json');
    const log = openLog('silent');
    const first = await openSettings(file, log);
    await Promise.all([first.set('annotator', 'Reader 1'), first.set('theme', 'dark'), first.set('gone', 1)]);
    await first.set('gone', null);
    const second = await openSettings(file, log);
    expect(second.all()).toEqual({ annotator: 'Reader 1', theme: 'dark' });
    expect(second.annotator()).toBe('Reader 1');
    writeFileSync(file, '{"theme":');
    expect((await openSettings(file, log)).all()).toEqual({});
  });
});
