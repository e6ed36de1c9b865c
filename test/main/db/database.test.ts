import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openProjectDatabase } from '../../../src-main/features/database.ts';
import { openConnection, storageError } from '../../../src-main/db/connection.ts';
import { openReadOnly } from '../../support/openReadOnly.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { temporaryFolder } from '../../support/project.ts';

const options = (folder: string) => ({ file: join(folder, 'project.sqlite'), create: true, clock: () => 1000, log: openLog('silent') });

describe('the project database', () => {
  test('uses settings under which an acknowledged write survives a power cut', () => {
    using folder = temporaryFolder();
    const database = openConnection(join(folder.path, 'x.sqlite'), 'create');
    const setting = (name: string): unknown => database.pragma(name, { simple: true });
    expect([setting('journal_mode'), setting('synchronous'), setting('foreign_keys'), setting('trusted_schema')]).toEqual(['wal', 2, 1, 0]);
    database.close();
  });

  test('a read sees what a write has acknowledged, on either reader', async () => {
    using folder = temporaryFolder();
    const db = await openProjectDatabase(options(folder.path));
    for (let n = 0; n < 20; n++) {
      await db.write('project', 'setMeta', { n: String(n) });
      const [first, second] = await Promise.all([db.read('project', 'meta', null), db.read('project', 'meta', null)]);
      expect([first['n'], second['n']]).toEqual([String(n), String(n)]);
    }
    await db.close();
  });

  test('a write that throws leaves nothing behind', async () => {
    using folder = temporaryFolder();
    const db = await openProjectDatabase(options(folder.path));
    await expect(db.write('project', 'setMeta', { good: 'yes', bad: null as unknown as string })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await db.read('project', 'meta', null)).toEqual({});
    await db.close();
  });

  test('a reader cannot write', async () => {
    using folder = temporaryFolder();
    const db = await openProjectDatabase(options(folder.path));
    // @ts-expect-error a function that needs a writer is not offered to readers
    await expect(db.read('project', 'setMeta', { n: '1' })).rejects.toThrow();
    await db.close();
  });

  test('closing empties the log into the file and refuses later calls', async () => {
    using folder = temporaryFolder();
    const db = await openProjectDatabase(options(folder.path));
    await db.write('project', 'setMeta', { name: 'x' });
    await db.close();
    const reader = openReadOnly(folder.path);
    expect(reader.column("SELECT value FROM meta WHERE key = 'name'")).toEqual(['x']);
    reader.close();
    await expect(db.read('project', 'meta', null)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  test('reads do not wait behind a check of the whole file, and closing waits for it', async () => {
    using folder = temporaryFolder();
    const db = await openProjectDatabase(options(folder.path));
    await db.write('project', 'setMeta', Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`text ${n}`, 'x'.repeat(100_000)])));
    const ended: string[] = [];
    const check = db.check().then((verdict) => ended.push(verdict));
    await Promise.all(Array.from({ length: 8 }, () => db.read('imports', 'unfinished', null).then(() => ended.push('read'))));
    expect(ended).toEqual(new Array<string>(8).fill('read'));
    await check;
    expect(ended.at(-1)).toBe('ok');
    const late = db.check();
    await db.close();
    expect(await late.catch((error: { code: string }) => error.code)).toMatch(/^(ok|CONNECTION_LOST)$/);
  });

  test('a compute child reads while the host has the project open', async () => {
    using folder = temporaryFolder();
    const db = await openProjectDatabase(options(folder.path));
    await db.write('project', 'setMeta', { name: 'open' });
    const reader = openReadOnly(folder.path);
    expect(reader.column("SELECT value FROM meta WHERE key = 'name'")).toEqual(['open']);
    reader.close();
    await db.close();
  });

  test.each([
    ['SQLITE_FULL', 'DISK_FULL'],
    ['SQLITE_CORRUPT', 'PROJECT_DAMAGED'],
    ['SQLITE_CORRUPT_INDEX', 'PROJECT_DAMAGED'],
    ['SQLITE_NOTADB', 'PROJECT_DAMAGED'],
    ['SQLITE_READONLY', 'FILE_UNREADABLE'],
    ['SQLITE_IOERR_FSYNC', 'FILE_UNREADABLE'],
    ['SQLITE_CONSTRAINT_UNIQUE', 'CONFLICT'],
  ])('%s becomes %s', (code, expected) => {
    expect(storageError(Object.assign(new Error('text'), { code }), 'file')).toMatchObject({ code: expected });
  });

  test('a full database says DISK_FULL and keeps what was acknowledged', async () => {
    using folder = temporaryFolder();
    const database = openConnection(join(folder.path, 'x.sqlite'), 'create');
    database.exec('CREATE TABLE t (x BLOB)');
    database.prepare('INSERT INTO t VALUES (?)').run(Buffer.alloc(1000));
    // A limit on pages is what a full disk looks like from inside.
    database.pragma('max_page_count = 4');
    let caught: unknown;
    try {
      database.prepare('INSERT INTO t VALUES (?)').run(Buffer.alloc(1_000_000));
    } catch (error) {
      caught = storageError(error, 'x.sqlite');
    }
    expect(caught).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining('x.sqlite') as unknown });
    expect(database.prepare('SELECT count(*) FROM t').pluck().get()).toBe(1);
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    database.close();
  });
});
