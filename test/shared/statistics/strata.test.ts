import { expect, test } from 'vitest';
import { HIDDEN_SHARE_BINS, isInBin } from '../../../datasets/statistics.ts';
import { STRATA, stratumOf } from '../../../src-shared/statistics/strata.ts';

test('a share lies in the bin of ODV’s table that holds it, edges in the lower one; without one it is not judged', () => {
  expect(STRATA.map(({ label }) => label)).toEqual([...HIDDEN_SHARE_BINS.map(({ label }) => label), 'not judged']);
  // Every share that a tracklet of up to 60 frames can have, among them 3/5 and 7/10.
  for (let frames = 1; frames <= 60; frames++)
    for (let hidden = 0; hidden <= frames; hidden++) {
      const inTable = HIDDEN_SHARE_BINS.findIndex((bin) => isInBin((100 * hidden) / frames, bin));
      expect([hidden, frames, stratumOf(hidden / frames)]).toEqual([hidden, frames, inTable]);
    }
  expect(STRATA[stratumOf(null)]?.label).toBe('not judged');
});
