/**
 * Kernel "After": x, as soon as dy is there too. Holds back what would take memory long before it is needed; an operation with two inputs that
 * TensorFlow's optimizer leaves alone. Test: test/models/recompute.test.ts.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { TF_ATTR } from '../binding.ts';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { typeAttribute } from './attributes.ts';

export const afterKernels: tf.KernelConfig[] = [
  {
    kernelName: 'After',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, backend }) => {
      const { x, dy } = inputs as Record<'x' | 'dy', tf.TensorInfo>;
      const types = [x, dy].map(({ dtype }) => typeAttribute('T', dtype).value as number);
      const [held, passed] = (backend as NodeBackend).executeMultipleOutputs('IdentityN', [{ name: 'T', type: TF_ATTR.type, value: types }], [x, dy], 2);
      passed?.dispose();
      return held as tf.Tensor;
    },
  },
];
