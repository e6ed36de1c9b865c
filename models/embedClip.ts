/**
 * A clip in PyTorch's order, [B, T, 3, H, W], through a network: its embedding as the evaluation compares it.
 * Test: test/main/compute/forward.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Model } from './method.ts';

export async function embedClip(
  model: Pick<Model, 'embed' | 'finish'>,
  { values, shape }: { values: Float32Array; shape: [number, number, number, number, number] },
): Promise<{ values: Float32Array; shape: number[] }> {
  const output = tf.tidy(() => {
    const embedded = model.embed(tf.transpose(tf.tensor(values, shape), [0, 1, 3, 4, 2]) as tf.Tensor5D);
    return model.finish ? model.finish(embedded) : embedded;
  });
  try {
    return { values: Float32Array.from(await output.data<'float32'>()), shape: output.shape };
  } finally {
    output.dispose();
  }
}
