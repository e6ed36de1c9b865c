/** The project of an open host is moved, deleted or replaced: nothing is acknowledged that is not kept, and nothing is done to what is there instead. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Events } from '../../../src-shared/contract/index.ts';
import { holderOf, LOCK_NAME } from '../../../src-main/db/projectLock.ts';
import { createProject, openHost, type Host } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';

const log = openLog('silent');
let project: TestProject;
/** The host's next look at the place. */
let timers: { call: () => void }[];
let notices: Events['notice'][];

beforeEach(async () => {
  timers = [];
  notices = [];
  project = await openTestProject({
    lookLater(_ms, call) {
      const timer = { call };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
  });
  await fillProject(project.host.context, { tracklets: 2, identities: 1, cameras: 1 });
  project.host.context.events.on('notice', (notice) => notices.push(notice));
});
afterEach(() => project[Symbol.asyncDispose]());

function look(): void {
  for (const { call } of timers.splice(0)) call();
}

const edit = (value: string, key: string = randomUUID()) =>
  project.host.client().send('annotations.apply', { label: value, edits: [{ trackletId: 1, field: 'note', start: 0, end: 0, value }] }, { key });
const noteOf = async (host: Host): Promise<unknown> =>
  (await host.client().call('annotations.get', { trackletId: 1 })).find(({ field }) => field === 'note')?.value;
const noteIn = (file: string): unknown => {
  const database = new Database(file, { readonly: true });
  try {
    return database.prepare("SELECT json_extract(value, '$') FROM annotation WHERE tracklet_id = 1 AND field = 'note'").pluck().get();
  } finally {
    database.close();
  }
};

const away = (name: string) => join(project.folder, '..', name);
const database = (folder: string = project.folder) => join(folder, 'project.sqlite');

/** Another project, which was killed: its newest rows are in its log alone. */
async function makeOther(folder: string): Promise<void> {
  await createProject(folder, 'Other', { log });
  const script = `import Database from ${JSON.stringify(fileURLToPath(import.meta.resolve('better-sqlite3')))};
    const db = new Database(${JSON.stringify(database(folder))});
    db.pragma('journal_mode = WAL');
    db.exec("INSERT INTO meta (key, value) VALUES ('newest', 'in the log')");
    process.kill(process.pid, 'SIGKILL');`;
  spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  expect(readFileSync(`${database(folder)}-wal`).length).toBeGreaterThan(0);
}

const takeAway: Record<string, () => void | Promise<void>> = {
  'the folder moved': () => renameSync(project.folder, away('Q')),
  'the folder deleted': () => rmSync(project.folder, { recursive: true }),
  'the database moved': () => renameSync(database(), away('elsewhere.sqlite')),
  'its log deleted': () => rmSync(`${database()}-wal`),
  'its index of the log deleted': () => rmSync(`${database()}-shm`),
  'another project in its place': async () => {
    renameSync(project.folder, away('Q'));
    await makeOther(project.folder);
  },
  'another database in its place': async () => {
    await makeOther(away('other'));
    for (const suffix of ['', '-wal', '-shm']) renameSync(`${database()}${suffix}`, away(`elsewhere.sqlite${suffix}`));
    for (const suffix of ['', '-wal', '-shm'])
      if (existsSync(`${database(away('other'))}${suffix}`)) renameSync(`${database(away('other'))}${suffix}`, `${database()}${suffix}`);
  },
};

test.each(Object.entries(takeAway))('%s: the next edit is refused with a sentence, and every page is told', async (_name, take) => {
  await edit('before');
  await take();
  await expect(edit('after')).rejects.toMatchObject({
    code: 'PROJECT_MOVED',
    message: expect.stringContaining('Nothing is saved until it is back') as unknown,
  });
  look();
  look();
  expect(notices.map(({ code }) => code)).toEqual(['PROJECT_MOVED']);
});

test('overwritten where it lies: the next edit is refused, every page is told once, and what was put there opens as it was', async () => {
  await edit('before');
  await makeOther(away('other'));
  const other = new Database(database(away('other')));
  other.pragma('wal_checkpoint(TRUNCATE)');
  other.close();
  // By another process: closing the live database here would drop its locks.
  expect(spawnSync('cp', [database(away('other')), database()]).status).toBe(0);
  const refusal = {
    code: 'PROJECT_MOVED',
    message: expect.stringMatching(/project\.sqlite of the open project .* was overwritten .* Nothing is saved/) as unknown,
  };
  await expect(edit('after')).rejects.toMatchObject(refusal);
  look();
  look();
  await vi.waitFor(() => expect(notices.map(({ code }) => code)).toEqual(['PROJECT_MOVED']));
  await expect(project.host.client().call('backups.make', {})).rejects.toMatchObject(refusal);
  await project.host.close();
  expect(readFileSync(database()).equals(readFileSync(database(away('other'))))).toBe(true);
  const meta = new Database(database(), { readonly: true });
  expect(meta.prepare("SELECT value FROM meta WHERE key = 'newest'").pluck().get()).toBe('in the log');
  meta.close();
});

test('back in its place it takes the edits that waited, once each', async () => {
  const key = randomUUID();
  renameSync(project.folder, away('Q'));
  await expect(edit('waits', key)).rejects.toMatchObject({ code: 'PROJECT_MOVED' });
  look();
  renameSync(away('Q'), project.folder);
  look();
  expect(notices[1]).toMatchObject({ code: 'PROJECT_BACK', message: expect.stringContaining('is back in its place') as unknown });
  const first = await edit('waits', key);
  expect(await edit('waits', key)).toEqual(first);
  expect(await noteOf(project.host)).toBe('waits');
});

test('moved: the host ends without making the old place again, and the new one holds what was acknowledged', async () => {
  await project.host.serve();
  await edit('kept');
  renameSync(project.folder, away('Q'));
  look();
  await expect(project.host.client().call('runs.list', {})).resolves.toEqual([]);
  await project.host.close();
  expect(existsSync(project.folder)).toBe(false);
  const moved = await openHost({ folder: away('Q'), log, paths: { home: project.home, provisioned: join(project.home, 'native') } });
  expect(await noteOf(moved)).toBe('kept');
  await moved.close();
});

test('another project in its place keeps every byte, its log too, also when the host ends', async () => {
  await edit('kept');
  renameSync(project.folder, away('Q'));
  await makeOther(project.folder);
  const files = () => readdirSync(project.folder, { recursive: true }).sort();
  const before = { files: files(), log: readFileSync(`${database()}-wal`), data: readFileSync(database()) };
  await expect(edit('lost?')).rejects.toMatchObject({ code: 'PROJECT_MOVED' });
  look();
  await project.host.close();
  expect({ files: files(), log: readFileSync(`${database()}-wal`), data: readFileSync(database()) }).toEqual(before);
  expect(noteIn(database(away('Q')))).toBe('kept');
});

test('a lock file that was deleted is made again, and still keeps a second host out', async () => {
  rmSync(join(project.folder, LOCK_NAME));
  look();
  expect(holderOf(project.folder)?.pid).toBe(process.pid);
  await expect(openHost({ folder: project.folder, log, paths: { home: project.home, provisioned: project.home } })).rejects.toMatchObject({
    code: 'PROJECT_LOCKED',
  });
  await edit('goes on');
  expect(notices).toEqual([]);
});

test('a folder made anew at the old place stays empty, whatever a page asks for', async () => {
  const server = await project.host.serve();
  renameSync(project.folder, away('Q'));
  mkdirSync(project.folder);
  const answer = await fetch(`http://127.0.0.1:${server.port}/media/strip/1.jpg`, { headers: { authorization: `Bearer ${server.token}` } });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  await project.host.close();
  expect(readdirSync(project.folder)).toEqual([]);
});
