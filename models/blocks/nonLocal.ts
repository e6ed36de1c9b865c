/**
 * Embedded-Gaussian non-local block as in AP3D's NonLocal.py: y = softmax(θᵀφ)·g over all positions of all frames, z = x + BN(W·y).
 * Keys and values are max-pooled (1, 2, 2); no 1/√d; the last batch norm starts at zero, so the block starts as an identity.
 * Test: test/models/blocks/nonLocal.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Layer } from '../backbones/resnet.ts';
import { batchNorm } from '../ops/batchNorm.ts';
import { convolution, maxPool } from '../ops/convolution.ts';
import { constant } from '../parameters.ts';
import type { ParameterSet } from '../parameters.ts';

export function nonLocal(params: ParameterSet, name: string, channels: number, options: { subSample: boolean }): Layer {
  const inner = Math.max(1, Math.floor(channels / 2));
  const pooledName = options.subSample ? '.0' : '';
  const embedding = (part: string) => convolution(params, `${name}.${part}`, { in: channels, out: inner, kernel: 1, bias: true, inflated: true });
  const g = embedding(`g${pooledName}`);
  const theta = embedding('theta');
  const phi = embedding(`phi${pooledName}`);
  const project = convolution(params, `${name}.W.0`, { in: inner, out: channels, kernel: 1, bias: true, inflated: true });
  const norm = batchNorm(params, `${name}.W.1`, { channels, scaleInit: constant(0) });

  return (x, pass) => {
    const [images, height, width] = x.shape;
    const clips = images / pass.frames;
    // [B·T, H, W, D] → [B, T·H·W, D]
    const positions = (map: Tensor4D): Tensor3D => tf.reshape(map, [clips, -1, inner]);
    const pool = (map: Tensor4D): Tensor4D => (options.subSample ? maxPool(map, 2, 2) : map);
    const values = positions(pool(g(x)));
    const keys = positions(pool(phi(x)));
    const affinity = tf.softmax(tf.matMul(positions(theta(x)), keys, false, true)); // [B, T·H·W, T·H·W/4]
    const y: Tensor4D = tf.reshape(tf.matMul(affinity, values), [images, height, width, inner]);
    return tf.add(norm(project(y), pass.training), x);
  };
}
