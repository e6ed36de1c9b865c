/** Rows of an import: what each of its transactions writes, what its last one makes seen, and how what did not end is removed piece by piece. */
import { serialize } from 'node:v8';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { spooledTracklet, type SpooledRecords } from '../../../../src-main/features/imports/spool.ts';
import type { ImportHeader, StagedTracklet } from '../../../../src-main/features/imports/table.ts';
import { putDataset, tablesHere, type MadeTracklet, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => (here = await tablesHere()));
afterEach(() => here[Symbol.dispose]());

const rows: TablesHere['rows'] = (...of) => here.rows(...of);
const HEADER: ImportHeader = {
  importer: 'folders',
  options: { minFrames: 2 },
  root: 'media/set',
  origin: 'a page',
  licence: 'CC0',
  contentHash: 'abc',
  warnings: [{ code: 'W', message: 'm', where: 'w', count: 2 }],
  cameras: [
    { camid: 5, name: 'five' },
    { camid: 2, name: 'two' },
    { camid: 9, name: 'nine' },
  ],
  report: { files: { seen: 3, used: 2, leftOut: 1 }, guesses: [] },
  at: 77,
};

test('is begun with all that is known of the whole, under a name that nobody takes, cameras in the order of their numbers', async () => {
  const { datasetId } = await here.db.write('imports', 'begin', HEADER);
  const second = await here.db.write('imports', 'begin', { ...HEADER, origin: null, licence: null, warnings: [], report: {}, cameras: [] });
  expect(second.datasetId).toBe(datasetId + 1);
  expect(rows('SELECT name, importer, options, root, origin, licence, state, content_hash, warnings, report, created_at FROM dataset ORDER BY id')).toEqual([
    [
      'importing 1 abc',
      'folders',
      '{"minFrames":2}',
      'media/set',
      'a page',
      'CC0',
      'importing',
      'abc',
      '[{"code":"W","message":"m","where":"w","count":2}]',
      '{"files":{"seen":3,"used":2,"leftOut":1},"guesses":[]}',
      77,
    ],
    ['importing 2 abc', 'folders', '{"minFrames":2}', 'media/set', null, null, 'importing', 'abc', '[]', '{}', 77],
  ]);
  expect(rows('SELECT dataset_id, camid, name FROM camera ORDER BY id')).toEqual([
    [datasetId, 2, 'two'],
    [datasetId, 5, 'five'],
    [datasetId, 9, 'nine'],
  ]);
});

test('a piece is stored column by column, with what follows from its values', async () => {
  const { datasetId } = await here.db.write('imports', 'begin', HEADER);
  const record: StagedTracklet = {
    key: 't',
    pid: 7,
    camid: 5,
    mediaKey: 'm',
    split: 'query',
    frameIndex: Int32Array.of(4, 6, 9),
    boxes: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    files: ['a', 'b', 'c'],
    ignored: Uint8Array.of(0, 0, 1),
    annotations: [
      { field: 'note', start: 0, end: 2, value: '"limps"' },
      { field: 'occluder', start: 1, end: 1, value: '"object"' },
      { field: 'reviewed', start: 0, end: 2, value: '"reviewed"' },
      { field: 'visibility', start: 0, end: 1, value: '4' },
    ],
  };
  const pictures = new Uint8Array(24).fill(3);
  const plain: StagedTracklet = { ...record, key: 'u', split: 'none', boxes: null, files: null, ignored: null, annotations: [] };
  const tracklets = [spooledTracklet(record, { pictures, video: null }), spooledTracklet(plain, { pictures: null, video: 'V' })];
  const records: SpooledRecords = {
    identities: [
      { pid: 7, name: 'seven', kind: 'person' },
      { pid: 8, name: 'eight', kind: 'junk' },
    ],
    media: [{ key: 'm', kind: 'video', path: 'clip.avi', width: 640, height: 480, frameCount: 10, fps: 25, contentHash: 'V' }],
    tracklets,
    splits: [],
  };
  await here.db.write('imports', 'addPiece', { datasetId, piece: serialize(records), annotator: 'folders', at: 78 });

  expect(rows('SELECT dataset_id, pid, name, kind FROM identity ORDER BY id')).toEqual([
    [datasetId, 7, 'seven', 'person'],
    [datasetId, 8, 'eight', 'junk'],
  ]);
  expect(rows('SELECT dataset_id, key, kind, path, width, height, frame_count, fps, content_hash FROM media')).toEqual([
    [datasetId, 'm', 'video', 'clip.avi', 640, 480, 10, 25, 'V'],
  ]);
  const columns = rows(
    `SELECT t.key, i.pid, c.camid, m.key, t.split, t.frames, t.frame_index, t.boxes, t.files, t.ignored, t.visibility, t.with_value, t.hidden_frames, t.hidden_max, t.terms,
       t.review, t.review_gaps, t.note, s.digest, s.pictures, s.split
     FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id JOIN media m ON m.id = t.media_id
     JOIN tracklet_source s ON s.tracklet_id = t.id WHERE t.dataset_id = ? ORDER BY t.id`,
    datasetId,
  );
  const frameIndex = Buffer.from(Int32Array.of(4, 6, 9).buffer);
  const digests = tracklets.map(({ digest }) => Buffer.from(digest));
  expect(columns).toEqual([
    [
      't',
      7,
      5,
      'm',
      'query',
      3,
      frameIndex,
      Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).buffer),
      '["a","b","c"]',
      Buffer.of(0, 0, 1),
      // Signed bytes; the third frame has no value.
      Buffer.of(4, 4, 255),
      2,
      2,
      4,
      ',occluder=object,',
      'reviewed',
      1,
      'limps',
      digests[0],
      Buffer.from(pictures),
      'query',
    ],
    ['u', 7, 5, 'm', 'none', 3, frameIndex, null, null, null, null, 0, 0, null, '', 'none', 0, '', digests[1], null, 'none'],
  ]);
  expect(rows('SELECT field, start, "end", value, how, annotator, updated_at FROM annotation ORDER BY field')).toEqual([
    ['note', 0, 2, '"limps"', 'imported', 'folders', 78],
    ['occluder', 1, 1, '"object"', 'imported', 'folders', 78],
    ['reviewed', 0, 2, '"reviewed"', 'imported', 'folders', 78],
    ['visibility', 0, 1, '4', 'imported', 'folders', 78],
  ]);
});

test('videos are listed by their ids, pictures are not', async () => {
  putDataset(here.sql, 1, [], { state: 'importing', mediaKind: 'video' });
  putDataset(here.sql, 2, [], { mediaKind: 'video' });
  const put = here.sql.prepare(
    'INSERT INTO media (id, dataset_id, key, kind, path, width, height, frame_count, content_hash) VALUES (?, 1, ?, ?, ?, 1, 1, 1, ?)',
  );
  put.run(9, 'z', 'video', 'z.avi', 'Z');
  put.run(8, 'p', 'crops', 'p', null);
  put.run(7, 'y', 'video', 'y.avi', 'Y');
  expect(await here.db.read('imports', 'videos', { datasetId: 1 })).toEqual([
    { id: 1, key: 'm', path: 'clip', contentHash: null },
    { id: 7, key: 'y', path: 'y.avi', contentHash: 'Y' },
    { id: 9, key: 'z', path: 'z.avi', contentHash: 'Z' },
  ]);
});

describe('the last transaction', () => {
  test('makes it seen, under the next free name', async () => {
    const name = async (): Promise<string> => {
      const { datasetId } = await here.db.write('imports', 'begin', HEADER);
      expect(await here.db.read('imports', 'byContent', { contentHash: 'abc' })).toEqual(datasetId === 1 ? null : { id: 1, name: 'Set' });
      return (await here.db.write('imports', 'finish', { datasetId, name: 'Set' })).name;
    };
    expect([await name(), await name(), await name()]).toEqual(['Set', 'Set (2)', 'Set (3)']);
    expect(rows('SELECT name, state FROM dataset ORDER BY id')).toEqual([
      ['Set', 'ready'],
      ['Set (2)', 'ready'],
      ['Set (3)', 'ready'],
    ]);
    // The first of what has this content; none for another.
    expect(await here.db.read('imports', 'byContent', { contentHash: 'abc' })).toEqual({ id: 1, name: 'Set' });
    expect(await here.db.read('imports', 'byContent', { contentHash: 'abd' })).toBeNull();
  });

  test('is refused for what is ready already, or not there any more', async () => {
    const { datasetId } = await here.db.write('imports', 'begin', HEADER);
    await here.db.write('imports', 'finish', { datasetId, name: 'Set' });
    for (const id of [datasetId, datasetId + 1])
      await expect(here.db.write('imports', 'finish', { datasetId: id, name: 'Again' })).rejects.toMatchObject({
        code: 'CONFLICT',
        message: 'The import of "Again" was removed before it was done.',
        params: { datasetId: id },
      });
    expect(rows('SELECT name FROM dataset')).toEqual([['Set']]);
  });
});

describe('an import that did not end', () => {
  const tracklets = (first: number, count: number): MadeTracklet[] =>
    Array.from({ length: count }, (_, index) => ({ id: first + index, pid: index, camid: 1, split: 'none' }));
  const left = (): unknown[] =>
    ['tracklet', 'media', 'identity', 'camera', 'dataset'].map((table) => here.sql.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  const some = (datasetId: number, most: number): Promise<{ left: boolean }> => here.db.write('imports', 'removeSome', { datasetId, most });

  test('is listed, in the order of ids', async () => {
    for (const [id, state] of [
      [3, 'importing'],
      [1, 'ready'],
      [2, 'importing'],
    ] as const)
      putDataset(here.sql, id, [], { state });
    expect(await here.db.read('imports', 'unfinished', null)).toEqual([2, 3]);
  });

  test('is removed some rows at a time, itself at last; others stay', async () => {
    putDataset(here.sql, 1, tracklets(1, 2), { state: 'importing' });
    putDataset(here.sql, 2, tracklets(11, 5), { state: 'importing' });
    const steps: unknown[] = [];
    for (let more = true; more && steps.length < 20;) {
      more = (await some(2, 2)).left;
      steps.push(left());
    }
    expect(steps).toEqual([
      [5, 2, 7, 2, 2],
      [3, 2, 7, 2, 2],
      [2, 2, 7, 2, 2],
      [2, 1, 7, 2, 2],
      [2, 1, 5, 2, 2],
      [2, 1, 3, 2, 2],
      [2, 1, 2, 2, 2],
      [2, 1, 2, 1, 1],
    ]);
    expect(await some(2, 2)).toEqual({ left: false });
  });

  test('no row of what is ready is removed', async () => {
    putDataset(here.sql, 1, tracklets(1, 2));
    expect(await some(1, 2)).toEqual({ left: false });
    expect(left()).toEqual([2, 1, 2, 1, 1]);
  });
});
