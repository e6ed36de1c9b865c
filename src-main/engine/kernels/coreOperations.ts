/**
 * Operations of tfjs-core that TensorFlow has and tfjs-node never passed on: bit-wise and, binning, sorted search, arg-max pooling, projective
 * transforms, and those of sparse, ragged and string tensors. No model of ours needs them; with them tfjs-core's own tests can run whole.
 * Test: test/conformance/run.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { TF_ATTR, TF_TYPE } from '../binding.ts';
import type { NodeBackend } from '../tensorflowBackend.ts';
import type { TFEOpAttr } from '../tfjsBindingTypes.ts';
import { boolAttribute, intAttribute, stringAttribute, typeAttribute } from './attributes.ts';

type Name =
  | ('a' | 'b' | 'x' | 'weights' | 'sortedSequence' | 'image' | 'transforms' | 'data' | 'dataSplits' | 'input' | 'delimiter')
  | ('indices' | 'values' | 'denseShape' | 'defaultValue' | 'inputIndices' | 'inputShape' | 'newShape' | 'segmentIds')
  | ('paramsDenseValues' | 'starts' | 'limits' | 'deltas' | 'shape');

type Inputs = Record<Name, tf.Tensor> & Record<'paramsNestedSplits' | 'rowPartitionTensors', tf.Tensor[]>;

export const coreOperationKernels: tf.KernelConfig[] = [
  kernel('BitwiseAnd', ({ a, b }, _, backend) => backend.executeSingleOutput('BitwiseAnd', [typeAttribute('T', 'int32')], [a, b])),
  kernel<{ size: number; binaryOutput?: boolean }>('DenseBincount', ({ x, weights }, { size, binaryOutput }, backend) =>
    backend.executeSingleOutput(
      'DenseBincount',
      [typeAttribute('Tidx', 'int32'), typeAttribute('T', weights.dtype), boolAttribute('binary_output', binaryOutput ?? false)],
      [x, tf.scalar(size, 'int32'), weights],
    ),
  ),
  kernel<{ side: 'left' | 'right' }>('SearchSorted', ({ sortedSequence, values }, { side }, backend) =>
    backend.executeSingleOutput(
      side === 'left' ? 'LowerBound' : 'UpperBound',
      [typeAttribute('T', sortedSequence.dtype), typeAttribute('out_type', 'int32')],
      [sortedSequence, values],
    ),
  ),
  kernel<{ filterSize: [number, number]; strides: [number, number]; pad: 'valid' | 'same' | number; includeBatchInIndex: boolean }>(
    'MaxPoolWithArgmax',
    ({ x }, { filterSize, strides, pad, includeBatchInIndex }, backend) => {
      const info = tf.backend_util.computePool2DInfo(x.shape as [number, number, number, number], filterSize, strides, 1, pad);
      return backend.executeMultipleOutputs(
        'MaxPoolWithArgmax',
        [
          typeAttribute('T', x.dtype),
          intAttribute('ksize', [1, info.filterHeight, info.filterWidth, 1]),
          intAttribute('strides', [1, info.strideHeight, info.strideWidth, 1]),
          stringAttribute('padding', info.padInfo.type),
          boolAttribute('include_batch_in_index', includeBatchInIndex),
        ],
        [x],
        2,
      );
    },
  ),
  kernel<{ interpolation: string; fillMode: string; fillValue: number; outputShape?: [number, number] }>(
    'Transform',
    ({ image, transforms }, { interpolation, fillMode, fillValue, outputShape }, backend) =>
      backend.executeSingleOutput(
        'ImageProjectiveTransformV3',
        [
          typeAttribute('dtype', image.dtype),
          stringAttribute('interpolation', interpolation.toUpperCase()),
          stringAttribute('fill_mode', fillMode.toUpperCase()),
        ],
        [image, transforms, tf.tensor1d(outputShape ?? image.shape.slice(1, 3), 'int32'), tf.scalar(fillValue)],
      ),
  ),

  kernel('SparseFillEmptyRows', ({ indices, values, denseShape, defaultValue }, _, backend) =>
    withInt64(backend, 'SparseFillEmptyRows', [typeAttribute('T', values.dtype)], [wide(indices), values, wide(denseShape), defaultValue], 4),
  ),
  kernel('SparseReshape', ({ inputIndices, inputShape, newShape }, _, backend) =>
    withInt64(backend, 'SparseReshape', [], [wide(inputIndices), wide(inputShape), wide(newShape)], 2),
  ),
  // Its TensorFlow operation has no integers.
  kernel('SparseSegmentMean', ({ data, indices, segmentIds }, _, backend) =>
    tf.cast(backend.executeSingleOutput('SparseSegmentMean', segmentAttributes('float32'), [tf.cast(data, 'float32'), indices, segmentIds]), data.dtype),
  ),
  kernel('SparseSegmentSum', ({ data, indices, segmentIds }, _, backend) =>
    backend.executeSingleOutput('SparseSegmentSum', segmentAttributes(data.dtype), [data, indices, segmentIds]),
  ),

  kernel<{ outputRaggedRank: number }>('RaggedGather', ({ paramsNestedSplits, paramsDenseValues, indices }, { outputRaggedRank }, backend) =>
    backend.executeMultipleOutputs(
      'RaggedGather',
      [
        typeAttribute('Tvalues', paramsDenseValues.dtype),
        typeAttribute('Tindices', 'int32'),
        typeAttribute('Tsplits', 'int32'),
        intAttribute('PARAMS_RAGGED_RANK', paramsNestedSplits.length),
        intAttribute('OUTPUT_RAGGED_RANK', outputRaggedRank),
      ],
      [...paramsNestedSplits, paramsDenseValues, indices],
      outputRaggedRank + 1,
    ),
  ),
  kernel('RaggedRange', ({ starts, limits, deltas }, _, backend) =>
    backend.executeMultipleOutputs('RaggedRange', [typeAttribute('T', starts.dtype), typeAttribute('Tsplits', 'int32')], [starts, limits, deltas], 2),
  ),
  kernel<{ rowPartitionTypes: string[] }>('RaggedTensorToTensor', ({ shape, values, defaultValue, rowPartitionTensors }, { rowPartitionTypes }, backend) =>
    backend.executeSingleOutput(
      'RaggedTensorToTensor',
      [
        typeAttribute('T', values.dtype),
        typeAttribute('Tindex', 'int32'),
        typeAttribute('Tshape', 'int32'),
        intAttribute('num_row_partition_tensors', rowPartitionTensors.length),
        { name: 'row_partition_types', type: TF_ATTR.string, value: rowPartitionTypes },
      ],
      [shape, values, defaultValue, ...rowPartitionTensors],
    ),
  ),

  kernel<{ separator: string; nGramWidths: number[]; leftPad: string; rightPad: string; padWidth: number; preserveShortSequences: boolean }>(
    'StringNGrams',
    ({ data, dataSplits }, attributes, backend) =>
      backend.executeMultipleOutputs(
        'StringNGrams',
        [
          stringAttribute('separator', attributes.separator),
          intAttribute('ngram_widths', attributes.nGramWidths),
          stringAttribute('left_pad', attributes.leftPad),
          stringAttribute('right_pad', attributes.rightPad),
          intAttribute('pad_width', attributes.padWidth),
          boolAttribute('preserve_short_sequences', attributes.preserveShortSequences),
          typeAttribute('Tsplits', 'int32'),
        ],
        [data, dataSplits],
        2,
      ),
  ),
  kernel<{ skipEmpty: boolean }>('StringSplit', ({ input, delimiter }, { skipEmpty }, backend) =>
    backend.executeMultipleOutputs('StringSplit', [boolAttribute('skip_empty', skipEmpty)], [input, delimiter], 3),
  ),
  kernel<{ numBuckets: number }>('StringToHashBucketFast', ({ input }, { numBuckets }, backend) =>
    backend.executeSingleOutput('StringToHashBucketFast', [intAttribute('num_buckets', numBuckets)], [input]),
  ),
];

function kernel<A = undefined>(kernelName: string, compute: (inputs: Inputs, attributes: A, backend: NodeBackend) => tf.Tensor | tf.Tensor[]): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => tf.tidy(() => compute(inputs as unknown as Inputs, attrs as unknown as A, backend as NodeBackend)),
  };
}

function segmentAttributes(dtype: string): TFEOpAttr[] {
  return [typeAttribute('T', dtype), typeAttribute('Tidx', 'int32'), typeAttribute('Tsegmentids', 'int32')];
}

/** An int32 tensor that the operation wants as int64, a type that tfjs has not. */
function wide(tensor: tf.Tensor): { wide: tf.Tensor } {
  return { wide: tensor };
}

/** Runs an operation below tfjs, with some inputs widened to int64. */
function withInt64(
  backend: NodeBackend,
  operation: string,
  attributes: TFEOpAttr[],
  inputs: (tf.Tensor | { wide: tf.Tensor })[],
  outputs: number,
): tf.Tensor[] {
  const { binding } = backend;
  const widened: number[] = [];
  try {
    const ids = inputs.map((input) => {
      if (!('wide' in input)) return idOf(backend, input);
      const cast = [
        { name: 'SrcT', type: TF_ATTR.type, value: TF_TYPE.int32 },
        { name: 'DstT', type: TF_ATTR.type, value: TF_TYPE.int64 },
      ];
      const id = binding.executeOp('Cast', cast, [idOf(backend, input.wide)], 1)[0]?.id as number;
      widened.push(id);
      return id;
    });
    return binding.executeOp(operation, attributes, ids, outputs).map((metadata) => backend.createOutputTensor(metadata));
  } finally {
    for (const id of widened) binding.deleteTensor(id);
  }
}

function idOf(backend: NodeBackend, tensor: tf.Tensor): number {
  return backend.getInputTensorIds([tensor])[0] as number;
}
