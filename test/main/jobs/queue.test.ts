/** The queue with fake runners: order, dependencies, cancel, retry, interruption, throttling. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError, ERROR_CODES, toErrorShape } from '../../../src-shared/errors.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { JobQueue, JobRunner, JobStore, NewJobRow } from '../../../src-main/jobs/queue.ts';
import type { Timing } from '../../../src-main/platform/paced.ts';
import { madeTime } from '../../support/madeTime.ts';
import { memoryStore } from './support/memoryStore.ts';
import { manual, onDevices, queueOn as makeQueue, until } from './support/queueOn.ts';

let folder: string;
let events: Job[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queue-'));
  events = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function queueOn(
  store: JobStore,
  runners: Record<string, JobRunner>,
  jobsPerDevice?: () => number,
  time: { clock?: () => number; timing?: Timing } = {},
): JobQueue {
  return makeQueue({ store, logFolder: folder, ...time, ...(jobsPerDevice ? { jobsPerDevice } : {}) }, runners, { events, tags: [] });
}

test('one compute job at a time, in order; io jobs beside it', async () => {
  const train = manual('compute');
  const imports = manual('io');
  const queue = queueOn(memoryStore(), { train, import: imports });
  await queue.open();
  const [a, b] = [await queue.start({ kind: 'train', title: 'a', params: {} }), await queue.start({ kind: 'train', title: 'b', params: {} })];
  for (const title of ['c', 'd', 'e', 'f']) await queue.start({ kind: 'import', title, params: {} });
  await until(() => train.running.size === 1 && imports.running.size === 3);
  expect([...train.running.keys()]).toEqual([a]);
  train.running.get(a)?.resolve({ ok: 1 });
  expect(await queue.wait(a)).toEqual({ ok: 1 });
  await until(() => train.running.has(b));
  expect(train.most).toBe(1);
  expect((await queue.list()).map((job) => job.state)).toEqual(['running', 'running', 'running', 'running', 'waiting', 'done']);
  await queue.close();
});

async function startOn(queue: JobQueue, devices: string[]): Promise<number[]> {
  const ids: number[] = [];
  for (const device of devices) ids.push(await queue.start({ kind: 'train', title: device, params: device }));
  return ids;
}

test('a limit of one holds for each device: two devices run one job each, and each goes on in its own order', async () => {
  const train = onDevices();
  const queue = queueOn(memoryStore(), { train }, () => 1);
  await queue.open();
  const [cpu1, cpu2, card1, cpu3, card2] = (await startOn(queue, ['cpu', 'cpu', 'cuda:0', 'cpu', 'cuda:0'])) as [number, number, number, number, number];
  const running = () => [...train.running.keys()];
  expect(running()).toEqual([cpu1, card1]);
  train.running.get(card1)?.resolve(null);
  await until(() => train.running.has(card2));
  expect(running()).toEqual([cpu1, card2]);
  train.running.get(cpu1)?.resolve(null);
  await until(() => train.running.has(cpu2));
  // The device that has nothing left does not help out the other.
  train.running.get(card2)?.resolve(null);
  await queue.wait(card2);
  expect(running()).toEqual([cpu2]);
  train.running.get(cpu2)?.resolve(null);
  await until(() => train.running.has(cpu3));
  expect(train.most).toBe(2);
  await queue.close();
});

test('a limit of two runs two jobs on one device and queues the third; a limit that is raised counts for what waits', async () => {
  const train = onDevices();
  let limit = 2;
  const queue = queueOn(memoryStore(), { train }, () => limit);
  await queue.open();
  const [a, b, c, d, e] = (await startOn(queue, ['cpu', 'cpu', 'cpu', 'cpu', 'cpu'])) as [number, number, number, number, number];
  const running = () => [...train.running.keys()];
  expect(running()).toEqual([a, b]);
  expect((await queue.list()).map(({ id, state }) => [id, state])).toEqual([
    [b, 'running'],
    [a, 'running'],
    [c, 'waiting'],
    [d, 'waiting'],
    [e, 'waiting'],
  ]);
  train.running.get(b)?.resolve(null);
  await until(() => train.running.has(c));
  expect(running()).toEqual([a, c]);
  limit = 3;
  await queue.lookAgain();
  expect(running()).toEqual([a, c, d]);
  // Lowered, it ends nothing: the next one waits until there is room below it.
  limit = 1;
  for (const id of [a, c]) {
    train.running.get(id)?.resolve(null);
    await queue.wait(id);
  }
  expect(running()).toEqual([d]);
  train.running.get(d)?.resolve(null);
  await until(() => train.running.has(e));
  expect(train.most).toBe(3);
  await queue.close();
});

test('a failed job fails what depends on it with a sentence, and a retry brings both back', async () => {
  let broken = true;
  const queue = queueOn(memoryStore(), {
    train: {
      title: 'Work',
      group: 'data',
      resource: 'compute',
      resumable: true,
      run: async () => {
        if (broken) throw new AppError('DISK_FULL', 'The disk is full.');
        return { weights: 'w' };
      },
    },
    evaluate: { title: 'Work', group: 'data', resource: 'io', resumable: false, run: async () => 'evaluated' },
  });
  await queue.open();
  const train = await queue.start({ kind: 'train', title: 'Train x', params: {} });
  const evaluate = await queue.start({ kind: 'evaluate', title: 'Evaluate x', params: {}, after: [train] });
  await expect(queue.wait(train)).rejects.toMatchObject({ code: 'DISK_FULL' });
  await expect(queue.wait(evaluate)).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: '"Train x", which had to be done first, failed: The disk is full.',
    remedy: `${ERROR_CODES.DISK_FULL.remedy} Then run that job again; this one follows by itself.`,
  });
  expect((await queue.get(train))?.resumable).toBe(true);
  broken = false;
  expect(await queue.retry(train)).toBe(train);
  expect(await queue.wait(evaluate)).toBe('evaluated');
  expect(await queue.wait(train)).toEqual({ weights: 'w' });
});

test('cancel ends a waiting job at once and a running one through its signal; dependants are cancelled, not failed', async () => {
  const train = manual('compute');
  const queue = queueOn(memoryStore(), { train });
  await queue.open();
  const first = await queue.start({ kind: 'train', title: 'first', params: {} });
  const second = await queue.start({ kind: 'train', title: 'second', params: {} });
  const third = await queue.start({ kind: 'train', title: 'third', params: {}, after: [first] });
  await until(() => train.running.has(first));
  await queue.cancel(second);
  expect((await queue.get(second))?.state).toBe('cancelled');
  await queue.cancel(first);
  await expect(queue.wait(first)).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(queue.wait(third)).rejects.toMatchObject({ code: 'CANCELLED' });
  expect((await queue.list()).map((job) => [job.id, job.state])).toEqual([
    [3, 'cancelled'],
    [2, 'cancelled'],
    [1, 'cancelled'],
  ]);
});

test('what ran when the program ended is interrupted at the next start, and what waited goes on', async () => {
  const store = memoryStore();
  const before = manual('compute');
  const one = queueOn(store, { train: before });
  await one.open();
  const running = await one.start({ kind: 'train', title: 'a', params: { step: 1 } });
  const after = await one.start({ kind: 'train', title: 'after a', params: {}, after: [running] });
  const other = await one.start({ kind: 'train', title: 'other', params: {} });
  await until(() => before.running.has(running));

  // No close: as after a power cut, the row still says running.
  const train = manual('compute');
  const two = queueOn(store, { train });
  await two.open();
  const states = new Map((await two.list()).map((job) => [job.id, job.state]));
  expect(states).toEqual(
    new Map([
      [running, 'interrupted'],
      [after, 'waiting'],
      [other, 'running'],
    ]),
  );
  train.running.get(other)?.resolve(null);
  await two.wait(other);
  await two.retry(running);
  await until(() => train.running.has(running));
  train.running.get(running)?.resolve('done');
  await two.wait(running);
  await until(() => train.running.has(after));
  await two.close();
  expect(store.rows.get(after)?.state).toBe('interrupted');
});

test.each([['running'], ['interrupted']] as const)(
  'what is done for others alone goes on with them after it was %s at the end of the program; where nobody waits it does not',
  async (state) => {
    const store = memoryStore();
    const row: NewJobRow = { kind: 'provision', title: 'fetch', params: {}, after: [], runId: null, datasetId: null, createdAt: 1 };
    const [wanted, unwanted] = [await store.insert(row), await store.insert(row)];
    await store.update([wanted, unwanted].map((id) => ({ id, state, error: state === 'running' ? null : toErrorShape(new AppError('CANCELLED', 'ended')) })));
    const after = await store.insert({ ...row, kind: 'train', title: 'train', after: [wanted] });
    const [provision, train] = [{ ...manual('io'), goesOn: true }, manual('compute')];
    const queue = queueOn(store, { provision, train });
    await queue.open();
    await until(() => provision.running.has(wanted));
    expect((await queue.list()).map((job) => [job.id, job.state, job.error])).toEqual([
      [wanted, 'running', null],
      [after, 'waiting', null],
      [unwanted, 'interrupted', expect.anything()],
    ]);
    provision.running.get(wanted)?.resolve(null);
    await until(() => train.running.has(after));
    await queue.close();
  },
);

test('ten thousand progress reports in ten seconds make five events a second, rows a second apart, and an estimate of what is left', async () => {
  const timing = madeTime();
  const store = memoryStore();
  let updates = 0;
  const counting = { ...store, update: (changes: Parameters<JobStore['update']>[0]) => (updates++, store.update(changes)) };
  const gate = Promise.withResolvers<void>();
  const queue = queueOn(
    counting,
    {
      import: {
        title: 'Work',
        group: 'data',
        resource: 'io',
        resumable: false,
        async run(_job, tools) {
          for (let i = 1; i <= 10_000; i++) {
            tools.progress(i, 20_000, 'frames');
            timing.advance(1);
          }
          await gate.promise;
        },
      },
    },
    undefined,
    { timing },
  );
  await queue.open();
  const id = await queue.start({ kind: 'import', title: 'x', params: {} });
  await until(() => events.some((job) => job.done > 9_000));
  const running = events.filter((job) => job.state === 'running' && job.done > 0);
  // At 0, 200, … 10,000 ms.
  expect(running).toHaveLength(51);
  expect(running.map((job) => job.done).slice(0, 3)).toEqual([1, 200, 400]);
  // Opening, the beginning of the job, then at 0, 1000, … 10,000 ms.
  expect(updates).toBe(13);
  expect(running.at(-1)?.secondsLeft).toBeCloseTo(10.2, 0);
  gate.resolve();
  await queue.wait(id);
  expect(await queue.get(id)).toMatchObject({ state: 'done', done: 10_000, total: 20_000, unit: 'frames' });
});

test('a job that stalls right after a report is kept with that report, though nothing follows', async () => {
  const timing = madeTime();
  const store = memoryStore();
  const imports = manual('io');
  let report: ((done: number) => void) | undefined;
  const queue = queueOn(
    store,
    {
      import: {
        ...imports,
        run(job, tools) {
          report = (done) => tools.progress(done, 100, 'frames');
          return imports.run(job, tools);
        },
      },
    },
    undefined,
    { timing },
  );
  await queue.open();
  const id = await queue.start({ kind: 'import', title: 'x', params: {} });
  await until(() => report !== undefined);
  for (const done of [1, 2, 3]) report?.(done);
  expect(store.rows.get(id)?.done).toBe(1);
  timing.advance(1000);
  expect(store.rows.get(id)?.done).toBe(3);
  expect(events.at(-1)).toMatchObject({ done: 3 });
  await queue.close();
});

test('a job lasted as long as it did, whatever somebody sets the clock to meanwhile', async () => {
  const timing = madeTime();
  let wall = 1_000_000;
  const imports = manual('io');
  const queue = queueOn(memoryStore(), { import: imports }, undefined, { timing, clock: () => wall });
  await queue.open();
  for (const step of [3600_000, -3600_000]) {
    wall = 1_000_000;
    const id = await queue.start({ kind: 'import', title: 'x', params: {} });
    await until(() => imports.running.has(id));
    timing.advance(5000);
    wall += step;
    imports.running.get(id)?.resolve(null);
    await queue.wait(id);
    expect(await queue.get(id)).toMatchObject({ startedAt: 1_000_000, endedAt: 1_005_000 });
  }
});

test('logs are read by index while the job runs and go with the job', async () => {
  const runner = manual('io');
  const queue = queueOn(memoryStore(), {
    import: {
      ...runner,
      run: (job, tools) => {
        for (let i = 0; i < 5; i++) tools.log('info', `line ${i}`);
        return runner.run(job, tools);
      },
    },
  });
  await queue.open();
  const id = await queue.start({ kind: 'import', title: 'x', params: {} });
  const page = await queue.log(id, 3);
  expect(page.lines.map((line) => line.text)).toEqual(['line 3', 'line 4']);
  expect(page.next).toBe(5);
  expect(await queue.log(id, 5)).toEqual({ lines: [], next: 5 });
  runner.running.get(id)?.reject(new Error('bang'));
  await expect(queue.wait(id)).rejects.toMatchObject({ code: 'INTERNAL', message: 'bang' });
  expect((await queue.log(id, 5)).lines[0]?.text).toContain('bang');
  await queue.clear();
  expect(await queue.list()).toEqual([]);
  await expect(queue.log(id, 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a job nobody can run fails with a sentence instead of waiting for ever', async () => {
  const queue = queueOn(memoryStore(), {});
  await queue.open();
  const id = await queue.start({ kind: 'strips', title: 'x', params: {} });
  await expect(queue.wait(id)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});

test('an end that cannot be stored is shown all the same, and stored with the next change', async () => {
  const store = memoryStore();
  const imports = manual('io');
  let isFull = false;
  const queue = queueOn(
    { ...store, update: (changes) => (isFull ? Promise.reject(new AppError('DISK_FULL', 'The disk is full.')) : store.update(changes)) },
    { import: imports },
  );
  await queue.open();
  const id = await queue.start({ kind: 'import', title: 'a', params: {} });
  isFull = true;
  imports.running.get(id)?.reject(new AppError('DISK_FULL', 'No room for a.'));
  await expect(queue.wait(id)).rejects.toMatchObject({ code: 'DISK_FULL', message: 'No room for a.' });
  expect(store.rows.get(id)?.state).toBe('running');
  expect(await queue.get(id)).toMatchObject({ state: 'failed', error: { message: 'No room for a.' } });
  expect((await queue.list()).map((job) => job.state)).toEqual(['failed']);
  await expect(queue.wait(id)).rejects.toMatchObject({ message: 'No room for a.' });
  isFull = false;
  const next = await queue.start({ kind: 'import', title: 'b', params: {} });
  expect(store.rows.get(id)).toMatchObject({ state: 'failed', error: { message: 'No room for a.' } });
  await queue.retry(id);
  imports.running.get(next)?.resolve(null);
  imports.running.get(id)?.resolve({ ok: 1 });
  expect(await queue.wait(id)).toEqual({ ok: 1 });
  expect((await queue.list()).map((job) => job.state)).toEqual(['done', 'done']);
});

test('a cancelled job whose work did not fit on the disk has failed', async () => {
  const imports: JobRunner = {
    title: 'Work',
    group: 'data',
    resource: 'io',
    resumable: true,
    run: (_job, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new AppError('DISK_FULL', 'Not kept.')))),
  };
  const queue = queueOn(memoryStore(), { import: imports });
  await queue.open();
  const id = await queue.start({ kind: 'import', title: 'a', params: {} });
  await queue.cancel(id);
  await expect(queue.wait(id)).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(await queue.get(id)).toMatchObject({ state: 'failed', resumable: true });
});

test('clearing forgets what has ended, with its logs, and keeps what runs, what waits and what that waits for', async () => {
  const store = memoryStore();
  const train = manual('compute');
  const imports = manual('io');
  const queue = queueOn(store, { train, import: imports });
  await queue.open();
  const first = await queue.start({ kind: 'import', title: 'first', params: {} });
  const second = await queue.start({ kind: 'import', title: 'second', params: {} });
  const busy = await queue.start({ kind: 'train', title: 'busy', params: {} });
  const waits = await queue.start({ kind: 'train', title: 'waits for the first and for its turn', params: {}, after: [first] });
  const failed = await queue.start({ kind: 'import', title: 'fails', params: {} });
  await until(() => imports.running.size === 3 && train.running.size === 1);
  imports.running.get(first)?.resolve(null);
  imports.running.get(second)?.resolve(null);
  imports.running.get(failed)?.reject(new AppError('BAD_INPUT', 'no'));
  await Promise.all([queue.wait(first), queue.wait(second), queue.wait(failed).catch(() => undefined)]);
  expect((await queue.log(failed, 0)).lines).toHaveLength(1);
  expect(existsSync(join(folder, `${failed}.jsonl`))).toBe(true);
  await queue.clear();
  expect([...store.rows.keys()]).toEqual([first, busy, waits]);
  expect(existsSync(join(folder, `${failed}.jsonl`))).toBe(false);
  await expect(queue.log(failed, 0)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  train.running.get(busy)?.resolve(null);
  await queue.wait(busy);
  await until(() => train.running.has(waits));
  train.running.get(waits)?.resolve(null);
  await queue.wait(waits);
  await queue.clear();
  expect([...store.rows.keys()]).toEqual([]);
});

test('a job whose end was read stays in the list with its mark, until it is run again', async () => {
  const runner = manual('io', false);
  const store = memoryStore();
  const queue = queueOn(store, { import: runner });
  await queue.open();
  const id = await queue.start({ kind: 'import', title: 'Import', params: {} });
  await until(() => runner.running.has(id));
  // What goes on has no end to be read.
  await queue.dismiss(id);
  expect(await queue.get(id)).toMatchObject({ state: 'running', dismissed: false });
  runner.running.get(id)?.reject(new AppError('FILE_INVALID', 'line 3'));
  await expect(queue.wait(id)).rejects.toThrow('line 3');
  events.length = 0;
  await queue.dismiss(id);
  expect(await queue.list()).toMatchObject([{ id, state: 'failed', dismissed: true, error: { message: 'line 3' } }]);
  expect(events).toMatchObject([{ id, dismissed: true }]);
  await queue.retry(id);
  await until(() => runner.running.has(id));
  runner.running.get(id)?.reject(new AppError('FILE_INVALID', 'line 3'));
  await expect(queue.wait(id)).rejects.toThrow('line 3');
  expect(await queue.get(id)).toMatchObject({ state: 'failed', dismissed: false });
  await queue.close();
});

test('what no job may run beside waits for none: it is refused while one runs, and a job that is started meanwhile begins after it', async () => {
  const store = memoryStore();
  const imports = manual('io');
  const queue = queueOn(store, { import: imports });
  await queue.open();
  const first = await queue.start({ kind: 'import', title: 'first', params: {} });
  await expect(queue.whileIdle(async () => 'never')).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('"first" is under way') });
  imports.running.get(first)?.resolve(null);
  await queue.wait(first);
  const gate = Promise.withResolvers<string>();
  const alone = queue.whileIdle(() => gate.promise);
  const started = queue.start({ kind: 'import', title: 'second', params: {} });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([store.rows.size, imports.running.size]).toEqual([1, 0]);
  gate.resolve('alone');
  expect(await alone).toBe('alone');
  const second = await started;
  await until(() => imports.running.has(second));
  imports.running.get(second)?.resolve(null);
  await queue.wait(second);
});

test('a title out of a project that somebody sent is shown in one line and without turning the reading, in lists and in sentences', async () => {
  const store = memoryStore();
  const title = `Import\n"\u202e${'gpj.'.repeat(3000)}"`;
  const queue = queueOn(store, { train: manual('compute') });
  await queue.open();
  const id = await queue.start({ kind: 'train', title, params: {} });
  const [shown] = await queue.list();
  expect(shown?.title).toMatch(/^Import "\\u202egpj\.(gpj\.)+g?p?j?….+gpj\."$/);
  expect(shown?.title.length).toBe(160);
  await expect(queue.whileIdle(() => Promise.resolve())).rejects.toThrow(`"${shown?.title}" is under way`);
  // The row keeps what it had.
  expect((await store.all()).find((row) => row.id === id)?.title).toBe(title);
  await queue.close();
});
