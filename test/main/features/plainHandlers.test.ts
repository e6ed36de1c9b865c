/** Handlers that mostly hand on: each call reaches what it is named after, with what it was given, and answers as the contract says. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { createBackupsHandlers } from '../../../src-main/features/backups/handlers.ts';
import { createHistoryHandlers } from '../../../src-main/features/history/handlers.ts';
import { createJobsHandlers } from '../../../src-main/features/jobs/handlers.ts';
import { createMediaHandlers } from '../../../src-main/features/media/handlers.ts';
import { createProjectHandlers } from '../../../src-main/features/project/handlers.ts';
import { createSettingsHandlers } from '../../../src-main/features/settings/handlers.ts';
import type { HostContext } from '../../../src-main/features/context.ts';
import { createWindows } from '../../../src-main/features/history/windows.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { keyFrom } from '../../../src-shared/rpc.ts';
import { temporaryFolder } from '../../support/project.ts';

let happened: unknown[];
beforeEach(() => (happened = []));

const of = { key: 'k', origin: 'page', signal: new AbortController().signal, isRemote: false };
/** Notes the call and answers with `answer`. */
const noting =
  (name: string, answer?: unknown) =>
  async (...what: unknown[]): Promise<unknown> => {
    happened.push([name, ...what]);
    return answer;
  };
const as = (context: object): HostContext => context as HostContext;

test('jobs', async () => {
  const jobs = {
    list: noting('list', ['one']),
    log: noting('log', { lines: [], next: 3 }),
    cancel: noting('cancel'),
    retry: noting('retry', 8),
    dismiss: noting('dismiss'),
    clear: noting('clear'),
  };
  const handlers = createJobsHandlers(as({ jobs }));
  expect(await handlers['jobs.list']({}, of)).toEqual(['one']);
  expect(await handlers['jobs.log']({ id: 1, from: 2 }, of)).toEqual({ lines: [], next: 3 });
  expect(await handlers['jobs.cancel']({ id: 3 }, of)).toEqual({});
  expect(await handlers['jobs.retry']({ id: 4 }, of)).toEqual({ jobId: 8 });
  expect(await handlers['jobs.dismiss']({ id: 5 }, of)).toEqual({});
  expect(await handlers['jobs.clear']({}, of)).toEqual({});
  expect(happened).toEqual([['list'], ['log', 1, 2], ['cancel', 3], ['retry', 4], ['dismiss', 5], ['clear']]);
});

test('backups: a copy is put back while no job runs, then every page is told', async () => {
  const handlers = createBackupsHandlers(
    as({
      backups: { list: noting('list', []), make: noting('make', { id: 'b' }), restore: noting('restore', 'next') },
      events: { emit: (...what: unknown[]) => void happened.push(what) },
      jobs: {
        async whileIdle(work: () => Promise<unknown>) {
          happened.push('idle');
          const answer = await work();
          happened.push('busy again');
          return answer;
        },
      },
      clock: () => 77,
    }),
  );
  expect(await handlers['backups.list']({}, of)).toEqual([]);
  expect(await handlers['backups.make']({}, of)).toEqual({ id: 'b' });
  expect(await handlers['backups.restore']({ id: 'x' }, of)).toEqual({});
  expect(happened).toEqual([['list'], ['make', 'By hand'], 'idle', ['restore', 'x'], 'busy again', ['restored', { id: 'x', at: 77, generation: 'next' }]]);
});

test('media: boxes of a stretch that ends before it begins are refused', async () => {
  const handlers = createMediaHandlers(as({ db: { read: noting('read', 'boxes') } }));
  expect(await handlers['media.boxes']({ mediaId: 1, from: 5, to: 5 }, of)).toBe('boxes');
  expect(happened).toEqual([['read', 'media', 'boxes', { mediaId: 1, from: 5, to: 5 }]]);
  expect(() => handlers['media.boxes']({ mediaId: 1, from: 5, to: 4 }, of)).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', message: 'media.boxes: "to" (4) lies before "from" (5).', params: { key: 'to' } }),
  );
  expect(happened).toHaveLength(1);
});

describe('history', () => {
  const step = (tags: string[]) => ({ label: 'x', tags, trackletId: null });
  function open(tags: string[]) {
    const windows = createWindows();
    windows.note('other page', 'window-b');
    const handlers = createHistoryHandlers(
      as({
        db: { read: noting('read', 'state'), write: noting('write', step(tags)) },
        events: { changed: (...what: unknown[]) => void happened.push(['changed', ...what]) },
        jobs: { lookAgain: noting('jobs look again') },
        windows,
      }),
    );
    return { handlers, windows };
  }

  test('what a window would do is asked for it, and the connection speaks for it from then on', async () => {
    const { handlers, windows } = open([]);
    expect(await handlers['history.state']({ window: 'window-a' }, of)).toBe('state');
    expect(windows.others('window-b')).toEqual(['window-a']);
    await handlers['history.state']({}, { ...of, origin: 'script' });
    expect(happened).toEqual([
      ['read', 'history', 'state', { window: 'window-a', others: ['window-b'] }],
      ['read', 'history', 'state', { window: null, others: ['window-b', 'window-a'] }],
    ]);
  });

  test.each(['undo', 'redo'] as const)('%s is of the window of the key; what changed is told, and jobs are looked at where they may have', async (way) => {
    const window = '0b9c1f2e-8f5e-4d2c-9b1a-2f6d7c8e9a01';
    const key = keyFrom(window, 'x');
    expect(await open(['Tracklets']).handlers[`history.${way}`]({}, { ...of, key })).toEqual(step(['Tracklets']));
    expect(happened).toEqual([
      ['write', 'history', way, { window, others: ['window-b'] }, { key }],
      ['changed', ['Tracklets'], 'page'],
    ]);
    happened.length = 0;
    await open(['Runs', 'Jobs']).handlers[`history.${way}`]({}, { ...of, key: null });
    expect(happened).toEqual([
      ['write', 'history', way, { window: null, others: ['window-b'] }, { key: null }],
      ['changed', ['Runs', 'Jobs'], 'page'],
      ['jobs look again'],
    ]);
  });
});

describe('project', () => {
  const info = (meta: Promise<object>, problem: AppError | null) =>
    createProjectHandlers(
      as({
        project: { folder: join('/far', 'Yard') },
        readOnly: null,
        db: { read: () => meta, place: { problem: () => problem } },
        settings: { annotator: () => 'A' },
        session: 's',
        version: '1',
        notices: [],
      }),
    )['project.info']({}, of);
  const told = { folder: join('/far', 'Yard'), readOnly: null, moved: null, version: '1', session: 's', annotator: 'A', notices: [] };
  const moved = new AppError('PROJECT_MOVED', 'It is gone.', {}, { remedy: 'Put it back.' });

  test('has its name, or that of its folder', async () => {
    expect(await info(Promise.resolve({ name: 'Names' }), null)).toEqual({ ...told, name: 'Names' });
    expect(await info(Promise.resolve({}), null)).toEqual({ ...told, name: 'Yard' });
  });

  test('that it was moved is told, also where nothing can be read; any other trouble is one', async () => {
    const said = { message: 'It is gone.', remedy: 'Put it back.' };
    expect(await info(Promise.resolve({ name: 'Names' }), moved)).toEqual({ ...told, name: 'Names', moved: said });
    expect(await info(Promise.reject(new Error('overwritten')), moved)).toEqual({ ...told, name: 'Yard', moved: said });
    await expect(info(Promise.reject(new Error('broken')), null)).rejects.toThrow('broken');
  });
});

describe('settings', () => {
  const isKept = (): unknown[] => happened.filter((what) => (what as unknown[])[0] === 'set');
  const handlers = () => {
    const engine = {
      refuseLibrary: (path: string) => (
        happened.push(['refuse', path]),
        path === '/none' ? Promise.reject(new AppError('ENGINE_UNAVAILABLE', 'none')) : undefined
      ),
      settingsChanged: () => void happened.push('engine forgets'),
    };
    return createSettingsHandlers(
      as({ settings: { all: () => ({ theme: 'dark' }), set: noting('set') }, jobs: { lookAgain: noting('jobs look again') } }),
      engine as never,
    );
  };
  const set = (key: string, value: unknown, isRemote = false) => handlers()['settings.set']({ key, value }, { ...of, isRemote });

  test('are told, and one that fits is kept', async () => {
    expect(await handlers()['settings.get']({}, of)).toEqual({ theme: 'dark' });
    expect(await set('theme', 'light', true)).toEqual({});
    expect(happened).toEqual([['set', 'theme', 'light']]);
  });

  test.each([
    ['theme', 'pink'],
    ['shout', 1],
    ['engine.threads', availableParallelism() + 1],
  ])('%s = %j is refused by name and not kept', async (key, value) => {
    await expect(set(key, value)).rejects.toMatchObject({ code: 'BAD_INPUT', params: { key } });
    expect(happened).toEqual([]);
  });

  test('one of the engine counts at once: for the status, and for jobs that wait', async () => {
    await set('engine.jobs', 2, true);
    expect(happened).toEqual([['set', 'engine.jobs', 2], 'engine forgets', ['jobs look again']]);
  });

  test('a TensorFlow is looked at before it is kept, and taken back without a look', async () => {
    await set('engine.tensorflow', '/tf');
    expect(happened.slice(0, 2)).toEqual([
      ['refuse', '/tf'],
      ['set', 'engine.tensorflow', '/tf'],
    ]);
    happened = [];
    await expect(set('engine.tensorflow', '/none')).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(isKept()).toEqual([]);
    happened = [];
    await set('engine.tensorflow', null);
    expect(happened[0]).toEqual(['set', 'engine.tensorflow', null]);
  });

  test('an ffmpeg is the full path of one that answers', async () => {
    using folder = temporaryFolder();
    await expect(set('ffmpeg', 'ffmpeg')).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: 'The place of ffmpeg is the full path of a program, not "ffmpeg".',
      params: { key: 'ffmpeg' },
    });
    mkdirSync(join(folder.path, 'x'));
    await expect(set('ffmpeg', join(folder.path, 'x'))).rejects.toThrow(/ffmpeg/);
    expect(isKept()).toEqual([]);
    await set('ffmpeg', null);
    expect(happened).toEqual([['set', 'ffmpeg', null]]);
  });

  test.each([
    ['ffmpeg', 'The place of ffmpeg names a program to run, so it cannot be set from a page.', 'FFMPEG_PATH'],
    ['engine.tensorflow', 'The place of TensorFlow names a program to run, so it cannot be set from a page.', 'TRACKLET_TENSORFLOW'],
  ])('%s is not set by a message from outside, but may be taken back by one', async (key, message, variable) => {
    await expect(set(key, '/x', true)).rejects.toMatchObject({
      code: 'UNAUTHORISED',
      message,
      params: { key },
      remedy: `Set it with "tracklet settings set ${key} <path>", with the variable ${variable}, or in the settings of the desktop window.`,
    });
    expect(happened).toEqual([]);
    await set(key, null, true);
    expect(isKept()).toEqual([['set', key, null]]);
  });
});
