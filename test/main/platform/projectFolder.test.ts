import { existsSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../../../src-main/platform/projectFolder.ts';
import { temporaryFolder } from '../../support/project.ts';

test.each(['..', '.', '', 'a/b', 'a\\b', '../x', '.hidden', '/etc', 'a\0', 'C:x'])('a run named %j has no folder', (id) => {
  using base = temporaryFolder();
  expect(() => projectFolder(base.path).run(id)).toThrow();
});

test.each(['resnet-tap-s1', 'run_2', 'ältere läufe', 'a.b'])('a run named %j has one', (id) => {
  using base = temporaryFolder();
  expect(projectFolder(base.path).run(id)).toBe(join(base.path, 'runs', id));
});

test.each(['project.sqlite', 'project.sqlite-wal', 'Project.SQLite', 'project.lock'])('%s is for SQLite alone', (path) => {
  using base = temporaryFolder();
  expect(() => projectFolder(base.path).file(path)).toThrow('leads to the database');
});

test('folders are made for their owner, below the project only', async () => {
  using base = temporaryFolder();
  const project = projectFolder(base.path);
  await project.makeFolder(project.file('cache/a/b'));
  await project.makeFolder(project.file('cache/a/b'));
  expect(statSync(join(base.path, 'cache', 'a')).mode & 0o777).toBe(0o700);
  await expect(project.makeFolder(`${base.path}-other`)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  symlinkSync('/tmp', join(base.path, 'runs'));
  expect(() => project.run('x')).toThrow('leads out of');
});

test('one that cannot be written has its cache elsewhere: folders are made there, and it is there itself', async () => {
  using base = temporaryFolder();
  using other = temporaryFolder();
  const project = projectFolder(base.path, { cache: other.path });
  await project.makeFolder(dirname(project.file('cache/methods.json')));
  await project.makeFolder(project.file('cache/a/b'));
  expect([readdirSync(base.path), readdirSync(other.path), readdirSync(join(other.path, 'a'))]).toEqual([[], ['a'], ['b']]);
});

test('a project that is no longer in its place gets nothing: no folder at the old one, nothing in what is there instead', async () => {
  using base = temporaryFolder();
  const old = join(base.path, 'P');
  mkdirSync(old);
  const project = projectFolder(old);
  const cache = project.file('cache/pictures');
  renameSync(old, join(base.path, 'Q'));
  expect(() => project.file('cache/x')).toThrow('is no longer in its place');
  await expect(project.makeFolder(cache)).rejects.toMatchObject({ code: 'PROJECT_MOVED' });
  expect(existsSync(old)).toBe(false);
  mkdirSync(old);
  expect(() => project.file('cache/x')).toThrow('is no longer in its place');
  await expect(project.makeFolder(cache)).rejects.toMatchObject({ code: 'PROJECT_MOVED' });
  expect(readdirSync(old)).toEqual([]);
});
