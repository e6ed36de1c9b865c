/** The list that a task gets: of one moment, there while the task runs, and gone after it. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readManifest, type Manifest } from '../../../src-main/compute/manifest.ts';
import type { Reader, SqlParams } from '../../../src-main/db/handles.ts';
import { clips } from '../../../src-main/features/manifests/table.ts';
import { clearManifests, withManifest } from '../../../src-main/features/manifests/write.ts';
import type { HostContext } from '../../../src-main/features/context.ts';
import { projectFolder } from '../../../src-main/platform/projectFolder.ts';
import { openReadOnly } from '../../support/openReadOnly.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
let context: Pick<HostContext, 'db' | 'project'>;
beforeEach(async () => {
  here = await tablesHere();
  context = { db: here.db as never, project: projectFolder(here.folder) };
  putDataset(
    here.sql,
    1,
    Array.from({ length: 250 }, (_, i) => ({ id: 250 - i, pid: i % 7, camid: 1, split: i % 2 ? ('train' as const) : ('query' as const) })),
  );
});
afterEach(() => here[Symbol.dispose]());

const ids = ({ rows }: Manifest) => rows.map(({ id }) => id);

test('lists all tracklets in the order of their ids, or those of some splits, and goes with the task', async () => {
  const seen: string[] = [];
  const all = await withManifest(context, { jobId: 4, datasetId: 1 }, async (path) => (seen.push(path), readManifest(path)));
  expect(all.dataset).toEqual({ id: 1, name: 'Set 1', contentHash: 'content 1' });
  expect(ids(all)).toEqual(Array.from({ length: 250 }, (_, i) => i + 1));
  const some = await withManifest(context, { jobId: 5, datasetId: 1, splits: ['train'] }, readManifest);
  expect(ids(some)).toEqual(Array.from({ length: 125 }, (_, i) => 2 * i + 1));
  expect(seen.map((path) => existsSync(path))).toEqual([false]);
  await expect(withManifest(context, { jobId: 6, datasetId: 1 }, (path) => (seen.push(path), Promise.reject(new Error('the task failed'))))).rejects.toThrow(
    'the task failed',
  );
  expect(readdirSync(join(here.folder, 'cache', 'tasks'))).toEqual([]);
});

test('an update of the source in the middle: the list is of after it, whole', async () => {
  let reads = 0;
  const read = ((table: string, fn: string, input: never) => {
    if (fn === 'clips' && ++reads === 2) here.sql.exec(`UPDATE dataset SET content_hash = 'updated'; DELETE FROM tracklet WHERE id <= 100`);
    return here.db.read(table as 'manifests', fn as 'clips', input);
  }) as HostContext['db']['read'];
  const list = await withManifest({ ...context, db: { ...here.db, read } as never }, { jobId: 1, datasetId: 1 }, readManifest);
  expect([list.dataset.contentHash, ids(list)[0], list.rows.length]).toEqual(['updated', 101, 150]);
});

test('of a long list the next ones are found by their ids: a part does not pick them out of all, and sort', () => {
  let asked: [string, SqlParams] | undefined;
  const noting = { tuples: (sql: string, params: SqlParams) => ((asked = [sql, params]), []) } as unknown as Reader;
  clips(noting, { datasetId: 1, splits: ['train'], after: 100, most: 100 });
  const db = openReadOnly(here.folder);
  try {
    const [sql, params] = asked as unknown as [string, SqlParams];
    const plan = db.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, params).map(({ detail }) => detail);
    expect(plan).toContain('SEARCH t USING INTEGER PRIMARY KEY (rowid>?)');
    expect(plan.join()).not.toContain('ORDER BY');
  } finally {
    db.close();
  }
});

test('of a data set that is gone, or work that was cancelled, there is none', async () => {
  const never = () => Promise.reject(new Error('was asked to work'));
  await expect(withManifest(context, { jobId: 1, datasetId: 9 }, never)).rejects.toMatchObject({ code: 'NOT_FOUND', params: { datasetId: 9 } });
  const signal = AbortSignal.abort();
  await expect(withManifest(context, { jobId: 1, datasetId: 1, signal }, never)).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(readdirSync(join(here.folder, 'cache', 'tasks'))).toEqual([]);
});

test('those of a program that was killed go at the next start', async () => {
  const folder = join(here.folder, 'cache', 'tasks');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, '3.jsonl'), 'left');
  await clearManifests(context.project);
  expect(existsSync(folder)).toBe(false);
  await clearManifests(context.project);
});
