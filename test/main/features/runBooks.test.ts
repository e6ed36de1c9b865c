/**
 * What a run keeps besides its figures: when its engine is prepared, what is written where it fails or was waiting, how a changed batch goes on.
 * The compute child is played (test/support/playedRuns.ts).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import { untilSoon } from '../../support/until.ts';
import { playedRuns, pointOf, RECIPE, type PlayedRuns } from '../../support/playedRuns.ts';

let all: PlayedRuns;
let { here, jobs, runs, played, tags, start, child } = {} as PlayedRuns;
beforeEach(async () => {
  all = await playedRuns();
  ({ here, jobs, runs, played, tags, start, child } = all);
});
afterEach(async () => {
  vi.useRealTimers();
  await all.close();
});

const rowOf = (id: string) => here.db.read('runs', 'one', { id });
const job = async (id: number) => (await jobs.list()).find((one) => one.id === id)!;
const paramsOf = (id: number) => here.sql.prepare('SELECT params FROM job WHERE id = ?').pluck().get(id);
const fileOf = (id: string, name: string) => join(here.folder, 'runs', id, name);
const texts = async (id: string) => (await runs.log(id, 0)).lines.map(({ level, text }) => `${level}: ${text}`);
/** Of the data set's two people. */
const BEGUN = { ...RECIPE, identitiesPerBatch: 2 };
const done = { steps: 8, checkpoint: 'checkpoints/step-8', weightsHash: 'w8', stopped: false };
const fail = async (n: number, jobId: number, error = new AppError('ENGINE_FAILED', 'x')): Promise<void> => {
  (await child(n)).end.reject(error);
  await jobs.wait(jobId).catch(() => undefined);
};
/** A job that ends when the test says so, and with the queue. */
async function gate(): Promise<{ id: number; end: PromiseWithResolvers<null> }> {
  const end = Promise.withResolvers<null>();
  jobs.registerRunner('provision', {
    title: 'Work',
    group: 'data',
    resource: 'io',
    resumable: false,
    run: (_job, { signal }) => {
      signal.addEventListener('abort', () => end.reject(signal.reason as Error));
      return end.promise;
    },
  });
  return { id: await jobs.start({ kind: 'provision', title: 'Fetch', params: null }), end };
}

describe('the split set of a run', () => {
  test('is the one that it was trained on, by name and hash; one that goes on with other members says so', async () => {
    const { runId, jobId } = await start();
    const begun = await here.db.read('splits', 'inUse', { datasetId: 1 });
    expect(await rowOf(runId)).toMatchObject({ splitSet: 'main', splitHash: begun?.hash });
    await fail(0, jobId);
    await runs.resume(runId);
    await fail(1, jobId);
    const warned = async () => (await texts(runId)).filter((line) => line.startsWith('warn: The split'));
    expect([await warned(), (await rowOf(runId))?.splitHash]).toEqual([[], begun?.hash]);
    await here.db.write('tracklets', 'setSplit', { ids: [3], split: 'train', at: 1, tags: [] });
    await runs.resume(runId);
    await fail(2, jobId);
    const now = await here.db.read('splits', 'inUse', { datasetId: 1 });
    expect(now?.hash).not.toBe(begun?.hash);
    expect(await warned()).toEqual(['warn: The split "main" is another one than when this run began: it goes on with the members of now.']);
    expect((await runs.get(runId)).split).toEqual(now);
    // What was asked for stays as it was.
    expect(JSON.parse(readFileSync(fileOf(runId, 'config.json'), 'utf8'))).toMatchObject({ split: begun });
  });

  test('of before it was kept is none', async () => {
    const { runId } = await start();
    here.sql.exec('UPDATE run SET split_set = NULL, split_hash = NULL');
    expect((await runs.get(runId)).split).toBeNull();
  });
});

describe('the job of a run', () => {
  test('is one that goes on where it was, named after the run', async () => {
    const { runId, jobId } = await start({ name: 'First', device: 'cuda:0' });
    expect(await job(jobId)).toMatchObject({ kind: 'train', title: 'Train First', runId, datasetId: 1, after: [] });
    expect(paramsOf(jobId)).toBe(JSON.stringify({ runId, device: 'cuda:0' }));
    expect(paramsOf((await start()).jobId)).toBe(JSON.stringify({ runId: 'm-s3' }));
    await fail(0, jobId);
    expect((await job(jobId)).resumable).toBe(true);
  });

  test('has its device for itself', async () => {
    await start({ device: 'cuda:0' });
    const second = await start({ device: 'cuda:0' });
    const other = await start({ device: 'cuda:1' });
    expect((await child(1)).task.runId).toBe(other.runId);
    expect([played.length, (await job(second.jobId)).state]).toEqual([2, 'waiting']);
  });

  test('may stop at the end of its step, and a step may take long', async () => {
    await start();
    const { options } = await child();
    expect(options).toMatchObject({ onAbort: 'stop', grace: { word: 60_000, term: 3000, deaf: 10_000 } });
    all.time = 77;
    expect(options.now?.()).toBe(77);
  });
});

describe('the engine is prepared', () => {
  test('once with the start, and again before a retry, on the device of the run', async () => {
    const { jobId } = await start({ device: 'cuda:1' });
    await fail(0, jobId);
    expect(all.prepared).toEqual(['cuda:1']);
    await jobs.retry(jobId);
    await child(1);
    expect(all.prepared).toEqual(['cuda:1', 'cuda:1']);
  });

  test('again where the first try ended before it began', async () => {
    await start();
    await child();
    const { jobId } = await start();
    await jobs.cancel(jobId);
    await jobs.retry(jobId);
    played[0]!.end.resolve(done);
    await child(1);
    expect(all.prepared).toHaveLength(3);
  });

  test('and waited for, in words', async () => {
    const { jobId } = await start();
    await fail(0, jobId);
    const { id, end } = await gate();
    all.wanted = [id];
    await jobs.retry(jobId);
    await expect.poll(async () => (await job(jobId)).message).toBe('Waiting for TensorFlow');
    expect(played).toHaveLength(1);
    end.resolve(null);
    await child(1);
  });

  test('and where that fails, the run fails with the error of that', async () => {
    const { runId, jobId } = await start();
    await fail(0, jobId);
    const { id, end } = await gate();
    all.wanted = [id];
    await jobs.retry(jobId);
    await expect.poll(async () => (await job(jobId)).message).toBe('Waiting for TensorFlow');
    end.reject(new AppError('DOWNLOAD_FAILED', 'No network.'));
    await expect(jobs.wait(jobId)).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED', message: 'TensorFlow had to be fetched first, and was not: No network.' });
    expect(played).toHaveLength(1);
    expect((await rowOf(runId))?.error).toMatchObject({ code: 'DOWNLOAD_FAILED' });
  });

  test('and a run that is stopped meanwhile does not go on', async () => {
    const { runId, jobId } = await start();
    await fail(0, jobId);
    all.wanted = [(await gate()).id];
    await jobs.retry(jobId);
    await expect.poll(async () => (await job(jobId)).message).toBe('Waiting for TensorFlow');
    await runs.stop(runId);
    await expect(jobs.wait(jobId)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await runs.get(runId)).toMatchObject({ state: 'stopped', error: null });
    expect(played).toHaveLength(1);
  });
});

describe('a run that never began', () => {
  test('falls with what it waited for, and says so', async () => {
    const { id, end } = await gate();
    all.wanted = [id];
    const { runId, jobId } = await start();
    end.reject(new AppError('DOWNLOAD_FAILED', 'No network.'));
    await jobs.wait(jobId).catch(() => undefined);
    await expect.poll(async () => (await rowOf(runId))?.endedAt).toBe(1000);
    expect(await rowOf(runId)).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('No network.') as string } });
    expect(played).toEqual([]);
  });

  test.each<[string, string, object]>([
    ['its data set was removed', 'UPDATE run SET dataset_id = NULL', { code: 'NOT_FOUND', message: 'The data set "Set 1" of this run was removed.' }],
    ['its pictures are in a folder that was not chosen here', `UPDATE dataset SET root = '/elsewhere'`, { code: 'MEDIA_MISSING' }],
    ['its video is gone', `UPDATE media SET kind = 'video'`, { code: 'MEDIA_MISSING' }],
  ])('meanwhile %s', async (_name, sql, error) => {
    const { id, end } = await gate();
    all.wanted = [id];
    const { jobId } = await start();
    here.sql.exec(sql);
    end.resolve(null);
    await expect(jobs.wait(jobId)).rejects.toMatchObject(error);
    expect(played).toEqual([]);
  });
});

describe('while it trains', () => {
  test('a first figure is kept in its row at once, the next ones after two seconds, and none after its end', async () => {
    const { runId, jobId } = await start();
    const { say, end } = await child();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    say(pointOf(2));
    await untilSoon(async () => (await rowOf(runId))?.step === 2);
    expect(await rowOf(runId)).toMatchObject({ epoch: 1, elapsedSeconds: 2 });
    say(pointOf(3));
    vi.advanceTimersByTime(1999);
    await untilSoon(async () => (await runs.metrics(runId, 0)).step.length === 3);
    expect((await rowOf(runId))?.step).toBe(2);
    expect((await runs.list())[0]).toMatchObject({ step: 3, elapsedSeconds: 3 });
    vi.advanceTimersByTime(1);
    await untilSoon(async () => (await rowOf(runId))?.step === 3);
    say(pointOf(4));
    end.resolve(done);
    await jobs.wait(jobId);
    await here.db.write('runs', 'update', { id: runId, step: 99 });
    vi.advanceTimersByTime(9000);
    // Whatever was to be written in order is, when this is read.
    await new Promise((resolve) => setImmediate(resolve));
    expect((await rowOf(runId))?.step).toBe(99);
  });

  test('figures without a row or a speed leave what is known', async () => {
    const { runId } = await start();
    const { say } = await child();
    say(pointOf(5, { series: { imagesPerSecond: Float64Array.of(0, 10) } }));
    say(pointOf(6));
    const none = new Float64Array();
    say(pointOf(0, { step: none, epoch: none, seconds: none, series: {} }));
    expect((await runs.list())[0]).toMatchObject({ step: 6, epoch: 1, elapsedSeconds: 6, imagesPerSecond: 10 });
    expect(all.told.filter(({ event }) => event === 'runMetrics').map(({ payload }) => (payload as { runId: string }).runId)).toEqual([runId, runId, runId]);
  });

  test('what cannot be written is said in its log, and it goes on', async () => {
    const { runId, jobId } = await start();
    const { say, end } = await child();
    mkdirSync(fileOf(runId, 'metrics.jsonl'));
    say(pointOf(2));
    await expect.poll(() => texts(runId)).toEqual([expect.stringMatching(/^warn: Could not be kept: ./)]);
    end.resolve(done);
    await jobs.wait(jobId);
    expect((await runs.list())[0]).toMatchObject({ state: 'done', step: 8 });
  });

  test('its batches are a file that can be read', async () => {
    const { runId } = await start();
    const { say } = await child();
    tags.length = 0;
    say({ type: 'model', parameters: 7, steps: 8, epochs: 2, batches: [{ fromStep: 0, identitiesPerBatch: 4, clipsPerIdentity: 2, accumulate: 1 }] });
    await expect.poll(() => tags.filter((tag) => tag !== 'Jobs')).toEqual(['Runs', `Run:${runId}`]);
    expect(readFileSync(fileOf(runId, 'batches.json'), 'utf8')).toBe(
      '[\n  {\n    "fromStep": 0,\n    "identitiesPerBatch": 4,\n    "clipsPerIdentity": 2,\n    "accumulate": 1\n  }\n]\n',
    );
    for (const damaged of ['[{"fromStep":', '{"fromStep":0}', '[{"fromStep":"0"}]']) {
      writeFileSync(fileOf(runId, 'batches.json'), damaged);
      expect((await runs.get(runId)).batches).toEqual([]);
    }
    rmSync(fileOf(runId, 'batches.json'));
    mkdirSync(fileOf(runId, 'batches.json'));
    await expect(runs.get(runId)).rejects.toMatchObject({ code: 'FILE_INVALID' });
  });

  test('a checkpoint and its end are told to whoever looks at the run', async () => {
    const { runId, jobId } = await start();
    const { say, end } = await child();
    await expect.poll(() => tags.filter((tag) => tag !== 'Jobs').join()).toBe(`Runs,Runs,Run:${runId}`);
    tags.length = 0;
    say({ type: 'checkpoint', checkpoint: { path: 'c', weightsHash: 'w' } as never });
    await expect.poll(() => tags.filter((tag) => tag !== 'Jobs')).toEqual([`Run:${runId}`]);
    tags.length = 0;
    end.resolve(done);
    await jobs.wait(jobId);
    await expect.poll(() => tags.filter((tag) => tag !== 'Jobs')).toEqual(['Runs', `Run:${runId}`, 'Runs']);
  });
});

describe('after its end', () => {
  test('the row is what is shown', async () => {
    const { runId, jobId } = await start();
    const { say, end } = await child();
    say(pointOf(3));
    end.resolve(done);
    await jobs.wait(jobId);
    await here.db.write('runs', 'update', { id: runId, step: 99 });
    expect((await runs.list())[0]?.step).toBe(99);
  });

  test('of a stop: when, at which step, and no error in its log', async () => {
    const { runId, jobId } = await start();
    const { end } = await child();
    all.time = 4000;
    await runs.stop(runId);
    end.resolve({ ...done, steps: 5, stopped: true });
    await expect(jobs.wait(jobId)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await rowOf(runId)).toMatchObject({ state: 'stopped', endedAt: 4000, step: 5, error: null });
    expect(await texts(runId)).toEqual([]);
  });

  test('another job of the run that ends is no matter of the run', async () => {
    const { runId, jobId } = await start();
    await fail(0, jobId);
    jobs.registerRunner('evaluate', { title: 'Work', group: 'data', resource: 'io', resumable: false, run: () => Promise.resolve(null) });
    await expect.poll(() => tags.at(-1)).toBe('Runs');
    here.sql.exec('UPDATE run SET ended_at = NULL');
    tags.length = 0;
    await jobs.wait(await jobs.start({ kind: 'evaluate', title: 'Evaluate', params: null, runId }));
    expect(tags).not.toContain('Runs');
    expect((await rowOf(runId))?.endedAt).toBe(null);
  });

  test('a run of a method that is not known any more is shown, and not resumed', async () => {
    const { runId, jobId } = await start();
    await fail(0, jobId);
    all.methods = [];
    expect((await runs.list())[0]).toMatchObject({ method: 'm', methodTitle: 'm', methodKnown: false });
    expect((await runs.get(runId)).command).toContain(' --set epochs=2 ');
    await expect(runs.resume(runId)).rejects.toMatchObject({ code: 'UNKNOWN_METHOD' });
  });

  test('no job is left to stop', async () => {
    const { runId } = await start();
    await child();
    here.sql.exec('UPDATE run SET job_id = NULL');
    await runs.stop(runId);
    expect(played[0]?.signal.aborted).toBe(false);
  });
});

describe('a resume with another batch', () => {
  const stopped = async (recipe: object, step: number, steps: number): Promise<string> => {
    all.addPeople(6);
    const { runId, jobId } = await start({ recipe: { identitiesPerBatch: 4, ...recipe } });
    await fail(0, jobId);
    await here.db.write('runs', 'update', { id: runId, step, steps });
    return runId;
  };
  const recipeOf = async (id: string) => (await rowOf(id))?.recipe;

  test.each<[string, object, number, number, number]>([
    ['keeps the steps of an epoch', { stepsPerEpoch: 4 }, 3, 8, 4],
    ['keeps those that followed from the data', { stepsPerEpoch: 0 }, 3, 9, 5],
    ['lets them follow from the data where nothing was trained', { stepsPerEpoch: 0 }, 0, 9, 0],
  ])('%s', async (_name, recipe, step, steps, stepsPerEpoch) => {
    const id = await stopped(recipe, step, steps);
    await runs.resume(id, { identitiesPerBatch: 8, accumulate: 2 });
    expect(await recipeOf(id)).toEqual({ ...RECIPE, stepsPerEpoch, identitiesPerBatch: 8, accumulate: 2 });
    expect((await child(1)).task.recipe).toEqual(await recipeOf(id));
  });

  test.each<[object, string, string]>([
    [{ accumulate: 3 }, 'Each part of a batch needs two identities; 4 identities make at most 2 parts.', 'accumulate'],
    [{ identitiesPerBatch: 5, accumulate: 3 }, 'Each part of a batch needs two identities; 5 identities make at most 2 parts.', 'accumulate'],
  ])('that is too small is refused: %j', async (batch, message, key) => {
    const id = await stopped({}, 3, 8);
    await expect(runs.resume(id, batch)).rejects.toMatchObject({ code: 'BAD_INPUT', message, params: { key } });
    expect([await recipeOf(id), played.length]).toEqual([RECIPE, 1]);
  });

  test('of a run that is done changes nothing', async () => {
    const { runId, jobId } = await start();
    (await child()).end.resolve(done);
    await jobs.wait(jobId);
    await expect(runs.resume(runId, { identitiesPerBatch: 8 })).rejects.toMatchObject({ message: '"m-s3" is trained already; there is nothing to continue.' });
    expect(await recipeOf(runId)).toEqual(BEGUN);
  });
});

describe('a run', () => {
  test('without a job waits for nothing and can be begun', async () => {
    const { runId, jobId } = await start();
    await fail(0, jobId);
    here.sql.exec(`UPDATE run SET job_id = NULL, state = 'waiting', error = '{}', ended_at = 5`);
    expect((await runs.list())[0]?.secondsLeft).toBe(null);
    const next = await runs.resume(runId);
    expect(next).not.toBe(jobId);
    await child(1);
    expect(await rowOf(runId)).toMatchObject({ jobId: next, error: null, endedAt: null });
  });

  test('that failed after its job was done gets another job', async () => {
    const { runId, jobId } = await start();
    (await child()).end.resolve(done);
    await jobs.wait(jobId);
    await here.db.write('runs', 'update', { id: runId, state: 'failed' });
    expect(await runs.resume(runId)).not.toBe(jobId);
  });

  test('can be removed while another one is computed, and is then no run', async () => {
    await start();
    await child();
    const { runId } = await start();
    await runs.remove(runId, { key: null, tags: ['Runs'] });
    expect((await runs.list()).map(({ id }) => id)).not.toContain(runId);
    expect(here.sql.prepare('SELECT label, tags, at FROM history').all()).toEqual([{ label: 'Remove run m-s3-2', tags: '["Runs"]', at: 1000 }]);
    expect(existsSync(fileOf(runId, 'config.json'))).toBe(true);
    await expect(runs.remove('x', { key: null, tags: [] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each([
    // Letters lose their marks.
    ['  Ünder--score_1 ', 'u-nder-score-1'],
    ['--a--', 'a'],
    ['ﬁne', 'fine'],
    ['日本', 'm'],
  ])('named %j has the folder %s', async (name, id) => {
    expect((await start({ name })).runId).toBe(id);
  });

  test('begins with the steps that its recipe says', async () => {
    const { runId } = await start({ recipe: { epochs: 3, stepsPerEpoch: 5 } });
    expect(await rowOf(runId)).toMatchObject({ steps: 15, macsPerFrame: 9 });
    expect(readFileSync(fileOf(runId, 'config.json'), 'utf8')).toMatch(/^\{\n {2}"name": "m-s3",\n[^]*\n\}\n$/);
  });
});

test.each<[string, string, object]>([
  ['is being imported', `UPDATE main.dataset SET state = 'importing'`, { code: 'NOT_FOUND', params: { key: 'datasetId' } }],
  [
    'nobody can be trained on',
    `UPDATE tracklet SET split = 'none'`,
    {
      code: 'BAD_INPUT',
      message: '"Set 1" has no tracklets in the split "train".',
      params: { key: 'datasetId', dataset: 'Set 1' },
      remedy: 'Train on another data set and evaluate on this one, or select tracklets of at least two identities and move them to the split "train".',
    },
  ],
  [
    'no camera is known either',
    `DELETE FROM tracklet; DELETE FROM camera`,
    { message: '"Set 1" has no tracklets in the split "train". It has no cameras, so it also has no query with a match in another one.' },
  ],
  [
    'one person can be trained on',
    `UPDATE tracklet SET split = 'none' WHERE id = 2`,
    { code: 'BAD_INPUT', params: { key: 'datasetId', dataset: 'Set 1' }, remedy: 'Move tracklets of more identities to the split "train".' },
  ],
])('a start on a set where %s is refused by name', async (_name, sql, error) => {
  here.sql.exec(sql);
  await expect(start()).rejects.toMatchObject(error);
});

test('a value that the recipe does not take is refused by its place', async () => {
  await expect(start({ recipe: { decayEpochs: [1, 'x'] } })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringMatching(/^The recipe value "decayEpochs\.1" does not fit: ./) as string,
    params: { key: 'decayEpochs.1' },
  });
});
