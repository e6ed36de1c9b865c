/**
 * A data set that is made of others at work: two data sets with the same numbers are united, a model is trained on the union, evaluated, compared and
 * exported, all through the contract with the real children; labels that are given through a source are its labels, and the other way.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Job } from '../../../../src-shared/contract/jobs.ts';
import type { RpcClient } from '../../../../src-shared/rpc.ts';
import { openHost, type Host } from '../../../../src-main/host/host.ts';
import { userPaths } from '../../../../src-main/platform/paths.ts';
import { picture, TINY_OPTIONS, TINY_RECIPE, tinyProject, type TinyProject } from '../../support/tinyProject.ts';

let project: TinyProject;
let host: Host;
let client: RpcClient;
let second = 0;
let union = 0;

/** People 1 to 4, each seen by two cameras: two are trained on, two ask. */
function writeSource(folder: string): void {
  for (const pid of [1, 2, 3, 4])
    for (const camid of [1, 2]) {
      const visit = join(folder, pid <= 2 ? 'train' : camid === 1 ? 'query' : 'gallery', `000${pid}`, `c${camid}`);
      mkdirSync(visit, { recursive: true });
      for (const frame of [1, 2, 3, 4]) writeFileSync(join(visit, `${frame}.jpg`), picture(pid + 4, camid - 1, frame));
    }
}

beforeAll(async () => {
  project = await tinyProject();
  host = await openHost({ folder: project.folder, paths: { ...userPaths(), home: join(project.folder, 'home') }, validateOutputs: true });
  client = host.client();
  const source = join(dirname(project.folder), 'second');
  writeSource(source);
  const { jobId } = await client.call('imports.start', { path: source, importer: 'image-folder', options: {}, name: 'Second' });
  second = ((await host.context.jobs.wait(jobId)) as { dataset: number }).dataset;
  union = (await client.call('datasets.derive', { name: 'Both', recipe: { kind: 'union', of: [1, second] } })).id;
});
afterAll(async () => {
  await host.close();
  rmSync(dirname(project.folder), { recursive: true, force: true });
});

async function ended(id: number): Promise<Job> {
  await host.context.jobs.wait(id).catch(() => undefined);
  return (await client.call('jobs.list', {})).find((job) => job.id === id) as Job;
}

test('people of two data sets are never one: each query finds what it finds in its own data set', async () => {
  const [a, b, both] = await Promise.all([1, second, union].map((id) => client.call('datasets.get', { id })));
  expect(both).toMatchObject({
    tracklets: 20,
    identities: 10,
    cameras: 4,
    missing: null,
    changedPictures: null,
    recipe: { title: 'Union of Tiny and Second' },
  });
  expect(both?.tracklets).toBe((a?.tracklets ?? 0) + (b?.tracklets ?? 0));
  for (const protocol of ['market', 'visits'])
    expect([protocol, both?.validQueries[protocol]]).toEqual([protocol, (a?.validQueries[protocol] ?? 0) + (b?.validQueries[protocol] ?? 0)]);
});

test('labels are those of the tracklets, whichever data set they are given through', async () => {
  const valued = async (id: number): Promise<number> => (await client.call('datasets.statistics', { id })).framesWithValue;
  const [own] = (await client.call('tracklets.query', { filter: { datasetIds: [second] }, sort: 'identity' })).ids;
  const before = [await valued(second), await valued(union)];
  await client.call('annotations.apply', { label: 'paint', edits: [{ trackletId: own ?? 0, field: 'visibility', start: 0, end: 3, value: 4, how: 'judged' }] });
  expect([await valued(second), await valued(union), await valued(1)]).toEqual([...before.map((n) => n + 4), 0]);
  const [through] = (await client.call('tracklets.query', { filter: { datasetIds: [union], hiddenShare: { min: 0.5, max: 1 } }, sort: 'identity' })).ids;
  expect(through).toBe(own);
  await client.call('annotations.apply', { label: 'paint', edits: [{ trackletId: through ?? 0, field: 'visibility', start: 0, end: 3, value: null }] });
  expect([await valued(second), await valued(union)]).toEqual(before);
  await client.call('history.undo', {});
  expect([await valued(second), await valued(union)]).toEqual(before.map((n) => n + 4));
});

test('it is trained on, evaluated and compared, with pictures of both folders', { timeout: 600_000 }, async () => {
  const start = (seed: number) =>
    client.call('runs.start', {
      name: null,
      method: 'resnet-tap',
      options: TINY_OPTIONS,
      recipe: TINY_RECIPE,
      datasetId: union,
      seed,
      evaluateOn: [{ datasetId: union, protocol: 'market' }],
    });
  const { runId } = await start(1);
  await start(2);
  for (const job of await client.call('jobs.list', {})) expect(await ended(job.id)).toMatchObject({ state: 'done', error: null });
  const run = await client.call('runs.get', { id: runId });
  const [set] = await client.call('splits.list', { datasetId: union });
  expect(run).toMatchObject({ state: 'done', datasetName: 'Both', split: { name: 'main', hash: set?.hash } });
  const config = JSON.parse(readFileSync(join(project.folder, 'runs', runId, 'config.json'), 'utf8')) as { dataset: unknown };
  expect(config.dataset).toMatchObject({ id: union, recipe: { kind: 'union', sources: [{ id: 1, name: 'Tiny' }, { id: second, name: 'Second' }] } }); // prettier-ignore

  const evaluations = await client.call('evaluations.list', { datasetId: union });
  expect(evaluations.map(({ queries, validQueries, datasetName }) => [queries, validQueries, datasetName])).toEqual(Array(2).fill([5, 5, 'Both']));
  const ids = evaluations.map(({ id }) => id);
  const compared = await client.call('compare.load', { evaluationIds: ids, reference: ids[0] as number });
  const sources = await client.call('tracklets.rows', { ids: compared.queries.map(({ trackletId }) => trackletId) });
  expect(new Set(sources.map(({ datasetId }) => datasetId))).toEqual(new Set([1, second]));
  const [list] = await client.call('compare.ranks', { evaluationIds: [ids[0] as number], trackletId: compared.queries[0]?.trackletId as number, top: 5 });
  // Five are searched, of both data sets, and one of them is right.
  expect([list?.cells.length, list?.positives.length]).toEqual([5, 1]);
  expect(await client.call('compare.today', { evaluationIds: ids })).toEqual(ids.map((evaluationId) => ({ evaluationId, reasons: [] })));
});

test('another one with the same members is asked the same, of the same features, and keeps an evaluation of its own', { timeout: 600_000 }, async () => {
  const { id } = await client.call('datasets.derive', { name: 'Both again', recipe: { kind: 'subset', of: union, filter: {} } });
  const before = await client.call('evaluations.list', { datasetId: union });
  const [first] = before as [(typeof before)[number]];
  const made = (await client.call('features.list', { runId: first.runId })).length;
  const { jobId } = await client.call('evaluations.start', { runId: first.runId, datasetId: id, protocol: 'market', distance: first.distance });
  expect(await ended(jobId)).toMatchObject({ state: 'done', error: null });
  expect((await client.call('features.list', { runId: first.runId })).length).toBe(made);
  expect(await client.call('evaluations.list', { datasetId: union })).toEqual(before);
  const own = await client.call('evaluations.list', { datasetId: id });
  // Both read the same files.
  for (const one of [first.id, own[0]?.id ?? 0]) expect((await client.call('compare.load', { evaluationIds: [one], reference: one })).queries).toHaveLength(5);
  expect(own.map(({ question, mAP }) => [question, mAP])).toEqual([[first.question, first.mAP]]);
});

test('another split of its own asks something else, and so does a source that is away', async () => {
  const [{ id = 0 } = {}] = await client.call('evaluations.list', { datasetId: union });
  const reasons = async (): Promise<string[]> => (await client.call('compare.today', { evaluationIds: [id] }))[0]?.reasons ?? [];
  const { ids, sidesOf } = await client.call('tracklets.query', { filter: { datasetIds: [union], splits: ['query'] }, sort: 'identity' });
  expect([ids.length, sidesOf]).toEqual([5, union]);
  await client.call('tracklets.setSplit', { ids: [ids[0] as number], split: 'gallery', datasetId: union });
  expect(await reasons()).toEqual(['the query and gallery lists were changed after this evaluation']);
  expect((await client.call('datasets.get', { id: 1 })).splits).toEqual({ train: 6, query: 3, gallery: 3 });
  await client.call('history.undo', {});
  expect(await reasons()).toEqual([]);
  await client.call('datasets.remove', { id: second });
  expect(await reasons()).toContain('the pictures of the data set were changed after this evaluation');
  expect((await client.call('datasets.get', { id: union })).recipe).toMatchObject({ tracklets: 20, missing: 8 });
  await client.call('history.undo', {});
  expect(await reasons()).toEqual([]);
});

test('exported and imported again it is one data set with as many people, cameras and tracklets', async () => {
  const to = join(dirname(project.folder), 'out');
  const { jobId } = await client.call('exports.start', { id: union, exporter: 'image-folder', options: {}, to, links: 'copy' });
  await host.context.jobs.wait(jobId);
  expect(await client.call('exports.result', { jobId })).toMatchObject({ tracklets: 20, frames: 12 * 6 + 8 * 4, media: 12 * 6 + 8 * 4 });
  const again = await client.call('imports.start', { path: to, importer: 'image-folder', options: {}, name: 'Back' });
  const back = ((await host.context.jobs.wait(again.jobId)) as { dataset: number }).dataset;
  const [was, is] = await Promise.all([union, back].map((id) => client.call('datasets.get', { id })));
  for (const key of ['identities', 'cameras', 'tracklets', 'frames', 'splits', 'validQueries'] as const) expect([key, is?.[key]]).toEqual([key, was?.[key]]);
  // Neither into the folder of one source nor of the other.
  for (const folder of [join(project.folder, 'media', 'new'), join(dirname(project.folder), 'second', 'new')])
    await expect(client.call('exports.start', { id: union, exporter: 'image-folder', options: {}, to: folder, links: 'copy' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
    });
});

test('what needs a source of its own is refused', async () => {
  const refused = { code: 'UNSUPPORTED', message: expect.stringContaining('"Both" is made of other data sets and has no folder of its own') as string };
  await expect(client.call('datasets.locate', { id: union, root: project.folder })).rejects.toMatchObject(refused);
  await expect(client.call('imports.update', { id: union })).rejects.toMatchObject(refused);
  await expect(client.call('imports.compare', { id: union })).rejects.toMatchObject(refused);
});

test('work on it keeps its sources from being removed', async () => {
  const { runId, jobId } = await client.call('runs.start', {
    name: 'Long',
    method: 'resnet-tap',
    options: TINY_OPTIONS,
    recipe: { ...TINY_RECIPE, epochs: 5000 },
    datasetId: union,
    seed: 1,
    evaluateOn: [],
  });
  await expect.poll(async () => (await client.call('runs.get', { id: runId })).state, { timeout: 300_000 }).toBe('running');
  await expect(client.call('datasets.remove', { id: second })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: '"Train Long" is under way on this data set.',
  });
  await client.call('runs.stop', { id: runId });
  await ended(jobId);
});
