/** What the thread of `service.ts` and its painters say to each other. */
import type { SyntheticTracklet } from '../../../datasets/synthetic/manifest.ts';
import type { GenerateOptions } from '../../../datasets/synthetic/generate.ts';
import type { ErrorShape } from '../../../src-shared/errors.ts';

export interface PainterData {
  options: GenerateOptions;
  /** Folder that is being filled. */
  folder: string;
}

/** To the painter: draw this tracklet of the plan. */
export interface PaintRequest {
  index: number;
}

export type PaintReply = { index: number; tracklet: SyntheticTracklet } | { index: number; error: ErrorShape };
