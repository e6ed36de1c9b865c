/** Pictures outside a project are read where the user has chosen their folder on this machine; a project that somebody sent chooses nothing. */
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import Database from 'better-sqlite3';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { temporaryFolder } from '../../support/project.ts';

const open = (folder: string, home: string): Promise<Host> =>
  openHost({ folder, create: { name: 'Test' }, paths: { home, provisioned: join(home, 'native') }, log: openLog('silent'), validateOutputs: true });

async function makeSource(folder: string): Promise<void> {
  for (const [person, camera] of [
    ['0001', 1],
    ['0001', 2],
    ['0002', 1],
  ] as const) {
    mkdirSync(join(folder, person), { recursive: true });
    for (let frame = 1; frame <= 3; frame++)
      await sharp({ create: { width: 16, height: 32, channels: 3, background: { r: 40 * frame, g: 0, b: 0 } } })
        .jpeg()
        .toFile(join(folder, person, `${person}C${camera}T0001F00${frame}.jpg`));
  }
}

async function importIt(host: Host, source: string): Promise<number> {
  const { jobId } = await host.client().call('imports.start', { path: source, importer: null, options: {}, name: 'Set' });
  const { dataset } = (await host.context.jobs.wait(jobId)) as { dataset: number };
  return dataset;
}

/** What a page gets: the picture, or the reason. */
async function picture(host: Host): Promise<unknown> {
  const server = await host.serve();
  const answer = await fetch(`http://127.0.0.1:${server.port}/media/crop/1/0.jpg`, { headers: { authorization: `Bearer ${server.token}` } });
  return answer.ok ? 'shown' : ((await answer.json()) as { error: unknown }).error;
}
const refused = { code: 'MEDIA_MISSING', message: expect.stringContaining('was not chosen on this machine') as unknown };

test('what was imported here is shown, also after the project was moved or copied', async () => {
  using base = temporaryFolder();
  const [folder, home, source] = ['P', 'home', 'source'].map((name) => join(base.path, name)) as [string, string, string];
  await makeSource(source);
  let host = await open(folder, home);
  await importIt(host, source);
  expect(await picture(host)).toBe('shown');
  await host.close();
  renameSync(folder, join(base.path, 'moved'));
  host = await open(join(base.path, 'moved'), home);
  expect(await picture(host)).toBe('shown');
  await host.close();
  cpSync(join(base.path, 'moved'), join(base.path, 'copy'), { recursive: true });
  host = await open(join(base.path, 'copy'), home);
  expect(await picture(host)).toBe('shown');
  await host.close();
});

test('on another machine nothing outside is read until it is located; the row says where it would be, and no run begins', async () => {
  using base = temporaryFolder();
  const [folder, source] = ['P', 'source'].map((name) => join(base.path, name)) as [string, string];
  const there = join(base.path, 'home of the other');
  await makeSource(source);
  let host = await open(folder, join(base.path, 'home of the sender'));
  const dataset = await importIt(host, source);
  await host.close();

  host = await open(folder, there);
  const client = host.client();
  expect(await picture(host)).toMatchObject(refused);
  expect((await client.call('tracklets.rows', { ids: [1] }))[0]?.mediaMissing).toBe(true);
  expect((await client.call('datasets.get', { id: dataset })).missing).toMatchObject({ root: source });
  await client.call('datasets.locate', { id: dataset, root: source });
  expect(await picture(host)).toBe('shown');
  await host.close();
  // It is remembered for this user alone, and not in the project.
  host = await open(folder, there);
  expect(await picture(host)).toBe('shown');
  await host.close();
  const kept = readdirSync(join(there, 'projects')).map((name) => join(there, 'projects', name));
  expect(kept.map((file) => statSync(file).mode & 0o777)).toEqual([0o600]);
  expect(JSON.parse(readFileSync(kept[0] as string, 'utf8'))).toMatchObject({ roots: [source] });
});

test('another folder in a project that comes back is not read, however well known the project is', async () => {
  using base = temporaryFolder();
  const [folder, home, source, secret] = ['P', 'home', 'source', 'secret'].map((name) => join(base.path, name)) as [string, string, string, string];
  await makeSource(source);
  await makeSource(secret);
  let host = await open(folder, home);
  await importIt(host, source);
  await host.close();
  for (const root of [secret, '../secret', `${source}/../secret`]) {
    const database = new Database(join(folder, 'project.sqlite'));
    database.prepare('UPDATE dataset SET root = ?').run(root);
    database.close();
    host = await open(folder, home);
    expect(await picture(host), root).not.toBe('shown');
    await host.close();
  }
});

test('jobs that wait in a project that was brought here wait for the user', async () => {
  using base = temporaryFolder();
  const [folder, source] = ['P', 'source'].map((name) => join(base.path, name)) as [string, string];
  await makeSource(source);
  await (await open(folder, join(base.path, 'home of the sender'))).close();
  const database = new Database(join(folder, 'project.sqlite'));
  database
    .prepare("INSERT INTO job (kind, title, state, params, created_at) VALUES ('import', 'Look at this', 'waiting', ?, 0)")
    .run(JSON.stringify({ path: source, importer: null, options: {}, name: null }));
  database.close();
  const host = await open(folder, join(base.path, 'home'));
  expect(await host.client().call('jobs.list', {})).toMatchObject([{ state: 'interrupted', error: { code: 'CANCELLED' } }]);
  expect(await host.client().call('datasets.list', {})).toEqual([]);
  await host.close();
});
