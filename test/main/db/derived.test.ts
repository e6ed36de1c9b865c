/** The step to data sets that are made of others, on a project as the steps before it wrote it; and what readers see of their members. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openConnection } from '../../../src-main/db/connection.ts';
import { migrate } from '../../../src-main/db/migrate.ts';
import { temporaryFolder } from '../../support/project.ts';
import { databaseBefore } from '../../support/projectOfBefore.ts';
import { putDataset, tablesHere } from '../../support/tablesHere.ts';

const ID = '20261201-5-derived';

test('data sets of before were all imported, and none of their rows changes', async () => {
  using folder = temporaryFolder();
  const { file, database, known } = await databaseBefore(folder.path, ID);
  putDataset(database, 1, [
    { id: 1, pid: 1, camid: 1, split: 'train' },
    { id: 2, pid: 2, camid: 1, split: 'none' },
  ]);
  const dump = (): unknown => [
    database.prepare('SELECT * FROM tracklet ORDER BY id').all(),
    database.prepare('SELECT * FROM split_member ORDER BY tracklet_id').all(),
    database.prepare('SELECT id, name, importer, split_set_id FROM dataset').all(),
    database.prepare('SELECT * FROM evaluation ORDER BY id').all(),
    database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'evaluation'`).all(),
  ];
  database.exec(`
    INSERT INTO run (id, name, method, options, recipe, dataset_id, dataset_name, seed, state, created_at) VALUES ('r', 'r', 'm', '{}', '{}', 1, 'Set 1', 1, 'done', 1);
    INSERT INTO evaluation (id, run_id, dataset_id, protocol, distance, question, question_hash, features_hash, weights_hash, folder, files, metrics, created_at)
      VALUES (7, 'r', 1, 'market', 'cosine', '{"hash":"q"}', 'q', 'f', 'w', 'runs/r/e', '{}', '{}', 5), (4, 'r', 1, 'market', 'cosine', NULL, NULL, 'g', NULL, 'runs/r/d', NULL, '{}', 3)`);
  const was = dump();
  expect(
    migrate(
      database,
      file,
      known.filter(({ id }) => id <= ID),
      2,
    ).applied,
  ).toContain(ID);
  expect(dump()).toEqual(was);
  expect(database.prepare('SELECT recipe FROM dataset').pluck().all()).toEqual([null]);
  expect(database.prepare('SELECT count(*) FROM dataset_member').pluck().get()).toBe(0);
  database.close();
});

test('a member is hidden while its data set or that of its tracklet is, and goes for good with either', async () => {
  using here = await tablesHere();
  putDataset(here.sql, 1, [{ id: 1, pid: 1, camid: 1, split: 'train' }]);
  putDataset(here.sql, 2, [{ id: 11, pid: 1, camid: 1, split: 'train' }]);
  putDataset(here.sql, 3, []);
  here.sql.exec(`INSERT INTO dataset_member (dataset_id, tracklet_id) VALUES (3, 1), (3, 11)`);
  const reading = openConnection(join(here.folder, 'project.sqlite'), 'read');
  const seen = (): unknown => reading.prepare('SELECT tracklet_id FROM dataset_member ORDER BY 1').pluck().all();
  try {
    expect(seen()).toEqual([1, 11]);
    here.sql.exec('UPDATE dataset SET removed_at = 1 WHERE id = 1');
    expect(seen()).toEqual([11]);
    here.sql.exec(`UPDATE dataset SET removed_at = NULL WHERE id = 1; UPDATE dataset SET state = 'importing' WHERE id = 2`);
    expect(seen()).toEqual([1]);
    here.sql.exec(`UPDATE dataset SET state = 'ready' WHERE id = 2; UPDATE dataset SET removed_at = 1 WHERE id = 3`);
    expect(seen()).toEqual([]);
    here.sql.exec('UPDATE dataset SET removed_at = NULL WHERE id = 3; DELETE FROM dataset WHERE id = 2');
    expect(seen()).toEqual([1]);
    here.sql.exec('DELETE FROM dataset WHERE id = 3');
    expect(here.rows('SELECT count(*) FROM dataset_member')).toEqual([[0]]);
    expect(here.rows('SELECT id FROM tracklet')).toEqual([[1]]);
  } finally {
    reading.close();
  }
});
