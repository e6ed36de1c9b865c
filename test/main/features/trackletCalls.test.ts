/** What the calls of `tracklets` add to the rows of the table: whether pictures are there, which were changed or are missing, and how long a query took. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mediaRows } from '../../../src-main/features/media/rows.ts';
import { createTrackletsHandlers } from '../../../src-main/features/tracklets/handlers.ts';
import { projectFolder } from '../../../src-main/platform/projectFolder.ts';
import { noted, putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
let calls: ReturnType<typeof createTrackletsHandlers>;
let written: unknown[];

beforeEach(async () => {
  here = await tablesHere();
  mkdirSync(join(here.folder, 'media', 'clip'), { recursive: true });
  putDataset(here.sql, 1, [{ id: 1, pid: 1, camid: 1, split: 'query' }]);
  putDataset(here.sql, 2, [{ id: 2, pid: 1, camid: 1, split: 'query' }], { root: 'gone' });
  const calling = noted(here);
  written = calling.written;
  calls = createTrackletsHandlers({
    db: calling.db,
    mediaRows: mediaRows(calling.db as never),
    project: projectFolder(here.folder),
    clock: () => 77,
    monotonic: () => 1,
    changedPictures: { ofTracklet: (row: { datasetId: number }, id: number) => 10 * row.datasetId + id },
    missingPictures: { ofTracklet: (row: { datasetId: number }, id: number) => 100 * row.datasetId + id },
  } as never);
});
afterEach(() => here[Symbol.dispose]());

const CALL = { origin: 'page', key: 'k' } as never;

test('rows say whether their pictures are there, which were changed and which are missing', async () => {
  const rows = await calls['tracklets.rows']({ ids: [2, 1] }, CALL);
  expect(rows.map(({ id, mediaMissing, changedPictures, missingPictures }) => ({ id, mediaMissing, changedPictures, missingPictures }))).toEqual([
    { id: 2, mediaMissing: true, changedPictures: 22, missingPictures: 202 },
    { id: 1, mediaMissing: false, changedPictures: 11, missingPictures: 101 },
  ]);
  const [{ mediaId: _mediaId, ...stored } = { mediaId: 0 }] = await here.db.read('tracklets', 'rows', { ids: [1] });
  expect(rows[1]).toEqual({ ...stored, mediaMissing: false, changedPictures: 11, missingPictures: 101 });
});

test('one in detail has its row with that, and its medium', async () => {
  const { row: stored, ...detail } = await here.db.read('tracklets', 'detail', { id: 2 });
  const { mediaId, ...row } = stored;
  expect(await calls['tracklets.get']({ id: 2 }, CALL)).toEqual({
    ...detail,
    row: { ...row, mediaMissing: true, changedPictures: 22, missingPictures: 202 },
    mediaId,
  });
});

test('queries and facets are those of the table, with the time that was needed', async () => {
  const filter = { datasetIds: [1] };
  const { tookMs, ...found } = await calls['tracklets.query']({ filter, sort: 'identity' }, CALL);
  expect(found).toEqual(await here.db.read('tracklets', 'query', { filter, sort: 'identity' }));
  // Less than the time since this process began, which a sum of two times would not be.
  expect(tookMs).toBeGreaterThanOrEqual(0);
  expect(tookMs).toBeLessThan(performance.now());
  expect(await calls['tracklets.facets']({ filter }, CALL)).toEqual(await here.db.read('tracklets', 'facets', { filter }));
});

test('moving is written once for its key, with the time and what it makes stale', async () => {
  expect(await calls['tracklets.setSplit']({ ids: [1], split: 'none' }, CALL)).toEqual({});
  expect(written).toEqual([
    {
      table: 'tracklets',
      fn: 'setSplit',
      input: { ids: [1], split: 'none', at: 77, tags: ['Tracklets', 'Datasets', 'Dataset', 'History'] },
      options: { key: 'k' },
    },
  ]);
  expect((await calls['tracklets.get']({ id: 1 }, CALL)).row.split).toBe('none');
});
