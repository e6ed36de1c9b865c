/**
 * A database whose bytes are overwritten where it lies, compared with copies that SQLite alone reads; and that nothing else which changes the
 * files or their times is taken for it: checkpoints, backups, restoring, other connections, `touch`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inBackupThread } from '../../../src-main/features/backups/thread.ts';
import { openProjectDatabase, type ProjectDatabase } from '../../../src-main/features/database.ts';
import { closeDescriptors, openDescriptors } from '../../../src-main/db/overwritten.ts';
import { readRawMeta } from '../../../src-main/db/rawMeta.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { temporaryFolder } from '../../support/project.ts';

let base: ReturnType<typeof temporaryFolder>;
let file: string;
let db: ProjectDatabase;
let now = 1_700_000_000_000;

const openAt = (path: string, create: boolean) => openProjectDatabase({ file: path, create, clock: () => (now += 1000), log: openLog('silent') });
const set = (value: string) => db.write('project', 'setMeta', { note: value });
/** Writes over a file as `cp` does, by another process: closing the live database here would drop its locks. */
function overwrite(target: string, source: string): void {
  expect(spawnSync('cp', [source, target]).status).toBe(0);
}
function outside(sql: string): void {
  const script = `import Database from ${JSON.stringify(import.meta.resolve('better-sqlite3'))}; new Database(${JSON.stringify(file)}).exec(${JSON.stringify(sql)});`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script]);
  expect(run.stderr.toString()).toBe('');
}
const text = (length: number): string => 'x'.repeat(length);

beforeEach(async () => {
  base = temporaryFolder();
  file = join(base.path, 'project.sqlite');
  db = await openAt(file, true);
});
afterEach(async () => {
  await db.close();
  base[Symbol.dispose]();
});

const ways: Record<string, { write(): Promise<void>; what: 'database' | 'log' }> = {
  'another project': {
    what: 'database',
    async write() {
      const other = await openAt(join(base.path, 'other.sqlite'), true);
      await other.close();
      overwrite(file, join(base.path, 'other.sqlite'));
    },
  },
  'a backup of this one': {
    what: 'database',
    async write() {
      const { made } = await inBackupThread('make', { file, at: now, reason: 'By hand' });
      overwrite(file, join(base.path, 'backups', `${made.id}.sqlite`));
    },
  },
  'an earlier state of this very opening': {
    what: 'database',
    async write() {
      spawnSync('cp', [file, join(base.path, 'earlier.sqlite')]);
      // Counts as work, and reaches the file itself.
      outside("UPDATE meta SET value = '7' WHERE key = 'work'; INSERT INTO meta VALUES ('work', '7') ON CONFLICT DO NOTHING; PRAGMA wal_checkpoint(TRUNCATE);");
      await set('after');
      overwrite(file, join(base.path, 'earlier.sqlite'));
    },
  },
  nothing: { what: 'database', write: () => Promise.resolve(overwrite(file, '/dev/null')) },
  'text of the same length': {
    what: 'database',
    write: () => Promise.resolve(void spawnSync('sh', ['-c', `head -c ${statSync(file).size} /dev/zero | tr '\\0' a > "${file}"`])),
  },
  'its log, by that of another': {
    what: 'log',
    async write() {
      const other = await openAt(join(base.path, 'other.sqlite'), true);
      await other.write('project', 'setMeta', { a: text(30_000) });
      spawnSync('cp', [join(base.path, 'other.sqlite-wal'), join(base.path, 'log')]);
      await other.close();
      overwrite(`${file}-wal`, join(base.path, 'log'));
    },
  },
  'its log, by an earlier one of its own': {
    what: 'log',
    async write() {
      spawnSync('cp', [`${file}-wal`, join(base.path, 'log')]);
      await set('newer');
      overwrite(`${file}-wal`, join(base.path, 'log'));
    },
  },
  'its log, by nothing': { what: 'log', write: () => Promise.resolve(overwrite(`${file}-wal`, '/dev/null')) },
};

test.each(Object.entries(ways))('overwritten by %s: the next write is refused, and every one after it', async (_name, { write, what }) => {
  await set('before');
  await write();
  const refusal = { code: 'PROJECT_MOVED', params: { overwritten: true, file: what === 'database' ? file : `${file}-wal` } };
  await expect(set('lost?')).rejects.toMatchObject(refusal);
  await expect(set('lost?')).rejects.toMatchObject(refusal);
  expect(db.place.problem()).toMatchObject(refusal);
  const bytes = spawnSync('cat', [file]).stdout;
  // Before it is closed too: it may be killed instead.
  expect(readdirSync(base.path).filter((name) => name === 'project.sqlite-wal' || name === 'project.sqlite-shm')).toEqual([]);
  await db.close();
  // Not one page of ours is added to what was put there, now or by whoever opens it next.
  expect(spawnSync('cat', [file]).stdout.equals(bytes)).toBe(true);
  expect(readdirSync(base.path).filter((name) => name === 'project.sqlite-wal' || name === 'project.sqlite-shm')).toEqual([]);
  expect(readdirSync(base.path).filter((name) => name.startsWith('project.sqlite-wal.of-overwritten-'))).toHaveLength(1);
});

test('who only looks is told too, without a write', async () => {
  await set('before');
  expect(db.place.problem()).toBe(null);
  overwrite(file, '/dev/null');
  await db.look();
  expect(db.place.problem()).toMatchObject({ code: 'PROJECT_MOVED' });
  await expect(db.alone(() => Promise.resolve())).rejects.toMatchObject({ code: 'PROJECT_MOVED' });
});

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), length: fc.integer({ min: 1, max: 40_000 }) }) },
  // More than the log holds before SQLite makes a checkpoint by itself.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('write' as const), length: fc.constant(6_000_000) }) },
  ...(['touch', 'backup', 'restore', 'checkpoint outside', 'write outside', 'look', 'copied onto itself'] as const).map((kind) => ({
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant(kind), length: fc.constant(0) }),
  })),
);

test('nothing that happens to a project in use is taken for it', async () => {
  let restorable: string | null = null;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40 }), async (steps) => {
      for (const { kind, length } of steps) {
        if (kind === 'write') await set(text(length));
        else if (kind === 'touch') spawnSync('touch', [file, `${file}-wal`]);
        else if (kind === 'backup') restorable = (await inBackupThread('make', { file, at: (now += 1000), reason: 'x' })).made.id;
        else if (kind === 'restore' && restorable !== null) {
          const id = restorable;
          const during = [set('meanwhile'), db.look()];
          await db.alone(() => inBackupThread('restoreInPlace', { file, id, at: (now += 1000) }));
          await Promise.all(during);
        } else if (kind === 'checkpoint outside') outside('PRAGMA wal_checkpoint(TRUNCATE)');
        else if (kind === 'write outside') outside("INSERT OR REPLACE INTO meta VALUES ('outside', 'x')");
        else if (kind === 'look') await db.look();
        else if (kind === 'copied onto itself') {
          const copy = join(base.path, 'same');
          spawnSync('cp', [file, copy]);
          overwrite(file, copy);
        }
        expect(db.place.problem()).toBe(null);
      }
      await set('end');
      expect((await db.read('project', 'meta', null))['note']).toBe('end');
    }),
    { numRuns: 4, seed: 20261130 },
  );
});

test('a write while another program makes checkpoints all the time is never refused', async () => {
  const script = `import Database from ${JSON.stringify(import.meta.resolve('better-sqlite3'))};
    const db = new Database(${JSON.stringify(file)}, { timeout: 5000 });
    for (let n = 0; n < 150; n++) { db.pragma('wal_checkpoint(RESTART)'); db.exec("INSERT OR REPLACE INTO meta VALUES ('outside', hex(randomblob(3000)))"); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
  let isOver = false;
  const over = new Promise<number | null>((resolve) => child.on('exit', (code) => ((isOver = true), resolve(code))));
  let writes = 0;
  while (!isOver || writes < 50) {
    await set(text(1 + (writes++ % 30_000)));
    await db.look();
  }
  expect(await over).toBe(0);
  expect(db.place.problem()).toBe(null);
});

test('what is read out of the file itself is what SQLite reads out of a copy of it', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 60 }),
      fc.array(fc.string({ maxLength: 300 }), { minLength: 60, maxLength: 60 }),
      fc.constantFrom(512, 1024, 4096, 65536),
      fc.integer({ min: 0, max: 40 }),
      (keys, values, pageSize, tables) => {
        using made = temporaryFolder();
        const path = join(made.path, 'a.sqlite');
        const database = new Database(path);
        database.pragma(`page_size = ${pageSize}`);
        database.pragma('synchronous = OFF');
        for (let n = 0; n < tables; n++) database.exec(`CREATE TABLE other_${n} (a TEXT, b TEXT DEFAULT '${text(n * 20)}')`);
        database.exec('CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID');
        // Long ones lie in other pages and are not asked for.
        keys.forEach((key, n) => database.prepare('INSERT INTO meta VALUES (?, ?)').run(key, (values[n] ?? '').slice(0, pageSize === 512 ? 15 : 300)));
        database.exec(`INSERT OR REPLACE INTO meta VALUES ('a long one', '${text(5000)}')`);
        database.pragma('journal_mode = WAL');
        database.close();
        copyFileSync(path, join(made.path, 'b.sqlite'));
        const copy = new Database(join(made.path, 'b.sqlite'));
        const expected = new Map(copy.prepare("SELECT key, value FROM meta WHERE key <> 'a long one'").raw().all() as [string, string][]);
        copy.pragma('wal_checkpoint');
        for (const suffix of ['-wal', '-shm']) copyFileSync(`${join(made.path, 'b.sqlite')}${suffix}`, `${path}${suffix}`);
        copy.close();
        const descriptors = openDescriptors(path);
        if (!descriptors) throw new Error('not opened');
        expect(readRawMeta(descriptors.main, [...expected.keys()])).toEqual(expected);
        closeDescriptors(descriptors);
      },
    ),
    { numRuns: 30, seed: 1 },
  );
});
