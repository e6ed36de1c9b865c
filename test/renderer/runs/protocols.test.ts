import { expect, it } from 'vitest';
import { protocolNames, protocols } from '../../../src-shared/protocols/index.ts';
import { canTrainOn, protocolsFor } from '../../../src-renderer/views/runs/protocols.ts';

it('offers what goes by splits where there are queries, and what goes across cameras where there are two', () => {
  const base = { cameras: 4, tracklets: 480, identities: 120, state: 'ready' as const, splits: { train: 240, query: 60, gallery: 180 } };
  const offered = (dataset: typeof base) => protocolsFor(dataset).filter((name) => ['market', 'mars-a', 'mars-b', 'mars-c', 'odv', 'visits'].includes(name));
  expect(offered(base)).toEqual(['market', 'mars-a', 'mars-b', 'mars-c', 'odv', 'visits']);
  expect([offered({ ...base, cameras: 1 }), offered({ ...base, splits: { none: 84 } as never })]).toEqual([['visits'], ['visits']]);
  expect([protocolsFor({ ...base, state: 'importing' }), protocolsFor({ ...base, identities: 480 })]).toEqual([[], []]);
  for (const dataset of [base, { ...base, cameras: 1 }, { ...base, splits: {} }]) {
    for (const name of protocolNames) {
      const { usesSplits, ownCameraCounts } = protocols[name];
      const lacks = (usesSplits && dataset.splits !== base.splits) || (!ownCameraCounts && dataset.cameras === 1);
      expect([name, protocolsFor(dataset).includes(name)]).toEqual([name, !lacks]);
    }
  }
  expect([canTrainOn(base), canTrainOn({ state: 'ready', splits: { none: 84 } })]).toEqual([true, false]);
});
