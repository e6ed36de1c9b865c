/** Names that data sets have in common. */
import { expect, it } from 'vitest';
import { datasetOfSame } from '../../src-renderer/lib/sameNames.ts';

it('names the data set only of what another data set has under the same name', () => {
  const all = [
    { name: 'c1', datasetId: 1 },
    { name: 'c2', datasetId: 1 },
    { name: 'c1', datasetId: 2 },
    { name: 'c2', datasetId: 1 },
  ];
  const nameOf = (id: number) => ({ 1: 'Street' })[id];
  expect(all.map((one) => datasetOfSame(one, all, nameOf))).toEqual(['Street', null, 'data set 2', null]);
});
