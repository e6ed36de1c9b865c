/**
 * ResNet with non-local blocks: every position attends to every position of every frame. Placement and names follow the AP3D repository's
 * NL model (blocks in layer2 and layer3, counted inside the stage's numbering). Test: test/models/methods/wholeModels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { resNet } from '../backbones/resnet.ts';
import type { Insertion } from '../backbones/resnet.ts';
import { nonLocal } from '../blocks/nonLocal.ts';
import { clipOptions, networkOptions } from '../clipOptions.ts';
import { classificationHead, identityLoss, lossOptions } from '../heads/bnNeck.ts';
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

/** [stage, residual block] after which a block stands. Shallower networks use those positions that they have. */
const POSITIONS: Record<'stages23' | 'stage2', [number, number][]> = {
  stages23: [
    [2, 1],
    [2, 3],
    [3, 1],
    [3, 3],
    [3, 5],
  ],
  stage2: [[2, 1]],
};

export default defineMethod({
  id: 'resnet-nonlocal',
  order: 2,
  title: 'ResNet + non-local blocks',
  paper: { title: 'Non-local Neural Networks', venue: 'CVPR', year: 2018 },
  input: { kind: 'clip', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], resize: 'bicubic' },
  options: z.object({
    ...clipOptions,
    ...networkOptions,
    positions: z.enum(['stages23', 'stage2']).default('stages23').meta({
      title: 'Positions',
      description: 'stages23: five blocks, after layer2 blocks 1, 3 and layer3 blocks 1, 3, 5. stage2: one block after layer2 block 1.',
      group: 'Network',
    }),
    subSample: z
      .boolean()
      .default(true)
      .meta({ title: 'Pool keys and values', description: 'Halves height and width of what is attended to.', group: 'Network' }),
    pool: z.enum(['max', 'avg']).default('max').meta({ title: 'Spatial pooling', description: 'How a map becomes a vector.', group: 'Network' }),
    ...lossOptions,
  }),
  // The values of resnet-tap, so that the two differ in the network only.
  recipe: { paper, small: { ...paper, epochs: 8, stepsPerEpoch: 50, learningRate: 1e-3, decayEpochs: [5, 7], erasing: 0.3 } },
  smallOptions: { depth: 18, width: 0.25, height: 128, inputWidth: 64, frames: 4, stride: 2 },
  test: () => ({ clipFrames: 32, padding: 'none', maxClips: 0, distance: 'cosine' }),

  build(options, context) {
    const params = new ParameterSet(context.rng.fork('weights'));
    const block: Insertion = (set, name, channels) => nonLocal(set, name, channels, options);
    const insert = POSITIONS[options.positions].map(([stage, after]) => ({ stage, after, block }));
    const backbone = resNet(params, {
      depth: options.depth,
      lastStride: options.lastStride,
      width: options.width,
      inflated: true,
      insert,
      recompute: options.recompute,
    });
    const embeddingSize = backbone.channels[3];
    const head = classificationHead(params, embeddingSize, context.numClasses);

    // [B, T, H, W, 3] → [B, D]
    function pooled(clips: Tensor5D, training: boolean): Tensor2D {
      const [batch, frames, height, width, colours] = clips.shape;
      const images: Tensor4D = tf.reshape(clips, [batch * frames, height, width, colours]);
      return poolFrames(globalPool(backbone.features(images, { training, frames }), options.pool), frames, 'avg');
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
    summary: 'Attention between all positions of all frames, added to a per-frame ResNet.',
    results: [
      { dataset: 'MARS', mAP: 0.84, rank1: 0.888, protocol: 'one block in stage 2, as printed in the IAUnet paper' },
      { dataset: 'MARS', mAP: 0.824, rank1: 0.876, protocol: 'as printed in the TCLNet paper' },
    ],
    code: 'https://github.com/guxinqian/AP3D',
  },
});
