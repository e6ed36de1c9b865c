/** Further split sets of a source: from an importer in memory to their rows, and what an update makes of them and of what was chosen since. */
import { serialize } from 'node:v8';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineImporter, type RecordSink, type SplitRecord } from '../../../../datasets/importer.ts';
import { readWhole } from '../../../../datasets/readWhole.ts';
import { FIELDS } from '../../../../src-main/features/annotations/fields.ts';
import type { SourceSplit } from '../../../../src-main/features/splits/fromSource.table.ts';
import { createSpool, readPiece, spooledTracklet, spoolPieces } from '../../../../src-main/features/imports/spool.ts';
import { createStage } from '../../../../src-main/features/imports/stage.ts';
import type { UpdateInput } from '../../../../src-main/features/imports/update.table.ts';
import { recordsOf, spoolOf, type Made } from '../../../support/madeSource.ts';
import { fakeMedia, memoryTree } from '../../../support/memoryTree.ts';
import { tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => (here = await tablesHere()));
afterEach(() => here[Symbol.dispose]());

const HEADER = { importer: 'toy', options: {}, root: 'media', origin: null, licence: null, contentHash: 'a', warnings: [], report: {}, at: 100 };
const cameras = [{ camid: 1, name: 'c1' }];
const sidesOf = (name: string): unknown =>
  Object.fromEntries(
    here.rows(
      'SELECT t.key, m.side FROM split_member m JOIN split_set s ON s.id = m.split_set_id JOIN tracklet t ON t.id = m.tracklet_id WHERE s.name = ? ORDER BY t.key',
      name,
    ) as [string, string][],
  );
const idsOf = (...keys: string[]): number[] => keys.map((key) => here.sql.prepare('SELECT id FROM tracklet WHERE key = ?').pluck().get(key) as number);

/** Three tracklets of one person, and what `more` names. */
const toy = (more: (sink: RecordSink) => Promise<void>) =>
  defineImporter({
    id: 'toy',
    title: 'Toy',
    layout: 'pictures',
    options: z.object({}),
    probe: async () => null,
    async read(_tree, _options, sink) {
      await sink.camera(cameras[0]!);
      await sink.identity({ pid: 1, name: '1', kind: 'person' });
      await sink.media({ key: 'm', kind: 'crops', path: '.', width: 1, height: 1, frameCount: 3, fps: null });
      for (const key of ['a', 'b', 'c'])
        await sink.tracklet({
          key,
          pid: 1,
          camid: 1,
          split: 'train',
          mediaKey: 'm',
          frameIndex: Int32Array.of(0),
          boxes: null,
          files: [`${key}.jpg`],
          ignored: null,
          annotations: [],
        });
      await more(sink);
      return { name: 'Toy', licence: null, origin: null };
    },
  });

/** The way of an import: importer, account of files, checks, spool, pieces. */
async function imported(more: (sink: RecordSink) => Promise<void>, strict = false) {
  const file = join(here.folder, 'spool');
  const spool = createSpool(file);
  const stage = createStage(FIELDS, {
    media: async (record) => spool.media({ ...record, contentHash: null }),
    tracklet: async (record) => spool.tracklet(spooledTracklet(record, { pictures: null, video: null })),
    split: async (record) => spool.split(record),
    progress: () => undefined,
  });
  const files = memoryTree({ 'a.jpg': 'a', 'b.jpg': 'b', 'c.jpg': 'c' });
  await readWhole(toy(more), files, {}, stage.sink, { signal: new AbortController().signal, media: fakeMedia(), strict });
  const chunks = spool.finish(stage.identities);
  spool.close();
  const { datasetId } = await here.db.write('imports', 'begin', { ...HEADER, cameras });
  for await (const { bytes } of spoolPieces(file, chunks)) await here.db.write('imports', 'addPiece', { datasetId, piece: bytes, annotator: 'toy', at: 100 });
  await here.db.write('imports', 'finish', { datasetId, name: 'Toy' });
  return { datasetId, warnings: stage.warnings };
}

describe('an importer that names further sets', () => {
  test('has them beside the first, which is in use; in parts, with members said twice, and without any', async () => {
    const { datasetId, warnings } = await imported(async (sink) => {
      await sink.split({ name: 'half 1', members: [{ key: 'a', side: 'train' }] });
      await sink.split({ name: 'half 2', members: [{ key: 'a', side: 'gallery' }] });
      await sink.split({
        name: 'half 1',
        members: [
          { key: 'b', side: 'query' },
          { key: 'a', side: 'train' },
        ],
      });
      await sink.split({ name: 'none yet', members: [] });
    });
    expect(warnings).toEqual([]);
    expect((await here.db.read('splits', 'list', { datasetId })).map(({ name, origin, isInUse, counts }) => [name, origin, isInUse, counts])).toEqual([
      ['main', 'imported', true, { train: 3, query: 0, gallery: 0 }],
      ['half 1', 'imported', false, { train: 1, query: 1, gallery: 0 }],
      ['half 2', 'imported', false, { train: 0, query: 0, gallery: 1 }],
      ['none yet', 'imported', false, { train: 0, query: 0, gallery: 0 }],
    ]);
    expect(sidesOf('half 1')).toEqual({ a: 'train', b: 'query' });
    expect(here.rows('SELECT key, split FROM tracklet ORDER BY key')).toEqual([
      ['a', 'train'],
      ['b', 'train'],
      ['c', 'train'],
    ]);
  });

  test('members that are no tracklets are left out and counted; under strict they refuse the import', async () => {
    const more = (sink: RecordSink) =>
      sink.split({ name: 'half', members: ['x', 'b', 'y'].map((key): SplitRecord['members'][number] => ({ key, side: 'query' })) });
    const { warnings } = await imported(more);
    expect(warnings).toEqual([
      {
        code: 'SPLIT_MEMBER_UNKNOWN',
        message: 'Members of a split that are no tracklets of the source are left out.',
        where: 'x in "half", y in "half"',
        count: 2,
      },
    ]);
    expect(sidesOf('half')).toEqual({ b: 'query' });
    here[Symbol.dispose]();
    here = await tablesHere();
    await expect(imported(more, true)).rejects.toMatchObject({ code: 'IMPORT_INCOMPLETE' });
  });

  test.each<[string, SplitRecord[], string]>([
    ['the name of the first', [{ name: 'main', members: [] }], 'The source names a split "main"; that is the one of its records.'],
    ['no name', [{ name: ' ', members: [] }], 'The source has a split whose name has not 1 to 120 characters.'],
    [
      'a member on two sides',
      [
        { name: 'half', members: [{ key: 'a', side: 'train' }] },
        { name: 'half', members: [{ key: 'a', side: 'query' }] },
      ],
      'The split "half" has tracklet a on two sides, "train" and "query".',
    ],
    [
      'a side that there is not',
      [{ name: 'half', members: [{ key: 'a', side: 'none' as 'train' }] }],
      'The split "half" has tracklet a on the side "none"; sides are train, query, gallery.',
    ],
  ])('is refused with %s', async (_what, splits, message) => {
    await expect(
      imported(async (sink) => {
        for (const split of splits) await sink.split(split);
      }),
    ).rejects.toMatchObject({ code: 'FILE_INVALID', message });
  });
});

test('a large set goes into pieces of bounded size, and comes out whole', async () => {
  const members = Array.from({ length: 1000 }, (_, index): SourceSplit['members'][number] => [`t${index}`, 'query']);
  const { spool, chunks } = spoolOf(join(here.folder, 'large'), [{ key: 't', contents: [1] }], {}, [{ name: 'half', members }]);
  const found: SourceSplit[] = [];
  for await (const { bytes } of spoolPieces(spool, chunks)) found.push(...readPiece(bytes).splits);
  expect(found.flatMap((part) => part.members)).toEqual(members);
  expect(Math.max(...found.map((part) => part.members.length))).toBeLessThanOrEqual(250);
});

describe('an update from the source', () => {
  const made = (...keys: string[]): Made[] => keys.map((key, index) => ({ key, contents: [index + 1], split: 'train' }));
  const split = (name: string, members: Record<string, 'train' | 'query' | 'gallery'>): SourceSplit => ({ name, members: Object.entries(members) });
  let datasetId: number;
  let spools = 0;

  async function store(tracklets: Made[], ...splits: SourceSplit[]): Promise<void> {
    ({ datasetId } = await here.db.write('imports', 'begin', { ...HEADER, cameras }));
    await here.db.write('imports', 'addPiece', { datasetId, piece: serialize(recordsOf(tracklets, {}, splits)), annotator: 'toy', at: 100 });
    await here.db.write('imports', 'finish', { datasetId, name: 'Set' });
  }
  function update(tracklets: Made[], splits: SourceSplit[], more: Partial<UpdateInput> = {}): Promise<unknown> {
    return here.db.write('importUpdate', 'update', {
      datasetId,
      header: { ...HEADER, cameras, contentHash: 'b', at: 200 },
      ...spoolOf(join(here.folder, `update-${spools++}`), tracklets, {}, splits),
      gone: new Int32Array(),
      renamed: [],
      wholeFields: [],
      annotator: 'toy',
      ...more,
    });
  }
  const use = (name: string): Promise<void> =>
    here.db.write('splits', 'use', {
      datasetId,
      splitSet: here.sql.prepare('SELECT id FROM split_set WHERE name = ?').pluck().get(name) as number,
      at: 1,
      tags: [],
    });
  const choose = (side: 'train' | 'query' | 'gallery' | 'none', ...keys: string[]): Promise<unknown> =>
    here.db.write('tracklets', 'setSplit', { ids: idsOf(...keys), split: side, at: 1, tags: [] });

  test('keeps what was chosen as long as the source says what it said, and follows it where it says otherwise', async () => {
    await store(made('a', 'b', 'c', 'd'), split('half', { a: 'train', b: 'query', c: 'gallery' }));
    await use('half');
    await choose('gallery', 'a');
    await choose('gallery', 'b');
    await choose('train', 'd');
    await update(made('a', 'b', 'c', 'd'), [split('half', { a: 'train', b: 'train' })]);
    // a and d as chosen; b as it says now; c is named no more.
    expect(sidesOf('half')).toEqual({ a: 'gallery', b: 'train', d: 'train' });
    expect(here.rows('SELECT key, split FROM tracklet ORDER BY key')).toEqual([
      ['a', 'gallery'],
      ['b', 'train'],
      ['c', 'none'],
      ['d', 'train'],
    ]);
    expect(sidesOf('main')).toEqual({ a: 'train', b: 'train', c: 'train', d: 'train' });
  });

  test('goes with a tracklet to its other name, drops who is gone, and brings new ones and new sets', async () => {
    await store(made('a', 'b', 'c'), split('half', { a: 'train', b: 'query', c: 'gallery' }));
    await choose('query', 'a');
    const [a, , c] = idsOf('a', 'b', 'c');
    await update(
      [...made('a2', 'b'), { key: 'n', contents: [9], split: 'gallery' }],
      [split('half', { a2: 'train', b: 'query', n: 'query' }), split('third', { b: 'train' })],
      { gone: Int32Array.of(c!), renamed: [{ id: a!, key: 'a2' }] },
    );
    expect(sidesOf('half')).toEqual({ a2: 'train', b: 'query', n: 'query' });
    expect(sidesOf('third')).toEqual({ b: 'train' });
    // In the first set the choice of before stays.
    expect(sidesOf('main')).toEqual({ a2: 'query', b: 'train', n: 'gallery' });
  });

  test('leaves sets that were built here as they are, and those that the source names no more', async () => {
    await store(made('a', 'b'), split('half', { a: 'train', b: 'query' }));
    here.sql.exec(`
      INSERT INTO split_set (id, dataset_id, name, origin, created_at) VALUES (50, ${datasetId}, 'mine', 'built', 1), (51, ${datasetId}, 'third', 'built', 1);
      INSERT INTO split_member (split_set_id, tracklet_id, side) SELECT 50, id, 'gallery' FROM tracklet;`);
    const [b] = idsOf('b');
    await update(made('a'), [split('third', { a: 'query' })], { gone: Int32Array.of(b!) });
    expect([sidesOf('mine'), sidesOf('half'), sidesOf('third')]).toEqual([{ a: 'gallery' }, { a: 'train' }, { a: 'query' }]);
    // The one that had its name has another, so that the source finds its own again.
    expect(here.rows('SELECT name, origin FROM split_set ORDER BY name')).toEqual([
      ['half', 'imported'],
      ['main', 'imported'],
      ['mine', 'built'],
      ['third', 'imported'],
      ['third (2)', 'built'],
    ]);
    await update(made('a'), [split('third', { a: 'train' })]);
    expect([sidesOf('third'), here.rows('SELECT count(*) FROM split_set')]).toEqual([{ a: 'train' }, [[5]]]);
  });
});
