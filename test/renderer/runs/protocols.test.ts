import { expect, it } from 'vitest';
import { canTrainOn, protocolsFor } from '../../../src-renderer/views/runs/protocols.ts';

it('offers only visits where there is one camera or no query', () => {
  const base = { cameras: 4, tracklets: 480, identities: 120, state: 'ready' as const, splits: { train: 240, query: 60, gallery: 180 } };
  expect(protocolsFor(base)[0]).toBe('market');
  expect([protocolsFor({ ...base, cameras: 1 }), protocolsFor({ ...base, splits: { none: 84 } }), protocolsFor({ ...base, state: 'importing' })]).toEqual([
    ['visits'],
    ['visits'],
    [],
  ]);
  expect(protocolsFor({ ...base, identities: 480 })).toEqual([]);
  expect([canTrainOn(base), canTrainOn({ state: 'ready', splits: { none: 84 } })]).toEqual([true, false]);
});
