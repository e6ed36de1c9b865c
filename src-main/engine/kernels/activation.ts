/**
 * Gradients of rectifiers from their output, as one operation: kernels "ReluGrad" and "Relu6Grad", inputs dy and y.
 * tfjs's own keep the input alive and multiply by a mask. Test: test/main/engine/kernels.test.ts, test/models/opsFused.test.ts.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { typeAttribute } from './attributes.ts';

export const activationKernels: tf.KernelConfig[] = ['ReluGrad', 'Relu6Grad'].map((kernelName) => ({
  kernelName,
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend }) => {
    const { dy, y } = inputs as Record<'dy' | 'y', tf.TensorInfo>;
    return (backend as NodeBackend).executeSingleOutput(kernelName, [typeAttribute('T', dy.dtype)], [dy, y]);
  },
}));
