/** A training whose process is killed or hangs, whose memory runs out or whose numbers blow up: the host stays whole, says so, and the run goes on. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Job } from '../../../src-shared/entities.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { readNewestCheckpoint } from '../../../src-main/engine/checkpoint.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { ENGINE_TIMEOUT_MS, requireTensorFlowLibrary } from '../../support/engine.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject, type TinyProject } from '../support/tinyProject.ts';

let project: TinyProject;
let host: Host;
let client: RpcClient;

beforeAll(async () => {
  await requireTensorFlowLibrary();
  project = await tinyProject();
  await open();
}, ENGINE_TIMEOUT_MS);
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

/** The process that trains: the host's only child that runs the compute script. */
function computeChild(): number {
  const rows = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' }).split('\n');
  const pids = rows.filter((row) => /engine\/compute\.ts/.test(row)).map((row) => Number.parseInt(row, 10));
  expect(pids).toHaveLength(1);
  return pids[0] as number;
}

async function stopAndKeep(runId: string, jobId: number): Promise<void> {
  await client.call('runs.stop', { id: runId });
  await ended(jobId).catch(() => undefined);
}

describe.skipIf(process.platform !== 'linux')('a compute process', () => {
  test('that is killed between two steps is named, the host answers, and the run ends with the weights of one that was not killed', async () => {
    const recipe = { epochs: 75 };
    const whole = await start('Whole', recipe);
    await ended(whole.jobId);
    const killed = await start('Killed', recipe);
    await reached(killed.runId, 5);
    await stopAndKeep(killed.runId, killed.jobId);
    const kept = await runOf(killed.runId);
    await client.call('runs.resume', { id: killed.runId });
    await reached(killed.runId, kept.step + 5);
    process.kill(computeChild(), 'SIGKILL');
    await expect(ended(killed.jobId)).rejects.toMatchObject({
      code: 'JOB_CRASHED',
      params: { signal: 'SIGKILL' },
      message: expect.stringContaining('was ended by SIGKILL') as unknown,
      remedy: expect.stringMatching(/Resume it.*smaller batch/) as unknown,
    });
    const after = await runOf(killed.runId);
    expect(after).toMatchObject({ state: 'failed', error: { code: 'JOB_CRASHED' }, checkpoint: kept.checkpoint, weightsHash: kept.weightsHash });
    expect((await client.call('jobs.list', {})).find((job: Job) => job.id === killed.jobId)).toMatchObject({ state: 'failed', resumable: true });
    await client.call('runs.resume', { id: killed.runId });
    await ended(killed.jobId);
    const [a, b] = [await runOf(whole.runId), await runOf(killed.runId)];
    expect(b).toMatchObject({ state: 'done', step: 300, weightsHash: a.weightsHash });
  }, 240_000);

  test('that hangs can be cancelled, and its run goes on from the last checkpoint', async () => {
    const { runId, jobId } = await start('Hangs', { epochs: 2000 });
    await reached(runId, 3);
    await stopAndKeep(runId, jobId);
    const kept = await runOf(runId);
    await client.call('runs.resume', { id: runId });
    await reached(runId, kept.step + 2);
    process.kill(computeChild(), 'SIGSTOP');
    // The step stands still; after 30 s a cancel no longer waits for the word to be heard.
    await new Promise((resolve) => setTimeout(resolve, 30_500));
    const stalled = await runOf(runId);
    expect(stalled.state).toBe('running');
    const began = Date.now();
    await stopAndKeep(runId, jobId);
    expect(Date.now() - began).toBeLessThan(30_000);
    expect((await runOf(runId)).step).toBe(stalled.step);
    expect(await runOf(runId)).toMatchObject({ state: 'stopped', checkpoint: kept.checkpoint });
    await client.call('runs.resume', { id: runId });
    await reached(runId, kept.step + 1);
    await stopAndKeep(runId, jobId);
  }, 180_000);
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
}, 120_000);

test('memory that runs out in an operation is an error of its own, with what helps', () => {
  const script = `
    import * as tf from '@tensorflow/tfjs-core';
    import { openEngine } from './src-main/engine/openEngine.ts';
    await openEngine({ device: 'cpu', threads: 1, paths: {} });
    try { tf.matMul(tf.ones([8192, 64]), tf.ones([64, 8192])); } catch ({ code, message, remedy }) { console.log(JSON.stringify({ code, message, remedy })); }`;
  const env = { ...process.env, TF_CPU_ALLOCATOR_USE_BFC: 'true', TF_CPU_BFC_MEM_LIMIT_IN_MB: '60' };
  const cwd = new URL('../../../', import.meta.url);
  const error = JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd, env, encoding: 'utf8' })) as unknown;
  expect(error).toEqual({
    code: 'OUT_OF_MEMORY',
    message: expect.stringContaining('OOM when allocating tensor with shape[8192,8192]') as unknown,
    remedy: expect.stringContaining('smaller batch') as unknown,
  });
}, 60_000);

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
}, 240_000);

async function log(id: string): Promise<string[]> {
  return (await client.call('runs.log', { id, from: 0 })).lines.map((line) => line.text);
}
