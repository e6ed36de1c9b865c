/** The step that lets results stand beside each other, on rows of before: ids, paths and files stay, keys follow from what evaluations tell. */
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { migrate } from '../../../src-main/db/migrate.ts';
import type { Migration } from '../../../src-main/db/migration.ts';
import { temporaryFolder } from '../../support/project.ts';
import { databaseBefore } from '../../support/projectOfBefore.ts';

const STEP = '20261201-3-results';
let folder: ReturnType<typeof temporaryFolder>;
let file: string;
let known: Migration[];
let database: Database.Database;

beforeEach(async () => {
  folder = temporaryFolder();
  ({ file, database, known } = await databaseBefore(folder.path, STEP));
  database.exec(`
    INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (1, 'Set', 'test', '{}', '.', 'ready', 'c', 0), (2, 'Two', 'test', '{}', '.', 'ready', 'd', 0);
    INSERT INTO run (id, name, method, options, recipe, dataset_id, dataset_name, seed, state, created_at)
      SELECT value, value, 'm', '{}', '{}', 1, 'Set', 1, 'done', 0 FROM json_each('["a", "b", "c"]');
  `);
});
afterEach(() => {
  database.close();
  folder[Symbol.dispose]();
});

function features(id: number, run: string, dataset: number, hash: string): void {
  database
    .prepare(`INSERT INTO feature_set (id, run_id, dataset_id, path, hash, count, dims, created_at) VALUES (?, ?, ?, ?, ?, 6, 8, ?)`)
    .run(id, run, dataset, `runs/${run}/features-${dataset}.safetensors`, hash, id * 10);
}
function evaluation(id: number, run: string, dataset: number, hash: string, question: string | null, weights: string | null, protocol = 'market'): void {
  database
    .prepare(
      `INSERT INTO evaluation (id, run_id, dataset_id, protocol, distance, features_hash, folder, metrics, question, weights_hash, files, created_at)
       VALUES (?, ?, ?, ?, 'cosine', ?, ?, '{"mAP":0.5}', ?, ?, '{}', ?)`,
    )
    .run(id, run, dataset, protocol, hash, `runs/${run}/e${id}`, question, weights, id);
}
const asked = (hash: string, content: string): string => JSON.stringify({ hash, content });
const step = (): void => void migrate(database, file, known, 2);
const rows = (sql: string): unknown[] => database.prepare(sql).raw().all();

test('features get the weights and the content that the evaluation of them told; what nothing tells of stays without', () => {
  features(3, 'a', 1, 'fa');
  features(4, 'b', 1, 'fb');
  features(5, 'c', 1, 'fc');
  features(6, 'a', 2, 'fd');
  features(9, 'b', 2, 'fe');
  evaluation(1, 'a', 1, 'fa', asked('q', 'c/pixels-1'), 'w');
  // Of features that are no longer there.
  evaluation(2, 'b', 1, 'other', asked('q', 'c/pixels-1'), 'wb');
  // The same weights as run a, and a file of its own.
  evaluation(3, 'c', 1, 'fc', asked('q', 'c/pixels-1'), 'w');
  // Of the first versions.
  evaluation(4, 'a', 2, 'fd', null, null);
  evaluation(5, 'b', 2, 'fe', asked('q2', 'd/pixels-1'), 'wb');
  evaluation(6, 'b', 2, 'fe', asked('q3', 'd/pixels-1'), 'wb', 'visits');
  step();
  expect(
    rows('SELECT id, weights_hash, content_hash, view, dataset_id, run_id, path, hash, count, dims, created_at, used_at FROM feature_set ORDER BY id'),
  ).toEqual([
    [3, 'w', 'c/pixels-1', 'embedding', 1, 'a', 'runs/a/features-1.safetensors', 'fa', 6, 8, 30, 30],
    [4, null, null, 'embedding', 1, 'b', 'runs/b/features-1.safetensors', 'fb', 6, 8, 40, 40],
    [5, null, null, 'embedding', 1, 'c', 'runs/c/features-1.safetensors', 'fc', 6, 8, 50, 50],
    [6, null, null, 'embedding', 2, 'a', 'runs/a/features-2.safetensors', 'fd', 6, 8, 60, 60],
    [9, 'wb', 'd/pixels-1', 'embedding', 2, 'b', 'runs/b/features-2.safetensors', 'fe', 6, 8, 90, 90],
  ]);
});

test('evaluations keep their ids, folders and figures, with the hash of their question', () => {
  evaluation(2, 'a', 1, 'fa', asked('q', 'c'), 'w');
  evaluation(7, 'b', 1, 'fb', null, null);
  step();
  expect(
    rows(
      'SELECT id, run_id, dataset_id, protocol, distance, question, question_hash, features_hash, weights_hash, folder, files, metrics, created_at FROM evaluation',
    ),
  ).toEqual([
    [2, 'a', 1, 'market', 'cosine', asked('q', 'c'), 'q', 'fa', 'w', 'runs/a/e2', '{}', '{"mAP":0.5}', 2],
    [7, 'b', 1, 'market', 'cosine', null, null, 'fb', null, 'runs/b/e7', '{}', '{"mAP":0.5}', 7],
  ]);
});

test('an id is not given again, also where all rows had gone', () => {
  features(40, 'a', 1, 'f');
  evaluation(90, 'a', 1, 'f', null, null);
  evaluation(91, 'b', 1, 'f', null, null);
  database.exec('DELETE FROM feature_set; DELETE FROM evaluation WHERE id = 91');
  step();
  database.exec(`
    INSERT INTO feature_set (view, dataset_id, path, hash, count, dims, created_at, used_at) VALUES ('embedding', 1, 'p', 'h', 1, 1, 1, 1);
    INSERT INTO evaluation (run_id, dataset_id, protocol, distance, features_hash, folder, metrics, created_at) VALUES ('a', 1, 'm', 'c', 'h', 'f', '{}', 1);
  `);
  expect([rows('SELECT id FROM feature_set'), rows('SELECT id FROM evaluation ORDER BY id')]).toEqual([[[41]], [[90], [92]]]);
});

test('a question that somebody sent, and that is no JSON, is left for the look through the rows', () => {
  features(1, 'a', 1, 'f');
  evaluation(1, 'a', 1, 'f', 'no json', 'w');
  step();
  expect(rows('SELECT question, question_hash FROM evaluation')).toEqual([['no json', null]]);
  expect(rows('SELECT weights_hash, content_hash FROM feature_set')).toEqual([['w', null]]);
});

test('what was kept once for a run is kept once for its key: weights, content, view; evaluations for question, features and weights', () => {
  step();
  const put = (weights: string, content: string, view: string): unknown =>
    database
      .prepare(
        `INSERT INTO feature_set (weights_hash, content_hash, view, dataset_id, run_id, path, hash, count, dims, created_at, used_at) VALUES (?, ?, ?, 1, 'a', 'p', 'h', 1, 1, 1, 1)`,
      )
      .run(weights, content, view);
  const ask = (run: string, question: string, features: string, weights: string): unknown =>
    database
      .prepare(
        `INSERT INTO evaluation (run_id, dataset_id, protocol, distance, question_hash, features_hash, weights_hash, folder, metrics, created_at) VALUES (?, 1, 'market', 'cosine', ?, ?, ?, 'f', '{}', 1)`,
      )
      .run(run, question, features, weights);
  for (const key of ['wcv', 'xcv', 'wdv', 'wcu']) put(key[0]!, key[1]!, key[2]!);
  expect(() => put('w', 'c', 'v')).toThrow('UNIQUE');
  for (const key of ['aqfw', 'bqfw', 'arfw', 'aqgw', 'aqfx']) ask(key[0]!, key[1]!, key[2]!, key[3]!);
  expect(() => ask('a', 'q', 'f', 'w')).toThrow('UNIQUE');
  // A run that goes leaves the features of its weights; its evaluations go with it.
  database.exec(`DELETE FROM run WHERE id = 'a'`);
  expect([rows('SELECT DISTINCT run_id FROM feature_set'), rows('SELECT run_id FROM evaluation')]).toEqual([[[null]], [['b']]]);
});
