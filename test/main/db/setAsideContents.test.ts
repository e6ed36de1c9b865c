/** The step that lets set-aside values know their contents, on a database of before: what was set aside then stays as it was, and knows none. */
import { expect, test } from 'vitest';
import { migrate } from '../../../src-main/db/migrate.ts';
import { readStep } from '../../../src-main/features/history/stored.ts';
import { isAside } from '../../../src-main/features/imports/operations/setAside.table.ts';
import { temporaryFolder } from '../../support/project.ts';
import { databaseBefore } from '../../support/projectOfBefore.ts';

const ID = '20261130-6-set-aside-contents';

test('values that were set aside before stay, are put back by hand as ever, and steps that name them are read', async () => {
  using folder = temporaryFolder();
  const { file, database, known } = await databaseBefore(folder.path, ID);
  database.exec(
    `INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (1, 'Set', 'test', '{}', '.', 'ready', 'h', 0)`,
  );
  const value = { tracklet_id: 1, field: 'visibility', start: 0, end: 1, value: '5', how: 'judged', annotator: 'a', updated_at: 1 };
  const aside = {
    id: 3,
    dataset_id: 1,
    tracklet_key: 't',
    field: 'visibility',
    start: 0,
    end: 1,
    pictures: '["a","b"]',
    annotation: JSON.stringify(value),
    reason: 'changed',
    at: 7,
  };
  const columns = Object.keys(aside);
  database.prepare(`INSERT INTO set_aside (${columns.map((name) => `"${name}"`).join()}) VALUES (${columns.map(() => '?').join()})`).run(Object.values(aside));

  expect(migrate(database, file, known, 2).applied).toContain(ID);
  const rows = database.prepare('SELECT * FROM set_aside').all();
  // The layer came later.
  const now = { ...aside, annotation: JSON.stringify({ layer: 'shared', ...value }) };
  expect(rows).toEqual([{ ...now, contents: null }]);
  expect(rows.map(isAside)).toEqual([true]);
  expect(database.prepare('SELECT count(*) FROM seen_aside').pluck().get()).toBe(0);
  const inverse = [{ op: 'putAside', rows: [now] }];
  expect(readStep({ call: 'datasets.putBack', patch: '[{"op":"clearAside","ids":[3]}]', inverse: JSON.stringify(inverse) })?.inverse).toEqual([
    { op: 'putAside', rows: [{ ...now, contents: null }] },
  ]);
  database.close();
});
