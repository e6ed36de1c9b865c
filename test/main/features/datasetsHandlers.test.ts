/** Calls of domain `datasets` on rows made by hand: what reaches the tables, and what is refused before. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDatasetsHandlers } from '../../../src-main/features/datasets/handlers.ts';
import type { HostContext } from '../../../src-main/features/context.ts';
import { fileFingerprint } from '../../../src-main/media/fingerprint.ts';
import { projectFolder } from '../../../src-main/platform/projectFolder.ts';
import { pictureStamp } from '../../../src-main/pixels/picture.ts';
import { calls, tagsOf } from '../../../src-shared/contract/index.ts';
import type { AppError } from '../../../src-shared/errors.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
let handlers: ReturnType<typeof createDatasetsHandlers>;
let project: string;
let jobs: { title: string; datasetId: number | null; state: string }[];
let chosen: string[];
let written: [table: string, fn: string, key: unknown][];
let asked: unknown[];
let forgotten: number[];

beforeEach(async () => {
  here = await tablesHere();
  project = join(here.folder, 'project');
  mkdirSync(join(project, 'media'), { recursive: true });
  [jobs, chosen, written, asked, forgotten] = [[], [], [], [], []];
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'query', files: ['a.jpg', 'b.jpg', 'c.jpg'] },
    { id: 2, pid: 2, camid: 2, split: 'gallery', files: ['d.jpg', 'e.jpg', 'f.jpg'] },
  ]);
  putDataset(here.sql, 2, []);
  const context = {
    db: {
      read: here.db.read,
      write: (table: never, fn: never, input: never, options: { key: unknown }) => {
        written.push([table, fn, options.key]);
        return here.db.write(table, fn, input);
      },
    },
    clock: () => 77,
    jobs: {
      unless: async (refuse: (job: (typeof jobs)[number]) => AppError | null, work: () => Promise<unknown>) => {
        for (const job of jobs) {
          const refusal = job.state === 'running' ? refuse(job) : null;
          if (refusal) throw refusal;
        }
        return work();
      },
    },
    project: projectFolder(project, { isChosen: () => true }),
    known: { addRoot: async (root: string) => void chosen.push(root) },
    changedPictures: { ofDataset: (of: unknown) => (asked.push(of), { count: 0, example: null }), forget: (id: number) => void forgotten.push(id) },
    missingPictures: { forget: (id: number) => void forgotten.push(id) },
  } as unknown as HostContext;
  handlers = createDatasetsHandlers(context);
});
afterEach(() => here[Symbol.dispose]());

const of = { key: 'k', origin: 'o', signal: new AbortController().signal, isRemote: false };
const steps = (): unknown[] => here.sql.prepare('SELECT call, at, tags FROM history').all();
const rootOf = async (id = 1): Promise<string> => (await here.db.read('datasets', 'location', { id })).root;

test('renaming and removing are steps of history, made now, with the tags of their call', async () => {
  expect(await handlers['datasets.rename']({ id: 1, name: 'Yard' }, of)).toEqual({});
  expect(await handlers['datasets.remove']({ id: 1 }, of)).toEqual({});
  expect(steps()).toEqual([
    { call: 'datasets.rename', at: 77, tags: JSON.stringify(tagsOf(calls['datasets.rename'], 'invalidates', { id: 1, name: 'Yard' })) },
    { call: 'datasets.remove', at: 77, tags: JSON.stringify(tagsOf(calls['datasets.remove'], 'invalidates', { id: 1 })) },
  ]);
  expect(written).toEqual([
    ['datasets', 'rename', 'k'],
    ['datasets', 'remove', 'k'],
  ]);
  expect(((await handlers['datasets.list']({}, of)) as { id: number }[]).map(({ id }) => id)).toEqual([2]);
});

test('a set with work under way on it is not removed; work that waits, or on another, keeps none', async () => {
  jobs = [
    { title: 'Waits', datasetId: 1, state: 'waiting' },
    { title: 'Elsewhere', datasetId: 2, state: 'running' },
    { title: 'Strips', datasetId: 1, state: 'running' },
  ];
  await expect(handlers['datasets.remove']({ id: 1 }, of)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: '"Strips" is under way on this data set.',
    params: { datasetId: 1 },
    remedy: 'Stop it first, or wait for its end.',
  });
  expect(written).toEqual([]);
  jobs.pop();
  await handlers['datasets.remove']({ id: 1 }, of);
  expect(written).toHaveLength(1);
});

describe('locating', () => {
  const fill = (folder: string, names: string[]): string => {
    for (const name of names) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), name);
    }
    return folder;
  };

  test('a folder that lacks a file is refused by the first one it lacks, and nothing is kept', async () => {
    const folder = fill(join(here.folder, 'far'), ['clip', 'd.jpg']);
    await expect(handlers['datasets.locate']({ id: 1, root: folder }, of)).rejects.toMatchObject({
      code: 'MEDIA_MISSING',
      message: `${folder} is not the folder of "Set 1": ${join(folder, 'a.jpg')} is not there.`,
      params: { file: join(folder, 'a.jpg') },
      remedy: 'Choose the folder that holds this file.',
    });
    expect([chosen, written, await rootOf()]).toEqual([[], [], 'media']);
  });

  test('the right one is remembered as chosen here and kept: whole outside the project, inside it by its place there', async () => {
    const outside = fill(join(here.folder, 'far'), ['clip', 'a.jpg', 'd.jpg']);
    expect(await handlers['datasets.locate']({ id: 1, root: join(outside, '..', 'far') }, of)).toEqual({ compared: 0, differing: 0 });
    expect([chosen, written, await rootOf(), forgotten]).toEqual([[outside], [['datasets', 'setRoot', 'k']], outside, [1, 1]]);
    const inside = fill(join(project, 'pictures', 'new'), ['clip', 'a.jpg', 'd.jpg']);
    await handlers['datasets.locate']({ id: 1, root: inside }, of);
    expect(await rootOf()).toBe('pictures/new');
  });

  test('a video of the same name and other content is refused', async () => {
    const folder = fill(join(here.folder, 'far'), ['clip', 'a.jpg', 'd.jpg']);
    here.sql.prepare('UPDATE media SET content_hash = ? WHERE id = 1').run('of another');
    await expect(handlers['datasets.locate']({ id: 1, root: folder }, of)).rejects.toMatchObject({
      code: 'MEDIA_MISSING',
      message: `${join(folder, 'clip')} is another video than the one that was imported: its content differs.`,
      params: { file: join(folder, 'clip') },
      remedy: 'Choose the folder with the video that was imported, or import this one as a data set of its own.',
    });
    expect([chosen, written]).toEqual([[], []]);
    here.sql.prepare('UPDATE media SET content_hash = ? WHERE id = 1').run(await fileFingerprint(join(folder, 'clip')));
    await handlers['datasets.locate']({ id: 1, root: folder }, of);
    expect(await rootOf()).toBe(folder);
  });

  test('a path that leads out of the folder is not looked at', async () => {
    here.sql.prepare(`UPDATE media SET path = '../clip' WHERE id = 1`).run();
    fill(here.folder, ['clip', 'far/a.jpg', 'far/d.jpg']);
    await expect(handlers['datasets.locate']({ id: 1, root: join(here.folder, 'far') }, of)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});

test('one set is told with its valid queries, its missing files and its changed pictures', async () => {
  const told = (await handlers['datasets.get']({ id: 1 }, of)) as Record<string, unknown>;
  expect(told).toEqual({
    ...(await here.db.read('datasets', 'detail', { id: 1 })),
    validQueries: await here.db.read('evaluations', 'validQueries', { datasetId: 1 }),
    missing: { count: 3, of: 3, example: 'clip', root: join(project, 'media'), datasetId: 1 },
    changedPictures: { count: 0, example: null, datasetId: 1 },
  });
  expect(asked).toEqual([{ datasetId: 1, stamp: pictureStamp('content 1') }]);
  expect(await handlers['datasets.statistics']({ id: 1 }, of)).toMatchObject({ datasetId: 1, frames: 6 });
});

test('values that were set aside are listed, put back all or by their ids, and forgotten', async () => {
  const put = here.sql.prepare(
    `INSERT INTO set_aside (id, dataset_id, tracklet_key, field, start, "end", pictures, annotation, reason, at) VALUES (?, ?, ?, ?, 0, 0, '["a.jpg"]', ?, 'changed', 5)`,
  );
  const annotation = (field: string, value: string): string =>
    JSON.stringify({ tracklet_id: 1, layer: 'shared', field, start: 0, end: 0, value: JSON.stringify(value), how: 'judged', annotator: 'A', updated_at: 1 });
  put.run(1, 1, 't1', 'note', annotation('note', 'one'));
  put.run(2, 1, 't2', 'note', annotation('note', 'two'));
  put.run(3, 1, 't2', 'occluder', annotation('occluder', 'person'));
  put.run(4, 2, 't1', 'note', annotation('note', 'elsewhere'));
  const left = async (): Promise<number[]> => ((await handlers['datasets.setAside']({ id: 1 }, of)) as { id: number }[]).map(({ id }) => id);
  const values = (): unknown[] => here.sql.prepare('SELECT tracklet_id, field, value, how FROM annotation ORDER BY tracklet_id, field').raw().all();
  expect(await left()).toEqual([1, 2, 3]);
  expect(await handlers['datasets.putBack']({ id: 1, values: [2] }, of)).toMatchObject({ values: 1 });
  // What is of the whole tracklet was judged; what was judged on a picture is carried to the one in its place.
  expect([await left(), values()]).toEqual([[1, 3], [[2, 'note', '"two"', 'judged']]]);
  await handlers['datasets.putBack']({ id: 1 }, of);
  expect([await left(), values()]).toEqual([
    [],
    [
      [1, 'note', '"one"', 'judged'],
      [2, 'note', '"two"', 'judged'],
      [2, 'occluder', '"person"', 'carried'],
    ],
  ]);
  expect(steps()).toMatchObject([{ call: 'datasets.putBack', at: 77 }, { at: 77 }]);
  put.run(5, 1, 't1', 'note', annotation('note', 'five'));
  expect(await handlers['datasets.dropAside']({ id: 1 }, of)).toEqual({});
  expect([await left(), here.sql.prepare('SELECT id FROM set_aside').pluck().all()]).toEqual([[], [4]]);
  expect(written.map(([, fn, key]) => [fn, key])).toEqual([
    ['putBack', 'k'],
    ['putBack', 'k'],
    ['dropAside', 'k'],
  ]);
});

test('people of all sets where none is named', async () => {
  const ids = async (datasetIds?: number[]) =>
    ((await handlers['datasets.identities'](datasetIds ? { datasetIds } : {}, of)) as { id: number }[]).map(({ id }) => id);
  expect([await ids(), await ids([2]), await ids([1])]).toEqual([[1001, 1002], [], [1001, 1002]]);
});
