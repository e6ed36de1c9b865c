/** The sample reconciler one step at a time: real rows and a real queue, whose jobs end when the test says so. */
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProjectDatabase } from '../../../src-main/features/database.ts';
import { createJobStore } from '../../../src-main/features/jobs/store.ts';
import { openSample, SAMPLE_PLAN, type Sample, type SamplePlan } from '../../../src-main/features/sample/sample.ts';
import type { HostContext } from '../../../src-main/features/context.ts';
import type { JobQueue } from '../../../src-main/jobs/queue.ts';
import { createTurns } from '../../../src-main/platform/turns.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';
import { manual, queueOn, type ManualRunner } from '../jobs/support/queueOn.ts';

const plan: SamplePlan = {
  synthetic: { identities: 6, cameras: 2, seed: 1, name: 'Synthetic' },
  pets: { path: '/pets', importer: 'mot-video', options: {}, name: 'PETS' },
  methods: ['one', 'two'],
  recipe: { epochs: 1 },
  options: { width: 3 },
};

interface Made {
  id: string;
  method: string;
  datasetId: number;
  jobId: number | null;
}

let here: TablesHere;
let queue: JobQueue;
let sample: Sample | null;
let runners: Record<'import' | 'synth' | 'train' | 'evaluate', ManualRunner>;
let made: Made[];
let asked: unknown[];
let said: string[];
let broken: { method?: string; calls: Set<string> };

beforeEach(async () => {
  here = await tablesHere();
  runners = { import: manual('io'), synth: manual('compute'), train: manual('compute'), evaluate: manual('io') };
  [sample, made, asked, said, broken] = [null, [], [], [], { calls: new Set() }];
  queue = queueOn({ store: createJobStore(here.db as ProjectDatabase), logFolder: here.folder, clock: () => 5 }, runners);
});
afterEach(async () => {
  await sample?.close();
  await queue.close();
  here[Symbol.dispose]();
});

async function open({ begin = false, isOwn = true, with: use = plan } = {}): Promise<void> {
  await queue.open();
  const jobs = new Proxy(queue, {
    get: (target, name: keyof JobQueue) => (broken.calls.has(name) ? () => Promise.reject(new Error(`${name} is broken`)) : target[name]),
  });
  const context = {
    db: here.db,
    jobs,
    turns: createTurns({ atOnce: 1, what: 'commands' }),
    log: { warn: (_facts: object, sentence: string) => void said.push(sentence) },
    events: { emit: (event: string, payload: { code: string; message: string }) => void said.push(`${event}: ${payload.code} ${payload.message}`) },
  } as unknown as HostContext;
  const services: Parameters<typeof openSample>[1] = {
    methods: {
      get: async (id: string) => ({ smallOptions: { of: id, width: 1 }, recipes: { small: { epochs: 9, decay: 2 } } }) as never,
      describe: async () => null as never,
    },
    runs: {
      list: async () => made as never,
      async start(input) {
        asked.push(input);
        if (input.method === broken.method) throw new AppError('UNKNOWN_METHOD', `There is no ${input.method}.`);
        const runId = `run of ${input.method}`;
        const jobId = await queue.start({ kind: 'train', title: `Train ${input.method}`, params: {}, runId });
        made.push({ id: runId, method: input.method, datasetId: input.datasetId, jobId });
        return { runId, jobId, evaluationJobs: [await queue.start({ kind: 'evaluate', title: 'Evaluate', params: {}, after: [jobId], runId })] };
      },
    },
  };
  sample = await openSample(context, services, begin, use, isOwn);
  await sample.settled();
}

const state = async (): Promise<unknown> => JSON.parse((await here.db.read('project', 'meta', null))['sample'] ?? 'null');
const jobs = async (): Promise<string[]> => (await here.db.read('jobs', 'all', null)).map((job) => `${job.id} ${job.title}: ${job.state}`);

/** Ends a job that runs, with its result or its error. */
async function end(id: number, result: unknown): Promise<void> {
  const gate = Object.values(runners)
    .map(({ running }) => running.get(id))
    .find((found) => found !== undefined);
  if (!gate) throw new Error(`job ${id} does not run`);
  if (result instanceof Error) gate.reject(result);
  else gate.resolve(result);
  await queue.wait(id).catch(() => undefined);
  await sample?.settled();
}

const evaluateOn = [
  { datasetId: 1, protocol: 'market' },
  { datasetId: 2, protocol: 'visits' },
];
const asks = (method: string, on = evaluateOn) => ({
  name: null,
  method,
  options: { of: method, width: 3 },
  recipe: { epochs: 1 },
  datasetId: 1,
  seed: 1,
  evaluateOn: on,
});
const failure = new AppError('FILE_INVALID', 'no');

test('the plan of the first start: what it reads comes with the program', () => {
  expect(existsSync(SAMPLE_PLAN.pets.path)).toBe(true);
  expect(SAMPLE_PLAN).toMatchObject({
    synthetic: { identities: 120, cameras: 4, seed: 1, name: 'Synthetic' },
    pets: { importer: 'mot-video', options: { visitFrames: 40, pauseFrames: 20 }, name: 'PETS09-S2L1' },
    methods: ['resnet-tap', 'resnet-nonlocal'],
  });
});

describe('from the beginning', () => {
  test('both sets are made, then a run of each method, and it is complete when every job has ended', async () => {
    for (const id of [1, 2]) putDataset(here.sql, id, []);
    await open({ begin: true });
    expect((await here.db.read('jobs', 'all', null)).map(({ kind, title, params }) => ({ kind, title, params }))).toEqual([
      { kind: 'import', title: 'Import PETS', params: plan.pets },
      { kind: 'synth', title: 'Make the data set Synthetic', params: plan.synthetic },
    ]);
    expect(await state()).toEqual({ runs: {}, complete: false, pets: { job: 1 }, synthetic: { job: 2 } });
    await end(2, { dataset: 1 });
    expect(asked).toEqual([]);
    await end(1, { dataset: 2 });
    expect(asked).toEqual([asks('one'), asks('two')]);
    const runs = { one: { run: 'run of one', jobs: [3, 4] }, two: { run: 'run of two', jobs: [5, 6] } };
    expect(await state()).toEqual({ runs, complete: false, pets: { job: 1 }, synthetic: { job: 2 } });
    for (const id of [3, 4, 5]) await end(id, null);
    expect(await state()).toMatchObject({ complete: false });
    await end(6, failure);
    expect(await state()).toEqual({ runs, complete: true, pets: { job: 1 }, synthetic: { job: 2 } });
    expect((await jobs()).length).toBe(6);
    // Complete is over: what is removed later is not made again.
    await queue.clear();
    made.length = 0;
    const other = await queue.start({ kind: 'import', title: 'Of the user', params: {} });
    await end(other, { dataset: 2 });
    expect(await jobs()).toEqual([`${other} Of the user: done`]);
  });

  test('options and recipe of the method alone where the plan has none', async () => {
    putDataset(here.sql, 1, []);
    await open({ begin: true, with: { synthetic: plan.synthetic, pets: plan.pets, methods: ['one'] } });
    await end(1, failure);
    await end(2, { dataset: 1 });
    expect(asked).toEqual([{ ...asks('one', [evaluateOn[0]!]), options: { of: 'one', width: 1 }, recipe: {} }]);
  });

  test('without the set to look at only the other one is evaluated; while that can be tried again it is not over', async () => {
    putDataset(here.sql, 1, []);
    await open({ begin: true, with: { ...plan, methods: ['one'] } });
    await end(1, failure);
    await end(2, { dataset: 1 });
    expect(asked).toEqual([asks('one', [evaluateOn[0]!])]);
    await end(3, null);
    await end(4, null);
    expect(await state()).toMatchObject({ complete: false });
    await queue.retry(1);
    await end(1, { dataset: 2 });
    expect(await state()).toMatchObject({ complete: true });
    expect(asked).toHaveLength(1);
  });

  test.each([
    ['was cancelled', async () => queue.cancel(2)],
    ['is of a data set that was removed', async () => end(2, { dataset: 7 })],
  ])('without the set to train on nothing is left to do: its job %s', async (_what, how) => {
    putDataset(here.sql, 2, []);
    await open({ begin: true });
    await how();
    await queue.wait(2).catch(() => undefined);
    await sample?.settled();
    expect(await state()).toMatchObject({ complete: false });
    await end(1, { dataset: 2 });
    expect([asked, await state()]).toEqual([[], { runs: {}, complete: true, pets: { job: 1 }, synthetic: { job: 2 } }]);
  });

  test('a set that failed may be tried again by the user, and the runs follow', async () => {
    for (const id of [1, 2]) putDataset(here.sql, id, []);
    await open({ begin: true });
    await end(2, failure);
    await end(1, { dataset: 2 });
    expect([asked, await state()]).toMatchObject([[], { complete: false }]);
    await queue.retry(2);
    await end(2, { dataset: 1 });
    expect(asked).toHaveLength(2);
  });

  test('a job that was forgotten made nothing', async () => {
    await open({ begin: true });
    await end(1, failure);
    await queue.cancel(2);
    await queue.wait(2).catch(() => undefined);
    await queue.clear();
    await sample?.close();
    await open();
    expect([await jobs(), asked, await state()]).toMatchObject([[], [], { complete: true }]);
  });

  test('a run that cannot be started is said and left out', async () => {
    putDataset(here.sql, 1, []);
    broken.method = 'one';
    await open({ begin: true });
    await queue.cancel(1);
    await end(2, { dataset: 1 });
    expect(said).toEqual(['the sample run could not be started', 'notice: UNKNOWN_METHOD There is no one.']);
    expect(await state()).toMatchObject({ runs: { one: { run: null, jobs: [] }, two: { run: 'run of two', jobs: [3, 4] } }, complete: false });
    await end(3, null);
    await end(4, null);
    expect([asked.length, await state()]).toMatchObject([2, { complete: true }]);
  });
});

describe('at a later start', () => {
  const keep = (value: unknown): Promise<unknown> => here.db.write('project', 'setMeta', { sample: typeof value === 'string' ? value : JSON.stringify(value) });
  const put = (kind: string, jobState: string, more: { result?: string; run?: string } = {}): number =>
    Number(
      here.sql
        .prepare(`INSERT INTO job (kind, title, state, params, result, run_id, created_at) VALUES (?, ?, ?, '{}', ?, ?, 1)`)
        .run(kind, `${kind} of before`, jobState, more.result ?? null, more.run ?? null).lastInsertRowid,
    );

  test('a project that never had one gets none', async () => {
    await open();
    expect([await jobs(), await state()]).toEqual([[], null]);
    const id = await queue.start({ kind: 'import', title: 'Of the user', params: {} });
    await end(id, { dataset: 1 });
    expect([await jobs(), await state()]).toEqual([['1 Of the user: done'], null]);
  });

  test('what the end of the program cut off goes on, and nothing else does', async () => {
    putDataset(here.sql, 1, []);
    put('import', 'interrupted');
    put('synth', 'done', { result: '{"dataset":1}' });
    put('train', 'running', { run: 'r' });
    put('evaluate', 'interrupted', { run: 'r' });
    put('evaluate', 'interrupted', { run: 'of the user' });
    put('import', 'interrupted');
    put('train', 'cancelled', { run: 'r' });
    await keep({ pets: { job: 1 }, synthetic: { job: 2 }, runs: { one: { run: 'r', jobs: [3] } }, complete: false });
    await open();
    expect(await jobs()).toEqual([
      '1 import of before: running',
      '2 synth of before: done',
      '3 train of before: running',
      '4 evaluate of before: running',
      '5 evaluate of before: interrupted',
      '6 import of before: interrupted',
      '7 train of before: cancelled',
    ]);
    await end(1, failure);
    // The first method has its run already.
    expect(asked).toEqual([asks('two', [evaluateOn[0]!])]);
  });

  test('what somebody sent half made is over', async () => {
    for (const kind of ['import', 'synth']) put(kind, 'interrupted');
    await keep({ pets: { job: 1 }, synthetic: { job: 2 }, runs: {}, complete: false });
    await open({ isOwn: false, begin: true });
    expect(await jobs()).toEqual(['1 import of before: interrupted', '2 synth of before: interrupted']);
    expect(await state()).toEqual({ pets: { job: 1 }, synthetic: { job: 2 }, runs: {}, complete: true });
  });

  test('a new project begins, also one that is not known yet', async () => {
    await open({ isOwn: false, begin: true });
    expect(await state()).toMatchObject({ complete: false });
    expect((await jobs()).length).toBe(2);
  });

  test('one that is complete stays as it is', async () => {
    put('import', 'interrupted');
    const complete = { pets: { job: 1 }, synthetic: { job: 2 }, runs: {}, complete: true };
    await keep(complete);
    await open({ begin: true });
    expect([await jobs(), await state(), said]).toEqual([['1 import of before: interrupted'], complete, []]);
  });

  test.each(['{', '[]', '{"complete":false}', '{"complete":1,"runs":{}}', '{"complete":false,"runs":{},"pets":{"job":1.5}}'])(
    'how far it was cannot be read of %s: said, left alone',
    async (stored) => {
      await keep(stored);
      await open({ begin: true });
      expect(await jobs()).toEqual([]);
      expect((await here.db.read('project', 'meta', null))['sample']).toBe(stored);
      expect(said).toEqual(['how far the sample was cannot be read; it is not gone on with']);
    },
  );

  test('a run that was begun and not noted is found by method and data set', async () => {
    putDataset(here.sql, 1, []);
    put('import', 'cancelled');
    put('synth', 'done', { result: '{"dataset":1}' });
    made = [
      { id: 'other set', method: 'one', datasetId: 2, jobId: 8 },
      { id: 'found', method: 'one', datasetId: 1, jobId: null },
    ];
    await keep({ pets: { job: 1 }, synthetic: { job: 2 }, runs: {}, complete: false });
    await open();
    expect(asked).toEqual([asks('two', [evaluateOn[0]!])]);
    expect(await state()).toMatchObject({ runs: { one: { run: 'found', jobs: [] }, two: { run: 'run of two', jobs: [3, 4] } } });
  });

  test('of one that is found the job is waited for', async () => {
    putDataset(here.sql, 1, []);
    put('import', 'cancelled');
    put('synth', 'done', { result: '{"dataset":1}' });
    put('train', 'waiting', { run: 'found' });
    made = [{ id: 'found', method: 'one', datasetId: 1, jobId: 3 }];
    await keep({ pets: { job: 1 }, synthetic: { job: 2 }, runs: {}, complete: false });
    await open({ with: { ...plan, methods: ['one'] } });
    expect(await state()).toMatchObject({ runs: { one: { run: 'found', jobs: [3] } }, complete: false });
    await end(3, null);
    expect(await state()).toMatchObject({ complete: true });
  });
});

test('once it is closed nothing is started any more', async () => {
  putDataset(here.sql, 1, []);
  await open({ begin: true });
  await queue.cancel(1);
  await sample?.close();
  await end(2, { dataset: 1 });
  expect([asked, said]).toEqual([[], []]);
});

test('trouble on the way is said, and the next end of a job tries again', async () => {
  await here.db.write('project', 'setMeta', { sample: '{"runs":{},"complete":false}' });
  broken.calls = new Set(['list', 'start']);
  await open();
  expect(said).toEqual(['the sample project could not be resumed', 'the sample project could not go on']);
  broken.calls.clear();
  const id = await queue.start({ kind: 'import', title: 'Of the user', params: {} });
  await end(id, null);
  expect(await jobs()).toEqual(['1 Of the user: done', '2 Import PETS: running', '3 Make the data set Synthetic: running']);
});
