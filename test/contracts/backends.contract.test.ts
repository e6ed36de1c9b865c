/** A task is done alike in a child of its own and in the one that stays: what comes back, what is heard meanwhile, and what happens when it goes wrong. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Backend, ComputeOptions } from '../../src-main/compute/backend.ts';
import { interactiveBackend } from '../../src-main/compute/interactive.ts';
import { localBackend } from '../../src-main/compute/local.ts';
import type { FromChild } from '../../src-main/compute/protocol.ts';
import { isAlive } from '../support/processes.ts';
import { until } from '../support/until.ts';
import type { PlayedTask } from './support/backends/tasks/plays.ts';

const child = (name: string): URL => new URL(`support/backends/${name}.ts`, import.meta.url);
const HASTY = { word: 100, term: 200 };
const signals = process.platform !== 'win32';

describe.each<[string, () => Backend]>([
  ['local', () => localBackend({ script: child('child') })],
  ['interactive', () => interactiveBackend({ script: child('interactiveChild') })],
])('%s', (_name, open) => {
  let backend: Backend;
  beforeEach(() => {
    backend = open();
  });
  afterEach(() => backend.close());

  const run = (does: PlayedTask['does'], options?: ComputeOptions, value?: unknown): Promise<unknown> =>
    backend.run({ kind: 'plays', does, value } as never, options);
  const answers = async (value: unknown = 1) => ((await run('answers', {}, value)) as { value: unknown }).value;
  /** The process that does it, once it has begun; its end, which may be a failure. */
  async function begun(does: PlayedTask['does'], options: ComputeOptions = {}): Promise<{ pid: number; ended: Promise<unknown> }> {
    const pid = Promise.withResolvers<number>();
    const ended = run(does, { ...options, onMessage: (message) => message.type === 'log' && pid.resolve(Number(message.text)) });
    ended.catch(() => undefined);
    return { pid: await pid.promise, ended };
  }

  test('values and results arrive as they were sent, typed arrays included', async () => {
    const value = { name: 'a', values: new Float32Array([1.5, -0]), none: undefined, many: new Map([[1, new Set([2])]]) };
    expect(await answers(value)).toEqual(value);
  });

  test('what a task says is heard in its order, before its result', async () => {
    const heard: FromChild[] = [];
    expect(await run('reports', { onMessage: (message) => void heard.push(message) })).toBe('reported');
    expect(heard).toEqual(
      [1, 2, 3].flatMap((n) => [
        { type: 'progress', done: n, total: 3, unit: 'steps', message: `step ${n}` },
        { type: 'log', level: n === 2 ? 'warn' : 'info', text: `line ${n}` },
      ]),
    );
  });

  test('an error of the world crosses with code, sentence, parameters and what helps; the next request is answered', async () => {
    await expect(run('fails')).rejects.toMatchObject({
      name: 'AppError',
      code: 'FILE_INVALID',
      message: 'The file a.npy is damaged.',
      params: { file: 'a.npy', at: 3 },
      remedy: 'Write it anew.',
    });
    expect(await answers()).toBe(1);
  });

  test('a fault of a program is told, with its place in the log', async () => {
    const log: string[] = [];
    const ended = run('faults', { onMessage: (message) => message.type === 'log' && log.push(`${message.level}: ${message.text}`) });
    await expect(ended).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('a fault of the program') as unknown });
    expect(log).toEqual([expect.stringMatching(/^error: TypeError: a fault of the program\n.*plays\.ts:/)]);
    expect(await answers()).toBe(1);
  });

  test('a kind that there is not is a fault of whoever asks', async () => {
    await expect(backend.run({ kind: 'paints' } as never)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await answers()).toBe(1);
  });

  test('lines that are printed are heard by who asked, before the result', async () => {
    for (const one of ['first', 'second']) {
      const lines: string[] = [];
      // Who is busy meanwhile finds lines and result there at once.
      const onMessage = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      expect(await run('prints', { onMessage, onOutput: (line, stream) => void lines.push(`${stream}: ${line}`) }, one)).toBe('printed');
      expect(lines.sort()).toEqual([`stderr: ${one} to stderr`, `stdout: ${one} to stdout`]);
    }
  });

  test('requests in a row and at once are answered each with its own', async () => {
    expect([await answers('a'), await answers('b')]).toEqual(['a', 'b']);
    expect(await Promise.all(['c', 'd', 'e'].map(answers))).toEqual(['c', 'd', 'e']);
  });

  test('a cancelled task ends, and the next one works', async () => {
    const abort = new AbortController();
    const { ended } = await begun('waits', { signal: abort.signal });
    abort.abort();
    await expect(ended).rejects.toMatchObject({ code: 'CANCELLED', message: 'The work was cancelled.' });
    expect(await answers()).toBe(1);
  });

  test('one that was stopped answers with what it has done', async () => {
    const abort = new AbortController();
    const { ended } = await begun('keeps', { signal: abort.signal, onAbort: 'stop', grace: { word: 60_000, term: 200 } });
    abort.abort();
    expect(await ended).toBe('what was done until then');
    expect(await answers()).toBe(1);
  });

  test('one that hears nothing is killed, and the next one works', async () => {
    const abort = new AbortController();
    const { pid, ended } = await begun('spins', { signal: abort.signal, grace: HASTY });
    abort.abort();
    await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(isAlive(pid)).toBe(false);
    expect(await answers()).toBe(1);
  });

  test('a signal that is aborted already starts nothing', async () => {
    await expect(run('answers', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED', message: 'The work was cancelled.' });
  });

  test.runIf(signals)('one that dies by a signal is told by it, and the next one works', async () => {
    await expect(run('dies')).rejects.toMatchObject({ code: 'JOB_CRASHED', params: { exitCode: null, signal: 'SIGSEGV' } });
    expect(await answers()).toBe(1);
  });

  test('one that ends early is told by its exit code and its last line', async () => {
    await answers();
    const lines: string[] = [];
    await expect(run('exits', { onOutput: (line) => void lines.push(line) })).rejects.toMatchObject({
      code: 'JOB_CRASHED',
      params: { exitCode: 7, signal: null },
      message: 'The process of the job ended with exit code 7 before it was done. Its last lines: about to fall over',
    });
    expect(lines).toEqual(['about to fall over']);
    expect(await answers()).toBe(1);
  });

  test('one that gives no sign of life is ended, and the next one works', async () => {
    await answers();
    await expect(run('spins', { silence: 700, grace: HASTY })).rejects.toMatchObject({ code: 'JOB_CRASHED', params: { hung: true } });
    expect(await answers()).toBe(1);
  });

  test('a fault in hearing ends it as an error of the program, and the next one works', async () => {
    const onMessage = () => {
      throw new Error('no ear');
    };
    await expect(run('reports', { onMessage })).rejects.toMatchObject({ code: 'INTERNAL', message: 'Error: no ear' });
    expect(await answers()).toBe(1);
  });

  test('closing cancels what runs and what waits, and leaves no child', async () => {
    const before = (await run('answers')) as { pid: number };
    const { pid, ended } = await begun('waits');
    const both = Promise.allSettled([ended, run('waits')]);
    await backend.close();
    const cancelled = { status: 'rejected', reason: { code: 'CANCELLED' } };
    expect(await both).toMatchObject([cancelled, cancelled]);
    await until(() => !isAlive(pid) && !isAlive(before.pid));
    await expect(run('answers')).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('closing leaves none where nothing runs', async () => {
    const { pid } = (await run('answers')) as { pid: number };
    await backend.close();
    expect(isAlive(pid)).toBe(false);
  });
});
