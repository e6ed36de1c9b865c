import { mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProject, openHost } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';

const log = openLog('silent');
const paths = (folder: string) => ({ home: join(folder, 'home'), provisioned: join(folder, 'home', 'native') });

describe('a project', () => {
  test('can be moved', async () => {
    await using project = await openTestProject();
    await project.host.close();
    const moved = `${project.folder}-moved`;
    renameSync(project.folder, moved);
    const host = await openHost({ folder: moved, log, paths: paths(project.home) });
    expect(await host.client().call('project.info', {})).toMatchObject({ name: 'Test', folder: moved });
    await host.close();
  });

  test('is for its owner alone: folders 0700, files 0600', async () => {
    await using project = await openTestProject();
    await project.host.serve();
    const client = project.host.client();
    await client.call('settings.set', { key: 'annotator', value: 'x' });
    await client.call('backups.make', {});
    await project.host.context.project.makeFolder(project.host.context.project.run('r'));
    const open = [project.folder, project.home].flatMap((root) => [
      root,
      ...readdirSync(root, { recursive: true, withFileTypes: true }).map((entry) => join(entry.parentPath, entry.name)),
    ]);
    const wide = open.filter((path) => (statSync(path).mode & 0o077) !== 0);
    expect(wide).toEqual([]);
    expect(open.map((path) => path.slice(project.folder.length))).toEqual(
      expect.arrayContaining(['/project.sqlite', '/project.sqlite-wal', '/host.json', '/runs', '/cache', '/backups']),
    );
  });

  test('is not made twice in one folder', async () => {
    using folder = temporaryFolder();
    await createProject(join(folder.path, 'p'), 'One', { log });
    await expect(createProject(join(folder.path, 'p'), 'Two', { log })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('is not made inside another, however deep; beside it is fine', async () => {
    using folder = temporaryFolder();
    const outer = join(folder.path, 'p');
    await createProject(outer, 'One', { log });
    for (const inner of ['q', 'runs', 'a/b/c'])
      await expect(createProject(join(outer, inner), 'Two', { log })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: `The folder ${join(outer, inner)} lies inside the project ${outer}.`,
        params: { project: outer },
      });
    expect(readdirSync(outer).filter((name) => name === 'q' || name === 'a')).toEqual([]);
    await createProject(join(folder.path, 'p2'), 'Two', { log });
  });

  test('a folder that is none, a file, and a missing folder are named', async () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'file'), 'x');
    mkdirSync(join(folder.path, 'empty'));
    const open = (name: string) => openHost({ folder: join(folder.path, name), log, paths: paths(folder.path) });
    await expect(open('missing')).rejects.toMatchObject({ code: 'PROJECT_MISSING', message: expect.stringContaining('does not exist') as unknown });
    await expect(open('empty')).rejects.toMatchObject({ code: 'PROJECT_MISSING', message: expect.stringContaining('has no project.sqlite') as unknown });
    await expect(open('file')).rejects.toMatchObject({ code: 'PROJECT_MISSING', message: expect.stringContaining('is a file') as unknown });
    expect(readdirSync(join(folder.path, 'empty'))).toEqual([]);
  });
});
