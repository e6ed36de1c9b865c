/** A project that cannot be written opens for looking, says so, refuses what would change it, and leaves no trace in its folder. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { calls, type CallName } from '../../../src-shared/contract/index.ts';
import { makeLookingCopy } from '../../../src-main/db/lookingCopy.ts';
import { createProject, openHost, type Host } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { readOnlyReason } from '../../../src-main/platform/readOnlyReason.ts';
import { fillProject } from '../../support/bigProject.ts';
import { startHostProcess } from '../../support/hostProcess.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';
import { connectSocket } from '../../support/socketClient.ts';

let base: ReturnType<typeof temporaryFolder>;
let folder: string;
let home: string;
let host: Host | null = null;

/** A project whose host was killed: its last edit is in the log alone. */
beforeEach(async () => {
  base = temporaryFolder();
  folder = join(base.path, 'P');
  home = join(base.path, 'home');
  await using project = await openTestProject();
  mkdirSync(join(project.folder, 'data'));
  await sharp({ create: { width: 32, height: 64, channels: 3, background: 'red' } })
    .jpeg()
    .toFile(join(project.folder, 'data', '1.jpg'));
  await fillProject(project.host.context, { tracklets: 3, identities: 2, cameras: 1, pictures: { root: 'data', files: ['1.jpg'] } });
  await project.host.client().call('annotations.apply', { label: 'note', edits: [{ trackletId: 1, field: 'note', start: 0, end: 0, value: 'the last edit' }] });
  // By another process: opening the live database here would drop its locks.
  expect(spawnSync('cp', ['-r', project.folder, folder]).status).toBe(0);
  for (const name of ['project.sqlite-shm', 'project.lock', 'host.json']) rmSync(join(folder, name));
  expect(readFileSync(join(folder, 'project.sqlite-wal')).length).toBeGreaterThan(0);
});
afterEach(async () => {
  await host?.close();
  host = null;
  base[Symbol.dispose]();
});

const look = (): Promise<Host> =>
  openHost({
    folder,
    paths: { home, provisioned: join(home, 'native') },
    log: openLog('silent'),
    validateOutputs: true,
    readOnlyReason: () => 'its disk is read-only',
  });
const contents = (): [string, string][] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry): [string, string] => [join(entry.parentPath, entry.name), readFileSync(join(entry.parentPath, entry.name)).toString('base64')])
    .sort();

test('shows all of it, the edit in the log too, and its pictures', async () => {
  const before = contents();
  host = await look();
  const client = host.client();
  expect(await client.call('project.info', {})).toMatchObject({ folder, readOnly: { reason: 'its disk is read-only' } });
  expect((await client.call('annotations.get', { trackletId: 1 })).find(({ field }) => field === 'note')?.value).toBe('the last edit');
  const server = await host.serve();
  const strip = await fetch(`http://127.0.0.1:${server.port}/media/strip/1.jpg`, { headers: { authorization: `Bearer ${server.token}` } });
  expect(strip.status).toBe(200);
  await host.close();
  expect(contents()).toEqual(before);
});

test('of files that may only be read, the private copy may be written, by this user alone', async () => {
  const file = join(folder, 'project.sqlite');
  for (const path of [file, `${file}-wal`]) chmodSync(path, 0o444);
  const copy = await makeLookingCopy(file);
  try {
    expect([copy.file, `${copy.file}-wal`].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o600]);
  } finally {
    await copy.remove();
  }
  expect([file, `${file}-wal`].map((path) => statSync(path).mode & 0o777)).toEqual([0o444, 0o444]);
});

test.each<[string, NodeJS.Signals[]]>([
  ['SIGTERM', ['SIGTERM']],
  ['SIGINT', ['SIGINT']],
  ['SIGHUP', ['SIGHUP']],
  ['two at once', ['SIGTERM', 'SIGINT']],
])('a host that is ended by a signal (%s) leaves no private copy', async (_name, signals) => {
  // Looked at for a row that cannot be: root, who may run this, is kept from writing by no permissions.
  const other = join(base.path, 'Q');
  await createProject(other, 'Q', { log: openLog('silent') });
  const database = new Database(join(other, 'project.sqlite'));
  database.exec("INSERT INTO command_key VALUES ('key', 'no JSON', 1)");
  database.close();
  const temporary = join(base.path, 'tmp');
  mkdirSync(temporary);
  const looking = await startHostProcess(other, [], { TMPDIR: temporary, TRACKLET_HOME: home });
  expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^tracklet-looking-/)]);
  const ended = new Promise((resolve) => looking.child.on('exit', resolve));
  for (const signal of signals) looking.child.kill(signal);
  await ended;
  expect(readdirSync(temporary)).toEqual([]);
});

test('the private copy that a killed program left goes at the next start; one in use stays, and so does what is none of ours', async () => {
  const [other, third] = [join(base.path, 'Q'), join(base.path, 'R')];
  for (const path of [other, third]) {
    await createProject(path, 'Q', { log: openLog('silent') });
    const database = new Database(join(path, 'project.sqlite'));
    database.exec("INSERT INTO command_key VALUES ('key', 'no JSON', 1)");
    database.close();
  }
  const temporary = join(base.path, 'tmp');
  mkdirSync(temporary);
  const env = { TMPDIR: temporary, TRACKLET_HOME: home };
  const copies = (): string[] => readdirSync(temporary).filter((name) => name.startsWith('tracklet-looking-'));
  const killed = await startHostProcess(other, [], env);
  const [left] = copies();
  const ended = new Promise((resolve) => killed.child.on('exit', resolve));
  killed.child.kill('SIGKILL');
  await ended;
  expect(copies()).toEqual([left]);
  // Of a program that knows no such lock, so nobody can tell whether it is in use; and a link to somewhere else.
  mkdirSync(join(temporary, 'tracklet-looking-old'));
  symlinkSync(folder, join(temporary, 'tracklet-looking-link'));
  const before = contents();

  const first = await startHostProcess(other, [], env);
  const mine = copies().filter((name) => !/old|link/.test(name));
  expect(mine).toHaveLength(1);
  expect(mine).not.toContain(left);
  // A start beside it leaves the one in use alone.
  const second = await startHostProcess(third, [], env);
  expect(copies()).toEqual(expect.arrayContaining(mine));
  expect((await connectSocket(first.port, {}, first.token).client.call('project.info', {})).readOnly).not.toBeNull();
  await second.stop();
  await first.stop();
  expect(copies().sort()).toEqual(['tracklet-looking-link', 'tracklet-looking-old']);
  expect(contents()).toEqual(before);
});

test('every command and every job is refused with the same sentence; the settings of the user are not the project', async () => {
  host = await look();
  const client = host.client();
  const inputs: Partial<Record<CallName, object>> = {
    'annotations.apply': { label: 'x', edits: [{ trackletId: 1, field: 'note', start: 0, end: 0, value: 'x' }] },
    'imports.start': { path: folder, importer: null, options: {}, name: null },
    'history.undo': {},
    'datasets.remove': { id: 1 },
    'jobs.clear': {},
    'backups.make': {},
    'exports.start': { id: 1, exporter: 'annotations', options: {}, to: '/nowhere', links: 'copy' },
    'synth.start': { identities: 2, cameras: 1, seed: 1, name: null },
  };
  for (const [name, input] of Object.entries(inputs)) {
    expect(['command', 'job']).toContain(calls[name as CallName].kind);
    await expect(client.call(name as 'history.undo', input as Record<string, never>), name).rejects.toMatchObject({
      code: 'PROJECT_READ_ONLY',
      message: `The project ${folder} is open for looking only, because its disk is read-only.`,
    });
  }
  await client.call('settings.set', { key: 'theme', value: 'light' });
  expect(await client.call('settings.get', {})).toMatchObject({ theme: 'light' });
});

test('several may look at once; a project that somebody works in is not copied under their hands', async () => {
  host = await look();
  const second = await look();
  expect(await second.client().call('datasets.list', {})).toHaveLength(1);
  await second.close();
  await host.close();
  host = await openHost({ folder, paths: { home, provisioned: home }, log: openLog('silent') });
  expect(await host.client().call('project.info', {})).toMatchObject({ readOnly: null });
  await expect(look()).rejects.toMatchObject({ code: 'PROJECT_LOCKED', params: { pid: process.pid } });
});

test('jobs that wait in it stay where they are', async () => {
  host = await look();
  expect(await host.client().call('jobs.list', {})).toEqual([]);
});

const mounts = process.platform === 'linux' && spawnSync('unshare', ['-rm', 'true']).status === 0;
test.runIf(mounts)('on a medium that is really read-only: the command line looks, and says why it does not import', async () => {
  const cli = fileURLToPath(new URL('../../../src-main/cli/main.ts', import.meta.url));
  const script = `mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && ! touch "$1/x" 2>/dev/null || exit 99
    "$2" --disable-warning=ExperimentalWarning "$3" stats --project "$1" --dataset Big --json; echo "stats $?"
    "$2" --disable-warning=ExperimentalWarning "$3" import "$1/data" --project "$1" --json; echo "import $?"`;
  const run = spawn('unshare', ['-rm', 'sh', '-c', script, 'sh', folder, process.execPath, cli], {
    env: { ...process.env, TRACKLET_HOME: home, VITEST: undefined },
  });
  let out = '';
  let err = '';
  run.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  run.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  expect(await new Promise((resolve) => run.on('exit', resolve))).toBe(0);
  expect(out).toContain('"tracklets"');
  expect(out).toContain('stats 0');
  expect(out).toContain('import 1');
  expect(`${out}${err}`).toContain('is open for looking only, because its disk is read-only');
});

// As an ordinary user would be: root is bound by no permissions, so it becomes one.
const asNobody = process.platform === 'linux' && process.getuid?.() === 0;
test('what the system says about permissions is put into words', async () => {
  using made = temporaryFolder();
  const other = join(made.path, 'Q');
  await createProject(other, 'Q', { log: openLog('silent') });
  expect(readOnlyReason(other, join(other, 'project.sqlite'))).toBe(null);
  const module = fileURLToPath(new URL('../../../src-main/platform/readOnlyReason.ts', import.meta.url));
  const script = `import { readOnlyReason } from ${JSON.stringify(module)};
    process.setgid?.(65534); process.setuid?.(65534);
    process.stdout.write(String(readOnlyReason(${JSON.stringify(other)}, ${JSON.stringify(join(other, 'project.sqlite'))})));`;
  for (const path of [made.path, other]) chmodSync(path, 0o755);
  const told = asNobody ? spawnSync(process.execPath, ['--input-type=module', '-e', script]).stdout.toString() : withoutWrite(other);
  expect(told).toBe('you may not write in its folder');
});

function withoutWrite(path: string): string | null {
  chmodSync(path, 0o500);
  try {
    return readOnlyReason(path, join(path, 'project.sqlite'));
  } finally {
    chmodSync(path, 0o700);
  }
}
