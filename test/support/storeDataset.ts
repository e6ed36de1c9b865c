/** Stores a small made-up data set as an import would: begun, all records in one piece, finished. */
import { serialize } from 'node:v8';
import type { IdentityRecord, MediaRecord } from '../../datasets/importer.ts';
import type { HostContext } from '../../src-main/features/context.ts';
import { spooledTracklet, type SpooledRecords } from '../../src-main/features/imports/spool.ts';
import type { ImportHeader, StagedTracklet } from '../../src-main/features/imports/table.ts';

export interface MadeDataset extends Omit<ImportHeader, 'report'> {
  name: string;
  identities: IdentityRecord[];
  media: MediaRecord[];
  tracklets: StagedTracklet[];
  annotator: string;
}

export async function storeDataset(db: HostContext['db'], { name, identities, media, tracklets, annotator, ...header }: MadeDataset): Promise<number> {
  const records: SpooledRecords = {
    identities,
    media: media.map((each) => ({ ...each, contentHash: null })),
    tracklets: tracklets.map((tracklet) => spooledTracklet(tracklet, { pictures: null, video: null })),
    splits: [],
  };
  const { datasetId } = await db.write('imports', 'begin', { ...header, report: {} });
  await db.write('imports', 'addPiece', { datasetId, piece: serialize(records), annotator, at: header.at });
  await db.write('imports', 'finish', { datasetId, name });
  return datasetId;
}
