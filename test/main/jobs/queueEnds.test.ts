/** What the queue stores and tells where a job ends, waits or begins again; each on rows as a database would hold them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JobChange, JobRow, JobStore } from '../../../src-main/jobs/queue.ts';
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import { madeTime } from '../../support/madeTime.ts';
import { memoryStore } from './support/memoryStore.ts';
import { manual, queueOn, type Heard, type ManualRunner } from './support/queueOn.ts';

let folder: string;
let heard: Heard;
let store: ReturnType<typeof memoryStore>;
let updates: JobChange[][];
let imports: ManualRunner;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queue-ends-'));
  heard = { events: [], tags: [] };
  [updates, imports] = [[], manual('io')];
  store = memoryStore();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const noting = (rows: JobStore): JobStore => ({ ...rows, update: (changes) => (updates.push(changes), rows.update(changes)) });
const open = (more: Partial<Parameters<typeof queueOn>[0]> = {}) =>
  queueOn({ store: noting(store), logFolder: folder, clock: () => 5000, ...more }, { import: imports, train: manual('compute') }, heard);
const ask = { kind: 'import', title: 'Import yard', params: { path: 'yard' } } as const;

test('each end is stored whole: of a job that ran, of one that was cancelled while it waited, of one whose first failed', async () => {
  const timing = madeTime();
  const queue = open({ timing, ioSlots: 1 });
  await queue.open();
  const ran = await queue.start(ask);
  const waited = await queue.start(ask);
  const hung = await queue.start({ ...ask, after: [ran] });
  updates.length = 0;
  await queue.cancel(waited);
  const cancelled = toErrorShape(new AppError('CANCELLED', 'The work was cancelled.'));
  expect(updates).toEqual([[{ id: waited, state: 'cancelled', error: cancelled, endedAt: 5000 }]]);
  updates.length = 0;
  timing.advance(30);
  const failed = new AppError('DISK_FULL', 'Full.', {}, { remedy: 'Free some.' });
  imports.running.get(ran)?.reject(failed);
  await queue.wait(hung).catch(() => undefined);
  expect(updates).toEqual([
    [{ id: ran, state: 'failed', result: null, error: toErrorShape(failed), endedAt: 5030, done: 0, total: 0, unit: '', message: '', datasetId: null }],
    [
      {
        id: hung,
        state: 'failed',
        endedAt: 5000,
        error: {
          code: 'DISK_FULL',
          message: '"Import yard", which had to be done first, failed: Full.',
          remedy: 'Free some. Then run that job again; this one follows by itself.',
          params: { dependency: ran },
        },
      },
    ],
  ]);
  expect((await queue.list()).map(({ id, state }) => [id, state])).toEqual([
    [hung, 'failed'],
    [waited, 'cancelled'],
    [ran, 'failed'],
  ]);
  expect(heard.events.filter(({ state }) => state === 'failed' || state === 'cancelled').map(({ id }) => id)).toEqual([waited, ran, hung]);
  await queue.close();
});

test('the error of the one that failed first reaches the last that waits, with its own code and remedy', async () => {
  const queue = open({ ioSlots: 1 });
  await queue.open();
  const first = await queue.start({ ...ask, title: 'First' });
  const second = await queue.start({ ...ask, title: 'Second', after: [first] });
  const third = await queue.start({ ...ask, title: 'Third', after: [second] });
  imports.running.get(first)?.reject(new AppError('SOURCE_CHANGED', 'Changed.', { name: 'yard' }, { remedy: 'Take it over.' }));
  await expect(queue.wait(third)).rejects.toMatchObject({
    code: 'SOURCE_CHANGED',
    message: '"First", which had to be done first, failed: Changed.',
    remedy: 'Take it over. Then run that job again; this one follows by itself.',
    params: { name: 'yard', dependency: second },
  });
  await queue.close();
});

test('of one whose first was cancelled: cancelled too, in words that name it; a first without a reason is said', async () => {
  const queue = open({ ioSlots: 1 });
  await queue.open();
  const first = await queue.start({ ...ask, title: 'First' });
  const then = await queue.start({ ...ask, after: [first] });
  await queue.cancel(first);
  await queue.wait(then).catch(() => undefined);
  expect(await queue.get(then)).toMatchObject({
    state: 'cancelled',
    error: { code: 'CANCELLED', message: '"First", which had to be done first, was cancelled.', params: { dependency: first } },
  });
  await store.insert({ ...ask, title: 'Odd', after: [], runId: null, datasetId: null, createdAt: 1 });
  await store.update([{ id: 3, state: 'failed', error: null }]);
  const orphan = await queue.start({ ...ask, after: [3] });
  expect((await queue.get(orphan))?.error).toMatchObject({
    message: '"Odd", which had to be done first, failed: no reason is known',
    remedy: 'Then run that job again; this one follows by itself.',
  });
  await queue.close();
});

test('a retry takes along what fell because of it, however far, and leaves what fell for itself', async () => {
  const queue = open();
  await queue.open();
  const first = await queue.start({ ...ask, title: 'first' });
  const second = await queue.start({ ...ask, title: 'second', after: [first] });
  const third = await queue.start({ ...ask, title: 'third', after: [second] });
  const other = await queue.start({ ...ask, title: 'other' });
  imports.running.get(first)?.reject(new AppError('BAD_INPUT', 'no'));
  imports.running.get(other)?.reject(new AppError('BAD_INPUT', 'no'));
  for (const id of [third, other]) await queue.wait(id).catch(() => undefined);
  await queue.dismiss(third);
  [updates.length, heard.events.length] = [0, 0];
  expect(await queue.retry(first)).toBe(first);
  const again = { state: 'waiting', error: null, result: null, endedAt: null, startedAt: null, message: '', dismissed: false };
  expect(updates[0]).toEqual([first, second, third].map((id) => ({ id, ...again })));
  expect(heard.events.slice(0, 3)).toMatchObject([first, second, third].map((id) => ({ id, state: 'waiting', dismissed: false })));
  expect([...store.rows.values()].map(({ id, state }) => [id, state])).toEqual([
    [first, 'running'],
    [second, 'waiting'],
    [third, 'waiting'],
    [other, 'failed'],
  ]);
  await queue.close();
});

test('a beginning is stored with nothing left of the try before', async () => {
  const queue = open();
  await queue.open();
  updates.length = 0;
  const id = await queue.start(ask);
  expect(updates).toEqual([[{ id, state: 'running', startedAt: 5000, endedAt: null, error: null, result: null, message: '' }]]);
  expect(heard.events.map(({ state }) => state)).toEqual(['waiting', 'running']);
  await queue.close();
});

test('at a start what is stored of each row is what has changed of it, and nothing where none has', async () => {
  const queue = open();
  updates.length = 0;
  await queue.open();
  expect(updates.flat()).toEqual([]);
  await store.insert({ ...ask, after: [], runId: null, datasetId: null, createdAt: 1 });
  await store.update([{ id: 1, state: 'running', startedAt: 7, message: 'Reading' }]);
  const next = open();
  updates.length = 0;
  heard.events.length = 0;
  await next.open();
  const error = toErrorShape(new AppError('JOB_CRASHED', 'The program ended while the job was running.'));
  expect(updates.flat()).toEqual([{ id: 1, state: 'interrupted', error, startedAt: 7, endedAt: 5000, message: 'Reading' }]);
  expect(heard.events).toMatchObject([{ id: 1, state: 'interrupted', secondsLeft: null, resumable: true }]);
});

test('what is told of a job has neither its input nor its result', async () => {
  const queue = open();
  await queue.open();
  const id = await queue.start(ask);
  imports.running.get(id)?.resolve({ large: 1 });
  await queue.wait(id);
  const shown: Partial<JobRow> = { ...store.rows.get(id) };
  delete shown.params;
  delete shown.result;
  expect(await queue.get(id)).toEqual({ ...shown, kindTitle: 'Work', group: 'data', resource: 'io', shows: null, secondsLeft: null, resumable: false });
  expect(await queue.list()).toEqual([await queue.get(id)]);
  expect(heard.events.at(-1)).toEqual(await queue.get(id));
});

test('reports go by the clock of the queue: told every 200 ms, stored every second, and no more once it has ended', async () => {
  const timing = madeTime();
  const queue = open({ timing });
  await queue.open();
  const id = await queue.start(ask);
  const tools = imports.tools.get(id)!;
  [updates.length, heard.events.length] = [0, 0];
  tools.setDataset(4);
  tools.progress(1, 10);
  tools.progress(2, 10, 'frames', 'Reading');
  expect(heard.events.map(({ done, datasetId }) => [done, datasetId])).toEqual([[0, 4]]);
  timing.advance(200);
  expect(heard.events.at(-1)).toMatchObject({ done: 2, total: 10, unit: 'frames', message: 'Reading' });
  timing.advance(800);
  expect(updates).toEqual([
    [{ id, done: 0, total: 0, unit: '', message: '', datasetId: 4 }],
    [{ id, done: 2, total: 10, unit: 'frames', message: 'Reading', datasetId: 4 }],
  ]);
  tools.progress(3, 10);
  imports.running.get(id)?.resolve(null);
  await queue.wait(id);
  const [told, stored] = [heard.events.length, updates.length];
  timing.advance(5000);
  expect([heard.events.length, updates.length]).toEqual([told, stored]);
  expect(store.rows.get(id)?.done).toBe(3);
});

test('a report that cannot be stored fails nothing', async () => {
  const timing = madeTime();
  let isFull = false;
  const queue = open({ timing, store: { ...store, update: (changes) => (isFull ? Promise.reject(new Error('full')) : store.update(changes)) } });
  await queue.open();
  const id = await queue.start(ask);
  isFull = true;
  imports.tools.get(id)?.progress(1, 2);
  await new Promise((resolve) => setImmediate(resolve));
  isFull = false;
  imports.running.get(id)?.resolve('made');
  expect(await queue.wait(id)).toBe('made');
});

test('closing tells nobody of log lines that come too late, and waits for what runs', async () => {
  const queue = open();
  await queue.open();
  const id = await queue.start(ask);
  imports.tools.get(id)?.log('info', 'late');
  await queue.close();
  const tags = heard.tags.filter((tag) => tag.startsWith('JobLog'));
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(heard.tags.filter((tag) => tag.startsWith('JobLog'))).toEqual(tags);
  expect(await readFile(join(folder, `${id}.jsonl`), 'utf8')).toContain('late');
  expect(store.rows.get(id)?.state).toBe('interrupted');
});

test('nothing begins while it closes', async () => {
  const queue = open({ ioSlots: 1 });
  await queue.open();
  await queue.start(ask);
  const waits = await queue.start(ask);
  await queue.close();
  await queue.lookAgain();
  expect([store.rows.get(waits)?.state, imports.running.size]).toEqual(['waiting', 0]);
});

test('after clearing pages read the list again', async () => {
  const queue = open();
  await queue.open();
  heard.tags.length = 0;
  await queue.clear();
  expect(heard.tags).toEqual(['Jobs']);
});

test('one that waits, or runs, is neither read as ended nor begun again', async () => {
  const queue = open({ ioSlots: 1 });
  await queue.open();
  const [runs, waits] = [await queue.start(ask), await queue.start(ask)];
  [updates.length, heard.events.length] = [0, 0];
  for (const id of [runs, waits]) {
    await queue.dismiss(id);
    expect(await queue.retry(id)).toBe(id);
  }
  expect([updates, heard.events]).toEqual([[], []]);
  imports.running.get(runs)?.resolve(null);
  await queue.wait(runs);
  await queue.dismiss(runs);
  expect([store.rows.get(runs)?.dismissed, updates.at(-1)]).toEqual([true, [{ id: runs, dismissed: true }]]);
  await queue.close();
});
