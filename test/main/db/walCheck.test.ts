/** SQLite itself is the measure: what it has after opening a damaged log against what was committed before. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { keepDamagedWal, lostTransactions } from '../../../src-main/db/walCheck.ts';
import { openConnection } from '../../../src-main/db/connection.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';

const ROWS = 12;
const FRAME = 24 + 4096;

/** The files of a program that was killed after so many commits, one row each. */
function killed(folder: string, { rows = ROWS, checkpointAfter = 0 } = {}): string {
  const live = join(folder, 'live.sqlite');
  const database = openConnection(live, 'create');
  database.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, x TEXT)');
  database.pragma('wal_checkpoint(TRUNCATE)');
  for (let n = 1; n <= rows; n++) {
    database.prepare('INSERT INTO t VALUES (?, ?)').run(n, 'x'.repeat(500));
    if (n === checkpointAfter) database.pragma('wal_checkpoint(PASSIVE)');
  }
  const file = join(folder, 'left.sqlite');
  for (const ending of ['', '-wal', '-shm']) copyFileSync(`${live}${ending}`, `${file}${ending}`);
  database.close();
  return file;
}

function rowsOf(file: string): number {
  const database = new Database(file);
  try {
    return database.prepare('SELECT count(*) FROM t').pluck().get() as number;
  } finally {
    database.close();
  }
}

const read = (path: string): Uint8Array | null => (statSync(path, { throwIfNoEntry: false }) ? readFileSync(path) : null);

describe('every place of a log that is damaged is told exactly when SQLite loses a commit by it', () => {
  test.each([true, false])('with the index beside it: %s', (hasIndex) => {
    using folder = temporaryFolder();
    const whole = killed(folder.path);
    const wal = readFileSync(`${whole}-wal`);
    const places = [
      0,
      3,
      9,
      17,
      25,
      ...Array.from({ length: Math.floor((wal.length - 32) / FRAME) }, (_, i) => 32 + i * FRAME).flatMap((at) => [
        at + 1,
        at + 5,
        at + 9,
        at + 17,
        at + 24 + 2000,
      ]),
    ];
    const told: { place: number; lost: boolean; says: boolean }[] = [];
    for (const place of places) {
      const dir = join(folder.path, `d${place}`);
      mkdirSync(dir);
      const file = join(dir, 'p.sqlite');
      copyFileSync(whole, file);
      const damaged = Buffer.from(wal);
      damaged[place] = (damaged[place] as number) ^ 0x5a;
      writeFileSync(`${file}-wal`, damaged);
      if (hasIndex) copyFileSync(`${whole}-shm`, `${file}-shm`);
      const says = lostTransactions(read(`${file}-wal`), read(`${file}-shm`)) !== null;
      told.push({ place, lost: rowsOf(file) < ROWS, says });
      rmSync(dir, { recursive: true });
    }
    expect(told.some(({ lost }) => lost)).toBe(true);
    expect(told.filter(({ lost, says }) => says && !lost)).toEqual([]);
    const unsaid = told.filter(({ lost, says }) => lost && !says);
    // Without the index, damage to the very last transaction looks like one that was never finished.
    if (hasIndex) expect(unsaid).toEqual([]);
    else for (const { place } of unsaid) expect(place).toBeGreaterThanOrEqual(wal.length - FRAME);
  });
});

describe('with the index of a killed program', () => {
  test('a log that was cut, emptied or deleted is told', () => {
    for (const harm of [(wal: string) => truncateSync(wal, 32 + 3 * FRAME), (wal: string) => truncateSync(wal, 0), (wal: string) => rmSync(wal)]) {
      using folder = temporaryFolder();
      const file = killed(folder.path);
      harm(`${file}-wal`);
      expect(lostTransactions(read(`${file}-wal`), read(`${file}-shm`))).not.toBeNull();
      expect(rowsOf(file)).toBeLessThan(ROWS);
    }
  });

  test('a log whose frames are all in the database already may be missing', () => {
    using folder = temporaryFolder();
    const file = killed(folder.path, { checkpointAfter: ROWS });
    rmSync(`${file}-wal`);
    expect(lostTransactions(null, read(`${file}-shm`))).toBeNull();
    expect(rowsOf(file)).toBe(ROWS);
  });
});

describe('what is no damage is not told', () => {
  test('a whole log, no log, and frames of an earlier generation behind the new ones', () => {
    using folder = temporaryFolder();
    const file = killed(folder.path);
    expect(lostTransactions(read(`${file}-wal`), read(`${file}-shm`))).toBeNull();
    expect(lostTransactions(read(`${file}-wal`), null)).toBeNull();
    expect(lostTransactions(null, null)).toBeNull();

    using other = temporaryFolder();
    const again = killed(other.path, { rows: ROWS + 2, checkpointAfter: ROWS });
    const wal = readFileSync(`${again}-wal`);
    // The log began again at its start and still ends with frames of before.
    expect(wal.length).toBeGreaterThan(32 + 4 * FRAME);
    expect(lostTransactions(wal, read(`${again}-shm`))).toBeNull();
    expect(lostTransactions(wal, null)).toBeNull();
    expect(rowsOf(again)).toBe(ROWS + 2);
  });

  test('a transaction that was being written when the power went', () => {
    using folder = temporaryFolder();
    const file = killed(folder.path);
    // Its last frame, which ends it, is half there.
    const wal = readFileSync(`${file}-wal`);
    expect(lostTransactions(wal.subarray(0, wal.length - 2000), null)).toBeNull();
  });
});

test('a link in the place of a log is not followed, and the project is refused', async () => {
  await using project = await openTestProject();
  await project.host.close();
  const file = join(project.folder, 'project.sqlite');
  const elsewhere = join(project.home, 'elsewhere');
  using folder = temporaryFolder();
  // A damaged log of another database: what a reader that followed the link would keep a copy of.
  const bytes = readFileSync(`${killed(folder.path)}-wal`);
  writeFileSync(elsewhere, bytes.fill(0xff, 5000, 5050));
  expect(lostTransactions(bytes, null)).not.toBeNull();
  symlinkSync(elsewhere, `${file}-wal`);
  expect(keepDamagedWal(file, 0)).toBeNull();
  await expect(project.reopen()).rejects.toMatchObject({ code: 'PROJECT_UNSAFE' });
  expect(readFileSync(elsewhere).equals(bytes)).toBe(true);
  expect(readdirSync(project.folder).filter((name) => name.includes('damaged'))).toEqual([]);
});

test('opening a project whose log is damaged says so, keeps the log, and goes on with what is whole', async () => {
  await using project = await openTestProject();
  const { db } = project.host.context;
  for (let n = 0; n < 6; n++) await db.write('project', 'setMeta', { [`key${n}`]: 'x'.repeat(5000) });
  const file = join(project.folder, 'project.sqlite');
  const left = Object.fromEntries(['', '-wal', '-shm'].map((ending) => [ending, readFileSync(`${file}${ending}`)]));
  await project.host.close();
  // As after a kill: what lay there while it was open.
  for (const [ending, bytes] of Object.entries(left)) writeFileSync(`${file}${ending}`, bytes);
  const wal = left['-wal'] as Buffer;
  writeFileSync(`${file}-wal`, Buffer.from(wal).fill(0xff, Math.floor(wal.length / 2), Math.floor(wal.length / 2) + 50));
  await project.reopen();
  const { notices } = await project.host.client().call('project.info', {});
  expect(notices).toMatchObject([{ code: 'CHANGES_LOST', message: expect.stringMatching(/project\.sqlite-wal\.damaged-\d{8}-\d{6}/) as string }]);
  const kept = readdirSync(project.folder).find((name) => name.includes('-wal.damaged-')) ?? '';
  expect(statSync(join(project.folder, kept)).size).toBe(wal.length);
  expect(await project.host.context.db.check()).toBe('ok');
  await project.reopen();
  expect((await project.host.client().call('project.info', {})).notices).toEqual([]);
  expect(keepDamagedWal(join(project.folder, 'none.sqlite'), 0)).toBeNull();
});
