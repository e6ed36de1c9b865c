import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { containedPath, pathInside } from '../../../src-main/platform/contained.ts';
import { temporaryFolder } from '../../support/project.ts';

afterEach(() => void vi.restoreAllMocks());

test.each(['', '.', './', '..', '../x', 'a/../../x', 'a/..', 'runs/../backups', '/etc/passwd', 'a\0b', 'a\\..\\..\\b'])(
  'a path that leads out, or nowhere in, is refused: %j',
  (path) => {
    using folder = temporaryFolder();
    for (const rule of [pathInside, containedPath]) expect(() => rule(folder.path, path)).toThrow('leads out of');
  },
);

test('a path inside is what it says, also when it is not there yet', () => {
  using folder = temporaryFolder();
  expect(containedPath(folder.path, 'a/b..c/d.jpg')).toBe(join(folder.path, 'a', 'b..c', 'd.jpg'));
  expect(containedPath(`${folder.path}/./`, 'a')).toBe(join(folder.path, 'a'));
});

test('links lead to no other place; inside they may', () => {
  using outside = temporaryFolder();
  using folder = temporaryFolder();
  writeFileSync(join(outside.path, 'secret'), 'x');
  mkdirSync(join(folder.path, 'pictures'));
  writeFileSync(join(folder.path, 'pictures', '1.jpg'), 'x');
  const link = (target: string, name: string) => symlinkSync(target, join(folder.path, name));
  link(join(outside.path, 'secret'), 'file');
  link(outside.path, 'folder');
  link(join(outside.path, 'not there yet'), 'dangling');
  link('loop', 'loop');
  link('.', 'itself');
  link('file', 'twice');
  link(join(folder.path, 'pictures', '1.jpg'), 'inside');
  for (const path of ['file', 'folder', 'folder/secret', 'folder/new/deep', 'dangling', 'dangling/x', 'loop', 'itself', 'twice'])
    expect(() => containedPath(folder.path, path), path).toThrow('leads out of');
  expect(containedPath(folder.path, 'inside')).toBe(join(folder.path, 'inside'));
  expect(containedPath(folder.path, 'itself/pictures/1.jpg')).toBe(join(folder.path, 'itself', 'pictures', '1.jpg'));
});

test('a root that is reached through a link is the folder it leads to', () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'real'));
  writeFileSync(join(folder.path, 'real', 'x'), '');
  symlinkSync('real', join(folder.path, 'root'));
  expect(containedPath(join(folder.path, 'root'), 'x')).toBe(join(folder.path, 'root', 'x'));
});

test('whatever the path: refused, or below the root', () => {
  using folder = temporaryFolder();
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '...', ' ', '~', 'C:'), fc.string({ maxLength: 4 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      let found: string;
      try {
        found = containedPath(folder.path, parts.join('/'));
      } catch {
        return;
      }
      const inside = relative(folder.path, found);
      expect(inside).not.toBe('');
      expect(inside.split('/')[0]).not.toBe('..');
    }),
  );
});

test('a folder that is made while it is looked for is inside as any other; a link is still a link', () => {
  using outside = temporaryFolder();
  using folder = temporaryFolder();
  const wanted = join(folder.path, 'cache');
  const follow = realpathSync.native;
  const madeMeanwhile = (make: () => void): void => {
    let isMade = false;
    vi.spyOn(realpathSync, 'native').mockImplementation(((path: string) => {
      try {
        return follow(path);
      } finally {
        if (!isMade && path === wanted) make();
        isMade ||= path === wanted;
      }
    }) as typeof follow);
  };
  madeMeanwhile(() => mkdirSync(wanted));
  expect(containedPath(folder.path, 'cache')).toBe(wanted);
  vi.restoreAllMocks();
  const other = join(folder.path, 'link');
  symlinkSync(join(outside.path, 'gone'), other);
  expect(() => containedPath(folder.path, 'link')).toThrow('leads out of');
});
