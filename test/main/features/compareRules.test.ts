/** Comparing on rows and files made by hand: what is checked before a number is shown, in which order cells come, and what is said of two questions. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCompareService, type CompareService } from '../../../src-main/features/compare/service.ts';
import { contentOf } from '../../../src-main/compute/featureFacts.ts';
import { METRICS_FILE, PER_QUERY_FILE, writePerQuery, type PerQuery } from '../../../src-main/compute/resultFiles.ts';
import type { NewEvaluation } from '../../../src-main/features/evaluations/table.ts';
import { projectFolder } from '../../../src-main/platform/projectFolder.ts';
import { questionOf } from '../../support/evaluationOf.ts';
import { putDataset, putRun, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
let compare: CompareService;

/** Queries 1 and 3, searched in 2, 4, 6: the first finds its match first, the second at rank 2 behind junk. */
const columns: PerQuery = {
  trackletIds: Int32Array.of(1, 3),
  identity: Int32Array.of(1, 2),
  ap: Float32Array.of(1, 0.5),
  inp: Float32Array.of(1, 0.25),
  firstHit: Int32Array.of(1, 2),
  positivesStart: Int32Array.of(0, 1, 2),
  positives: Int32Array.of(1, 2),
  kept: 3,
  topTracklet: Int32Array.of(2, 4, 6, 6, 2, 4),
  topDistance: Float32Array.of(0.125, 0.25, 0.5, 0, 0.25, 0.75),
  topMark: Uint8Array.of(1, 0, 3, 2, 0, 1),
  gallery: Int32Array.of(2, 4, 6),
};
const metrics = { queries: 2, validQueries: 2, gallery: 3, mAP: 0.75, mINP: 0.625, cmc: [0.5, 1] };

const FEATURES = {
  runId: 'b',
  datasetId: 1,
  weightsHash: 'wb',
  contentHash: `${contentOf('content 1')}/0123456789abcdef`,
  view: 'embedding',
  path: 'features/f',
  hash: 'fb',
  count: 5,
  dims: 2,
  createdAt: 1,
};

const addRun = (id: string, name: string): Promise<unknown> => putRun(here, { id, name });

beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'query', valued: [3, 1], terms: ',occluder=person,' },
    { id: 2, pid: 1, camid: 2, split: 'gallery' },
    { id: 3, pid: 2, camid: 1, split: 'query' },
    { id: 4, pid: 2, camid: 2, split: 'gallery' },
    { id: 6, pid: 3, camid: 2, split: 'gallery' },
  ]);
  for (const id of ['a', 'b']) {
    await addRun(id, `run ${id}`);
    await here.db.write('runs', 'update', { id, state: 'done', weightsHash: `w${id}` });
  }
  compare = createCompareService({ db: here.db as never, project: projectFolder(here.folder) });
});
afterEach(() => here[Symbol.dispose]());

const lists = async () => {
  const { queries, gallery } = (await here.db.read('evaluations', 'listsNow', { datasetId: 1, protocol: 'market' }))!;
  return questionOf({ queries, gallery, content: contentOf('content 1') });
};

async function save(
  runId: string,
  { file = {}, row = {}, report = '{}' }: { file?: Partial<PerQuery>; row?: Partial<NewEvaluation>; report?: string } = {},
): Promise<number> {
  const folder = `runs/${runId}/evaluations/${row.distance ?? 'cosine'}`;
  mkdirSync(join(here.folder, folder), { recursive: true });
  const hash = await writePerQuery(join(here.folder, folder, PER_QUERY_FILE), { ...columns, ...file });
  writeFileSync(join(here.folder, folder, METRICS_FILE), report);
  const { protocol = 'market', distance = 'cosine', question = await lists() } = row;
  return here.db.write('evaluations', 'save', {
    runId,
    datasetId: 1,
    protocol,
    distance,
    featuresHash: `f${runId}`,
    weightsHash: `w${runId}`,
    folder,
    files: { [PER_QUERY_FILE]: hash },
    metrics,
    createdAt: 10,
    ...row,
    // Another question has another hash.
    question: { ...question, hash: JSON.stringify([protocol, distance, question]) },
  });
}

test('each query of the reference with what every run gave it and the labels of now', async () => {
  // The second run keeps its queries in another order.
  const swapped = { trackletIds: Int32Array.of(3, 1), ap: Float32Array.of(1, 0.5), inp: Float32Array.of(1, 0.25), identity: Int32Array.of(2, 1) };
  const [a, b] = [await save('a'), await save('b', { file: swapped })];
  const { evaluations, queries, labels } = await compare.load([b, a], a);
  expect(evaluations.map(({ id }) => id)).toEqual([b, a]);
  expect(evaluations[0]).not.toHaveProperty('folder');
  expect(evaluations[0]).not.toHaveProperty('files');
  expect(queries).toEqual([
    { trackletId: 1, ap: [0.5, 1], inp: [0.25, 1], firstHit: [2, 1], valid: true, identityId: 1001, cameraId: 1001, hiddenShare: 1 / 3, occluders: ['person'] },
    { trackletId: 3, ap: [1, 0.5], inp: [1, 0.25], firstHit: [1, 2], valid: true, identityId: 1002, cameraId: 1001, hiddenShare: null, occluders: [] },
  ]);
  expect(labels.revision).toMatch(/^[0-9a-f]{8}$/);
  await expect(compare.load([a, b], 99)).rejects.toMatchObject({ code: 'BAD_INPUT', message: 'The reference 99 is not among the evaluations asked for.' });
  await expect(compare.load([a, 99], a)).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'There is no evaluation 99.', params: { id: 99 } });
});

test('a query without a match is not valid, in whichever run', async () => {
  const none = {
    firstHit: Int32Array.of(1, 0),
    ap: Float32Array.of(1, 0),
    inp: Float32Array.of(1, 0),
    positivesStart: Int32Array.of(0, 1, 1),
    positives: Int32Array.of(1),
  };
  const a = await save('a');
  const b = await save('b', { file: none, row: { metrics: { ...metrics, validQueries: 1, mAP: 1, mINP: 1, cmc: [1, 1] } } });
  expect((await compare.load([a, b], a)).queries.map(({ valid }) => valid)).toEqual([true, false]);
});

test('the first ranks of a query: junk stays in place and counts no rank', async () => {
  const a = await save('a');
  const [first] = await compare.ranks([a], 1, 2);
  expect(first).toEqual({
    evaluationId: a,
    ap: 1,
    inp: 1,
    firstHit: 1,
    positives: [1],
    cells: [
      { trackletId: 2, rank: 1, distance: 0.125, mark: 'correct' },
      { trackletId: 4, rank: 2, distance: 0.25, mark: 'wrong' },
    ],
  });
  const cells = async (top: number) => (await compare.ranks([a], 3, top))[0]?.cells.map(({ trackletId, rank, mark }) => `${trackletId} ${rank} ${mark}`);
  expect(await cells(1)).toEqual(['6 0 junk', '2 1 wrong']);
  expect(await cells(9)).toEqual(['6 0 junk', '2 1 wrong', '4 2 correct']);
  expect((await compare.ranks([a], 1, 9))[0]?.cells.at(-1)).toEqual({ trackletId: 6, rank: 3, distance: 0.5, mark: 'distractor' });
  expect((await compare.ranks([a], 3, 9))[0]?.positives).toEqual([2]);
  await expect(compare.ranks([a], 2, 1)).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'Tracklet 2 is no query of the evaluation of "run a".' });
});

describe('a file that does not agree with its report is damaged', () => {
  test.each([
    ['queries', { queries: 3 }, 'its number of queries is 2, where 3 was reported'],
    ['valid queries', { validQueries: 1 }, 'its number of valid queries is 2, where 1 was reported'],
    ['mAP', { mAP: 0.750002 }, 'its mAP is 0.75, where 0.750002 was reported'],
    ['mINP', { mINP: 0.624998 }, 'its mINP is 0.625, where 0.624998 was reported'],
    ['rank 1', { cmc: [1, 1] }, 'its rank 1 is 0.5, where 1 was reported'],
    ['no ranks', { cmc: [] }, 'its rank 1 is 0.5, where NaN was reported'],
  ])('%s', async (_name, change, words) => {
    const a = await save('a', { row: { metrics: { ...metrics, ...change } } });
    await expect(compare.load([a], a)).rejects.toMatchObject({ code: 'FILE_INVALID', message: expect.stringContaining(words) as string });
  });

  test('rounding to single precision is no damage; under the Matlab protocol all queries count', async () => {
    const a = await save('a', { row: { metrics: { ...metrics, mAP: 0.7500009 } } });
    expect((await compare.load([a], a)).queries).toHaveLength(2);
    const none = {
      firstHit: Int32Array.of(1, 0),
      ap: Float32Array.of(1, 0),
      inp: Float32Array.of(1, 0),
      positivesStart: Int32Array.of(0, 1, 1),
      positives: Int32Array.of(1),
    };
    const matlab = { ...metrics, validQueries: 1, mAP: 1, mINP: 1, cmc: [0.5, 0.5] };
    const b = await save('b', { file: none, row: { protocol: 'mars-c', metrics: matlab } });
    expect((await compare.load([b], b)).queries).toHaveLength(2);
    const c = await save('b', { file: none, row: { protocol: 'market', metrics: matlab } });
    await expect(compare.load([c], c)).rejects.toMatchObject({ message: expect.stringContaining('its rank 1 is 1, where 0.5 was reported') as string });
  });

  test('tracklets that the set does not have, a report that was edited, a file that was exchanged', async () => {
    const strange = await save('a', { file: { topTracklet: Int32Array.of(2, 4, 6, 6, 2, 77) } });
    await expect(compare.load([strange], strange)).rejects.toMatchObject({
      message: expect.stringContaining('names tracklet 77, which "Set 1" does not have') as string,
    });
    const asks = await save('a', { file: { trackletIds: Int32Array.of(1, 78) }, row: { createdAt: 11 } });
    await expect(compare.load([asks], asks)).rejects.toMatchObject({ message: expect.stringContaining('names tracklet 78') as string });
    const report = await save('a', { row: { createdAt: 12, files: { [METRICS_FILE]: 'another' } } });
    await expect(compare.load([report], report)).rejects.toMatchObject({ message: expect.stringContaining('content is not what was written') as string });
    const lacking = [await save('a', { row: { createdAt: 13 } }), await save('b', { file: { trackletIds: Int32Array.of(1, 4) } })];
    await expect(compare.load(lacking, lacking[0]!)).rejects.toMatchObject({ message: expect.stringContaining('it lacks the query 3') as string });
  });

  test('what was read stays in memory, until it is made again', async () => {
    const a = await save('a');
    await compare.load([a], a);
    rmSync(join(here.folder, 'runs/a/evaluations/cosine', PER_QUERY_FILE));
    expect((await compare.load([a], a)).queries).toHaveLength(2);
    here.sql.exec('UPDATE evaluation SET created_at = 11');
    await expect(compare.load([a], a)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    // What could not be read is asked for anew.
    await save('a', { row: { createdAt: 11 } });
    expect((await compare.load([a], a)).queries).toHaveLength(2);
  });
});

test('of what was read the twelve asked for last stay in memory', async () => {
  const saved: { id: number; path: string }[] = [];
  for (let n = 1; n <= 13; n++) {
    const runId = `r${n}`;
    await addRun(runId, runId);
    saved.push({ id: await save(runId), path: join(here.folder, 'runs', runId, 'evaluations/cosine', PER_QUERY_FILE) });
  }
  const ranks = ({ id }: { id: number }) => compare.ranks([id], 1, 1);
  for (const one of saved.slice(0, 12)) await ranks(one);
  for (const { path } of saved.slice(0, 12)) rmSync(path);
  expect(await ranks(saved[0]!)).toHaveLength(1);
  // The thirteenth takes the place of the second, which nobody asked for since.
  await ranks(saved[12]!);
  for (const one of saved.filter((_, n) => n !== 1)) expect(await ranks(one)).toHaveLength(1);
  await expect(ranks(saved[1]!)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test('a reference that is not among those asked for is a wrong input', async () => {
  const a = await save('a');
  for (const call of [compare.check([a], 99), compare.load([a], 99)])
    await expect(call).rejects.toMatchObject({ code: 'BAD_INPUT', params: { key: 'reference' } });
  await expect(compare.check([98, a], a)).rejects.toMatchObject({ code: 'NOT_FOUND', params: { id: 98 } });
  await expect(compare.ranks([a], 2, 1)).rejects.toMatchObject({ params: { trackletId: 2 } });
});

test('an evaluation of the first versions is read without hashes', async () => {
  const a = await save('a');
  here.sql.exec('UPDATE evaluation SET files = NULL');
  expect((await compare.load([a], a)).queries).toHaveLength(2);
});

describe('two questions', () => {
  test('are told apart in words and not put side by side; what is of today need not be made again', async () => {
    const [a, b] = [await save('a'), await save('b', { row: { distance: 'euclidean' } })];
    expect(await compare.check([a, b], a)).toEqual([
      { evaluationId: a, differences: [], isOutdated: false, reasons: [], again: [] },
      {
        evaluationId: b,
        differences: [{ words: 'distance: cosine / euclidean', parts: true }],
        isOutdated: false,
        reasons: [],
        again: [{ runId: 'b', runName: 'run b', datasetId: 1, datasetName: 'Set 1', protocol: 'market', distance: 'cosine', readsPictures: true }],
      },
    ]);
    await expect(compare.load([a, b], a)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: '"run a" and "run b" were not asked the same: distance: cosine / euclidean.',
    });
  });

  test('of lists that were changed: how many only one has, and both sides again', async () => {
    const a = await save('a', { row: { question: { ...(await lists()), queries: { hash: 'before', count: 3 } } } });
    const b = await save('b', { file: { trackletIds: Int32Array.of(1, 4), gallery: Int32Array.of(2, 3, 6, 1) } });
    const [first, second] = await compare.check([a, b], a);
    expect(first).toMatchObject({ isOutdated: true, reasons: ['the query and gallery lists were changed after this evaluation'] });
    expect(second?.differences.map(({ words }) => words)).toEqual(['queries: 3 / 2 tracklets, 1 only in run a, 1 only in run b']);
    expect(second?.again.map(({ runId }) => runId)).toEqual(['a']);
    here.sql.exec(`UPDATE tracklet SET split = 'none' WHERE id = 6`);
    const [, both] = await compare.check([a, b], a);
    expect(both?.again.map(({ runId }) => runId)).toEqual(['a', 'b']);
    expect(both?.isOutdated).toBe(true);
  });

  test('an evaluation is outdated by weights, pictures, the way they are read, and an older version', async () => {
    const reasonsOf = async (id: number) => (await compare.check([id], id))[0]?.reasons;
    const reasons = async (row: Partial<NewEvaluation>) => reasonsOf(await save('a', { row }));
    const question = await lists();
    expect(await reasons({})).toEqual([]);
    expect(await reasons({ weightsHash: 'before' })).toEqual(['the run was trained on after this evaluation']);
    expect(await reasons({ question: { ...question, content: 'content 0/pixels-1' } })).toEqual([
      'the pictures of the data set were changed after this evaluation',
    ]);
    expect(await reasons({ question: { ...question, content: 'content 1/pixels-0' } })).toEqual([
      'its pictures were read in another way, by an older version of the program',
    ]);
    expect(await reasons({ question: { ...question, gallery: { hash: 'g', count: 3 } } })).toEqual([
      'the query and gallery lists were changed after this evaluation',
    ]);
    const old = await save('a', { row: { featuresHash: 'of before' } });
    here.sql.exec(`UPDATE evaluation SET question = NULL, question_hash = NULL WHERE id = ${old}`);
    expect(await reasonsOf(old)).toEqual(['evaluated by an older version, which did not keep the query and gallery lists']);
    here.sql.exec('UPDATE run SET weights_hash = NULL');
    expect(await reasons({ weightsHash: 'before' })).toEqual([]);
  });

  test('again takes seconds only where the features are there, of these weights, pictures and tracklets', async () => {
    const a = await save('a');
    const reads = async () => {
      const other = await save('b', { row: { distance: 'euclidean', createdAt: 20 } });
      return (await compare.check([a, other], a))[1]?.again.find(({ runId }) => runId === 'b')?.readsPictures;
    };
    mkdirSync(join(here.folder, 'features'));
    const features = async (change: object) => {
      here.sql.exec('DELETE FROM feature_set');
      await here.db.write('evaluations', 'saveFeatures', { ...FEATURES, ...change });
    };
    expect(await reads()).toBe(true);
    await features({});
    expect(await reads()).toBe(true);
    writeFileSync(join(here.folder, 'features/f'), '');
    expect(await reads()).toBe(false);
    for (const change of [{ count: 4 }, { weightsHash: 'others' }, { contentHash: 'content 1/pixels-0/x' }, { contentHash: 'content 0/pixels-1/x' }]) {
      await features(change);
      expect(await reads()).toBe(true);
    }
    // Of another run with the same weights.
    await features({ runId: 'a' });
    expect(await reads()).toBe(false);
    here.sql.exec(`UPDATE run SET weights_hash = 'trained on' WHERE id = 'b'`);
    expect(await reads()).toBe(true);
    here.sql.exec(`UPDATE run SET weights_hash = NULL WHERE id = 'b'`);
    expect(await reads()).toBe(true);
  });

  test('of three each one that differs is named, with what parts them and without what does not', async () => {
    const question = await lists();
    const [a, b] = [await save('a'), await save('b', { row: { question: { ...question, rerank: true, view: 'another' }, distance: 'euclidean' } })];
    const c = await save('b', { row: { question: { ...question, view: 'another' } } });
    await expect(compare.load([b, a, c], a)).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: '"run a" and "run b" were not asked the same: distance: cosine / euclidean; re-ranking: no / yes.',
      params: { key: 'evaluationIds' },
      remedy: 'Evaluate again what differs; features of run b are made anew from the pictures, which takes as long as the first time.',
    });
    expect((await compare.load([a, c], c)).evaluations.map(({ id }) => id)).toEqual([a, c]);
  });

  describe('that cannot be told apart by their tracklets are told apart by counts', () => {
    const words = async (b: Parameters<typeof save>[1]) => {
      const before = { ...(await lists()), queries: { hash: 'before', count: 3 } };
      const ids = [await save('a', { row: { question: before } }), await save('b', b)];
      return (await compare.check(ids, ids[0]!))[1]?.differences.map((difference) => difference.words);
    };
    test.each<[string, Parameters<typeof save>[1]]>([
      ['the gallery was not kept', { file: { gallery: null } }],
      ['the file is damaged', { row: { files: { [PER_QUERY_FILE]: 'another' } } }],
    ])('%s', async (_name, b) => {
      expect(await words(b)).toEqual(['queries: 3 / 2 tracklets']);
    });

    test('the gallery of the reference was not kept', async () => {
      const before = { ...(await lists()), queries: { hash: 'before', count: 3 } };
      const ids = [await save('a', { row: { question: before }, file: { gallery: null } }), await save('b')];
      expect((await compare.check(ids, ids[0]!))[1]?.differences.map((difference) => difference.words)).toEqual(['queries: 3 / 2 tracklets']);
    });

    test('of equal queries another gallery', async () => {
      const before = { ...(await lists()), gallery: { hash: 'before', count: 4 } };
      const ids = [await save('a', { row: { question: before }, file: { gallery: Int32Array.of(1, 2, 3, 4) } }), await save('b')];
      expect((await compare.check(ids, ids[0]!))[1]?.differences.map((difference) => difference.words)).toEqual([
        'gallery: 4 / 3 tracklets, 2 only in run a, 1 only in run b',
      ]);
    });
  });

  test.each<[string, Partial<NewEvaluation>]>([
    ['the distance', { distance: 'euclidean' }],
    ['the protocol', { protocol: 'mars-a' }],
    ['the data set', { datasetId: 2 }],
  ])('where the reference is of before, one of now that was asked otherwise is made again too: %s', async (_name, row) => {
    putDataset(here.sql, 2, [
      { id: 21, pid: 1, camid: 1, split: 'query' },
      { id: 22, pid: 1, camid: 2, split: 'gallery' },
    ]);
    const a = await save('a', { row: { question: { ...(await lists()), queries: { hash: 'before', count: 3 } } } });
    const { datasetId = 1, protocol = 'market' } = row;
    const now = (await here.db.read('evaluations', 'listsNow', { datasetId, protocol }))!;
    const question = questionOf({ queries: now.queries, gallery: now.gallery, content: contentOf(now.content) });
    const b = await save('b', { row: { question, ...row } });
    const checks = await compare.check([a, b], a);
    expect(checks.map(({ isOutdated }) => isOutdated)).toEqual([true, false]);
    expect(checks[1]?.again.map(({ runId, datasetId, protocol, distance }) => [runId, datasetId, protocol, distance])).toEqual([
      ['a', 1, 'market', 'cosine'],
      ['b', 1, 'market', 'cosine'],
    ]);
  });

  test('again reads the pictures where they are others by now; features of before lie with their run, and say the content alone or nothing', async () => {
    const a = await save('a');
    await here.db.write('evaluations', 'saveFeatures', { ...FEATURES, path: 'features-1.safetensors' });
    writeFileSync(join(here.folder, 'features-1.safetensors'), '');
    here.sql.exec(`UPDATE feature_set SET content_hash = '${contentOf('content 1')}'`);
    const other = await save('b', { row: { distance: 'euclidean', createdAt: 20 } });
    const reads = async () => (await compare.check([a, other], a))[1]?.again.find(({ runId }) => runId === 'b')?.readsPictures;
    expect(await reads()).toBe(false);
    here.sql.exec(`UPDATE dataset SET content_hash = 'content 9'`);
    expect(await reads()).toBe(true);
    here.sql.exec(`UPDATE dataset SET content_hash = 'content 1'`);
    expect(await reads()).toBe(false);
    here.sql.exec(`UPDATE feature_set SET run_id = 'a'`);
    expect(await reads()).toBe(true);
    here.sql.exec(`UPDATE feature_set SET run_id = 'b', weights_hash = NULL, content_hash = NULL`);
    expect(await reads()).toBe(true);
  });

  test('the lists of today are made once for each data set and protocol', async () => {
    const asked: unknown[] = [];
    const read = (table: string, fn: string, input: unknown) => {
      if (fn === 'listsNow') asked.push(input);
      return here.db.read(table as never, fn as never, input as never);
    };
    const counting = createCompareService({ db: { ...here.db, read } as never, project: projectFolder(here.folder) });
    const ids = [await save('a'), await save('b'), await save('b', { row: { distance: 'euclidean' } }), await save('b', { row: { protocol: 'mars-a' } })];
    await counting.check(ids, ids[0]!);
    expect(asked).toEqual([
      { datasetId: 1, protocol: 'market' },
      { datasetId: 1, protocol: 'mars-a' },
    ]);
  });
});
