import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { holderOf, HOLDER_NAME, LOCK_NAME, lockProject } from '../../../src-main/db/projectLock.ts';
import { createProject, openHost } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';

const log = openLog('silent');
const entry = fileURLToPath(new URL('../../../src-main/host/main.ts', import.meta.url));
const lock = (folder: string) => lockProject(folder, { now: 5, version: '9.9.9' });
const open = (folder: string, home: string) => openHost({ folder, log, paths: { home, provisioned: join(home, 'native') } });

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

interface Started {
  child: ChildProcess;
  port: number;
  url: string;
}

/** A real host in a process of its own; `via` puts a program before it. */
async function startHost(folder: string, home: string, via: string[] = []): Promise<Started> {
  const [command, ...args] = [...via, process.execPath, '--disable-warning=ExperimentalWarning', entry, '--project', folder];
  const child = spawn(command as string, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, TRACKLET_HOME: home, VITEST: undefined } });
  started.push(child);
  let printed = '';
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (!printed.includes('\n')) return;
      const { url, port } = JSON.parse(printed.slice(0, printed.indexOf('\n'))) as { url: string; port: number };
      resolve({ child, port, url });
    });
    child.on('exit', () => reject(new Error(complaint)));
  });
}

async function madeProject(base: string): Promise<string> {
  const folder = join(base, 'P');
  await createProject(folder, 'P', { log });
  return folder;
}

describe('the lock of a project', () => {
  test('is held once, says who holds it, and leaves nothing behind', () => {
    using folder = temporaryFolder();
    const one = lock(folder.path);
    expect(holderOf(folder.path)).toEqual({ pid: process.pid, startedAt: 5, hostname: hostname(), port: null, token: null, version: '9.9.9' });
    expect(() => lock(folder.path)).toThrow(`is open in another program (process ${process.pid})`);
    one.say({ port: 4711, token: 'secret' });
    expect(holderOf(folder.path)).toMatchObject({ port: 4711, token: 'secret' });
    expect([LOCK_NAME, HOLDER_NAME].map((name) => statSync(join(folder.path, name)).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(statSync(join(folder.path, LOCK_NAME)).size).toBe(0);
    one.release();
    expect(readdirSync(folder.path)).toEqual([]);
    expect(holderOf(folder.path)).toBe(null);
    lock(folder.path).release();
  });

  test('what is left under its name by something else is no obstacle', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, LOCK_NAME);
    const precious = join(folder.path, 'precious');
    writeFileSync(precious, 'x');
    const lefts: (() => void)[] = [() => writeFileSync(file, '{"pid":'), () => symlinkSync(precious, file), () => writeFileSync(file, '')];
    for (const leave of lefts) {
      leave();
      lock(folder.path).release();
    }
    expect(readdirSync(folder.path)).toEqual(['precious']);
    expect(readFileSync(precious, 'utf8')).toBe('x');
  });

  test.each([LOCK_NAME, HOLDER_NAME])('a folder under the name %s is left alone, and named', (name) => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, name));
    writeFileSync(join(folder.path, name, 'precious'), 'x');
    expect(() => lock(folder.path)).toThrow(`${join(folder.path, name)} is a folder, where the program needs a file of its own.`);
    expect(readFileSync(join(folder.path, name, 'precious'), 'utf8')).toBe('x');
    rmSync(join(folder.path, name), { recursive: true });
    lock(folder.path).release();
  });

  test.each([
    ['', 'not there'],
    ['{"pid":1}', 'of another form'],
    ['{', 'damaged'],
  ])('a holder file that is %j (%s) tells nothing, and the lock still holds', (text) => {
    using folder = temporaryFolder();
    const held = lock(folder.path);
    if (text === '') rmSync(join(folder.path, HOLDER_NAME));
    else writeFileSync(join(folder.path, HOLDER_NAME), text);
    expect(holderOf(folder.path)).toBe(null);
    expect(() => lock(folder.path)).toThrow('is open in another program.');
    held.release();
  });

  test('a holder file without its process tells nothing', () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, LOCK_NAME), '');
    writeFileSync(join(folder.path, HOLDER_NAME), JSON.stringify({ pid: process.pid, startedAt: 1, hostname: hostname(), port: 80, token: 'x', version: '1' }));
    expect(holderOf(folder.path)).toBe(null);
  });
});

describe('a host', () => {
  test('says where it serves; one that was killed no longer holds the project, also while nobody has reaped it', async () => {
    using base = temporaryFolder();
    const folder = await madeProject(base.path);
    // The shell starts the host and never waits for it, so the killed host stays in the process table as a zombie.
    const shell = spawn('sh', ['-c', '"$@" & echo $! >&3; exec sleep 1000', 'sh', process.execPath, entry, '--project', folder], {
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
      env: { ...process.env, TRACKLET_HOME: join(base.path, 'home'), VITEST: undefined },
    });
    started.push(shell);
    const pid = Number(await new Promise<string>((resolve) => shell.stdio[3]?.once('data', (chunk: Buffer) => resolve(chunk.toString()))));
    const line = await new Promise<string>((resolve) => shell.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString())));
    const { port, url } = JSON.parse(line) as { port: number; url: string };
    expect(holderOf(folder)).toMatchObject({ pid, port });
    expect(url).toContain(`token=${holderOf(folder)?.token}`);
    await expect(open(folder, join(base.path, 'home'))).rejects.toMatchObject({ code: 'PROJECT_LOCKED', params: { pid } });
    process.kill(pid, 'SIGKILL');
    // Its first thread may be gone before those that hold its files as well.
    if (process.platform === 'linux')
      await expect.poll(() => [readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '), readdirSync(`/proc/${pid}/task`).length]).toEqual([true, 1]);
    const host = await open(folder, join(base.path, 'home'));
    expect(holderOf(folder)?.pid).toBe(process.pid);
    await host.close();
    expect(holderOf(folder)).toBe(null);
  });

  test('a copy of an open project opens, with the holder file that was copied with it', async () => {
    await using project = await openTestProject();
    await project.host.serve();
    const copy = `${project.folder}-copy`;
    // In another process: reading the files here would drop the locks that SQLite holds on them here.
    expect(spawnSync('cp', ['-r', project.folder, copy]).status).toBe(0);
    expect(existsSync(join(copy, LOCK_NAME))).toBe(true);
    expect(holderOf(copy)).toBe(null);
    const host = await open(copy, project.home);
    expect(await host.client().call('project.info', {})).toMatchObject({ folder: copy });
    await host.close();
  });

  test('its lock file deleted: a second host still cannot have the database', async () => {
    using base = temporaryFolder();
    const folder = await madeProject(base.path);
    const home = join(base.path, 'home');
    const first = await startHost(folder, home);
    rmSync(join(folder, LOCK_NAME));
    await expect(open(folder, home)).rejects.toMatchObject({ code: 'PROJECT_LOCKED' });
    first.child.kill('SIGKILL');
    const host = await open(folder, home);
    await host.close();
  });

  test('a program that only reads the database keeps a host out, and its end lets it in', async () => {
    using base = temporaryFolder();
    const folder = await madeProject(base.path);
    const reading = `import Database from ${JSON.stringify(fileURLToPath(import.meta.resolve('better-sqlite3')))};
      const db = new Database(${JSON.stringify(join(folder, 'project.sqlite'))}, { readonly: true });
      db.prepare('SELECT * FROM meta').all();
      process.stdout.write('reads');
      process.stdin.resume().on('end', () => process.exit(0));`;
    const reader = spawn(process.execPath, ['--input-type=module', '-e', reading], { stdio: ['pipe', 'pipe', 'inherit'] });
    started.push(reader);
    await new Promise((resolve) => reader.stdout.once('data', resolve));
    const opening = open(folder, join(base.path, 'home'));
    reader.stdin.end();
    await (await opening).close();
  });

  test('one whose folder was moved while it was open leaves no lock in the new place and makes no folder at the old one', async () => {
    await using project = await openTestProject();
    await project.host.serve();
    const moved = `${project.folder}-moved`;
    renameSync(project.folder, moved);
    await project.host.close();
    expect(existsSync(project.folder)).toBe(false);
    if (process.platform === 'linux') expect(readdirSync(moved).filter((name) => name === LOCK_NAME || name === HOLDER_NAME)).toEqual([]);
    const host = await open(moved, project.home);
    await host.close();
  });

  test('another folder in the place of its own keeps its lock', async () => {
    await using project = await openTestProject();
    const moved = `${project.folder}-moved`;
    renameSync(project.folder, moved);
    mkdirSync(project.folder);
    const other = lock(project.folder);
    await project.host.close();
    expect(holderOf(project.folder)?.version).toBe('9.9.9');
    other.release();
  });

  const namespaces = process.platform === 'linux' && spawnSync('unshare', ['-rpf', '--mount-proc', 'true']).status === 0;
  test.runIf(namespaces)('in another namespace of process ids is seen', async () => {
    using base = temporaryFolder();
    const folder = await madeProject(base.path);
    const home = join(base.path, 'home');
    const first = await startHost(folder, home, ['unshare', '-rpf', '--mount-proc']);
    expect(holderOf(folder)).toMatchObject({ port: first.port });
    expect(first.url).toContain(`token=${holderOf(folder)?.token}`);
    await expect(open(folder, home)).rejects.toMatchObject({ code: 'PROJECT_LOCKED' });
  });
});
