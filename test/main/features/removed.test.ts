/**
 * Removing a data set or a run is a step like any other. The measure is a deletion: every query of the contract must answer after a removal
 * what it answered before the thing existed, and after undoing what it answered before the removal.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { CallName } from '../../../src-shared/contract/index.ts';
import { calls } from '../../../src-shared/contract/index.ts';
import type { Host } from '../../../src-main/host/host.ts';
import { fillProject } from '../../support/bigProject.ts';
import { questionOf } from '../../support/evaluationOf.ts';
import { openTestProject } from '../../support/project.ts';

/** Of data set 1 and of what belongs to the second one: an input that asks for it by id. */
interface Asked {
  datasetId: number;
  trackletId: number;
  mediaId: number;
  runId: string;
  evaluationId: number;
}

/** Inputs of the queries that read the project. A query that is new must be put here or below. */
const INPUTS: Partial<Record<CallName, (asked: Asked) => unknown[]>> = {
  'datasets.list': () => [{}],
  'datasets.get': ({ datasetId }) => [{ id: datasetId }],
  'datasets.statistics': ({ datasetId }) => [{ id: datasetId }],
  'datasets.setAside': ({ datasetId }) => [{ id: datasetId }],
  'datasets.sameNames': () => [{}],
  'splits.list': ({ datasetId }) => [{ datasetId }],
  'datasets.identities': ({ datasetId }) => [{}, { datasetIds: [datasetId] }],
  'tracklets.query': ({ datasetId, trackletId }) => [
    { filter: {}, sort: 'identity' },
    { filter: { datasetIds: [datasetId] }, sort: 'hiddenDesc' },
    { filter: { trackletIds: [trackletId] }, sort: 'identity' },
    { filter: { text: '0001' }, sort: 'lengthDesc' },
  ],
  'tracklets.facets': ({ datasetId }) => [{ filter: {} }, { filter: { datasetIds: [datasetId] } }],
  'tracklets.rows': ({ trackletId }) => [{ ids: [1, trackletId] }],
  'tracklets.get': ({ trackletId }) => [{ id: trackletId }],
  'media.boxes': ({ mediaId }) => [{ mediaId, from: 0, to: 1000 }],
  'annotations.get': ({ trackletId }) => [{ trackletId }],
  'annotations.episodes': ({ trackletId }) => [{ trackletId }],
  'annotations.seen': ({ trackletId }) => [{ trackletId }],
  'annotations.gaps': ({ trackletId }) => [{ trackletIds: [1, trackletId] }],
  'runs.list': () => [{}],
  'runs.get': ({ runId }) => [{ id: runId }],
  'runs.metrics': ({ runId }) => [{ id: runId, afterStep: 0 }],
  'runs.log': ({ runId }) => [{ id: runId, from: 0 }],
  'features.list': ({ runId }) => [{ runId }],
  'evaluations.list': ({ datasetId }) => [{}, { datasetId }],
  'compare.check': ({ evaluationId }) => [{ evaluationIds: [evaluationId], reference: evaluationId }],
  'compare.today': ({ evaluationId }) => [{ evaluationIds: [evaluationId] }],
  'compare.load': ({ evaluationId }) => [{ evaluationIds: [evaluationId], reference: evaluationId }],
  'compare.ranks': ({ evaluationId, trackletId }) => [{ evaluationIds: [evaluationId], trackletId, top: 5 }],
  'imports.compare': ({ datasetId }) => [{ id: datasetId }],
  'imports.result': () => [{ jobId: 1 }],
  'exports.preview': ({ datasetId }) => [{ id: datasetId, exporter: 'annotations', options: {}, to: null }],
  'exports.result': () => [{ jobId: 1 }],
  'jobs.list': () => [{}],
  'jobs.log': () => [{ id: 1, from: 0 }],
};
/** They read the machine or the user's settings, or are about the removed things themselves. */
const ELSEWHERE: CallName[] = [
  'project.info',
  'engine.status',
  'engine.setup',
  'engine.try',
  'settings.get',
  'files.browse',
  'importers.list',
  'exporters.list',
  'imports.probe',
  'imports.preview',
  'history.state',
  'methods.list',
  'methods.describe',
  'trash.list',
  'backups.list',
];

async function answers(host: Host, asked: Asked): Promise<Record<string, unknown>> {
  const client = host.client();
  const all: Record<string, unknown> = {};
  for (const [name, inputs] of Object.entries(INPUTS))
    for (const [index, input] of inputs(asked).entries())
      all[`${name} ${index}`] = await client.call(name as CallName, input as never).then(
        (output) => ({ ...(output as object), ...(Array.isArray(output) ? { list: output } : {}), tookMs: 0 }),
        (error: unknown) => ({ refused: (error as { code: string }).code }),
      );
  return all;
}

async function addRun({ context }: Host, folder: string, id: string, datasetId: number): Promise<number> {
  const { db } = context;
  const recipe = (await context.db.read('runs', 'one', { id: 'none' })) ?? null;
  expect(recipe).toBeNull();
  await db.write('runs', 'insert', {
    id,
    name: id,
    method: 'resnet-tap',
    options: {},
    recipe: { ...RECIPE },
    datasetId,
    datasetName: 'Second',
    seed: 1,
    createdAt: 5,
  });
  await db.write('runs', 'update', { id, state: 'done', step: 7 });
  const file = join(folder, 'runs', id, 'weights.bin');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, Buffer.alloc(1000));
  await db.write('evaluations', 'saveFeatures', {
    runId: id,
    datasetId,
    weightsHash: `w${id}`,
    contentHash: `c/p/${id}-${datasetId}`,
    view: 'embedding',
    path: `features/${id}`,
    hash: 'h',
    count: 1,
    dims: 1,
    createdAt: 5,
  });
  const jobId = await db.write('jobs', 'insert', { kind: 'train', title: `Train ${id}`, params: {}, after: [], runId: id, datasetId, createdAt: 5 });
  await db.write('jobs', 'update', [{ id: jobId, state: 'done', endedAt: 6 }]);
  return addEvaluation(db, { runId: id, datasetId, folder: `runs/${id}/e`, mAP: 0.5, createdAt: 6 });
}

function addEvaluation(
  db: Host['context']['db'],
  { mAP, ...where }: { runId: string; datasetId: number; folder: string; mAP: number; createdAt: number },
): Promise<number> {
  return db.write('evaluations', 'save', {
    ...where,
    protocol: 'market',
    distance: 'cosine',
    question: questionOf({ hash: `q${where.datasetId}` }),
    featuresHash: 'h',
    weightsHash: 'w',
    files: {},
    metrics: { queries: 1, validQueries: 1, gallery: 1, mAP, mINP: 0.5, cmc: [0.5] },
  });
}

const RECIPE = {
  epochs: 1,
  stepsPerEpoch: 1,
  identitiesPerBatch: 2,
  clipsPerIdentity: 2,
  learningRate: 0.1,
  weightDecay: 0,
  decayEpochs: [],
  decay: 0.1,
  warmupEpochs: 0,
  flip: false,
  erasing: 0,
};

test('every query of the contract is asked here, or reads nothing that can be removed', () => {
  const queries = Object.entries(calls).filter(([, spec]) => spec.kind === 'query');
  expect(queries.map(([name]) => name).filter((name) => !(name in INPUTS) && !ELSEWHERE.includes(name as CallName))).toEqual([]);
});

test('a removed data set is as if it had never been, is brought back by undo, also after a restart, and goes again by redo', async () => {
  await using project = await openTestProject();
  const first = await fillProject(project.host.context, { tracklets: 12, identities: 4, cameras: 2, name: 'First' });
  await addRun(project.host, project.folder, 'stays', first);
  // Ids that the second set is going to have.
  const asked: Asked = { datasetId: first + 1, trackletId: 13, mediaId: 2, runId: 'other', evaluationId: 2 };
  const before = await answers(project.host, asked);

  const second = await fillProject(project.host.context, { tracklets: 20, identities: 5, cameras: 3, name: 'Second' });
  expect(second).toBe(asked.datasetId);
  const client = project.host.client();
  await client.call('annotations.apply', { label: 'Note', edits: [{ trackletId: 13, field: 'note', start: 0, end: 0, value: 'kept' }] });
  const evaluated = await addEvaluation(project.host.context.db, { runId: 'stays', datasetId: second, folder: 'runs/stays/e2', mAP: 0.9, createdAt: 7 });
  expect(evaluated).toBe(2);
  const present = await answers(project.host, asked);
  expect(present).not.toEqual(before);

  await client.call('datasets.remove', { id: second });
  expect(await answers(project.host, asked)).toEqual(before);
  expect(await client.call('history.state', {})).toMatchObject({ undoLabel: 'Remove data set "Second"' });
  for (const refused of [
    () => client.call('datasets.rename', { id: second, name: 'Else' }),
    () => client.call('datasets.remove', { id: second }),
    () => client.call('tracklets.setSplit', { ids: [13], split: 'train' }),
    () => client.call('annotations.apply', { label: 'x', edits: [{ trackletId: 13, field: 'note', start: 0, end: 0, value: 'x' }] }),
    () => client.call('evaluations.start', { runId: 'stays', datasetId: second, protocol: 'visits', distance: 'cosine' }),
  ])
    await expect(refused()).rejects.toMatchObject({ code: 'NOT_FOUND' });

  await project.reopen();
  const again = project.host.client();
  expect(await answers(project.host, asked)).toEqual(before);
  expect(await again.call('history.undo', {})).toMatchObject({ label: 'Remove data set "Second"' });
  expect(await answers(project.host, asked)).toEqual(present);
  await again.call('history.redo', {});
  expect(await answers(project.host, asked)).toEqual(before);
  await again.call('history.undo', {});
  await again.call('history.undo', {});
  expect(await again.call('annotations.get', { trackletId: 13 })).not.toContainEqual(expect.objectContaining({ value: 'kept' }));
});

test('a run loses its data set as by a deletion, and has it again', async () => {
  await using project = await openTestProject();
  const client = project.host.client();
  const id = await fillProject(project.host.context, { tracklets: 4, identities: 2, cameras: 2, name: 'Set' });
  await addRun(project.host, project.folder, 'run', id);
  await client.call('datasets.remove', { id });
  expect(await client.call('runs.get', { id: 'run' })).toMatchObject({ datasetId: null, datasetName: 'Second' });
  expect(await client.call('evaluations.list', {})).toEqual([]);
  await client.call('history.undo', {});
  expect(await client.call('runs.get', { id: 'run' })).toMatchObject({ datasetId: id });
  expect(await client.call('evaluations.list', {})).toMatchObject([{ mAP: 0.5 }]);
});

test('a removed run is as if it had never been, keeps its files, and comes back; its name and its folder are not taken', async () => {
  await using project = await openTestProject();
  const datasetId = await fillProject(project.host.context, { tracklets: 12, identities: 4, cameras: 2, name: 'First' });
  await addRun(project.host, project.folder, 'stays', datasetId);
  const asked: Asked = { datasetId, trackletId: 1, mediaId: 1, runId: 'second', evaluationId: 2 };
  const before = await answers(project.host, asked);
  await addRun(project.host, project.folder, 'second', datasetId);
  const present = await answers(project.host, asked);

  await project.host.client().call('runs.remove', { id: 'second' });
  expect(await answers(project.host, asked)).toEqual(before);
  expect(existsSync(join(project.folder, 'runs/second/weights.bin'))).toBe(true);
  expect(await project.host.context.db.read('runs', 'allIds', null)).toEqual(expect.arrayContaining(['stays', 'second']));

  await project.reopen();
  await project.host.client().call('history.undo', {});
  expect(await answers(project.host, asked)).toEqual(present);
});

test('another data set may take the name and the content meanwhile; the one that comes back is named beside it', async () => {
  await using project = await openTestProject();
  const client = project.host.client();
  const size = { tracklets: 4, identities: 2, cameras: 2, name: 'Same' };
  const first = await fillProject(project.host.context, size);
  await client.call('datasets.remove', { id: first });
  expect(await project.host.context.db.read('imports', 'byContent', { contentHash: 'big-4-Same' })).toBeNull();
  const second = await fillProject(project.host.context, size);
  expect((await client.call('datasets.list', {})).map(({ id, name }) => [id, name])).toEqual([[second, 'Same']]);
  await client.call('history.undo', {});
  expect((await client.call('datasets.list', {})).map(({ id, name }) => [id, name])).toEqual([
    [first, 'Same (2)'],
    [second, 'Same'],
  ]);
});

test('what waits to be computed for a removed run waits again when the run is back', async () => {
  await using project = await openTestProject();
  const client = project.host.client();
  const { context } = project.host;
  const datasetId = await fillProject(context, { tracklets: 4, identities: 2, cameras: 2, name: 'Set' });
  await addRun(project.host, project.folder, 'run', datasetId);
  const started = Promise.withResolvers<number>();
  const block = Promise.withResolvers<void>();
  context.jobs.registerRunner('strips', {
    title: 'Work',
    group: 'data',
    resource: 'io',
    resumable: false,
    run: async (job) => (started.resolve(job.id), block.promise),
  });
  // Not started yet: it waits for a job that is held.
  const held = await context.jobs.start({ kind: 'strips', title: 'Held', params: {} });
  await started.promise;
  const waiting = await context.jobs.start({ kind: 'strips', title: 'Waiting', params: {}, after: [held], runId: 'run' });
  await client.call('runs.remove', { id: 'run' });
  block.resolve();
  await context.jobs.wait(held);
  expect((await client.call('jobs.list', {})).map((job) => job.id)).not.toContain(waiting);
  await client.call('history.undo', {});
  await context.jobs.wait(waiting);
  expect((await client.call('jobs.list', {})).find((job) => job.id === waiting)?.state).toBe('done');
});

test('removed things are listed with the size of their files, brought back out of turn, and deleted for good only when that is asked for', async () => {
  await using project = await openTestProject();
  const client = project.host.client();
  const datasetId = await fillProject(project.host.context, { tracklets: 4, identities: 2, cameras: 2, name: 'Set' });
  await addRun(project.host, project.folder, 'run', datasetId);
  await client.call('annotations.apply', { label: 'Note', edits: [{ trackletId: 1, field: 'note', start: 0, end: 0, value: 'kept' }] });
  await client.call('datasets.rename', { id: datasetId, name: 'Renamed' });
  await client.call('runs.remove', { id: 'run' });
  await client.call('datasets.remove', { id: datasetId });
  expect(await client.call('trash.list', {})).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'run', id: 'run', name: 'run', bytes: 1000 }),
      expect.objectContaining({ kind: 'dataset', id: String(datasetId), name: 'Renamed', bytes: 0 }),
    ]),
  );
  await client.call('trash.restore', { kind: 'run', id: 'run' });
  expect(await client.call('runs.list', {})).toHaveLength(1);
  await client.call('history.undo', {});
  expect(await client.call('runs.list', {})).toHaveLength(0);
  await expect(client.call('trash.restore', { kind: 'run', id: 'none' })).rejects.toMatchObject({ code: 'NOT_FOUND' });

  await client.call('trash.empty', {});
  expect(await client.call('trash.list', {})).toEqual([]);
  expect(existsSync(join(project.folder, 'runs/run'))).toBe(false);
  // Nothing is left that undo would promise and not do.
  expect(await client.call('history.state', {})).toMatchObject({ undoLabel: null });
});

test('deleting for good that was cut short goes on when it is sent again, also after a restart', async () => {
  await using project = await openTestProject();
  const client = project.host.client();
  for (const name of ['One', 'Two']) await fillProject(project.host.context, { tracklets: 2, identities: 1, cameras: 1, name });
  for (const id of [1, 2]) await client.call('datasets.remove', { id });
  const key = 'a-command-that-is-cut-short';
  const { db } = project.host.context;
  const write = db.write;
  let purged = 0;
  db.write = (async (...args: Parameters<typeof write>) => {
    if (String(args[1]) === 'purge' && purged++ > 0) throw new Error('the program was killed');
    return write(...args);
  }) as typeof write;
  await expect(client.send('trash.empty', {}, { key })).rejects.toThrow();
  db.write = write;
  expect(await client.call('trash.list', {})).toHaveLength(1);
  const host = await project.reopen();
  await host.client().send('trash.empty', {}, { key });
  expect(await host.client().call('trash.list', {})).toEqual([]);
  // Done now: what is removed later is not deleted by a third try.
  await fillProject(host.context, { tracklets: 2, identities: 1, cameras: 1, name: 'Three' });
  await host.client().call('datasets.remove', { id: 3 });
  await (await project.reopen()).client().send('trash.empty', {}, { key });
  expect(await project.host.client().call('trash.list', {})).toHaveLength(1);
});

test('what is under way keeps its data set', async () => {
  await using project = await openTestProject();
  const { context } = project.host;
  const client = project.host.client();
  const datasetId = await fillProject(context, { tracklets: 4, identities: 2, cameras: 2, name: 'Set' });
  const started = Promise.withResolvers<void>();
  const block = Promise.withResolvers<void>();
  context.jobs.registerRunner('strips', {
    title: 'Work',
    group: 'data',
    resource: 'io',
    resumable: false,
    run: async () => (started.resolve(), block.promise),
  });
  const held = await context.jobs.start({ kind: 'strips', title: 'Strips of Set', params: {}, datasetId });
  await started.promise;
  await expect(client.call('datasets.remove', { id: datasetId })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: '"Strips of Set" is under way on this data set.',
  });
  block.resolve();
  await context.jobs.wait(held);
  await client.call('datasets.remove', { id: datasetId });
});
