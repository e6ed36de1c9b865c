/**
 * Batch normalisation as in PyTorch: batch statistics in training (biased variance to normalise, unbiased for the running value, momentum .1),
 * running statistics in evaluation, eps 1e-5. The last axis is the channel; everything before it is averaged. Test: test/models/ops.test.ts.
 *
 * Where the backend has the kernels `FusedBatchNormTrain` {x, scale, offset, runningMean, runningVariance} → [y, new running mean, new running variance,
 * reserve1, reserve2, reserve3] and `FusedBatchNormTrainGrad`, each direction is one pass; elsewhere it is composed.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { constant } from '../parameters.ts';
import type { Init, ParameterSet } from '../parameters.ts';
import { hasKernel } from './basic.ts';
import { isRecomputing } from './recompute.ts';

const EPSILON = 1e-5;
const MOMENTUM = 0.1;

export interface BatchNormOptions {
  channels: number;
  scaleInit?: Init;
  /** Frozen biases keep their place in the state_dict but get no gradient. */
  trainBias?: boolean;
}

export type NormLayer = <T extends Tensor>(x: T, training: boolean) => T;

export function batchNorm(params: ParameterSet, name: string, options: BatchNormOptions): NormLayer {
  const shape = [options.channels];
  const scale = params.add(`${name}.weight`, { shape, init: options.scaleInit ?? constant(1) });
  const offset = params.add(`${name}.bias`, { shape, init: constant(0), trainable: options.trainBias ?? true });
  const runningMean = params.add(`${name}.running_mean`, { shape, init: constant(0), trainable: false });
  const runningVariance = params.add(`${name}.running_var`, { shape, init: constant(1), trainable: false });
  return <T extends Tensor>(x: T, training: boolean): T => {
    const flat = asRank4(x);
    if (!training)
      return tf.reshape(tf.batchNorm(flat, runningMean as Tensor1D, runningVariance as Tensor1D, offset as Tensor1D, scale as Tensor1D, EPSILON), x.shape) as T;
    const y = normalizeBatch(flat, { scale, offset, runningMean, runningVariance });
    return tf.reshape(y, x.shape) as T;
  };
}

function asRank4(x: Tensor): Tensor4D {
  if (x.rank === 4) return x as Tensor4D;
  const channels = x.shape[x.rank - 1] as number;
  return tf.reshape(x, [x.size / channels, 1, 1, channels]);
}

interface NormVariables {
  scale: Variable;
  offset: Variable;
  runningMean: Variable;
  runningVariance: Variable;
}

/** Once per step, though a part that is computed again passes here twice. */
function keepStatistics({ runningMean, runningVariance }: NormVariables, mean: Tensor, variance: Tensor): void {
  if (isRecomputing()) return;
  runningMean.assign(mean);
  runningVariance.assign(variance);
}

/** running ← (1 − momentum)·running + momentum·batch. */
function moved(running: Tensor, batch: Tensor): Tensor {
  return tf.add(tf.mul(running, 1 - MOMENTUM), tf.mul(batch, MOMENTUM));
}

type Save = (tensors: Tensor[]) => void;

/** Statistics are kept inside the operation, while the batch's live and no gradient is recorded. */
function normalizeBatch(x: Tensor4D, variables: NormVariables): Tensor {
  const operation = hasKernel('FusedBatchNormTrain') ? fused(variables) : composed(variables);
  return operation(x, variables.scale, variables.offset);
}

function fused(variables: NormVariables): (...inputs: Tensor[]) => Tensor {
  return tf.customGrad((...args) => {
    const [x, scale, offset] = args as [Tensor, Tensor, Tensor];
    const save = args[3] as unknown as Save;
    const { runningMean, runningVariance } = variables;
    const inputs = { x, scale, offset, runningMean, runningVariance };
    const [y, mean, variance, a, b, c] = tf.engine().runKernel<Tensor[]>('FusedBatchNormTrain', inputs, { epsilon: EPSILON, momentum: MOMENTUM }) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    keepStatistics(variables, mean, variance);
    save([x, scale, a, b, c]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [sx, sscale, sa, sb, sc] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
        return tf
          .engine()
          .runKernel<Tensor[]>('FusedBatchNormTrainGrad', { dy, x: sx, scale: sscale, reserve1: sa, reserve2: sb, reserve3: sc }, { epsilon: EPSILON });
      },
    };
  });
}

function composed(variables: NormVariables): (...inputs: Tensor[]) => Tensor {
  return tf.customGrad((...args) => {
    const [x, scale, offset] = args as [Tensor4D, Tensor1D, Tensor1D];
    const save = args[3] as unknown as Save;
    const count = x.size / x.shape[3];
    const mean: Tensor1D = tf.mean(x, [0, 1, 2]);
    const variance: Tensor1D = tf.mean(tf.squaredDifference(x, mean), [0, 1, 2]);
    const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
    keepStatistics(variables, moved(variables.runningMean, mean), moved(variables.runningVariance, unbiased));
    const y = tf.batchNorm(x, mean, variance, offset, scale, EPSILON);
    save([x, scale, mean, variance]);
    return {
      value: y as Tensor,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [sx, sscale, smean, svariance] = saved as [Tensor, Tensor, Tensor, Tensor];
        const inverse = tf.rsqrt(tf.add(svariance, EPSILON));
        const doffset = tf.sum(dy, [0, 1, 2]);
        const dscale = tf.mul(tf.sum(tf.mul(dy, tf.sub(sx, smean)), [0, 1, 2]), inverse);
        // dx = γ/σ · (dy − mean(dy) − x̂ · mean(dy·x̂)), as one gain on dy, one slope on x and one shift per channel.
        const gain = tf.mul(sscale, inverse);
        const slope = tf.mul(tf.mul(gain, inverse), tf.div(dscale, -count));
        const shift = tf.sub(tf.mul(gain, tf.div(doffset, -count)), tf.mul(slope, smean));
        const dx = tf.add(tf.add(tf.mul(dy, gain), tf.mul(sx, slope)), shift);
        return [dx, dscale, doffset];
      },
    };
  });
}
