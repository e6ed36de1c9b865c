/** The step to split sets, on a database as the steps before wrote it: sides stand where they stood, and steps of undo of before work on. */
import { expect, test } from 'vitest';
import { readerOf, writerOf } from '../../../src-main/db/handles.ts';
import { migrate } from '../../../src-main/db/migrate.ts';
import { refreshStale } from '../../../src-main/features/annotations/derived.table.ts';
import { redo, undo } from '../../../src-main/features/history/table.ts';
import { list } from '../../../src-main/features/splits/table.ts';
import { checkRows } from '../../../src-main/features/project/rowCheck.table.ts';
import { temporaryFolder } from '../../support/project.ts';
import { databaseBefore } from '../../support/projectOfBefore.ts';

const ID = '20261201-2-split-sets';
const ASKING = { window: null, others: [] };
/** Complete, as a run keeps it. */
const RECIPE = JSON.stringify({
  epochs: 1,
  stepsPerEpoch: 1,
  identitiesPerBatch: 2,
  clipsPerIdentity: 2,
  learningRate: 1e-4,
  weightDecay: 0,
  decayEpochs: [],
  decay: 0.1,
  warmupEpochs: 0,
  flip: true,
  erasing: 0,
});
const SIDES = ['train', 'query', 'gallery', 'none'] as const;

test('every data set gets one set of what its tracklets say, removed ones and those being imported too; undo works on', async () => {
  using folder = temporaryFolder();
  const { file, database, known } = await databaseBefore(folder.path, ID);
  database.exec(`
    INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES
      (3, 'Set', 'test', '{}', '.', 'ready', 'h', 30), (5, 'Half', 'test', '{}', '.', 'importing', 'i', 50), (9, 'Empty', 'test', '{}', '.', 'ready', 'j', 90);
    INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at, removed_at, removed_name)
      VALUES (4, char(1) || '4', 'test', '{}', '.', 'ready', 'k', 40, 77, 'Gone');
    INSERT INTO run (id, name, method, options, recipe, dataset_id, dataset_name, seed, state, created_at) VALUES ('r', 'r', 'm', '{}', '${RECIPE}', 3, 'Set', 1, 'done', 0);
  `);
  for (const set of [3, 4, 5]) {
    database.exec(`
      INSERT INTO camera (id, dataset_id, camid, name) VALUES (${set}, ${set}, 0, 'c');
      INSERT INTO identity (id, dataset_id, pid, name, kind) VALUES (${set}, ${set}, 1, '0001', 'person');
      INSERT INTO media (id, dataset_id, key, kind, path, width, height, frame_count) VALUES (${set}, ${set}, 'm', 'crops', '.', 1, 1, 1);`);
    SIDES.forEach((side, index) =>
      database
        .prepare(
          `INSERT INTO tracklet (id, dataset_id, key, identity_id, camera_id, media_id, split, frames, frame_index) VALUES (?, ?, ?, ?, ?, ?, ?, 1, x'00000000')`,
        )
        .run(set * 10 + index, set, `t${index}`, set, set, set, side),
    );
  }
  // Done: 30 from "none" to train, 31 and 43 (of the set that is gone) from train to query. Undone: 33 to gallery.
  const step = database.prepare(`INSERT INTO history (at, label, call, tags, patch, inverse, undone) VALUES (1, ?, 'tracklets.setSplit', '[]', ?, ?, ?)`);
  const set = (ids: number[], split: string): string => JSON.stringify([{ op: 'set', table: 'tracklet', ids, values: { split } }]);
  step.run('one', set([30], 'train'), set([30], 'none'), 0);
  step.run('two', set([31, 43], 'query'), set([31, 43], 'train'), 0);
  step.run('three', set([33], 'gallery'), set([33], 'none'), 1);
  const before = database.prepare('SELECT id, split FROM tracklet ORDER BY id').all();

  expect(migrate(database, file, known, 2).applied).toContain(ID);
  expect(database.pragma('foreign_key_check')).toEqual([]);
  expect(checkRows(database, folder.path, { remove: false })).toEqual({ count: 0, sentences: [] });
  expect(database.prepare('SELECT id, split FROM tracklet ORDER BY id').all()).toEqual(before);
  expect(
    database.prepare('SELECT d.id, s.name, s.origin, s.created_at FROM dataset d JOIN split_set s ON s.id = d.split_set_id ORDER BY d.id').raw().all(),
  ).toEqual([
    [3, 'main', 'imported', 30],
    [4, 'main', 'imported', 40],
    [5, 'main', 'imported', 50],
    [9, 'main', 'imported', 90],
  ]);
  expect(database.prepare('SELECT count(*) FROM split_set').pluck().get()).toBe(4);
  const members = (): unknown[] => database.prepare('SELECT tracklet_id, side FROM split_member ORDER BY tracklet_id').raw().all();
  expect(members()).toEqual([3, 4, 5].flatMap((of) => ['train', 'query', 'gallery'].map((side, index) => [of * 10 + index, side])));
  expect(database.prepare('SELECT split_set, split_hash FROM run').raw().all()).toEqual([[null, null]]);
  const writer = writerOf(database);
  expect(refreshStale(writer, null)).toEqual({ tracklets: 0 });
  expect(list(readerOf(database), { datasetId: 3 })).toMatchObject([{ name: 'main', isInUse: true, counts: { train: 1, query: 1, gallery: 1 } }]);

  const sides = (): unknown[] => database.prepare('SELECT id, split FROM tracklet WHERE id IN (30, 31, 33, 43) ORDER BY id').raw().all();
  const agree = (): unknown =>
    database
      .prepare(
        `SELECT count(*) FROM tracklet t WHERE split <> coalesce((SELECT side FROM split_member m JOIN dataset d ON d.split_set_id = m.split_set_id
          WHERE d.id = t.dataset_id AND m.tracklet_id = t.id), 'none')`,
      )
      .pluck()
      .get();
  const moves: [() => unknown, string, string[]][] = [
    [() => undo(writer, ASKING), 'two', ['train', 'train', 'none', 'train']],
    [() => undo(writer, ASKING), 'one', ['none', 'train', 'none', 'train']],
    [() => redo(writer, ASKING), 'one', ['train', 'train', 'none', 'train']],
    [() => redo(writer, ASKING), 'two', ['train', 'query', 'none', 'query']],
    [() => redo(writer, ASKING), 'three', ['train', 'query', 'gallery', 'query']],
  ];
  for (const [move, label, expected] of moves) {
    expect(move()).toMatchObject({ label, leftOut: null });
    expect(sides()).toEqual([30, 31, 33, 43].map((id, index) => [id, expected[index]]));
    expect(agree()).toBe(0);
  }
  database.close();
});
