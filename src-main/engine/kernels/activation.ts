/**
 * The rectifier's gradient from its output, as one operation: kernel "ReluGrad", inputs dy and y.
 * tfjs's own keeps the input alive and multiplies by a mask. Test: test/main/engine/kernels.test.ts.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { typeAttribute } from './attributes.ts';

export const activationKernels: tf.KernelConfig[] = [
  {
    kernelName: 'ReluGrad',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, backend }) => {
      const { dy, y } = inputs as Record<'dy' | 'y', tf.TensorInfo>;
      return (backend as NodeBackend).executeSingleOutput('ReluGrad', [typeAttribute('T', 'float32')], [dy, y]);
    },
  },
];
