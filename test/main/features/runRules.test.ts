/**
 * The books of a run without an engine: the queue, the tables and the files are real, the compute child is played. What it says reaches row, files
 * and listeners; how it ends is how the run ends. With the real child: runs.test.ts.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import { playedRuns, pointOf, RECIPE, type PlayedRuns } from '../../support/playedRuns.ts';

let all: PlayedRuns;
let { here, jobs, runs, played, told, tags, evaluated, start, child } = {} as PlayedRuns;
beforeEach(async () => {
  all = await playedRuns();
  ({ here, jobs, runs, played, told, tags, evaluated, start, child } = all);
});
afterEach(() => all.close());

const config = (id: string) => JSON.parse(readFileSync(join(here.folder, 'runs', id, 'config.json'), 'utf8')) as Record<string, unknown>;
/** As `sha256sum` has it of its members, a line each. */
const SPLIT_HASH = createHash('sha256').update('["t1","train"]\n["t2","train"]\n["t3","query"]\n').digest('hex');
const done = { steps: 8, checkpoint: 'checkpoints/step-8', weightsHash: 'w8', stopped: false };

test('what is asked for is what is trained, kept in the folder and told', async () => {
  const { runId, jobId, evaluationJobs } = await start({
    name: 'Näme 1!',
    options: { depth: 18 },
    recipe: { epochs: 3 },
    device: 'cuda:1',
    evaluateOn: [{ datasetId: 1, protocol: 'market' }],
  });
  expect([runId, evaluationJobs]).toEqual(['na-me-1', [71]]);
  expect(evaluated).toEqual([[{ runId, datasetId: 1, protocol: 'market', distance: 'cosine' }, [jobId]]]);
  expect(tags).toContain('Runs');
  expect(config(runId)).toEqual({
    name: 'Näme 1!',
    method: 'm',
    options: { depth: 18 },
    // The set has two people to train on.
    recipe: { ...RECIPE, identitiesPerBatch: 2, epochs: 3 },
    seed: 3,
    device: 'cuda:1',
    dataset: { id: 1, name: 'Set 1', importer: 'test', contentHash: 'content 1' },
    split: { name: 'main', hash: SPLIT_HASH },
    versions: { program: '1.2.3', node: process.version },
    createdAt: 1000,
  });
  const { task } = await child();
  expect(task).toEqual({
    kind: 'train',
    projectFolder: here.folder,
    runId,
    method: 'm',
    options: { depth: 18 },
    // The set has two people to train on.
    recipe: { ...RECIPE, identitiesPerBatch: 2, epochs: 3 },
    manifest: join(here.folder, 'cache', 'tasks', `${jobId}.jsonl`),
    seed: 3,
    engine: { device: 'cuda:1' },
  });
  expect(await runs.get(runId)).toMatchObject({
    id: runId,
    name: 'Näme 1!',
    split: { name: 'main', hash: SPLIT_HASH },
    methodTitle: 'Method',
    methodKnown: true,
    state: 'running',
    jobId,
    seed: 3,
    steps: 12,
    epochs: 3,
    macsPerFrame: 9,
    createdAt: 1000,
    endedAt: null,
    batches: [],
    command: `tracklet train m --project . --dataset 'Set 1' --name 'Näme 1!' --seed 3 --recipe small --set depth=18 --set epochs=3 --set identitiesPerBatch=2`,
  });
  expect(config((await start()).runId)).not.toHaveProperty('device');
});

test('names and folders are numbered where they are taken, also by what only lies there', async () => {
  mkdirSync(join(here.folder, 'runs', 'm-s3'));
  const [a, b] = [await start(), await start()];
  expect([a.runId, b.runId]).toEqual(['m-s3-2', 'm-s3-2-2']);
  expect((await runs.list()).map(({ name }) => name).sort()).toEqual(['m-s3', 'm-s3-2']);
  expect((await start({ name: '!!!' })).runId).toBe('m');
  await expect(start({ name: 'm-s3' })).rejects.toMatchObject({ code: 'CONFLICT', params: { key: 'name' }, message: 'There is a run named "m-s3" already.' });
  expect((await start({ name: 'x'.repeat(99) })).runId).toHaveLength(60);
});

test.each<[string, object, string, RegExp]>([
  ['another method', { method: 'n' }, 'UNKNOWN_METHOD', /no method "n"/],
  ['a recipe that does not fit', { recipe: { epochs: 0 } }, 'BAD_INPUT', /recipe value "epochs"/],
  ['a data set that is not there', { datasetId: 9 }, 'NOT_FOUND', /data set does not exist/],
  ['an evaluation on one that is not there', { evaluateOn: [{ datasetId: 9, protocol: 'market' }] }, 'NOT_FOUND', /no data set 9 to evaluate on/],
  ['three clips in a batch of parts', { recipe: { identitiesPerBatch: 4, accumulate: 3 } }, 'BAD_INPUT', /4 identities make at most 2 parts/],
])('refused before anything is there: %s', async (_name, more, code, words) => {
  await expect(start(more)).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string });
  expect([await runs.list(), await jobs.list(), existsSync(join(here.folder, 'runs', 'm-s3'))]).toEqual([[], [], false]);
});

test.each<[string, string, RegExp]>([
  ['is being imported', `UPDATE dataset SET state = 'importing'`, /does not exist|still being imported/],
  ['has nobody to train on', `UPDATE tracklet SET split = 'none'`, /"Set 1" has no tracklets in the split "train"\.$/],
  [
    'has one camera too',
    `UPDATE tracklet SET split = 'none', camera_id = 1001; DELETE FROM camera WHERE id = 1002`,
    /It has one camera, so it also has no query/,
  ],
  ['has one person', `UPDATE tracklet SET split = 'none' WHERE id = 2`, /has 1 identity; training needs at least two/],
  ['has one person and a distractor', `UPDATE identity SET kind = 'distractor' WHERE pid = 2`, /has 1 identity/],
])('refused: a set that %s', async (_name, sql, words) => {
  here.sql.exec(sql);
  await expect(start()).rejects.toMatchObject({ message: expect.stringMatching(words) as string });
});

test('a batch of more people than the set has is refused, and begun with as many by itself', async () => {
  await expect(start({ recipe: { identitiesPerBatch: 3 } })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: 'The set has 2 training identities; a batch cannot hold 3.',
    params: { key: 'identitiesPerBatch' },
    remedy: 'Take at most 2 identities a batch.',
  });
  expect(await runs.list()).toEqual([]);
  expect((await runs.get((await start()).runId)).recipe.identitiesPerBatch).toBe(2);
});

test('batches of four clips are enough, and parts of two people each', async () => {
  all.addPeople(2);
  await expect(start({ recipe: { identitiesPerBatch: 2, clipsPerIdentity: 2 } })).resolves.toBeDefined();
  await expect(start({ recipe: { identitiesPerBatch: 4, accumulate: 2 } })).resolves.toBeDefined();
  await expect(start({ recipe: { identitiesPerBatch: 2, accumulate: 1 } })).resolves.toBeDefined();
});

describe('while it trains', () => {
  test('figures are live at once, kept with every checkpoint, and smoothed from the second step on', async () => {
    const { runId } = await start();
    const { say } = await child();
    const speed = (step: number, value: number) => say(pointOf(step, { series: { imagesPerSecond: Float64Array.of(0, value) } }));
    speed(1, 1000);
    expect((await runs.get(runId)).imagesPerSecond).toBe(null);
    speed(2, 10);
    expect(await runs.get(runId)).toMatchObject({ step: 2, epoch: 1, elapsedSeconds: 2, imagesPerSecond: 10 });
    speed(3, 20);
    expect((await runs.get(runId)).imagesPerSecond).toBeCloseTo(12);
    say({ type: 'checkpoint', checkpoint: { path: 'checkpoints/step-3', weightsHash: 'w3' } as never });
    await expect.poll(async () => (await here.db.read('runs', 'one', { id: runId }))?.checkpoint).toBe('checkpoints/step-3');
    expect(await here.db.read('runs', 'one', { id: runId })).toMatchObject({ step: 3, weightsHash: 'w3', elapsedSeconds: 3 });
    expect(told.filter(({ event }) => event === 'runMetrics')).toHaveLength(3);
    expect([...(await runs.metrics(runId, 0)).step]).toEqual([1, 2, 3]);
    expect([...(await runs.metrics(runId, 2)).step]).toEqual([3]);
  });

  test('what the child is, what it builds, says and prints', async () => {
    const { runId, jobId } = await start();
    const { say, print } = await child();
    const batches = [{ fromStep: 0, identitiesPerBatch: 4, clipsPerIdentity: 2, accumulate: 1 }];
    say({ type: 'engine', info: { engine: 'tensorflow', threads: 2 } as never });
    say({ type: 'model', parameters: 77, steps: 8, epochs: 2, batches });
    say({ type: 'progress', done: 2, total: 8, unit: 'steps', message: 'Training' });
    say({ type: 'log', level: 'warn', text: 'odd' });
    print('printed');
    await expect.poll(async () => (await runs.get(runId)).batches).toEqual(batches);
    expect(await runs.get(runId)).toMatchObject({ parameters: 77, steps: 8, engine: { engine: 'tensorflow', threads: 2 } });
    expect(told.find(({ event }) => event === 'engine')?.payload).toMatchObject({ engine: 'tensorflow' });
    expect((await jobs.list()).find(({ id }) => id === jobId)).toMatchObject({ done: 2, total: 8, unit: 'steps', message: 'Training' });
    expect((await jobs.log(jobId, 0)).lines.map(({ level, text }) => [level, text])).toEqual([
      ['warn', 'odd'],
      ['info', 'printed'],
    ]);
    await expect.poll(async () => (await runs.log(runId, 0)).lines.length).toBe(2);
  });
});

describe('it ends', () => {
  test('done: with the last checkpoint', async () => {
    const { runId, jobId } = await start();
    const { say, end } = await child();
    say(pointOf(8));
    all.time = 5000;
    end.resolve(done);
    expect(await jobs.wait(jobId)).toEqual(done);
    expect(await runs.get(runId)).toMatchObject({
      state: 'done',
      step: 8,
      checkpoint: 'checkpoints/step-8',
      weightsHash: 'w8',
      error: null,
      endedAt: 5000,
      secondsLeft: null,
    });
    expect(tags).toContain(`Run:${runId}`);
    await expect(runs.resume(runId)).rejects.toMatchObject({ code: 'CONFLICT', message: '"m-s3" is trained already; there is nothing to continue.' });
    await expect(runs.resume(runId, { identitiesPerBatch: 8 })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('stopped: what it has is kept, and it goes on where it was', async () => {
    const { runId, jobId } = await start({ device: 'cpu' });
    const { say, end, signal } = await child();
    say(pointOf(3));
    await expect(runs.resume(runId, { identitiesPerBatch: 8 })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: '"m-s3" is training already, at step 3 of 8.',
    });
    await expect(runs.resume(runId)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: '"m-s3" is training already, at step 3 of 8.',
      params: { id: runId },
      remedy: 'Wait for its end, or stop it first.',
    });
    await expect(runs.remove(runId, { key: null, tags: [] })).rejects.toMatchObject({ code: 'CONFLICT', message: '"m-s3" is being computed; stop it first.' });
    await runs.stop(runId);
    expect(signal.aborted).toBe(true);
    end.resolve({ ...done, steps: 4, checkpoint: 'checkpoints/step-4', weightsHash: 'w4', stopped: true });
    await expect(jobs.wait(jobId)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await runs.get(runId)).toMatchObject({ state: 'stopped', checkpoint: 'checkpoints/step-4', weightsHash: 'w4', step: 4, error: null });
    await expect(runs.resume(runId, { identitiesPerBatch: 8 })).rejects.toMatchObject({ message: 'The set has 2 training identities; a batch cannot hold 8.' });
    all.addPeople(6);
    expect(await runs.resume(runId, { identitiesPerBatch: 8 })).toBe(jobId);
    const again = await child(1);
    expect(again.task).toMatchObject({ recipe: { ...RECIPE, identitiesPerBatch: 8 }, seed: 3 });
    expect((await runs.get(runId)).state).toBe('running');
  });

  test('failed: with its reason in row and log, and again under the same job', async () => {
    const { runId, jobId } = await start();
    (await child()).end.reject(new AppError('ENGINE_FAILED', 'The loss is no number.', {}, { remedy: 'Lower the rate.' }));
    await expect(jobs.wait(jobId)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    expect(await runs.get(runId)).toMatchObject({ state: 'failed', error: { code: 'ENGINE_FAILED', message: 'The loss is no number.' }, endedAt: 1000 });
    expect((await runs.log(runId, 0)).lines.map(({ level, text }) => [level, text])).toEqual([['error', 'The loss is no number. Lower the rate.']]);
    expect(await runs.resume(runId)).toBe(jobId);
    await child(1);
    expect(await runs.get(runId)).toMatchObject({ state: 'running', error: null, endedAt: null });
  });

  test('a stop whose checkpoint did not fit on the disk has failed', async () => {
    const { runId, jobId } = await start();
    const { end } = await child();
    await runs.stop(runId);
    end.reject(new AppError('DISK_FULL', 'No room.'));
    await expect(jobs.wait(jobId)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await runs.get(runId)).toMatchObject({ state: 'failed', error: { code: 'DISK_FULL' } });
  });

  test('interrupted: by the end of the program', async () => {
    const { runId } = await start();
    const { end, signal } = await child();
    signal.addEventListener('abort', () => end.reject(new AppError('CANCELLED', 'x')));
    await jobs.close();
    expect(await here.db.read('runs', 'one', { id: runId })).toMatchObject({ state: 'interrupted', error: { code: 'CANCELLED' } });
  });

  test('cancelled while it waited: closed without having run', async () => {
    await start();
    await child();
    const { runId, jobId } = await start();
    await runs.stop(runId);
    await expect(jobs.wait(jobId)).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect.poll(async () => (await here.db.read('runs', 'one', { id: runId }))?.endedAt).toBe(1000);
    expect(await runs.get(runId)).toMatchObject({ state: 'stopped', error: null });
    expect(played).toHaveLength(1);
  });
});

test('a run whose job was forgotten begins a new one, on the device that its folder tells', async () => {
  const { runId, jobId } = await start({ device: 'cuda:1' });
  (await child()).end.reject(new AppError('ENGINE_FAILED', 'x'));
  await jobs.wait(jobId).catch(() => undefined);
  await jobs.clear();
  const next = await runs.resume(runId);
  expect(next).not.toBe(jobId);
  expect((await child(1)).task.engine).toEqual({ device: 'cuda:1' });
  writeFileSync(join(here.folder, 'runs', runId, 'config.json'), 'damaged');
  played[1]!.end.reject(new AppError('ENGINE_FAILED', 'x'));
  await jobs.wait(next).catch(() => undefined);
  await jobs.clear();
  await runs.resume(runId);
  expect((await child(2)).task.engine).toEqual({});
});

test('a run waits for what has to be fetched first', async () => {
  const gate = Promise.withResolvers<null>();
  jobs.registerRunner('provision', { title: 'Work', group: 'data', resource: 'io', resumable: false, run: () => gate.promise });
  all.wanted = [await jobs.start({ kind: 'provision', title: 'Fetch', params: null })];
  const { runId } = await start();
  expect((await runs.get(runId)).state).toBe('waiting');
  await expect(runs.resume(runId)).rejects.toMatchObject({ code: 'CONFLICT', message: '"m-s3" waits for its turn already.' });
  gate.resolve(null);
  await child();
  expect((await runs.get(runId)).state).toBe('running');
});

test('names are changed to free ones', async () => {
  const [{ runId }] = [await start({ name: 'one' }), await start({ name: 'two' })];
  await runs.rename(runId, 'one', { key: null, tags: [] });
  await expect(runs.rename(runId, 'two', { key: null, tags: [] })).rejects.toMatchObject({ code: 'CONFLICT', message: 'There is a run named "two" already.' });
  await runs.rename(runId, 'three', { key: null, tags: [] });
  expect((await runs.get(runId)).name).toBe('three');
  for (const call of [() => runs.get('x'), () => runs.stop('x'), () => runs.resume('x'), () => runs.metrics('x', 0), () => runs.log('x', 0)])
    await expect(call()).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'There is no run "x".', params: { id: 'x' } });
});
