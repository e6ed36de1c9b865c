/** Batches and clips by the stated conventions of the official samplers. */
import { describe, expect, test } from 'vitest';
import { createRng } from '../../models/rng.ts';
import { beginClip, consecutiveClip, evenClip, restrictedClip, stridedClip, testClips } from '../../models/samplers/clips.ts';
import { epochBatches } from '../../models/samplers/identityBatches.ts';

/** Identity p has p + 1 tracklets. */
const pids = Array.from({ length: 12 }, (_, pid) => new Array<number>(pid + 1).fill(pid)).flat();
const times = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

describe('identity batches', () => {
  test('every tracklet once an epoch in chunks of one identity; small identities are filled up', () => {
    const batches = epochBatches(pids, { identitiesPerBatch: 2, clipsPerIdentity: 4, sampling: 'tracklets' }, createRng(1));
    for (const batch of batches) for (const group of [batch.slice(0, 4), batch.slice(4)]) expect(new Set(group.map((i) => pids[i])).size).toBe(1);
    // 8 identities with 1..7 tracklets give one chunk, those with 8..11 two, the one with 12 three: 7 + 4·2 + 3.
    const chunks = 7 + 4 * 2 + 3;
    expect(batches.length).toBeLessThanOrEqual(chunks / 2);
    expect(batches.length).toBeGreaterThanOrEqual(chunks / 2 - 2);
    const large = batches.flat().filter((i) => (pids[i] as number) >= 3);
    expect(new Set(large).size).toBe(large.length);
  });

  test('one group per identity: identities are distinct in a batch', () => {
    const batches = epochBatches(pids, { identitiesPerBatch: 4, clipsPerIdentity: 4, sampling: 'identities' }, createRng(2));
    expect(batches.length).toBe(3);
    expect(new Set(batches.flat().map((i) => pids[i])).size).toBe(12);
    for (const batch of batches) expect(new Set(batch.map((i) => pids[i])).size).toBe(4);
  });

  test('the same seed gives the same batches, another seed others', () => {
    const draw = (seed: number) => epochBatches(pids, { identitiesPerBatch: 4, clipsPerIdentity: 2, sampling: 'tracklets' }, createRng(seed));
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  test('no batch holds a single identity, and one identity alone cannot train', () => {
    for (const seed of times(50, (i) => i)) {
      const batches = epochBatches([0, 0, 0, 0, 0, 0, 1, 1], { identitiesPerBatch: 2, clipsPerIdentity: 2, sampling: 'tracklets' }, createRng(seed));
      for (const batch of batches) expect(new Set(batch.map((i) => (i < 6 ? 0 : 1))).size).toBe(2);
    }
    expect(() => epochBatches([3, 3, 3], { identitiesPerBatch: 2, clipsPerIdentity: 2, sampling: 'tracklets' }, createRng(1))).toThrow(
      'at least two identities',
    );
  });
});

describe('training clips', () => {
  test('strided: fixed stride with every start, 0 and the last, drawn', () => {
    const rng = createRng(3);
    const starts = times(2000, () => stridedClip(40, 4, 8, rng)).map((clip) => {
      expect(clip.map((frame) => frame - (clip[0] as number))).toEqual([0, 8, 16, 24]);
      return clip[0] as number;
    });
    expect([Math.min(...starts), Math.max(...starts)]).toEqual([0, 40 - 3 * 8 - 1]);
  });

  test('strided: a shorter tracklet gives distinct frames in order, a very short one repeats some', () => {
    const rng = createRng(4);
    for (const clip of times(200, () => stridedClip(9, 4, 8, rng))) {
      expect(clip).toEqual([...new Set(clip)].sort((a, b) => a - b));
      expect(clip.length).toBe(4);
    }
    for (const clip of times(200, () => stridedClip(2, 4, 8, rng))) {
      expect(clip).toEqual([...clip].sort((a, b) => a - b));
      expect(clip.every((frame) => frame === 0 || frame === 1)).toBe(true);
    }
  });

  test('restricted: one frame of every chunk', () => {
    const rng = createRng(5);
    for (const clip of times(200, () => restrictedClip(82, 8, rng)))
      clip.forEach((frame, i) => expect(Math.floor((i * 82) / 8) <= frame && frame < Math.floor(((i + 1) * 82) / 8)).toBe(true));
    expect(restrictedClip(1, 4, rng)).toEqual([0, 0, 0, 0]);
    expect(restrictedClip(3, 4, rng).every((frame) => frame >= 0 && frame < 3)).toBe(true);
  });

  test('consecutive: never the very last start, looped when short', () => {
    const rng = createRng(6);
    const starts = times(1000, () => consecutiveClip(10, 4, rng)[0] as number);
    expect([Math.min(...starts), Math.max(...starts)]).toEqual([0, 5]);
    expect(consecutiveClip(3, 4, rng)).toEqual([0, 1, 2, 0]);
  });
});

describe('test clips', () => {
  const clips = (length: number, padding: 'loop-clip' | 'loop-tracklet' | 'none', clipFrames = 4, maxClips = 0) =>
    testClips(length, { clipFrames, padding, maxClips });
  test('contiguous, with the last clip in three conventions', () => {
    expect(clips(8, 'loop-clip')).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(clips(6, 'loop-clip')).toEqual([
      [0, 1, 2, 3],
      [4, 5, 4, 5],
    ]);
    expect(clips(6, 'loop-tracklet')).toEqual([
      [0, 1, 2, 3],
      [4, 5, 0, 1],
    ]);
    expect(clips(6, 'none')).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
    expect(clips(1, 'loop-tracklet')).toEqual([[0, 0, 0, 0]]);
  });
  test('a long tracklet is cut to its middle', () => expect(clips(20, 'none', 2, 4).map(([first]) => first)).toEqual([6, 8, 10, 12]));
  test('even and from the beginning', () => {
    expect(evenClip(32, 15)).toEqual(times(15, (i) => i * 2));
    expect(evenClip(3, 5)).toEqual([0, 1, 2, 2, 2]);
    // Thresholds of AP3D for four frames: 25, 13, 7, 4.
    expect([25, 24, 12, 6, 3].map((length) => beginClip(length, 4))).toEqual([
      [0, 8, 16, 24],
      [0, 4, 8, 12],
      [0, 2, 4, 6],
      [0, 1, 2, 3],
      [0, 1, 2, 0],
    ]);
  });
});
