/** A project that somebody sent, with what ours never has: refused with its name, and nothing of it was run. */
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { listBackups } from '../../../src-main/db/copies.ts';
import { knownMigrations, migrate } from '../../../src-main/db/migrate.ts';
import { refuseForeignSchema } from '../../../src-main/db/ownSchema.ts';
import { createProject, openHost } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { temporaryFolder } from '../../support/project.ts';

const log = openLog('silent');

const foreign: [what: string, sql: string, named: string][] = [
  ['a trigger', "CREATE TRIGGER evil AFTER INSERT ON annotation BEGIN UPDATE annotation SET value = '0'; END", 'trigger "evil"'],
  ['a trigger on what every start writes', 'CREATE TRIGGER t AFTER DELETE ON command_key BEGIN DELETE FROM annotation; END', 'trigger "t"'],
  ['a view', 'CREATE VIEW v AS SELECT 1', 'view "v"'],
  ['a view in the place of a table', 'DROP TABLE meta; CREATE VIEW meta AS SELECT 1 AS key, 2 AS value', 'view "meta"'],
  ['a table', 'CREATE TABLE extra (x)', 'table "extra"'],
  ['a table of a virtual kind', 'CREATE VIRTUAL TABLE found USING fts5(x)', 'table "found"'],
  ['an index', 'CREATE INDEX more ON annotation (value)', 'index "more"'],
  ['a column', 'ALTER TABLE camera ADD COLUMN x TEXT', 'table "camera" (changed)'],
  [
    'a table without its rules',
    'PRAGMA foreign_keys = OFF; DROP TABLE command_key; CREATE TABLE command_key (key TEXT PRIMARY KEY, output TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID',
    'table "command_key" (changed)',
  ],
  ['a table less', 'DROP TABLE evaluation', 'table "evaluation" (missing)'],
];

describe('a project that somebody sent', () => {
  test.each(foreign)('with %s is refused by name, and the file stays byte for byte', async (_what, sql, named) => {
    using base = temporaryFolder();
    const folder = join(base.path, 'P');
    await createProject(folder, 'P', { log });
    const file = join(folder, 'project.sqlite');
    const database = new Database(file);
    database.exec(sql);
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.close();
    const before = readFileSync(file);
    await expect(openHost({ folder, log, paths: { home: join(base.path, 'home'), provisioned: base.path } })).rejects.toMatchObject({
      code: 'PROJECT_UNSAFE',
      message: expect.stringContaining(named) as unknown,
    });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test.each(['', '-wal', '-shm', '-journal'])('whose file project.sqlite%s is a link is refused, and what it leads to is left alone', async (suffix) => {
    using base = temporaryFolder();
    const folder = join(base.path, 'P');
    await createProject(folder, 'P', { log });
    const file = join(folder, 'project.sqlite');
    const precious = join(base.path, 'precious');
    if (suffix === '') renameSync(file, precious);
    else writeFileSync(precious, 'precious');
    const before = readFileSync(precious);
    rmSync(`${file}${suffix}`, { force: true });
    symlinkSync(precious, `${file}${suffix}`);
    await expect(openHost({ folder, log, paths: { home: join(base.path, 'home'), provisioned: base.path } })).rejects.toMatchObject({ code: 'PROJECT_UNSAFE' });
    expect(readFileSync(precious).equals(before)).toBe(true);
  });

  test('with a rollback journal is refused: SQLite would delete the file that it names', async () => {
    using base = temporaryFolder();
    const folder = join(base.path, 'P');
    await createProject(folder, 'P', { log });
    writeFileSync(join(folder, 'project.sqlite-journal'), 'x'.repeat(600));
    await expect(openHost({ folder, log, paths: { home: join(base.path, 'home'), provisioned: base.path } })).rejects.toMatchObject({
      code: 'PROJECT_UNSAFE',
      message: expect.stringContaining('journal') as unknown,
    });
  });

  test('its list of steps is not read through a view', async () => {
    const database = new Database(':memory:');
    // Reading it would never end.
    database.exec('CREATE VIEW migration AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id, 0 AS at FROM n');
    const known = await knownMigrations();
    expect(() => refuseForeignSchema(database, '/P/project.sqlite', known)).toThrow('view "migration"');
    database.close();
  });

  test('its copies with triggers or views are not offered', async () => {
    using base = temporaryFolder();
    const folder = join(base.path, 'P');
    await createProject(folder, 'P', { log });
    const file = join(folder, 'project.sqlite');
    const database = new Database(file);
    await database.backup(join(folder, 'backups', '000001-20260101-000000.sqlite'));
    expect(listBackups(file)).toHaveLength(1);
    database.exec('CREATE VIEW v AS SELECT 1');
    await database.backup(join(folder, 'backups', '000002-20260101-000000.sqlite'));
    database.close();
    expect(listBackups(file)).toHaveLength(1);
  });
});

test('every stage that our steps go through passes, and is brought to the newest', async () => {
  const known = await knownMigrations();
  for (let count = 1; count <= known.length; count++) {
    using folder = temporaryFolder();
    const file = join(folder.path, 'project.sqlite');
    const database = new Database(file);
    migrate(database, file, known.slice(0, count), 0);
    expect(migrate(database, file, known, 1).applied).toEqual(known.slice(count).map(({ id }) => id));
    database.close();
  }
});

test('what a later version made is said to be newer', async () => {
  const known = await knownMigrations();
  const database = new Database(':memory:');
  migrate(database, '/P/project.sqlite', known, 0);
  database.exec("CREATE TABLE later (x); INSERT INTO migration (id, at) VALUES ('20991231-1-later', 0)");
  expect(() => migrate(database, '/P/project.sqlite', known, 1)).toThrow('written by a newer version');
  database.close();
});
