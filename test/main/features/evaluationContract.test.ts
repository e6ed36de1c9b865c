/** Two numbers stand side by side only where they answer one question; what differs is said, and evaluating again mends it. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillNow, prepareFigures } from '../../../src-shared/evaluation/figures.ts';
import { listFacts } from '../../../src-main/compute/lists.ts';
import { angle, evaluatedProject, type EvaluatedProject } from '../support/evaluatedProject.ts';

let project: EvaluatedProject;
/** Of tracklet 9, 11, 13, 15 (queries, camera 0) and 10, 12, 14, 16 (gallery, camera 1): people 4 to 7. */
const person = (id: number) => Math.ceil(id / 2);

beforeAll(async () => {
  project = await evaluatedProject();
  await project.addRun('right', (id) => angle(person(id) * 20));
  // Near by angle to their own, but long vectors are far from everything by Euclid.
  await project.addRun('long', (id) => angle(person(id) * 20, id % 2 === 0 ? person(id) ** 3 : 1));
});
afterAll(() => project[Symbol.asyncDispose]());

const compare = (...ids: number[]) => project.client.call('compare.load', { evaluationIds: ids, reference: ids[0] as number });
const check = (...ids: number[]) => project.client.call('compare.check', { evaluationIds: ids, reference: ids[0] as number });

test('the same question compares, and its hash is the same whatever judged', async () => {
  const [a, b] = [await project.evaluate('right'), await project.evaluate('long')];
  const { evaluations, queries } = await compare(a, b);
  expect(evaluations.map(({ mAP }) => mAP)).toEqual([1, 1]);
  expect(evaluations[0]?.question?.hash).toBe(evaluations[1]?.question?.hash);
  expect(new Set(evaluations.map(({ featuresHash }) => featuresHash)).size).toBe(2);
  expect(evaluations.map(({ weightsHash }) => weightsHash)).toEqual(['weights of right', 'weights of long']);
  expect(queries).toHaveLength(4);
  expect(await check(a, b)).toMatchObject([
    { evaluationId: a, differences: [], isOutdated: false, again: [] },
    { evaluationId: b, differences: [], isOutdated: false, again: [] },
  ]);
});

test('another distance is refused in words, and evaluating the missing side again mends it', async () => {
  const [cosine, euclidean] = [await project.evaluate('right'), await project.evaluate('long', { distance: 'euclidean' })];
  await expect(compare(cosine, euclidean)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: '"right" and "long" were not asked the same: distance: cosine / euclidean.',
  });
  const [, second] = await check(cosine, euclidean);
  expect(second?.differences).toEqual([{ words: 'distance: cosine / euclidean', parts: true }]);
  expect(second?.again).toEqual([
    { runId: 'long', runName: 'long', datasetId: 1, datasetName: 'Tiny', protocol: 'market', distance: 'cosine', readsPictures: false },
  ]);
  const {
    runName: _runName,
    datasetName: _datasetName,
    readsPictures: _readsPictures,
    ...request
  } = second?.again[0] as NonNullable<typeof second>['again'][number];
  await expect(compare(cosine, await project.evaluate('long', request))).resolves.toMatchObject({
    evaluations: [{ distance: 'cosine' }, { distance: 'cosine' }],
  });
});

test('a list that was changed in between is told with its numbers; the side of before is evaluated again, and both then agree', async () => {
  const [before, other] = [await project.evaluate('right'), await project.evaluate('long')];
  await project.client.call('tracklets.setSplit', { ids: [14, 16], split: 'none' });
  expect((await check(before, other)).map(({ isOutdated, again }) => [isOutdated, again.length])).toEqual([
    [true, 0],
    [true, 0],
  ]);
  // Both are of before: they still agree, and are compared.
  await compare(before, other);
  const after = await project.evaluate('long');
  await expect(compare(before, after)).rejects.toMatchObject({ message: expect.stringContaining('gallery: 4 / 2 tracklets, 2 only in right') });
  const [, second] = await check(before, after);
  expect(second?.again.map(({ runId }) => runId)).toEqual(['right']);
  await compare(await project.evaluate('right'), after);
  await project.client.call('history.undo', {});
  // What was evaluated before the change answers again, from its row.
  expect((await check(before, after)).map(({ isOutdated }) => isOutdated)).toEqual([false, true]);
  expect([await project.evaluate('right'), await project.evaluate('long')]).toEqual([before, other]);
});

test('an evaluation of weights that the run no longer has is outdated, in words of its own, until it is made again', async () => {
  const [a, b] = [await project.evaluate('right'), await project.evaluate('long')];
  const { db } = project.host.context;
  await db.write('runs', 'update', { id: 'long', weightsHash: 'weights of long, trained on' });
  const words = ['the run was trained on after this evaluation'];
  expect((await check(a, b)).map(({ isOutdated, reasons }) => ({ isOutdated, reasons }))).toEqual([
    { isOutdated: false, reasons: [] },
    { isOutdated: true, reasons: words },
  ]);
  // Still of one question: they are compared, as results of the weights of before.
  await compare(a, b);
  await project.client.call('tracklets.setSplit', { ids: [14, 16], split: 'none' });
  expect((await check(a, b)).map(({ reasons }) => reasons)).toEqual([
    ['the query and gallery lists were changed after this evaluation'],
    ['the query and gallery lists were changed after this evaluation', ...words],
  ]);
  await project.client.call('history.undo', {});
  await db.write('runs', 'update', { id: 'long', weightsHash: 'weights of long' });
  expect((await check(a, b)).map(({ reasons }) => reasons)).toEqual([[], []]);
});

test('whether evaluating again must read the pictures is known beforehand: of other weights, pictures or tracklets, or without its file', async () => {
  const { db } = project.host.context;
  const asked = async () => {
    const [cosine, euclidean] = [await project.evaluate('right'), await project.evaluate('long', { distance: 'euclidean' })];
    const reads = async () => (await check(cosine, euclidean))[1]?.again.map(({ runId, readsPictures }) => [runId, readsPictures]);
    return { reads, message: () => compare(cosine, euclidean).catch((error: { remedy: string }) => error.remedy) };
  };
  const { reads, message } = await asked();
  const anew = [['long', true]];
  const kept = [['long', false]];
  expect(await reads()).toEqual(kept);
  expect(await message()).toBe('Evaluate again what differs; features are kept, it takes seconds.');
  await db.write('runs', 'update', { id: 'long', weightsHash: 'trained on' });
  expect(await reads()).toEqual(anew);
  expect(await message()).toBe('Evaluate again what differs; features of long are made anew from the pictures, which takes as long as the first time.');
  await db.write('runs', 'update', { id: 'long', weightsHash: 'weights of long' });
  // Of the gallery or of none: its features are there all the same. Out of the training, it has none yet.
  await project.client.call('tracklets.setSplit', { ids: [14], split: 'none' });
  expect((await reads())?.at(-1)).toEqual(['long', false]);
  await project.client.call('history.undo', {});
  await project.client.call('tracklets.setSplit', { ids: [1], split: 'none' });
  expect(await reads()).toEqual(anew);
  await project.client.call('history.undo', {});
  const file = join(project.folder, 'features', 'long.safetensors');
  renameSync(file, `${file}.away`);
  expect(await reads()).toEqual(anew);
  renameSync(`${file}.away`, file);
  expect(await reads()).toEqual(kept);
});

test('what stands among the queries and asks nothing is told where it is evaluated', async () => {
  const logOf = async (protocol: 'market' | 'visits') => {
    const { jobId } = await project.client.call('evaluations.start', { runId: 'right', datasetId: 1, protocol, distance: 'cosine' });
    await project.host.context.jobs.wait(jobId);
    return (await project.client.call('jobs.log', { id: jobId, from: 0 })).lines.map(({ level, text }) => `${level}: ${text}`).join('\n');
  };
  expect(await logOf('market')).not.toContain('do not ask');
  const { default: Database } = await import('better-sqlite3');
  const kind = (pid: number, value: string): void => {
    const db = new Database(`${project.folder}/project.sqlite`);
    db.prepare('UPDATE identity SET kind = ? WHERE pid = ?').run(value, pid);
    db.close();
  };
  kind(4, 'distractor');
  kind(5, 'junk');
  expect(await logOf('market')).toContain(
    'warn: 1 tracklet of distractors and 1 tracklet of junk in the split "query" do not ask: nobody is to be found with them. They are not searched either.',
  );
  // It goes by no splits.
  expect(await logOf('visits').catch(() => '')).not.toContain('do not ask');
  kind(4, 'person');
  kind(5, 'person');
  expect(await logOf('market')).not.toContain('do not ask');
});

test('an evaluation of an older version, whose question was not kept, equals nothing and can be made again', async () => {
  const [a, b] = [await project.evaluate('right'), await project.evaluate('long')];
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(`${project.folder}/project.sqlite`);
  db.prepare('UPDATE evaluation SET question = NULL, question_hash = NULL, weights_hash = NULL, files = NULL WHERE id = ?').run(b);
  db.close();
  await expect(compare(a, b)).rejects.toMatchObject({ message: expect.stringContaining('lists: not kept for long, evaluated by an older version') });
  await compare(a, await project.evaluate('long'));
});

test('strata and causes follow the labels of now, the same for every row, and equal labels have an equal revision', async () => {
  const [a, b] = [await project.evaluate('right'), await project.evaluate('long')];
  const strata = async () => {
    const { queries, labels } = await compare(a, b);
    const { methods, strata: bins } = fillNow(prepareFigures({ queries, protocol: 'market', methods: 2, maxRank: 4 }));
    return { revision: labels.revision, n: Object.fromEntries(bins.filter(({ n }) => n > 0).map(({ label, n }) => [label, n])), methods: methods.length };
  };
  const before = await strata();
  expect(before.n).toEqual({ '0': 2, '40–60': 2 });
  // One frame of six is too few to be counted, six of six are enough.
  const apply = (end: number) =>
    project.client.call('annotations.apply', {
      label: 'paint',
      edits: [
        { trackletId: 9, field: 'visibility', start: 0, end: 5, value: null },
        { trackletId: 9, field: 'visibility', start: 0, end, value: 9 },
      ],
    });
  await apply(0);
  const few = await strata();
  expect(few.n).toEqual({ '0': 1, '40–60': 2, 'not judged': 1 });
  await apply(5);
  const all = await strata();
  expect(all.n).toEqual({ '0': 1, '40–60': 2, '90–100': 1 });
  expect(new Set([before.revision, few.revision, all.revision]).size).toBe(3);
  await project.client.call('annotations.apply', { label: 'paint', edits: [{ trackletId: 9, field: 'occluder', start: 1, end: 2, value: 'object' }] });
  expect((await compare(a, b)).queries.find(({ trackletId }) => trackletId === 9)?.occluders).toEqual(['object']);
  await project.client.call('history.undo', {});
  expect((await strata()).revision).toBe(all.revision);
});

test('hashes of lists are of what tracklets are called, not of their rows or order', () => {
  const rows = [
    { key: 'a', pid: 1, kind: 'person' as const, camid: 0 },
    { key: 'b', pid: 2, kind: 'person' as const, camid: 1 },
  ];
  expect(listFacts(rows.toReversed())).toEqual(listFacts(rows));
  for (const change of [{ key: 'c' }, { pid: 3 }, { kind: 'junk' as const }, { camid: 5 }])
    expect(listFacts([{ ...(rows[0] as (typeof rows)[0]), ...change }, rows[1] as (typeof rows)[0]]).hash).not.toBe(listFacts(rows).hash);
});
