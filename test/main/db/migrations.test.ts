import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openConnection } from '../../../src-main/db/connection.ts';
import { copyDatabase, knownMigrations, migrate } from '../../../src-main/db/migrate.ts';
import type { Migration } from '../../../src-main/db/migration.ts';
import { openHost } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { temporaryFolder } from '../../support/project.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

function freshDatabase(folder: string, known: Migration[]): { file: string; database: Database.Database } {
  const file = join(folder, 'project.sqlite');
  const database = openConnection(file, 'create');
  migrate(database, file, known, AT);
  return { file, database };
}

/** What PRAGMA user_version becomes. */
function newestOf(known: Migration[]): number {
  return Math.max(...known.map((migration) => migration.schema));
}

describe('migrations', () => {
  test('make every table strict, with foreign keys that hold', async () => {
    using folder = temporaryFolder();
    const known = await knownMigrations();
    const { database } = freshDatabase(folder.path, known);
    const tables = database.pragma('table_list') as { schema: string; name: string; type: string; strict: number }[];
    const own = tables.filter((table) => table.schema === 'main' && table.type === 'table' && !table.name.startsWith('sqlite_'));
    expect(own.map((table) => table.name).sort()).toEqual([
      'annotation',
      'camera',
      'command_key',
      'dataset',
      'dataset_member',
      'episode',
      'episode_aside',
      'evaluation',
      'feature_set',
      'history',
      'identity',
      'job',
      'layer',
      'media',
      'meta',
      'migration',
      'run',
      'seen',
      'seen_aside',
      'set_aside',
      'split_member',
      'split_set',
      'split_source',
      'tracklet',
      'tracklet_source',
    ]);
    expect(own.filter((table) => table.strict !== 1)).toEqual([]);
    expect(database.pragma('foreign_key_check')).toEqual([]);
    expect(database.pragma('user_version', { simple: true })).toBe(newestOf(known));
    database.close();
  });

  test('run once: a second start changes nothing and copies nothing', async () => {
    using folder = temporaryFolder();
    const known = await knownMigrations();
    const { file, database } = freshDatabase(folder.path, known);
    expect(migrate(database, file, known, AT)).toEqual({ applied: [], backup: null });
    expect(existsSync(join(folder.path, 'backups'))).toBe(false);
    database.close();
  });

  test('copies the project before a step, and the copy holds what the project held', async () => {
    using folder = temporaryFolder();
    const known = await knownMigrations();
    const { file, database } = freshDatabase(folder.path, known);
    database.exec("INSERT INTO meta (key, value) VALUES ('name', 'Before')");
    const step: Migration = {
      id: '20991231-1-later',
      schema: newestOf(known) + 1,
      sql: "ALTER TABLE meta ADD COLUMN more TEXT; UPDATE meta SET value = 'After' WHERE key = 'name'",
    };
    const report = migrate(database, file, [...known, step], AT);
    expect(report.applied).toEqual(['20991231-1-later']);
    expect(report.backup).toBe(join(folder.path, 'backups', '000001-20260102-030405.sqlite'));
    const copy = new Database(report.backup ?? '', { readonly: true });
    expect(copy.prepare("SELECT value FROM meta WHERE key = 'name'").pluck().get()).toBe('Before');
    expect(copy.pragma('user_version', { simple: true })).toBe(newestOf(known));
    copy.close();
    expect(database.prepare("SELECT value FROM meta WHERE key = 'name'").pluck().get()).toBe('After');
    database.close();
  });

  test('a step that fails leaves the project as it was', async () => {
    using folder = temporaryFolder();
    const known = await knownMigrations();
    const { file, database } = freshDatabase(folder.path, known);
    const before = database.prepare('SELECT sql FROM sqlite_schema ORDER BY name').pluck().all();
    const step: Migration = { id: '20991231-1-broken', schema: newestOf(known) + 1, sql: 'ALTER TABLE meta ADD COLUMN more TEXT; SELECT no_such_function()' };
    expect(() => migrate(database, file, [...known, step], AT)).toThrow('no_such_function');
    expect(database.prepare('SELECT sql FROM sqlite_schema ORDER BY name').pluck().all()).toEqual(before);
    expect(database.pragma('user_version', { simple: true })).toBe(newestOf(known));
    database.close();
  });

  test('20261130-1-evaluation-contract keeps evaluations of before, without a question, and drops their strata', async () => {
    using folder = temporaryFolder();
    const known = await knownMigrations();
    const { file, database } = freshDatabase(folder.path, known.slice(0, 1));
    database.exec(`
      INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (1, 'Set', 'test', '{}', '.', 'ready', 'c', 0);
      INSERT INTO run (id, name, method, options, recipe, dataset_id, dataset_name, seed, state, created_at) VALUES ('r', 'r', 'm', '{}', '{}', 1, 'Set', 1, 'done', 0);
      INSERT INTO evaluation (id, run_id, dataset_id, protocol, distance, features_hash, folder, metrics, created_at)
      VALUES (7, 'r', 1, 'market', 'cosine', 'h', 'runs/r/e', '{"queries":4,"mAP":0.25,"cmc":[0.5],"strata":[{"label":"0","n":4}]}', 3);
    `);
    migrate(database, file, known, AT);
    expect(database.prepare('SELECT id, features_hash, metrics, question, weights_hash, files, created_at FROM evaluation').get()).toEqual({
      id: 7,
      features_hash: 'h',
      metrics: '{"queries":4,"mAP":0.25,"cmc":[0.5]}',
      question: null,
      weights_hash: null,
      files: null,
      created_at: 3,
    });
    database.close();
  });

  test('copies of one moment have names of their own, in order', async () => {
    using folder = temporaryFolder();
    const { file, database } = freshDatabase(folder.path, await knownMigrations());
    copyDatabase(database, file, { at: AT, reason: 'One' });
    copyDatabase(database, file, { at: AT, reason: 'Two' });
    expect(readdirSync(join(folder.path, 'backups')).sort()).toEqual(['000001-20260102-030405.sqlite', '000002-20260102-030405.sqlite']);
    database.close();
  });
});

describe('opening a project', () => {
  const open = (folder: string) => openHost({ folder, paths: { home: join(folder, 'home'), provisioned: join(folder, 'home') }, log: openLog('silent') });

  test('written by a newer version is refused with a sentence, and the file stays byte for byte', async () => {
    using folder = temporaryFolder();
    const { file, database } = freshDatabase(folder.path, await knownMigrations());
    database.pragma('user_version = 99');
    database.pragma('wal_checkpoint(TRUNCATE)');
    database.close();
    const before = readFileSync(file);
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'PROJECT_NEWER', message: expect.stringContaining('newer version') as unknown });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('with schema steps of another branch is refused', async () => {
    using folder = temporaryFolder();
    const { database } = freshDatabase(folder.path, await knownMigrations());
    database.exec("UPDATE migration SET id = '20200101-1-other' WHERE id = '20261121-1-first'");
    database.close();
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'PROJECT_NEWER', message: expect.stringContaining('20200101-1-other') as unknown });
  });

  test('that is damaged says so and what to do', async () => {
    using folder = temporaryFolder();
    const { file, database } = freshDatabase(folder.path, await knownMigrations());
    database.close();
    writeFileSync(file, Buffer.concat([Buffer.from('this is no database at all '), readFileSync(file).subarray(27)]));
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'PROJECT_DAMAGED', remedy: expect.stringContaining('backups') as unknown });
  });

  test('that was cut in half is refused as damaged', async () => {
    using folder = temporaryFolder();
    const { file, database } = freshDatabase(folder.path, await knownMigrations());
    database.close();
    truncateSync(file, 6000);
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'PROJECT_DAMAGED' });
  });

  test('of another program is refused', async () => {
    using folder = temporaryFolder();
    const other = new Database(join(folder.path, 'project.sqlite'));
    other.exec('CREATE TABLE things (id INTEGER)');
    other.close();
    await expect(open(folder.path)).rejects.toMatchObject({ code: 'PROJECT_DAMAGED', message: expect.stringContaining('not one of this program') as unknown });
  });
});
