/**
 * Max pooling with any padding, forward and gradient; padded cells never win. tfjs-node's own kernels refuse numeric padding.
 * Average pooling is left to tfjs-node: TensorFlow has no explicit padding there. Test: test/main/engine/kernels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import type { TFEOpAttr } from '../tfjsBindingTypes.ts';
import { intAttribute, typeAttribute, windowAttributes } from './attributes.ts';

interface PoolAttributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: number | 'valid' | 'same' | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export const poolingKernels: tf.KernelConfig[] = [
  {
    kernelName: 'MaxPool',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x } = inputs as { x: tf.TensorInfo };
      return (backend as NodeBackend).executeSingleOutput('MaxPool', poolAttributes('MaxPool', x, attrs as unknown as PoolAttributes), [x]);
    },
  },
  {
    kernelName: 'MaxPoolGrad',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { dy, input, output } = inputs as { dy: tf.TensorInfo; input: tf.TensorInfo; output: tf.TensorInfo };
      return (backend as NodeBackend).executeSingleOutput('MaxPoolGrad', poolAttributes('MaxPoolGrad', input, attrs as unknown as PoolAttributes), [
        input,
        output,
        dy,
      ]);
    },
  },
];

function poolAttributes(operation: string, x: tf.TensorInfo, { filterSize, strides, pad, dimRoundingMode }: PoolAttributes): TFEOpAttr[] {
  const info = tf.backend_util.computePool2DInfo(x.shape as [number, number, number, number], filterSize, strides, 1, pad, dimRoundingMode);
  return [typeAttribute('T', x.dtype), intAttribute('ksize', [1, info.filterHeight, info.filterWidth, 1]), ...windowAttributes(operation, info)];
}
