/** Rows of table `job` and the store on top of them: what is kept is what comes back, column by column. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProjectDatabase } from '../../../src-main/features/database.ts';
import { createJobStore } from '../../../src-main/features/jobs/store.ts';
import type { JobStore, NewJobRow } from '../../../src-main/jobs/queue.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
let store: JobStore;
let writes: number;
beforeEach(async () => {
  here = await tablesHere();
  writes = 0;
  putDataset(here.sql, 4, []);
  store = createJobStore({
    read: here.db.read,
    write: (...args: Parameters<ProjectDatabase['write']>) => (writes++, here.db.write(...args)),
  } as unknown as ProjectDatabase);
});
afterEach(() => here[Symbol.dispose]());

const asked: NewJobRow = { kind: 'import', title: 'Import yard', params: { path: 'yard', none: null }, after: [], runId: null, datasetId: null, createdAt: 5 };
const fresh = {
  ...asked,
  id: 1,
  state: 'waiting',
  done: 0,
  total: 0,
  unit: '',
  message: '',
  result: null,
  error: null,
  startedAt: null,
  endedAt: null,
  dismissed: false,
};

test('a new row waits, with what was asked for', async () => {
  expect(await store.insert(asked)).toBe(1);
  expect(await store.get(1)).toEqual(fresh);
  expect(await store.insert({ ...asked, params: undefined, after: [1, 7], datasetId: 4 })).toBe(2);
  expect(await store.all()).toEqual([fresh, { ...fresh, id: 2, params: null, after: [1, 7], datasetId: 4 }]);
  expect(await store.get(9)).toBeNull();
});

test('each change is kept, and nothing but what it names', async () => {
  await store.insert(asked);
  await store.insert(asked);
  const change = {
    state: 'failed',
    done: 3,
    total: 9,
    unit: 'frames',
    message: 'm',
    result: { frames: [1] },
    error: { code: 'DISK_FULL', message: 'Full.', remedy: 'r', params: { need: 1 } },
    startedAt: 6,
    endedAt: 7,
    datasetId: 4,
    dismissed: true,
  } as const;
  await store.update([{ id: 1, ...change }]);
  expect(await store.all()).toEqual([
    { ...fresh, ...change },
    { ...fresh, id: 2 },
  ]);
  // null takes back, undefined leaves.
  await store.update([
    { id: 1, result: null, error: null, endedAt: null, dismissed: false, message: undefined as never },
    { id: 2, done: 1 },
    { id: 1, message: undefined as never },
  ]);
  expect(await store.all()).toEqual([
    { ...fresh, ...change, result: null, error: null, endedAt: null, dismissed: false },
    { ...fresh, id: 2, done: 1 },
  ]);
  // A text is a JSON value like any other where the column holds one.
  await store.update([{ id: 2, result: 'text' }]);
  expect((await store.get(2))?.result).toBe('text');
});

test('no change is no write; those that are named are removed', async () => {
  for (let i = 0; i < 3; i++) await store.insert(asked);
  writes = 0;
  await store.update([]);
  expect(writes).toBe(0);
  await store.remove([1, 3, 8]);
  expect((await store.all()).map(({ id }) => id)).toEqual([2]);
  await store.remove([]);
  expect(await store.all()).toHaveLength(1);
});

test('facts of the project are set one by one; the mark of an opening is for nobody', async () => {
  await here.db.write('project', 'setMeta', { b: '1', a: '2', opened_as: 'x' });
  await here.db.write('project', 'setMeta', { b: '3' });
  const meta = await here.db.read('project', 'meta', null);
  expect(meta).toMatchObject({ a: '2', b: '3' });
  expect(Object.keys(meta)).toEqual(Object.keys(meta).toSorted());
  expect(meta).not.toHaveProperty('opened_as');
});
