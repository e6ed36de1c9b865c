/** Copies of a project: when they are made, what they hold, and putting one back, into an open project and in the place of a damaged one. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { inBackupThread } from '../../../src-main/features/backups/thread.ts';
import { BACKUP_INTERVAL_MS } from '../../../src-main/features/backups/service.ts';
import { MANY } from '../../../src-main/features/backups/bulk.ts';
import { openHost, type HostOptions } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { fillProject } from '../../support/bigProject.ts';
import { moment } from '../../../src-shared/backupText.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';
import { until } from '../../support/until.ts';

const START = Date.UTC(2026, 0, 2, 8);

/** Time that passes when the test says so: both clocks, and what waits for them. */
function handMadeTime() {
  let passed = 0;
  let skew = 0;
  const waiting = new Set<{ at: number; call: () => void }>();
  return {
    options: {
      clock: () => START + passed + skew,
      monotonic: () => passed,
      after: (ms, call) => {
        const entry = { at: passed + ms, call };
        waiting.add(entry);
        return () => waiting.delete(entry);
      },
    } satisfies Partial<HostOptions>,
    /** Of the wall clock alone. */
    setWrong: (ms: number) => (skew = ms),
    pass(ms: number) {
      passed += ms;
      for (const entry of [...waiting].filter(({ at }) => at <= passed)) {
        waiting.delete(entry);
        entry.call();
      }
    },
    waiting: () => [...waiting].map(({ at }) => at - passed),
  };
}

const list = (project: TestProject) => project.host.client().call('backups.list', {});

async function note(project: TestProject, value: string, trackletId = 1): Promise<void> {
  await project.host.client().call('annotations.apply', { label: value, edits: [{ trackletId, field: 'note', start: 0, end: 0, value }] });
}
async function noteOf(project: TestProject, trackletId = 1): Promise<unknown> {
  return (await project.host.client().call('annotations.get', { trackletId })).find((one) => one.field === 'note')?.value ?? null;
}

describe('copies while working', () => {
  test('are made a quarter of an hour after the last one, only when something was done, and once for all of it', async () => {
    const time = handMadeTime();
    await using project = await openTestProject(time.options);
    await fillProject(project.host.context, { tracklets: 3, identities: 2, cameras: 2 });
    await until(async () => time.waiting().length === 1);
    expect(time.waiting()).toEqual([BACKUP_INTERVAL_MS]);
    await note(project, 'one');
    time.pass(BACKUP_INTERVAL_MS - 1);
    expect(await list(project)).toEqual([]);
    time.pass(1);
    await until(async () => (await list(project)).length === 1);
    expect(await list(project)).toMatchObject([
      { reason: 'While working', datasets: 1, runs: 0, annotations: expect.any(Number) as number, at: START + BACKUP_INTERVAL_MS },
    ]);
    // Nothing was done: nothing waits.
    expect(time.waiting()).toEqual([]);
    time.pass(BACKUP_INTERVAL_MS / 3);
    await note(project, 'two');
    await until(async () => time.waiting().length === 1);
    expect(time.waiting()).toEqual([(2 * BACKUP_INTERVAL_MS) / 3]);
    await note(project, 'three');
    time.pass((2 * BACKUP_INTERVAL_MS) / 3);
    await until(async () => (await list(project)).length === 2);
    // Jobs that report and commands that are remembered are no work.
    const { db } = project.host.context;
    const jobId = await db.write('jobs', 'insert', { kind: 'train', title: 'T', params: {}, after: [], runId: null, datasetId: null, createdAt: 1 });
    await db.write('jobs', 'update', [{ id: jobId, state: 'done' }]);
    time.pass(4 * BACKUP_INTERVAL_MS);
    expect(time.waiting()).toEqual([]);
    expect(await list(project)).toHaveLength(2);
  });

  test('follow the next session too, whatever the clock of the one before', async () => {
    const time = handMadeTime();
    time.setWrong(400 * 24 * 3600_000);
    await using project = await openTestProject(time.options);
    await fillProject(project.host.context, { tracklets: 3, identities: 2, cameras: 2 });
    await project.host.client().call('backups.make', {});
    time.setWrong(0);
    await project.reopen();
    await note(project, 'later');
    await until(async () => time.waiting().length === 1);
    time.pass(0);
    await until(async () => (await list(project)).length === 2);
    // In the order in which they were made.
    expect((await list(project)).map((copy) => copy.reason)).toEqual(['While working', 'By hand']);
  });

  test('edits go on while one is made, and it holds one moment', async () => {
    await using project = await openTestProject();
    await fillProject(project.host.context, { tracklets: 3000, identities: 100, cameras: 2 });
    const client = project.host.client();
    const made = client.call('backups.make', {});
    let done = false;
    void made.then(() => (done = true));
    const { db } = project.host.context;
    let edits = 0;
    // Beside the command, straight to the writer: tracklets 1 and 2 always change together.
    while (!done) {
      edits++;
      await db.write('project', 'setMeta', { left: String(edits), right: String(edits) });
    }
    expect(edits).toBeGreaterThan(3);
    const { id } = await made;
    const copy = new Database(join(project.folder, 'backups', `${id}.sqlite`), { readonly: true });
    const meta = Object.fromEntries(copy.prepare("SELECT key, value FROM meta WHERE key IN ('left', 'right')").raw().all() as [string, string][]);
    expect(meta['left']).toBe(meta['right']);
    expect(copy.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(copy.pragma('journal_mode', { simple: true })).toBe('delete');
    copy.close();
    expect(statSync(join(project.folder, 'backups', `${id}.sqlite`)).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(project.folder, 'backups'))).toEqual([`${id}.sqlite`]);
  });

  test('a copy that would not be whole is none, and what was there stays', async () => {
    await using project = await openTestProject();
    await fillProject(project.host.context, { tracklets: 300, identities: 10, cameras: 2 });
    await project.host.client().call('backups.make', {});
    await project.host.close();
    const file = join(project.folder, 'project.sqlite');
    const bytes = readFileSync(file);
    bytes.fill(0xff, bytes.length - 3 * 4096, bytes.length - 4096);
    writeFileSync(file, bytes);
    await expect(inBackupThread('make', { file, at: START, reason: 'x' })).rejects.toMatchObject({ code: 'PROJECT_DAMAGED' });
    expect(readdirSync(join(project.folder, 'backups'))).toHaveLength(1);
  });
});

describe('copies before what removes or changes much', () => {
  test('hold what the step took, and are not made twice for the same work', async () => {
    await using project = await openTestProject();
    const client = project.host.client();
    const id = await fillProject(project.host.context, { tracklets: MANY, identities: 10, cameras: 2, name: 'Set' });
    const all = [...(await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids];
    await client.call('tracklets.setSplit', { ids: all, split: 'train' });
    await client.call('datasets.remove', { id });
    expect((await list(project)).map(({ reason, datasets }) => [reason, datasets])).toEqual([
      ['Before removing a data set', 1],
      [`Before moving ${MANY} tracklets to train`, 1],
    ]);
    await client.call('trash.empty', {});
    expect((await list(project)).map(({ reason }) => reason)[0]).toBe('Before deleting removed things');
    await client.call('backups.make', {});
    await client.call('trash.empty', {});
    expect((await list(project)).map(({ reason }) => reason)[0]).toBe('By hand');
  });
});

describe('putting a copy back', () => {
  test('brings back everything of then, tells every page, and is taken back by the copy that was made first', async () => {
    await using project = await openTestProject();
    const client = project.host.client();
    const other = project.host.client();
    const told: string[] = [];
    other.on('restored', ({ id }) => void told.push(id));
    await fillProject(project.host.context, { tracklets: 20, identities: 4, cameras: 2, name: 'First' });
    await note(project, 'then');
    const then = await client.call('backups.make', {});
    await note(project, 'now');
    await fillProject(project.host.context, { tracklets: 5, identities: 2, cameras: 1, name: 'Second' });
    const now = await client.call('tracklets.query', { filter: {}, sort: 'identity' });

    await client.call('backups.restore', { id: then.id });
    expect(told).toEqual([then.id]);
    expect(await noteOf(project)).toBe('then');
    expect((await client.call('datasets.list', {})).map(({ name }) => name)).toEqual(['First']);
    expect(await client.call('history.state', {})).toMatchObject({ undoLabel: 'then' });
    const copies = await list(project);
    expect(copies[0]).toMatchObject({ reason: expect.stringContaining('Before going back') as string, datasets: 2 });

    // Ids that were given since are not given again: cached pictures are named by them.
    const third = await fillProject(project.host.context, { tracklets: 5, identities: 2, cameras: 1, name: 'Third' });
    const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [third] }, sort: 'identity' });
    expect(Math.min(...ids)).toBeGreaterThan(Math.max(...now.ids));

    await client.call('backups.restore', { id: copies[0]?.id ?? '' });
    expect(await noteOf(project)).toBe('now');
    expect((await client.call('datasets.list', {})).map(({ name }) => name)).toEqual(['First', 'Second']);
    await project.reopen();
    expect(await noteOf(project)).toBe('now');
    await note(project, 'goes on');
    expect(await noteOf(project)).toBe('goes on');
    expect(await project.host.context.db.check()).toBe('ok');
  });

  test('keeps what numbers mean; a change that was answered before is done again when it is sent again', async () => {
    await using project = await openTestProject();
    const client = project.host.client();
    await fillProject(project.host.context, { tracklets: 3, identities: 2, cameras: 1 });
    const then = await client.call('backups.make', {});
    const { numbering } = await client.hello;
    const again = (): Promise<unknown> =>
      client.send(
        'annotations.apply',
        { label: 'n', edits: [{ trackletId: 1, field: 'note', start: 0, end: 0, value: 'mine' }] },
        { key: 'window-1:k', numbering },
      );
    await again();
    await client.call('backups.restore', { id: then.id });
    expect(await noteOf(project)).toBe(null);
    await again();
    expect(await noteOf(project)).toBe('mine');
    expect((await project.host.client().hello).numbering).toBe(numbering);
    await project.reopen();
    expect((await project.host.client().hello).numbering).toBe(numbering);
  });

  test('of which columns say otherwise than the values: they are made anew, into an open project and in the place of one', async () => {
    await using project = await openTestProject();
    const client = project.host.client();
    await fillProject(project.host.context, { tracklets: 3, identities: 2, cameras: 1 });
    await client.call('annotations.apply', { label: 'v', edits: [{ trackletId: 1, field: 'visibility', start: 0, end: 2, value: 4 }] });
    await note(project, 'mine');
    const shown = async (): Promise<unknown> => project.host.client().call('tracklets.rows', { ids: [1, 2, 3] });
    const before = await shown();
    const { id } = await client.call('backups.make', {});
    const copy = new Database(join(project.folder, 'backups', `${id}.sqlite`));
    copy.exec(`UPDATE tracklet SET visibility = zeroblob(frames), with_value = frames, hidden_frames = frames, hidden_max = 10, terms = ',occluder=self,',
      review = 'reviewed', review_gaps = 1, note = 'not mine'`);
    copy.close();
    await client.call('backups.restore', { id });
    expect(await shown()).toEqual(before);
    await project.host.close();
    await inBackupThread('restoreClosed', { file: join(project.folder, 'project.sqlite'), id, at: START });
    const file = new Database(join(project.folder, 'project.sqlite'), { readonly: true });
    expect(file.prepare('SELECT note, review FROM tracklet WHERE id = 1').get()).toEqual({ note: 'mine', review: 'started' });
    file.close();
    await project.reopen();
    expect(await shown()).toEqual(before);
  });

  test('makes another generation of the project, which whoever comes later is told, also after a restart', async () => {
    await using project = await openTestProject();
    const generation = async (): Promise<string | undefined> => (await project.host.client().hello).generation;
    const client = project.host.client();
    const first = await generation();
    await note(project, 'x').catch(() => undefined);
    expect(await generation()).toBe(first);
    const { id } = await client.call('backups.make', {});
    const told: string[] = [];
    client.on('restored', (now) => void told.push(now.generation));
    await client.call('backups.restore', { id });
    const second = await generation();
    expect([second === first, told]).toEqual([false, [second]]);
    await project.reopen();
    expect(await generation()).toBe(second);
    await project.host.client().call('backups.restore', { id });
    const third = await generation();
    expect([first, second]).not.toContain(third);
  });

  test('waits for jobs to end, leaves none waiting, and refuses what is no copy', async () => {
    await using project = await openTestProject();
    const client = project.host.client();
    const { jobs, db } = project.host.context;
    const started = Promise.withResolvers<void>();
    const block = Promise.withResolvers<void>();
    jobs.registerRunner('strips', { title: 'Work', group: 'data', resource: 'io', resumable: false, run: async () => (started.resolve(), block.promise) });
    const id = await jobs.start({ kind: 'strips', title: 'Strips', params: {} });
    await started.promise;
    const copy = await client.call('backups.make', {});
    await expect(client.call('backups.restore', { id: copy.id })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('Strips') as string,
    });
    block.resolve();
    await jobs.wait(id);
    await client.call('backups.restore', { id: copy.id });
    const again = await db.read('jobs', 'one', { id });
    expect(again).toMatchObject({
      state: 'interrupted',
      error: {
        message: expect.stringMatching(
          /put back to a copy that was made while this was under way\. It was done at [-\d: ]+, after that copy: what it made is not in the project/,
        ),
        remedy: 'Run it again to have that again, or forget it.',
      },
    });
    for (const wrong of ['../project', 'none', '']) await expect(client.call('backups.restore', { id: wrong })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('tells jobs that were under way in it as they ended since', async () => {
    await using project = await openTestProject();
    const client = project.host.client();
    const { db } = project.host.context;
    const add = (kind: 'train' | 'strips', title: string) =>
      db.write('jobs', 'insert', { kind, title, params: {}, after: [], runId: null, datasetId: null, createdAt: 1 });
    const ids = {
      done: await add('train', 'T'),
      cancelled: await add('strips', 'C'),
      failed: await add('strips', 'F'),
      gone: await add('strips', 'G'),
      waiting: await add('strips', 'W'),
    };
    for (const [name, id] of Object.entries(ids)) if (name !== 'waiting') await db.write('jobs', 'update', [{ id, state: 'running', startedAt: 2 }]);
    const copy = await client.call('backups.make', {});
    const error = { code: 'CANCELLED' as const, message: 'The work was cancelled.', params: {}, remedy: '' };
    const at = Date.UTC(2026, 0, 2, 8, 15);
    await db.write('jobs', 'update', [
      { id: ids.done, state: 'done', endedAt: at },
      { id: ids.cancelled, state: 'cancelled', error, endedAt: at },
      { id: ids.failed, state: 'failed', error: { ...error, message: 'It fell.' }, endedAt: at },
    ]);
    await db.write('jobs', 'remove', [ids.gone]);
    await client.call('backups.restore', { id: copy.id });
    const found = await Promise.all(Object.entries(ids).map(async ([name, id]) => [name, await db.read('jobs', 'one', { id })]));
    const plain = 'The project was put back to a copy that was made while this was under way.';
    expect(Object.fromEntries(found)).toMatchObject({
      done: {
        state: 'interrupted',
        error: {
          message: `${plain} It was done at ${moment(at)}, after that copy: what it made is not in the project as it is now.`,
          remedy: 'Resume it to have that again: its files are kept, so it goes on from its last checkpoint.',
        },
      },
      cancelled: { state: 'cancelled', error: { message: 'The work was cancelled.' }, endedAt: at },
      failed: { state: 'failed', error: { message: 'It fell.' }, endedAt: at },
      gone: { state: 'interrupted', error: { message: plain } },
      waiting: { state: 'interrupted', error: { message: plain } },
    });
  });

  test('that is damaged changes nothing', async () => {
    await using project = await openTestProject();
    const client = project.host.client();
    await fillProject(project.host.context, { tracklets: 300, identities: 10, cameras: 2 });
    const { id } = await client.call('backups.make', {});
    const file = join(project.folder, 'backups', `${id}.sqlite`);
    const bytes = readFileSync(file);
    bytes.fill(0xff, bytes.length - 3 * 4096, bytes.length - 4096);
    writeFileSync(file, bytes);
    await note(project, 'stays');
    await expect(client.call('backups.restore', { id })).rejects.toMatchObject({ code: 'PROJECT_DAMAGED' });
    expect(await noteOf(project)).toBe('stays');
  });
});

describe('a damaged project', () => {
  async function damage(project: TestProject): Promise<{ file: string; bytes: Buffer }> {
    await project.host.close();
    const file = join(project.folder, 'project.sqlite');
    const bytes = readFileSync(file);
    bytes.fill(0x55, 0, 200);
    writeFileSync(file, bytes);
    return { file, bytes };
  }

  test('names the newest copy that is whole, which comes back; the damaged file is kept', async () => {
    await using project = await openTestProject();
    const client = project.host.client();
    await fillProject(project.host.context, { tracklets: 300, identities: 10, cameras: 2, name: 'Set' });
    await note(project, 'kept');
    const before = await client.hello;
    const good = await client.call('backups.make', {});
    await note(project, 'lost');
    const bad = await client.call('backups.make', {});
    writeFileSync(
      join(project.folder, 'backups', `${bad.id}.sqlite`),
      readFileSync(join(project.folder, 'backups', `${bad.id}.sqlite`)).fill(0xff, 8192, 20000),
    );
    mkdirSync(join(project.folder, 'cache', 'frames', '1'), { recursive: true });
    const { file, bytes } = await damage(project);
    await expect(project.reopen()).rejects.toMatchObject({
      code: 'PROJECT_DAMAGED',
      remedy: expect.stringMatching(new RegExp(`${good.id}.*1 data set.*tracklet backup restore ${good.id}`)) as string,
    });
    const aside = await inBackupThread('restoreClosed', { file, id: good.id, at: START });
    expect(aside).toBe('project.sqlite.damaged-20260102-080000');
    expect(readFileSync(join(project.folder, aside ?? '')).equals(bytes)).toBe(true);
    // Pictures kept for ids that may be given again would be those of others.
    expect(existsSync(join(project.folder, 'cache', 'frames', '1'))).toBe(false);
    await project.reopen();
    expect(await noteOf(project)).toBe('kept');
    // What a window kept from before may be of another tracklet with the same number.
    const late = project.host.client();
    expect((await late.hello).project).toBe(before.project);
    expect((await late.hello).numbering).not.toBe(before.numbering);
    const edit = { label: 'n', edits: [{ trackletId: 1, field: 'note', start: 0, end: 0, value: 'late' }] };
    await expect(late.send('annotations.apply', edit, { key: 'window-1:k', numbering: before.numbering })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('made before a backup took the place of the project') as string,
    });
    expect(await noteOf(project)).toBe('kept');
    await late.send('annotations.apply', edit, { key: 'window-1:k', numbering: (await late.hello).numbering });
    expect(await noteOf(project)).toBe('late');
  });

  test.each([
    ['of no byte', (file: string) => writeFileSync(file, '')],
    [
      'without a table',
      (file: string) => {
        rmSync(file);
        const empty = new Database(file);
        empty.pragma('user_version = 1');
        empty.close();
      },
    ],
  ])('%s is not taken for a new one: it names the newest copy, and is left as it is', async (_name, spoil) => {
    await using project = await openTestProject();
    await fillProject(project.host.context, { tracklets: 3, identities: 2, cameras: 1, name: 'Set' });
    await note(project, 'kept');
    const good = await project.host.client().call('backups.make', {});
    await project.host.close();
    const file = join(project.folder, 'project.sqlite');
    for (const ending of ['-wal', '-shm']) rmSync(`${file}${ending}`, { force: true });
    spoil(file);
    const before = readFileSync(file);
    for (const options of [{}, { readOnlyReason: () => 'its disk is read-only' }])
      await expect(
        openHost({ folder: project.folder, create: true, paths: { home: project.home, provisioned: project.home }, log: openLog('silent'), ...options }),
      ).rejects.toMatchObject({
        code: 'PROJECT_DAMAGED',
        message: `The project database ${file} is empty: it holds no table at all. Nothing was changed.`,
        remedy: expect.stringContaining(`tracklet backup restore ${good.id}`) as string,
      });
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(join(project.folder, 'backups'))).toEqual([`${good.id}.sqlite`]);
    await inBackupThread('restoreClosed', { file, id: good.id, at: START });
    await project.reopen();
    expect(await noteOf(project)).toBe('kept');
  });

  test('without a copy says that there is none', async () => {
    await using project = await openTestProject();
    await damage(project);
    await expect(project.reopen()).rejects.toMatchObject({ code: 'PROJECT_DAMAGED', remedy: expect.stringContaining('no copy that is whole') as string });
    copyFileSync(join(project.folder, 'project.sqlite'), join(project.folder, 'x'));
  });
});

test('what a killed program was copying is removed at the next opening: only files of that form, and none newer than this process', async () => {
  await using project = await openTestProject();
  await project.host.close();
  const backups = join(project.folder, 'backups');
  const long = new Date('2020-01-01');
  const plant = (name: string): void => {
    writeFileSync(join(backups, name), 'part');
    utimesSync(join(backups, name), long, long);
  };
  for (const name of ['unfinished-12-1767340800000.part', 'unfinished-12-1767340800000.part-journal', 'restoring-7-1767340800000.part']) plant(name);
  const kept = ['mine.part', 'unfinished-notes.part', 'unfinished-1-2.part.txt'];
  kept.forEach(plant);
  writeFileSync(join(backups, 'unfinished-8-1.part'), 'under way');
  symlinkSync('mine.part', join(backups, 'restoring-8-1.part'));
  mkdirSync(join(backups, 'restoring-9-1.part'));
  await project.reopen();
  expect(readdirSync(backups).sort()).toEqual([...kept, 'restoring-8-1.part', 'restoring-9-1.part', 'unfinished-8-1.part'].sort());
});
