/** Removed things on rows made by hand: what is listed, what coming back and going for good do to rows, history and files. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTrashHandlers } from '../../../src-main/features/trash/handlers.ts';
import type { HostContext } from '../../../src-main/features/context.ts';
import { frameFolder } from '../../../src-main/media/frameFiles.ts';
import { projectFolder, type ProjectFolder } from '../../../src-main/platform/projectFolder.ts';
import { calls, tagsOf } from '../../../src-shared/contract/index.ts';
import { putDataset, putRun, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  for (const id of [1, 2, 3]) putDataset(here.sql, id, [{ id: 10 * id, pid: 1, camid: 1, split: 'none' }]);
  for (const id of ['a', 'b', '7']) await putRun(here, { id, datasetId: 3 });
});
afterEach(() => here[Symbol.dispose]());

const removeSet = (id: number, at: number): Promise<unknown> => here.db.write('datasets', 'remove', { id, at, tags: [] });
const removeRun = (id: string, at: number): Promise<unknown> => here.db.write('runs', 'remove', { id, name: `run ${id}`, at, tags: [] });
const count = (sql: string): unknown => here.sql.prepare(`SELECT count(*) FROM ${sql}`).pluck().get();
const labels = (): unknown[] => here.sql.prepare('SELECT label FROM history ORDER BY id').pluck().all();

describe('rows', () => {
  test('are listed the last removed first, data sets with their media', async () => {
    expect(await here.db.read('trash', 'list', null)).toEqual([]);
    here.sql.exec(`UPDATE media SET content_hash = 'v' WHERE id = 2`);
    await removeSet(2, 20);
    await removeRun('a', 30);
    await removeSet(1, 10);
    expect(await here.db.read('trash', 'list', null)).toEqual([
      { kind: 'run', id: 'a', name: 'run a', removedAt: 30, media: [] },
      { kind: 'dataset', id: '2', name: 'Set 2', removedAt: 20, media: [{ id: 2, videoHash: 'v' }] },
      { kind: 'dataset', id: '1', name: 'Set 1', removedAt: 10, media: [{ id: 1, videoHash: null }] },
    ]);
  });

  test.each([
    ['dataset', '2', 'data set', 'Set 2'],
    ['run', 'a', 'run', 'run a'],
  ] as const)('a %s comes back as a step that can be undone', async (kind, id, called, name) => {
    await removeSet(2, 20);
    await removeRun('a', 20);
    const seen = async (): Promise<boolean> => (await here.db.read('trash', 'list', null)).every((row) => row.kind !== kind);
    await here.db.write('trash', 'bringBack', { kind, id, at: 40, tags: ['Trash'] });
    expect(await seen()).toBe(true);
    const key = kind === 'dataset' ? Number(id) : id;
    expect(here.sql.prepare('SELECT * FROM history ORDER BY id DESC LIMIT 1').get()).toMatchObject({
      at: 40,
      label: `Bring back ${called} "${name}"`,
      call: 'trash.restore',
      tracklet_id: null,
      tags: '["Trash"]',
      patch: JSON.stringify([{ op: 'bringBack', table: kind, id: key }]),
      inverse: JSON.stringify([{ op: 'remove', table: kind, id: key, at: 40 }]),
      join_key: null,
    });
    await here.db.write('history', 'undo', { window: null, others: [] });
    expect(await seen()).toBe(false);
  });

  test.each([
    ['dataset', '2', 'data set'],
    ['dataset', 'a', 'data set'],
    ['run', 'b', 'run'],
    ['run', '1', 'run'],
  ] as const)('a %s "%s" that was not removed neither comes back nor goes', async (kind, id, called) => {
    await removeSet(1, 20);
    await removeRun('a', 20);
    const refused = { code: 'NOT_FOUND', message: `There is no removed ${called} "${id}".`, params: { id } };
    await expect(here.db.write('trash', 'bringBack', { kind, id, at: 1, tags: [] })).rejects.toMatchObject(refused);
    await expect(here.db.write('trash', 'purge', { kind, id })).rejects.toMatchObject(refused);
  });

  test('a data set goes for good with all that hangs on it, and with the steps that lead to it; others stay', async () => {
    await here.db.write('datasets', 'rename', { id: 2, name: 'Yard', at: 1, tags: [] });
    await here.db.write('runs', 'rename', { id: 'a', name: 'other', before: 'run a', at: 2, tags: [] });
    await here.db.write('datasets', 'rename', { id: 1, name: 'Hall', at: 3, tags: [] });
    const step = here.sql.prepare(`INSERT INTO history (at, label, call, tracklet_id, tags, patch, inverse) VALUES (1, ?, 'c', ?, '[]', '[]', '[]')`);
    step.run('on its tracklet', 20);
    step.run('on another', 10);
    await removeSet(2, 20);
    await here.db.write('trash', 'purge', { kind: 'dataset', id: '2' });
    expect(labels()).toEqual(['Rename run run a to other', 'Rename "Set 1" to "Hall"', 'on another']);
    expect([count('dataset'), count('tracklet'), count('media'), count('run')]).toEqual([2, 2, 2, 3]);
  });

  test('a run goes for good with its steps alone, also where a data set has the same number', async () => {
    await here.db.write('datasets', 'rename', { id: 1, name: 'Hall', at: 3, tags: [] });
    here.sql.exec(`UPDATE run SET id = '1' WHERE id = '7'`);
    await here.db.write('runs', 'rename', { id: '1', name: 'other', before: 'run 7', at: 2, tags: [] });
    await removeRun('1', 20);
    here.sql.exec(`INSERT INTO history (at, label, call, tracklet_id, tags, patch, inverse) VALUES (1, 'on a tracklet', 'c', 10, '[]', '[]', '[]')`);
    await here.db.write('trash', 'purge', { kind: 'run', id: '1' });
    expect(labels()).toEqual(['Rename "Set 1" to "Hall"', 'on a tracklet']);
    expect([count('dataset'), count('run')]).toEqual([3, 2]);
  });
});

describe('calls', () => {
  let project: ProjectFolder;
  let happened: unknown[];
  let handlers: ReturnType<typeof createTrashHandlers>;
  const of = { key: 'k', origin: 'o', signal: new AbortController().signal, isRemote: false };

  beforeEach(() => {
    mkdirSync(join(here.folder, 'project'));
    project = projectFolder(join(here.folder, 'project'));
    happened = [];
    const context = {
      db: {
        read: here.db.read,
        write: (table: never, fn: never, input: object, options: { key: unknown }) => {
          happened.push([fn, input, options.key]);
          return here.db.write(table, fn, input as never);
        },
      },
      clock: () => 77,
      jobs: { lookAgain: async () => void happened.push('jobs look again') },
      project,
      log: { warn: (_facts: object, sentence: string) => void happened.push(sentence) },
    } as unknown as HostContext;
    handlers = createTrashHandlers(context);
  });
  function fill(folder: string, ...sizes: number[]): string {
    mkdirSync(folder, { recursive: true });
    sizes.forEach((size, index) => writeFileSync(join(folder, String(index)), Buffer.alloc(size)));
    return folder;
  }

  test('the list tells how much is kept: the folder of a run, the frames of all videos of a set', async () => {
    here.sql.exec(
      `INSERT INTO media (id, dataset_id, key, kind, path, width, height, frame_count, content_hash) VALUES (9, 2, 'n', 'video', 'v', 1, 1, 1, 'vv')`,
    );
    await removeSet(2, 20);
    await removeRun('a', 10);
    await removeRun('b', 5);
    fill(project.run('a'), 10, 5);
    fill(frameFolder(project, 2, null), 100);
    fill(frameFolder(project, 9, 'vv'), 7, 3);
    expect(await handlers['trash.list']({}, of)).toEqual([
      { kind: 'dataset', id: '2', name: 'Set 2', removedAt: 20, bytes: 110 },
      { kind: 'run', id: 'a', name: 'run a', removedAt: 10, bytes: 15 },
      { kind: 'run', id: 'b', name: 'run b', removedAt: 5, bytes: 0 },
    ]);
  });

  test('what is brought back may be waited for: jobs are looked at again', async () => {
    await removeRun('a', 10);
    const input = { kind: 'run', id: 'a' } as const;
    expect(await handlers['trash.restore'](input, of)).toEqual({});
    expect(happened).toEqual([['bringBack', { ...input, at: 77, tags: tagsOf(calls['trash.restore'], 'invalidates', input) }, 'k'], 'jobs look again']);
  });

  test('features go with the last run that has their weights, or with their data set; until then they count for nobody', async () => {
    for (const [i, id] of ['a', 'b'].entries()) await here.db.write('runs', 'update', { id, weightsHash: i === 0 ? 'own' : 'shared' });
    await here.db.write('runs', 'update', { id: '7', weightsHash: 'shared' });
    const put = async (name: string, weightsHash: string, runId: string, datasetId: number): Promise<string> => {
      const key = { weightsHash, contentHash: `c/p/${name}`, view: 'embedding' };
      await here.db.write('evaluations', 'saveFeatures', { ...key, runId, datasetId, path: `features/${name}`, hash: name, count: 1, dims: 1, createdAt: 1 });
      const file = project.file(`features/${name}`);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, Buffer.alloc(10));
      return file;
    };
    const own = await put('own', 'own', 'a', 1);
    const shared = await put('shared', 'shared', 'b', 1);
    const ofSet = await put('set', 'shared', 'b', 2);
    // Of a project that somebody sent: nothing but a file of that folder is deleted.
    for (const [i, path] of ['features/..', 'features/../runs', 'features/x/y'].entries())
      here.sql
        .prepare(`INSERT INTO feature_set (view, dataset_id, run_id, path, hash, count, dims, created_at, used_at) VALUES ('v', 1, 'a', ?, ?, 1, 1, 1, 1)`)
        .run(path, `h${i}`);
    const left = (): boolean[] => [own, shared, ofSet].map(existsSync);
    const bytes = async (): Promise<unknown> => (await handlers['trash.list']({}, of)).map(({ kind, id, bytes: size }) => [kind, id, size]);
    await removeRun('a', 30);
    await removeRun('b', 20);
    await removeSet(2, 10);
    expect(await bytes()).toEqual([
      ['run', 'a', 10],
      ['run', 'b', 0],
      ['dataset', '2', 10],
    ]);
    await handlers['trash.empty']({}, of);
    expect(left()).toEqual([false, true, false]);
    expect(here.rows('SELECT path, run_id FROM feature_set')).toEqual([['features/shared', null]]);
    await removeRun('7', 40);
    expect(await bytes()).toEqual([['run', '7', 10]]);
    await handlers['trash.empty']({}, of);
    expect(left()).toEqual([false, false, false]);
    expect(count('feature_set')).toBe(0);
  });

  test('emptying deletes rows and files of all that was removed, and is done with the last', async () => {
    await removeSet(2, 20);
    await removeRun('a', 10);
    const gone = [fill(project.run('a'), 1), fill(frameFolder(project, 2, null), 1)];
    const stays = fill(project.run('b'), 1);
    expect(await handlers['trash.empty']({}, of)).toEqual({});
    expect(happened).toEqual([
      ['purge', { kind: 'dataset', id: '2' }, null],
      ['purge', { kind: 'run', id: 'a' }, 'k'],
    ]);
    expect([...gone, stays].map(existsSync)).toEqual([false, false, true]);
    expect(await handlers['trash.list']({}, of)).toEqual([]);
    expect(await handlers['trash.empty']({}, of)).toEqual({});
  });
});
