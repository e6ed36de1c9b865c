/**
 * Rows by index without reading the indices: tfjs-node checks them in JavaScript, which waits for their values and cannot be traced.
 * TensorFlow itself refuses an index that is out of range, naming it. Test: test/main/engine/kernels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { intAttribute, typeAttribute } from './attributes.ts';

export const gatherKernels: tf.KernelConfig[] = [
  {
    kernelName: 'GatherV2',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, indices } = inputs as Record<'x' | 'indices', tf.Tensor>;
      const { axis, batchDims } = attrs as { axis: number; batchDims: number };
      // Refuses shapes that do not fit, with tfjs's sentence.
      tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, batchDims);
      const axisTensor = tf.scalar(axis, 'int32');
      const attributes = [
        intAttribute('batch_dims', batchDims),
        typeAttribute('Tparams', x.dtype),
        typeAttribute('Tindices', indices.dtype),
        typeAttribute('Taxis', 'int32'),
      ];
      const result = (backend as NodeBackend).executeSingleOutput('GatherV2', attributes, [x, indices, axisTensor]);
      axisTensor.dispose();
      return result;
    },
  },
];
