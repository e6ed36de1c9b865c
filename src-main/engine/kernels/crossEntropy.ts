/**
 * Softmax cross-entropy with its gradient as one operation: each kernel returns [loss [N], gradient of the loss by the logits [N, C]].
 * "SoftmaxCrossEntropyWithLogits" takes logits [N, C] and target rows labels [N, C]; "SparseSoftmaxCrossEntropyWithLogits" takes class
 * numbers labels [N] int32. models/ops/softmaxCrossEntropy.ts asks for them. Test: test/models/opsFused.test.ts.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { typeAttribute } from './attributes.ts';

export const crossEntropyKernels: tf.KernelConfig[] = ['SoftmaxCrossEntropyWithLogits', 'SparseSoftmaxCrossEntropyWithLogits'].map((kernelName) => ({
  kernelName,
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, backend }) => {
    const { logits, labels } = inputs as Record<'logits' | 'labels', tf.TensorInfo>;
    const attributes = [typeAttribute('T', logits.dtype), ...(kernelName.startsWith('Sparse') ? [typeAttribute('Tlabels', labels.dtype)] : [])];
    return (backend as NodeBackend).executeMultipleOutputs(kernelName, attributes, [logits, labels], 2);
  },
}));
