/**
 * Kernels of ours for the tfjs backend "tensorflow": those that tfjs-node has not, and those whose limits our models meet.
 * A kernel is one entry of a list in a file beside this one. Test: test/main/engine/kernels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { activationKernels } from './activation.ts';
import { afterKernels } from './after.ts';
import { batchNormKernels } from './batchNorm.ts';
import { biasKernels } from './bias.ts';
import { convolutionKernels } from './convolution.ts';
import { coreOperationKernels } from './coreOperations.ts';
import { correctedKernels } from './corrected.ts';
import { crossEntropyKernels } from './crossEntropy.ts';
import { gatherKernels } from './gather.ts';
import { matmulKernels } from './matmul.ts';
import { poolingKernels } from './pooling.ts';
import { resizeKernels } from './resize.ts';
import { sumOfSquaresKernels } from './sumOfSquares.ts';

const KERNELS: tf.KernelConfig[] = [
  ...activationKernels,
  ...afterKernels,
  ...batchNormKernels,
  ...biasKernels,
  ...convolutionKernels,
  ...coreOperationKernels,
  ...correctedKernels,
  ...crossEntropyKernels,
  ...gatherKernels,
  ...matmulKernels,
  ...poolingKernels,
  ...resizeKernels,
  ...sumOfSquaresKernels,
];

export function registerOwnKernels(): void {
  for (const kernel of KERNELS) {
    if (tf.getKernel(kernel.kernelName, kernel.backendName)) tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel(kernel);
  }
}
