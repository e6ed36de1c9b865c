/**
 * Where pixels come from: the only thing that training and extraction know of a data set. Implemented by the compute process over the
 * project's media, and by tests over made-up pictures. Test: the suites of loop.ts and extract.ts.
 */
import type { Resampling } from '../pixels/resizePil.ts';

export interface SourceTracklet {
  id: number;
  pid: number;
  camid: number;
  /** Frames. */
  length: number;
}

export interface FrameSize {
  height: number;
  width: number;
  resize: Resampling;
}

export interface ClipSource {
  tracklets: SourceTracklet[];
  /** `frames` are positions 0..length−1 inside the tracklet with that id → [frames, H, W, 3] RGB bytes, resized already. */
  read(tracklet: number, frames: number[], size: FrameSize): Promise<Uint8Array>;
}
