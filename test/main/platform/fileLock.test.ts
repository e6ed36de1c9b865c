/** The lock between programs: one at a time, given back on failure, ended with its process, waited for by name; with real processes. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { holdFile, isFileHeld, refusesLocks, withFileLock, type WaitedFor } from '../../../src-main/platform/fileLock.ts';

const MODULE = new URL('../../../src-main/platform/fileLock.ts', import.meta.url).href;
const onLinux = process.platform === 'linux';

let folder: string;
let path: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
  path = join(folder, 'x.lock');
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Holds the lock until it is told to end; says its process id, as it sees it, once it has it. */
const HOLDS = `import { withFileLock } from ${JSON.stringify(MODULE)};
  await withFileLock(process.argv.at(-1), async () => {
    process.stdout.write(process.pid + '\\n');
    await new Promise((resolve) => process.stdin.resume().once('end', resolve));
  });`;

async function holder(via: string[] = []): Promise<{ child: ChildProcess; pid: number }> {
  const [command, ...args] = [...via, process.execPath, '--input-type=module', '-e', HOLDS, path];
  const child = spawn(command as string, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    child.once('exit', () => reject(new Error('ended before it had the lock')));
  });
  return { child, pid: Number(line) };
}

/** A run that waits: resolves who for, and what it gave in the end. */
function waiting(signal?: AbortSignal): { waitsFor: Promise<WaitedFor | null>; done: Promise<number> } {
  let onWait: (holder: WaitedFor | null) => void;
  const waitsFor = new Promise<WaitedFor | null>((resolve) => (onWait = resolve));
  return { waitsFor, done: withFileLock(path, () => Promise.resolve(7), { signal, onWait: (who) => onWait(who) }) };
}

it('runs one at a time, and leaves nothing', async () => {
  let inside = 0;
  let most = 0;
  let waits = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inside--;
  };
  await Promise.all([1, 2, 3].map(() => withFileLock(path, work, { onWait: () => waits++ })));
  expect({ most, waits, left: readdirSync(folder) }).toEqual({ most: 1, waits: 2, left: [] });
});

it('gives back what the work gives, and is free again after a failure', async () => {
  await expect(withFileLock(path, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withFileLock(path, () => Promise.resolve(7))).toBe(7);
});

it('keeps its file empty and for its user, and no look or copy takes it away', () => {
  const got = holdFile(path);
  if (got.state !== 'held') throw new Error(got.state);
  expect([statSync(path).size, statSync(path).mode & 0o777]).toEqual([0, 0o600]);
  for (let look = 0; look < 3; look++) expect([isFileHeld(path), holdFile(path).state]).toEqual([true, 'busy']);
  const copy = join(folder, 'copy.lock');
  execFileSync('cp', [path, copy]);
  expect(isFileHeld(copy)).toBe(false);
  got.lock.release();
  expect([isFileHeld(path), holdFile(path).state]).toEqual([false, 'held']);
});

it.runIf(onLinux)('takes no more and more files of the process while it waits in one that holds it', () => {
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const got = holdFile(path);
  for (let look = 0; look < 3; look++) holdFile(path);
  const before = descriptors();
  for (let look = 0; look < 100; look++) holdFile(path);
  expect(descriptors()).toBeLessThanOrEqual(before);
  if (got.state === 'held') got.lock.release();
});

it('a folder of its name is left alone, and named', async () => {
  mkdirSync(path);
  writeFileSync(join(path, 'precious'), 'x');
  await expect(withFileLock(path, () => Promise.resolve(1))).rejects.toThrow(`${path} is a folder, where the program needs a file of its own.`);
  expect(readFileSync(join(path, 'precious'), 'utf8')).toBe('x');
});

describe('another process', () => {
  it('is waited for by its name, until it ends by itself', async () => {
    const { child, pid } = await holder();
    const { waitsFor, done } = waiting();
    expect(await waitsFor).toEqual({ pid, hostname: hostname() });
    child.stdin?.end();
    expect(await done).toBe(7);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is waited for until waiting is cancelled, and keeps its lock', async () => {
    const { pid } = await holder();
    const cancel = new AbortController();
    const { waitsFor, done } = waiting(cancel.signal);
    await waitsFor;
    cancel.abort();
    await expect(done).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([isFileHeld(path), existsSync(`${path}.json`), pid > 0]).toEqual([true, true, true]);
  });

  it('that is stopped, and says nothing for however long, still has it', async () => {
    const { child } = await holder();
    child.kill('SIGSTOP');
    const cancel = new AbortController();
    const { waitsFor, done } = waiting(cancel.signal);
    await waitsFor;
    cancel.abort();
    await expect(done).rejects.toMatchObject({ code: 'CANCELLED' });
    child.kill('SIGCONT');
  });

  it('that is killed while one waits no longer has it', async () => {
    const { child, pid } = await holder();
    const { waitsFor, done } = waiting();
    await waitsFor;
    child.kill('SIGKILL');
    expect(await done).toBe(7);
    // What the dead one said of itself was taken over, and went with the lock.
    expect([pid > 0, readdirSync(folder)]).toEqual([true, []]);
  });

  it.runIf(onLinux)('that was killed and that nobody has reaped no longer has it', async () => {
    // The shell starts it and never waits for it, so it stays in the process table as a zombie.
    const shell = spawn('sh', ['-c', '"$@" <&4 & exec sleep 1000', 'sh', process.execPath, '--input-type=module', '-e', HOLDS, path], {
      stdio: ['ignore', 'pipe', 'inherit', 'ignore', 'pipe'],
    });
    started.push(shell);
    const pid = Number(await new Promise<string>((resolve) => shell.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()))));
    const { waitsFor, done } = waiting();
    expect(await waitsFor).toMatchObject({ pid });
    process.kill(pid, 'SIGKILL');
    expect(await done).toBe(7);
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
  });

  const namespaces = onLinux && spawnSync('unshare', ['-rpf', '--mount-proc', 'true']).status === 0;
  it.runIf(namespaces)('in another namespace of process ids, as another user there, is seen', async () => {
    const { child, pid } = await holder(['unshare', '-rpf', '--mount-proc']);
    // No process of that number is here, or another one: a lock by number would be taken away from it.
    expect(pid).toBeLessThan(10);
    const { waitsFor, done } = waiting();
    expect(await waitsFor).toMatchObject({ pid });
    child.stdin?.end();
    expect(await done).toBe(7);
  });

  it.runIf(onLinux && process.getuid?.() === 0)('of another user has it, and one whose file may not be opened is told so', async () => {
    const [nobody, root] = [65534, 0];
    const run = (uid: number, code: string): string => execFileSync(process.execPath, ['--input-type=module', '-e', code], { uid, encoding: 'utf8' }).trim();
    const says = `import { holdFile } from ${JSON.stringify(MODULE)};
      try { console.log(holdFile(${JSON.stringify(path)}).state) } catch (error) { console.log(error.code) }`;
    const held = holdFile(path);
    expect(held.state).toBe('held');
    chmodSync(folder, 0o755);
    // What this test needs of the machine: that the other user can read these sources.
    if (spawnSync('cat', [new URL(MODULE).pathname], { uid: nobody }).status !== 0) return;
    expect([run(nobody, says), run(root, says)]).toEqual(['EACCES', 'busy']);
  });
});

describe('what an earlier program left under its name', () => {
  it.each(['', '{"pid":', JSON.stringify({ pid: process.pid, host: hostname(), token: 'mine' })])('%j is no obstacle', async (text) => {
    writeFileSync(path, text);
    expect(await withFileLock(path, () => Promise.resolve(7))).toBe(7);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not believed: a note without its process tells nothing', async () => {
    writeFileSync(path, '');
    writeFileSync(`${path}.json`, JSON.stringify({ pid: process.pid, hostname: hostname() }));
    let waits = 0;
    expect(await withFileLock(path, () => Promise.resolve(7), { onWait: () => waits++ })).toBe(7);
    expect(waits).toBe(0);
  });
});

const COMPILER = process.env['CC'] ?? 'cc';
describe.runIf(onLinux && spawnSync(COMPILER, ['--version']).status === 0)('on a disk that locks no files', () => {
  /** The system's own call answers as a network disk without its lock service does, or one that knows no locks. */
  function refusing(errno: string, code: string): string {
    const [source, library] = [join(folder, 'refuse.c'), join(folder, 'refuse.so')];
    const body = (name: string): string => `int ${name}(int fd, int cmd, ...) {
        va_list list; va_start(list, cmd); void *arg = va_arg(list, void *); va_end(list);
        if (cmd == F_SETLK || cmd == F_SETLKW) { errno = ${errno}; return -1; }
        int (*next)(int, int, ...) = dlsym(RTLD_NEXT, "${name}");
        return next(fd, cmd, arg);
      }\n`;
    writeFileSync(
      source,
      `#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <errno.h>\n#include <fcntl.h>\n#include <stdarg.h>\n${body('fcntl')}${body('fcntl64')}`,
    );
    execFileSync(COMPILER, ['-shared', '-fPIC', '-o', library, source, '-ldl']);
    return execFileSync(process.execPath, ['--input-type=module', '-e', code], { env: { ...process.env, LD_PRELOAD: library }, encoding: 'utf8' }).trim();
  }

  it.each(['ENOLCK', 'EOPNOTSUPP'])('work goes on without a lock, and a project is refused with a sentence (%s)', (errno) => {
    const projectLock = new URL('../../../src-main/db/projectLock.ts', import.meta.url).href;
    const said = refusing(
      errno,
      `import { withFileLock } from ${JSON.stringify(MODULE)};
       import { lockProject } from ${JSON.stringify(projectLock)};
       const waits = [];
       const done = await withFileLock(${JSON.stringify(path)}, async () => 7, { onWait: (who) => waits.push(who) });
       try { lockProject(${JSON.stringify(folder)}, { now: 1, version: '1' }); } catch (error) { console.log(JSON.stringify({ done, waits, code: error.code, message: error.message })); }`,
    );
    expect(JSON.parse(said)).toEqual({
      done: 7,
      waits: [],
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('project.lock locks no files') as string,
    });
    expect(readdirSync(folder).filter((name) => name.includes('probe'))).toEqual([]);
  });
});

it('a lock that somebody has is no disk that locks nothing', () => {
  const got = holdFile(path);
  expect([got.state, refusesLocks(path)]).toEqual(['held', false]);
  if (got.state === 'held') got.lock.release();
});
