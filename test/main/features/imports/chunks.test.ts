/** Imports in small transactions: nobody sees a data set before its last one, and nothing stays of one that did not get so far. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importFolder } from '../../../../src-main/features/imports/importJob.ts';
import { clearLeftovers } from '../../../../src-main/features/imports/leftovers.ts';
import { synthesise } from '../../../../src-main/features/synth/service.ts';
import type { HostContext } from '../../../../src-main/features/context.ts';
import type { RpcClient } from '../../../../src-shared/rpc.ts';
import { makeMotSequence, motRows } from '../../../support/motSequence.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../../support/project.ts';

const sources = temporaryFolder();
let project: TestProject;
/** A data set that is there all the time. */
let known: number;

const quiet = (signal = new AbortController().signal) => ({ signal, progress: () => undefined, log: () => undefined });

beforeAll(async () => {
  project = await openTestProject();
  const source = await makeMotSequence(join(sources.path, 'known'), motRows([1, 2], 6), 6);
  known = (await importFolder(project.host.context, { path: source, importer: null, options: {}, name: 'Known' }, quiet())).dataset;
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

/** Answers of every call that looks at data sets, tracklets, media or values, also at those of other ids. */
async function everythingSeen(client: RpcClient): Promise<unknown> {
  const ids = Array.from({ length: 60 }, (_, index) => index + 1);
  const { tookMs: _took, ...query } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
  const each = async (ask: (id: number) => Promise<unknown>): Promise<unknown[]> =>
    Promise.all(ids.map((id) => ask(id).catch((error: { code: string }) => error.code)));
  return {
    query,
    sorted: (await client.call('tracklets.query', { filter: { text: '0001' }, sort: 'lengthDesc' })).ids,
    facets: await client.call('tracklets.facets', { filter: {} }),
    filtered: await client.call('tracklets.facets', { filter: { splits: ['none'] } }),
    list: await client.call('datasets.list', {}),
    splits: await each((datasetId) => client.call('splits.list', { datasetId })),
    identities: await client.call('datasets.identities', {}),
    rows: await client.call('tracklets.rows', { ids }),
    datasets: await each((id) => client.call('datasets.get', { id })),
    statistics: await each((id) => client.call('datasets.statistics', { id })),
    tracklets: await each((id) => client.call('tracklets.get', { id })),
    values: await each((trackletId) => client.call('annotations.get', { trackletId })),
    boxes: await each((mediaId) => client.call('media.boxes', { mediaId, from: 0, to: 5 })),
    identitiesOf: await each((id) => client.call('datasets.identities', { datasetIds: [id] })),
  };
}

/** A context whose writes of the import table wait for `before`. */
function watched(context: HostContext, before: (fn: string) => Promise<void> | void): HostContext {
  const write = (async (table: string, fn: string, input: unknown, options: unknown) => {
    if (table === 'imports') await before(fn);
    return (context.db.write as (...all: unknown[]) => Promise<unknown>)(table, fn, input, options);
  }) as HostContext['db']['write'];
  return { ...context, db: Object.assign(Object.create(context.db) as HostContext['db'], { write }) };
}

function rowsOf(folder: string): Record<string, number> {
  const database = new Database(join(folder, 'project.sqlite'), { readonly: true });
  try {
    return Object.fromEntries(
      ['dataset', 'camera', 'identity', 'media', 'tracklet', 'annotation', 'tracklet_source', 'split_set', 'split_member', 'split_source'].map((table) => [
        table,
        database.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number,
      ]),
    );
  } finally {
    database.close();
  }
}

function filesLeft(folder: string): string[] {
  const list = (path: string): string[] => (existsSync(join(folder, path)) ? readdirSync(join(folder, path)) : []);
  return [...list('cache/imports'), ...list('cache/frames').filter((name) => name.startsWith('import-') || name.endsWith('.part'))];
}

/** Enough tracklets for several pieces. */
const many = Array.from({ length: 700 }, (_, index) => 1000 - index);

describe('an import that is being stored', () => {
  test('is seen by no call before its last transaction; then as a whole, in the order of numbers', async () => {
    const { context } = project.host;
    const client = project.host.client();
    const source = await makeMotSequence(join(sources.path, 'many'), motRows(many, 2), 2);
    const before = await everythingSeen(client);
    const looks: string[] = [];
    const gate = watched(context, async (fn) => {
      if (fn !== 'addPiece' && fn !== 'finish') return;
      looks.push(fn);
      expect(await everythingSeen(client)).toEqual(before);
    });
    // A tracklet of an unfinished import can be given neither a value nor a split.
    const result = await importFolder(gate, { path: source, importer: null, options: {}, name: 'Many' }, quiet());
    expect(looks.filter((fn) => fn === 'addPiece').length).toBeGreaterThan(3);
    expect(looks.at(-1)).toBe('finish');

    const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [result.dataset] }, sort: 'identity' });
    const rows = (await Promise.all([0, 500].map((from) => client.call('tracklets.rows', { ids: [...ids.slice(from, from + 500)] })))).flat();
    expect(rows.map((row) => Number(row.identity))).toEqual(many.toSorted((a, b) => a - b));
    await client.call('datasets.remove', { id: result.dataset });
  });

  test('takes neither values nor splits', async () => {
    const { context } = project.host;
    const client = project.host.client();
    const source = await makeMotSequence(join(sources.path, 'refused'), motRows([5, 6, 7], 3), 3);
    const refused: unknown[] = [];
    const gate = watched(context, async (fn) => {
      if (fn !== 'finish') return;
      const database = new Database(join(project.folder, 'project.sqlite'), { readonly: true });
      const id = database.prepare('SELECT max(id) FROM tracklet').pluck().get() as number;
      database.close();
      for (const ask of [
        () => client.call('annotations.apply', { label: 'Paint', edits: [{ trackletId: id, field: 'visibility', start: 0, end: 1, value: 3 }] }),
        () => client.call('tracklets.setSplit', { ids: [id], split: 'train' }),
      ])
        refused.push(
          await ask().then(
            () => 'taken',
            (error: { code: string }) => error.code,
          ),
        );
    });
    const { dataset } = await importFolder(gate, { path: source, importer: null, options: {}, name: null }, quiet());
    expect(refused).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    await client.call('datasets.remove', { id: dataset });
  });

  test.each(['begin', 'addPiece', 'finish'])('that fails at "%s" leaves no row and no file, and its words survive', async (where) => {
    const { context } = project.host;
    const source = await makeMotSequence(join(sources.path, `fails-${where}`), motRows(many.slice(0, 300), 2), 2);
    const before = rowsOf(project.folder);
    let calls = 0;
    const gate = watched(context, (fn) => {
      if (fn === where && (where !== 'addPiece' || ++calls === 2)) throw new Error('the disk went away');
    });
    await expect(importFolder(gate, { path: source, importer: null, options: {}, name: null }, quiet())).rejects.toThrow('the disk went away');
    expect(rowsOf(project.folder)).toEqual(before);
    expect(filesLeft(project.folder)).toEqual([]);
  });

  test('that is cancelled while it is stored leaves no row and no file', async () => {
    const { context } = project.host;
    const source = await makeMotSequence(join(sources.path, 'cancelled'), motRows(many.slice(0, 300), 2), 2);
    const before = rowsOf(project.folder);
    const abort = new AbortController();
    let calls = 0;
    const gate = watched(context, (fn) => {
      if (fn === 'addPiece' && ++calls === 2) abort.abort();
    });
    await expect(importFolder(gate, { path: source, importer: null, options: {}, name: null }, quiet(abort.signal))).rejects.toThrow();
    expect(rowsOf(project.folder)).toEqual(before);
    expect(filesLeft(project.folder)).toEqual([]);
  });
});

test('what a dead program left of an import is gone after the next start, and the rest is untouched', async () => {
  const { context } = project.host;
  const before = rowsOf(project.folder);
  const source = await makeMotSequence(join(sources.path, 'dead'), motRows(many, 2), 2);
  // The program ends before the last transaction: what follows does not happen, not even the tidying.
  let dead: () => void = () => undefined;
  const died = new Promise<void>((resolve) => (dead = resolve));
  void importFolder(
    watched(context, async (fn) => {
      if (fn !== 'finish') return;
      dead();
      await new Promise(() => undefined);
    }),
    { path: source, importer: null, options: {}, name: null },
    quiet(),
  );
  await died;
  mkdirSync(join(project.folder, 'cache/frames/import-1'), { recursive: true });
  mkdirSync(join(project.folder, 'cache/frames/7.part'), { recursive: true });
  writeFileSync(join(project.folder, 'cache/frames/7.part/000000.jpg'), '');
  expect(rowsOf(project.folder)['tracklet']).toBeGreaterThan(before['tracklet'] ?? 0);
  expect(filesLeft(project.folder)).toHaveLength(3);

  const host = await project.reopen();
  expect(filesLeft(project.folder)).toEqual([]);
  expect(await host.client().call('datasets.list', {})).toMatchObject([{ id: known }]);
  await (await clearLeftovers(host.context)).settled();
  expect(rowsOf(project.folder)).toEqual(before);
});

test('rows are in the order of camera and identity numbers, whatever order the source has', async () => {
  const source = join(sources.path, 'shuffled');
  await synthesise(source, { identities: 6, cameras: 3, framesMin: 1, framesMax: 2, distractors: 3, seed: 2 }, { threads: 1 });
  const file = join(source, 'synthetic.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as { cameras: unknown[]; identities: unknown[]; tracklets: unknown[] };
  for (const list of [manifest.cameras, manifest.identities, manifest.tracklets]) list.reverse();
  writeFileSync(file, JSON.stringify(manifest));
  const { dataset } = await importFolder(project.host.context, { path: source, importer: null, options: {}, name: 'Shuffled' }, quiet());

  const database = new Database(join(project.folder, 'project.sqlite'), { readonly: true });
  const cameras = database.prepare('SELECT camid FROM camera WHERE dataset_id = ? ORDER BY id').pluck().all(dataset) as number[];
  const camids = new Map(database.prepare('SELECT name, camid FROM camera WHERE dataset_id = ?').raw().all(dataset) as [string, number][]);
  const identities = database.prepare('SELECT kind, pid FROM identity WHERE dataset_id = ? ORDER BY id').raw().all(dataset) as [string, number][];
  database.close();
  expect(cameras).toEqual(cameras.toSorted((a, b) => a - b));
  expect(identities.map(([kind]) => kind)).toEqual([...identities.map(([kind]) => kind)].sort((a, b) => (a === b ? 0 : a === 'person' ? -1 : 1)));
  for (const kind of ['person', 'distractor']) {
    const pids = identities.filter((row) => row[0] === kind).map(([, pid]) => pid);
    expect(pids.length).toBeGreaterThan(1);
    expect(pids).toEqual(pids.toSorted((a, b) => a - b));
  }
  // The grid asks for ids alone and trusts their order.
  const client = project.host.client();
  const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [dataset] }, sort: 'identity' });
  const rows = await client.call('tracklets.rows', { ids: [...ids] });
  const people = rows.filter((row) => row.identityKind === 'person').map((row) => [Number(row.identity), camids.get(row.camera) ?? -1] as const);
  expect(people).toEqual(people.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
});
