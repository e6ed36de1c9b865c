/** The step to places in archives, on a database of before: pictures of before are files of their own. */
import { expect, test } from 'vitest';
import { migrate } from '../../../src-main/db/migrate.ts';
import { checkRows } from '../../../src-main/features/project/rowCheck.table.ts';
import { temporaryFolder } from '../../support/project.ts';
import { databaseBefore } from '../../support/projectOfBefore.ts';

const ID = '20261201-6-ranges';

test('tracklets of before stay as they are, and have no places', async () => {
  using folder = temporaryFolder();
  const { file, database, known } = await databaseBefore(folder.path, ID);
  database.exec(`
    INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (1, 'Set', 'test', '{}', '/set', 'ready', 'h', 0);
    INSERT INTO camera (id, dataset_id, camid, name) VALUES (1, 1, 0, 'c');
    INSERT INTO identity (id, dataset_id, pid, name, kind) VALUES (1, 1, 1, '0001', 'person');
    INSERT INTO media (id, dataset_id, key, kind, path, width, height, frame_count) VALUES (1, 1, 'm', 'crops', '.', 1, 1, 1);
    INSERT INTO tracklet (id, dataset_id, key, identity_id, camera_id, media_id, split, frames, frame_index, files) VALUES (1, 1, 't', 1, 1, 1, 'none', 1, x'00000000', '["a.jpg"]');
  `);
  const before = database.prepare('SELECT * FROM tracklet').get() as object;
  expect(migrate(database, file, known, 2).applied).toContain(ID);
  expect(database.prepare('SELECT * FROM tracklet').get()).toEqual({ ...before, ranges: null });
  expect(checkRows(database, folder.path, { remove: false }).count).toBe(0);
  database.close();
});
