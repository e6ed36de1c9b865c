/** What the queue promises one job at a time: words of its errors, what is stored and told, restart and end. The order of jobs is in queueModel.test.ts. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import { isClosing, type JobRow, type JobRunner, type JobStore } from '../../../src-main/jobs/queue.ts';
import { madeTime } from '../../support/madeTime.ts';
import { memoryStore } from './support/memoryStore.ts';
import { manual, queueOn, until, type Heard } from './support/queueOn.ts';

let folder: string;
let heard: Heard;
let time: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queue-rules-'));
  heard = { events: [], tags: [] };
  time = 5000;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const rowOf = (row: Partial<JobRow> & Pick<JobRow, 'id' | 'state'>): JobRow => ({
  kind: 'import',
  title: `job ${row.id}`,
  params: {},
  after: [],
  done: 0,
  total: 0,
  unit: '',
  message: '',
  result: null,
  error: null,
  runId: null,
  datasetId: null,
  createdAt: 1,
  startedAt: null,
  endedAt: null,
  dismissed: false,
  ...row,
});

function open(runners: Record<string, JobRunner>, store: JobStore = memoryStore(), more: Partial<Parameters<typeof queueOn>[0]> = {}) {
  return queueOn({ store, logFolder: folder, clock: () => time, ...more }, runners, heard);
}

const ask = { kind: 'import', title: 'Import yard', params: { path: 'yard' } } as const;

test('a row begins with what was asked, and ends with what the job said last', async () => {
  const store = memoryStore();
  const imports = manual('io');
  const timing = madeTime();
  const queue = open({ import: imports }, store, { timing });
  await queue.open();
  const id = await queue.start({ ...ask, runId: 'r', datasetId: 4 });
  expect(store.rows.get(id)).toEqual(
    rowOf({ id, state: 'running', title: 'Import yard', params: { path: 'yard' }, runId: 'r', datasetId: 4, createdAt: 5000, startedAt: 5000 }),
  );
  expect(await queue.get(id)).not.toHaveProperty('params');
  const tools = imports.tools.get(id)!;
  tools.progress(1, 8, 'frames', 'Reading');
  tools.progress(3, 8);
  tools.setDataset(9);
  timing.advance(250);
  // Kept since nothing newer was said.
  expect(heard.events.at(-1)).toMatchObject({ id, done: 3, total: 8, unit: 'frames', message: 'Reading', datasetId: 9 });
  imports.running.get(id)?.resolve(undefined);
  expect(await queue.wait(id)).toBe(null);
  expect(store.rows.get(id)).toMatchObject({
    state: 'done',
    done: 3,
    total: 8,
    unit: 'frames',
    message: 'Reading',
    datasetId: 9,
    result: null,
    error: null,
    endedAt: 5250,
  });
  // Begun again, nothing of the last time is left.
  time = 9000;
  store.rows.set(
    7,
    rowOf({
      id: 7,
      state: 'failed',
      message: 'Stopping',
      error: { code: 'BAD_INPUT', message: 'x', remedy: '', params: {} },
      startedAt: 1,
      endedAt: 2,
      dismissed: true,
    }),
  );
  await queue.retry(7);
  expect(store.rows.get(7)).toEqual(rowOf({ id: 7, state: 'running', startedAt: 9000 }));
  await queue.close();
});

test('without params, after, run or data set a row has none', async () => {
  const store = memoryStore();
  const queue = open({}, store);
  await queue.start(ask);
  // Nothing runs before it is opened.
  expect(store.rows.get(1)).toEqual(rowOf({ id: 1, state: 'waiting', title: 'Import yard', params: { path: 'yard' }, createdAt: 5000 }));
});

test('what did not happen is said: an unknown job, one that is done, a runner twice', async () => {
  const imports = manual('io');
  const queue = open({ import: imports });
  await queue.open();
  for (const call of [queue.retry, queue.cancel, queue.dismiss, queue.wait, (id: number) => queue.log(id, 0)])
    await expect(call(3)).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'There is no job 3.', params: { id: 3 } });
  expect(await queue.get(3)).toBe(null);
  expect(() => queue.registerRunner('import', imports)).toThrow('a runner for "import" is registered already');
  const id = await queue.start(ask);
  expect(await queue.retry(id)).toBe(id);
  imports.running.get(id)?.resolve(1);
  await queue.wait(id);
  await expect(queue.retry(id)).rejects.toMatchObject({ code: 'CONFLICT', message: '"Import yard" is done already; there is nothing to repeat.' });
  await queue.cancel(id);
  expect(await queue.get(id)).toMatchObject({ state: 'done', error: null });
});

test('a job whose dependency was removed, or is of a kind nobody runs, says so and is over', async () => {
  const queue = open({});
  await queue.open();
  const orphan = await queue.start({ ...ask, after: [77] });
  await expect(queue.wait(orphan)).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: 'Job 77, which had to be done first, was removed.',
    params: { dependency: 77 },
  });
  const odd = await queue.start({ ...ask, kind: 'strips' });
  await expect(queue.wait(odd)).rejects.toMatchObject({ message: 'This program cannot run jobs of kind "strips".', params: { kind: 'strips' } });
  expect(await queue.get(odd)).toMatchObject({ endedAt: 5000, startedAt: null, resumable: false });
});

test('a compute job without a device of its own computes on the processor', async () => {
  const train = manual('compute');
  const onCpu = Object.assign(manual('compute'), { device: () => 'cpu' });
  const onCard = Object.assign(manual('compute'), { device: () => 'cuda:0' });
  const queue = open({ train, extract: onCpu, evaluate: onCard });
  await queue.open();
  for (const kind of ['train', 'extract', 'evaluate'] as const) await queue.start({ ...ask, kind });
  expect([train, onCpu, onCard].map(({ running }) => running.size)).toEqual([1, 0, 1]);
  await queue.close();
});

test('three io jobs run at once where nothing else is said', async () => {
  const imports = manual('io');
  const queue = open({ import: imports });
  await queue.open();
  for (let i = 0; i < 5; i++) await queue.start(ask);
  expect([...imports.running.keys()]).toEqual([1, 2, 3]);
  await queue.close();
});

test('a cancel is told at once; the job ends as it ends', async () => {
  const timing = madeTime();
  const gate = Promise.withResolvers<string>();
  let signal: AbortSignal | undefined;
  const queue = open(
    { import: { title: 'Work', group: 'data', resource: 'io', resumable: true, run: (_job, tools) => ((signal = tools.signal), gate.promise) } },
    memoryStore(),
    { timing },
  );
  await queue.open();
  const id = await queue.start(ask);
  expect(signal?.aborted).toBe(false);
  await queue.cancel(id);
  expect(heard.events.at(-1)).toMatchObject({ id, state: 'running', message: 'Stopping' });
  expect(signal?.reason).toMatchObject({ code: 'CANCELLED', message: 'The work was cancelled.' });
  expect(isClosing(signal!)).toBe(false);
  // It was quicker than the word.
  gate.resolve('made');
  expect(await queue.wait(id)).toBe('made');
});

test('an error of a cancelled job is no failure; one of another has its sentence in the log', async () => {
  const imports = manual('io');
  const queue = open({ import: imports });
  await queue.open();
  const [cancelled, failed, broken] = [await queue.start(ask), await queue.start(ask), await queue.start(ask)];
  await queue.cancel(cancelled);
  imports.running.get(failed)?.reject(new AppError('FILE_INVALID', 'Line 3 is none.', {}, { remedy: 'Mend it.' }));
  const fault = new TypeError('x is not a function');
  imports.running.get(broken)?.reject(fault);
  for (const id of [cancelled, failed, broken]) await queue.wait(id).catch(() => undefined);
  expect(await queue.get(cancelled)).toMatchObject({ state: 'cancelled', error: { code: 'CANCELLED', message: 'The work was cancelled.' } });
  expect((await queue.log(cancelled, 0)).lines).toEqual([]);
  expect((await queue.log(failed, 0)).lines).toEqual([{ at: 5000, level: 'error', text: 'Line 3 is none. Mend it.' }]);
  // Of a fault of the program the place is told.
  expect((await queue.log(broken, 0)).lines).toEqual([{ at: 5000, level: 'error', text: fault.stack }]);
});

test('after a restart what ran is interrupted, is told, can be given up, and rejects whoever waits for it', async () => {
  const store = memoryStore([
    rowOf({ id: 1, state: 'running', kind: 'train', startedAt: 10 }),
    rowOf({ id: 2, state: 'waiting', after: [1] }),
    rowOf({ id: 3, state: 'done', result: 'r' }),
    rowOf({ id: 4, state: 'interrupted', kind: 'train' }),
  ]);
  const queue = open({ train: manual('compute'), import: manual('io') }, store);
  await queue.open();
  expect(heard.events).toMatchObject([{ id: 1, state: 'interrupted', resumable: true, endedAt: 5000, error: { code: 'JOB_CRASHED' } }]);
  expect(heard.tags).toContain('Jobs');
  expect((await queue.list()).map(({ id, state, resumable }) => [id, state, resumable])).toEqual([
    [2, 'waiting', false],
    [4, 'interrupted', true],
    [3, 'done', false],
    [1, 'interrupted', true],
  ]);
  const interrupted = { code: 'JOB_CRASHED', message: 'The program ended while the job was running.' };
  await expect(queue.wait(1)).rejects.toMatchObject(interrupted);
  await expect(queue.wait(4)).rejects.toMatchObject(interrupted);
  expect(await queue.wait(3)).toBe('r');
  await queue.cancel(1);
  expect((await queue.list()).map(({ id, state }) => [id, state])).toEqual([
    [4, 'interrupted'],
    [3, 'done'],
    [2, 'cancelled'],
    [1, 'cancelled'],
  ]);
});

test('the end of the program interrupts what runs, in words of its own, and takes nothing new', async () => {
  const imports = manual('io');
  const store = memoryStore();
  const queue = open({ import: imports }, store);
  await queue.open();
  const id = await queue.start(ask);
  const waits = await queue.start({ ...ask, after: [id] });
  const { signal } = imports.tools.get(id)!;
  const ended = queue.wait(id).catch((error: AppError) => error.code);
  expect(isClosing(signal)).toBe(false);
  await queue.close();
  expect(isClosing(signal)).toBe(true);
  expect(isClosing(AbortSignal.abort(new Error((signal.reason as Error).message)))).toBe(false);
  expect(await ended).toBe('JOB_CRASHED');
  expect([store.rows.get(id)?.state, store.rows.get(waits)?.state]).toEqual(['interrupted', 'waiting']);
  await expect(queue.start(ask)).rejects.toMatchObject({ code: 'CANCELLED', message: 'The program is closing; no new job can start.' });
  expect(store.rows.size).toBe(2);
});

test('whoever listens to ends hears of each once, until it stops to listen', async () => {
  const imports = manual('io');
  const queue = open({ import: imports });
  await queue.open();
  const ends: [number, string][] = [];
  const stop = queue.onEnd(({ id, state }) => ends.push([id, state]));
  const [a, b, c] = [await queue.start(ask), await queue.start({ ...ask, after: [1] }), await queue.start(ask)];
  imports.running.get(a)?.reject(new AppError('BAD_INPUT', 'no'));
  await queue.wait(b).catch(() => undefined);
  expect(ends).toEqual([
    [a, 'failed'],
    [b, 'failed'],
  ]);
  stop();
  imports.running.get(c)?.resolve(null);
  await queue.wait(c);
  expect(ends).toHaveLength(2);
});

test('all that wait for a job get its result, and those that come later too', async () => {
  const imports = manual('io');
  const queue = open({ import: imports });
  await queue.open();
  const id = await queue.start(ask);
  const waiters = [queue.wait(id), queue.wait(id)];
  await queue.lookAgain();
  imports.running.get(id)?.resolve({ n: 1 });
  expect(await Promise.all([...waiters, queue.wait(id)])).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }]);
});

test('lines of a log are told of together, by the tag of their job', async () => {
  const imports = manual('io');
  const queue = open({ import: imports });
  await queue.open();
  const id = await queue.start(ask);
  heard.tags.length = 0;
  for (let i = 0; i < 20; i++) imports.tools.get(id)?.log('warn', `line ${i}`);
  expect(heard.tags).toEqual([]);
  await until(() => heard.tags.length > 0);
  imports.tools.get(id)?.log('info', 'last');
  await until(() => heard.tags.length > 1);
  expect(heard.tags).toEqual([`JobLog:${id}`, `JobLog:${id}`]);
  const { lines } = await queue.log(id, 0);
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([21, { at: 5000, level: 'warn', text: 'line 0' }, { at: 5000, level: 'info', text: 'last' }]);
  expect(await readFile(join(folder, `${id}.jsonl`), 'utf8')).toContain('line 19');
  await queue.close();
});
