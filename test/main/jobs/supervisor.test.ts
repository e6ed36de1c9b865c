/** A child that crashes, hangs, floods or will not listen; the host must stay whole and say what happened. */
import { expect, test, vi } from 'vitest';
import { supervise, type SuperviseOptions } from '../../../src-main/jobs/supervisor.ts';
import { isAlive } from '../../support/processes.ts';

const script = new URL('support/fakeChild.mjs', import.meta.url);

interface Said {
  type: string;
  done?: number;
  values?: Float32Array;
}

function run(does: string, options: Partial<SuperviseOptions<Said>> = {}): Promise<unknown> {
  return supervise<Said>({ script, task: { does }, ...options });
}

test('messages and the result arrive as they were sent, typed arrays included', async () => {
  const heard: Said[] = [];
  expect(await run('answers', { onMessage: (message) => void heard.push(message) })).toEqual({ sum: new Float64Array([0.1]) });
  expect(heard).toEqual([{ type: 'progress', done: 1, total: 2, values: new Float32Array([1.5, 2.5]) }]);
});

test('an early exit names the exit code and the last line printed', async () => {
  await expect(run('exits')).rejects.toMatchObject({ code: 'JOB_CRASHED', params: { exitCode: 7 }, message: expect.stringContaining('about to fall over') });
});

test.skipIf(process.platform === 'win32')('a death by signal names the signal', async () => {
  await expect(run('segfaults')).rejects.toMatchObject({ code: 'JOB_CRASHED', params: { signal: 'SIGSEGV' } });
});

test("the child's own error passes through with its code", async () => {
  await expect(run('fails')).rejects.toMatchObject({ code: 'DISK_FULL', message: 'The disk is full.' });
});

test('a hung child is found and ended', async () => {
  await expect(run('spins', { silence: 700, grace: { word: 100, term: 200 } })).rejects.toMatchObject({ code: 'JOB_CRASHED', params: { hung: true } });
});

test('a child that said that it will be silent for long is waited for', async () => {
  const hasty = { silence: 700, grace: { word: 100, term: 200 } };
  expect(await run('worksLong', { ...hasty, silenceAfter: ({ type }) => (type === 'slow' ? 60_000 : undefined) })).toBe('at last');
  await expect(run('worksLong', hasty)).rejects.toMatchObject({ code: 'JOB_CRASHED', params: { hung: true } });
});

test('100,000 printed lines reach the log thinned out, and the job goes on', async () => {
  const lines: string[] = [];
  expect(await run('prints', { onOutput: (line) => void lines.push(line) })).toBe(null);
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.length).toBeLessThan(5000);
});

test('a cancelled child that spins or ignores SIGTERM is killed', async () => {
  for (const does of ['spins', 'ignoresTerm']) {
    const abort = new AbortController();
    const ended = run(does, { signal: abort.signal, grace: { word: 100, term: 200 } });
    setTimeout(() => abort.abort(), 400);
    await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });
  }
});

test.skipIf(process.platform === 'win32')('what a child started ends with it, and its pipes are not waited for', async () => {
  const abort = new AbortController();
  const started = Promise.withResolvers<number>();
  const ended = run('startsAnother', {
    signal: abort.signal,
    grace: { word: 50, term: 100 },
    onMessage: (message) => started.resolve((message as unknown as { pid: number }).pid),
  });
  const pid = await started.promise;
  abort.abort();
  await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('a stop is a word first: what the child then says counts', async () => {
  const abort = new AbortController();
  const ended = run('waits', {
    signal: abort.signal,
    onAbort: 'stop',
    onMessage: (message) => {
      if (message.type === 'ready') abort.abort();
    },
  });
  expect(await ended).toBe('stopped politely');
});

test('a signal that is aborted already starts nothing', async () => {
  await expect(run('answers', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('a wall clock that is set a year forward, or back, ends no healthy child', async () => {
  const wall = vi.spyOn(Date, 'now');
  try {
    for (const step of [365 * 24 * 3_600_000, -365 * 24 * 3_600_000]) {
      const base = performance.timeOrigin;
      wall.mockImplementation(() => base + performance.now() + step);
      wall.mockImplementationOnce(() => base + performance.now());
      expect(await run('worksLong', { silence: 60_000, grace: { word: 100, term: 200 } })).toBe('at last');
    }
  } finally {
    wall.mockRestore();
  }
});

test('a child that has long been silent is not given the time to answer a word', async () => {
  const abort = new AbortController();
  let time = 0;
  const ended = run('ignoresTerm', {
    signal: abort.signal,
    now: () => time,
    // An hour, if it counted as one that listens.
    grace: { word: 3_600_000, term: 100, deaf: 100 },
    onMessage: () => {
      time = 31_000;
      setImmediate(() => abort.abort());
    },
  });
  await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('what it printed without ending the line is told with its end, and noise is not', async () => {
  const heard: string[] = [];
  const ended = run('printsHalf', { onOutput: (line, stream) => void heard.push(`${stream}: ${line}`), isNoise: (line) => line === 'noise' });
  await expect(ended).rejects.toMatchObject({
    params: { exitCode: 3, signal: null },
    message: 'The process of the job ended with exit code 3 before it was done. Its last lines: on stderr ⏎ without an end',
  });
  expect(heard).toEqual(['stderr: on stderr', 'stderr: without an end']);
});

test('of many lines the last are kept', async () => {
  await expect(run('printsThirty')).rejects.toMatchObject({
    message: expect.stringMatching(/Its last lines: line 26 ⏎ line 27 ⏎ line 28 ⏎ line 29 ⏎ line 30$/),
  });
});

test('a question of the child is answered, and a fault in hearing it ends it as an error of the program', async () => {
  const asked = await run('asks', { onMessage: (_message, answer) => answer({ type: 'answer', n: 41 }) });
  expect(asked).toBe(42);
  const faulty = run('asks', {
    grace: { word: 60_000, term: 200 },
    onMessage: () => {
      throw new Error('no ear');
    },
  });
  await expect(faulty).rejects.toMatchObject({ code: 'INTERNAL', message: 'Error: no ear', params: {} });
});

test('environment and flags of its own reach it, beside ours', async () => {
  const told = (await run('tells', { env: { TRACKLET_TOLD: 'x' }, flags: ['--no-deprecation'] })) as { env: string; path: boolean; flags: string[] };
  expect(told).toEqual({ env: 'x', path: true, flags: ['--disable-warning=ExperimentalWarning', '--no-deprecation'] });
});

test('what is said after the last word is not heard', async () => {
  const heard: Said[] = [];
  expect(await run('saysTwice', { onMessage: (message) => void heard.push(message) })).toBe('first');
  expect(heard).toEqual([]);
});

test.skipIf(process.platform === 'win32')('a program that cannot be started is said with the reason', async () => {
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  try {
    await expect(run('answers')).rejects.toMatchObject({
      code: 'JOB_CRASHED',
      message: expect.stringMatching(/^The process of the job could not be started: .*ENOENT/) as unknown,
      remedy: 'Close other programs, then run it again.',
    });
  } finally {
    process.execPath = execPath;
  }
});
