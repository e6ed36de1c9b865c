/** A training whose process is killed or hangs, whose memory runs out or whose numbers blow up: the host stays whole, says so, and the run goes on. */
import * as tf from '@tensorflow/tfjs-core';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunDetail } from '../../../src-shared/contract/runs.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import type { MethodDefinition, Model } from '../../../models/method.ts';
import { readNewestCheckpoint } from '../../../src-main/compute/checkpoint.ts';
import type * as Methods from '../../../src-main/compute/methods.ts';
import type { Reporter } from '../../../src-main/compute/reporter.ts';
import { outOfMemory, trainJob, type TrainTask } from '../../../src-main/compute/tasks/train.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { ENGINE_TIMEOUT_MS, requireTensorFlowLibrary } from '../../support/engine.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject, type TinyProject } from '../support/tinyProject.ts';

/**
 * In this process only: resnet-tap with a product of 2⁴⁷ cells in its step, more than any machine has, and an operation that says so.
 * (A convolution that gets no memory ends the process inside TensorFlow 2.21; which comes first in a real network is chance.)
 */
vi.mock('../../../src-main/compute/methods.ts', async (importOriginal) => {
  const original = await importOriginal<typeof Methods>();
  async function loadMethod(id: string): Promise<MethodDefinition> {
    if (id !== 'greedy') return original.loadMethod(id);
    const definition = await original.loadMethod('resnet-tap');
    return { ...definition, build: (...context) => withGreedyStep(definition.build(...context)) };
  }
  return { ...original, loadMethod };
});

function withGreedyStep(model: Model): Model {
  const forward = model.forwardTrain.bind(model);
  return {
    ...model,
    forwardTrain(batch) {
      const output = forward(batch);
      const line = tf.tile(tf.reshape(batch.clips, [1, -1]), [1, Math.ceil(2 ** 23.5 / batch.clips.size)]);
      return { ...output, loss: tf.add(output.loss, tf.sum(tf.matMul(line, line, true))) };
    },
  };
}

/** Milliseconds by which the host's monotonic clock was moved. */
let passed = 0;
let project: TinyProject;
let host: Host;
let client: RpcClient;

beforeAll(async () => {
  await requireTensorFlowLibrary();
  project = await tinyProject();
  await open();
}, ENGINE_TIMEOUT_MS);
// Also of a test that fails half-way: what computes in this process would get no memory either.
afterEach(() => void vi.unstubAllEnvs());
afterAll(async () => {
  await host.close();
  rmSync(dirname(project.folder), { recursive: true, force: true });
});

async function open(): Promise<void> {
  host = await openHost({
    folder: project.folder,
    paths: { ...userPaths(), home: join(project.folder, 'home') },
    log: openLog('silent'),
    validateOutputs: true,
    monotonic: () => performance.now() + passed,
  });
  await host.context.settings.set('engine.device', 'cpu');
  await host.context.settings.set('engine.threads', 1);
  client = host.client();
}

function start(name: string, recipe: Partial<typeof TINY_RECIPE> = {}, options: Record<string, unknown> = {}) {
  return client.call('runs.start', {
    name,
    method: 'resnet-tap',
    options: { ...TINY_OPTIONS, ...options },
    recipe: { ...TINY_RECIPE, ...recipe },
    datasetId: 1,
    seed: 3,
    evaluateOn: [],
  });
}

const runOf = (id: string) => client.call('runs.get', { id });
const ended = (jobId: number): Promise<unknown> => host.context.jobs.wait(jobId);

async function reached(runId: string, step: number): Promise<void> {
  for (let i = 0; i < 2400; i++) {
    if ((await runOf(runId)).step >= step) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`step ${step} was not reached in a minute`);
}

/** The process that trains: the host's only child that runs the compute script, or null. */
function computeChild(): number | null {
  const rows = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' }).split('\n');
  const pids = rows.filter((row) => /compute\/child\.ts/.test(row)).map((row) => Number.parseInt(row, 10));
  expect(pids.length).toBeLessThanOrEqual(1);
  return pids[0] ?? null;
}

/** Everything that the process said before it was stopped has been heard: the row of its run, which is never older than half a second, stands. */
async function settled(runId: string): Promise<void> {
  for (let step = -1, same = 0; same < 15;) {
    const now = (await runOf(runId)).step;
    same = now === step ? same + 1 : 0;
    step = now;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A run of `recipe` with a checkpoint, killed some steps after it was resumed. Steps take milliseconds: one that was done before the signal is tried again. */
async function killedBetweenSteps(recipe: Partial<typeof TINY_RECIPE>): Promise<{ runId: string; jobId: number; kept: RunDetail; error: unknown }> {
  for (let i = 1; i <= 10; i++) {
    const { runId, jobId } = await start(`Killed ${i}`, recipe);
    await reached(runId, 5);
    await stopAndKeep(runId, jobId);
    const kept = await runOf(runId);
    if (kept.state !== 'stopped') continue;
    await client.call('runs.resume', { id: runId });
    await reached(runId, kept.step + 5);
    const pid = computeChild();
    if (pid === null) continue;
    process.kill(pid, 'SIGKILL');
    const error = await ended(jobId).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error !== null) return { runId, jobId, kept, error };
  }
  throw new Error('Ten runs were done before they could be killed');
}

async function stopAndKeep(runId: string, jobId: number): Promise<void> {
  await client.call('runs.stop', { id: runId });
  await ended(jobId).catch(() => undefined);
}

describe.skipIf(process.platform !== 'linux')('a compute process', () => {
  test('that is killed between two steps is named, the host answers, and the run ends with the weights of one that was not killed', async () => {
    const recipe = { epochs: 150 };
    const whole = await start('Whole', recipe);
    await ended(whole.jobId);
    const killed = await killedBetweenSteps(recipe);
    expect(killed.error).toMatchObject({
      code: 'JOB_CRASHED',
      params: { signal: 'SIGKILL' },
      message: expect.stringContaining('was ended by SIGKILL') as unknown,
      remedy: expect.stringMatching(/Resume it.*smaller batch/) as unknown,
    });
    const after = await runOf(killed.runId);
    expect(after).toMatchObject({ state: 'failed', error: { code: 'JOB_CRASHED' }, checkpoint: killed.kept.checkpoint, weightsHash: killed.kept.weightsHash });
    expect((await client.call('jobs.list', {})).find((job: Job) => job.id === killed.jobId)).toMatchObject({ state: 'failed', resumable: true });
    await client.call('runs.resume', { id: killed.runId });
    await ended(killed.jobId);
    const [a, b] = [await runOf(whole.runId), await runOf(killed.runId)];
    expect(b).toMatchObject({ state: 'done', step: 600, weightsHash: a.weightsHash });
  });

  test('that hangs can be cancelled, and its run goes on from the last checkpoint', async () => {
    const { runId, jobId } = await start('Hangs', { epochs: 2000 });
    await reached(runId, 3);
    await stopAndKeep(runId, jobId);
    const kept = await runOf(runId);
    await client.call('runs.resume', { id: runId });
    await reached(runId, kept.step + 2);
    process.kill(computeChild() as number, 'SIGSTOP');
    await settled(runId);
    // The step stands still; after 30 s a cancel no longer waits for the word to be heard.
    passed += 30_500;
    const stalled = await runOf(runId);
    expect(stalled.state).toBe('running');
    await stopAndKeep(runId, jobId);
    const stopped = await runOf(runId);
    expect(stopped).toMatchObject({ state: 'stopped', checkpoint: kept.checkpoint });
    // Steps that were done but not yet told when it was stopped may be told on its way out; row and curves then agree on them.
    expect(stopped.step).toBeGreaterThanOrEqual(stalled.step);
    expect((await client.call('runs.metrics', { id: runId, afterStep: 0 })).step.at(-1)).toBe(stopped.step);
    await client.call('runs.resume', { id: runId });
    await reached(runId, kept.step + 1);
    await stopAndKeep(runId, jobId);
  });
});

test('numbers that blow up in the middle leave the last good checkpoint, which is named and whole', async () => {
  const { runId, jobId } = await start('Blows up', { epochs: 1000 });
  await reached(runId, 3);
  await stopAndKeep(runId, jobId);
  const kept = await runOf(runId);
  // From here on with a rate that no training survives, as a schedule gone wrong would have it.
  await host.context.db.write('runs', 'update', { id: runId, recipe: { ...kept.recipe, learningRate: 1e30 } });
  await client.call('runs.resume', { id: runId });
  const name = kept.checkpoint?.replace('checkpoints/', '') as string;
  await expect(ended(jobId)).rejects.toMatchObject({
    code: 'ENGINE_FAILED',
    message: expect.stringMatching(new RegExp(`(NaN|Infinity|no numbers).*The last good checkpoint is ${name}`)) as unknown,
  });
  await host.context.db.write('runs', 'update', { id: runId, recipe: kept.recipe });
  expect(await runOf(runId)).toMatchObject({ state: 'failed', checkpoint: kept.checkpoint, weightsHash: kept.weightsHash });
  expect(readdirSync(join(project.folder, 'runs', runId, 'checkpoints'))).toEqual([name]);
  const { checkpoint, damaged } = await readNewestCheckpoint(join(project.folder, 'runs', runId, 'checkpoints'));
  expect([checkpoint?.name, damaged]).toEqual([name, []]);
});

test.each([
  ['an operation', 'tf.matMul(tf.ones([8192, 64]), tf.ones([64, 8192]))', 'OOM when allocating tensor with shape[8192,8192]'],
  [
    'a tensor of given values',
    'tf.neg(tf.tensor2d(new Float32Array(2 ** 26), [8192, 8192]))',
    'could not allocate 268435456 bytes for a tensor of shape [8192, 8192]',
  ],
])('memory that runs out in %s is an error of its own, with what helps', (_what, work, says) => {
  const script = `
    import * as tf from '@tensorflow/tfjs-core';
    import { openEngine } from './src-main/engine/openEngine.ts';
    await openEngine({ device: 'cpu', threads: 1, paths: {} });
    try { ${work}; } catch ({ code, message, remedy }) { console.log(JSON.stringify({ code, message, remedy })); }`;
  const env = { ...process.env, TF_CPU_ALLOCATOR_USE_BFC: 'true', TF_CPU_BFC_MEM_LIMIT_IN_MB: '60' };
  const cwd = new URL('../../../', import.meta.url);
  const error = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd, env, encoding: 'utf8' })) as unknown;
  expect(error).toEqual({
    code: 'OUT_OF_MEMORY',
    message: expect.stringContaining(says) as unknown,
    remedy: expect.stringContaining('smaller batch') as unknown,
  });
});

test('memory that runs out under a run leaves its checkpoint, and the run goes on with another batch, which its record says', async () => {
  const { runId, jobId } = await start('Large', { epochs: 1000 }, { width: 0.25 });
  await reached(runId, 2);
  await stopAndKeep(runId, jobId);
  const kept = await runOf(runId);
  const small = { fromStep: 0, identitiesPerBatch: 2, clipsPerIdentity: 2, accumulate: 1 };
  expect(kept.batches).toEqual([small]);
  // TensorFlow's allocator for cards, with less to give than weights and moments need. (A convolution on the processor that gets no memory
  // ends the process inside TensorFlow 2.21, which is the case above.)
  vi.stubEnv('TF_CPU_ALLOCATOR_USE_BFC', 'true');
  vi.stubEnv('TF_CPU_BFC_MEM_LIMIT_IN_MB', '5');
  await client.call('runs.resume', { id: runId });
  await expect(ended(jobId)).rejects.toMatchObject({ code: expect.stringMatching(/^(OUT_OF_MEMORY|JOB_CRASHED)$/) as unknown });
  vi.unstubAllEnvs();
  expect(await runOf(runId)).toMatchObject({ state: 'failed', checkpoint: kept.checkpoint });

  await expect(client.call('runs.resume', { id: runId, batch: { clipsPerIdentity: 1 } })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await client.call('runs.resume', { id: runId, batch: { identitiesPerBatch: 3 } });
  await expect(client.call('runs.resume', { id: runId, batch: { clipsPerIdentity: 4 } })).rejects.toMatchObject({ code: 'CONFLICT' });
  await reached(runId, kept.step + 2);
  await stopAndKeep(runId, jobId);
  const after = await runOf(runId);
  expect(after.batches).toEqual([small, { fromStep: kept.step, identitiesPerBatch: 3, clipsPerIdentity: 2, accumulate: 1 }]);
  expect(after.recipe).toMatchObject({ identitiesPerBatch: 3, clipsPerIdentity: 2 });
  expect(after.steps).toBe(kept.steps);
  expect(after.command).toContain(`# resumed after step ${kept.step} with --set identitiesPerBatch=3 --set clipsPerIdentity=2`);
  expect(await log(runId)).toContainEqual(`From step ${kept.step + 1} on a batch is 3 × 2 clips; before it was 2 × 2 clips.`);
  // The folder alone tells it too: in the checkpoint and beside it.
  const state = JSON.parse(readFileSync(join(project.folder, 'runs', runId, after.checkpoint as string, 'state.json'), 'utf8')) as { batches: unknown };
  expect(state.batches).toEqual(after.batches);
});

test('a step whose operation gets no memory ends the training with the step, the batch and what helps', async () => {
  const lines: string[] = [];
  const reporter: Reporter = {
    send: () => undefined,
    log: (_level, line) => void lines.push(line),
    progress: () => undefined,
    stopping: () => false,
    signal: new AbortController().signal,
    pause: () => Promise.resolve(),
  };
  const task: TrainTask = {
    kind: 'train',
    projectFolder: project.folder,
    runId: 'greedy',
    method: 'greedy',
    options: TINY_OPTIONS,
    recipe: { ...TINY_RECIPE, clipsPerIdentity: 4 },
    manifest: project.manifest,
    seed: 3,
    engine: { device: 'cpu', threads: 1, paths: {} },
  };
  await expect(trainJob(task, reporter)).rejects.toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: 'Step 1 with a batch of 2 × 4 clips of 2 frames, 32 × 16 needs more memory than the device has. It happened before the first checkpoint.',
    params: { step: 1 },
    remedy: 'Resume it with a smaller batch ("tracklet train --resume greedy --set clipsPerIdentity=2"), or end other programs that use the device.',
  });
  expect(lines).toContainEqual(expect.stringMatching(/OOM when allocating tensor with shape\[\d{8},\d{8}\]/));
});

test.each([
  [{ identitiesPerBatch: 8, clipsPerIdentity: 4 }, '--set identitiesPerBatch=4'],
  [{ identitiesPerBatch: 3, clipsPerIdentity: 5 }, '--set clipsPerIdentity=2'],
  [{ identitiesPerBatch: 3, clipsPerIdentity: 3 }, 'fewer or smaller frames or a narrower model'],
])('what helps a step with a batch of %o: %s', (batch, remedy) => {
  const cause = new AppError('OUT_OF_MEMORY', 'OOM', { operation: 'Mul' });
  const clip = { frames: 1, stride: 1, height: 256, width: 128 };
  const error = outOfMemory(cause, { runId: 'a', step: 41, batch: { fromStep: 30, ...batch, accumulate: 2 }, clip, lastGood: null });
  expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', params: { operation: 'Mul', step: 41 }, remedy: expect.stringContaining(remedy) as unknown });
  expect(error.message).toBe(
    `Step 41 with a batch of ${batch.identitiesPerBatch} × ${batch.clipsPerIdentity} clips in 2 parts of 1 frame, 256 × 128 needs more memory than the device has. It happened before the first checkpoint.`,
  );
});

test('a resumed run that passed over a damaged checkpoint keeps the one it came from until it has two of its own', async () => {
  const { runId, jobId } = await start('Damaged', { epochs: 1000 });
  const checkpoints = join(project.folder, 'runs', runId, 'checkpoints');
  await reached(runId, 3);
  await stopAndKeep(runId, jobId);
  const [first] = readdirSync(checkpoints) as [string];
  await client.call('runs.resume', { id: runId });
  await reached(runId, (await runOf(runId)).step + 3);
  await stopAndKeep(runId, jobId);
  const second = (await runOf(runId)).checkpoint?.replace('checkpoints/', '') as string;
  expect(readdirSync(checkpoints).sort()).toEqual([first, second]);
  truncateSync(join(checkpoints, second, 'model.safetensors'), 100);
  const passed = (await runOf(runId)).step;

  await client.call('runs.resume', { id: runId });
  await reached(runId, passed + 1);
  await stopAndKeep(runId, jobId);
  const third = (await runOf(runId)).checkpoint?.replace('checkpoints/', '') as string;
  expect(readdirSync(checkpoints).sort()).toEqual([first, third]);
  const lines = await log(runId);
  expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^The checkpoint ${second} is damaged and was passed over`)));
  expect(lines).toContain(`Continuing from ${first}.`);
  expect(lines).toContain(`Removed the damaged ${second}.`);
});

async function log(id: string): Promise<string[]> {
  return (await client.call('runs.log', { id, from: 0 })).lines.map((line) => line.text);
}
