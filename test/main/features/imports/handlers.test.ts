/** Calls of the domain `imports` on tables and a queue that writes down what is asked of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createImportsHandlers } from '../../../../src-main/features/imports/handlers.ts';
import { importFolder } from '../../../../src-main/features/imports/importJob.ts';
import type { HostContext } from '../../../../src-main/features/context.ts';
import { importContext, type ImportContext } from '../../../support/importContext.ts';
import { asked, forgetAsked } from '../../../support/readHere.ts';
import { putDataset } from '../../../support/tablesHere.ts';

vi.mock('../../../../src-main/features/imports/importInChild.ts', () => import('../../../support/readHere.ts'));
vi.mock('../../../../src-main/media/mediaProbe.ts', () => import('../../../support/readHere.ts'));

type Calls = ReturnType<typeof createImportsHandlers>;

let made: ImportContext;
let calls: Calls;
let queued: unknown[];
/** Jobs that the queue knows, and what they came to. */
let known: Record<number, { state: string; kind: string; result?: unknown }>;
beforeEach(async () => {
  made = await importContext();
  forgetAsked();
  queued = [];
  known = {};
  const jobs = {
    start: async (request: unknown) => (queued.push(request), 70 + queued.length),
    dismiss: async (id: number) => void queued.push(['dismiss', id]),
    get: async (id: number) => known[id],
    wait: async (id: number) => known[id]?.result,
  };
  calls = createImportsHandlers({ ...made.context, jobs } as unknown as HostContext);
});
afterEach(() => made[Symbol.dispose]());

/** As the host calls it. */
function call(name: keyof Calls, input: unknown): Promise<unknown> {
  const around = { origin: 'page', key: null, signal: new AbortController().signal };
  return (calls[name] as unknown as (input: unknown, around: unknown) => Promise<unknown>)(input, around);
}

test('importers are listed with their options as a schema and their defaults', async () => {
  const list = (await call('importers.list', {})) as { id: string; title: string; layout: string; optionsSchema: { properties: object }; defaults: object }[];
  expect(list.map(({ id }) => id)).toEqual(['image-folder', 'mot-video', 'synthetic']);
  const [folders] = list;
  expect(folders).toEqual({
    id: 'image-folder',
    title: 'Folders of crops',
    layout: expect.stringContaining('<person>/<camera or tracklet>') as string,
    optionsSchema: expect.objectContaining({ type: 'object' }) as object,
    defaults: { people: 'numbers', conventions: true, camera: 'auto', frameNumber: 0, checkEvery: true, minFrames: 1 },
  });
  expect(Object.keys(folders?.optionsSchema.properties ?? {})).toEqual(Object.keys(folders?.defaults ?? {}));
  // Of what is given, where everything has a default: nothing is required.
  expect(folders?.optionsSchema).not.toHaveProperty('required');
});

test('a folder is looked at, and previewed for whoever asks', async () => {
  const folder = join(made.here.folder, 'set');
  mkdirSync(join(folder, '0001/c1'), { recursive: true });
  expect(await call('imports.probe', { path: folder })).toEqual([]);
  expect(asked.tasks).toEqual([{ kind: 'probe', folder }]);
  await expect(call('imports.preview', { path: folder, importer: 'image-folder', options: {}, quick: true })).rejects.toMatchObject({ code: 'IMPORT_EMPTY' });
});

describe('an import', () => {
  const input = { path: '/data/some set', importer: null, options: { minFrames: 2 }, name: null };

  test('is queued with all that it needs, named after its folder or by the user', async () => {
    expect(await call('imports.start', input)).toEqual({ jobId: 71 });
    expect(await call('imports.start', { ...input, importer: 'image-folder', name: 'Mine', changed: 'add' })).toEqual({ jobId: 72 });
    expect(queued).toEqual([
      { kind: 'import', title: 'Import some set', params: input },
      { kind: 'import', title: 'Import Mine', params: { ...input, importer: 'image-folder', name: 'Mine', changed: 'add' } },
    ]);
  });

  test('with an importer that is not there is refused at once', async () => {
    await expect(call('imports.start', { ...input, importer: 'no-such' })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: 'imports.start: "importer": there is no importer "no-such"; known are image-folder, mot-video, synthetic.',
      params: { key: 'importer' },
    });
    expect(queued).toEqual([]);
  });
});

describe('once more', () => {
  const params = { path: '/data/set', importer: null, options: {}, name: 'Mine' };
  function job(id: number, kind: string, state: string, title = 'Import Mine'): void {
    made.here.sql
      .prepare('INSERT INTO job (id, kind, title, state, params, created_at) VALUES (?, ?, ?, ?, ?, 1)')
      .run(id, kind, title, state, JSON.stringify({ ...params, changed: 'add' }));
  }

  test('runs what was refused with the answer, and the refusal is told no more', async () => {
    job(5, 'import', 'failed');
    expect(await call('imports.again', { jobId: 5, changed: 'update' })).toEqual({ jobId: 71 });
    expect(await call('imports.again', { jobId: 5, changed: 'add' })).toEqual({ jobId: 73 });
    expect(queued).toEqual([
      { kind: 'import', title: 'Update Mine', params: { ...params, changed: 'update' } },
      ['dismiss', 5],
      { kind: 'import', title: 'Import Mine', params: { ...params, changed: 'add' } },
      ['dismiss', 5],
    ]);
  });

  test('updates the data set that the refusal named', async () => {
    job(5, 'import', 'failed');
    made.here.sql
      .prepare('UPDATE job SET error = ? WHERE id = 5')
      .run(JSON.stringify({ code: 'SOURCE_CHANGED', message: 'It has.', remedy: 'Choose.', params: { dataset: 3, name: 'Mine' } }));
    await call('imports.again', { jobId: 5, changed: 'update' });
    await call('imports.again', { jobId: 5, changed: 'add' });
    expect(queued).toEqual([
      { kind: 'import', title: 'Update Mine', params: { ...params, changed: 'update', updates: 3 } },
      ['dismiss', 5],
      { kind: 'import', title: 'Import Mine', params: { ...params, changed: 'add' } },
      ['dismiss', 5],
    ]);
  });

  test.each([
    [5, 'import', 'done'],
    [5, 'train', 'failed'],
    [6, 'import', 'failed'],
  ])('is refused for job %i of kind %s that is %s', async (asks, kind, state) => {
    job(asks === 6 ? 7 : 5, kind, state);
    await expect(call('imports.again', { jobId: asks, changed: 'add' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `There is no import job ${asks} that was refused.`,
      params: { jobId: asks },
    });
    expect(queued).toEqual([]);
  });
});

test('an update reads the root of a data set as it was read', async () => {
  putDataset(made.here.sql, 3, []);
  expect(await call('imports.update', { id: 3 })).toEqual({ jobId: 71 });
  expect(queued).toEqual([
    {
      kind: 'import',
      title: 'Update Set 3',
      params: { path: join(made.here.folder, 'media'), importer: 'test', options: { a: 1 }, name: null, changed: 'update', updates: 3 },
      datasetId: 3,
    },
  ]);
});

describe('what an update would change', () => {
  function source(contents: string): void {
    mkdirSync(join(made.here.folder, 'media', '0001/c1'), { recursive: true });
    for (const [index, content] of [...contents].entries()) writeFileSync(join(made.here.folder, 'media', '0001/c1', `${index}.jpg`), content);
  }
  beforeEach(async () => {
    source('abcd');
    await importFolder(made.context, { path: join(made.here.folder, 'media'), importer: null, options: {}, name: 'Mine' }, made.tools);
    made.told.length = 0;
  });

  test('is told with what it has now, and nothing is changed', async () => {
    source('aXcYe');
    const answer = {
      name: 'Mine',
      folder: join(made.here.folder, 'media'),
      held: { tracklets: 1, frames: 4 },
      changed: {
        dataset: 1,
        name: 'Mine',
        tracklets: { added: 0, changed: 1, removed: 0, renamed: 0 },
        pictures: { changed: 2, added: 1, removed: 0 },
      },
    };
    expect(await call('imports.compare', { id: 1 })).toEqual(answer);
    expect(await call('imports.compare', { id: 1 })).toEqual(answer);
    expect([queued, made.told]).toEqual([[], []]);
  });

  test('is nothing where it is as it was; then what was met of changed pictures is so no more', async () => {
    expect(await call('imports.compare', { id: 1 })).toMatchObject({ changed: null });
    expect(made.told).toEqual([
      ['forget', 1],
      ['forget missing', 1],
    ]);
    await expect(call('imports.compare', { id: 9 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('what a job came to', () => {
  const result = { dataset: 4, alreadyImported: false, name: 'Mine', tracklets: 7 };

  test('is told of imports and of made sets that are done', async () => {
    known = {
      1: { state: 'done', kind: 'import', result: { ...result, updated: true, isUpdate: true, changed: { dataset: 4 }, outcome: { setAside: 3 } } },
      2: { state: 'done', kind: 'synth', result },
    };
    expect(await call('imports.result', { jobId: 1 })).toEqual({
      dataset: 4,
      name: 'Mine',
      alreadyImported: false,
      updated: true,
      isUpdate: true,
      changed: { dataset: 4 },
      // What a job of before did not count is none.
      outcome: { setAside: 3, moved: 0, putBack: 0, splitsKept: 0 },
    });
    expect(await call('imports.result', { jobId: 2 })).toEqual({
      dataset: 4,
      name: 'Mine',
      alreadyImported: false,
      updated: false,
      isUpdate: false,
      changed: null,
      outcome: null,
    });
  });

  test.each(['running import', 'done train', 'failed synth', 'none at all'])('is not told of a job that is %s', async (which) => {
    const [state, kind] = which.split(' ') as [string, string];
    known = which === 'none at all' ? {} : { 1: { state, kind, result } };
    await expect(call('imports.result', { jobId: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: 'There is no import job 1 that is done.',
      params: { jobId: 1 },
    });
  });
});
