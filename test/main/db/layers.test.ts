/**
 * The step that puts values into layers, on a project as the program of before wrote it: all of it is there, undo goes on with its steps, killed
 * on the way it is the old one or the new one, and the older program refuses it.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openConnection } from '../../../src-main/db/connection.ts';
import { writerOf } from '../../../src-main/db/handles.ts';
import { knownMigrations, migrate } from '../../../src-main/db/migrate.ts';
import { redo, undo } from '../../../src-main/features/history/table.ts';
import { isAside } from '../../../src-main/features/imports/operations/setAside.table.ts';
import { checkRows } from '../../../src-main/features/project/rowCheck.table.ts';
import { temporaryFolder } from '../../support/project.ts';
import { putDataset } from '../../support/tablesHere.ts';

const ID = '20261201-1-layers';
const known = await knownMigrations();
const before = known.filter((migration) => migration.id < ID);
const upToIt = known.filter((migration) => migration.id <= ID);

type Row = [tracklet: number, field: string, start: number, end: number, value: string, how: string];
const COLUMNS = 'tracklet_id, field, start, "end", value, how';
/** A note says what a row begins with: no text of a person may be taken for one. */
const NOTE = JSON.stringify('{"tracklet_id":1} and {\\"tracklet_id\\":2}');
const VALUES: Row[] = [
  [1, 'note', 0, 2, NOTE, 'entered'],
  [1, 'visibility', 0, 1, '5', 'judged'],
  [2, 'occluder', 1, 2, '"object"', 'carried'],
];
/** Whose name looks like what the migration rewrites. */
const ANNOTATOR = '{"tracklet_id":A';
const rowOf = ([tracklet_id, field, start, end, value, how]: Row) => ({ tracklet_id, field, start, end, value, how, annotator: ANNOTATOR, updated_at: 7 });
const keyOf = ([tracklet_id, field, start]: Row) => ({ tracklet_id, field, start });
const ASIDE = {
  id: 3,
  dataset_id: 1,
  tracklet_key: 't1',
  field: 'note',
  start: 0,
  end: 1,
  pictures: '["a","b"]',
  contents: null,
  annotation: JSON.stringify(rowOf([1, 'note', 0, 1, NOTE, 'judged'])),
  reason: 'changed',
  at: 9,
};

/** Newest last: the values above were painted over others, then one that lay aside was put back and undone. */
const STEPS: [call: string, patch: unknown[], inverse: unknown[], undone: number][] = [
  [
    'annotations.apply',
    [
      { op: 'clearAnnotations', keys: [keyOf([1, 'visibility', 0, 2, '3', ''])] },
      { op: 'putAnnotations', rows: VALUES.slice(0, 2).map(rowOf) },
    ],
    [
      { op: 'clearAnnotations', keys: VALUES.slice(0, 2).map(keyOf) },
      { op: 'putAnnotations', rows: [rowOf([1, 'visibility', 0, 2, '3', 'imported'])] },
    ],
    0,
  ],
  [
    'datasets.putBack',
    [
      { op: 'clearAnnotations', keys: [keyOf(VALUES[0] as Row)] },
      { op: 'putAnnotations', rows: [rowOf([1, 'note', 0, 2, '"back"', 'judged'])] },
      { op: 'clearAside', ids: [3] },
    ],
    [
      { op: 'putAside', rows: [ASIDE] },
      { op: 'clearAnnotations', keys: [keyOf([1, 'note', 0, 2, '', ''])] },
      { op: 'putAnnotations', rows: [rowOf(VALUES[0] as Row)] },
    ],
    1,
  ],
];

function projectOfBefore(folder: string): { file: string; database: Database.Database } {
  const file = join(folder, 'project.sqlite');
  const database = openConnection(file, 'create');
  migrate(database, file, before, 1);
  putDataset(
    database,
    1,
    [1, 2].map((id) => ({ id, pid: 1, camid: 1, split: 'none' })),
  );
  const value = database.prepare(`INSERT INTO annotation (${COLUMNS}, annotator, updated_at) VALUES (?, ?, ?, ?, ?, ?, '${ANNOTATOR}', 7)`);
  for (const row of VALUES) value.run(...row);
  database
    .prepare(`INSERT INTO set_aside VALUES (@id, @dataset_id, @tracklet_key, @field, @start, @end, @pictures, @annotation, @reason, @at, @contents)`)
    .run(ASIDE);
  const step = database.prepare(
    `INSERT INTO history (at, label, call, tracklet_id, tags, patch, inverse, undone) VALUES (1, ?, ?, 1, '["Annotations"]', ?, ?, ?)`,
  );
  for (const [call, patch, inverse, undone] of STEPS) step.run(call, call, JSON.stringify(patch), JSON.stringify(inverse), undone);
  return { file, database };
}

const valuesIn = (database: Database.Database): unknown[] =>
  database.prepare(`SELECT ${COLUMNS} FROM annotation ORDER BY tracklet_id, field, start`).raw().all();

test('every value, step and thing set aside is of the shared layer, and undo and redo go on', () => {
  using folder = temporaryFolder();
  const { file, database } = projectOfBefore(folder.path);
  const { applied, backup } = migrate(database, file, upToIt, 2);
  expect([applied, backup]).toEqual([[ID], join(folder.path, 'backups', '000001-19700101-000000.sqlite')]);
  expect(database.prepare('SELECT * FROM layer').all()).toEqual([{ id: 'shared', title: 'Shared', kind: 'shared' }]);
  expect(database.prepare('SELECT DISTINCT layer FROM annotation').pluck().all()).toEqual(['shared']);
  expect(valuesIn(database)).toEqual(VALUES);
  const aside = database.prepare('SELECT * FROM set_aside').get() as typeof ASIDE;
  expect({ ...aside, annotation: JSON.parse(aside.annotation) as unknown }).toEqual({
    ...ASIDE,
    annotation: { ...rowOf([1, 'note', 0, 1, NOTE, 'judged']), layer: 'shared' },
  });
  expect(isAside(aside)).toBe(true);
  // Every row and step is one of ours, also to those who look through what somebody sent.
  migrate(database, file, known, 3);
  expect(checkRows(database, folder.path, { remove: false })).toEqual({ count: 0, sentences: [] });

  const db = writerOf(database);
  const asking = { window: null, others: [] };
  expect(redo(db, asking)).toMatchObject({ label: 'datasets.putBack', leftOut: null });
  expect(valuesIn(database)).toEqual([[1, 'note', 0, 2, '"back"', 'judged'], ...VALUES.slice(1)]);
  expect(database.prepare('SELECT count(*) FROM set_aside').pluck().get()).toBe(0);
  expect(undo(db, asking)).toMatchObject({ label: 'datasets.putBack', leftOut: null });
  expect([valuesIn(database), database.prepare('SELECT * FROM set_aside').all()]).toEqual([VALUES, [aside]]);
  expect(undo(db, asking)).toMatchObject({ label: 'annotations.apply', leftOut: null });
  expect(valuesIn(database)).toEqual([[1, 'visibility', 0, 2, '3', 'imported'], VALUES[2]]);
  expect(redo(db, asking)).toMatchObject({ label: 'annotations.apply', leftOut: null });
  expect(valuesIn(database)).toEqual(VALUES);
  database.close();
});

test('the program of before refuses it with a sentence', () => {
  using folder = temporaryFolder();
  const { file, database } = projectOfBefore(folder.path);
  migrate(database, file, upToIt, 2);
  expect(() => migrate(database, file, before, 3)).toThrow(
    expect.objectContaining({
      code: 'PROJECT_NEWER',
      message: `The project ${folder.path} was written by a newer version of the program (its schema is 4, this version knows 3). Nothing was changed.`,
    }),
  );
  database.close();
});

/** Brings the project up in a process of its own, which stands still behind statement `argv[3]` of the step, or behind the step, until it is killed. */
const CHILD = `
import { writeSync } from 'node:fs';
const [file, at] = process.argv.slice(1);
const { openConnection } = await import(${JSON.stringify(new URL('../../../src-main/db/connection.ts', import.meta.url).href)});
const { knownMigrations, migrate } = await import(${JSON.stringify(new URL('../../../src-main/db/migrate.ts', import.meta.url).href)});
const statements = (sql) => sql.split(/(?<=;)\\s*\\n/).filter((one) => one.trim() !== '');
const stop = () => { writeSync(1, 'here'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); };
const known = (await knownMigrations()).filter(({ id }) => id <= '${ID}');
const database = openConnection(file, 'write');
const step = known.at(-1);
const parts = statements(step.sql);
if (at === 'count') { writeSync(1, String(parts.length)); process.exit(0); }
const exec = database.exec.bind(database);
database.exec = (sql) => {
  if (sql !== step.sql) return exec(sql);
  for (const [index, part] of parts.entries()) {
    exec(part);
    if (index === Number(at)) stop();
  }
  return database;
};
migrate(database, file, known, 2);
stop();
`;

function childOf(file: string, at: string): { said: Promise<string>; kill(): Promise<void> } {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', CHILD, file, at], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, VITEST: undefined },
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const said = new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    child.on('exit', () => reject(new Error('it ended before it stood still')));
  });
  return { said, kill: () => (child.kill('SIGKILL'), ended) };
}

test('killed behind any of its statements it is the old one, behind all of them the new one, and a whole copy of the old one is there', async () => {
  using counted = temporaryFolder();
  const { file: any, database: first } = projectOfBefore(counted.path);
  first.close();
  const statements = Number(await childOf(any, 'count').said);
  expect(statements).toBe(8);
  await Promise.all(
    Array.from({ length: statements + 1 }, async (_, at) => {
      using folder = temporaryFolder();
      const { file, database: made } = projectOfBefore(folder.path);
      made.close();
      const child = childOf(file, String(at));
      expect(await child.said).toBe('here');
      await child.kill();

      const [name = ''] = readdirSync(join(folder.path, 'backups')).filter((one) => one.endsWith('.sqlite'));
      const copy = new Database(join(folder.path, 'backups', name), { readonly: true });
      expect([copy.pragma('integrity_check', { simple: true }), copy.pragma('user_version', { simple: true }), valuesIn(copy)]).toEqual(['ok', 3, VALUES]);
      copy.close();

      const database = openConnection(file, 'write');
      const isNew = at === statements;
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(database.pragma('user_version', { simple: true })).toBe(isNew ? 4 : 3);
      expect(database.prepare("SELECT count(*) FROM sqlite_schema WHERE name IN ('layer', 'annotation_in_layer')").pluck().get()).toBe(isNew ? 1 : 0);
      expect(valuesIn(database)).toEqual(VALUES);
      expect(migrate(database, file, upToIt, 3).applied).toEqual(isNew ? [] : [ID]);
      expect(valuesIn(database)).toEqual(VALUES);
      // Undo is of the program of now.
      migrate(database, file, known, 4);
      expect(undo(writerOf(database), { window: null, others: [] })).toMatchObject({ label: 'annotations.apply', leftOut: null });
      database.close();
    }),
  );
});
