/**
 * The sum of squares of a whole tensor in one pass: kernel "SumOfSquares", input x. Square and sum would write a copy of x between them.
 * Test: test/main/engine/kernelsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { typeAttribute } from './attributes.ts';

export const sumOfSquaresKernels: tf.KernelConfig[] = [
  {
    kernelName: 'SumOfSquares',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, backend }) => {
      const { x } = inputs as { x: tf.TensorInfo };
      // TensorFlow's operation gives half of it.
      return tf.tidy(() => tf.mul((backend as NodeBackend).executeSingleOutput('L2Loss', [typeAttribute('T', x.dtype)], [x]), 2));
    },
  },
];
