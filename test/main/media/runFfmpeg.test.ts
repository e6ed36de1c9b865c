/** Ending what hangs: with all that it started, and without waiting for its pipes. The programs are small scripts, the clock is injected. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import { runFfmpeg } from '../../../src-main/media/runFfmpeg.ts';
import { isAlive } from '../../support/processes.ts';
import { temporaryFolder } from '../../support/project.ts';
import { until } from '../../support/until.ts';

function script(folder: string, lines: string): string {
  const path = join(folder, 'ffmpeg');
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

const hung = (): AppError => new AppError('MEDIA_UNDECODABLE', 'It hangs.');

describe.skipIf(process.platform === 'win32')('runFfmpeg', () => {
  test('gives status, lines and complaints', async () => {
    using folder = temporaryFolder();
    const lines: string[] = [];
    const run = await runFfmpeg(script(folder.path, 'echo one; echo "two"; echo "[error] oh" >&2; printf last; exit 7'), [], {
      onLine: (line) => lines.push(line),
      hung,
    });
    expect([run, lines]).toEqual([{ status: 7, complaints: ['[error] oh'] }, ['one', 'two', 'last']]);
  });

  test('a program that cannot be started is named', async () => {
    await expect(runFfmpeg('/nowhere/ffmpeg', [], { onLine: () => undefined, hung })).rejects.toMatchObject({ code: 'FFMPEG_MISSING' });
  });

  test('a cancel ends the program and what it started, which holds its pipes', async () => {
    using folder = temporaryFolder();
    const pids = join(folder.path, 'pids');
    const program = script(folder.path, `sh -c 'echo $$ >> ${pids}; sleep 1000' & echo $$ >> ${pids}; wait`);
    const abort = new AbortController();
    const run = runFfmpeg(program, [], { signal: abort.signal, onLine: () => undefined, hung });
    await until(() => existsSync(pids) && readFileSync(pids, 'utf8').trim().split('\n').length === 2);
    abort.abort();
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    const started = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
    await until(() => !started.some(isAlive));
  });

  test('a program that has ended is over, although somebody it left behind holds its pipes', async () => {
    using folder = temporaryFolder();
    const left = join(folder.path, 'left');
    // In a group of its own, so that ending the group does not reach it.
    const program = script(folder.path, `setsid sh -c 'echo $$ > ${left}; sleep 1000' & while [ ! -s ${left} ]; do sleep 0.01; done; echo done; exit 3`);
    const run = await runFfmpeg(program, [], { onLine: () => undefined, hung });
    expect(run.status).toBe(3);
    process.kill(Number(readFileSync(left, 'utf8')), 'SIGKILL');
  });

  test('silence ends it, by an injected clock; every line is a sign of life', async () => {
    using folder = temporaryFolder();
    const pid = join(folder.path, 'pid');
    const timers = new Set<() => void>();
    const abort = new AbortController();
    let heard = 0;
    const run = runFfmpeg(script(folder.path, `echo $$ > ${pid}; echo one; sleep 1000`), [], {
      signal: abort.signal,
      onLine: () => heard++,
      hung,
      later(_milliseconds, work) {
        timers.add(work);
        return () => timers.delete(work);
      },
    });
    const ended = expect(run).rejects.toMatchObject({ code: 'MEDIA_UNDECODABLE', message: 'It hangs.' });
    await until(() => heard === 1);
    expect(timers.size).toBe(1);
    for (const work of [...timers]) work();
    await ended;
    await until(() => !isAlive(Number(readFileSync(pid, 'utf8'))));
  });
});
