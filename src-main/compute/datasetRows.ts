/**
 * A data set and its tracklets as of one moment. An update of its source may be stored between two reads, and tracklets of after it must not stand under the
 * hash of before. Test: test/main/compute/datasetRows.test.ts.
 */
import type { SplitName } from '../../src-shared/contract/datasets.ts';
import type { Reader } from '../db/handles.ts';
import { clips, dataset, type ClipRow, type DatasetFacts } from '../features/runs/table.ts';

export function datasetRows(db: Reader, input: { datasetId: number; splits?: SplitName[] }): { facts: DatasetFacts | null; rows: ClipRow[] } {
  for (;;) {
    const facts = dataset(db, { id: input.datasetId });
    const rows = facts ? clips(db, input) : [];
    if (!facts || dataset(db, { id: input.datasetId })?.contentHash === facts.contentHash) return { facts, rows };
  }
}
