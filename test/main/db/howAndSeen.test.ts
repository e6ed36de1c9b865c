/** The step from "origin" to "how", on a database as the first schema wrote it. */
import { expect, test } from 'vitest';
import { migrate } from '../../../src-main/db/migrate.ts';
import { temporaryFolder } from '../../support/project.ts';
import { databaseBefore } from '../../support/projectOfBefore.ts';

const ID = '20261130-2-how-and-seen';

test('what was human is entered, not judged; histories undo to it; reviews of before lack only values', async () => {
  using folder = temporaryFolder();
  const { file, database, known } = await databaseBefore(folder.path, ID);
  database.exec(`
    INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (1, 'Set', 'test', '{}', '.', 'ready', 'h', 0);
    INSERT INTO camera (id, dataset_id, camid, name) VALUES (1, 1, 0, 'c');
    INSERT INTO identity (id, dataset_id, pid, name, kind) VALUES (1, 1, 1, '0001', 'person');
    INSERT INTO media (id, dataset_id, key, kind, path, width, height, frame_count) VALUES (1, 1, 'm', 'crops', '.', 1, 1, 1);
  `);
  const tracklet = database.prepare(
    `INSERT INTO tracklet (id, dataset_id, key, identity_id, camera_id, media_id, split, frames, frame_index, visibility, with_value, review)
     VALUES (?, 1, ?, 1, 1, 1, 'query', 4, x'00', ?, ?, ?)`,
  );
  tracklet.run(1, 'whole', Buffer.from([0, 0, 5, 5]), 4, 'reviewed');
  tracklet.run(2, 'part', Buffer.from([0, 255, 255, 255]), 1, 'reviewed');
  tracklet.run(3, 'begun', Buffer.from([0, 255, 255, 255]), 1, 'started');
  const value = database.prepare('INSERT INTO annotation VALUES (?, ?, ?, ?, ?, ?, ?, 7)');
  value.run(1, 'visibility', 0, 1, '0', 'human', 'a.r.');
  value.run(1, 'visibility', 2, 2, '5', 'interpolated', 'a.r.');
  value.run(1, 'visibility', 3, 3, '5', 'model', 'net');
  value.run(1, 'note', 0, 3, JSON.stringify('says "origin":"human" here'), 'imported', '');
  const rows = [
    { tracklet_id: 1, field: 'visibility', start: 0, end: 1, value: '0', origin: 'human', annotator: 'a.r.', updated_at: 7 },
    { tracklet_id: 1, field: 'visibility', start: 3, end: 3, value: '5', origin: 'model', annotator: 'net', updated_at: 7 },
    { tracklet_id: 1, field: 'note', start: 0, end: 3, value: JSON.stringify('says "origin":"human" here'), origin: 'imported', annotator: '', updated_at: 7 },
  ];
  const patch = JSON.stringify([{ op: 'putAnnotations', rows }]);
  database.prepare(`INSERT INTO history (at, label, call, tags, patch, inverse) VALUES (1, 'Step', 'annotations.apply', '[]', ?, '[]')`).run(patch);

  const after = known.filter((migration) => migration.id <= ID);
  expect(migrate(database, file, after, 2).applied).toEqual([ID]);
  expect(database.prepare('SELECT field, start, "end", value, how, annotator, updated_at FROM annotation ORDER BY field, start').raw().all()).toEqual([
    ['note', 0, 3, JSON.stringify('says "origin":"human" here'), 'imported', '', 7],
    ['visibility', 0, 1, '0', 'entered', 'a.r.', 7],
    ['visibility', 2, 2, '5', 'interpolated', 'a.r.', 7],
    ['visibility', 3, 3, '5', 'computed', 'net', 7],
  ]);
  const step = database.prepare('SELECT patch, made_in FROM history').get() as { patch: string; made_in: string | null };
  const hows = ['entered', 'computed', 'imported'];
  expect(JSON.parse(step.patch)).toEqual([{ op: 'putAnnotations', rows: rows.map(({ origin: _origin, ...row }, i) => ({ ...row, how: hows[i] })) }]);
  expect(step.made_in).toBeNull();
  expect(database.prepare('SELECT key, review_gaps FROM tracklet ORDER BY id').raw().all()).toEqual([
    ['whole', 0],
    ['part', 3],
    ['begun', 0],
  ]);
  expect(database.prepare('SELECT count(*) FROM seen').pluck().get()).toBe(0);
  expect(() => value.run(2, 'visibility', 0, 0, '0', 'human', '')).toThrow();
  database.close();
});
