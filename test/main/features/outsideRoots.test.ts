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

/** A job and a sample that would go on, as somebody writes them into a project before sending it. */
function plantWork(folder: string, source: string): void {
  const database = new Database(join(folder, 'project.sqlite'));
  const params = JSON.stringify({ path: source, importer: null, options: {}, name: null });
  database.prepare("INSERT INTO job (kind, title, state, params, created_at) VALUES ('import', 'Look at this', 'waiting', ?, 0)").run(params);
  const { lastInsertRowid: job } = database
    .prepare("INSERT INTO job (kind, title, state, params, created_at) VALUES ('import', 'Go on', 'interrupted', ?, 0)")
    .run(params);
  const sample = JSON.stringify({ complete: false, runs: {}, pets: { job: Number(job) }, synthetic: { job: Number(job) } });
  database.prepare("INSERT INTO meta (key, value) VALUES ('sample', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value").run(sample);
  database.close();
}

/** When the host is closed, all that it would have begun has left its trace: closing waits for it, and says so in the row. */
function workIn(folder: string): unknown[] {
  const database = new Database(join(folder, 'project.sqlite'), { readonly: true });
  const rows = database.prepare('SELECT title, state, error FROM job ORDER BY title').raw().all() as [string, string, string | null][];
  database.close();
  return rows;
}
const held = [
  ['Go on', 'interrupted', null],
  ['Look at this', 'interrupted', expect.stringContaining('It waited in a project') as unknown],
];

test.each(['opened by somebody else meanwhile', 'as another file, with its mark', 'for the first time'])(
  'a project that comes back runs nothing of what was put in, nor at the next opening: %s',
  async (how) => {
    using base = temporaryFolder();
    const [folder, home, source, elsewhere] = ['P', 'home', 'source', 'elsewhere'].map((name) => join(base.path, name)) as [string, string, string, string];
    await makeSource(source);
    const isFirst = how === 'for the first time';
    await (await open(folder, isFirst ? elsewhere : home)).close();
    if (how.startsWith('opened')) await (await open(folder, elsewhere)).close();
    plantWork(folder, source);
    if (how.startsWith('as another')) {
      cpSync(folder, `${folder}-sent`, { recursive: true });
      renameSync(folder, `${folder}-before`);
      renameSync(`${folder}-sent`, folder);
    }
    for (let opening = 0; opening < 2; opening++) {
      const host = await open(folder, home);
      expect(await host.client().call('datasets.list', {})).toEqual([]);
      await host.close();
      expect(workIn(folder)).toEqual(held);
    }
  },
);

test('what waits in a project of the own goes on at the next opening, moved or not, and with two copies in turn', async () => {
  using base = temporaryFolder();
  const [folder, home, source] = ['P', 'home', 'source'].map((name) => join(base.path, name)) as [string, string, string];
  await makeSource(source);
  await (await open(folder, home)).close();
  const copy = join(base.path, 'copy');
  cpSync(folder, copy, { recursive: true });
  await (await open(copy, home)).close();
  const moved = join(base.path, 'moved');
  renameSync(folder, moved);
  for (const place of [moved, copy]) {
    const database = new Database(join(place, 'project.sqlite'));
    const params = JSON.stringify({ path: source, importer: null, options: {}, name: 'Set' });
    const { lastInsertRowid } = database
      .prepare("INSERT INTO job (kind, title, state, params, created_at) VALUES ('import', 'Go on', 'waiting', ?, 0)")
      .run(params);
    database.close();
    const host = await open(place, home);
    await host.context.jobs.wait(Number(lastInsertRowid));
    expect(await host.client().call('datasets.list', {})).toHaveLength(1);
    await host.close();
  }
});

test('projects without an id do not pass for one another', async () => {
  using base = temporaryFolder();
  const home = join(base.path, 'home');
  const ids = [];
  for (const name of ['P', 'Q']) {
    const folder = join(base.path, name);
    await (await open(folder, join(base.path, 'elsewhere'))).close();
    const database = new Database(join(folder, 'project.sqlite'));
    database.prepare("DELETE FROM meta WHERE key = 'id'").run();
    database.close();
    const host = await open(folder, home);
    expect(host.context.known.isNew).toBe(true);
    ids.push((await host.context.db.read('project', 'meta', null))['id']);
    await host.close();
  }
  expect(new Set(ids).size).toBe(2);
});
