/** When copies are made, on a real project database and with time that passes when the test says so; what is shown where none can be. */
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BACKUP_INTERVAL_MS, createBackups, damagedSentence, remedyByBackup, type Backups } from '../../../src-main/features/backups/service.ts';
import { backupOperations, type inBackupThread } from '../../../src-main/features/backups/thread.ts';
import type { BackupInfo } from '../../../src-main/db/copies.ts';
import { moment } from '../../../src-shared/backupText.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { madeTime, type MadeTime } from '../../support/madeTime.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

const START = Date.UTC(2026, 0, 20, 8);
const DAY = 24 * 3_600_000;
const MINUTE = 60_000;

/** What the thread of backups does, done here: one for each request costs a second. */
const ask = (async (name: keyof typeof backupOperations, input: never) => backupOperations[name](input)) as typeof inBackupThread;

let here: TablesHere;
let file: string;
let time: MadeTime;
/** Of the wall clock against the one that nobody sets. */
let skew: number;
let waits: number[];
let said: unknown[];
let problem: AppError | null;
let backups: Backups;

beforeEach(async () => {
  here = await tablesHere();
  file = join(here.folder, 'project.sqlite');
  [time, skew, waits, said, problem] = [madeTime(), 0, [], [], null];
  await work(0, START - 5 * MINUTE);
  backups = open();
});
afterEach(async () => {
  await backups.close();
  here[Symbol.dispose]();
});

const work = (count: number, createdAt = START - 5 * MINUTE): Promise<unknown> =>
  here.db.write('project', 'setMeta', { work: String(count), createdAt: String(createdAt) });

function open(): Backups {
  return createBackups(
    {
      project: { file: (path: string) => join(here.folder, path), makeFolder: async (folder: string) => void mkdirSync(folder, { recursive: true }) } as never,
      databaseFile: file,
      db: {
        read: here.db.read,
        place: { problem: () => problem, isLost: () => false },
        look: async () => void said.push('look'),
        alone: async (perform: () => Promise<unknown>) => {
          said.push('alone');
          return perform();
        },
      } as never,
      events: {
        emit: (event: string, payload: { message: string; remedy: string }) => void said.push(`${event}: ${payload.message} ${payload.remedy}`),
        changed: (tags: string[]) => void said.push(tags.join()),
        on: () => () => undefined,
      } as never,
      log: { debug: () => undefined, warn: () => undefined, error: (_facts: object, sentence: string) => void said.push(sentence) } as never,
      clock: () => START + time.now() + skew,
      monotonic: () => time.now(),
      after(ms, call) {
        waits.push(ms);
        return time.after(ms, call);
      },
    },
    ask,
  );
}
const reasons = async (): Promise<string[]> => (await backups.list()).map(({ reason }) => reason);
/** What was begun is over: some promises further, and what is done in turn had its turn. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await backups.restore('none').catch(() => undefined);
}

describe('a copy before a step', () => {
  test('is made where there is work that none holds, and once for it', async () => {
    await backups.before('Before nothing');
    expect(await reasons()).toEqual([]);
    await work(1);
    await backups.before('Before a');
    await backups.before('Before b');
    expect(await reasons()).toEqual(['Before a']);
    expect(said).toEqual(['look', 'Backups']);
    await work(2);
    await backups.before('Before c');
    // Less than was copied is another state too, as after a copy was put back.
    await work(1);
    await backups.before('Before d');
    expect(await reasons()).toEqual(['Before d', 'Before c', 'Before a']);
    expect((await backups.list())[0]).toMatchObject({ at: START, work: 1, sequence: 3 });
  });

  test('knows those of an earlier session', async () => {
    await work(3);
    await backups.make('By hand');
    backups = open();
    await backups.before('Before a');
    expect(await reasons()).toEqual(['By hand']);
  });

  test('that cannot be made hinders nothing; it is said once, and again after one that could', async () => {
    await work(1);
    problem = new AppError('PROJECT_MOVED', 'It is gone.', {}, { remedy: 'Put it back.' });
    const notice = 'notice: No backup could be made: It is gone. Put it back.';
    await backups.before('Before a');
    await backups.before('Before b');
    expect(said).toEqual(['look', 'the project could not be copied', notice, 'look', 'the project could not be copied']);
    expect(readdirSync(here.folder)).not.toContain('backups');
    problem = null;
    await backups.before('Before c');
    await work(2);
    problem = new AppError('PROJECT_MOVED', 'It is gone.', {}, { remedy: 'Put it back.' });
    said.length = 0;
    await backups.before('Before d');
    expect(said).toEqual(['look', 'the project could not be copied', notice]);
  });
});

test('a copy by hand is made whether there is work or not, and says why where it cannot be', async () => {
  const first = await backups.make('By hand');
  const second = await backups.make('By hand');
  expect(await backups.list()).toEqual([second, first]);
  problem = new AppError('PROJECT_MOVED', 'It is gone.');
  await expect(backups.make('By hand')).rejects.toBe(problem);
  problem = null;
  expect((await backups.make('By hand')).sequence).toBe(3);
});

describe('while working', () => {
  test('the first is made a quarter of an hour after the project was', async () => {
    await work(1);
    for (let i = 0; i < 3; i++) backups.noteWork();
    await settled();
    expect(waits).toEqual([BACKUP_INTERVAL_MS - 5 * MINUTE]);
    backups.noteWork();
    await settled();
    expect(waits).toHaveLength(1);
  });

  test('the next a quarter of an hour after the last, by the clock that nobody sets', async () => {
    await work(1);
    await backups.make('By hand');
    time.advance(4 * MINUTE);
    skew = 400 * DAY;
    backups.noteWork();
    await settled();
    expect(waits).toEqual([11 * MINUTE]);
    await work(2);
    time.advance(11 * MINUTE - 1);
    await settled();
    expect((await reasons())[0]).not.toBe('While working');
  });

  test('is made when its time has come, if something was done', async () => {
    await work(1);
    backups.noteWork();
    await settled();
    time.advance(10 * MINUTE - 1);
    await settled();
    expect(await reasons()).toEqual([]);
    time.advance(1);
    await settled();
    expect(await reasons()).toEqual(['While working']);
    backups.noteWork();
    await settled();
    time.advance(15 * MINUTE);
    await settled();
    expect([waits, await reasons()]).toEqual([[10 * MINUTE, 15 * MINUTE], ['While working']]);
  });

  test('waits on where another was made meanwhile', async () => {
    await work(1);
    backups.noteWork();
    await settled();
    time.advance(8 * MINUTE);
    await backups.before('Before a');
    await work(2);
    time.advance(2 * MINUTE);
    await settled();
    expect([waits, await reasons()]).toEqual([[10 * MINUTE, 13 * MINUTE], ['Before a']]);
    time.advance(13 * MINUTE);
    await settled();
    expect((await reasons())[0]).toBe('While working');
  });

  test.each([
    ['of long ago', -DAY, 0],
    ['of just now', -MINUTE, 14 * MINUTE],
    ['of the future, which tells nothing', DAY, 0],
  ])('in the next session it is due by the last copy: one %s', async (_what, age, due) => {
    await work(1);
    skew = age;
    await backups.make('By hand');
    skew = 0;
    backups = open();
    backups.noteWork();
    await settled();
    expect(waits).toEqual([due]);
  });

  test('nothing begins once it is closed', async () => {
    await work(1);
    backups.noteWork();
    await settled();
    await backups.close();
    time.advance(DAY);
    backups.noteWork();
    await settled();
    expect([waits.length, await reasons()]).toEqual([1, []]);
  });
});

describe('putting back', () => {
  test('keeps the present first, is alone while it does, and brings back what was', async () => {
    putDataset(here.sql, 1, []);
    const then = await backups.make('By hand');
    here.sql.exec(`UPDATE dataset SET name = 'Later'`);
    said.length = 0;
    await backups.restore(then.id);
    expect(said).toEqual(['look', 'Backups', 'look', 'alone']);
    expect(await here.db.read('datasets', 'list', null)).toMatchObject([{ name: 'Set 1' }]);
    const copies = await backups.list();
    expect(copies.map(({ reason }) => reason)).toEqual([`Before going back to the copy of ${moment(then.at)}`, 'By hand']);
    await backups.restore(copies[0]!.id);
    expect(await here.db.read('datasets', 'list', null)).toMatchObject([{ name: 'Later' }]);
  });

  test('what is no copy, or a project that is not at its place, is refused before anything is done', async () => {
    const { id } = await backups.make('By hand');
    await expect(backups.restore('none')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    problem = new AppError('PROJECT_MOVED', 'It is gone.');
    await expect(backups.restore(id)).rejects.toBe(problem);
    problem = null;
    expect([await reasons(), said.includes('alone')]).toEqual([['By hand'], false]);
  });
});

test('copies that are no longer needed go with the next one', async () => {
  const { id } = await backups.make('By hand');
  const folder = join(here.folder, 'backups');
  // Twelve of one day.
  for (let n = 2; n <= 12; n++) copyFileSync(join(folder, `${id}.sqlite`), join(folder, `${id.replace('000001', String(n).padStart(6, '0'))}.sqlite`));
  time.advance(5 * DAY);
  await backups.make('By hand');
  expect((await backups.list()).map(({ sequence }) => sequence)).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4]);
});

describe('where a project cannot be opened, or not all of it', () => {
  const error = new AppError('PROJECT_DAMAGED', 'It is damaged.', { file: 'f' });
  const named = ({ id, at }: BackupInfo): [string, string] => [id, `${moment(at)}: 1 data set, 0 runs, 0 values`];

  test('the newest copy that is whole is named, with how it is put back', async () => {
    putDataset(here.sql, 1, []);
    const [id, what] = named(await backups.make('By hand'));
    time.advance(DAY);
    const bad = await backups.make('By hand');
    writeFileSync(join(here.folder, 'backups', `${bad.id}.sqlite`), 'damaged');
    expect(await damagedSentence(file, '/far', error, ask)).toMatchObject({
      code: 'PROJECT_DAMAGED',
      message: 'It is damaged.',
      params: { file: 'f' },
      cause: error,
      remedy: `The newest backup that is whole is ${id} (${what}). "tracklet backup restore ${id} --project /far" puts it back; the damaged file is kept beside it.`,
    });
    expect(await remedyByBackup(file, '/far', ask)).toBe(
      `Close it, then put back the newest backup that is whole (${what}) with "tracklet backup restore ${id} --project /far"; what is here now is kept beside it.`,
    );
  });

  test('that there is none is said', async () => {
    rmSync(join(here.folder, 'backups'), { recursive: true, force: true });
    expect((await damagedSentence(file, '/far', error, ask)).remedy).toBe(
      'The folder backups holds no copy that is whole. Keep the damaged file; "sqlite3 project.sqlite .recover" may still read a part of it.',
    );
    expect(await remedyByBackup(file, '/far', ask)).toBe('Ask whoever made the project for another copy of it: its folder backups holds none that is whole.');
  });
});
