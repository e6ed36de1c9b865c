/** Step counts, computed by hand from the sizes of MARS and of small sets. */
import { expect, test } from 'vitest';
import { batchesInPass, groupsOfIdentity, groupsPerBatch, stepsInEpoch, stepsInRun } from '../../../src-shared/recipe/steps.ts';

test.each<[number, number, number]>([
  [1, 4, 1],
  [3, 4, 1],
  [4, 4, 1],
  [7, 4, 1],
  [8, 4, 2],
])('%i tracklets with %i a group make %i', (tracklets, clips, groups) => {
  expect(groupsOfIdentity(tracklets, clips)).toBe(groups);
});

test('a batch holds no more groups than there are', () => {
  expect([groupsPerBatch(3, 8), groupsPerBatch(8, 8), groupsPerBatch(20, 8)]).toEqual([3, 8, 8]);
});

test('a pass over every tracklet of MARS (625 identities, 8,298 tracklets), over every identity, and over less than a batch', () => {
  const mars = { identities: 625, tracklets: 8298 };
  const shape = { identitiesPerBatch: 8, clipsPerIdentity: 4 };
  // 8,298 / 32 = 259.3; 625 / 8 = 78.1
  expect([batchesInPass(shape, mars), batchesInPass({ ...shape, sampling: 'identities' }, mars)]).toEqual([259, 78]);
  expect(batchesInPass(shape, { identities: 3, tracklets: 9 })).toBe(1);
});

test('an epoch has the steps of the recipe, or those of a pass', () => {
  expect([stepsInEpoch({ stepsPerEpoch: 20 }, 259), stepsInEpoch({ stepsPerEpoch: 0 }, 259)]).toEqual([20, 259]);
  expect([stepsInRun({ epochs: 6, stepsPerEpoch: 20 }, 259), stepsInRun({ epochs: 240, stepsPerEpoch: 0 }, 259)]).toEqual([120, 62_160]);
});
