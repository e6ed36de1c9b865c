/** Runs, evaluations and comparisons through the contract, with the real compute child on a tiny set. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSafetensors } from '../../../models/train/safetensors.ts';
import { recipeSchema } from '../../../src-shared/recipe/recipe.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { until } from '../../support/until.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject, type TinyProject } from '../support/tinyProject.ts';

let project: TinyProject;
let host: Host;
let client: RpcClient;

beforeAll(async () => {
  project = await tinyProject();
  await open();
});
afterAll(async () => {
  await host.close();
  rmSync(dirname(project.folder), { recursive: true, force: true });
});

async function open(): Promise<void> {
  // Settings of the person who runs the tests must not matter; the engine that is there may.
  host = await openHost({ folder: project.folder, paths: { ...userPaths(), home: join(project.folder, 'home') } });
  client = host.client();
}

function start(change: Partial<Parameters<typeof client.call<'runs.start'>>[1]> = {}) {
  return client.call('runs.start', {
    name: null,
    method: 'resnet-tap',
    options: TINY_OPTIONS,
    recipe: TINY_RECIPE,
    datasetId: 1,
    seed: 1,
    evaluateOn: [],
    ...change,
  });
}

async function ended(id: number): Promise<Job> {
  await host.context.jobs.wait(id).catch(() => undefined);
  return (await client.call('jobs.list', {})).find((job) => job.id === id) as Job;
}

test('what cannot be trained is refused with the key that is wrong, and leaves nothing', async () => {
  await expect(start({ method: 'nope' })).rejects.toMatchObject({ code: 'UNKNOWN_METHOD' });
  await expect(start({ options: { ...TINY_OPTIONS, heigth: 3 } })).rejects.toMatchObject({ code: 'UNKNOWN_OPTION', params: { key: 'heigth' } });
  await expect(start({ options: { ...TINY_OPTIONS, depth: 19 } })).rejects.toMatchObject({ code: 'BAD_INPUT', params: { key: 'depth' } });
  await expect(start({ datasetId: 99 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(start({ evaluateOn: [{ datasetId: 99, protocol: 'market' }] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const trained = (await client.call('tracklets.query', { filter: { splits: ['train'] }, sort: 'identity' })).ids;
  await client.call('tracklets.setSplit', { ids: [...trained], split: 'none' });
  await expect(start()).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('no tracklets in the split "train"') });
  await client.call('history.undo', {});
  expect(await client.call('runs.list', {})).toEqual([]);
  expect(await client.call('jobs.list', {})).toEqual([]);
});

test('train, evaluate and compare two runs', async () => {
  const metrics: number[] = [];
  const forget = client.on('runMetrics', ({ columns }) => metrics.push(...columns.step));
  const first = await start({
    evaluateOn: [
      { datasetId: 1, protocol: 'market' },
      { datasetId: 1, protocol: 'visits' },
    ],
  });
  const second = await start({ seed: 2, evaluateOn: [{ datasetId: 1, protocol: 'market' }] });
  expect([first.runId, second.runId]).toEqual(['resnet-tap-s1', 'resnet-tap-s2']);
  for (const job of await client.call('jobs.list', {})) expect(await ended(job.id)).toMatchObject({ state: 'done', error: null });
  forget();
  expect(metrics.filter((step) => step === 8)).toHaveLength(2);

  const run = await client.call('runs.get', { id: first.runId });
  expect(run).toMatchObject({ state: 'done', step: 8, steps: 8, epochs: 2, checkpoint: 'checkpoints/step-00000008', methodKnown: true });
  expect(run.macsPerFrame).toBeGreaterThan(0);
  expect(run.parameters).toBeGreaterThan(0);
  expect(run.engine).toMatchObject({ threads: expect.any(Number) });
  expect(run.command).toMatch(/^tracklet train resnet-tap .*--dataset Tiny --name resnet-tap-s1 --seed 1 .*--set height=32/);
  expect(await client.call('runs.get', { id: second.runId })).toMatchObject({ seed: 2, command: expect.stringContaining(' --seed 2 ') as string });
  const rows = await client.call('tracklets.rows', { ids: [...(await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids] });
  const members = rows.map(({ name, split }) => `${JSON.stringify([name, split])}\n`).sort();
  const hash = createHash('sha256').update(members.join('')).digest('hex');
  expect(run.split).toEqual({ name: 'main', hash });
  // The folder alone tells how the weights came about: another seed is another run.
  for (const [id, seed] of [
    [first.runId, 1],
    [second.runId, 2],
  ] as const) {
    const config = JSON.parse(readFileSync(join(project.folder, 'runs', id, 'config.json'), 'utf8')) as { recipe: object; createdAt: number };
    expect(config).toEqual({
      name: id,
      method: 'resnet-tap',
      options: run.options,
      recipe: config.recipe,
      seed,
      dataset: { id: 1, name: 'Tiny', importer: 'test', contentHash: 'tiny' },
      split: { name: 'main', hash },
      versions: { program: expect.stringMatching(/^\d+\.\d+\.\d+/) as string, node: process.version },
      createdAt: config.createdAt,
    });
    expect(recipeSchema.parse(config.recipe)).toEqual(run.recipe);
  }
  const columns = await client.call('runs.metrics', { id: first.runId, afterStep: 0 });
  expect([...columns.step]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(Object.keys(columns.series)).toEqual(
    expect.arrayContaining(['loss', 'loss/identity', 'loss/triplet', 'learningRate', 'imagesPerSecond', 'loaderShare']),
  );
  expect((await client.call('runs.log', { id: first.runId, from: 0 })).lines.map((line) => line.text)).toContainEqual(
    expect.stringContaining('8 steps of 2 × 2 clips'),
  );
  expect((await client.call('engine.status', {})).state).toBe('ready');

  const evaluations = await client.call('evaluations.list', { datasetId: 1 });
  expect(evaluations.map(({ runId, protocol, validQueries }) => `${runId} ${protocol} ${validQueries}`).sort()).toEqual([
    'resnet-tap-s1 market 3',
    'resnet-tap-s1 visits 3',
    'resnet-tap-s2 market 3',
  ]);
  const market = evaluations.filter((one) => one.protocol === 'market').sort((a, b) => a.id - b.id);
  const [a, b] = market.map((one) => one.id) as [number, number];
  const compared = await client.call('compare.load', { evaluationIds: [a, b], reference: a });
  const mean = (column: number) => compared.queries.reduce((sum, query) => sum + (query.ap[column] as number), 0) / compared.queries.length;
  expect(mean(0)).toBeCloseTo(market[0]?.mAP as number, 6);
  expect(mean(1)).toBeCloseTo(market[1]?.mAP as number, 6);
  // Of real weights, which the run itself names.
  expect(market.map((one) => one.weightsHash)).toEqual([run.weightsHash, (await client.call('runs.get', { id: second.runId })).weightsHash]);
  expect(market[0]?.question).toEqual(market[1]?.question);
  const query = compared.queries[0];
  const [list] = await client.call('compare.ranks', { evaluationIds: [a], trackletId: query?.trackletId as number, top: 2 });
  expect(list?.cells.map((cell) => cell.rank)).toEqual([1, 2]);
  expect(list?.firstHit).toBe(query?.firstHit[0]);
  expect(list?.positives[0]).toBe(list?.firstHit);
  await expect(
    client.call('compare.load', { evaluationIds: [a, evaluations.find((one) => one.protocol === 'visits')?.id as number], reference: a }),
  ).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await expect(client.call('compare.ranks', { evaluationIds: [a], trackletId: 1, top: 2 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a run stops with a checkpoint, survives the end of the program, and resumes where it was', async () => {
  const long = { ...TINY_RECIPE, epochs: 2000 };
  const told: string[] = [];
  const forget = client.on('changed', ({ tags }) => void told.push(...tags));
  const { runId, jobId } = await start({ name: 'Long run', recipe: long });
  expect(runId).toBe('long-run');
  await until(async () => (await client.call('runs.get', { id: runId })).step >= 3);
  expect(await client.call('runs.get', { id: runId })).toMatchObject({ state: 'running', parameters: expect.any(Number), steps: 8000 });
  // Once when it began to run, once when its model was built: the page has its size long before the first checkpoint.
  forget();
  expect(told.filter((tag) => tag === `Run:${runId}`).length).toBeGreaterThanOrEqual(2);
  await expect(client.call('runs.remove', { id: runId })).rejects.toMatchObject({ code: 'CONFLICT' });
  await client.call('runs.stop', { id: runId });
  expect((await ended(jobId)).state).toBe('cancelled');
  const stopped = await client.call('runs.get', { id: runId });
  expect(stopped).toMatchObject({ state: 'stopped', error: null, checkpoint: expect.stringContaining('step-') });

  await client.call('runs.resume', { id: runId });
  await until(async () => (await client.call('runs.get', { id: runId })).step > stopped.step + 2);
  await host.close();
  await open();
  const cut = await client.call('runs.get', { id: runId });
  expect(cut.state).toBe('interrupted');
  expect((await client.call('jobs.list', {})).find((job) => job.id === jobId)).toMatchObject({ state: 'interrupted', resumable: true });
  await client.call('jobs.retry', { id: jobId });
  await until(async () => (await client.call('runs.get', { id: runId })).step > cut.step + 2);
  await client.call('runs.stop', { id: runId });
  await ended(jobId);
  const { step } = await client.call('runs.metrics', { id: runId, afterStep: 0 });
  expect([...step]).toEqual(Array.from(step, (_, i) => i + 1));
});

test('only persons are trained on: distractors and junk in the split "train" are not among the classes', async () => {
  await host.close();
  const file = new Database(join(project.folder, 'project.sqlite'));
  file
    .prepare(
      `INSERT OR REPLACE INTO split_member (split_set_id, tracklet_id, side) SELECT d.split_set_id, t.id, 'train' FROM tracklet t JOIN dataset d ON d.id = t.dataset_id`,
    )
    .run();
  file.prepare(`UPDATE identity SET kind = 'distractor' WHERE pid = 4`).run();
  file.prepare(`UPDATE identity SET kind = 'junk' WHERE pid = 5`).run();
  file.close();
  await open();
  const { runId, jobId } = await start({ name: 'Persons', recipe: { ...TINY_RECIPE, epochs: 1, stepsPerEpoch: 1 } });
  expect((await ended(jobId)).state).toBe('done');
  const lines = (await client.call('runs.log', { id: runId, from: 0 })).lines.map((line) => line.text);
  expect(lines).toContainEqual(expect.stringContaining('8 tracklets of 4 identities;'));
  const { checkpoint } = await client.call('runs.get', { id: runId });
  const { tensors } = readSafetensors(readFileSync(join(project.folder, 'runs', runId, checkpoint as string, 'model.safetensors')), 'model.safetensors');
  expect(tensors.get('classifier.weight')?.shape[0]).toBe(4);
});

test('names stay unique, can be changed and changed back, and a removed run keeps its files until it is emptied', async () => {
  await expect(start({ name: 'Long run' })).rejects.toMatchObject({ code: 'CONFLICT', params: { key: 'name' } });
  await client.call('runs.rename', { id: 'long-run', name: 'Longer' });
  expect((await client.call('runs.get', { id: 'long-run' })).name).toBe('Longer');
  await client.call('history.undo', {});
  expect((await client.call('runs.get', { id: 'long-run' })).name).toBe('Long run');
  await client.call('runs.remove', { id: 'long-run' });
  await expect(client.call('runs.get', { id: 'long-run' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect(existsSync(join(project.folder, 'runs', 'long-run', 'config.json'))).toBe(true);
  await client.call('trash.empty', {});
  expect(existsSync(join(project.folder, 'runs', 'long-run'))).toBe(false);
});
