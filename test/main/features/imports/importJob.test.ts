/** A job that imports: what it stores, says and tells the rest of the host, and what stays when it ends on its way. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { moment } from '../../../../src-shared/backupText.ts';
import { importFolder, runImport, type ImportParams, type ImportResult } from '../../../../src-main/features/imports/importJob.ts';
import type { HostContext } from '../../../../src-main/features/context.ts';
import type { JobTools } from '../../../../src-main/jobs/queue.ts';
import { fileFingerprint } from '../../../../src-main/media/fingerprint.ts';
import { calls, tagsOf, type CallName } from '../../../../src-shared/contract/index.ts';
import { AppError } from '../../../../src-shared/errors.ts';
import { importContext, type ImportContext } from '../../../support/importContext.ts';
import { motRows } from '../../../support/motSequence.ts';
import { temporaryFolder } from '../../../support/project.ts';
import { asked, forgetAsked } from '../../../support/readHere.ts';
import { writeFiles } from '../../../support/writeFiles.ts';

vi.mock('../../../../src-main/features/imports/importInChild.ts', () => import('../../../support/readHere.ts'));
vi.mock('../../../../src-main/media/mediaProbe.ts', () => import('../../../support/readHere.ts'));
vi.mock('../../../../src-main/media/ffmpegBinary.ts', () => ({ findFfmpeg: async () => ({}) }));

let made: ImportContext;
let sources: ReturnType<typeof temporaryFolder>;
let root: string;
beforeEach(async () => {
  made = await importContext();
  sources = temporaryFolder();
  root = join(sources.path, 'set');
  forgetAsked();
});
afterEach(() => {
  made[Symbol.dispose]();
  sources[Symbol.dispose]();
});

const write = (files: Record<string, string>): void => writeFiles(root, files);

const FOLDERS = { '0001/c1/1.jpg': 'a', '0001/c1/2.jpg': 'b', '0001/c2/1.jpg': 'c', '0002/c1/1.jpg': 'd', 'readme.txt': '' };
const start = (params: Partial<ImportParams> = {}, context = made.context): Promise<ImportResult> =>
  importFolder(context, { path: root, importer: null, options: {}, name: null, ...params }, made.tools);
const rows = (text: string): unknown[] => made.here.rows(text);
const counts = (): unknown[] => ['dataset', 'camera', 'identity', 'media', 'tracklet'].map((table) => rows(`SELECT count(*) FROM ${table}`)).flat(2);
const lines = (): unknown[] => made.said.log.map((line) => (line as string[])[1]);

/** A context whose writes wait for `before`. */
function watched(before: (fn: string) => void): ImportContext['context'] {
  const write = async (table: string, fn: string, input: unknown): Promise<unknown> => {
    before(fn);
    return (made.here.db.write as (...all: unknown[]) => Promise<unknown>)(table, fn, input);
  };
  return { ...made.context, db: { ...made.here.db, write } as unknown as HostContext['db'] };
}

const SUMS = { identities: 2, cameras: 2, tracklets: 3, frames: 4, splits: { none: 3 } };
const RESULT = {
  ...SUMS,
  importer: 'image-folder',
  splitSets: [],
  warnings: [{ code: 'FILE_OTHER', message: 'Files that are no part of this layout are left out.', where: 'readme.txt', count: 1 }],
  files: { seen: 5, used: 4, leftOut: 1 },
  guesses: expect.any(Array) as unknown,
  changed: null,
  updated: false,
  isUpdate: false,
  outcome: null,
};

test('an update that nobody was asked about is refused from a folder that looks like another one, and done where that is wanted', async () => {
  write(FOLDERS);
  await start({ name: 'Mine' });
  // The same names with other pictures.
  write(Object.fromEntries(Object.keys(FOLDERS).map((name, n) => [name, `other ${n}`])));
  const before = counts();
  await expect(start({ changed: 'update', refuseOther: true })).rejects.toMatchObject({
    code: 'SOURCE_CHANGED',
    message: 'This looks like another folder: none of its 4 pictures are in it as imported. The data set is "Mine"; nothing was changed.',
    params: { isOtherFolder: true, name: 'Mine' },
  });
  expect([counts(), made.told.filter((one) => (one as unknown[])[0] === 'backup')]).toEqual([before, []]);
  expect(await start({ changed: 'update' })).toMatchObject({ updated: true });
  // One that has only grown is no other.
  write({ '0003/c1/1.jpg': 'e' });
  expect(await start({ changed: 'update', refuseOther: true })).toMatchObject({ updated: true });
});

describe('imports of one source at once', () => {
  test('make one data set: the second finds what the first has made', async () => {
    write(FOLDERS);
    const results = await Promise.all([start({ name: 'A' }), start({ name: 'B' }), start({ name: 'C' })]);
    expect(results.map(({ alreadyImported }) => alreadyImported).sort()).toEqual([false, true, true]);
    expect(new Set(results.map(({ dataset }) => dataset))).toEqual(new Set([1]));
    expect(counts()).toEqual([1, 2, 2, 3, 3]);
  });

  test('of which one is given up while it waits: it does not wait for the other', async () => {
    write(FOLDERS);
    const gate = Promise.withResolvers<void>();
    const storing = Promise.withResolvers<void>();
    const slow = watched(() => undefined);
    const read = slow.db.write.bind(slow.db);
    Object.assign(slow.db, {
      write: async (...all: Parameters<typeof read>) => {
        storing.resolve();
        await gate.promise;
        return read(...all);
      },
    });
    const first = start({}, slow);
    await storing.promise;
    const abort = new AbortController();
    const second = importFolder(slow, { path: root, importer: null, options: {}, name: null }, { ...made.tools, signal: abort.signal });
    const third = importFolder(slow, { path: root, importer: null, options: {}, name: null }, made.tools);
    // All have read their folder by then.
    await expect.poll(() => made.told.filter((one) => (one as unknown[])[0] === 'root').length).toBe(3);
    abort.abort(new AppError('CANCELLED', 'given up'));
    await expect(second).rejects.toMatchObject({ message: 'given up' });
    gate.resolve();
    expect([(await first).alreadyImported, (await third).alreadyImported]).toEqual([false, true]);
  });

  test('into a data set that was removed meanwhile are refused, and change nothing', async () => {
    write(FOLDERS);
    const { dataset } = await start();
    write({ '0003/c1/1.jpg': 'e' });
    const removing = watched((fn) => {
      if (fn === 'update') made.here.sql.exec('UPDATE dataset SET removed_at = 9');
    });
    await expect(start({ changed: 'update', updates: dataset }, removing)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(counts()).toEqual([1, 2, 2, 3, 3]);
  });
});

test('stores a folder as a data set, and says what it did', async () => {
  write(FOLDERS);
  expect(await start({ name: 'Mine' })).toEqual({ ...RESULT, dataset: 1, name: 'Mine', alreadyImported: false });
  expect(rows('SELECT name, state, importer, root, created_at FROM dataset')).toEqual([['Mine', 'ready', 'image-folder', root, 500]]);
  expect(counts()).toEqual([1, 2, 2, 3, 3]);
  expect(made.told).toEqual([['root', root]]);
  expect(made.said.log).toEqual([
    ['info', `Reading ${root} with the importer "image-folder".`],
    ['warn', 'Files that are no part of this layout are left out: readme.txt.'],
    ['info', 'Of 5 files in the folder, 4 are used and 1 left out.'],
    ['info', 'Imported "Mine": 2 identities, 2 cameras, 3 tracklets, 4 frames.'],
  ]);
  expect(made.said.progress.filter((each) => (each as unknown[])[3] === 'Storing')).toEqual([
    [0, 3, 'tracklets', 'Storing'],
    [3, 3, 'tracklets', 'Storing'],
  ]);
  expect([readdirSync(join(made.here.folder, 'cache/imports')), asked.discarded, asked.tasks]).toEqual([
    [],
    1,
    [{ kind: 'read', folder: root, importer: null, options: {}, strict: false, spool: expect.any(String) as unknown, everyPicture: true }],
  ]);
});

test('names it after the folder, where nobody names it', async () => {
  write(FOLDERS);
  expect((await start()).name).toBe('set');
});

test('the same again adds nothing, and what was known of changed pictures is forgotten', async () => {
  write(FOLDERS);
  await start({ name: 'Mine' });
  made.said.log.length = made.told.length = 0;
  const before = counts();
  expect(await start({ name: 'Other' })).toEqual({ ...RESULT, dataset: 1, name: 'Mine', alreadyImported: true });
  expect(counts()).toEqual(before);
  expect(made.told).toEqual([
    ['root', root],
    ['forget', 1],
    ['forget missing', 1],
  ]);
  expect(lines().slice(1)).toEqual(['The same source is in the project already, as "Mine". Nothing was added.']);
});

describe('a source that changed', () => {
  const SENTENCE = 'The source of "Mine" has changed since it was imported: 1 picture changed.';

  beforeEach(async () => {
    write(FOLDERS);
    await start({ name: 'Mine' });
    made.here.sql
      .prepare(
        `INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (1, 'shared', 'visibility', 0, 1, '3', 'judged', 'ann', 1)`,
      )
      .run();
    write({ '0001/c1/2.jpg': 'other' });
    made.said.log.length = made.told.length = 0;
  });

  test('is refused unless it is said what to do, and then nothing changes', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'SOURCE_CHANGED', message: SENTENCE });
    expect([counts(), made.told]).toEqual([[1, 2, 2, 3, 3], [['root', root]]]);
    expect(rows('SELECT "end" FROM annotation')).toEqual([[1]]);
  });

  test('is added beside', async () => {
    expect(await start({ name: 'Mine', changed: 'add' })).toEqual({ ...RESULT, dataset: 2, name: 'Mine (2)', alreadyImported: false });
    expect(rows('SELECT name FROM dataset')).toEqual([['Mine'], ['Mine (2)']]);
    expect(lines().at(-1)).toBe('Imported "Mine (2)": 2 identities, 2 cameras, 3 tracklets, 4 frames.');
  });

  test('is taken over, and it is said how many values could not stay', async () => {
    const outcome = { setAside: 1, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 0, backup: 'kept', backupAt: 60_000 };
    const changed = {
      dataset: 1,
      name: 'Mine',
      tracklets: { added: 0, changed: 1, removed: 0, renamed: 0 },
      pictures: { changed: 1, added: 0, removed: 0 },
    };
    expect(await start({ changed: 'update' })).toEqual({ ...RESULT, dataset: 1, name: 'Mine', alreadyImported: false, changed, updated: true, outcome });
    expect([counts()[0], rows('SELECT "end" FROM annotation'), rows('SELECT reason FROM set_aside')]).toEqual([1, [[0]], [['changed']]]);
    expect(made.told).toEqual([
      ['root', root],
      ['backup', 'Before updating Mine'],
      ['forget', 1],
      ['forget missing', 1],
    ]);
    expect(lines().slice(-3)).toEqual([
      SENTENCE,
      `The project as it was before is kept in the backup of ${moment(60_000)}.`,
      'Updated "Mine": 2 identities, 2 cameras, 3 tracklets, 4 frames. 1 value was set aside, since its picture changed or is gone.',
    ]);
    // A picture without a value: nothing is set aside, nothing is said of it.
    write({ '0002/c1/1.jpg': 'another' });
    await start({ changed: 'update' });
    expect(lines().at(-1)).toBe('Updated "Mine": 2 identities, 2 cameras, 3 tracklets, 4 frames.');
  });

  test('that is new all the same is stored under either answer', async () => {
    rmSync(root, { recursive: true });
    root = join(sources.path, 'fresh');
    write({ '0001/c1/1.jpg': 'x' });
    expect(await start({ changed: 'update' })).toMatchObject({ alreadyImported: false, updated: false, dataset: 2, name: 'fresh' });
  });
});

describe('an update of one data set', () => {
  const [street, yard] = ['street', 'yard'] as const;
  let [a, b]: string[] = [];

  beforeEach(async () => {
    [a, b] = [join(sources.path, street), join(sources.path, yard)];
    for (const [folder, word] of [
      [a, 'a'],
      [b, 'b'],
    ] as const) {
      root = folder;
      write({ '0001/c1/1.jpg': word, '0001/c1/2.jpg': `${word}2` });
      await start();
    }
    made.said.log.length = made.told.length = 0;
  });

  test('is of that one, also where its folder has come to hold what another data set holds', async () => {
    write({ '0001/c1/1.jpg': 'a', '0001/c1/2.jpg': 'a2' });
    expect(await start({ changed: 'update', updates: 2 })).toMatchObject({
      dataset: 2,
      name: yard,
      updated: true,
      alreadyImported: false,
      changed: { dataset: 2, pictures: { changed: 2, added: 0, removed: 0 } },
    });
    expect(rows('SELECT DISTINCT content_hash FROM dataset')).toHaveLength(1);
    // An import of it, which names none, finds the first.
    expect(await start()).toMatchObject({ dataset: 1, alreadyImported: true });
  });

  test('says so where nothing has changed', async () => {
    expect(await start({ changed: 'update', updates: 2 })).toMatchObject({ dataset: 2, updated: false, isUpdate: true, alreadyImported: true });
    expect(lines().at(-1)).toBe('The source of "yard" is as it was imported. Nothing was changed.');
  });

  test('is of its folder wherever that lies by now, and of none once the data set is gone', async () => {
    root = join(sources.path, 'moved');
    write({ '0001/c1/1.jpg': 'b', '0001/c1/2.jpg': 'new' });
    expect(await start({ changed: 'update', updates: 2 })).toMatchObject({ dataset: 2, updated: true, changed: { pictures: { changed: 1 } } });
    await expect(start({ changed: 'update', updates: 7 })).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'There is no data set 7.' });
    expect(counts()[0]).toBe(2);
  });

  test('tells every reader of what it may have changed: what undo would do, values, boxes, statistics', async () => {
    write({ '0001/c1/2.jpg': 'new' });
    const params: ImportParams = { path: root, importer: null, options: {}, name: null, changed: 'update', updates: 2 };
    await runImport(made.context, params, made.tools as unknown as JobTools);
    const [, tags] = made.told.at(-1) as [string, string[]];
    const isTold = (tag: string): boolean => tags.some((one) => one === tag || tag.startsWith(`${one}:`));
    const reads: [CallName, unknown][] = [
      ['history.state', {}],
      ['datasets.list', {}],
      ['datasets.get', { id: 2 }],
      ['datasets.statistics', { id: 2 }],
      ['datasets.setAside', { id: 2 }],
      ['datasets.identities', {}],
      ['tracklets.query', {}],
      ['tracklets.facets', {}],
      ['tracklets.rows', { ids: [2] }],
      ['tracklets.get', { id: 2 }],
      ['annotations.get', { trackletId: 2 }],
      ['annotations.episodes', { trackletId: 2 }],
      ['annotations.seen', { trackletId: 2 }],
      ['annotations.gaps', { trackletIds: [2] }],
      ['media.boxes', { mediaId: 2, from: 0, to: 1 }],
      ['compare.check', { evaluationIds: [1], reference: 1 }],
      ['compare.load', { evaluationIds: [1], reference: 1 }],
    ];
    expect(reads.filter(([name, input]) => !tagsOf(calls[name], 'provides', input).some(isTold)).map(([name]) => name)).toEqual([]);
    // Every part of a tag that is read, so that a reader of one tracklet is told too.
    expect(['Dataset:2', 'Annotations:2', 'Tracklet:2', 'Media:2', 'Seen:2', 'DatasetPictures:2', 'TrackletRows'].filter((tag) => !isTold(tag))).toEqual([]);
  });
});

describe('an import that ends on its way', () => {
  beforeEach(() => write(FOLDERS));

  test.each(['begin', 'addPiece', 'finish'])('by an error at "%s" leaves no row, and its words survive', async (where) => {
    const failing = watched((fn) => {
      if (fn === where) throw new Error('the disk went away');
    });
    await expect(start({}, failing)).rejects.toThrow('the disk went away');
    expect([counts(), readdirSync(join(made.here.folder, 'cache/imports')), asked.discarded]).toEqual([[0, 0, 0, 0, 0], [], 1]);
  });

  test.each(['begin', 'addPiece'])('by a cancel during "%s" leaves no row, and goes no further', async (where) => {
    const called: string[] = [];
    const cancelling = watched((fn) => {
      called.push(fn);
      if (fn === where) made.abort.abort(new AppError('CANCELLED', 'The job was cancelled.'));
    });
    await expect(start({}, cancelling)).rejects.toMatchObject({ code: 'CANCELLED', message: 'The job was cancelled.' });
    expect(counts()).toEqual([0, 0, 0, 0, 0]);
    expect(called).not.toContain('finish');
    expect(called.filter((fn) => fn === 'addPiece')).toHaveLength(where === 'begin' ? 0 : 1);
  });

  test('by the end of the program leaves its rows to the next start', async () => {
    const closing = watched((fn) => {
      if (fn === 'addPiece') made.abort.abort(new AppError('CANCELLED', 'The program is closing.'));
    });
    await expect(start({}, closing)).rejects.toMatchObject({ message: 'The program is closing.' });
    expect(rows('SELECT state FROM dataset')).toEqual([['importing']]);
  });

  test('before anything is stored asks nothing of the project', async () => {
    const abort = made.abort;
    const reading = importFolder(
      made.context,
      { path: root, importer: null, options: {}, name: null },
      { ...made.tools, progress: (...said) => (made.tools.progress(...said), abort.abort(new AppError('CANCELLED', 'over'))) },
    );
    await expect(reading).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([made.told, counts()[0]]).toEqual([[], 0]);
  });
});

describe('a video', () => {
  beforeEach(() => write({ 'a.avi': 'RIFF', 'gt.txt': motRows([1], 4) }));

  test('is decoded once, with progress, and its frames are given to their medium', async () => {
    const { dataset } = await start();
    const hash = await fileFingerprint(join(root, 'a.avi'));
    expect(rows('SELECT id, kind, path, content_hash FROM media')).toEqual([[1, 'video', 'a.avi', hash]]);
    expect([dataset, asked.videos, asked.adopted]).toEqual([1, ['a.avi'], [['a.avi', 1, hash]]]);
    expect(made.said.progress).toContainEqual([1, 4, 'frames', 'Decoding the video']);
  });

  test('whose frames could not be kept is imported all the same', async () => {
    asked.adoptFails = new Error('no room');
    const { alreadyImported } = await start();
    expect([alreadyImported, rows('SELECT state FROM dataset')]).toEqual([false, [['ready']]]);
    expect(made.said.log).toContainEqual(['warn', 'The decoded frames could not be kept: Error: no room']);
  });
});

test('as a job: names its data set, and tells of what is new alone', async () => {
  write(FOLDERS);
  const run = (): Promise<unknown> => runImport(made.context, { path: root, importer: null, options: {}, name: 'Mine' }, made.tools as unknown as JobTools);
  expect(await run()).toMatchObject({ dataset: 1, alreadyImported: false });
  expect(made.told.slice(1)).toEqual([
    ['dataset', 1],
    ['changed', ['Datasets', 'Tracklets'], null],
  ]);
  made.told.length = 0;
  expect(await run()).toMatchObject({ dataset: 1, alreadyImported: true });
  expect(made.told.slice(1)).toEqual([
    ['forget', 1],
    ['forget missing', 1],
    ['dataset', 1],
  ]);
});
