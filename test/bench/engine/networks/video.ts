/** A residual network of 3-D convolutions: blocks of 3×3×3, as I3D inflates them, in turn with blocks of 1×3×3 and 3×1×1. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor5D } from '@tensorflow/tfjs-core';
import { batchNorm } from '../../../../models/ops/batchNorm.ts';
import { relu } from '../../../../models/ops/basic.ts';
import { convolution3d, type Triple } from '../../../../models/ops/convolution3d.ts';
import { linear } from '../../../../models/ops/matmul.ts';
import type { ParameterSet } from '../../../../models/parameters.ts';
import type { BenchNetwork } from './network.ts';

type Layer = (x: Tensor5D, training: boolean) => Tensor5D;

const STAGES: { channels: number; stride: Triple }[] = [
  { channels: 64, stride: [1, 1, 1] },
  { channels: 128, stride: [2, 2, 2] },
  { channels: 256, stride: [2, 2, 2] },
];

export const video: BenchNetwork = {
  clip: { frames: 8, stride: 1, height: 112, width: 56 },
  classes: 400,
  build(params, classes) {
    const stem = normalised(params, 'stem', 3, 64, [3, 3, 3], [1, 2, 2]);
    const layers: Layer[] = [(x, training) => relu(stem(x, training))];
    let channels = 64;
    STAGES.forEach((stage, i) => {
      layers.push(inflatedBlock(params, `stage${i}.0`, channels, stage.channels, stage.stride), factorisedBlock(params, `stage${i}.1`, stage.channels));
      channels = stage.channels;
    });
    const classify = linear(params, 'head', { in: channels, out: classes });
    return (clips, training) => {
      const map = layers.reduce((x, layer) => layer(x, training), clips);
      return classify(tf.mean(map, [1, 2, 3]) as Tensor2D);
    };
  },
};

/** Convolution and batch norm. */
function normalised(params: ParameterSet, name: string, from: number, to: number, kernel: Triple, stride: Triple = [1, 1, 1]): Layer {
  const convolve = convolution3d(params, `${name}.conv`, { in: from, out: to, kernel, stride });
  const norm = batchNorm(params, `${name}.bn`, { channels: to });
  return (x, training) => norm(convolve(x), training);
}

function inflatedBlock(params: ParameterSet, name: string, from: number, to: number, stride: Triple): Layer {
  const first = normalised(params, `${name}.0`, from, to, [3, 3, 3], stride);
  const second = normalised(params, `${name}.1`, to, to, [3, 3, 3]);
  const shortcut = from === to && stride.every((step) => step === 1) ? null : normalised(params, `${name}.skip`, from, to, [1, 1, 1], stride);
  return (x, training) => relu(tf.add(second(relu(first(x, training)), training), shortcut ? shortcut(x, training) : x));
}

function factorisedBlock(params: ParameterSet, name: string, channels: number): Layer {
  const space = normalised(params, `${name}.space`, channels, channels, [1, 3, 3]);
  const time = normalised(params, `${name}.time`, channels, channels, [3, 1, 1]);
  return (x, training) => relu(tf.add(time(relu(space(x, training)), training), x));
}
