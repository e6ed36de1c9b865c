/** Which evaluation protocols a data set allows: one that goes by splits needs queries, one across cameras two of them, each identities seen twice. Test: test/renderer/runs/protocols.test.ts. */
import type { DatasetSummary } from '../../../src-shared/contract/datasets.ts';
import { protocolNames, protocols, type ProtocolName } from '../../../src-shared/protocols/index.ts';

export function protocolsFor(dataset: Pick<DatasetSummary, 'cameras' | 'splits' | 'tracklets' | 'identities' | 'state'>): ProtocolName[] {
  // Where every identity was seen once, no query has a match under any protocol.
  if (dataset.state !== 'ready' || dataset.tracklets <= dataset.identities) return [];
  const hasQueries = (dataset.splits['query'] ?? 0) > 0;
  return protocolNames.filter((name) => {
    const { usesSplits, ownCameraCounts } = protocols[name];
    return (hasQueries || !usesSplits) && (dataset.cameras > 1 || ownCameraCounts);
  });
}

/** Can a training run on it: at least two identities in the training split, as far as the summary tells. */
export function canTrainOn(dataset: Pick<DatasetSummary, 'splits' | 'state'>): boolean {
  return dataset.state === 'ready' && (dataset.splits['train'] ?? 0) > 1;
}
