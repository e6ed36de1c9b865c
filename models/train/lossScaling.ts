/**
 * Dynamic loss scaling by the rules of torch.amp.GradScaler: small gradients survive float16 because the loss is multiplied by a scale, which
 * doubles after 2,000 good updates in a row and halves when a gradient is no finite number; that update is left out, and Adam's count stands still.
 * Scale and counts are variables changed by tensor operations, so a recorded step decides by itself, and a checkpoint holds them.
 * Beyond PyTorch, running statistics of a step that was left out are put back (models/train/loop.ts): an Inf in them would stay for good.
 * Test: test/models/train/lossScaling.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Optimizer, StateVariable } from './optimizer.ts';

/** Defaults are those of GradScaler. */
export interface ScalingOptions {
  start?: number;
  /** Good updates in a row before the scale grows. */
  interval?: number;
  growth?: number;
  backoff?: number;
}

export interface LossScaling {
  state: StateVariable[];
  /** What the loss is multiplied by, a scalar. */
  scale: Variable;
  /** Gradients of the loss itself. */
  unscale(gradients: NamedTensorMap): NamedTensorMap;
  /** After the update, of which `good` (a boolean scalar) says whether it was applied. Results: the scale from now on, updates left out so far. */
  update(good: Tensor): [Tensor, Tensor];
  /** Updates left out so far. Reads a value: not inside a step. */
  skipped(): number;
  dispose(): void;
}

/** The same optimizer, with the scale as a part of its state. */
export function withLossScaling(optimizer: Optimizer, options: ScalingOptions = {}): Optimizer & { scaling: LossScaling } {
  const scaling = createLossScaling(options);
  return {
    ...optimizer,
    state: [...optimizer.state, ...scaling.state],
    scaling,
    dispose() {
      optimizer.dispose();
      scaling.dispose();
    },
  };
}

function createLossScaling({ start = 65536, interval = 2000, growth = 2, backoff = 0.5 }: ScalingOptions): LossScaling {
  const [scale, inRow, skipped] = [start, 0, 0].map((value) => tf.tidy(() => tf.variable(tf.scalar(value), false))) as [Variable, Variable, Variable];
  return {
    scale,
    state: [
      { name: 'lossScale.scale', variable: scale },
      { name: 'lossScale.goodInRow', variable: inRow },
      { name: 'lossScale.skipped', variable: skipped },
    ],
    unscale(gradients) {
      const inverse = tf.div(1, scale);
      return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, inverse)]));
    },
    update(good) {
      const count = tf.add(inRow, 1);
      const isDue = tf.greaterEqual(count, interval);
      const grown: Tensor = tf.mul(scale, growth);
      const next = tf.where(good, tf.where(tf.logicalAnd(isDue, tf.isFinite(grown)), grown, scale), tf.mul(scale, backoff));
      inRow.assign(tf.where(tf.logicalAnd(good, tf.logicalNot(isDue)), count, tf.zerosLike(count)));
      skipped.assign(tf.add(skipped, tf.sub(1, tf.cast(good, 'float32'))));
      scale.assign(next);
      return [tf.clone(scale), tf.clone(skipped)];
    },
    skipped: () => skipped.dataSync<'float32'>()[0] as number,
    dispose: () => tf.dispose([scale, inRow, skipped]),
  };
}
