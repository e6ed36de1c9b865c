/**
 * The "not so strong baseline" for video re-ID: no ReLU after the stem's batch norm, a sigmoid spatial attention on the last map before average
 * pooling, triplet before the neck, bias-free classifier, squared Euclidean distance at test. Names follow its repository's VideoBaseline.
 * Test: test/models/methods/wholeModels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { resNet } from '../backbones/resnet.ts';
import { clipOptions, networkOptions } from '../clipOptions.ts';
import { identityLoss, lossOptions } from '../heads/bnNeck.ts';
import { defineMethod } from '../method.ts';
import type { Recipe } from '../method.ts';
import { globalPool, poolFrames } from '../ops/basic.ts';
import { batchNorm } from '../ops/batchNorm.ts';
import { convolution, linear } from '../ops/convolution.ts';
import { constant, ParameterSet } from '../parameters.ts';

const paper: Recipe = {
  epochs: 500,
  stepsPerEpoch: 0,
  identitiesPerBatch: 16,
  clipsPerIdentity: 4,
  learningRate: 3.5e-4,
  weightDecay: 5e-4,
  decayEpochs: [70, 140, 210, 310, 410],
  decay: 0.3,
  warmupEpochs: 10,
  warmupFrom: 0.01,
  flip: true,
  erasing: 0.5,
  sampling: 'identities',
  clipSampling: 'consecutive',
  augmentPer: 'frame',
  cropPadding: 10,
  erasedColour: 'mean',
};

export default defineMethod({
  id: 'nssb-baseline',
  title: 'Not-so-strong baseline',
  paper: { title: 'A not so strong baseline for video-based person re-identification (repository)', venue: 'GitHub', year: 2020 },
  input: { kind: 'clip', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], resize: 'bilinear' },
  options: z.object({
    ...clipOptions,
    stride: clipOptions.stride.default(1).meta({ title: 'Frame stride', description: 'The published training uses neighbouring frames.', group: 'Input' }),
    ...networkOptions,
    ...lossOptions,
    triplet: z
      .enum(['cosine', 'euclidean'])
      .default('euclidean')
      .meta({ title: 'Triplet distance', description: 'Distance between features in the triplet loss.', group: 'Loss' }),
    labelSmoothing: z
      .number()
      .min(0)
      .max(0.9)
      .default(0.1)
      .meta({ title: 'Label smoothing', description: 'Share of the target spread over all identities.', group: 'Loss' }),
  }),
  recipe: {
    paper,
    small: {
      ...paper,
      epochs: 8,
      stepsPerEpoch: 50,
      identitiesPerBatch: 8,
      learningRate: 1e-3,
      decayEpochs: [5, 7],
      warmupEpochs: 0,
      cropPadding: 5,
      erasing: 0,
    },
  },
  smallOptions: { depth: 18, width: 0.25, height: 128, inputWidth: 64, frames: 4, stride: 1 },
  test: (options) => ({ clipFrames: options.frames, padding: 'loop-clip', maxClips: 200, distance: 'euclidean' }),

  build(options, context) {
    const params = new ParameterSet(context.rng.fork('weights'));
    const backbone = resNet(params, {
      depth: options.depth,
      lastStride: options.lastStride,
      width: options.width,
      prefix: 'base.',
      stemRelu: false,
      recompute: options.recompute,
    });
    const size = backbone.channels[3];
    const attention = convolution(params, 'attention_conv', {
      in: size,
      out: 1,
      kernel: 3,
      bias: true,
      weightInit: { kind: 'normal', mean: 0, std: Math.sqrt(2 / (size * 9)) },
      biasInit: constant(0),
    });
    const neck = batchNorm(params, 'bottleneck', { channels: size, trainBias: false });
    const classify = linear(params, 'classifier', { in: size, out: context.numClasses, bias: false, weightInit: { kind: 'normal', mean: 0, std: 0.001 } });

    // [B, T, H, W, 3] → [B, D], before the neck
    function pooled(clips: Tensor5D, training: boolean): Tensor2D {
      const [batch, frames, height, width, colours] = clips.shape;
      const images: Tensor4D = tf.reshape(clips, [batch * frames, height, width, colours]);
      const maps = backbone.features(images, { training, frames });
      return poolFrames(globalPool(tf.mul(maps, tf.sigmoid(attention(maps))), 'avg'), frames, 'avg');
    }

    return {
      parameters: params.list,
      embeddingSize: size,
      embed: (clips) => tf.tidy(() => neck(pooled(clips, false), false)),
      forwardTrain(batch) {
        const features = pooled(batch.clips, true);
        return identityLoss(features, classify(neck(features, true)), batch.labels, options);
      },
      dispose: () => params.dispose(),
    };
  },

  card: {
    summary: 'A strong plain baseline with many small training tricks; MARS figures exclude queries from the gallery.',
    results: [{ dataset: 'MARS', mAP: 0.812, rank1: 0.866, protocol: 'gallery without queries, from the repository readme' }],
    code: 'https://github.com/yuange250/not_so_strong_baseline_for_video_based_person_reID',
  },
});
