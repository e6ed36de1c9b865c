/** A data set of made-up pictures that is compared with another state of its source and updated from it, as an import does both. */
import { join } from 'node:path';
import { serialize } from 'node:v8';
import type { ProjectDatabase } from '../../src-main/features/database.ts';
import { compareSource, type FoundChange } from '../../src-main/features/imports/compareSource.ts';
import type { ReadSource } from '../../src-main/features/imports/source.ts';
import type { ImportHeader } from '../../src-main/features/imports/table.ts';
import type { UpdateResult } from '../../src-main/features/imports/update.table.ts';
import { projectFolder } from '../../src-main/platform/projectFolder.ts';
import { recordsOf, spoolOf, type Made } from './madeSource.ts';
import type { TablesHere } from './tablesHere.ts';

export interface ChangingSource {
  datasetId: number;
  update(made: readonly Made[]): Promise<UpdateResult & { change: FoundChange | null }>;
  idOf(key: string): number;
}

function header(made: readonly Made[], state: number): ImportHeader {
  const cameras = [...new Set(made.map(({ camid = 1 }) => camid))].map((camid) => ({ camid, name: `c${camid}` }));
  const plain = { importer: 'folders', options: {}, root: 'media', origin: null, licence: null, warnings: [], report: {} };
  return { ...plain, contentHash: `state ${state}`, cameras, at: 100 + state };
}

export async function changingSource({ db, folder, sql }: TablesHere, made: readonly Made[]): Promise<ChangingSource> {
  let state = 0;
  const { datasetId } = await db.write('imports', 'begin', header(made, state));
  await db.write('imports', 'addPiece', { datasetId, piece: serialize(recordsOf(made)), annotator: 'folders', at: 100 });
  await db.write('imports', 'finish', { datasetId, name: 'Set' });
  return {
    datasetId,
    async update(now) {
      state++;
      const { spool, chunks } = spoolOf(join(folder, `state-${state}`), now);
      const videos = Object.fromEntries(now.flatMap(({ key, video }) => (video === undefined ? [] : [[key, video]])));
      const source = { folder, spool, read: { importer: 'folders', options: {}, contentHash: `state ${state}`, chunks, videos } } as unknown as ReadSource;
      const { change } = await compareSource({ db: db as ProjectDatabase, project: projectFolder(folder) }, source, new AbortController().signal, datasetId);
      const result = await db.write('importUpdate', 'update', {
        datasetId,
        header: header(now, state),
        spool,
        chunks,
        gone: change?.gone ?? new Int32Array(),
        renamed: change?.renamed ?? [],
        wholeFields: ['reviewed', 'note'],
        annotator: 'folders',
      });
      return { ...result, change };
    },
    idOf: (key) => sql.prepare('SELECT id FROM tracklet WHERE dataset_id = ? AND key = ?').pluck().get(datasetId, key) as number,
  };
}
