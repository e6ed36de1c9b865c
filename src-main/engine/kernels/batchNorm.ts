/**
 * Batch normalisation in training mode as one operation, with its gradient as one operation; models/ops/batchNorm.ts makes a differentiable one of both.
 *
 * Kernel "FusedBatchNormTrain": inputs x [N, H, W, C], and [C] each: scale, offset, runningMean, runningVariance; attributes epsilon, momentum;
 * outputs [y, (1 − momentum)·runningMean + momentum·mean, the same for the unbiased variance, and three that only the gradient reads].
 * Test: test/main/engine/kernels.test.ts, and against PyTorch test/models/ops.test.ts.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import type { TFEOpAttr } from '../tfjsBindingTypes.ts';
import { boolAttribute, floatAttribute, stringAttribute, typeAttribute } from './attributes.ts';

/** y, running mean, running variance, reserve 1, 2, 3. */
const TRAIN_OUTPUTS = 6;
/** dx, dScale, dOffset and two that are empty. */
const GRAD_OUTPUTS = 5;

export const batchNormKernels: tf.KernelConfig[] = [
  {
    kernelName: 'FusedBatchNormTrain',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { x, scale, offset, runningMean, runningVariance } = inputs as Record<'x' | 'scale' | 'offset' | 'runningMean' | 'runningVariance', tf.TensorInfo>;
      const { momentum } = attrs as { momentum: number };
      const attributes = [...batchNormAttributes(x, attrs), floatAttribute('exponential_avg_factor', momentum)];
      return (backend as NodeBackend).executeMultipleOutputs('FusedBatchNormV3', attributes, [x, scale, offset, runningMean, runningVariance], TRAIN_OUTPUTS);
    },
  },
  {
    kernelName: 'FusedBatchNormTrainGrad',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { dy, x, scale, reserve1, reserve2, reserve3 } = inputs as Record<'dy' | 'x' | 'scale' | 'reserve1' | 'reserve2' | 'reserve3', tf.TensorInfo>;
      const outputs = (backend as NodeBackend).executeMultipleOutputs(
        'FusedBatchNormGradV3',
        batchNormAttributes(x, attrs),
        [dy, x, scale, reserve1, reserve2, reserve3],
        GRAD_OUTPUTS,
      );
      for (const empty of outputs.splice(3)) empty.dispose();
      return outputs;
    },
  },
];

function batchNormAttributes(x: tf.TensorInfo, attrs: tf.NamedAttrMap | undefined): TFEOpAttr[] {
  const { epsilon } = attrs as { epsilon: number };
  return [
    typeAttribute('T', x.dtype),
    // Statistics stay in single precision, whatever x is.
    typeAttribute('U', 'float32'),
    floatAttribute('epsilon', epsilon),
    stringAttribute('data_format', 'NHWC'),
    boolAttribute('is_training', true),
  ];
}
