/** Hash and tracklets are of one moment, also where an update of the source is stored between two reads. */
import { expect, test } from 'vitest';
import { datasetRows } from '../../../src-main/compute/datasetRows.ts';
import type { Reader } from '../../../src-main/db/handles.ts';
import { openReadOnly } from '../../../src-main/db/readOnly.ts';
import Database from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tinyProject } from '../support/tinyProject.ts';

test('an update between the reads: all is read again', async () => {
  const { folder } = await tinyProject({ identities: 2, frames: 2 });
  const db = openReadOnly(folder);
  const other = new Database(join(folder, 'project.sqlite'));
  let isUpdated = false;
  const reader = {
    ...db,
    tuples: ((sql: string, params: never) => {
      if (!isUpdated) {
        isUpdated = true;
        const rows = db.tuples(sql, params);
        other.exec(`UPDATE dataset SET content_hash = 'updated'; DELETE FROM tracklet WHERE id = 4`);
        return rows;
      }
      return db.tuples(sql, params);
    }) as Reader['tuples'],
  } as unknown as Reader;
  try {
    const { facts, rows } = datasetRows(reader, { datasetId: 1 });
    expect([facts?.contentHash, rows.map(({ id }) => id)]).toEqual(['updated', [1, 2, 3]]);
    expect(datasetRows(db, { datasetId: 99 })).toEqual({ facts: null, rows: [] });
  } finally {
    db.close();
    other.close();
    rmSync(dirname(folder), { recursive: true, force: true });
  }
});
