/** The host as a process: one JSON line, a clean end by signal and by its parent's going, one sentence when it cannot start. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/project.ts';

const entry = fileURLToPath(new URL('../../../src-main/host/main.ts', import.meta.url));

function start(folder: string, args: string[]): { child: ChildProcess; line: Promise<string>; complaint: () => string; ended: Promise<number | null> } {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, TRACKLET_HOME: join(folder, 'home'), VITEST: undefined },
  });
  let out = '';
  let err = '';
  const line = Promise.withResolvers<string>();
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
    if (out.includes('\n')) line.resolve(out.slice(0, out.indexOf('\n')));
  });
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return { child, line: line.promise, complaint: () => err, ended: new Promise((resolve) => child.on('exit', (code) => resolve(code))) };
}

test.each<[string, (child: ChildProcess) => unknown]>([
  ['SIGTERM', (child) => child.kill('SIGTERM')],
  ['SIGINT', (child) => child.kill('SIGINT')],
  ['the end of its parent', (child) => child.stdin?.end()],
])('ends cleanly on %s', async (_name, stop) => {
  using folder = temporaryFolder();
  const project = join(folder.path, 'project');
  const { child, line, ended } = start(folder.path, ['--project', project, '--create']);
  const { url, port, pid } = JSON.parse(await line) as { url: string; port: number; pid: number };
  expect([url.startsWith(`http://127.0.0.1:${port}/#token=`), pid]).toEqual([true, child.pid]);
  expect((await fetch(url)).headers.get('content-security-policy')).toContain("default-src 'none'");
  stop(child);
  expect(await ended).toBe(0);
  // Nothing left behind that another program would have to clean up.
  expect(['project.lock', 'host.json', 'project.sqlite-wal'].filter((name) => existsSync(join(project, name)))).toEqual([]);
});

test('a folder that is no project: status 1, the reason and what to do', async () => {
  using folder = temporaryFolder();
  const { ended, complaint } = start(folder.path, ['--project', join(folder.path, 'nowhere')]);
  expect(await ended).toBe(1);
  expect(complaint()).toContain('nowhere does not exist.');
  expect(complaint()).toContain('tracklet project new');
});

test('a line on standard input sets a program to run, which no socket may, and answers why one does not fit', async () => {
  using folder = temporaryFolder();
  const { child, line, ended } = start(folder.path, ['--project', join(folder.path, 'project'), '--create']);
  await line;
  const answers: unknown[] = [];
  const told = new Promise<void>((resolve) =>
    child.stdout?.on('data', (chunk: Buffer) => {
      answers.push(
        ...chunk
          .toString()
          .trim()
          .split('\n')
          .map((text) => JSON.parse(text) as unknown),
      );
      if (answers.length === 2) resolve();
    }),
  );
  child.stdin?.write(
    `nonsense\n${JSON.stringify({ set: 'ffmpeg', value: join(folder.path, 'no-ffmpeg') })}\n${JSON.stringify({ set: 'theme', value: 'light' })}\n`,
  );
  await told;
  expect(answers).toEqual(
    expect.arrayContaining([
      { set: 'ffmpeg', problem: expect.stringContaining('not a working ffmpeg') as unknown },
      { set: 'theme', problem: null },
    ]),
  );
  child.stdin?.end();
  expect(await ended).toBe(0);
  expect(JSON.parse(readFileSync(join(folder.path, 'home', 'settings.json'), 'utf8'))).toEqual({ theme: 'light' });
});
