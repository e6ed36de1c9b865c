/**
 * Pictures that are replaced in their place under a data set, from the import to the figures: features of old and of new pixels never answer one question. With runs
 * that were really trained, and a project that was made of the new pictures alone to compare with.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Evaluation } from '../../../src-shared/contract/evaluations.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { temporaryFolder } from '../../support/project.ts';
import { TINY_OPTIONS, TINY_RECIPE, picture } from '../support/tinyProject.ts';

const FRAMES = 6;
const base = temporaryFolder();
const crops = join(base.path, 'crops');
const hosts: Host[] = [];
let host: Host;
let client: RpcClient;

const fileOf = (person: number, camera: number, frame: number): string =>
  join(crops, person <= 3 ? 'train' : camera === 1 ? 'query' : 'gallery', `000${person}`, `c${camera}`, `000${frame}.jpg`);

beforeAll(async () => {
  for (let person = 1; person <= 6; person++)
    for (const camera of [1, 2])
      for (let frame = 1; frame <= FRAMES; frame++) {
        const file = fileOf(person, camera, frame);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, picture(person, camera - 1, frame));
      }
  host = await openProject('project');
  client = host.client();
});
afterAll(async () => {
  for (const each of hosts) await each.close();
  base[Symbol.dispose]();
});

async function openProject(name: string): Promise<Host> {
  const folder = join(base.path, name);
  const opened = await openHost({ folder, create: { name }, paths: { ...userPaths(), home: join(base.path, 'home') } });
  hosts.push(opened);
  return opened;
}

async function importCrops(of: Host, changed?: 'update'): Promise<void> {
  const { jobId } = await of.client().call('imports.start', { path: crops, importer: null, options: {}, name: null, ...(changed ? { changed } : {}) });
  await of.context.jobs.wait(jobId);
}

async function train(of: Host, seed: number): Promise<string> {
  const recipe = { ...TINY_RECIPE, epochs: 1 };
  const { jobId, runId } = await of
    .client()
    .call('runs.start', { name: null, method: 'resnet-tap', options: TINY_OPTIONS, recipe, datasetId: 1, seed, evaluateOn: [] });
  await of.context.jobs.wait(jobId).catch(() => undefined);
  return runId;
}

/** The evaluation that there is afterwards, and how the extraction before it ended. */
async function evaluate(of: Host, runId: string): Promise<{ evaluation: Evaluation; extract: Job }> {
  const caller = of.client();
  const { jobId } = await caller.call('evaluations.start', { runId, datasetId: 1, protocol: 'market', distance: 'cosine' });
  await of.context.jobs.wait(jobId).catch(() => undefined);
  const jobs = await caller.call('jobs.list', {});
  const extract = jobs.find((job) => job.id === jobs.find(({ id }) => id === jobId)?.after[0]) as Job;
  const evaluation = (await caller.call('evaluations.list', { datasetId: 1 })).find((entry) => entry.runId === runId) as Evaluation;
  return { evaluation, extract };
}

const check = (a: Evaluation, b: Evaluation) => client.call('compare.check', { evaluationIds: [a.id, b.id], reference: a.id });
const load = (of: Host, ...ids: number[]) => of.client().call('compare.load', { evaluationIds: ids, reference: ids[0] as number });
const logOf = async (of: RpcClient, id: string) => (await of.call('runs.log', { id, from: 0 })).lines.map(({ level, text }) => `${level}: ${text}`).join('\n');

test('refused, then updated, outdated with its reason, and with the figures of a project that only ever saw the new pictures', async () => {
  await importCrops(host);
  const runs = [await train(host, 1), await train(host, 2)] as const;
  const before = [await evaluate(host, runs[0]), await evaluate(host, runs[1])] as const;
  const [a, b] = [before[0].evaluation, before[1].evaluation];
  expect((await check(a, b)).map(({ differences, reasons }) => [differences, reasons])).toEqual([
    [[], []],
    [[], []],
  ]);

  // The queries of person 4 now show person 5, and one picture of the gallery shows 6.
  for (let frame = 1; frame <= FRAMES; frame++) writeFileSync(fileOf(4, 1, frame), picture(5, 0, frame));
  writeFileSync(fileOf(5, 2, 3), picture(6, 1, 3));
  const [stored] = await client.call('features.list', { runId: runs[1] });
  rmSync(join(base.path, 'project', stored?.path as string));
  const refused = await evaluate(host, runs[1]);
  expect(refused.extract.error).toMatchObject({
    code: 'SOURCE_CHANGED',
    message: `The pictures of "crops" are not all those that were imported: 7 of 36 pictures that are read here have changed since, such as ${fileOf(5, 2, 3)}.`,
    remedy: expect.stringContaining('"tracklet import … --update"') as string,
  });
  expect(refused.evaluation).toEqual(b);
  // Features that are there are of what was imported, and answer for it: no pixel is read.
  expect((await evaluate(host, runs[0])).evaluation).toMatchObject({ featuresHash: a.featuresHash, mAP: a.mAP });

  await importCrops(host, 'update');
  const reasons = ['the pictures of the data set were changed after this evaluation'];
  expect((await check(a, b)).map((each) => [each.isOutdated, each.reasons])).toEqual([
    [true, reasons],
    [true, reasons],
  ]);
  const again = [await evaluate(host, runs[0])];
  const newA = again[0]?.evaluation.id as number;
  await expect(load(host, newA, b.id)).rejects.toMatchObject({ message: expect.stringContaining('pictures: the data set was changed between the two') });
  again.push(await evaluate(host, runs[1]));
  const now = await load(host, newA, again[1]?.evaluation.id as number);
  // Those of before stand beside them, with the figures that they had.
  expect((await load(host, a.id, b.id)).evaluations).toEqual([a, b]);

  const fresh = await openProject('fresh');
  await importCrops(fresh);
  const freshRuns = [await train(fresh, 1), await train(fresh, 2)];
  const made = [await evaluate(fresh, freshRuns[0] as string), await evaluate(fresh, freshRuns[1] as string)];
  for (const [i, { evaluation }] of made.entries()) {
    const { mAP, mINP, cmc, question, weightsHash } = again[i]?.evaluation as Evaluation;
    expect(evaluation).toMatchObject({ mAP, mINP, cmc, question, weightsHash });
    expect(evaluation.featuresHash).not.toBe(before[i]?.evaluation.featuresHash);
  }
  const { queries } = await load(fresh, ...made.map(({ evaluation }) => evaluation.id));
  expect(now.queries).toEqual(queries);
  // Not by chance: the pictures of before had other distances.
  expect(again[0]?.evaluation.featuresHash).not.toBe(a.featuresHash);
});

test('a training stops where it meets one, keeps what it learnt, and goes on once the old pictures are back, to the same weights', async () => {
  const [whole] = (await client.call('runs.list', {})).filter(({ seed }) => seed === 1);
  const { weightsHash } = await client.call('runs.get', { id: whole?.id as string });
  // Two of three people are in the first batch; whoever is not is met later.
  const ends: string[] = [];
  for (const person of [1, 2, 3]) {
    const kept = [1, 2]
      .flatMap((camera) => [...Array(FRAMES).keys()].map((frame) => fileOf(person, camera, frame + 1)))
      .map((file) => [file, readFileSync(file)] as const);
    for (const [file] of kept) writeFileSync(file, picture(9, 0, 0));
    const id = await train(host, 1);
    const failed = await client.call('runs.get', { id });
    expect(failed).toMatchObject({
      state: 'failed',
      error: { code: 'SOURCE_CHANGED', remedy: expect.stringContaining('Then resume the run.') as string },
    });
    expect(failed.error?.message).toMatch(
      /^The pictures of "crops" are not all those that were imported: 12 of 36 pictures that are read here have changed since/,
    );
    expect(await logOf(client, id)).toContain(`error: ${failed.error?.message}`);
    ends.push(/The last good checkpoint is|It happened before the first checkpoint/.exec(failed.error?.message ?? '')?.[0] ?? '');
    if (failed.checkpoint === null) {
      for (const [file, bytes] of kept) writeFileSync(file, bytes);
      continue;
    }
    expect(failed).toMatchObject({ checkpoint: `checkpoints/step-${String(failed.step).padStart(8, '0')}` });
    // Resumed at once it meets them again.
    await host.context.jobs.wait(await resume(id)).catch(() => undefined);
    expect((await client.call('runs.get', { id })).error).toMatchObject({ code: 'SOURCE_CHANGED' });
    for (const [file, bytes] of kept) writeFileSync(file, bytes);
    await host.context.jobs.wait(await resume(id));
    expect(await client.call('runs.get', { id })).toMatchObject({ state: 'done', weightsHash });
    expect(await logOf(client, id)).not.toContain('was updated from its source');
  }
  expect(new Set(ends)).toEqual(new Set(['The last good checkpoint is', 'It happened before the first checkpoint']));
});

test('a run that is resumed after an update says from which step on it sees other pictures', async () => {
  for (const person of [1, 2, 3]) {
    writeFileSync(fileOf(person, 1, 1), picture(7, 0, person));
    writeFileSync(fileOf(person, 1, 2), picture(8, 0, person));
  }
  let id = '';
  let step = 0;
  for (let seed = 10; step === 0; seed++) {
    id = await train(host, seed);
    ({ step } = await client.call('runs.get', { id }));
  }
  await importCrops(host, 'update');
  await host.context.jobs.wait(await resume(id));
  expect(await logOf(client, id)).toContain(
    `warn: "crops" was updated from its source after the first steps of this run: from step ${step + 1} on it is trained on what the data set holds now.`,
  );
});

async function resume(id: string): Promise<number> {
  return (await client.call('runs.resume', { id })).jobId;
}
