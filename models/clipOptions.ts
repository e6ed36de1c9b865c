/**
 * The option names that methods share, and what the training loop reads from them. A method spreads these into its own schema,
 * so that the same word means the same thing in every form and on the command line. Test: test/contracts/methods.contract.test.ts.
 */
import { z } from 'zod';

export const clipOptions = {
  height: z
    .int()
    .min(16)
    .max(1024)
    .default(256)
    .meta({ title: 'Input height', description: 'Pixels; crops are resized without keeping their aspect.', group: 'Input' }),
  inputWidth: z.int().min(8).max(1024).default(128).meta({ title: 'Input width', description: 'Pixels.', group: 'Input' }),
  frames: z.int().min(1).max(64).default(4).meta({ title: 'Frames per clip', description: 'Length of a training clip.', group: 'Input' }),
  stride: z
    .int()
    .min(1)
    .max(64)
    .default(8)
    .meta({ title: 'Frame stride', description: 'Distance between neighbouring frames of a training clip.', group: 'Input' }),
};

export const networkOptions = {
  depth: z.literal([18, 34, 50]).default(50).meta({ title: 'ResNet depth', description: 'The published networks use 50.', group: 'Network' }),
  width: z
    .number()
    .min(0.0625)
    .max(4)
    .default(1)
    .meta({ title: 'Width multiplier', description: 'Multiplies every channel count; 1 is the published network.', group: 'Network' }),
  lastStride: z.literal([1, 2]).default(1).meta({ title: 'Last stride', description: 'Stride of the last stage; 1 keeps a finer map.', group: 'Network' }),
  recompute: z.boolean().default(false).meta({
    title: 'Recompute activations',
    description: 'Computes every residual block again in the backward pass instead of keeping what it made: less memory, a third more time, same result.',
    group: 'Network',
  }),
};

export const modality = z
  .enum(['video', 'image'])
  .default('video')
  .meta({ title: 'Modality', description: 'Image trains on single frames; a tracklet is then the mean of its frames.', group: 'Input' });

/** What every method's options have in common, read by the training loop and by feature extraction. */
export interface ClipShape {
  frames: number;
  stride: number;
  height: number;
  width: number;
}

export function clipShape(options: Record<string, unknown>): ClipShape {
  const { frames, stride, height, inputWidth } = options as { frames?: number; stride?: number; height?: number; inputWidth?: number };
  const single = options['modality'] === 'image';
  return { frames: single ? 1 : (frames ?? 1), stride: single ? 1 : (stride ?? 1), height: height ?? 256, width: inputWidth ?? 128 };
}
