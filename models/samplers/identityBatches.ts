/**
 * P×K batches for one epoch, as lists of tracklet positions. Two conventions are in use: every tracklet in chunks of one identity
 * (TCLNet, BiCnet, AP3D, IAUnet, RFCnet) and one group per identity (NSSB, DCCT). Test: test/models/samplers.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { groupsOfIdentity, groupsPerBatch } from '../../src-shared/recipe/steps.ts';
import type { Rng } from '../method.ts';

export interface BatchShape {
  identitiesPerBatch: number;
  clipsPerIdentity: number;
  sampling: 'tracklets' | 'identities';
}

/**
 * A batch holds P groups of K tracklets of one identity, next to each other. In `tracklets` an identity may occur twice in a batch;
 * a last batch that is not full, and a batch of a single identity (which has no negatives), are dropped.
 */
export function epochBatches(pids: number[], shape: BatchShape, rng: Rng): number[][] {
  const groups = shape.sampling === 'identities' ? onePerIdentity(pids, shape.clipsPerIdentity, rng) : chunksOfTracklets(pids, shape.clipsPerIdentity, rng);
  const perBatch = groupsPerBatch(groups.length, shape.identitiesPerBatch);
  const batches: number[][] = [];
  for (let start = 0; start + perBatch <= groups.length; start += perBatch) {
    const batch = groups.slice(start, start + perBatch).flat();
    if (new Set(batch.map((i) => pids[i])).size > 1) batches.push(batch);
  }
  if (batches.length === 0 && new Set(pids).size < 2)
    throw new AppError('BAD_INPUT', `Training needs tracklets of at least two identities; there ${pids.length === 0 ? 'are none' : 'is only one'}.`);
  return batches;
}

/** Every identity's tracklets shuffled (with fewer than K: K drawn with replacement), cut into chunks of K without the remainder; all chunks in random order. */
function chunksOfTracklets(pids: number[], clipsPerIdentity: number, rng: Rng): number[][] {
  const groups: number[][] = [];
  for (const tracklets of byIdentity(pids)) {
    const drawn = tracklets.length < clipsPerIdentity ? drawWithReplacement(tracklets, clipsPerIdentity, rng) : rng.shuffle([...tracklets]);
    for (let chunk = 0; chunk < groupsOfIdentity(tracklets.length, clipsPerIdentity); chunk++)
      groups.push(drawn.slice(chunk * clipsPerIdentity, (chunk + 1) * clipsPerIdentity));
  }
  return rng.shuffle(groups);
}

/** A random order of identities, K tracklets of each: distinct where it has as many, else with replacement. */
function onePerIdentity(pids: number[], clipsPerIdentity: number, rng: Rng): number[][] {
  return rng
    .shuffle([...byIdentity(pids)])
    .map((tracklets) =>
      tracklets.length < clipsPerIdentity ? drawWithReplacement(tracklets, clipsPerIdentity, rng) : rng.shuffle([...tracklets]).slice(0, clipsPerIdentity),
    );
}

function byIdentity(pids: number[]): number[][] {
  const groups = new Map<number, number[]>();
  pids.forEach((pid, i) => {
    const group = groups.get(pid);
    if (group) group.push(i);
    else groups.set(pid, [i]);
  });
  return [...groups.values()];
}

function drawWithReplacement(items: number[], count: number, rng: Rng): number[] {
  return Array.from({ length: count }, () => items[rng.below(items.length)] as number);
}
