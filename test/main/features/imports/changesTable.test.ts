/** Rules of an update on rows alone: what is the same, what changed, and where each value, review, split and step of history then stands. */
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { IdentityKind } from '../../../../datasets/importer.ts';
import type { PieceChange } from '../../../../src-main/features/imports/changes.table.ts';
import type { UpdateInput, UpdateResult } from '../../../../src-main/features/imports/update.table.ts';
import { createSpool } from '../../../../src-main/features/imports/spool.ts';
import { rangeAt } from '../../../../src-main/pixels/range.ts';
import type { ImportHeader } from '../../../../src-main/features/imports/table.ts';
import { recordsOf, spoolOf, type Made } from '../../../support/madeSource.ts';
import { tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
let spools = 0;

beforeEach(async () => (here = await tablesHere()));
afterEach(() => here[Symbol.dispose]());

function header(made: readonly Made[], more: Partial<ImportHeader> = {}): ImportHeader {
  const camids = [...new Set(made.map(({ camid = 1 }) => camid))];
  return {
    importer: 'folders',
    options: { a: 1 },
    root: 'media',
    origin: null,
    licence: null,
    contentHash: 'first',
    warnings: [],
    cameras: camids.map((camid) => ({ camid, name: `c${camid}` })),
    report: {},
    at: 100,
    ...more,
  };
}

async function store(made: readonly Made[], kinds: Record<number, IdentityKind> = {}, name = 'Set'): Promise<number> {
  const { datasetId } = await here.db.write('imports', 'begin', header(made, { contentHash: name }));
  await here.db.write('imports', 'addPiece', { datasetId, piece: serialize(recordsOf(made, kinds)), annotator: 'folders', at: 100 });
  await here.db.write('imports', 'finish', { datasetId, name });
  return datasetId;
}

function spooled(made: readonly Made[], kinds: Record<number, IdentityKind> = {}): Pick<UpdateInput, 'spool' | 'chunks'> {
  return spoolOf(join(here.folder, `records-${spools++}`), made, kinds);
}

function update(datasetId: number, made: readonly Made[], more: Partial<UpdateInput> = {}, kinds: Record<number, IdentityKind> = {}): Promise<UpdateResult> {
  return here.db.write('importUpdate', 'update', {
    datasetId,
    header: header(made, { at: 200, contentHash: 'second' }),
    ...spooled(made, kinds),
    gone: new Int32Array(),
    renamed: [],
    wholeFields: ['reviewed', 'note'],
    annotator: 'folders again',
    ...more,
  });
}

function idOf(key: string): number {
  return here.sql.prepare('SELECT id FROM tracklet WHERE key = ?').pluck().get(key) as number;
}

type Value = [field: string, start: number, end: number, value: string, how: string, annotator: string, updatedAt: number];

function give(key: string, ...values: Value[]): void {
  for (const value of values)
    here.sql
      .prepare(`INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (?, 'shared', ?, ?, ?, ?, ?, ?, ?)`)
      .run(idOf(key), ...value);
}

function valuesOf(key: string): Value[] {
  return here.sql
    .prepare('SELECT field, start, "end", value, how, annotator, updated_at FROM annotation WHERE tracklet_id = ? ORDER BY field, start')
    .raw()
    .all(idOf(key)) as Value[];
}

const rows: TablesHere['rows'] = (...of) => here.rows(...of);

const compare = async (
  datasetId: number,
  made: readonly Made[],
  videos: Record<string, string> = {},
): Promise<Omit<PieceChange, 'ids'> & { ids: number[] }> => {
  const change = await here.db.read('importChanges', 'comparePiece', { datasetId, piece: serialize(recordsOf(made)), videos });
  return { ...change, ids: [...change.ids] };
};

const NOTHING = { added: 0, changed: 0, pictures: { changed: 0, added: 0, removed: 0 }, unrecorded: 0, strangers: [] };

test('data sets of an importer are listed newest first, with what they were made of', async () => {
  const first = await store([{ key: 'a', contents: [1] }], {}, 'One');
  const second = await store([{ key: 'a', contents: [2] }], {}, 'Two');
  expect(await here.db.read('importChanges', 'ofImporter', { importer: 'folders' })).toEqual([
    { id: second, name: 'Two', options: '{"a":1}', root: 'media' },
    { id: first, name: 'One', options: '{"a":1}', root: 'media' },
  ]);
  expect(await here.db.read('importChanges', 'ofImporter', { importer: 'other' })).toEqual([]);
});

describe('a piece compared', () => {
  const before: Made[] = [
    { key: 'a', contents: [1, 2, 3, 4] },
    { key: 'b', contents: [5, 6] },
  ];

  test('with itself has no change; new and changed tracklets are counted with their pictures', async () => {
    const set = await store(before);
    const ids = [idOf('a'), idOf('b')];
    expect(await compare(set, before)).toEqual({ ...NOTHING, ids });
    // 2 is another picture now, 4 went, 8 came at the end; c and d are new.
    const now: Made[] = [
      { key: 'a', contents: [1, 9, 3, 8], first: 1 },
      { key: 'c', contents: [7] },
      { key: 'd', contents: [7, 7] },
    ];
    expect(await compare(set, now)).toEqual({
      ...NOTHING,
      added: 2,
      changed: 1,
      pictures: { changed: 2, added: 3, removed: 0 },
      ids: [idOf('a')],
    });
    expect(await compare(set, [{ key: 'a', contents: [1, 2] }])).toEqual({
      ...NOTHING,
      changed: 1,
      pictures: { changed: 0, added: 0, removed: 2 },
      ids: [ids[0]],
    });
    expect(await compare(set, [{ key: 'b', contents: [5, 6, 7] }])).toEqual({
      ...NOTHING,
      changed: 1,
      pictures: { changed: 0, added: 1, removed: 0 },
      ids: [ids[1]],
    });
    // Other words of the source about the same pictures.
    expect(await compare(set, [{ key: 'b', contents: [5, 6], split: 'train' }])).toEqual({ ...NOTHING, changed: 1, ids: [ids[1]] });
    // Tracklets of other data sets are none of its own.
    expect(await compare(set + 1, before)).toEqual({ ...NOTHING, added: 2, pictures: { changed: 0, added: 6, removed: 0 }, ids: [] });
  });

  test('with one whose pictures were not recorded goes by names', async () => {
    const set = await store(before);
    here.sql.exec('DELETE FROM tracklet_source');
    expect(await compare(set, before)).toEqual({ ...NOTHING, unrecorded: 2, ids: [idOf('a'), idOf('b')] });
    expect(await compare(set, [{ key: 'a', contents: [1, 2, 3, 4, 5] }])).toEqual({
      ...NOTHING,
      changed: 1,
      unrecorded: 1,
      pictures: { changed: 0, added: 1, removed: 0 },
      ids: [idOf('a')],
    });
    expect(await compare(set, [{ key: 'a', contents: [1, 2, 3] }])).toMatchObject({
      changed: 1,
      unrecorded: 1,
      pictures: { changed: 0, added: 0, removed: 1 },
    });
  });

  test('in a video goes by its fingerprint and the numbers of its frames', async () => {
    const boxes = [1, 1, 5, 5, 2, 1, 5, 5];
    const set = await store([{ key: 'v', contents: [10, 11], boxes, video: 'A' }]);
    const now = (video: string, contents = [10, 11]): Promise<unknown> => compare(set, [{ key: 'v', contents, boxes, video }], { v: video });
    expect(await now('A')).toEqual({ ...NOTHING, ids: [idOf('v')] });
    // Nothing of it is left: whether it stands elsewhere is found out over all.
    const strangers = [{ id: idOf('v'), key: 'v', frames: 2, pictures: { changed: 2, added: 0, removed: 0 } }];
    expect(await now('B')).toEqual({ ...NOTHING, strangers, ids: [] });
    // The box that stood in frame 11 stands in frame 12.
    expect(await now('A', [10, 12])).toEqual({ ...NOTHING, changed: 1, pictures: { changed: 0, added: 1, removed: 1 }, ids: [idOf('v')] });
    // Without a fingerprint now, numbers are all there is.
    expect(await compare(set, [{ key: 'v', contents: [10, 11], boxes, video: 'B' }], {})).toEqual({ ...NOTHING, changed: 1, ids: [idOf('v')] });
  });
});

test('tracklets that are not among the given ones are gone, with all their frames', async () => {
  const set = await store([
    { key: 'a', contents: [1] },
    { key: 'b', contents: [2, 3] },
    { key: 'c', contents: [4, 5, 6] },
  ]);
  await store([{ key: 'other', contents: [1] }], {}, 'Other');
  const gone = (...ids: number[]): Promise<unknown> => here.db.read('importChanges', 'unmatched', { datasetId: set, ids: Int32Array.from(ids) });
  expect(await gone(idOf('a'))).toEqual({ ids: Int32Array.of(idOf('b'), idOf('c')), frames: Int32Array.of(2, 3) });
  expect(await gone(idOf('a'), idOf('b'), idOf('c'))).toEqual({ ids: new Int32Array(), frames: new Int32Array() });
});

describe('a tracklet under another key', () => {
  async function renamed(before: Made[], now: Made[], videos: Record<string, string> = {}, change?: () => void): Promise<unknown> {
    const datasetId = await store(before);
    change?.();
    const gone = Int32Array.from(before, ({ key }) => idOf(key)).filter((_, index) => !now.some(({ key }) => key === before[index]?.key));
    return here.db.read('importRenames', 'renamed', { datasetId, gone, ...spooled(now), videos });
  }
  const old: Made = { key: 'old', contents: [1, 2] };

  const SAME = { pictures: { changed: 0, added: 0, removed: 0 } };

  test('is found by all its pictures', async () => {
    const now: Made[] = [
      { key: 'stays', contents: [5] },
      { key: 'new', contents: [1, 2] },
    ];
    expect(await renamed([{ key: 'stays', contents: [5] }, old], now)).toEqual([{ id: idOf('old'), key: 'new', frames: 2, ...SAME }]);
  });

  test.each<[string, Made[], Made[]]>([
    ['it stands in two places now', [old], ['new', 'twin'].map((key) => ({ ...old, key }))],
    ['two were the same', [old, { ...old, key: 'older' }], [{ ...old, key: 'new' }]],
    ['two were the same and are again', [old, { ...old, key: 'older' }], ['new', 'twin'].map((key) => ({ ...old, key }))],
    ['one that is there still is the same', [old, { ...old, key: 'stays' }], ['new', 'stays'].map((key) => ({ ...old, key }))],
  ])('is not guessed where %s', async (_what, before, now) => {
    expect(await renamed(before, now)).toEqual([]);
  });

  test.each<[string, number[], number[], boolean]>([
    ['most frames of both are the same', [1, 2, 3, 4], [9, 4, 2, 3], true],
    ['only half of the old are there', [1, 2, 3, 4], [1, 2], false],
    ['only half of the new are from it', [1, 2], [1, 2, 8, 9], false],
    ['they are in another order', [1, 2], [2, 1], true],
    ['what is the same tells nothing, since it stands twice', [1, 1, 1, 4], [1, 1, 1, 5], false],
  ])('that changed, too, where %s', async (_what, before, now, isFound) => {
    const found = await renamed([{ key: 'old', contents: before }], [{ key: 'new', contents: now }]);
    const kept = now.filter((content) => before.includes(content)).length;
    const pictures = { changed: 0, added: now.length - kept, removed: before.length - kept };
    expect(found).toEqual(isFound ? [{ id: idOf('old'), key: 'new', frames: now.length, pictures }] : []);
  });

  test('takes none that another has by all its pictures, or that the data set keeps', async () => {
    // Most of "old" stands in what is wholly "whole".
    const whole: Made = { key: 'whole', contents: [4, 5, 6] };
    expect(await renamed([old, whole], [{ ...whole, key: 'new' }])).toEqual([{ id: idOf('whole'), key: 'new', frames: 3, ...SAME }]);
    here.sql.exec('DELETE FROM dataset');
    expect(await renamed([old, { key: 'stays', contents: [7] }], [{ key: 'stays', contents: [1, 2] }])).toEqual([]);
  });

  test.each<[string, Made, Made]>([
    ['other pictures', old, { key: 'new', contents: [1, 3] }],
    ['other boxes', { ...old, boxes: [0, 0, 1, 1, 0, 0, 1, 1] }, { key: 'new', contents: [1, 2], boxes: [0, 0, 1, 1, 0, 0, 1, 2] }],
    ['boxes where there were none', old, { key: 'new', contents: [1, 2], boxes: [0, 0, 1, 1, 0, 0, 1, 2] }],
  ])('is none with %s', async (_what, before, now) => {
    expect(await renamed([before], [now])).toEqual([]);
  });

  test('is found in a video by its fingerprint, the numbers of its frames and its boxes', async () => {
    const boxes = [1, 1, 5, 5];
    const before: Made = { key: 'old', contents: [7], boxes, video: 'A' };
    expect(await renamed([before], [{ key: 'new', contents: [7], boxes, video: 'A' }], { new: 'A' })).toEqual([
      { id: idOf('old'), key: 'new', frames: 1, ...SAME },
    ]);
  });

  test.each<[string, Partial<Made>, Record<string, string>]>([
    ['another video', { video: 'B' }, { new: 'B' }],
    ['another frame', { contents: [8] }, { new: 'A' }],
    ['a video that is not known', {}, {}],
  ])('is none in %s', async (_what, change, videos) => {
    const one: Made = { key: 'old', contents: [7], boxes: [1, 1, 5, 5], video: 'A' };
    expect(await renamed([one], [{ ...one, key: 'new', ...change }], videos)).toEqual([]);
  });

  test('is not looked for where pictures were not recorded', async () => {
    expect(await renamed([old], [{ key: 'new', contents: [1, 2] }], {}, () => here.sql.exec('DELETE FROM tracklet_source'))).toEqual([]);
  });

  test('is none that the data set has already', async () => {
    const twin: Made = { key: 'twin', contents: [1, 2] };
    expect(await renamed([old, twin], [twin])).toEqual([]);
  });
});

describe('an update', () => {
  test('takes over what is said of the whole, its cameras, people and media, and forgets what nothing uses', async () => {
    const set = await store(
      [
        { key: 'a', pid: 1, camid: 1, contents: [1, 2] },
        { key: 'b', pid: 2, camid: 2, contents: [3] },
      ],
      { 2: 'distractor' },
    );
    const other = await store([{ key: 'x', pid: 9, camid: 9, contents: [1] }], {}, 'Other');
    const gone = Int32Array.of(idOf('b'));
    const now: Made[] = [
      { key: 'a', pid: 1, camid: 1, contents: [1, 2, 7] },
      { key: 'c', pid: 3, camid: 3, contents: [8], split: 'query', values: [['visibility', 0, 0, 4]] },
    ];
    const said: ImportHeader = {
      importer: 'not this one',
      options: { a: 2 },
      root: 'elsewhere',
      origin: 'a page',
      licence: 'CC0',
      contentHash: 'second',
      warnings: [{ code: 'W', message: 'm', where: 'w', count: 1 }],
      cameras: [
        { camid: 1, name: 'north' },
        { camid: 3, name: 'south' },
      ],
      report: { files: { seen: 4, used: 4, leftOut: 0 } },
      at: 200,
    };
    expect(await update(set, now, { gone, header: said }, { 1: 'junk' })).toEqual({ setAside: 0, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 0 });
    expect(rows('SELECT name, importer, options, root, origin, licence, content_hash, warnings, report, state FROM dataset ORDER BY id')).toEqual([
      [
        'Set',
        'folders',
        '{"a":2}',
        'elsewhere',
        'a page',
        'CC0',
        'second',
        '[{"code":"W","message":"m","where":"w","count":1}]',
        '{"files":{"seen":4,"used":4,"leftOut":0},"updated":{"at":200,"from":"elsewhere"}}',
        'ready',
      ],
      ['Other', 'folders', '{"a":1}', 'media', null, null, 'Other', '[]', '{}', 'ready'],
    ]);
    expect(rows('SELECT dataset_id, camid, name FROM camera ORDER BY 1, 2')).toEqual([
      [set, 1, 'north'],
      [set, 3, 'south'],
      [other, 9, 'c9'],
    ]);
    expect(rows('SELECT dataset_id, pid, name, kind FROM identity ORDER BY 1, 2')).toEqual([
      [set, 1, 'p1', 'junk'],
      [set, 3, 'p3', 'person'],
      [other, 9, 'p9', 'person'],
    ]);
    expect(rows('SELECT dataset_id, key, path, frame_count FROM media ORDER BY 1, 2')).toEqual([
      [set, 'a', 'at/a', 3],
      [set, 'c', 'at/c', 1],
      [other, 'x', 'at/x', 1],
    ]);
    expect(rows('SELECT key, frames, split, with_value FROM tracklet ORDER BY key')).toEqual([
      ['a', 3, 'none', 0],
      ['c', 1, 'query', 1],
      ['x', 1, 'none', 0],
    ]);
    expect(valuesOf('c')).toEqual([['visibility', 0, 0, '4', 'imported', 'folders again', 200]]);
    expect(await compare(set, now)).toEqual({ ...NOTHING, ids: [idOf('a'), idOf('c')] });
  });

  test('writes all columns of a tracklet anew, and of its source', async () => {
    const set = await store([
      { key: 'a', pid: 1, camid: 1, contents: [1, 2] },
      { key: 'b', pid: 2, camid: 2, contents: [3] },
    ]);
    const id = idOf('a');
    const boxes = [1, 2, 3, 4];
    await update(set, [
      { key: 'a', pid: 2, camid: 2, contents: [5], boxes, ignored: [1], first: 9 },
      { key: 'b', pid: 2, camid: 2, contents: [3] },
    ]);
    expect(
      rows(
        `SELECT t.id, i.pid, c.camid, m.key, t.frames, hex(t.frame_index), hex(t.boxes), t.files, hex(t.ignored), hex(s.pictures) FROM tracklet t JOIN identity i ON i.id = t.identity_id
         JOIN camera c ON c.id = t.camera_id JOIN media m ON m.id = t.media_id JOIN tracklet_source s ON s.tracklet_id = t.id WHERE t.key = 'a'`,
      ),
    ).toEqual([
      [id, 2, 2, 'a', 1, '00000000', Buffer.from(Float32Array.from(boxes).buffer).toString('hex').toUpperCase(), '["a/9"]', '01', '0500000000000000'],
    ]);
  });

  test('moves each value with its picture and all that is known of it; what lost its picture is set aside by stretches', async () => {
    const set = await store([{ key: 'a', contents: [1, 2, 3, 4, 5, 6, 7, 8] }]);
    give(
      'a',
      ['visibility', 0, 4, '3', 'judged', 'ann', 11],
      ['visibility', 5, 6, '3', 'carried', 'bob', 12],
      ['occluder', 1, 1, '"object"', 'judged', 'ann', 13],
    );
    // 1 stays, 2 and 3 are others under their names, 4 stays, and 5 to 8 are gone.
    expect(await update(set, [{ key: 'a', contents: [1, 22, 33, 4] }])).toEqual({ setAside: 4, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 0 });
    expect(valuesOf('a')).toEqual([
      ['visibility', 0, 0, '3', 'judged', 'ann', 11],
      ['visibility', 3, 3, '3', 'judged', 'ann', 11],
    ]);
    const row = (field: string, start: number, end: number, value: string, how: string, annotator: string, updatedAt: number): unknown => ({
      tracklet_id: idOf('a'),
      layer: 'shared',
      field,
      start,
      end,
      value,
      how,
      annotator,
      updated_at: updatedAt,
    });
    const aside = (
      rows('SELECT tracklet_key, field, start, "end", pictures, annotation, reason, at FROM set_aside WHERE dataset_id = ? ORDER BY id', set) as unknown[][]
    ).map(([key, field, start, end, pictures, annotation, reason, at]) => [
      key,
      field,
      start,
      end,
      JSON.parse(pictures as string),
      JSON.parse(annotation as string),
      reason,
      at,
    ]);
    expect(aside).toEqual([
      ['a', 'occluder', 1, 1, ['a/2'], row('occluder', 1, 1, '"object"', 'judged', 'ann', 13), 'changed', 200],
      ['a', 'visibility', 1, 2, ['a/2', 'a/3'], row('visibility', 0, 4, '3', 'judged', 'ann', 11), 'changed', 200],
      ['a', 'visibility', null, null, ['a/5'], row('visibility', 0, 4, '3', 'judged', 'ann', 11), 'removed', 200],
      ['a', 'visibility', null, null, ['a/6', 'a/7'], row('visibility', 5, 6, '3', 'carried', 'bob', 12), 'removed', 200],
    ]);
    // Columns of the grid follow.
    expect(rows('SELECT with_value, hidden_frames, hidden_max, terms, review FROM tracklet')).toEqual([[2, 2, 3, '', 'started']]);
  });

  test('one value on pictures that stand apart, or in another order, is set aside in as many entries', async () => {
    const set = await store([{ key: 'a', contents: [1, 2, 3, 4] }]);
    give('a', ['visibility', 0, 3, '5', 'judged', 'ann', 11]);
    // Names 2 and 3 have other pictures, 1 and 4 are gone: the name stays with a shift by one, so their places are 0 and 1.
    await update(set, [{ key: 'a', first: 2, contents: [22, 33] }]);
    expect(rows('SELECT start, "end", pictures, reason FROM set_aside ORDER BY id')).toEqual([
      [null, null, '["a/1"]', 'removed'],
      [0, 1, '["a/2","a/3"]', 'changed'],
      [null, null, '["a/4"]', 'removed'],
    ]);
    expect(valuesOf('a')).toEqual([]);
    // Frames with a value before and after one that stays.
    give('a', ['visibility', 0, 1, '6', 'judged', 'ann', 12]);
    await update(set, [{ key: 'a', first: 2, contents: [22, 33, 44] }]);
    give('a', ['visibility', 2, 2, '7', 'judged', 'ann', 13]);
    here.sql.exec('DELETE FROM set_aside');
    expect(await update(set, [{ key: 'a', first: 2, contents: [77, 33, 78] }])).toEqual({ setAside: 2, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 0 });
    expect(rows('SELECT start, "end", pictures FROM set_aside ORDER BY id')).toEqual([
      [0, 0, '["a/2"]'],
      [2, 2, '["a/4"]'],
    ]);
    expect(valuesOf('a').map(([, start, end, value]) => [start, end, value])).toEqual([[1, 1, '6']]);
  });

  test('two stretches of one value that lost their pictures are two entries, though their places follow each other', async () => {
    const set = await store([{ key: 'a', contents: [1, 2, 3] }]);
    give('a', ['visibility', 0, 2, '5', 'judged', 'ann', 11]);
    // 2 stays, behind what stands under the names 1 and 3.
    const [tracklet] = recordsOf([{ key: 'a', contents: [8, 9, 2] }]).tracklets;
    const spool = createSpool(join(here.folder, 'by-hand'));
    const pictures = Uint8Array.from([8, 9, 2].flatMap((content) => [content, 0, 0, 0, 0, 0, 0, 0]));
    for (const record of recordsOf([{ key: 'a', contents: [8, 9, 2] }]).media) spool.media(record);
    spool.tracklet({ ...tracklet!, files: JSON.stringify(['a/1', 'a/3', 'a/2']), pictures });
    const chunks = spool.finish([{ pid: 1, name: 'p1', kind: 'person' }]);
    spool.close();
    await update(set, [{ key: 'a', contents: [1] }], { spool: join(here.folder, 'by-hand'), chunks });
    expect(rows('SELECT start, "end", pictures FROM set_aside ORDER BY id')).toEqual([
      [0, 0, '["a/1"]'],
      [1, 1, '["a/3"]'],
    ]);
    expect(valuesOf('a')).toEqual([['visibility', 2, 2, '5', 'judged', 'ann', 11]]);
  });

  test('of what the source says itself is put where nobody has said otherwise', async () => {
    const set = await store([{ key: 'a', contents: [1, 2, 3, 4], values: [['visibility', 0, 3, 2]] }]);
    here.sql.exec('DELETE FROM annotation');
    give('a', ['visibility', 0, 1, '2', 'imported', 'folders', 100], ['visibility', 2, 2, '9', 'judged', 'ann', 11]);
    await update(set, [
      {
        key: 'a',
        contents: [1, 2, 3, 4],
        values: [
          ['visibility', 0, 0, 1],
          ['visibility', 1, 3, 4],
          ['occluder', 1, 1, 'person'],
          ['occluder', 2, 3, 'object'],
        ],
      },
    ]);
    expect(valuesOf('a')).toEqual([
      ['occluder', 1, 1, '"person"', 'imported', 'folders again', 200],
      ['occluder', 2, 3, '"object"', 'imported', 'folders again', 200],
      ['visibility', 0, 0, '1', 'imported', 'folders again', 200],
      ['visibility', 1, 1, '4', 'imported', 'folders again', 200],
      ['visibility', 2, 2, '9', 'judged', 'ann', 11],
      ['visibility', 3, 3, '4', 'imported', 'folders again', 200],
    ]);
    // Nothing that came with the source is set aside: it comes again, or the source takes it back.
    expect(await update(set, [{ key: 'a', contents: [1] }])).toEqual({ setAside: 1, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 0 });
    expect(valuesOf('a')).toEqual([]);
    expect(rows('SELECT field, reason FROM set_aside')).toEqual([['visibility', 'removed']]);
  });

  describe('of a value for the whole tracklet', () => {
    const note = (value: string, how: string, end = 1): Value => ['note', 0, end, value, how, how === 'imported' ? 'folders' : 'ann', 11];

    test('keeps what people said, over the frames there are now; a review only where the pictures are the same', async () => {
      const set = await store([
        { key: 'more', contents: [1, 2] },
        { key: 'less', contents: [5, 6] },
        { key: 'same', contents: [3, 4] },
      ]);
      for (const key of ['more', 'less', 'same']) give(key, note('"limps"', 'judged'), ['reviewed', 0, 1, '"reviewed"', 'judged', 'ann', 12]);
      expect(
        await update(set, [
          { key: 'more', contents: [1, 2, 9], values: [['note', 0, 2, 'runs']] },
          { key: 'less', contents: [5] },
          { key: 'same', contents: [3, 4], split: 'train' },
        ]),
      ).toEqual({ setAside: 2, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 0 });
      expect(valuesOf('more')).toEqual([note('"limps"', 'judged', 2)]);
      expect(valuesOf('less')).toEqual([note('"limps"', 'judged', 0)]);
      expect(valuesOf('same')).toEqual([note('"limps"', 'judged'), ['reviewed', 0, 1, '"reviewed"', 'judged', 'ann', 12]]);
      expect(rows('SELECT tracklet_key, field, start, "end", pictures, reason, at FROM set_aside ORDER BY id')).toEqual([
        ['more', 'reviewed', 0, 2, '[]', 'changed', 200],
        ['less', 'reviewed', 0, 0, '[]', 'changed', 200],
      ]);
      expect(rows('SELECT key, review, note FROM tracklet ORDER BY id')).toEqual([
        ['more', 'started', 'limps'],
        ['less', 'started', 'limps'],
        ['same', 'reviewed', 'limps'],
      ]);
    });

    test('takes over what the source says now in place of what it said', async () => {
      const set = await store([
        { key: 'other', contents: [1, 2], values: [['note', 0, 1, 'old']] },
        { key: 'none', contents: [3, 4], values: [['note', 0, 1, 'old']] },
        { key: 'fresh', contents: [5, 6] },
      ]);
      await update(set, [
        { key: 'other', contents: [1, 2], values: [['note', 0, 1, 'new']] },
        { key: 'none', contents: [3, 4], values: [['visibility', 0, 0, 1]] },
        { key: 'fresh', contents: [5, 6], values: [['note', 0, 1, 'first']] },
      ]);
      expect(valuesOf('other')).toEqual([['note', 0, 1, '"new"', 'imported', 'folders again', 200]]);
      expect(valuesOf('none')).toEqual([['visibility', 0, 0, '1', 'imported', 'folders again', 200]]);
      expect(valuesOf('fresh')).toEqual([['note', 0, 1, '"first"', 'imported', 'folders again', 200]]);
      expect(rows('SELECT key, note FROM tracklet ORDER BY id')).toEqual([
        ['other', 'new'],
        ['none', ''],
        ['fresh', 'first'],
      ]);
    });
  });

  test('moves what was shown with the pictures, for each person who looked', async () => {
    const set = await store([{ key: 'a', contents: [1, 2, 3] }]);
    const put = here.sql.prepare('INSERT INTO seen (tracklet_id, annotator, shown_ms, slowest, fastest, updated_at) VALUES (?, ?, ?, ?, ?, 50)');
    put.run(idOf('a'), 'ann', Buffer.from(Uint32Array.of(1000, 2000, 3000).buffer), Buffer.of(1, 2, 3), Buffer.of(8, 9, 10));
    put.run(idOf('a'), 'bob', Buffer.from(Uint32Array.of(7, 70_000, 9).buffer), Buffer.of(4, 5, 6), Buffer.of(4, 5, 6));
    await update(set, [{ key: 'a', first: 0, contents: [8, 3, 1, 2] }]);
    const seen = rows('SELECT annotator, shown_ms, slowest, fastest, updated_at FROM seen ORDER BY annotator') as [string, Buffer, Buffer, Buffer, number][];
    expect(
      seen.map(([annotator, shown, slowest, fastest, at]) => [annotator, [...new Uint32Array(Uint8Array.from(shown).buffer)], [...slowest], [...fastest], at]),
    ).toEqual([
      ['ann', [0, 3000, 1000, 2000], [0, 3, 1, 2], [0, 10, 8, 9], 50],
      ['bob', [0, 9, 7, 70_000], [0, 6, 4, 5], [0, 6, 4, 5], 50],
    ]);
  });

  test('keeps a split that the user chose as long as the source says what it said', async () => {
    const all = ['kept', 'said', 'unknown'].map((key, index): Made => ({ key, contents: [index], split: 'train' }));
    const set = await store(all);
    await here.db.write('tracklets', 'setSplit', { ids: all.map(({ key }) => idOf(key)), split: 'gallery', at: 1, tags: [] });
    here.sql.exec(`DELETE FROM tracklet_source WHERE tracklet_id = ${idOf('unknown')}`);
    await update(set, [
      { ...all[0]!, contents: [0, 9] },
      { ...all[1]!, split: 'query' },
      { ...all[2]!, split: 'query' },
    ]);
    expect(rows('SELECT key, split FROM tracklet ORDER BY id')).toEqual([
      ['kept', 'gallery'],
      ['said', 'query'],
      ['unknown', 'gallery'],
    ]);
  });

  test('sets aside all that people said of tracklets that are gone, and nothing that came with the source', async () => {
    const set = await store([
      { key: 'stays', contents: [9] },
      { key: 'gone', contents: [1, 2, 3], values: [['occluder', 0, 2, 'object']] },
    ]);
    give('gone', ['visibility', 0, 1, '3', 'judged', 'ann', 11], ['visibility', 2, 2, '4', 'carried', 'ann', 12]);
    const id = idOf('gone');
    expect(await update(set, [{ key: 'stays', contents: [9] }], { gone: Int32Array.of(id) })).toEqual({
      setAside: 2,
      moved: 0,
      putBack: 0,
      splitsKept: 0,
      stepsEnded: 0,
    });
    expect(rows('SELECT key FROM tracklet')).toEqual([['stays']]);
    expect(await here.db.read('setAside', 'setAside', { datasetId: set })).toEqual([
      { id: 1, trackletId: null, tracklet: 'gone', field: 'visibility', start: null, end: null, pictures: ['gone/1', 'gone/2'], value: 3, reason: 'removed' },
      { id: 2, trackletId: null, tracklet: 'gone', field: 'visibility', start: null, end: null, pictures: ['gone/3'], value: 4, reason: 'removed' },
    ]);
    await expect(update(set, [], { gone: Int32Array.of(id) })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: `Tracklet ${id} is not there any more.`,
      params: { trackletId: id },
    });
  });

  test('touches no tracklet of another data set', async () => {
    const set = await store([{ key: 'a', contents: [1] }]);
    await store([{ key: 'x', contents: [1] }], {}, 'Other');
    await expect(update(set, [{ key: 'a', contents: [1] }], { gone: Int32Array.of(idOf('x')) })).rejects.toMatchObject({ code: 'CONFLICT' });
    await update(set, [{ key: 'a', contents: [1] }], { renamed: [{ id: idOf('x'), key: 'y' }] });
    expect(rows('SELECT key FROM tracklet ORDER BY id')).toEqual([['a'], ['x']]);
  });

  test('gives a tracklet its new key and keeps its values and its id', async () => {
    const set = await store([{ key: 'old', contents: [1, 2] }]);
    give('old', ['visibility', 0, 1, '3', 'judged', 'ann', 11]);
    const id = idOf('old');
    expect(await update(set, [{ key: 'new', contents: [1, 2] }], { renamed: [{ id, key: 'new' }] })).toEqual({
      setAside: 0,
      moved: 0,
      putBack: 0,
      splitsKept: 0,
      stepsEnded: 0,
    });
    expect(rows('SELECT id, key FROM tracklet')).toEqual([[id, 'new']]);
    expect(valuesOf('new')).toEqual([['visibility', 0, 1, '3', 'judged', 'ann', 11]]);
  });

  test('of a video compares it with the fingerprint of before, though that of now is stored by then', async () => {
    const boxes = [1, 1, 5, 5, 1, 1, 5, 5];
    const set = await store([{ key: 'v', contents: [10, 11], boxes, video: 'A' }]);
    give('v', ['visibility', 0, 1, '3', 'judged', 'ann', 11]);
    // The same frames, of which the source says something else.
    expect(await update(set, [{ key: 'v', contents: [10, 11], boxes, video: 'A', split: 'train' }])).toEqual({
      setAside: 0,
      moved: 0,
      putBack: 0,
      splitsKept: 0,
      stepsEnded: 0,
    });
    expect(valuesOf('v')).toEqual([['visibility', 0, 1, '3', 'judged', 'ann', 11]]);
    expect(await update(set, [{ key: 'v', contents: [10, 11], boxes, video: 'B', split: 'train' }])).toEqual({
      setAside: 1,
      moved: 0,
      putBack: 0,
      splitsKept: 0,
      stepsEnded: 0,
    });
    expect(valuesOf('v')).toEqual([]);
    expect(rows('SELECT content_hash FROM media')).toEqual([['B']]);
  });

  describe('ends steps of history', () => {
    const named = (key: string): string => JSON.stringify([{ op: 'putAnnotations', rows: [{ tracklet_id: idOf(key), field: 'f' }] }]);
    function step(label: string, patch: string, inverse: string): void {
      here.sql.prepare(`INSERT INTO history (at, label, call, tags, patch, inverse) VALUES (1, ?, 'x', '[]', ?, ?)`).run(label, patch, inverse);
    }
    const left = (): unknown[] => rows('SELECT label FROM history ORDER BY id').flat();

    test('that name positions in what changed or went, done or undone', async () => {
      const set = await store([
        { key: 'changed', contents: [1] },
        { key: 'gone', contents: [2] },
        { key: 'same', contents: [3] },
      ]);
      step('patch', named('changed'), '[]');
      step('inverse', '[]', named('changed'));
      step('gone', named('gone'), named('gone'));
      step('same', named('same'), named('same'));
      step('other number', JSON.stringify([{ op: 'clearAside', ids: [idOf('changed')] }]), '[]');
      const now: Made[] = [
        { key: 'changed', contents: [9] },
        { key: 'same', contents: [3] },
      ];
      expect(await update(set, now, { gone: Int32Array.of(idOf('gone')) })).toEqual({ setAside: 0, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 3 });
      expect(left()).toEqual(['same', 'other number']);
    });

    test.each<[string, Partial<Made>, boolean]>([
      ['is only called otherwise', { key: 'new' }, true],
      ['is of another split', { split: 'train' }, true],
      [
        'has values of the source on no other frames',
        {
          values: [
            ['visibility', 0, 0, 4],
            ['visibility', 1, 1, 2],
          ],
        },
        true,
      ],
      [
        'has another value of the source',
        {
          values: [
            ['visibility', 0, 0, 4],
            ['visibility', 1, 1, 3],
          ],
        },
        false,
      ],
      ['has a value of the source on another frame', { values: [['visibility', 0, 0, 4]] }, false],
      ['has one value less', { values: [['visibility', 1, 1, 2]] }, false],
      [
        'has another field',
        {
          values: [
            ['occluder', 0, 0, 4],
            ['visibility', 1, 1, 2],
          ],
        },
        false,
      ],
      ['has its pictures in another order', { contents: [2, 1] }, false],
      ['has another picture', { contents: [1, 3] }, false],
      ['has a picture more', { contents: [1, 2, 3] }, false],
      ['has a picture less', { contents: [1] }, false],
    ])('of one tracklet that %s', async (_what, change, stays) => {
      const one: Made = {
        key: 'a',
        contents: [1, 2],
        values: [
          ['visibility', 0, 0, 4],
          ['visibility', 1, 1, 2],
        ],
      };
      const set = await store([one]);
      step('its own', named('a'), '[]');
      const id = idOf('a');
      // Rows of an import carry its time and name, and are given anew.
      const renamed = change.key === undefined ? [] : [{ id, key: change.key }];
      const now = { ...one, ...change };
      const split = change.split ?? (change.values ? 'query' : 'none');
      expect((await update(set, [{ ...now, split }], { renamed })).stepsEnded).toBe(stays ? 0 : 1);
      expect(left()).toEqual(stays ? ['its own'] : []);
    });

    test('where a value of a person became one of the source', async () => {
      const set = await store([{ key: 'a', contents: [1, 2] }]);
      give('a', ['visibility', 0, 0, '4', 'judged', 'ann', 1]);
      step('its own', named('a'), '[]');
      // The same value, which is the person's all the same.
      await update(set, [{ key: 'a', contents: [1, 2], values: [['visibility', 0, 0, 4]] }]);
      expect([left(), valuesOf('a')]).toEqual([['its own'], [['visibility', 0, 0, '4', 'judged', 'ann', 1]]]);
    });
  });

  test('keeps the order of ids the order of numbers, people before distractors before junk', async () => {
    const set = await store(
      [
        { key: 'a', pid: 2, camid: 2, contents: [1] },
        { key: 'b', pid: 4, camid: 4, contents: [2] },
      ],
      { 4: 'distractor' },
    );
    const order = (): unknown[] => [rows('SELECT pid, name, kind FROM identity ORDER BY id'), rows('SELECT camid, name FROM camera ORDER BY id')];
    const ids = (): unknown[] =>
      rows('SELECT i.id, c.id FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id ORDER BY t.key');
    const before = ids();
    // At the end: nobody gets another id.
    const end: Made[] = [
      { key: 'a', pid: 2, camid: 2, contents: [1] },
      { key: 'b', pid: 4, camid: 4, contents: [2] },
      { key: 'c', pid: 5, camid: 5, contents: [3] },
    ];
    await update(set, end, {}, { 4: 'distractor', 5: 'junk' });
    expect(ids().slice(0, 2)).toEqual(before);
    await update(
      set,
      [...end, { key: 'd', pid: 3, camid: 3, contents: [4] }, { key: 'e', pid: 9, camid: 3, contents: [5] }],
      {},
      { 4: 'distractor', 5: 'junk' },
    );
    expect(order()).toEqual([
      [
        [2, 'p2', 'person'],
        [3, 'p3', 'person'],
        [9, 'p9', 'person'],
        [4, 'p4', 'distractor'],
        [5, 'p5', 'junk'],
      ],
      [
        [2, 'c2'],
        [3, 'c3'],
        [4, 'c4'],
        [5, 'c5'],
      ],
    ]);
    expect(
      rows('SELECT t.key, i.pid, c.camid FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id ORDER BY t.key'),
    ).toEqual([
      ['a', 2, 2],
      ['b', 4, 4],
      ['c', 5, 5],
      ['d', 3, 3],
      ['e', 9, 3],
    ]);
    expect(rows('SELECT * FROM pragma_foreign_key_check')).toEqual([]);
  });

  test('from a file of records that is cut off is refused, and nothing is changed', async () => {
    const set = await store([{ key: 'a', contents: [1] }]);
    const cut = spooled([{ key: 'a', contents: [2] }]);
    const whole = cut.chunks.reduce((sum, { length }) => sum + length, 0);
    truncateSync(cut.spool, whole - 1);
    await expect(update(set, [{ key: 'a', contents: [2] }], cut)).rejects.toThrow(`${cut.spool} ends at ${whole - 1}`);
    expect(rows('SELECT content_hash FROM dataset')).toEqual([['Set']]);
    expect(await compare(set, [{ key: 'a', contents: [1] }])).toEqual({ ...NOTHING, ids: [idOf('a')] });
  });
});

test('what was set aside names the tracklet that stands there now, by data set, and is dropped by data set', async () => {
  const set = await store([{ key: 'a', contents: [1, 2] }]);
  const other = await store([{ key: 'b', contents: [1, 2] }], {}, 'Other');
  for (const key of ['a', 'b']) give(key, ['visibility', 0, 1, '3', 'judged', 'ann', 11]);
  await update(set, [{ key: 'a', contents: [1, 8] }]);
  await update(other, [{ key: 'b', contents: [7, 8] }]);
  const aside = (datasetId: number): Promise<unknown> => here.db.read('setAside', 'setAside', { datasetId });
  const entry = { field: 'visibility', value: 3, reason: 'changed' };
  expect(await aside(set)).toEqual([{ ...entry, id: 1, trackletId: idOf('a'), tracklet: 'a', start: 1, end: 1, pictures: ['a/2'] }]);
  const ofOther = [{ ...entry, id: 2, trackletId: idOf('b'), tracklet: 'b', start: 0, end: 1, pictures: ['b/1', 'b/2'] }];
  expect(await aside(other)).toEqual(ofOther);
  await here.db.write('setAside', 'dropAside', { datasetId: set });
  expect([await aside(set), await aside(other)]).toEqual([[], ofOther]);
});

test('pictures that lie elsewhere in their archive are the same: nothing but their places is taken over, also of those an update passes over', async () => {
  const at = (...starts: number[]): Made[] => [
    { key: 'a', contents: [1, 2], starts: starts.slice(0, 2) },
    { key: 'b', contents: [3], starts: starts.slice(2) },
  ];
  const id = await store(at(10, 20, 30));
  const places = () =>
    here.db.read('media', 'trackletPixels', { id: 1 }).then(({ ranges }) => ranges && [0, 1].map((position) => rangeAt(ranges, position).start));
  const areInPlace = (made: Made[]) => here.db.read('importChanges', 'areInPlace', { datasetId: id, piece: serialize(recordsOf(made)) });
  const folder = at(10, 20, 30).map(({ starts: _starts, ...plain }) => plain);
  expect([await places(), await areInPlace(at(10, 20, 30)), await areInPlace(at(10, 20, 31)), await areInPlace(folder)]).toEqual([
    [10, 20],
    true,
    false,
    false,
  ]);

  await here.db.write('importUpdate', 'moveTo', { datasetId: id, root: 'media/new.zip', ...spooled(at(11, 21, 31)) });
  const location = () => here.db.read('datasets', 'location', { id });
  expect([await places(), await location()]).toEqual([[11, 21], { root: 'media/new.zip', name: 'Set', isArchive: true }]);

  const [, second] = at(12, 22, 32) as [Made, Made];
  const kept = await update(id, [at(12, 22, 32)[0] as Made, { ...second, contents: [4] }]);
  expect([await places(), kept.stepsEnded]).toEqual([[12, 22], 0]);
  await update(id, folder);
  expect([await places(), (await location()).isArchive]).toEqual([null, false]);

  await here.db.write('datasets', 'remove', { id, at: 300, tags: [] });
  await expect(here.db.write('importUpdate', 'moveTo', { datasetId: id, root: 'x', ...spooled(folder) })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
