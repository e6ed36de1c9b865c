/** The step to one column for what tracklets are filtered by, on a project as the steps before it wrote it: every field at once, by its values. */
import { expect, test } from 'vitest';
import { writerOf } from '../../../src-main/db/handles.ts';
import { migrate } from '../../../src-main/db/migrate.ts';
import { refreshStale } from '../../../src-main/features/annotations/derived.table.ts';
import { temporaryFolder } from '../../support/project.ts';
import { databaseBefore } from '../../support/projectOfBefore.ts';

const ID = '20261201-4-terms';

test('terms of all fields are made from the values, and follow from them as any later stroke says', async () => {
  using folder = temporaryFolder();
  const { file, database, known } = await databaseBefore(folder.path, ID);
  database.exec(`
    INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (1, 'Set', 'test', '{}', '.', 'ready', 'h', 0);
    INSERT INTO camera (id, dataset_id, camid, name) VALUES (1, 1, 0, 'c');
    INSERT INTO identity (id, dataset_id, pid, name, kind) VALUES (1, 1, 1, '0001', 'person');
    INSERT INTO media (id, dataset_id, key, kind, path, width, height, frame_count) VALUES (1, 1, 'm', 'crops', '.', 1, 1, 1);
  `);
  const tracklet = database.prepare(
    `INSERT INTO tracklet (id, dataset_id, key, identity_id, camera_id, media_id, split, frames, frame_index, occluders)
     VALUES (?, 1, ?, 1, 1, 1, 'query', 4, x'00', ?)`,
  );
  const value = database.prepare(
    `INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (?, 'shared', ?, ?, ?, ?, 'imported', 'a.r.', 7)`,
  );
  const made: [occluders: string, values: [field: string, start: number, end: number, value: string][], terms: string][] = [
    ['', [], ''],
    ['', [['visibility', 0, 3, '5'], ['note', 0, 3, '"a, b=c"'], ['reviewed', 0, 3, '"disputed"']], ''], // prettier-ignore
    [',object,', [['occluder', 1, 2, '"object"']], ',occluder=object,'],
    [
      ',object,person,',
      [
        ['quality', 0, 0, '"dark"'],
        ['quality', 2, 3, '"blurred"'],
        ['occluder', 0, 0, '"person"'],
        ['occluder', 1, 1, '"object"'],
        ['occluder', 2, 3, '"person"'],
        ['hiddenParts', 0, 1, '["torso","leftArm"]'],
        ['hiddenParts', 2, 2, '[]'],
        ['hiddenParts', 3, 3, '["head","torso"]'],
      ],
      ',hiddenParts=head,hiddenParts=leftArm,hiddenParts=torso,occluder=object,occluder=person,quality=blurred,quality=dark,',
    ],
    // Columns of a file that another program wrote may say anything: what counts is the values.
    [',self,', [['hiddenParts', 0, 3, '["head"]']], ',hiddenParts=head,'],
    [',self,', [], ''],
  ];
  for (const [index, [occluders, values]] of made.entries()) {
    tracklet.run(index + 1, `t${index}`, occluders);
    for (const one of values) value.run(index + 1, ...one);
  }
  // Values of another layer are nobody's terms.
  database.exec(`
    INSERT INTO layer (id, title, kind) VALUES ('net', 'Net', 'model');
    INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (3, 'net', 'occluder', 0, 3, '"self"', 'computed', 'net', 7);
  `);
  // No value of its field, which is refused as such when the project is opened: the step must not fail on it.
  tracklet.run(99, 'odd', '');
  for (const [start, odd] of ['nothing', '{"a":"b"}', '7', 'null', '[1,"head"]'].entries()) value.run(99, 'hiddenParts', start, start, odd);

  expect(migrate(database, file, known, 2).applied).toContain(ID);
  expect(database.prepare('SELECT terms FROM tracklet ORDER BY id').pluck().all()).toEqual([...made.map(([, , terms]) => terms), ',hiddenParts=head,']);
  expect(database.pragma('user_version', { simple: true })).toBeGreaterThanOrEqual(4);
  expect(database.prepare("SELECT sql FROM sqlite_schema WHERE name = 'tracklet_grid'").pluck().get()).toContain('hidden_max, terms, review');
  // The other columns were never made here; terms alone are looked at.
  const written = database.prepare('SELECT id, terms FROM tracklet WHERE id < 99 ORDER BY id').all();
  database.exec('DELETE FROM tracklet WHERE id = 99');
  refreshStale(writerOf(database), null);
  expect(database.prepare('SELECT id, terms FROM tracklet ORDER BY id').all()).toEqual(written);
  database.close();
});
