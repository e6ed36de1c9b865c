/**
 * ResNet-18/34/50 with torchvision's state_dict names (stride on the 3×3 convolution, v1.5), last stride 1 or 2 and a width multiplier.
 * Runs on [B·T, H, W, 3]: a 2-D network over frames equals the "inflated" 1×k×k network of the video repositories. Test: test/models/methods/wholeModels.test.ts.
 */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { batchNorm } from '../ops/batchNorm.ts';
import { hasKernel, relu } from '../ops/basic.ts';
import { convolution, maxPool, type ConvolutionOptions } from '../ops/convolution.ts';
import { isRecomputing, recompute } from '../ops/recompute.ts';
import type { ParameterSet } from '../parameters.ts';

export type Depth = 18 | 34 | 50;

/** A block put after a residual block of a stage; it takes its own index in the stage's state_dict numbering, as in nn.Sequential. */
export type Insertion = (params: ParameterSet, name: string, channels: number) => Layer;
export type Layer = (x: Tensor4D, pass: Pass) => Tensor4D;

/** What a layer must know about the pass it is part of: the mode, and how many frames of a clip lie next to each other in the batch axis. */
export interface Pass {
  training: boolean;
  frames: number;
}

export interface ResNetOptions {
  depth: Depth;
  lastStride: 1 | 2;
  /** Multiplies every channel count; 1 is the published network. */
  width?: number;
  /** Prefix of the names, such as `base.`. */
  prefix?: string;
  /** Convolutions carry a time axis of length 1 in the state_dict: [out, in, 1, k, k]. */
  inflated?: boolean;
  /** Some published networks leave out the ReLU after the stem's batch norm. */
  stemRelu?: boolean;
  /** Stage (1..4) and residual block (from 0) after which to insert. */
  insert?: { stage: number; after: number; block: Insertion }[];
  /** Residual blocks keep only their input for the backward pass and are computed again there. Inserted blocks are not part of it. */
  recompute?: boolean;
  /** Values of a map from which on norm and ReLU behind it are computed again in the backward pass instead of being kept. Default 2²¹, 8 MB. */
  largeMap?: number;
}

export interface ResNet {
  /** Channels of the four stages. */
  channels: [number, number, number, number];
  /** [N, H, W, 3] → the maps of the four stages, finest first. */
  stages(x: Tensor4D, pass: Pass): [Tensor4D, Tensor4D, Tensor4D, Tensor4D];
  /** [N, H, W, 3] → the last map. */
  features(x: Tensor4D, pass: Pass): Tensor4D;
}

const BLOCKS: Record<Depth, [number, number, number, number]> = { 18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3] };

export function resNet(params: ParameterSet, options: ResNetOptions): ResNet {
  const {
    depth,
    lastStride,
    width = 1,
    prefix = '',
    inflated = false,
    stemRelu = true,
    insert = [],
    recompute: isRecomputed = false,
    largeMap = 2 ** 21,
  } = options;
  const bottleneck = depth === 50;
  const planes = [64, 128, 256, 512].map((n) => Math.max(4, Math.round(n * width)));
  const stemChannels = planes[0] as number;
  const stemConvolution = convolution(params, `${prefix}conv1`, { in: 3, out: stemChannels, kernel: 7, stride: 2, inflated });
  const stemRest = keepingLittle(params, largeMap, () => {
    const norm = batchNorm(params, `${prefix}bn1`, { channels: stemChannels });
    return (map, pass) => {
      const pooled = maxPool(norm(map, pass.training), 3, 2, 1);
      return stemRelu ? relu(pooled) : pooled;
    };
  });

  const stages: Layer[] = [];
  let channels = stemChannels;
  for (let stage = 1; stage <= 4; stage++) {
    const layers: Layer[] = [];
    const out = (planes[stage - 1] as number) * (bottleneck ? 4 : 1);
    const firstStride = stage === 1 ? 1 : stage === 4 ? lastStride : 2;
    for (let block = 0; block < (BLOCKS[depth][stage - 1] as number); block++) {
      const shape: BlockShape = { in: channels, planes: planes[stage - 1] as number, out, stride: block === 0 ? firstStride : 1, inflated, largeMap };
      const name = `${prefix}layer${stage}.${layers.length}`;
      const { layer, again } = recomputable(params, () => (bottleneck ? bottleneckBlock : basicBlock)(params, name, shape));
      layers.push(isRecomputed ? again : layer);
      channels = out;
      for (const added of insert)
        if (added.stage === stage && added.after === block) layers.push(added.block(params, `${prefix}layer${stage}.${layers.length}`, out));
    }
    stages.push(chain(layers));
  }

  function runStages(x: Tensor4D, pass: Pass): [Tensor4D, Tensor4D, Tensor4D, Tensor4D] {
    const maps: Tensor4D[] = [];
    let map = stemRest(stemConvolution(x), pass);
    for (const stage of stages) {
      map = stage(map, pass);
      maps.push(map);
    }
    return maps as [Tensor4D, Tensor4D, Tensor4D, Tensor4D];
  }

  return {
    channels: planes.map((n) => n * (bottleneck ? 4 : 1)) as ResNet['channels'],
    stages: runStages,
    features: (x, pass) => runStages(x, pass)[3],
  };
}

/** What `declare` makes, as it is, and computed again in the backward pass of a training step. */
function recomputable(params: ParameterSet, declare: () => Layer): { layer: Layer; again: Layer } {
  const declared = params.list.length;
  const layer = declare();
  const parameters = params.list.slice(declared).filter(({ trainable }) => trainable);
  const variables = parameters.map(({ variable }) => variable);
  return { layer, again: (x, pass) => (pass.training ? recompute((input) => layer(input, pass), x, variables) : layer(x, pass)) };
}

function chain(layers: Layer[]): Layer {
  return (x, pass) => layers.reduce((map, layer) => layer(map, pass), x);
}

interface BlockShape {
  in: number;
  planes: number;
  out: number;
  stride: number;
  inflated: boolean;
  largeMap: number;
}

/** 3×3, 3×3, with a projected shortcut where the shape changes. */
function basicBlock(params: ParameterSet, name: string, shape: BlockShape): Layer {
  const { planes, stride, inflated } = shape;
  const conv1 = convolution(params, `${name}.conv1`, { in: shape.in, out: planes, kernel: 3, stride, inflated });
  const inner = normReluConvolve(params, name, 1, shape, { in: planes, out: planes, kernel: 3, inflated });
  const bn2 = batchNorm(params, `${name}.bn2`, { channels: planes });
  const shortcut = projection(params, name, shape);
  return (x, pass) => relu(tf.add(bn2(inner(conv1(x), pass), pass.training), shortcut(x, pass)));
}

/** 1×1, 3×3 (with the stride), 1×1. */
function bottleneckBlock(params: ParameterSet, name: string, shape: BlockShape): Layer {
  const { planes, stride, out, inflated } = shape;
  const conv1 = convolution(params, `${name}.conv1`, { in: shape.in, out: planes, kernel: 1, inflated });
  const spatial = normReluConvolve(params, name, 1, shape, { in: planes, out: planes, kernel: 3, stride, inflated });
  const expanded = normReluConvolve(params, name, 2, shape, { in: planes, out, kernel: 1, inflated });
  const bn3 = batchNorm(params, `${name}.bn3`, { channels: out });
  const shortcut = projection(params, name, shape);
  return (x, pass) => relu(tf.add(bn3(expanded(spatial(conv1(x), pass), pass), pass.training), shortcut(x, pass)));
}

/** `bn<n>`, ReLU and `conv<n + 1>` of a block. */
function normReluConvolve(params: ParameterSet, name: string, n: 1 | 2, { largeMap }: BlockShape, options: ConvolutionOptions): Layer {
  return keepingLittle(params, largeMap, () => {
    const norm = batchNorm(params, `${name}.bn${n}`, { channels: options.in });
    const convolve = convolution(params, `${name}.conv${n + 1}`, options);
    return (map, pass) => convolve(relu(norm(map, pass.training)));
  });
}

/**
 * A batch norm and what follows it, up to and including the next convolution or, in the stem, the pooling. In training, a large map alone is kept for the
 * backward pass, where norm and ReLU are computed once more; in a recorded step the convolution is not, as its gradient asks for its input only.
 * ResNet-50 on 32 images: 0.37 of 3.43 GB less for about 1 % of the time.
 */
function keepingLittle(params: ParameterSet, largeMap: number, declare: () => Layer): Layer {
  const { layer, again } = recomputable(params, declare);
  return (map, pass) => (map.size >= largeMap && hasKernel('After') && !isRecomputing() ? again : layer)(map, pass);
}

function projection(params: ParameterSet, name: string, shape: BlockShape): Layer {
  if (shape.stride === 1 && shape.in === shape.out) return (x) => x;
  const conv = convolution(params, `${name}.downsample.0`, { in: shape.in, out: shape.out, kernel: 1, stride: shape.stride, inflated: shape.inflated });
  const norm = batchNorm(params, `${name}.downsample.1`, { channels: shape.out });
  return (x, pass) => norm(conv(x), pass.training);
}
