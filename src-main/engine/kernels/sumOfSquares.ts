/**
 * The sum of squares of all numbers in a list of tensors, in one pass: kernel "SumOfSquares", the list its input. Square and sum would write copies.
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
      const tensors = inputs as unknown as tf.TensorInfo[];
      // TensorFlow's operation gives half of it.
      return tf.tidy(() => {
        const halves = tensors.map((x) => (backend as NodeBackend).executeSingleOutput('L2Loss', [typeAttribute('T', x.dtype)], [x]));
        return tf.mul(tf.addN(halves), 2);
      });
    },
  },
];
