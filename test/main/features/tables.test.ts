/** Functions of the tables `run`, `evaluation`, `feature_set`, `media` and `dataset` on rows made by hand; what each answers is read off the rows. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { protocolNames } from '../../../src-shared/protocols/index.ts';
import type { NewRunRow } from '../../../src-main/features/runs/table.ts';
import { questionOf } from '../../support/evaluationOf.ts';
import { putDataset, putRun, tablesHere, type MadeTracklet, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
});
afterEach(() => here[Symbol.dispose]());

const recipe = { epochs: 2 } as NewRunRow['recipe'];
const addRun = (id: string, more: Partial<NewRunRow> = {}): Promise<unknown> =>
  putRun(here, { id, options: { depth: 18 }, recipe, seed: 7, createdAt: 100, ...more });
const oneRun = (id: string) => here.db.read('runs', 'one', { id });
const gallery: MadeTracklet[] = [
  { id: 1, pid: 1, camid: 1, split: 'query' },
  { id: 2, pid: 1, camid: 2, split: 'gallery' },
  { id: 3, pid: 2, camid: 1, split: 'query' },
  { id: 4, pid: 2, camid: 2, split: 'gallery' },
  { id: 5, pid: 3, camid: 1, split: 'train' },
  { id: 6, pid: 4, camid: 2, split: 'train' },
  { id: 7, pid: 4, camid: 1, split: 'train' },
];

describe('runs', () => {
  beforeEach(() => putDataset(here.sql, 1, gallery, { kinds: { 3: 'distractor' } }));

  test('a run begins waiting, with what was asked for, and keeps each change', async () => {
    await addRun('a');
    expect(await oneRun('a')).toEqual({
      id: 'a',
      name: 'run a',
      method: 'm',
      options: { depth: 18 },
      recipe,
      datasetId: 1,
      datasetName: 'Set 1',
      seed: 7,
      splitSet: null,
      splitHash: null,
      state: 'waiting',
      jobId: null,
      step: 0,
      steps: 0,
      epoch: 0,
      elapsedSeconds: 0,
      imagesPerSecond: null,
      engine: null,
      parameters: null,
      macsPerFrame: null,
      checkpoint: null,
      weightsHash: null,
      error: null,
      createdAt: 100,
      endedAt: null,
    });
    const change = {
      step: 3,
      steps: 8,
      epoch: 1,
      elapsedSeconds: 1.5,
      imagesPerSecond: 20,
      engine: { threads: 2 },
      parameters: 10,
      macsPerFrame: 5,
      checkpoint: 'checkpoints/1',
      weightsHash: 'w',
      error: { code: 'DISK_FULL', message: 'x', remedy: 'y', params: {} },
      endedAt: 9,
      recipe: { ...recipe, epochs: 3 },
      state: 'failed',
    } as const;
    await here.db.write('runs', 'update', { id: 'a', ...change });
    expect(await oneRun('a')).toMatchObject(change);
    // undefined changes nothing, null does.
    await here.db.write('runs', 'update', { id: 'a', step: undefined, error: null, engine: null });
    await here.db.write('runs', 'update', { id: 'a', step: undefined });
    expect(await oneRun('a')).toMatchObject({ ...change, error: null, engine: null });
    expect(await oneRun('b')).toBe(null);
  });

  test.each([
    // The run's own state, that of its job (none: null; forgotten: gone), what is shown.
    ['waiting', null, 'waiting'],
    ['waiting', 'waiting', 'waiting'],
    ['waiting', 'running', 'running'],
    ['waiting', 'failed', 'failed'],
    ['waiting', 'cancelled', 'stopped'],
    ['waiting', 'interrupted', 'interrupted'],
    ['waiting', 'gone', 'interrupted'],
    ['running', 'running', 'running'],
    ['running', 'waiting', 'waiting'],
    ['running', 'done', 'done'],
    ['running', 'interrupted', 'interrupted'],
    ['running', 'gone', 'interrupted'],
    ['done', 'done', 'done'],
    ['done', 'gone', 'done'],
    ['failed', 'cancelled', 'failed'],
    ['failed', 'waiting', 'waiting'],
    ['stopped', 'running', 'running'],
    ['stopped', 'failed', 'stopped'],
    ['stopped', 'gone', 'stopped'],
    ['interrupted', null, 'interrupted'],
  ] as const)('a run that is %s with a job that is %s shows as %s', async (own, job, shown) => {
    await addRun('a');
    await here.db.write('runs', 'update', { id: 'a', state: own, ...(job === null ? {} : { jobId: 5 }) });
    if (job !== null && job !== 'gone')
      here.sql.prepare(`INSERT INTO job (id, kind, title, state, params, after, created_at) VALUES (5, 'train', 't', ?, '{}', '[]', 1)`).run(job);
    expect((await oneRun('a'))?.state).toBe(shown);
  });

  test('runs come the newest first; a renamed one is renamed back, a removed one is seen by nobody, its id stays taken', async () => {
    await addRun('a');
    await addRun('b', { createdAt: 200 });
    await addRun('c', { createdAt: 200 });
    const ids = async () => (await here.db.read('runs', 'all', null)).map(({ id }) => id);
    expect(await ids()).toEqual(['c', 'b', 'a']);
    await here.db.write('runs', 'rename', { id: 'a', name: 'other', before: 'run a', at: 5, tags: ['Runs'] });
    expect((await oneRun('a'))?.name).toBe('other');
    await here.db.write('runs', 'remove', { id: 'b', name: 'run b', at: 6, tags: ['Runs'] });
    expect([await ids(), await oneRun('b')]).toEqual([['c', 'a'], null]);
    expect(await here.db.read('runs', 'allIds', null)).toEqual(['a', 'b', 'c']);
    for (const label of ['Remove run run b', 'Rename run run a to other'])
      expect(here.sql.prepare('SELECT count(*) FROM history WHERE label = ?').pluck().get(label)).toBe(1);
  });

  test('what a data set has for training: people by split, and no one else', async () => {
    putDataset(here.sql, 2, [{ id: 20, pid: 1, camid: 1, split: 'train' }], { mediaKind: 'video', state: 'importing' });
    expect(await here.db.read('datasets', 'facts', { id: 1 })).toEqual({
      id: 1,
      name: 'Set 1',
      roots: ['media'],
      state: 'ready',
      importer: 'test',
      recipe: null,
      contentHash: 'content 1',
      cameras: 2,
      splits: {
        train: { identities: 1, tracklets: 2, cameras: 2 },
        query: { identities: 2, tracklets: 2, cameras: 1 },
        gallery: { identities: 2, tracklets: 2, cameras: 1 },
      },
      videos: [],
    });
    expect(await here.db.read('datasets', 'facts', { id: 9 })).toBe(null);
    here.sql.exec(`UPDATE dataset SET state = 'ready' WHERE id = 2`);
    expect((await here.db.read('datasets', 'facts', { id: 2 }))?.videos).toEqual([2]);
  });

  test('clips are the tracklets of a set in the order of ids, with their frames, boxes and files', async () => {
    putDataset(here.sql, 2, [
      { id: 31, pid: 1, camid: 4, split: 'train', frameIndex: [5, 7], boxes: [1, 2, 3, 4, 5, 6, 7, 8] },
      { id: 30, pid: 2, camid: 4, split: 'query', frameIndex: [0], files: ['a.jpg'] },
    ]);
    const rows = await here.db.read('manifests', 'clips', { datasetId: 2 });
    expect(rows).toEqual([
      {
        id: 30,
        identityId: 2002,
        kind: 'person',
        camid: 4,
        split: 'query',
        frames: 1,
        frameIndex: Int32Array.of(0),
        boxes: null,
        root: 'media',
        files: ['a.jpg'],
        mediaId: 2,
        pictures: null,
        ranges: null,
        videoHash: null,
      },
      expect.objectContaining({
        id: 31,
        split: 'train',
        frames: 2,
        frameIndex: Int32Array.of(5, 7),
        boxes: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
        files: null,
      }),
    ]);
    expect((await here.db.read('manifests', 'clips', { datasetId: 2, splits: ['train'] })).map(({ id }) => id)).toEqual([31]);
    expect((await here.db.read('manifests', 'clips', { datasetId: 2, splits: ['gallery', 'query'] })).map(({ id }) => id)).toEqual([30]);
  });
});

describe('evaluations', () => {
  const metrics = { queries: 2, validQueries: 2, gallery: 2, mAP: 0.5, mINP: 0.25, cmc: [0.5, 1] };
  const save = (runId: string, more: object = {}) =>
    here.db.write('evaluations', 'save', {
      runId,
      datasetId: 1,
      protocol: 'market',
      distance: 'cosine',
      question: questionOf(),
      featuresHash: 'f',
      weightsHash: 'w',
      folder: `runs/${runId}/x`,
      files: { 'metrics.json': 'h' },
      metrics,
      createdAt: 10,
      ...more,
    });

  beforeEach(async () => {
    putDataset(here.sql, 1, gallery, { kinds: { 3: 'distractor' } });
    putDataset(here.sql, 2, []);
    await addRun('a');
    await addRun('b');
  });

  test('the same of the same features and weights is one row; another question, other features, weights or another run stand beside it', async () => {
    const first = await save('a');
    expect(
      await save('a', {
        createdAt: 20,
        folder: 'y',
        files: { z: '1' },
        metrics: { ...metrics, mAP: 1 },
      }),
    ).toBe(first);
    expect(await here.db.read('evaluations', 'byIds', { ids: [first] })).toEqual([
      {
        id: first,
        runId: 'a',
        runName: 'run a',
        method: 'm',
        datasetId: 1,
        datasetName: 'Set 1',
        protocol: 'market',
        distance: 'cosine',
        ...metrics,
        mAP: 1,
        question: questionOf(),
        featuresHash: 'f',
        weightsHash: 'w',
        createdAt: 20,
        folder: 'y',
        files: { z: '1' },
      },
    ]);
    const others = [
      await save('a', { featuresHash: 'g' }),
      await save('a', { weightsHash: 'v' }),
      await save('b'),
      await save('a', { datasetId: 2, distance: 'euclidean', question: questionOf({ hash: 'other' }) }),
    ];
    expect(new Set([first, ...others]).size).toBe(5);
    const request = { runId: 'a', datasetId: 1, protocol: 'market', distance: 'cosine' } as const;
    const asked = async (change: object = {}) => (await here.db.read('evaluations', 'ofRequest', { ...request, ...change })).map(({ id }) => id);
    expect(await asked()).toEqual([others[1], others[0], first]);
    expect([await asked({ datasetId: 2 }), await asked({ datasetId: 2, distance: 'euclidean' })]).toEqual([[], [others[3]]]);
    expect([await asked({ runId: 'b' }), await asked({ protocol: 'visits' })]).toEqual([[others[2]], []]);
    const ids = async (datasetId?: number) => (await here.db.read('evaluations', 'all', { datasetId })).map(({ id }) => id);
    // The newest first; of one time the last.
    expect(await ids()).toEqual([first, ...others.toReversed()]);
    expect(await ids(2)).toEqual([others[3]]);
    expect((await here.db.read('evaluations', 'byIds', { ids: [others[0]!, 99, first] })).map(({ id }) => id)).toEqual([others[0], first]);
    here.sql.exec('UPDATE evaluation SET question = NULL, question_hash = NULL, files = NULL');
    // What they were asked is not known, so none equals another.
    expect(await asked()).toEqual([]);
    expect(await save('a')).not.toBe(first);
    expect((await here.db.read('evaluations', 'byIds', { ids: [first] }))[0]).toMatchObject({ question: null, files: null });
  });

  const features = {
    runId: 'a',
    datasetId: 1,
    weightsHash: 'w',
    contentHash: 'c/p/r',
    view: 'embedding',
    path: 'features/p',
    hash: 'h',
    count: 3,
    dims: 4,
    createdAt: 5,
  };
  const put = (change: object = {}) => here.db.write('evaluations', 'saveFeatures', { ...features, ...change });

  test('features are kept once for weights, content and view, whichever run makes them', async () => {
    await put();
    await put({ runId: 'b', path: 'features/q', hash: 'i', count: 5, dims: 6, createdAt: 7 });
    const usable = (weightsHash: string, runId = 'a') => here.db.read('evaluations', 'features', { runId, datasetId: 1, weightsHash });
    const now = { id: 1, ...features, runId: 'b', path: 'features/q', hash: 'i', count: 5, dims: 6, createdAt: 7 };
    expect([await usable('w'), await usable('w', 'x'), await usable('v', 'b')]).toEqual([[now], [now], []]);
    for (const change of [{ weightsHash: 'v' }, { contentHash: 'c/p/s' }, { view: 'parts' }])
      await put({ ...change, path: `features/${JSON.stringify(change)}` });
    const keys = async (weights: string) => (await usable(weights)).map(({ contentHash, view }) => `${contentHash} ${view}`);
    expect(await keys('w')).toEqual(['c/p/r parts', 'c/p/s embedding', 'c/p/r embedding']);
    expect(await keys('v')).toEqual(['c/p/r embedding']);
    expect(await here.db.read('evaluations', 'featuresByHash', { datasetId: 1, hash: 'i' })).toEqual(now);
    // Two data sets that are made of the same tracklets have one content, so one file answers for both; a file in the folder of a run does not.
    expect(await here.db.read('evaluations', 'featuresByHash', { datasetId: 2, hash: 'i' })).toEqual(now);
    expect(await here.db.read('evaluations', 'featuresByHash', { datasetId: 2, hash: 'none' })).toBe(null);
    await put({ path: 'runs/a/features-1.safetensors', hash: 'own', contentHash: 'own' });
    expect(await here.db.read('evaluations', 'featuresByHash', { datasetId: 2, hash: 'own' })).toBe(null);
  });

  test('features of before, in the folder of a run, are that run’s alone, whatever the weights of others', async () => {
    await put({ path: 'runs/a/features-1.safetensors' });
    const usable = async (runId: string, weightsHash = 'w') => (await here.db.read('evaluations', 'features', { runId, datasetId: 1, weightsHash })).length;
    expect([await usable('a'), await usable('b'), await usable('a', 'v')]).toEqual([1, 0, 0]);
    here.sql.exec('UPDATE feature_set SET weights_hash = NULL, content_hash = NULL');
    expect([await usable('a'), await usable('b'), await usable('a', 'v')]).toEqual([1, 0, 1]);
  });

  test('the features of a run: those it made, and those of the weights it has; of a set the one used last first', async () => {
    await here.db.write('runs', 'update', { id: 'b', weightsHash: 'w' });
    await put({ datasetId: 2, contentHash: 'd' });
    await put({ contentHash: 'c1' });
    await put({ contentHash: 'c2', hash: 'h2' });
    await put({ weightsHash: 'before', contentHash: 'c3' });
    const listed = async (runId: string) => (await here.db.read('evaluations', 'featureSets', { runId })).map(({ contentHash }) => contentHash);
    expect(await listed('a')).toEqual(['c3', 'c2', 'c1', 'd']);
    expect(await listed('b')).toEqual(['c2', 'c1', 'd']);
    await here.db.write('evaluations', 'useFeatures', { datasetId: 1, hash: 'h', at: 9 });
    expect(await listed('b')).toEqual(['c1', 'c2', 'd']);
    // Removed, the one that made them is not told, and they are there for the other.
    await here.db.write('runs', 'remove', { id: 'a', name: 'run a', at: 1, tags: [] });
    expect((await here.db.read('evaluations', 'featureSets', { runId: 'b' })).map(({ runId }) => runId)).toEqual([null, null, null]);
  });

  test('a run that is deleted takes what it alone has, and no features that another made, evaluated or has the weights of', async () => {
    await addRun('c');
    await here.db.write('runs', 'update', { id: 'b', weightsHash: 'of b' });
    await put({ contentHash: 'own', hash: '1', path: 'features/own' });
    await put({ contentHash: 'weights', hash: '2', path: 'features/weights', weightsHash: 'of b' });
    await put({ contentHash: 'evaluated', hash: '3', path: 'features/evaluated' });
    await put({ contentHash: 'made', hash: '4', path: 'features/made', runId: 'b' });
    await put({ contentHash: 'before', hash: '5', path: 'runs/a/features-1.safetensors', weightsHash: 'of b' });
    await save('b', { featuresHash: '3' });
    const files = (id: string) => here.db.read('evaluations', 'featureFilesOf', { kind: 'run', id });
    const rows = () => here.rows('SELECT content_hash, run_id FROM feature_set ORDER BY id');
    const purge = async (id: string) => {
      await here.db.write('runs', 'remove', { id, name: `run ${id}`, at: 1, tags: [] });
      await here.db.write('trash', 'purge', { kind: 'run', id });
    };
    expect([await files('a'), await files('b'), await files('c')]).toEqual([['features/own'], ['features/made'], []]);
    await purge('c');
    expect(await here.db.read('evaluations', 'featureFilesOf', { kind: 'dataset', id: '1' })).toHaveLength(4);
    await purge('a');
    expect(rows()).toEqual([
      ['weights', null],
      ['evaluated', null],
      ['made', 'b'],
    ]);
    expect(await files('b')).toEqual(['features/weights', 'features/evaluated', 'features/made']);
    await purge('b');
    expect(rows()).toEqual([]);
  });

  test('sides are told by split, kind, camera and the first frame', async () => {
    putDataset(
      here.sql,
      3,
      [
        { id: 41, pid: 1, camid: 0, split: 'query', frameIndex: [300, 301] },
        { id: 40, pid: 2, camid: 5, split: 'none', frameIndex: [7] },
      ],
      { kinds: { 2: 'junk' } },
    );
    expect(await here.db.read('evaluations', 'sideRows', { datasetId: 3 })).toEqual([
      { id: 40, identityId: 3002, kind: 'junk', camid: 5, split: 'none', firstFrame: 7, key: 't40', pid: 2 },
      { id: 41, identityId: 3001, kind: 'person', camid: 0, split: 'query', firstFrame: 300, key: 't41', pid: 1 },
    ]);
    // By their names, whenever their rows came: an updated set must rank as a fresh one, also where features are equal.
    here.sql.exec(`UPDATE tracklet SET key = 'a' WHERE id = 41`);
    expect((await here.db.read('evaluations', 'sideRows', { datasetId: 3 })).map(({ id }) => id)).toEqual([41, 40]);
    const valid = await here.db.read('evaluations', 'validQueries', { datasetId: 1 });
    expect(Object.keys(valid).sort()).toEqual([...protocolNames].sort());
    expect([valid.market, (await here.db.read('evaluations', 'validQueries', { datasetId: 3 })).market]).toEqual([2, 0]);
  });

  test('the lists of today: who asks, who is searched, how many are embedded', async () => {
    const now = await here.db.read('evaluations', 'listsNow', { datasetId: 1, protocol: 'market' });
    expect(now).toMatchObject({ queries: { count: 2 }, gallery: { count: 2 }, content: 'content 1', tested: 4 });
    here.sql.exec(`UPDATE tracklet SET split = 'train'`);
    expect(await here.db.read('evaluations', 'listsNow', { datasetId: 1, protocol: 'market' })).toMatchObject({ queries: { count: 0 }, tested: 7 });
    expect(await here.db.read('evaluations', 'listsNow', { datasetId: 9, protocol: 'market' })).toBe(null);
  });

  test('labels: hidden share and occluders of the asked ones, and a revision that follows every one of them', async () => {
    putDataset(here.sql, 3, [
      {
        id: 50,
        pid: 1,
        camid: 0,
        split: 'query',
        frameIndex: Array.from({ length: 10 }, (_, i) => i),
        valued: [9, 3],
        terms: ',occluder=object,occluder=person,',
      },
      { id: 51, pid: 1, camid: 0, split: 'query', frameIndex: Array.from({ length: 10 }, (_, i) => i), valued: [8, 3] },
    ]);
    const read = (...ids: number[]) => here.db.read('evaluations', 'labels', { datasetId: 3, ids: Int32Array.from(ids) });
    const before = await read(50, 51);
    expect([...before.rows]).toEqual([
      [50, { identityId: 3001, cameraId: 3000, hiddenShare: 3 / 9, occluders: ['object', 'person'] }],
      [51, { identityId: 3001, cameraId: 3000, hiddenShare: null, occluders: [] }],
    ]);
    // As evaluations of before noted it: when what hides people had a column of its own.
    const rows = [
      ['t50', 10, 9, 3, ',object,person,'],
      ['t51', 10, 8, 3, ''],
    ];
    expect(before.revision).toBe(
      createHash('sha256')
        .update(rows.map((row) => JSON.stringify(row)).join('\n'))
        .digest('hex')
        .slice(0, 8),
    );
    // Other fields are no part of it.
    here.sql.exec(`UPDATE tracklet SET terms = ',hiddenParts=head,occluder=object,occluder=person,quality=dark,' WHERE id = 50`);
    expect(await read(50, 51)).toEqual(before);
    expect([...(await read(51)).rows.keys()]).toEqual([51]);
    expect((await read(51)).revision).toBe(before.revision);
    for (const change of ['hidden_frames = 4', 'with_value = 10', `terms = ',occluder=edge,'`]) {
      here.sql.exec(`SAVEPOINT s; UPDATE tracklet SET ${change} WHERE id = 50`);
      here.sql.exec('RELEASE s');
      expect((await read()).revision).not.toBe(before.revision);
      here.sql.exec(`UPDATE tracklet SET hidden_frames = 3, with_value = 9, terms = ',occluder=object,occluder=person,' WHERE id = 50`);
    }
    expect((await read()).revision).toBe(before.revision);
    expect([...(await here.db.read('evaluations', 'trackletIds', { datasetId: 3 }))].sort()).toEqual([50, 51]);
  });
});

describe('media', () => {
  const four = (n: number): number[] => [n, n + 0.25, n + 0.5, n + 0.75];
  beforeEach(() => {
    putDataset(here.sql, 1, [
      { id: 2, pid: 1, camid: 1, split: 'none', frameIndex: [3, 5, 9], boxes: [...four(1), ...four(2), ...four(3)] },
      { id: 1, pid: 2, camid: 1, split: 'none', frameIndex: [5, 6], boxes: [...four(4), ...four(5)] },
      { id: 3, pid: 1, camid: 1, split: 'none', frameIndex: [4, 8], files: ['four.jpg', 'eight.jpg'] },
      { id: 4, pid: 1, camid: 1, split: 'none', frameIndex: [8], files: ['other.jpg'] },
    ]);
  });
  const boxes = async (from: number, to: number) => {
    const { frame, trackletId, box, names } = await here.db.read('media', 'boxes', { mediaId: 1, from, to });
    return { at: Array.from(frame, (f, i) => [f, trackletId[i], ...box.subarray(4 * i, 4 * i + 4)]), names };
  };

  test('boxes of a stretch, by frame and tracklet, both ends with it, with the names of those who are there', async () => {
    const all = [
      [3, 2, ...four(1)],
      [5, 1, ...four(4)],
      [5, 2, ...four(2)],
      [6, 1, ...four(5)],
      [9, 2, ...four(3)],
    ];
    expect(await boxes(0, 100)).toEqual({ at: all, names: { 1: 'p2', 2: 'p1' } });
    for (const [from, to] of [
      [3, 3],
      [3, 9],
      [5, 5],
      [5, 6],
      [6, 9],
      [4, 4],
      [7, 8],
      [9, 9],
      [10, 20],
      [0, 2],
      [9, 3],
    ] as const) {
      const expected = all.filter(([frame]) => frame! >= from && frame! <= to);
      expect(await boxes(from, to)).toEqual({ at: expected, names: Object.fromEntries(expected.map(([, id]) => [id, id === 1 ? 'p2' : 'p1'])) });
    }
    await expect(here.db.read('media', 'boxes', { mediaId: 7, from: 0, to: 1 })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'There is no medium 7.' });
  });

  test('a picture by its frame, as the first tracklet names it', async () => {
    const file = (index: number, mediaId = 1) => here.db.read('media', 'frameFile', { mediaId, index });
    const eight = { file: 'eight.jpg', range: null, hash: null, trackletId: 3, position: 1 };
    expect([await file(4), await file(8), await file(5), await file(0), await file(4, 2)]).toEqual([
      { file: 'four.jpg', range: null, hash: null, trackletId: 3, position: 0 },
      eight,
      null,
      null,
      null,
    ]);
    // Eight bytes a picture, as the import noted them.
    here.sql
      .prepare('INSERT INTO tracklet_source (tracklet_id, digest, pictures, split) VALUES (3, ?, ?, ?)')
      .run(Buffer.alloc(16), Buffer.from([...Array(16).keys()]), 'none');
    expect(await file(8)).toEqual({ ...eight, hash: Buffer.of(8, 9, 10, 11, 12, 13, 14, 15) });
  });

  test('where pixels come from; what is cached may be kept while a set can come back', async () => {
    const source = {
      id: 1,
      datasetId: 1,
      root: 'media',
      isArchive: false,
      path: 'clip',
      kind: 'frames',
      width: 640,
      height: 480,
      frameCount: 100,
      videoHash: null,
      datasetName: 'Set 1',
    };
    const [found] = await here.db.read('media', 'sources', { ids: [1, 9] });
    expect(found).toEqual({ ...source, stamp: expect.any(String) as string });
    expect(await here.db.read('media', 'sources', { ids: [9] })).toEqual([]);
    expect(await here.db.read('media', 'trackletPixels', { id: 2 })).toEqual({
      id: 2,
      media: found,
      frames: 3,
      frameIndex: Int32Array.of(3, 5, 9),
      boxes: Float32Array.from([...four(1), ...four(2), ...four(3)]),
      files: null,
      hashes: null,
      ranges: null,
    });
    expect(await here.db.read('media', 'trackletPixels', { id: 3 })).toMatchObject({ boxes: null, files: ['four.jpg', 'eight.jpg'] });
    await expect(here.db.read('media', 'trackletPixels', { id: 8 })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'There is no tracklet 8.' });
    here.sql.exec(`UPDATE dataset SET removed_at = 5`);
    expect(await here.db.read('media', 'cached', null)).toEqual({ media: [{ id: 1, videoHash: null }], stamps: [found?.stamp] });
    expect(await here.db.read('media', 'sources', { ids: [1] })).toEqual([]);
  });
});

describe('data sets', () => {
  const long = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  beforeEach(() => {
    putDataset(
      here.sql,
      1,
      [
        { id: 1, pid: 1, camid: 1, split: 'query', frameIndex: long(3), files: ['a.jpg', 'b.jpg', 'c.jpg'] },
        { id: 2, pid: 1, camid: 2, split: 'gallery', frameIndex: long(7) },
        { id: 3, pid: 2, camid: 2, split: 'train', frameIndex: long(40) },
        { id: 4, pid: 3, camid: 1, split: 'train', frameIndex: long(8) },
        { id: 5, pid: 3, camid: 1, split: 'none', frameIndex: long(9) },
      ],
      { kinds: { 2: 'junk' } },
    );
    putDataset(here.sql, 2, [{ id: 20, pid: 9, camid: 1, split: 'none' }]);
  });

  test('are listed with what they hold', async () => {
    const list = await here.db.read('datasets', 'list', null);
    expect(list).toEqual([
      {
        id: 1,
        name: 'Set 1',
        importer: 'test',
        recipe: null,
        origin: null,
        licence: null,
        createdAt: 10,
        state: 'ready',
        cameras: 2,
        identities: 2,
        tracklets: 5,
        frames: 67,
        splits: { gallery: 1, none: 1, query: 1, train: 2 },
        // The first of a person that is long enough to be a picture of the set.
        coverTracklet: 4,
      },
      expect.objectContaining({ id: 2, tracklets: 1, frames: 3, coverTracklet: 20 }),
    ]);
    here.sql.exec('DELETE FROM tracklet WHERE dataset_id = 2');
    expect((await here.db.read('datasets', 'list', null))[1]).toMatchObject({ tracklets: 0, frames: 0, splits: {}, coverTracklet: null });
  });

  test('are told in detail, by camera, split, kind and length', async () => {
    const detail = await here.db.read('datasets', 'detail', { id: 1 });
    expect(detail.cameraRows).toEqual([
      { id: 1001, camid: 1, name: 'c1', tracklets: 3, identities: 2, frames: 20 },
      { id: 1002, camid: 2, name: 'c2', tracklets: 2, identities: 2, frames: 47 },
    ]);
    expect(detail.splitRows).toEqual([
      { split: 'train', identities: 2, tracklets: 2, frames: 48, cameras: 2 },
      { split: 'query', identities: 1, tracklets: 1, frames: 3, cameras: 1 },
      { split: 'gallery', identities: 1, tracklets: 1, frames: 7, cameras: 1 },
      { split: 'none', identities: 1, tracklets: 1, frames: 9, cameras: 1 },
    ]);
    expect(detail).toMatchObject({
      kinds: { junk: 1, person: 2 },
      options: { a: 1 },
      root: 'media',
      files: null,
      guesses: [],
      updated: null,
      setAside: 0,
      warnings: [],
    });
    const { edges, counts } = detail.lengthHistogram;
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(5);
    // Each length lies in the bar that is counted.
    expect(counts).toEqual(edges.slice(1).map((edge, i) => [3, 7, 40, 8, 9].filter((n) => n >= edges[i]! && n < edge).length));
    expect(edges.length - 1).toBeLessThanOrEqual(12);
    await expect(here.db.read('datasets', 'detail', { id: 7 })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'There is no data set 7.' });
    here.sql.exec(
      `UPDATE dataset SET report = '{"files":{"seen":9,"used":8,"leftOut":1},"guesses":[{"option":"x"}]}', warnings = '[{"code":"W"}]' WHERE id = 1`,
    );
    expect(await here.db.read('datasets', 'detail', { id: 1 })).toMatchObject({
      files: { seen: 9, used: 8, leftOut: 1 },
      guesses: [{ option: 'x' }],
      warnings: [{ code: 'W' }],
    });
  });

  test('people of all sets or of some', async () => {
    const people = async (datasetIds: number[] | null) =>
      (await here.db.read('datasets', 'identities', { datasetIds })).map(({ id, tracklets }) => [id, tracklets]);
    expect(await people(null)).toEqual([
      [1001, 2],
      [1002, 1],
      [1003, 2],
      [2009, 1],
    ]);
    expect(await people([2])).toEqual([[2009, 1]]);
    expect(await people([])).toEqual([]);
    expect((await here.db.read('datasets', 'identities', { datasetIds: [1] }))[1]).toEqual({
      id: 1002,
      datasetId: 1,
      pid: 2,
      name: 'p2',
      kind: 'junk',
      tracklets: 1,
    });
  });

  test('a name may be its own again, and none that another has', async () => {
    const rename = (name: string) => here.db.write('datasets', 'rename', { id: 1, name, at: 3, tags: ['Datasets'] });
    const steps = () => here.sql.prepare('SELECT count(*) FROM history').pluck().get();
    await rename('Set 1');
    expect(steps()).toBe(0);
    await expect(rename('Set 2')).rejects.toMatchObject({ code: 'CONFLICT', message: 'The project has a data set "Set 2" already.' });
    await rename('Yard');
    expect([steps(), await here.db.read('datasets', 'location', { id: 1 })]).toEqual([1, { root: 'media', name: 'Yard', isArchive: false }]);
  });

  test('files that tell whether a folder is the right one', async () => {
    expect(await here.db.read('datasets', 'sampleFiles', { id: 1 })).toEqual([
      { datasetId: 1, root: 'media', path: 'clip', isArchive: false },
      { datasetId: 1, root: 'media', path: 'a.jpg', isArchive: false },
    ]);
    expect(await here.db.read('datasets', 'videoHashes', { id: 1 })).toEqual([]);
    here.sql.exec(`UPDATE media SET content_hash = 'v' WHERE id = 1`);
    expect(await here.db.read('datasets', 'videoHashes', { id: 1 })).toEqual([{ path: 'clip', contentHash: 'v' }]);
    await here.db.write('datasets', 'setRoot', { id: 1, root: '/far' });
    expect(await here.db.read('datasets', 'location', { id: 1 })).toEqual({ root: '/far', name: 'Set 1', isArchive: false });
    await expect(here.db.write('datasets', 'setRoot', { id: 7, root: '/far' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('values a frame, as the statistics take them', async () => {
    here.sql.prepare(`UPDATE tracklet SET visibility = ?, terms = ',occluder=object,' WHERE id = 1`).run(Buffer.from([0, 255, 7]));
    const rows = await here.db.read('datasets', 'visibilities', { id: 1 });
    expect(rows.slice(0, 2)).toEqual([
      { split: 'query', frames: 3, visibility: Int8Array.of(0, -1, 7), terms: ',occluder=object,' },
      { split: 'gallery', frames: 7, visibility: null, terms: '' },
    ]);
  });
});
