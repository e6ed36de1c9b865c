/**
 * A damaged result is never a number: what is read is checked against the hash noted when it was written, and its values for what they can
 * be. Evaluating again makes it anew. With a run that was really trained, so that features can be.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Evaluation } from '../../../src-shared/contract/evaluations.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { sha256 } from '../../../src-main/compute/checkpoint.ts';
import { computeInChild } from '../../../src-main/compute/local.ts';
import { readFeatures, readPerQuery, writePerQuery } from '../../../src-main/compute/resultFiles.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject, type TinyProject } from '../support/tinyProject.ts';

let project: TinyProject;
let host: Host;
let client: RpcClient;
const RUN = 'resnet-tap-s1';
const REQUEST = { runId: RUN, datasetId: 1, protocol: 'market', distance: 'cosine' } as const;

beforeAll(async () => {
  project = await tinyProject();
  host = await openHost({ folder: project.folder, paths: { ...userPaths(), home: join(project.folder, 'home') } });
  client = host.client();
  const { jobId } = await client.call('runs.start', {
    name: null,
    method: 'resnet-tap',
    options: TINY_OPTIONS,
    recipe: { ...TINY_RECIPE, epochs: 1 },
    datasetId: 1,
    seed: 1,
    evaluateOn: [],
  });
  await host.context.jobs.wait(jobId);
});
afterAll(async () => {
  await host.close();
  rmSync(dirname(project.folder), { recursive: true, force: true });
});

/** The evaluation, and what the extraction before it had to say. */
async function evaluate(): Promise<{ evaluation: Evaluation; log: string; error: Job['error'] }> {
  const { jobId } = await client.call('evaluations.start', REQUEST);
  await host.context.jobs.wait(jobId).catch(() => undefined);
  const jobs = await client.call('jobs.list', {});
  const extract = jobs.find((job) => job.id === jobs.find(({ id }) => id === jobId)?.after[0]) as Job;
  const { lines } = await client.call('jobs.log', { id: extract.id, from: 0 });
  const { evaluationId } = (await host.context.jobs.wait(jobId).catch(() => ({ evaluationId: 0 }))) as { evaluationId: number };
  const [evaluation] = await host.context.db.read('evaluations', 'byIds', { ids: [evaluationId] });
  const [set] = await client.call('features.list', { runId: RUN });
  features = () => join(project.folder, set?.path as string);
  if (evaluation) perQuery = () => join(project.folder, evaluation.folder, 'per-query.safetensors');
  return { evaluation: evaluation as Evaluation, log: lines.map(({ text }) => text).join('\n'), error: extract.error };
}

let features = (): string => '';
let perQuery = (): string => '';
const load = ({ id }: Evaluation) => client.call('compare.load', { evaluationIds: [id], reference: id });
const ranks = ({ id }: Evaluation) => client.call('compare.ranks', { evaluationIds: [id], trackletId: 7, top: 3 });
function sql(statement: string, ...values: (string | number | Buffer)[]): void {
  const db = new Database(join(project.folder, 'project.sqlite'));
  db.prepare(statement).run(...values);
  db.close();
}

const THERE = 'The features of these weights are there already.';

describe('features', () => {
  test('half of the file overwritten: made again, aloud, with the figures of before', async () => {
    const before = await evaluate();
    expect((await evaluate()).log).toContain(THERE);
    const bytes = readFileSync(features());
    const half = bytes.length >> 1;
    writeFileSync(features(), Buffer.concat([bytes.subarray(0, half), Buffer.alloc(bytes.length - half, 0x3e)]));
    const after = await evaluate();
    expect(after.log).toContain(`${features()} is damaged: its content is not what was written. The features are made again.`);
    expect(after.evaluation).toMatchObject({ mAP: before.evaluation.mAP, featuresHash: before.evaluation.featuresHash });
    expect((await evaluate()).log).toContain(THERE);
  });

  test('a ranking of damaged ones is refused by name, whatever the extraction before it said', async () => {
    const [known] = await host.context.db.read('evaluations', 'featureSets', { runId: RUN });
    const bytes = readFileSync(features());
    const { protocol, distance } = REQUEST;
    const rows = await host.context.db.read('evaluations', 'sideRows', { datasetId: 1 });
    const task = { kind: 'evaluate', projectFolder: project.folder, rows, protocol, distance, output: 'runs/ranked' } as const;
    const rank = () => computeInChild({ ...task, known: [], features: known as NonNullable<typeof known> });
    await expect(rank()).resolves.toMatchObject({ metrics: { validQueries: 3 } });
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 2] = (flipped[bytes.length - 2] as number) ^ 0x40;
    writeFileSync(features(), flipped);
    await expect(rank()).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringContaining(features()),
      remedy: expect.stringContaining('again'),
    });
    // The right hash does not make a NaN a feature.
    const spoilt = Buffer.from(bytes);
    spoilt.writeFloatLE(NaN, bytes.length - 4 * 6 - 4);
    writeFileSync(features(), spoilt);
    await expect(readFeatures(features(), { ...(known as NonNullable<typeof known>), hash: sha256(spoilt) })).rejects.toThrow('is not a finite number');
    await expect(readFeatures(features(), { ...(known as NonNullable<typeof known>), hash: sha256(spoilt), dims: 7 })).rejects.toThrow('were written');
    writeFileSync(features(), bytes);
  });

  test.each([
    ['the content of the data set', "UPDATE dataset SET content_hash = 'another'"],
    [
      'the frames of a tracklet',
      "UPDATE tracklet SET files = json_remove(files, '$[5]') || '', frames = 5, frame_index = substr(frame_index, 1, 20) WHERE id = 8",
    ],
    ['the tracklets that are tested', "UPDATE tracklet SET split = 'gallery' WHERE id = 5"],
  ])('are never used again after a change of %s', async (_what, statement) => {
    await evaluate();
    sql(statement);
    const { log, error } = await evaluate();
    expect(error).toBeNull();
    expect(log).not.toContain(THERE);
    expect((await evaluate()).log).toContain(THERE);
  });

  test('nor after a change of weights; and weights that are not the run’s are not embedded with', async () => {
    await evaluate();
    const before = await client.call('runs.get', { id: RUN });
    sql('UPDATE run SET weights_hash = ?', 'others');
    const { error } = await evaluate();
    expect(error).toMatchObject({ code: 'WEIGHTS_MISMATCH', message: expect.stringContaining(before.checkpoint as string) });
    sql('UPDATE run SET weights_hash = ?', before.weightsHash as string);
    expect((await evaluate()).log).toContain(THERE);
  });

  test('a damaged checkpoint is named where it is needed, and only there', async () => {
    const file = join(project.folder, 'runs', RUN, (await client.call('runs.get', { id: RUN })).checkpoint as string, 'model.safetensors');
    const bytes = readFileSync(file);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 3] = (flipped[bytes.length - 3] as number) ^ 0x10;
    writeFileSync(file, flipped);
    expect((await evaluate()).log).toContain(THERE);
    rmSync(features());
    expect((await evaluate()).error).toMatchObject({ code: 'FILE_INVALID', message: expect.stringContaining('model.safetensors is damaged') });
    writeFileSync(file, bytes);
    expect((await evaluate()).error).toBeNull();
  });
});

describe('per-query results', () => {
  test('an AP of .99 in the file is no result; evaluating again mends it', async () => {
    const { evaluation } = await evaluate();
    const columns = await readPerQuery(perQuery(), null);
    await writePerQuery(perQuery(), { ...columns, ap: columns.ap.map(() => 0.99) });
    for (const read of [load, ranks])
      await expect(read(evaluation)).rejects.toMatchObject({
        code: 'FILE_INVALID',
        message: `${perQuery()} is damaged: its content is not what was written.`,
        remedy: expect.stringMatching(/^Evaluate the run again/),
      });
    // Without a hash, as the first versions left it, the mean tells.
    sql('UPDATE evaluation SET files = NULL');
    if (evaluation.mAP !== 0.99) await expect(load(evaluation)).rejects.toMatchObject({ message: expect.stringContaining('its mAP is 0.99') });
    expect((await load((await evaluate()).evaluation)).queries.map(({ ap }) => ap[0])).toEqual([...columns.ap]);
  });

  test('so is a report that was edited, and a tracklet that the data set does not have', async () => {
    const { evaluation } = await evaluate();
    // What was read whole stays in memory; this is to be read anew.
    sql('UPDATE evaluation SET created_at = created_at + 1');
    const report = join(dirname(perQuery()), 'metrics.json');
    writeFileSync(report, readFileSync(report, 'utf8').replace('"mAP"', '"mAp"'));
    await expect(load(evaluation)).rejects.toMatchObject({ code: 'FILE_INVALID', message: expect.stringContaining(report) });
    const again = (await evaluate()).evaluation;
    const columns = await readPerQuery(perQuery(), null);
    const hash = await writePerQuery(perQuery(), { ...columns, topTracklet: columns.topTracklet.map((id) => id + 500) });
    sql('UPDATE evaluation SET files = json_set(files, ?, ?)', '$."per-query.safetensors"', hash);
    await expect(load(again)).rejects.toMatchObject({ message: expect.stringMatching(/it names tracklet 5\d\d, which "Tiny" does not have/) });
    await load((await evaluate()).evaluation);
  });
});
