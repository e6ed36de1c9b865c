/**
 * The head that most methods end in: BatchNorm1d (scale ~ N(1, .02)) and a linear classifier (weight ~ N(0, .001)), trained with
 * cross-entropy plus a batch-hard triplet on the normalised features. Test: test/models/methods/wholeModels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { crossEntropy } from '../losses/crossEntropy.ts';
import { batchHardTriplet } from '../losses/triplet.ts';
import type { TripletDistance } from '../losses/triplet.ts';
import type { TrainOutput } from '../method.ts';
import { batchNorm } from '../ops/batchNorm.ts';
import { linear } from '../ops/convolution.ts';
import { constant } from '../parameters.ts';
import type { ParameterSet } from '../parameters.ts';

export const lossOptions = {
  margin: z
    .number()
    .min(0)
    .max(10)
    .default(0.3)
    .meta({ title: 'Triplet margin', description: 'Wanted gap between the hardest positive and the hardest negative.', group: 'Loss' }),
  triplet: z
    .enum(['cosine', 'euclidean'])
    .default('cosine')
    .meta({ title: 'Triplet distance', description: 'Distance between features in the triplet loss.', group: 'Loss' }),
  labelSmoothing: z
    .number()
    .min(0)
    .max(0.9)
    .default(0)
    .meta({ title: 'Label smoothing', description: 'Share of the target spread over all identities; 0 is plain cross-entropy.', group: 'Loss' }),
};

export interface ClassificationHead {
  /** [B, D] → [B, D], the feature that is compared. */
  neck(x: Tensor2D, training: boolean): Tensor2D;
  /** [B, D] → [B, classes]. */
  classify(features: Tensor2D): Tensor2D;
}

export function classificationHead(params: ParameterSet, size: number, classes: number, names = { neck: 'bn', classifier: 'classifier' }): ClassificationHead {
  const neck = batchNorm(params, names.neck, { channels: size, scaleInit: { kind: 'normal', mean: 1, std: 0.02 } });
  const classify = linear(params, names.classifier, { in: size, out: classes, weightInit: { kind: 'normal', mean: 0, std: 0.001 }, biasInit: constant(0) });
  return { neck, classify };
}

export interface IdentityLossOptions {
  margin: number;
  triplet: TripletDistance;
  labelSmoothing: number;
}

/** Cross-entropy + batch-hard triplet, unit weights. `compared` is the feature that enters the triplet. */
export function identityLoss(compared: Tensor2D, logits: Tensor2D, labels: Tensor1D, options: IdentityLossOptions): TrainOutput {
  const identity = crossEntropy(logits, labels, options.labelSmoothing);
  const triplet = batchHardTriplet(compared, labels, options.margin, options.triplet);
  return { loss: tf.add(identity, triplet), parts: { identity, triplet } };
}
