/** The real compute child on a tiny set: training, resume bit for bit, extraction, evaluation, and that it never outlives its parent. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { computeInChild } from '../../../src-main/compute/local.ts';
import type { ListRow } from '../../../src-main/compute/lists.ts';
import type { FromChild, ResultOf, TaskKind, TaskOf } from '../../../src-main/compute/protocol.ts';
import type { EvaluateResult } from '../../../src-main/compute/tasks/evaluate.ts';
import type { TrainTask } from '../../../src-main/compute/tasks/train.ts';
import { readFeatures, readPerQuery, writePerQuery } from '../../../src-main/compute/resultFiles.ts';
import { sideRows } from '../../../src-main/features/evaluations/table.ts';
import { openReadOnly } from '../../support/openReadOnly.ts';
import { isAlive } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject, type TinyProject } from '../support/tinyProject.ts';

const script = new URL('../../../src-main/compute/child.ts', import.meta.url);
let project: TinyProject;
beforeAll(async () => {
  project = await tinyProject();
});
afterAll(() => rmSync(dirname(project.folder), { recursive: true, force: true }));

const LONG = { epochs: 100 };
const LONG_STEPS = LONG.epochs * TINY_RECIPE.stepsPerEpoch;

function trainTask(runId: string, recipe: Partial<TrainTask['recipe']> = {}): TrainTask {
  return {
    kind: 'train',
    projectFolder: project.folder,
    runId,
    method: 'resnet-tap',
    options: TINY_OPTIONS,
    recipe: { ...TINY_RECIPE, ...recipe },
    manifest: project.manifest,
    seed: 7,
    engine: { device: 'auto', threads: 1, paths: {} },
  };
}

function sidesIn(folder: string): ListRow[] {
  const db = openReadOnly(folder);
  const rows = sideRows(db, { datasetId: 1 });
  db.close();
  return rows;
}

function run<Kind extends TaskKind>(task: TaskOf<Kind>, onMessage?: (message: FromChild) => void, signal?: AbortSignal): Promise<ResultOf<Kind>> {
  return computeInChild(task, { signal, onAbort: 'stop', grace: { word: 60_000, term: 2000 }, onMessage });
}

test('a run that was stopped and resumed ends with the very weights of one that was not', async () => {
  const messages: FromChild[] = [];
  const whole = await run(trainTask('whole'), (message) => void messages.push(message));
  expect(whole).toMatchObject({ steps: 8, stopped: false, checkpoint: 'checkpoints/step-00000008' });
  const again = await run(trainTask('again'));
  expect(again.weightsHash).toBe(whole.weightsHash);
  const other = await run({ ...trainTask('other'), seed: 8 });
  expect(other.weightsHash).not.toBe(whole.weightsHash);

  // Long enough that its end is far when the word to stop arrives.
  const unbroken = await run(trainTask('unbroken', LONG));
  expect(unbroken.steps).toBe(LONG_STEPS);
  const abort = new AbortController();
  const part = await run(
    trainTask('parts', LONG),
    (message) => {
      if (message.type === 'progress' && message.done >= 3) abort.abort();
    },
    abort.signal,
  );
  expect(part.stopped).toBe(true);
  expect(part.steps).toBeLessThan(LONG_STEPS);
  const rest = await run(trainTask('parts', LONG));
  expect(rest).toMatchObject({ steps: LONG_STEPS, stopped: false, weightsHash: unbroken.weightsHash });

  const metrics = messages.filter((message) => message.type === 'metrics').flatMap((message) => [...message.columns.step]);
  expect(metrics).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(messages.find((message) => message.type === 'engine')).toBeDefined();
  expect(messages.find((message) => message.type === 'model')).toMatchObject({ steps: 8 });
});

test('a damaged newest checkpoint is passed over aloud, and the run goes on from the one before', async () => {
  const runs = join(project.folder, 'runs', 'parts', 'checkpoints');
  const newest = `step-${String(LONG_STEPS).padStart(8, '0')}`;
  const weights = join(runs, newest, 'model.safetensors');
  const bytes = readFileSync(weights);
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] as number) ^ 0x10;
  writeFileSync(weights, bytes);
  const log: string[] = [];
  const result = await run(trainTask('parts', LONG), (message) => {
    if (message.type === 'log') log.push(message.text);
  });
  expect(result.steps).toBe(LONG_STEPS);
  expect(log.some((line) => line.includes(`${newest} is damaged`))).toBe(true);
  expect(log.some((line) => line.startsWith('Continuing from step-'))).toBe(true);
});

test('a loss that is no number ends the run and names the last good checkpoint; nothing bad is stored', async () => {
  await expect(run(trainTask('diverges', { learningRate: 1e30, epochs: 20 }))).rejects.toMatchObject({
    code: 'ENGINE_FAILED',
    message: expect.stringContaining('before the first checkpoint'),
  });
});

test('features and evaluation: trained tracklets are left out, per-query results agree with the whole', async () => {
  const extraction = {
    kind: 'extract',
    projectFolder: project.folder,
    runId: 'whole',
    method: 'resnet-tap',
    options: TINY_OPTIONS,
    checkpoint: 'checkpoints/step-00000008',
    weightsHash: null,
    manifest: project.manifest,
    output: 'features',
  } as const;
  const extracted = await run({ ...extraction, known: [], engine: { device: 'auto', threads: 1, paths: {} } });
  expect(extracted).toMatchObject({ count: 6, made: { weightsHash: expect.any(String) as string, view: 'embedding' } });
  const { made, ...stored } = extracted;
  const { weightsHash, contentHash } = made as NonNullable<typeof made>;
  const again = async (known: string | null, change: object = {}) => {
    const engine = { device: 'auto' as const, threads: 1, paths: {} };
    return run({ ...extraction, weightsHash, engine, known: [{ ...stored, contentHash: known }], ...change });
  };
  // Under this key, or by what the file says where a row of before says less, they are used again; under another key, with other options or weights never.
  for (const known of [contentHash, contentHash.split('/').slice(0, 2).join('/'), null]) expect(await again(known)).toEqual({ ...stored, made: null });
  expect(await again(`${contentHash}0`)).toEqual(extracted);
  const otherwise = await again(contentHash, { options: { ...TINY_OPTIONS, height: 48 } });
  expect(otherwise.made?.contentHash).not.toBe(contentHash);
  expect(otherwise.path).not.toBe(extracted.path);
  await expect(again(contentHash, { weightsHash: 'others' })).rejects.toMatchObject({ code: 'WEIGHTS_MISMATCH' });
  expect(extracted.path).toMatch(/^features\/[0-9a-f]{16}\.safetensors$/);
  const features = await readFeatures(join(project.folder, extracted.path), extracted);
  expect([...features.trackletIds]).toEqual([7, 8, 9, 10, 11, 12]);
  expect(features.metadata['run']).toBe('whole');
  const task = {
    kind: 'evaluate',
    projectFolder: project.folder,
    rows: sidesIn(project.folder),
    output: 'runs/whole/evaluations',
    protocol: 'market',
    distance: 'cosine',
    features: extracted,
  } as const;
  const evaluated = (await run({ ...task, known: [] })) as EvaluateResult;
  expect(evaluated.folder).toMatch(/^runs\/whole\/evaluations\/market-[0-9a-f]{16}$/);
  expect(evaluated.metrics).toMatchObject({ queries: 3, validQueries: 3, gallery: 3 });
  const columns = await readPerQuery(join(project.folder, evaluated.folder, 'per-query.safetensors'), evaluated.files['per-query.safetensors'] as string);
  expect(columns.ap.reduce((sum, ap) => sum + ap, 0) / 3).toBeCloseTo(evaluated.metrics.mAP, 6);
  expect([...columns.trackletIds]).toEqual([7, 9, 11]);
  // Three gallery entries a query, nearest first, exactly one of them the same person.
  for (let q = 0; q < 3; q++) {
    const distances = [...columns.topDistance.subarray(q * 3, q * 3 + 3)];
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
    expect([...columns.topMark.subarray(q * 3, q * 3 + 3)].filter((mark) => mark === 1)).toHaveLength(1);
    expect(columns.firstHit[q]).toBe(columns.topMark.subarray(q * 3, q * 3 + 3).indexOf(1) + 1);
  }
  expect([...(columns.gallery ?? [])]).toEqual([8, 10, 12]);
  expect(evaluated.question).toMatchObject({ queries: { count: 3 }, gallery: { count: 3 }, rerank: false, test: { clipFrames: 32 } });

  // The same again is answered from the files, as long as they are whole; another of its three hashes is another evaluation.
  const { folder, files, question, featuresHash, metrics } = evaluated;
  const known = { id: 9, questionHash: question.hash, featuresHash, weightsHash, folder, files, metrics };
  expect(await run({ ...task, known: [known] })).toEqual({ sameAs: 9 });
  for (const other of [
    { questionHash: 'o' },
    { featuresHash: 'o' },
    { weightsHash: 'o' },
    { files: { ...files, 'metrics.json': 'o' } },
    { files: {} },
    { metrics: { ...metrics, mAP: 0.99 } },
  ])
    expect(await run({ ...task, known: [{ ...known, ...other }] })).toEqual(evaluated);
  // A file that was exchanged with its hash, of other lists.
  const path = join(project.folder, folder, 'per-query.safetensors');
  for (const change of [{ topTracklet: columns.topTracklet.map((id) => id + 500) }, { trackletIds: columns.trackletIds.map((id) => id + 500) }]) {
    const hash = await writePerQuery(path, { ...columns, ...change });
    expect(await run({ ...task, known: [{ ...known, files: { ...files, 'per-query.safetensors': hash } }] })).toEqual(evaluated);
  }
  rmSync(join(project.folder, folder, 'metrics.json'));
  expect(await run({ ...task, known: [known] })).toEqual(evaluated);
  expect(await run({ ...task, known: [known] })).toEqual({ sameAs: 9 });
});

test('the registry as data, and size of a method', async () => {
  const methods = await run({ kind: 'methods' });
  // Baselines first: a form proposes the first one.
  expect(methods.slice(0, 2).map(({ id }) => id)).toEqual(['resnet-tap', 'resnet-nonlocal']);
  const tap = methods.find(({ id }) => id === 'resnet-tap');
  expect(tap?.defaults['depth']).toBe(50);
  expect(tap?.optionsSchema.properties).toHaveProperty('depth');
  const sizeFor = async (identities?: number) => (await run({ kind: 'describe', method: 'resnet-tap', options: {}, identities })).parameters;
  // 2,048 weights and a bias for every further identity.
  expect((await sizeFor(625)) - (await sizeFor(60))).toBe(565 * 2049);
  expect(await sizeFor()).toBe(await sizeFor(625));
  await expect(run({ kind: 'describe', method: 'resnet-tap', options: { depht: 50 } })).rejects.toMatchObject({
    code: 'UNKNOWN_OPTION',
    params: { key: 'depht' },
  });
  await expect(run({ kind: 'describe', method: 'resnet-tap', options: { height: -1 } })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    params: { key: 'height' },
  });
  await expect(run({ kind: 'describe', method: 'nope', options: {} })).rejects.toMatchObject({ code: 'UNKNOWN_METHOD' });
});

test('it ends when its parent is killed, even in the middle of work', async () => {
  const folder = join(project.folder, 'parent');
  mkdirSync(folder);
  const parent = `
    import { fork } from 'node:child_process';
    const child = fork(${JSON.stringify(script.pathname)}, [], { serialization: 'advanced', stdio: 'ignore' });
    child.send({ type: 'run', task: ${JSON.stringify(trainTask('orphan', { epochs: 10_000 }))} });
    child.on('message', (message) => { if (message.type === 'progress' && message.done > 0) process.stdout.write(String(child.pid) + '\\n'); });
  `;
  writeFileSync(join(folder, 'parent.mjs'), parent);
  const host = spawn(process.execPath, [join(folder, 'parent.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = await new Promise<number>((resolve) => host.stdout.once('data', (data: Buffer) => resolve(Number.parseInt(data.toString(), 10))));
  expect(isAlive(pid)).toBe(true);
  host.kill('SIGKILL');
  await until(() => !isAlive(pid));
});
