/**
 * Which frames of a tracklet make a clip: random ones for training, contiguous ones for the test, in the conventions of the official code.
 * All return positions 0..length−1 inside the tracklet. Test: test/models/samplers.test.ts.
 */
import type { Rng, TestProtocol } from '../method.ts';

/**
 * TemporalRandomCrop: with at least frames·stride frames, a random start at that stride; with at least `frames`, that many distinct
 * ones in order; else drawn with replacement, in order.
 */
export function stridedClip(length: number, frames: number, stride: number, rng: Rng): number[] {
  if (length >= frames * stride) {
    const start = rng.below(length - (frames - 1) * stride);
    return Array.from({ length: frames }, (_, i) => start + i * stride);
  }
  if (length >= frames) return ascending(rng.shuffle(positions(length)).slice(0, frames));
  return ascending(Array.from({ length: frames }, () => rng.below(length)));
}

/** Restricted random sampling: the tracklet in `frames` equal chunks, one random frame of each. */
export function restrictedClip(length: number, frames: number, rng: Rng): number[] {
  return Array.from({ length: frames }, (_, i) => {
    const begin = Math.floor((i * length) / frames);
    const end = Math.max(begin + 1, Math.floor(((i + 1) * length) / frames));
    return begin + rng.below(end - begin);
  });
}

/** NSSB's `random`: neighbouring frames, start uniform in 0..max(0, length − frames − 1) (the very last start is never drawn), looped when short. */
export function consecutiveClip(length: number, frames: number, rng: Rng): number[] {
  const start = rng.below(Math.max(0, length - frames - 1) + 1);
  return looped(positions(length).slice(start, start + frames), frames);
}

/** torchreid's `evenly`: every (length div frames)-th frame from the first; a short tracklet repeats its last frame. */
export function evenClip(length: number, frames: number): number[] {
  if (length < frames) return Array.from({ length: frames }, (_, i) => Math.min(i, length - 1));
  const step = Math.floor(length / frames);
  return Array.from({ length: frames }, (_, i) => i * step);
}

/** TemporalBeginCrop, for a quick check during training: from the first frame at the largest stride of 8, 4, 2, 1 that fits, else looped. */
export function beginClip(length: number, frames: number): number[] {
  const stride = [8, 4, 2, 1].find((candidate) => length >= (frames - 1) * candidate + 1);
  if (stride === undefined) return looped(positions(length), frames);
  return Array.from({ length: frames }, (_, i) => i * stride);
}

/** The contiguous clips that cover a tracklet at test time. */
export function testClips(length: number, protocol: Pick<TestProtocol, 'clipFrames' | 'padding' | 'maxClips'>): number[][] {
  const { clipFrames, padding, maxClips } = protocol;
  const all = padding === 'loop-tracklet' ? looped(positions(length), Math.ceil(length / clipFrames) * clipFrames) : positions(length);
  const clips: number[][] = [];
  for (let start = 0; start < all.length; start += clipFrames) clips.push(all.slice(start, start + clipFrames));
  const last = clips.length - 1;
  if (padding === 'loop-clip') clips[last] = looped(clips[last] as number[], clipFrames);
  if (maxClips === 0 || clips.length <= maxClips) return clips;
  // The official code draws the window at random; the middle one makes an evaluation repeatable.
  const first = Math.floor((clips.length - maxClips) / 2);
  return clips.slice(first, first + maxClips);
}

function looped(frames: number[], count: number): number[] {
  return Array.from({ length: count }, (_, i) => frames[i % frames.length] as number);
}

function positions(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function ascending(frames: number[]): number[] {
  return frames.sort((a, b) => a - b);
}
