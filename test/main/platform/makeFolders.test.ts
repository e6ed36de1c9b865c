/** Folders that a user named: `src-main/platform/makeFolders.ts`. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolders } from '../../../src-main/platform/makeFolders.ts';
import { temporaryFolder } from '../../support/project.ts';

test('makes what is missing with its mode, and leaves what is there', () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'a'), { mode: 0o755 });
  makeFolders(join(folder.path, 'a/b/c'), 0o700);
  makeFolders(join(folder.path, 'a/b/c'), 0o700);
  expect(['a', 'a/b', 'a/b/c'].map((name) => statSync(join(folder.path, name)).mode & 0o777)).toEqual([0o755, 0o700, 0o700]);
});

test('names the file that is in the way', () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'f');
  writeFileSync(file, 'x');
  expect(() => makeFolders(file)).toThrow(expect.objectContaining({ code: 'BAD_INPUT', message: `${file} is a file, not a folder.` }));
  expect(() => makeFolders(join(file, 'a/b'))).toThrow(/is a file|ENOTDIR/);
});

test.runIf(process.platform === 'linux')('ends where the system takes no folders', () => {
  for (const path of ['/proc/x', '/proc/nope/x'])
    expect(() => makeFolders(path)).toThrow(
      expect.objectContaining({
        code: 'WRITE_PROTECTED',
        message: `The folder ${path.split('/').slice(0, 3).join('/')} cannot be made: /proc takes no new folders.`,
      }),
    );
});
