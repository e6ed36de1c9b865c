/** ViT-B/16 on 256 × 128 pixels: 128 patches and a class token, twelve blocks with layer norm first, no dropout. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { attention } from '../../../../models/ops/attention.ts';
import { gelu } from '../../../../models/ops/gelu.ts';
import { layerNorm } from '../../../../models/ops/layerNorm.ts';
import { linear } from '../../../../models/ops/matmul.ts';
import { constant, type ParameterSet } from '../../../../models/parameters.ts';
import type { BenchNetwork } from './network.ts';

const SIZE = 768;
const DEPTH = 12;
const HEADS = 12;
const PATCH = 16;
const NORM = { size: SIZE, epsilon: 1e-6 };
const INIT = { kind: 'uniform', bound: 0.035 } as const;

type Layer = (x: Tensor3D) => Tensor3D;

export const vit: BenchNetwork = {
  clip: { frames: 1, stride: 1, height: 256, width: 128 },
  classes: 625,
  build(params, classes) {
    const { height, width } = vit.clip;
    const patches = (height / PATCH) * (width / PATCH);
    // A convolution whose windows do not overlap is one product over the pixels of every patch.
    const project = linear(params, 'patches', { in: 3 * PATCH * PATCH, out: SIZE, weightInit: INIT });
    const token = params.add('token', { shape: [1, 1, SIZE], init: constant(0) });
    const position = params.add('position', { shape: [1, patches + 1, SIZE], init: INIT });
    const blocks = Array.from({ length: DEPTH }, (_, i) => block(params, `blocks.${i}`));
    const norm = layerNorm(params, 'norm', NORM);
    const classify = linear(params, 'head', { in: SIZE, out: classes, weightInit: INIT });
    return (clips) => {
      const batch = clips.shape[0];
      const cut = tf.reshape(clips, [batch, height / PATCH, PATCH, width / PATCH, PATCH, 3]);
      const pixels: Tensor3D = tf.reshape(tf.transpose(cut, [0, 1, 3, 2, 4, 5]), [batch, patches, PATCH * PATCH * 3]);
      const tokens = tf.concat([tf.tile(token as Variable<tf.Rank.R3>, [batch, 1, 1]), project(pixels)], 1);
      const mixed = blocks.reduce((x, layer) => layer(x), tf.add(tokens, position) as Tensor3D);
      const first = tf.reshape(tf.slice(norm(mixed), [0, 0, 0], [batch, 1, SIZE]), [batch, SIZE]) as Tensor2D;
      return classify(first);
    };
  },
};

function block(params: ParameterSet, name: string): Layer {
  const before = layerNorm(params, `${name}.norm1`, NORM);
  const qkv = linear(params, `${name}.attn.qkv`, { in: SIZE, out: 3 * SIZE, weightInit: INIT });
  const proj = linear(params, `${name}.attn.proj`, { in: SIZE, out: SIZE, weightInit: INIT });
  const between = layerNorm(params, `${name}.norm2`, NORM);
  const widen = linear(params, `${name}.mlp.0`, { in: SIZE, out: 4 * SIZE, weightInit: INIT });
  const narrow = linear(params, `${name}.mlp.2`, { in: 4 * SIZE, out: SIZE, weightInit: INIT });
  return (x) => {
    const attended = tf.add(x, proj(multiHead(qkv(before(x)))));
    return tf.add(attended, narrow(gelu(widen(between(attended)))));
  };
}

/** [B, N, 3·D] → [B, N, D]. */
function multiHead(qkv: Tensor3D): Tensor3D {
  const [batch, tokens] = qkv.shape;
  const heads: Tensor = tf.transpose(tf.reshape(qkv, [batch, tokens, 3, HEADS, SIZE / HEADS]), [2, 0, 3, 1, 4]);
  const [q, k, v] = tf.unstack(heads) as [Tensor4D, Tensor4D, Tensor4D];
  return tf.reshape(tf.transpose(attention(q, k, v), [0, 2, 1, 3]), [batch, tokens, SIZE]);
}
