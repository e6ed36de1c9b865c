/**
 * Size and cost of a method with given options, from the structure that is really built: parameters and multiply-accumulates of one clip.
 * Runs on the shape backend, so it needs neither an engine nor memory for weights. Test: test/models/describe.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import { clipShape } from './clipOptions.ts';
import type { MethodDefinition, Rng } from './method.ts';
import { countMacs } from './shapeBackend.ts';

export interface Description {
  /** Trained and frozen weights with the classifier, without running statistics, as papers count them. */
  parameters: number;
  parametersWithoutClassifier: number;
  /** Multiply-accumulates of one embedded clip. */
  macsPerClip: number;
  macsPerFrame: number;
}

/** @example await describe(resnetTap, resnetTap.options.parse({}), 625) */
export async function describe<Options extends z.ZodObject>(
  definition: MethodDefinition<Options>,
  options: z.output<Options>,
  numClasses = 625,
): Promise<Description> {
  const { frames, height, width } = clipShape(options);
  const { macs, result } = await countMacs(() => {
    const model = definition.build(options, { numClasses, rng: constantRng });
    const weights = model.parameters.filter(({ name }) => !/\.(running_mean|running_var|num_batches_tracked)$/.test(name));
    const parameters = weights.reduce((sum, { shape }) => sum + size(shape), 0);
    const classifier = weights.filter(({ name }) => /(^|[._])classifier/.test(name)).reduce((sum, { shape }) => sum + size(shape), 0);
    tf.dispose(tf.tidy(() => model.embed(tf.zeros([1, frames, height, width, 3]))));
    model.dispose();
    return { parameters, parametersWithoutClassifier: parameters - classifier };
  });
  return { ...result, macsPerClip: macs, macsPerFrame: macs / frames };
}

/** Values do not matter here, and drawing millions of normal numbers would take longer than everything else. */
const constantRng: Rng = {
  next: () => 0.5,
  below: () => 0,
  normal: () => 0,
  shuffle: (items) => items,
  fork: () => constantRng,
  state: () => '',
  restore: () => undefined,
};

function size(shape: number[]): number {
  return shape.reduce((total, n) => total * n, 1);
}
