import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProject, openHost } from '../../../src-main/host/host.ts';
import { containedPath } from '../../../src-main/host/project.ts';
import { lockProject } from '../../../src-main/platform/lock.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';

const log = openLog('silent');
const paths = (folder: string) => ({ home: join(folder, 'home'), provisioned: join(folder, 'home', 'native') });

describe('a project', () => {
  test('is opened by one program at a time', async () => {
    await using project = await openTestProject();
    await expect(openHost({ folder: project.folder, log, paths: paths(project.home) })).rejects.toMatchObject({
      code: 'PROJECT_LOCKED',
      params: { pid: process.pid },
    });
  });

  test('that a live other process holds is refused; when that process is gone it is taken over', async () => {
    await using project = await openTestProject();
    await project.host.close();
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const gone = new Promise((resolve) => other.on('exit', resolve));
    writeFileSync(join(project.folder, 'lock'), JSON.stringify({ pid: other.pid, started: null, since: 0 }));
    await expect(openHost({ folder: project.folder, log, paths: paths(project.home) })).rejects.toMatchObject({
      code: 'PROJECT_LOCKED',
      message: expect.stringContaining(String(other.pid)) as unknown,
    });
    other.kill('SIGKILL');
    await gone;
    const host = await openHost({ folder: project.folder, log, paths: paths(project.home) });
    expect(JSON.parse(readFileSync(join(project.folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
    await host.close();
    expect(existsSync(join(project.folder, 'lock'))).toBe(false);
  });

  test.each([
    ['an empty lock', ''],
    ['a damaged lock', '{"pid":'],
    ['a lock of a process id given again since', JSON.stringify({ pid: process.pid, started: '1', since: 0 })],
  ])('with %s is taken over', (_name, text) => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'lock'), text);
    const lock = lockProject(folder.path, 0);
    lock.release();
    expect(existsSync(join(folder.path, 'lock'))).toBe(false);
  });

  test('can be moved', async () => {
    await using project = await openTestProject();
    await project.host.close();
    const moved = `${project.folder}-moved`;
    renameSync(project.folder, moved);
    const host = await openHost({ folder: moved, log, paths: paths(project.home) });
    expect(await host.client().call('project.info', {})).toMatchObject({ name: 'Test', folder: moved });
    await host.close();
  });

  test('is not made twice in one folder', async () => {
    using folder = temporaryFolder();
    await createProject(join(folder.path, 'p'), 'One', { log });
    await expect(createProject(join(folder.path, 'p'), 'Two', { log })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('a folder that is none, a file, and a missing folder are named', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'file'), 'x');
    mkdirSync(join(folder.path, 'empty'));
    const open = (name: string) => openHost({ folder: join(folder.path, name), log, paths: paths(folder.path) });
    await expect(open('missing')).rejects.toMatchObject({ code: 'PROJECT_MISSING', message: expect.stringContaining('does not exist') as unknown });
    await expect(open('empty')).rejects.toMatchObject({ code: 'PROJECT_MISSING', message: expect.stringContaining('has no project.sqlite') as unknown });
    await expect(open('file')).rejects.toMatchObject({ code: 'PROJECT_MISSING', message: expect.stringContaining('is a file') as unknown });
    expect(existsSync(join(folder.path, 'empty', 'lock'))).toBe(false);
  });

  test.each(['..', '../x', 'a/../../x', '/etc/passwd', 'a\0b'])('a path inside it never leads out: %j', (path) => {
    expect(() => containedPath('/project', path)).toThrow('leads out of');
  });
});
