/** MobileNet-V2 as torchvision has it, without dropout: inverted residuals with depthwise 3×3 convolutions and ReLU6. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { relu6 } from '../../../../models/ops/basic.ts';
import { batchNorm } from '../../../../models/ops/batchNorm.ts';
import { convolution, depthwiseConvolution } from '../../../../models/ops/convolution.ts';
import { linear } from '../../../../models/ops/matmul.ts';
import type { ParameterSet } from '../../../../models/parameters.ts';
import type { BenchNetwork } from './network.ts';

type Layer = (x: Tensor4D, training: boolean) => Tensor4D;

/** Expansion, channels, blocks, stride of the first one. */
const STAGES: [number, number, number, number][] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];
const LAST = 1280;

export const mobileNetV2: BenchNetwork = {
  clip: { frames: 1, stride: 1, height: 256, width: 128 },
  classes: 625,
  build(params, classes) {
    const layers: Layer[] = [active(full(params, 'stem', 3, 32, 3, 2))];
    let channels = 32;
    STAGES.forEach(([expansion, out, blocks, stride], stage) => {
      for (let i = 0; i < blocks; i++) {
        layers.push(invertedResidual(params, `stage${stage}.${i}`, channels, out, expansion, i === 0 ? stride : 1));
        channels = out;
      }
    });
    layers.push(active(full(params, 'last', channels, LAST, 1, 1)));
    const classify = linear(params, 'classifier', { in: LAST, out: classes });
    return (clips, training) => {
      const [batch, , height, width] = clips.shape;
      const images: Tensor4D = tf.reshape(clips, [batch, height, width, 3]);
      const map = layers.reduce((x, layer) => layer(x, training), images);
      return classify(tf.mean(map, [1, 2]) as Tensor2D);
    };
  },
};

function invertedResidual(params: ParameterSet, name: string, from: number, to: number, expansion: number, stride: number): Layer {
  const inner = from * expansion;
  const layers: Layer[] = [];
  if (expansion !== 1) layers.push(active(full(params, `${name}.expand`, from, inner, 1, 1)));
  layers.push(active(depthwise(params, `${name}.depthwise`, inner, stride)), full(params, `${name}.project`, inner, to, 1, 1));
  const body: Layer = (x, training) => layers.reduce((map, layer) => layer(map, training), x);
  return stride === 1 && from === to ? (x, training) => tf.add(x, body(x, training)) : body;
}

function full(params: ParameterSet, name: string, from: number, to: number, kernel: number, stride: number): Layer {
  const convolve = convolution(params, `${name}.conv`, { in: from, out: to, kernel, stride });
  const norm = batchNorm(params, `${name}.bn`, { channels: to });
  return (x, training) => norm(convolve(x), training);
}

function depthwise(params: ParameterSet, name: string, channels: number, stride: number): Layer {
  const convolve = depthwiseConvolution(params, `${name}.conv`, { channels, kernel: 3, stride });
  const norm = batchNorm(params, `${name}.bn`, { channels });
  return (x, training) => norm(convolve(x), training);
}

function active(layer: Layer): Layer {
  return (x, training) => relu6(layer(x, training));
}
