/** Which data set a folder is compared with, what of it changed in all, and the sentence that says so. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { changedError, changeSentence, compareSource, shownChange } from '../../../../src-main/features/imports/compareSource.ts';
import { knownImporters } from '../../../../src-main/features/imports/importers.ts';
import type { ReadSource } from '../../../../src-main/features/imports/source.ts';
import type { ProjectDatabase } from '../../../../src-main/features/database.ts';
import { projectFolder } from '../../../../src-main/platform/projectFolder.ts';
import type { SourceChange } from '../../../../src-shared/contract/imports.ts';
import { recordsOf, spoolOf, type Made } from '../../../support/madeSource.ts';
import { tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
let folder: string;
let options: Record<string, unknown>;
let spools = 0;
let asked: string[];
beforeEach(async () => {
  here = await tablesHere();
  asked = [];
  folder = join(here.folder, 'media', 'set');
  mkdirSync(folder, { recursive: true });
  options = (await knownImporters()).get('image-folder')?.options.parse({}) as Record<string, unknown>;
});
afterEach(() => here[Symbol.dispose]());

async function store(
  made: readonly Made[],
  more: { name?: string; root?: string; options?: Record<string, unknown>; importer?: string } = {},
): Promise<number> {
  const { name = 'Set', root = 'media/set', importer = 'image-folder' } = more;
  const cameras = [...new Set(made.map(({ camid = 1 }) => camid))].map((camid) => ({ camid, name: `c${camid}` }));
  const { datasetId } = await here.db.write('imports', 'begin', {
    ...{ importer, options: more.options ?? options, root, origin: null, licence: null, contentHash: `of ${name}`, warnings: [], cameras, report: {}, at: 1 },
  });
  await here.db.write('imports', 'addPiece', { datasetId, piece: serialize(recordsOf(made)), annotator: 'x', at: 1 });
  await here.db.write('imports', 'finish', { datasetId, name });
  return datasetId;
}

const context = () => ({
  project: projectFolder(here.folder),
  db: {
    read(table: string, fn: string, input: unknown) {
      asked.push(fn);
      return (here.db.read as (...all: unknown[]) => unknown)(table, fn, input);
    },
  } as unknown as ProjectDatabase,
});

/** `made` lies in the folder now. */
function compare(
  made: readonly Made[],
  change: { contentHash?: string; folder?: string; options?: Record<string, unknown>; signal?: AbortSignal } = {},
  of?: number,
) {
  const { spool, chunks } = spoolOf(join(here.folder, `records-${spools++}`), made);
  const source = {
    folder: change.folder ?? folder,
    spool,
    read: { importer: 'image-folder', options: change.options ?? options, contentHash: change.contentHash ?? 'other', chunks, videos: {} },
  } as unknown as ReadSource;
  return compareSource(context(), source, change.signal ?? new AbortController().signal, of);
}

const SET: Made[] = [
  { key: 'a', contents: [1, 2, 3] },
  { key: 'b', contents: [4, 5] },
  { key: 'c', contents: [6, 7] },
];
const NEW = { same: null, change: null };

describe('the data set of a source', () => {
  test('is one of the same content, whatever it was made of', async () => {
    const id = await store(SET, { root: 'elsewhere', importer: 'mot-video' });
    expect(await compare(SET, { contentHash: 'of Set' })).toEqual({ same: { id, name: 'Set' }, change: null });
    expect(await compare(SET)).toEqual(NEW);
  });

  test('is the newest of the same importer, folder and options', async () => {
    const first = await store(SET, { name: 'First' });
    expect((await compare([{ key: 'a', contents: [1, 2] }])).change).toMatchObject({ dataset: first, name: 'First' });
    const second = await store(SET, { name: 'Second' });
    await store(SET, { name: 'Options', options: { ...options, minFrames: 2 } });
    await store(SET, { name: 'Folder', root: 'media/set2' });
    await store(SET, { name: 'Importer', importer: 'mot-video' });
    expect((await compare([{ key: 'a', contents: [1, 2] }])).change).toMatchObject({ dataset: second, name: 'Second' });
    expect(await compare(SET, { options: { ...options, minFrames: 3 } })).toEqual(NEW);
    expect(await compare(SET, { folder: join(here.folder, 'media') })).toEqual(NEW);
  });

  test('was made of the folder also where its root is a link to it, and of none where its root is gone', async () => {
    symlinkSync(folder, join(here.folder, 'link'));
    await store(SET, { name: 'Gone', root: 'nowhere' });
    expect(await compare([{ key: 'a', contents: [1, 2] }])).toEqual(NEW);
    const id = await store(SET, { name: 'Link', root: join(here.folder, 'link') });
    await store(SET, { name: 'Gone again', root: 'nowhere' });
    expect((await compare([{ key: 'a', contents: [1, 2] }])).change).toMatchObject({ dataset: id });
    // Where the folder itself is gone by now, its name is enough.
    expect((await compare([{ key: 'a', contents: [1, 2] }], { folder: join(here.folder, 'nowhere') })).change).toMatchObject({ name: 'Gone again' });
  });

  test('has options of before: what was unknown then counts as its default, what fits no more as other options', async () => {
    const { minFrames: _left, ...before } = options;
    const id = await store(SET, { options: before });
    await store(SET, { name: 'Odd', options: { ...options, minFrames: 0 } });
    expect((await compare([{ key: 'a', contents: [1, 2] }])).change).toMatchObject({ dataset: id });
  });
});

test('asked of one data set, it is compared with that one alone', async () => {
  const first = await store(SET, { name: 'First' });
  const second = await store([{ key: 'a', contents: [1, 2] }], { name: 'Second', root: 'elsewhere', importer: 'mot-video' });
  const of = (dataset: number, contentHash?: string) => compare(SET, contentHash === undefined ? {} : { contentHash }, dataset);
  expect(await of(second, 'of First')).toMatchObject({ same: null, change: { dataset: second, name: 'Second', tracklets: { added: 2 } } });
  expect(await of(second, 'of Second')).toEqual({ same: { id: second, name: 'Second' }, change: null });
  expect(await of(first, 'of First')).toEqual({ same: { id: first, name: 'First' }, change: null });
  await expect(of(99)).rejects.toMatchObject({ code: 'NOT_FOUND', params: { datasetId: 99 } });
});

describe('a change', () => {
  test('is summed up over all pieces: changed, added, removed and renamed tracklets, and their pictures without those that moved', async () => {
    const dataset = await store([...SET, { key: 'd', contents: [8, 9] }, { key: 'e', contents: [10] }]);
    const [, , , d, e] = here.sql.prepare('SELECT id FROM tracklet ORDER BY id').pluck().all() as number[];
    const { same, change } = await compare([
      { key: 'a', contents: [1, 22, 3, 44] },
      { key: 'b', contents: [4] },
      { key: 'c', contents: [6, 7] },
      { key: 'moved', contents: [8, 9] },
      { key: 'new', contents: [30, 31, 32] },
    ]);
    expect(same).toBeNull();
    expect(change).toEqual({
      dataset,
      name: 'Set',
      tracklets: { added: 1, changed: 2, removed: 1, renamed: 1 },
      pictures: { changed: 1, added: 4, removed: 2 },
      gone: Int32Array.of(e ?? 0),
      renamed: [{ id: d, key: 'moved', frames: 2, pictures: { changed: 0, added: 0, removed: 0 } }],
    });
    expect(shownChange(change!)).toEqual({
      dataset,
      name: 'Set',
      tracklets: { added: 1, changed: 2, removed: 1, renamed: 1 },
      pictures: { changed: 1, added: 4, removed: 2 },
    });
  });

  test('of many pieces holds every tracklet of each', async () => {
    // Two hundred and fifty rows are a piece.
    const many = Array.from({ length: 300 }, (_, index): Made => ({ key: `t${index}`, contents: [index % 250] }));
    const dataset = await store(many.slice(0, 298));
    const { change } = await compare(many.map((made, index) => (index % 2 === 0 ? made : { ...made, split: 'train' })));
    expect(change).toMatchObject({ dataset, tracklets: { added: 2, changed: 149, removed: 0, renamed: 0 }, pictures: { changed: 0, added: 2, removed: 0 } });
    expect(change?.gone).toEqual(new Int32Array());
  });

  test('of names alone is one, too, and other names of tracklets are not looked for where none came or none went', async () => {
    const dataset = await store(SET);
    const none = { tracklets: { added: 0, changed: 0, removed: 0, renamed: 0 }, pictures: { changed: 0, added: 0, removed: 0 } };
    expect((await compare(SET)).change).toEqual({ dataset, name: 'Set', ...none, gone: new Int32Array(), renamed: [] });
    expect((await compare([...SET, { key: 'new', contents: [9] }])).change).toMatchObject({ tracklets: { added: 1, changed: 0, removed: 0, renamed: 0 } });
    expect((await compare(SET.slice(0, 2))).change).toMatchObject({ tracklets: { added: 0, changed: 0, removed: 1, renamed: 0 } });
    expect(asked).not.toContain('renamed');
  });

  test('cannot be told where pictures were not recorded and nothing else differs: then it is the same', async () => {
    const id = await store(SET);
    here.sql.exec('DELETE FROM tracklet_source');
    const same = { same: expect.objectContaining({ id, name: 'Set' }) as unknown, change: null };
    expect(await compare(SET)).toEqual(same);
    here.sql.exec(`INSERT INTO tracklet_source SELECT id, X'00', NULL, 'none' FROM tracklet WHERE key = 'c'`);
    expect((await compare(SET)).change).toMatchObject({ tracklets: { changed: 1 } });
    here.sql.exec('DELETE FROM tracklet_source');
    expect((await compare([...SET, { key: 'new', contents: [9] }])).change).toMatchObject({ tracklets: { added: 1 } });
    expect((await compare(SET.slice(0, 2))).change).toMatchObject({ tracklets: { removed: 1 }, pictures: { removed: 2 } });
    expect((await compare([{ key: 'a', contents: [1, 2] }, ...SET.slice(1)])).change).toMatchObject({ pictures: { removed: 1 } });
  });

  test('is no longer looked for by who is gone', async () => {
    await store(SET);
    const abort = new AbortController();
    abort.abort(new Error('gone'));
    await expect(compare(SET, { signal: abort.signal })).rejects.toThrow('gone');
    expect(asked).not.toContain('comparePiece');
  });
});

const change = (more: { pictures?: Partial<SourceChange['pictures']>; tracklets?: Partial<SourceChange['tracklets']> } = {}): SourceChange => ({
  dataset: 4,
  name: 'Set',
  pictures: { changed: 0, added: 0, removed: 0, ...more.pictures },
  tracklets: { added: 0, changed: 0, removed: 0, renamed: 0, ...more.tracklets },
});

test.each<[string, SourceChange]>([
  ['1 picture changed, 2 pictures added, 3 pictures removed', change({ pictures: { changed: 1, added: 2, removed: 3 } })],
  ['1 tracklet added, 1 tracklet removed, 2 tracklets renamed', change({ tracklets: { added: 1, removed: 1, renamed: 2, changed: 5 } })],
  ['2 pictures changed, 1 tracklet renamed', change({ pictures: { changed: 2 }, tracklets: { renamed: 1 } })],
  ['what it says of 1 tracklet', change({ tracklets: { changed: 1 } })],
  ['what it says of 2 tracklets', change({ tracklets: { changed: 2 } })],
  ['names of people or cameras, or further splits', change()],
])('is said: %s', (words, what) => {
  expect(changeSentence(what)).toBe(`The source of "Set" has changed since it was imported: ${words}.`);
});

test('a refusal carries every number', () => {
  const what = change({ pictures: { changed: 1, added: 2, removed: 3 }, tracklets: { added: 4, removed: 5, renamed: 6, changed: 7 } });
  expect(changedError(what)).toMatchObject({
    code: 'SOURCE_CHANGED',
    message: changeSentence(what),
    params: {
      dataset: 4,
      name: 'Set',
      picturesChanged: 1,
      picturesAdded: 2,
      picturesRemoved: 3,
      trackletsAdded: 4,
      trackletsRemoved: 5,
      trackletsRenamed: 6,
    },
  });
});
