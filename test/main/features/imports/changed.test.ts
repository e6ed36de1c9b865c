/** A source that changed: every picture is compared, and an update keeps each label with the picture it was given for. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ImportResult } from '../../../../src-main/features/imports/importJob.ts';
import type { RpcClient } from '../../../../src-shared/rpc.ts';
import { numbersFrom } from '../../../support/bigProject.ts';
import { makeMotSequence, motRows, picture } from '../../../support/motSequence.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../../support/project.ts';
import { rowsIn } from '../../../support/rowsIn.ts';

const sources = temporaryFolder();
let project: TestProject;
let client: RpcClient;
/** Pictures by their number; a number is a content. */
let pictures: Buffer[];

beforeAll(async () => {
  project = await openTestProject();
  client = project.host.client();
  pictures = await Promise.all([...Array(60).keys()].map(picture));
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

/** Folders of crops: path of a tracklet → the contents of its pictures, in order. A picture's name is its place, from `first` on. */
type Crops = Record<string, { first?: number; contents: number[] }>;

function write(root: string, crops: Crops): string {
  rmSync(root, { recursive: true, force: true });
  for (const [path, { first = 1, contents }] of Object.entries(crops)) {
    mkdirSync(join(root, path), { recursive: true });
    for (const [index, content] of contents.entries())
      writeFileSync(join(root, path, `${String(first + index).padStart(4, '0')}.jpg`), pictures[content] ?? Buffer.alloc(0));
  }
  return root;
}

async function importFolder(path: string, changed?: 'update' | 'add', options: Record<string, unknown> = {}): Promise<ImportResult> {
  const { jobId } = await client.call('imports.start', { path, importer: null, options, name: null, ...(changed ? { changed } : {}) });
  return (await project.host.context.jobs.wait(jobId)) as ImportResult;
}

async function trackletsOf(dataset: number): Promise<Map<string, number>> {
  const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [dataset] }, sort: 'identity' });
  return new Map((await client.call('tracklets.rows', { ids: [...ids] })).map((row) => [row.name, row.id]));
}

/** Visibility a position; null without. */
async function visibility(id: number): Promise<(number | null)[]> {
  const { row } = await client.call('tracklets.get', { id });
  const values = new Array<number | null>(row.frames).fill(null);
  for (const one of await client.call('annotations.get', { trackletId: id }))
    if (one.field === 'visibility') values.fill(one.value as number, one.start, one.end + 1);
  return values;
}

/** Gives every frame of the contents the value that belongs to its content. */
async function label(id: number, contents: readonly number[]): Promise<void> {
  await client.call('annotations.apply', {
    label: 'Paint',
    edits: contents.map((content, index) => ({ trackletId: id, field: 'visibility', start: index, end: index, value: content % 11 })),
  });
}

function sql<T>(text: string, ...params: unknown[]): T[] {
  return rowsIn<T>(project.folder, text, ...params);
}

test('the same source is recognised; one byte of any one picture is noticed, wherever it is', async () => {
  const crops: Crops = { '0001/c1': { contents: [1, 2, 3] }, '0001/c2': { contents: [4, 5, 6] }, '0002/c1': { contents: [7, 8, 9] } };
  const root = write(join(sources.path, 'noticed'), crops);
  const first = await importFolder(root);
  expect(first).toMatchObject({ tracklets: 3, frames: 9, alreadyImported: false });
  expect(await importFolder(root)).toMatchObject({ alreadyImported: true, dataset: first.dataset });
  for (const [folder, { contents }] of Object.entries(crops)) {
    for (const index of contents.keys()) {
      const file = join(root, folder, `${String(index + 1).padStart(4, '0')}.jpg`);
      const whole = readFileSync(file);
      writeFileSync(file, Buffer.concat([whole, Buffer.from([index])]));
      await expect(importFolder(root)).rejects.toMatchObject({
        code: 'SOURCE_CHANGED',
        message: 'The source of "noticed" has changed since it was imported: 1 picture changed.',
        params: { dataset: first.dataset, picturesChanged: 1, picturesAdded: 0, picturesRemoved: 0 },
      });
      writeFileSync(file, whole);
    }
  }
  expect(await importFolder(root)).toMatchObject({ alreadyImported: true });
  expect(await client.call('datasets.list', {})).toHaveLength(1);
  // Other options are another question.
  expect(await importFolder(root, undefined, { minFrames: 2 })).toMatchObject({ alreadyImported: false, name: 'noticed (2)' });
  writeFileSync(join(root, '0001/c1/0001.jpg'), pictures[50] ?? '');
  expect(await importFolder(root, 'add')).toMatchObject({ alreadyImported: false, updated: false, name: 'noticed (3)' });
});

test('an update says what changed, and every label stays with its picture', async () => {
  const before: Crops = {
    '0002/c1': { contents: [1, 2, 3, 4, 5, 6] },
    '0002/c2': { contents: [11, 12, 13] },
    '0004/c1': { contents: [21, 22, 23, 24] },
    '0006/c1': { contents: [31, 32] },
    '0008/c1': { contents: [41, 42, 43] },
  };
  const root = write(join(sources.path, 'updated'), before);
  const { dataset } = await importFolder(root);
  const ids = await trackletsOf(dataset);
  for (const [path, { contents }] of Object.entries(before)) await label(ids.get(path) ?? 0, contents);
  const moved = ids.get('0008/c1') ?? 0;
  const seen = (...times: number[]) => ({
    shownMs: Uint32Array.from(times),
    slowest: new Uint8Array(times.length).fill(1),
    fastest: new Uint8Array(times.length).fill(8),
  });
  await client.call('annotations.addSeen', { trackletId: ids.get('0002/c1') ?? 0, start: 0, ...seen(100, 200, 300, 400, 500, 600) });
  await client.call('annotations.addSeen', { trackletId: ids.get('0002/c2') ?? 0, start: 0, ...seen(1, 1, 1) });
  await client.call('annotations.apply', {
    label: 'Judge',
    edits: [
      { trackletId: ids.get('0002/c1') ?? 0, field: 'note', start: 0, end: 5, value: 'limps' },
      { trackletId: ids.get('0002/c1') ?? 0, field: 'reviewed', start: 0, end: 5, value: 'reviewed' },
      { trackletId: ids.get('0002/c2') ?? 0, field: 'reviewed', start: 0, end: 2, value: 'reviewed' },
    ],
  });
  await client.call('tracklets.setSplit', { ids: [ids.get('0002/c1') ?? 0], split: 'train' });

  const after: Crops = {
    // A new picture before all, one that changed, one that is gone from the end.
    '0002/c1': { first: 0, contents: [51, 1, 2, 53, 4, 5] },
    '0002/c2': { contents: [11, 12, 13] },
    // A person between others, and one that has another name now.
    '0003/c1': { contents: [55] },
    '0004/c1': { contents: [21, 22, 23, 24] },
    '0009/c1': { contents: [41, 42, 43] },
  };
  write(root, after);
  const expected = { picturesChanged: 1, picturesAdded: 2, picturesRemoved: 3, trackletsAdded: 1, trackletsRemoved: 1, trackletsRenamed: 1 };
  await expect(importFolder(root)).rejects.toMatchObject({ code: 'SOURCE_CHANGED', params: expected });
  // A refusal changes nothing.
  expect(await visibility(ids.get('0002/c1') ?? 0)).toEqual([1, 2, 3, 4, 5, 6]);

  const steps = (): number => sql<[number]>('SELECT count(*) FROM history')[0]?.[0] ?? 0;
  const stepsBefore = steps();
  const result = await importFolder(root, 'update');
  expect(result).toMatchObject({ dataset, updated: true, changed: { pictures: { changed: 1, added: 2, removed: 3 } }, tracklets: 5, frames: 17 });
  const now = await trackletsOf(dataset);
  expect([...now.keys()]).toEqual(Object.keys(after));
  expect([now.get('0002/c1'), now.get('0002/c2'), now.get('0004/c1'), now.get('0009/c1')]).toEqual([
    ids.get('0002/c1'),
    ids.get('0002/c2'),
    ids.get('0004/c1'),
    moved,
  ]);
  expect(await visibility(now.get('0002/c1') ?? 0)).toEqual([null, 1, 2, null, 4, 5]);
  expect(await visibility(now.get('0002/c2') ?? 0)).toEqual([0, 1, 2]);
  expect(await visibility(now.get('0003/c1') ?? 0)).toEqual([null]);
  expect(await visibility(moved)).toEqual([41 % 11, 42 % 11, 43 % 11]);
  expect([...((await client.call('annotations.seen', { trackletId: now.get('0002/c1') ?? 0 })).seen?.shownMs ?? [])]).toEqual([0, 100, 200, 0, 400, 500]);
  const rows = await client.call('tracklets.rows', { ids: [...now.values()] });
  // What was said of the person stays; a review of other pictures does not. A split that the user chose stays.
  expect(rows.map((row) => [row.name, row.review, row.split, row.framesWithValue])).toEqual([
    ['0002/c1', 'started', 'train', 4],
    ['0002/c2', 'reviewed', 'none', 3],
    ['0003/c1', 'none', 'none', 0],
    ['0004/c1', 'started', 'none', 4],
    ['0009/c1', 'started', 'none', 3],
  ]);
  expect((await client.call('annotations.get', { trackletId: now.get('0002/c1') ?? 0 })).find((one) => one.field === 'note')).toMatchObject({
    value: 'limps',
    start: 0,
    end: 5,
  });
  const aside = await client.call('datasets.setAside', { id: dataset });
  expect(aside.map(({ tracklet, field, value, reason, start, pictures: names }) => ({ tracklet, field, value, reason, start, names }))).toEqual(
    expect.arrayContaining([
      { tracklet: '0002/c1', field: 'visibility', value: 3, reason: 'changed', start: 3, names: ['0002/c1/0003.jpg'] },
      { tracklet: '0002/c1', field: 'visibility', value: 6, reason: 'removed', start: null, names: ['0002/c1/0006.jpg'] },
      { tracklet: '0002/c1', field: 'reviewed', value: 'reviewed', reason: 'changed', start: 0, names: [] },
      { tracklet: '0006/c1', field: 'visibility', value: 31 % 11, reason: 'removed', start: null, names: ['0006/c1/0001.jpg'] },
    ]),
  );
  expect(aside).toHaveLength(5);
  const kept = (await client.call('backups.list', {})).find((one) => one.reason === 'Before updating updated');
  const job = (await client.call('jobs.list', {})).reduce((newest, one) => (one.id > newest.id ? one : newest));
  const { lines } = await client.call('jobs.log', { id: job.id, from: 0 });
  expect(lines.at(-1)?.text).toBe(
    `Updated "updated": 4 identities, 2 cameras, 5 tracklets, 17 frames. 5 values were set aside, since their pictures changed or are gone. 3 steps of undo on what changed, or below such a step, ended; the backup of ${new Date(kept?.at ?? 0).toLocaleString('sv').slice(0, 16)} holds the project as it was before.`,
  );
  // Painted on both that changed, and judged at once with one that did not.
  expect(result.outcome).toEqual({ setAside: 5, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 3, backup: kept?.id, backupAt: kept?.at });
  expect(steps()).toBe(stepsBefore - 3);
  // Ids of identities are in the order of their numbers again.
  const pids = sql<[number]>('SELECT pid FROM identity WHERE dataset_id = ? ORDER BY id', dataset).map(([pid]) => pid);
  expect(pids).toEqual([2, 3, 4, 9]);
  expect(sql('SELECT * FROM pragma_foreign_key_check')).toEqual([]);
  // Again the same: nothing to do.
  expect(await importFolder(root)).toMatchObject({ alreadyImported: true, dataset });

  // The project as it was lies in its backups.
  const copy = new Database(join(project.folder, 'backups', `${kept?.id}.sqlite`), { readonly: true });
  expect(copy.prepare("SELECT count(*) FROM annotation WHERE tracklet_id = ? AND field = 'visibility'").pluck().get(ids.get('0002/c1'))).toBe(6);
  copy.close();
});

test('a picture that nobody touched keeps its value, also where another has the same content', async () => {
  const root = write(join(sources.path, 'equals'), { '0001/c1': { first: 0, contents: [1, 2, 3, 1, 5, 6, 1, 8] } });
  const { dataset } = await importFolder(root);
  const id = (await trackletsOf(dataset)).get('0001/c1') ?? 0;
  await client.call('annotations.apply', {
    label: 'Paint',
    edits: [1, 2, 0, 7, 8, 3, 4, 6].map((value, index) => ({ trackletId: id, field: 'visibility', start: index, end: index, value })),
  });
  write(root, { '0001/c1': { first: 0, contents: [9, 2, 3, 1, 5, 6, 1, 8] } });
  await expect(importFolder(root)).rejects.toMatchObject({ params: { picturesChanged: 1, picturesAdded: 0, picturesRemoved: 0 } });
  expect((await importFolder(root, 'update')).outcome).toMatchObject({ setAside: 1 });
  expect(await visibility(id)).toEqual([null, 2, 0, 7, 8, 3, 4, 6]);
});

test.each([
  [
    'a person is put in front of the others',
    { '0001/c1': [31, 32], '0002/c1': [1, 2], '0003/c1': [3, 4, 5], '0004/c1': [6, 7] },
    { added: 1, removed: 0, renamed: 3 },
  ],
  ['two persons change places', { '0001/c1': [3, 4, 5], '0002/c1': [1, 2], '0003/c1': [6, 7] }, { added: 0, removed: 0, renamed: 2 }],
  ['one takes the place of another that goes', { '0001/c1': [3, 4, 5], '0003/c1': [6, 7] }, { added: 0, removed: 1, renamed: 1 }],
  [
    'one goes on under a new name, and a new one has its old',
    { '0001/c1': [41], '0002/c1': [3, 4, 5], '0003/c1': [6, 7], '0009/c1': [1, 2] },
    { added: 1, removed: 0, renamed: 1 },
  ],
])('labels stay with their pictures when %s', async (what, now, tracklets) => {
  const crops = (of: Record<string, number[]>): Crops => Object.fromEntries(Object.entries(of).map(([path, contents]) => [path, { contents }]));
  const before = { '0001/c1': [1, 2], '0002/c1': [3, 4, 5], '0003/c1': [6, 7] };
  const root = write(join(sources.path, what), crops(before));
  const { dataset } = await importFolder(root);
  const ids = await trackletsOf(dataset);
  for (const [path, contents] of Object.entries(before)) {
    await label(ids.get(path) ?? 0, contents);
    await client.call('annotations.apply', {
      label: 'Note',
      edits: [{ trackletId: ids.get(path) ?? 0, field: 'note', start: 0, end: contents.length - 1, value: path }],
    });
  }
  write(root, crops(now));
  const result = await importFolder(root, 'update');
  expect(result.changed?.tracklets).toMatchObject(tracklets);
  const after = await trackletsOf(dataset);
  expect([...after.keys()].sort()).toEqual(Object.keys(now).sort());
  for (const [path, contents] of Object.entries(now)) {
    const id = after.get(path) ?? 0;
    const was = Object.entries(before).find(([, own]) => own.join() === contents.join())?.[0];
    expect(await visibility(id)).toEqual(contents.map((content) => (was === undefined ? null : content % 11)));
    const notes = (await client.call('annotations.get', { trackletId: id })).filter(({ field }) => field === 'note').map(({ value }) => value);
    expect(notes).toEqual(was === undefined ? [] : [was]);
    if (was !== undefined) expect(id).toBe(ids.get(was));
  }
  const kept = Object.values(now).map(String);
  const gone = Object.entries(before).filter(([, contents]) => !kept.includes(contents.join()));
  expect(new Set((await client.call('datasets.setAside', { id: dataset })).map(({ tracklet }) => tracklet))).toEqual(new Set(gone.map(([path]) => path)));
  expect(await importFolder(root)).toMatchObject({ alreadyImported: true, dataset });
});

test('what was set aside stands for the same picture after a second update', async () => {
  const root = write(join(sources.path, 'twice'), { '0001/c1': { contents: [1, 2, 3, 4] } });
  const { dataset } = await importFolder(root);
  const id = (await trackletsOf(dataset)).get('0001/c1') ?? 0;
  await client.call('annotations.apply', { label: 'Paint', edits: [{ trackletId: id, field: 'visibility', start: 1, end: 2, value: 3 }] });
  write(root, { '0001/c1': { contents: [1, 22, 33, 4] } });
  await importFolder(root, 'update');
  write(root, { '0001/c1': { first: 0, contents: [50, 1, 22, 33, 4] } });
  await importFolder(root, 'update');
  const [row] = await client.call('datasets.setAside', { id: dataset });
  expect(row).toMatchObject({ start: 2, end: 3, pictures: ['0001/c1/0002.jpg', '0001/c1/0003.jpg'] });
  expect(await client.call('datasets.putBack', { id: dataset })).toEqual({ values: 1, left: 0 });
  expect(await visibility(id)).toEqual([null, null, 3, 3, null]);
});

test('what comes back, goes over and only changes its name is told, and the values are there', async () => {
  const root = write(join(sources.path, 'back'), { '0001/c1': { contents: [1, 2, 3] }, '0002/c1': { contents: [4, 5] }, '0003/c1': { contents: [6, 7] } });
  const { dataset } = await importFolder(root);
  const ids = await trackletsOf(dataset);
  await label(ids.get('0001/c1') ?? 0, [1, 2, 3]);
  await label(ids.get('0002/c1') ?? 0, [4, 5]);
  await client.call('tracklets.setSplit', { ids: [ids.get('0003/c1') ?? 0], split: 'query' });
  write(root, { '0001/c1': { contents: [1, 3] }, '0003/c1': { contents: [6, 7] } });
  // A value of picture 2, and one each of 4 and 5.
  expect((await importFolder(root, 'update')).outcome).toMatchObject({ setAside: 3, moved: 0, putBack: 0, splitsKept: 0 });
  write(root, { '0001/c1': { contents: [1] }, '0004/c1': { contents: [5, 3, 2] }, '0005/c1': { contents: [6, 7] } });
  const result = await importFolder(root, 'update');
  expect(result.outcome).toMatchObject({ setAside: 0, moved: 1, putBack: 2, splitsKept: 1 });
  const now = await trackletsOf(dataset);
  expect(await visibility(now.get('0004/c1') ?? 0)).toEqual([5, 3, 2]);
  expect(await visibility(now.get('0001/c1') ?? 0)).toEqual([1]);
  expect((await client.call('tracklets.get', { id: now.get('0005/c1') ?? 0 })).row.split).toBe('query');
  expect((await client.call('datasets.setAside', { id: dataset })).map(({ value, pictures: names }) => [value, names])).toEqual([[4, ['0002/c1/0001.jpg']]]);
  const job = (await client.call('jobs.list', {})).reduce((newest, one) => (one.id > newest.id ? one : newest));
  expect((await client.call('imports.result', { jobId: job.id })).outcome).toEqual(result.outcome);
  const { lines } = await client.call('jobs.log', { id: job.id, from: 0 });
  expect(lines.at(-1)?.text).toContain(
    '1 value went with its picture into another tracklet. 2 values that had been set aside were put back, since their pictures are there again. 1 tracklet that has another name now keeps the split that was chosen for it.',
  );
});

test('undo after an update never lands on other frames; what is only called otherwise keeps its steps', async () => {
  const root = write(join(sources.path, 'undo'), { '0001/c1': { contents: [1, 2, 3] }, '0002/c1': { contents: [4, 5, 6] }, '0003/c1': { contents: [7, 8] } });
  const { dataset } = await importFolder(root);
  const ids = await trackletsOf(dataset);
  const [changing, still, renamed] = [ids.get('0001/c1') ?? 0, ids.get('0002/c1') ?? 0, ids.get('0003/c1') ?? 0];
  await label(still, [4, 5, 6]);
  await label(changing, [1, 2, 3]);
  await label(renamed, [7, 8]);
  write(root, { '0001/c1': { first: 0, contents: [9, 1, 2, 3] }, '0002/c1': { contents: [4, 5, 6] }, '0005/c1': { contents: [7, 8] } });
  expect((await importFolder(root, 'update')).outcome).toMatchObject({ setAside: 0, stepsEnded: 1 });
  expect((await trackletsOf(dataset)).get('0005/c1')).toBe(renamed);
  const before = await visibility(changing);
  expect(before).toEqual([null, 1, 2, 3]);
  await client.call('history.undo', {});
  expect([await visibility(renamed), await visibility(still)]).toEqual([
    [null, null],
    [4, 5, 6],
  ]);
  await client.call('history.undo', {});
  expect(await visibility(changing)).toEqual(before);
  expect(await visibility(still)).toEqual([null, null, null]);
});

test('whatever happens to a folder, a label is found exactly where its picture is', async () => {
  const random = numbersFrom(21);
  const pick = (most: number): number => Math.floor(random() * most);
  const root = join(sources.path, 'random');
  let crops: Crops = { '0001/c1': { contents: [0, 1, 2, 3, 4, 5, 6, 7] }, '0001/c2': { contents: [10, 11, 12, 13] }, '0002/c1': { contents: [20, 21, 22] } };
  write(root, crops);
  const { dataset } = await importFolder(root);
  const ids = await trackletsOf(dataset);
  for (const [path, { contents }] of Object.entries(crops)) await label(ids.get(path) ?? 0, contents);
  /** Contents that have a label, by tracklet: the model of what must come out. */
  let labelled = new Map(Object.entries(crops).map(([path, { contents }]) => [path, new Set(contents)]));
  for (let round = 0; round < 6; round++) {
    crops = structuredClone(crops);
    for (const entry of Object.values(crops)) {
      const { contents } = entry;
      for (let edits = 1 + pick(2); edits > 0; edits--) {
        const at = pick(contents.length);
        const other = 30 + pick(30);
        const edit = pick(4);
        if (contents.includes(other)) continue;
        if (edit === 0) contents.splice(at, 0, other);
        else if (edit === 1) contents[at] = other;
        else if (edit === 2 && contents.length > 1) contents.splice(at, 1);
        else if (edit === 3) contents.reverse();
      }
      entry.first = pick(3);
    }
    write(root, crops);
    const result = await importFolder(root, 'update');
    expect(result.updated || result.alreadyImported).toBe(true);
    labelled = new Map(Object.entries(crops).map(([path, { contents }]) => [path, new Set(contents.filter((content) => labelled.get(path)?.has(content)))]));
    for (const [path, { contents }] of Object.entries(crops))
      expect([path, await visibility(ids.get(path) ?? 0)]).toEqual([path, contents.map((content) => (labelled.get(path)?.has(content) ? content % 11 : null))]);
  }
});

describe('full frames', () => {
  test('labels stay where picture and box are the same; a box that moved has none', async () => {
    const root = await makeMotSequence(join(sources.path, 'frames'), motRows([1, 2], 5), 5);
    const { dataset } = await importFolder(root);
    const ids = await trackletsOf(dataset);
    const [first, second] = [...ids.values()];
    for (const id of [first, second]) await label(id ?? 0, [1, 2, 3, 4, 5]);
    const rows = motRows([1, 2], 5).split('\n');
    rows[2] = '3,1,30,30,20,40,1,-1,-1,-1';
    writeFileSync(join(root, 'gt.txt'), rows.join('\n'));
    await expect(importFolder(root)).rejects.toMatchObject({ code: 'SOURCE_CHANGED', params: { picturesChanged: 1, picturesAdded: 0, picturesRemoved: 0 } });
    await importFolder(root, 'update');
    expect(await visibility(first ?? 0)).toEqual([1, 2, null, 4, 5]);
    expect(await visibility(second ?? 0)).toEqual([1, 2, 3, 4, 5]);
    // The picture of frame 4 is another one: both people lose the value there.
    writeFileSync(join(root, 'img1', '000004.jpg'), pictures[40] ?? '');
    await importFolder(root, 'update');
    expect([await visibility(first ?? 0), await visibility(second ?? 0)]).toEqual([
      [1, 2, null, null, 5],
      [1, 2, 3, null, 5],
    ]);
  });
});

test('a data set of before pictures were recorded is the same as far as names tell, and can be updated by them', async () => {
  const root = write(join(sources.path, 'legacy'), { '0001/c1': { contents: [1, 2, 3] } });
  const { dataset } = await importFolder(root);
  const id = (await trackletsOf(dataset)).get('0001/c1') ?? 0;
  await label(id, [1, 2, 3]);
  await project.host.close();
  const database = new Database(join(project.folder, 'project.sqlite'));
  database.exec(`DELETE FROM tracklet_source; UPDATE dataset SET content_hash = 'of before' || id`);
  database.close();
  await project.reopen();
  client = project.host.client();
  expect(await importFolder(root)).toMatchObject({ alreadyImported: true, dataset });
  renameSync(join(root, '0001/c1/0003.jpg'), join(root, '0001/c1/0004.jpg'));
  await expect(importFolder(root)).rejects.toMatchObject({ code: 'SOURCE_CHANGED', params: { picturesAdded: 1, picturesRemoved: 1 } });
  await importFolder(root, 'update');
  expect(await visibility(id)).toEqual([1, 2, null]);
  // From now on by content.
  writeFileSync(join(root, '0001/c1/0001.jpg'), pictures[30] ?? '');
  await importFolder(root, 'update');
  expect(await visibility(id)).toEqual([null, 2, null]);
});
