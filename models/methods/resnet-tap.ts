/**
 * ResNet with temporal average pooling, the baseline of every paper compared here: frames → ResNet → global pool → mean over time → BN neck → classifier.
 * Names follow torchvision (backbone) and the AP3D repository's C2D model (`bn`, `classifier`). Test: test/models/methods/wholeModels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { resNet } from '../backbones/resnet.ts';
import { classificationHead, identityLoss, lossOptions } from '../heads/bnNeck.ts';
import { clipOptions, clipShape, modality, networkOptions } from '../clipOptions.ts';
import { defineMethod } from '../method.ts';
import type { Recipe } from '../method.ts';
import { globalPool, poolFrames } from '../ops/basic.ts';
import { ParameterSet } from '../parameters.ts';

const paper: Recipe = {
  epochs: 240,
  stepsPerEpoch: 0,
  identitiesPerBatch: 8,
  clipsPerIdentity: 4,
  learningRate: 3e-4,
  weightDecay: 5e-4,
  decayEpochs: [60, 120, 180],
  decay: 0.1,
  warmupEpochs: 0,
  flip: true,
  erasing: 0,
};

export default defineMethod({
  id: 'resnet-tap',
  order: 1,
  title: 'ResNet + temporal pooling',
  paper: { title: 'Appearance-Preserving 3D Convolution for Video-based Person Re-identification', venue: 'ECCV', year: 2020 },
  input: { kind: 'clip', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], resize: 'bicubic' },
  options: z.object({
    ...clipOptions,
    modality,
    ...networkOptions,
    pool: z.enum(['max', 'avg']).default('max').meta({
      title: 'Spatial pooling',
      description: 'How a map becomes a vector: maximum in AP3D, TCLNet and BiCnet; average in the other papers.',
      group: 'Network',
    }),
    temporalPool: z
      .enum(['avg', 'max'])
      .default('avg')
      .meta({ title: 'Temporal pooling', description: 'How the frames of a clip become one vector.', group: 'Network' }),
    ...lossOptions,
  }),
  // Erasing was chosen on training identities alone, a third of the synthetic set's 60 held out: mAP 63.7 without, 65.7 with (400 steps);
  // with another third, seed and 250 steps 69.2 and 73.6. A random crop with a border of 4 pixels gained nothing (63.3).
  recipe: { paper, small: { ...paper, epochs: 8, stepsPerEpoch: 50, learningRate: 1e-3, decayEpochs: [5, 7], erasing: 0.3 } },
  smallOptions: { depth: 18, width: 0.25, height: 128, inputWidth: 64, frames: 4, stride: 2 },
  test: (options) => ({
    clipFrames: clipShape(options).frames === 1 ? 1 : 32,
    padding: 'none',
    maxClips: 0,
    framewise: options.temporalPool === 'avg',
    distance: 'cosine',
  }),

  build(options, context) {
    const params = new ParameterSet(context.rng.fork('weights'));
    const backbone = resNet(params, { depth: options.depth, lastStride: options.lastStride, width: options.width, recompute: options.recompute });
    const embeddingSize = backbone.channels[3];
    const head = classificationHead(params, embeddingSize, context.numClasses);

    // [B, T, H, W, 3] → [B, D]
    function pooled(clips: Tensor5D, training: boolean): Tensor2D {
      const [batch, frames, height, width, colours] = clips.shape;
      const images: Tensor4D = tf.reshape(clips, [batch * frames, height, width, colours]);
      const maps = backbone.features(images, { training, frames });
      return poolFrames(globalPool(maps, options.pool), frames, options.temporalPool);
    }

    return {
      parameters: params.list,
      embeddingSize,
      embed: (clips) => tf.tidy(() => head.neck(pooled(clips, false), false)),
      forwardTrain(batch) {
        const features = head.neck(pooled(batch.clips, true), true);
        return identityLoss(features, head.classify(features), batch.labels, options);
      },
      dispose: () => params.dispose(),
    };
  },

  card: {
    summary: 'Every frame on its own through one ResNet; the tracklet is the mean of its frames. No temporal modelling, and hard to beat.',
    results: [
      { dataset: 'MARS', mAP: 0.835, rank1: 0.882, protocol: 'average pool, as printed in the IAUnet paper' },
      { dataset: 'MARS', mAP: 0.796, rank1: 0.868, protocol: 'max pool, as printed in the TCLNet paper' },
      { dataset: 'DukeMTMC-VideoReID', mAP: 0.945, rank1: 0.95, protocol: 'average pool, as printed in the IAUnet paper' },
    ],
    code: 'https://github.com/guxinqian/AP3D',
  },
});
