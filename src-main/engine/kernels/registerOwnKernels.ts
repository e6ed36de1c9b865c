/**
 * Kernels of ours for the tfjs backend "tensorflow": those that tfjs-node has not, and those whose limits our models meet.
 * A kernel is one entry of a list in a file beside this one. Test: test/main/engine/kernels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { activationKernels } from './activation.ts';
import { batchNormGradients, batchNormKernels } from './batchNorm.ts';
import { convolutionKernels } from './convolution.ts';
import { poolingKernels } from './pooling.ts';

export function registerOwnKernels(): void {
  for (const kernel of [...activationKernels, ...convolutionKernels, ...poolingKernels, ...batchNormKernels]) {
    if (tf.getKernel(kernel.kernelName, kernel.backendName)) tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel(kernel);
  }
  for (const gradient of batchNormGradients) {
    if (!tf.getGradient(gradient.kernelName)) tf.registerGradient(gradient);
  }
}
