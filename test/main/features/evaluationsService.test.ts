/**
 * Evaluations without an engine: queue and tables are real, the compute child is played. What is asked of it, what is kept of its answer, and
 * what is refused before. With the real child: runs.test.ts, damagedResults.test.ts.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ComputeOptions } from '../../../src-main/compute/backend.ts';
import evaluateJob from '../../../src-main/features/evaluations/jobs/evaluate.ts';
import extractJob from '../../../src-main/features/evaluations/jobs/extract.ts';
import { mediaRows } from '../../../src-main/features/media/rows.ts';
import { createEvaluationsService, type EvaluationsService } from '../../../src-main/features/evaluations/service.ts';
import { runnerOf } from '../../../src-main/jobs/defineJob.ts';
import { createJobStore } from '../../../src-main/features/jobs/store.ts';
import { createJobQueue, type JobQueue } from '../../../src-main/jobs/queue.ts';
import { projectFolder } from '../../../src-main/platform/projectFolder.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { questionOf } from '../../support/evaluationOf.ts';
import { putDataset, putRun, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

const METRICS = { queries: 2, validQueries: 2, gallery: 2, mAP: 0.5, mINP: 0.25, cmc: [0.5, 1] };
const FEATURES = { path: 'features/f.safetensors', hash: 'fh', count: 3, dims: 2 };
const KEY = { weightsHash: 'wa', contentHash: 'content 1/pixels/rows', view: 'embedding' };
const RESULT = { folder: 'runs/a/evaluations/market-c', question: questionOf(), featuresHash: 'fh', weightsHash: 'wa', files: { f: 'h' }, metrics: METRICS };

let here: TablesHere;
let jobs: JobQueue;
let evaluations: EvaluationsService;
let asked: { task: { kind: string }; options: ComputeOptions }[];
let told: unknown[];
let needed: number[];
let devices: unknown[];
let made: typeof KEY | null;
let result: object;
let during: (options: ComputeOptions) => Promise<void> | void;

beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [{ id: 1, pid: 1, camid: 1, split: 'query' }]);
  putDataset(here.sql, 2, [], {});
  for (const id of ['a', 'b']) await putRun(here, { id, options: { depth: 18 } });
  await here.db.write('runs', 'update', { id: 'a', state: 'done', checkpoint: 'checkpoints/8', weightsHash: 'wa' });
  [asked, told, needed, devices, during] = [[], [], [], [], () => undefined];
  [made, result] = [KEY, RESULT];
  const db = here.db as never;
  const events = { emit: () => undefined, changed: (tags: string[], origin: string | null) => told.push([tags, origin]) };
  jobs = createJobQueue({ store: createJobStore(db), events: events as never, clock: () => 500, logFolder: join(here.folder, 'cache', 'jobs') });
  const engine = {
    deviceKey: (...device: unknown[]) => (devices.push(device), 'cpu'),
    options: () => ({ device: 'cpu' }),
    prepare: async () => needed,
    report: (info: unknown) => told.push(['engine', info]),
  };
  evaluations = createEvaluationsService(
    { project: projectFolder(here.folder), db, mediaRows: mediaRows(db), events, jobs, clock: () => 500, monotonic: () => 7 } as never,
    engine as never,
    async (task, options = {}) => {
      asked.push({ task, options });
      await during(options);
      return (task.kind === 'extract' ? { ...FEATURES, made } : result) as never;
    },
  );
  const deps = { services: { engine, evaluations } as never };
  jobs.registerRunner('extract', runnerOf(extractJob, deps));
  jobs.registerRunner('evaluate', runnerOf(evaluateJob, deps));
  await jobs.open();
});
afterEach(async () => {
  await jobs.close();
  here[Symbol.dispose]();
});

const REQUEST = { runId: 'a', datasetId: 1, protocol: 'market', distance: 'cosine' } as const;
const job = async (id: number) => (await jobs.list()).find((one) => one.id === id)!;

test('features are made and ranked by two jobs, and kept with what they were made of', async () => {
  const id = await evaluations.start(REQUEST);
  const evaluate = await job(id);
  expect(evaluate).toMatchObject({ kind: 'evaluate', title: 'Evaluate run a on Set 1 (market)', runId: 'a', datasetId: 1, resumable: false });
  expect(evaluate.after).toHaveLength(1);
  const extract = await job(evaluate.after[0]!);
  expect(extract).toMatchObject({ kind: 'extract', title: 'Features of Set 1 by run a', after: [], runId: 'a', datasetId: 1, resumable: false });
  expect(await jobs.wait(extract.id)).toEqual(FEATURES);
  const [{ id: evaluationId } = { id: 0 }] = (await jobs.wait(id), await here.db.read('evaluations', 'all', {}));
  expect(await jobs.wait(id)).toEqual({ evaluationId });
  expect(asked.map(({ task }) => task)).toEqual([
    {
      kind: 'extract',
      projectFolder: here.folder,
      runId: 'a',
      method: 'm',
      options: { depth: 18 },
      checkpoint: 'checkpoints/8',
      weightsHash: 'wa',
      manifest: join(here.folder, 'cache', 'tasks', `${extract.id}.jsonl`),
      known: [],
      output: 'features',
      engine: { device: 'cpu' },
    },
    {
      kind: 'evaluate',
      projectFolder: here.folder,
      rows: await here.db.read('evaluations', 'sideRows', { datasetId: 1 }),
      protocol: REQUEST.protocol,
      distance: REQUEST.distance,
      features: FEATURES,
      output: 'runs/a/evaluations',
      known: [],
    },
  ]);
  expect(asked[0]?.options.now?.()).toBe(7);
  // The device that is set, whatever a job says.
  expect(devices[0]).toEqual([]);
  expect(told).toContainEqual([['Evaluations', `Evaluation:${evaluationId}`, 'Runs', 'Run:a'], null]);
  const { folder: _folder, files: _files, ...shown } = (await here.db.read('evaluations', 'byIds', { ids: [evaluationId] }))[0]!;
  expect(shown).toMatchObject({ ...METRICS, ...REQUEST, featuresHash: 'fh', weightsHash: 'wa', createdAt: 500 });
  expect([await evaluations.list(undefined), await evaluations.list(1), await evaluations.list(2)]).toEqual([[shown], [shown], []]);
  expect(await evaluations.featureSets('a')).toEqual([{ runId: 'a', madeBy: 'a', datasetId: 1, ...KEY, ...FEATURES }]);
  expect(await evaluations.featureSets('b')).toEqual([]);
  expect((await here.db.read('evaluations', 'featureSets', { runId: 'a' }))[0]?.createdAt).toBe(500);
  // What is there is offered to the next extraction and the next evaluation, and where it answers again no row changes.
  [made, result] = [null, { sameAs: evaluationId }];
  here.sql.exec('UPDATE feature_set SET used_at = 1');
  const rows = () => [here.rows('SELECT * FROM evaluation'), here.rows('SELECT id, hash, created_at FROM feature_set')];
  const before = rows();
  expect(await jobs.wait(await evaluations.start(REQUEST))).toEqual({ evaluationId });
  expect(asked[2]?.task).toMatchObject({ known: [{ ...FEATURES, contentHash: KEY.contentHash }] });
  const { folder, files, featuresHash, weightsHash } = RESULT;
  const { gallery: _gallery, ...metrics } = METRICS;
  expect(asked[3]?.task).toMatchObject({ known: [{ id: evaluationId, questionHash: 'q', featuresHash, weightsHash, folder, files, metrics }] });
  expect(rows()).toEqual(before);
  expect(here.rows('SELECT used_at FROM feature_set')).toEqual([[500]]);
  // Of weights that the run no longer has none is offered; without hashes of its files no evaluation.
  await here.db.write('runs', 'update', { id: 'a', weightsHash: 'trained on' });
  here.sql.exec('UPDATE evaluation SET files = NULL');
  await jobs.wait(await evaluations.start(REQUEST));
  expect(asked.slice(4).map(({ task }) => task)).toMatchObject([{ known: [] }, { known: [] }]);
});

test('what the child says reaches the job and the engine', async () => {
  during = ({ onMessage, onOutput }) => {
    const say = (message: object) => onMessage?.(message as never, () => undefined);
    say({ type: 'engine', info: { engine: 'wasm' } });
    say({ type: 'log', level: 'warn', text: 'odd' });
    say({ type: 'alive' });
    onOutput?.('printed', 'stdout');
    say({ type: 'progress', done: 2, total: 5, unit: 'clips', message: 'Reading' });
  };
  const id = await evaluations.extract('a', 1);
  await jobs.wait(id);
  expect(await job(id)).toMatchObject({ done: 2, total: 5, unit: 'clips', message: 'Reading' });
  expect((await jobs.log(id, 0)).lines.map(({ level, text }) => [level, text])).toEqual([
    ['warn', 'odd'],
    ['info', 'printed'],
  ]);
  expect(told.filter((one) => (one as unknown[])[0] === 'engine')).toEqual([['engine', { engine: 'wasm' }]]);
});

test('a job that is cancelled stops its child', async () => {
  const begun = Promise.withResolvers<AbortSignal>();
  during = ({ signal }) =>
    new Promise((_resolve, reject) => {
      signal!.addEventListener('abort', () => reject(new AppError('CANCELLED', 'over')));
      begun.resolve(signal!);
    });
  const id = await evaluations.extract('a', 1);
  const signal = await begun.promise;
  await jobs.cancel(id);
  expect(signal.aborted).toBe(true);
  await expect(jobs.wait(id)).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await evaluations.featureSets('a')).toEqual([]);
});

describe('an extraction for evaluations', () => {
  const begun = (): PromiseWithResolvers<AbortSignal>[] => {
    const all: PromiseWithResolvers<AbortSignal>[] = [Promise.withResolvers(), Promise.withResolvers()];
    let n = 0;
    during = ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => reject(new AppError('CANCELLED', 'over')));
        all[n++]?.resolve(signal!);
      });
    return all;
  };

  test('is one for all of them; the last that is cancelled ends it, and brings it back when it is wanted again', async () => {
    const [first, second] = begun();
    const ids = await Promise.all([evaluations.start(REQUEST), evaluations.start({ ...REQUEST, protocol: 'visits' })]);
    const [a, b] = [await job(ids[0]), await job(ids[1])];
    expect(a.after).toEqual(b.after);
    const signal = await first!.promise;
    await jobs.cancel(a.id);
    expect(signal.aborted).toBe(false);
    await jobs.cancel(b.id);
    expect(signal.aborted).toBe(true);
    await expect(jobs.wait(b.after[0]!)).rejects.toMatchObject({ code: 'CANCELLED' });
    await jobs.retry(b.id);
    await second!.promise;
    expect((await job(b.after[0]!)).state).toBe('running');
  });

  test('that somebody asked for alone is nobody else’s', async () => {
    const [first] = begun();
    const alone = await evaluations.extract('a', 1);
    const signal = await first!.promise;
    const evaluate = await job(await evaluations.start(REQUEST));
    expect(evaluate.after).not.toContain(alone);
    await jobs.cancel(evaluate.id);
    expect([signal.aborted, (await job(evaluate.after[0]!)).state]).toEqual([false, 'cancelled']);
  });

  test('is not shared with one that waits for a training, nor by one that must wait for it', async () => {
    jobs.registerRunner('provision', {
      title: 'Work',
      group: 'data',
      resource: 'io',
      resumable: false,
      run: (_job, { signal }) => new Promise((_r, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    });
    const training = await jobs.start({ kind: 'provision', title: 'Train', params: null });
    const [first] = begun();
    const later = await job(await evaluations.start(REQUEST, [training]));
    const now = await job(await evaluations.start(REQUEST));
    await first!.promise;
    const latest = await job(await evaluations.start(REQUEST, [training]));
    expect(new Set([later.after[0], now.after[0], latest.after[0]])).toEqual(new Set([later.after[0], now.after[0]]));
    expect([latest.after, now.after[0] === later.after[0]]).toEqual([later.after, false]);
  });
});

describe('an extraction comes after', () => {
  const gate = async () => {
    const untilClosed = (_job: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    jobs.registerRunner('provision', { title: 'Work', group: 'data', resource: 'io', resumable: false, run: untilClosed });
    return jobs.start({ kind: 'provision', title: 'Fetch', params: null });
  };

  test('what has to be fetched for the engine', async () => {
    needed = [await gate()];
    expect((await job(await evaluations.extract('a', 1))).after).toEqual(needed);
  });

  test('the training, which has fetched it already and makes the checkpoint that is still lacking', async () => {
    const training = await gate();
    needed = [training + 100];
    const evaluate = await job(await evaluations.start({ ...REQUEST, runId: 'b' }, [training]));
    expect((await job(evaluate.after[0]!)).after).toEqual([training]);
  });
});

describe('refused before a job is there', () => {
  const missing = { code: 'CONFLICT', message: '"run b" has no checkpoint yet.', params: { id: 'b' }, remedy: 'Train it first.' };
  test.each<[string, () => Promise<unknown>, object]>([
    [
      'a run that is not there',
      () => evaluations.start({ ...REQUEST, runId: 'x' }),
      { code: 'NOT_FOUND', message: 'There is no run "x".', params: { id: 'x' } },
    ],
    ['the features of one', () => evaluations.featureSets('x'), { code: 'NOT_FOUND', message: 'There is no run "x".' }],
    ['a data set that is not there', () => evaluations.extract('a', 9), { code: 'NOT_FOUND', message: 'There is no data set 9.', params: { datasetId: 9 } }],
    ['a run without a checkpoint', () => evaluations.extract('b', 1), missing],
    ['the same for an evaluation', () => evaluations.start({ ...REQUEST, runId: 'b' }, []), missing],
  ])('%s', async (_name, call, error) => {
    await expect(call()).rejects.toMatchObject(error);
    expect([await jobs.list(), asked]).toEqual([[], []]);
  });
});

describe('a job ends in words where meanwhile', () => {
  /** A job that waits until `change` is made. */
  const after = async (change: string, kind: 'extract' | 'evaluate'): Promise<unknown> => {
    const gate = Promise.withResolvers<null>();
    jobs.registerRunner('provision', { title: 'Work', group: 'data', resource: 'io', resumable: false, run: () => gate.promise });
    const first = await jobs.start({ kind: 'provision', title: 'Fetch', params: null });
    const id =
      kind === 'extract'
        ? await evaluations.extract('a', 1, [first])
        : await jobs.start({ kind, title: 'Evaluate', params: { ...REQUEST }, after: [first], runId: 'a', datasetId: 1 });
    here.sql.exec(change);
    gate.resolve(null);
    return jobs.wait(id);
  };

  test.each<[string, string, 'extract' | 'evaluate', object]>([
    [
      'the checkpoint went',
      'UPDATE run SET checkpoint = NULL',
      'extract',
      { code: 'CONFLICT', message: '"run a" has no checkpoint yet.', remedy: 'Train it first.' },
    ],
    ['the features went', 'DELETE FROM feature_set', 'evaluate', { code: 'NOT_FOUND', message: /^The features of this data set are not there/ }],
    ['the folder of the pictures is one that was not chosen here', `UPDATE dataset SET root = '/elsewhere'`, 'extract', { code: 'MEDIA_MISSING' }],
    ['the video went', `UPDATE media SET kind = 'video'`, 'extract', { code: 'MEDIA_MISSING' }],
  ])('%s', async (_name, change, kind, { message, ...error }: { message?: string | RegExp }) => {
    await expect(after(change, kind)).rejects.toMatchObject({
      ...error,
      ...(message === undefined ? {} : { message: typeof message === 'string' ? message : (expect.stringMatching(message) as string) }),
    });
    expect(asked).toEqual([]);
  });
});
