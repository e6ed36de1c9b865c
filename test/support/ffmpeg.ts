/**
 * The real ffmpeg for tests that decode. Provisions the pinned wheel on a machine that has none, so that a test never passes by being skipped.
 */
import { findFfmpeg, provisionFfmpeg, type FoundFfmpeg } from '../../src-main/media/ffmpegBinary.ts';

let found: Promise<FoundFfmpeg> | null = null;

export function requireFfmpeg(): Promise<FoundFfmpeg> {
  found ??= findFfmpeg().then((known) => known ?? provisionFfmpeg());
  return found;
}
