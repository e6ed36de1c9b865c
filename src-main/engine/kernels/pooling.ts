/**
 * Max and average pooling over two or three axes with any padding and rounding, forward and gradient; padded cells never win and never count.
 * tfjs-node's own kernels refuse numeric padding. TensorFlow's operations know VALID and SAME; for everything else the
 * input is padded first, and an average is rescaled by the share of its window that lies inside. Test: test/main/engine/kernels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { after } from '../../../models/ops/after.ts';
import type { NodeBackend } from '../tensorflowBackend.ts';
import type { TFEOpAttr } from '../tfjsBindingTypes.ts';
import { intAttribute, stringAttribute, typeAttribute } from './attributes.ts';
import { onProcessor } from './onProcessor.ts';

interface PoolAttributes {
  filterSize: [number, number] | [number, number, number] | number;
  strides: [number, number] | [number, number, number] | number;
  pad: number | 'valid' | 'same' | tf.backend_util.ExplicitPadding;
  dataFormat?: 'NDHWC' | 'NCDHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** A pooling window along one axis. */
interface Axis {
  input: number;
  output: number;
  filter: number;
  stride: number;
  before: number;
  after: number;
}

interface Pooling {
  axes: Axis[];
  padding: 'VALID' | 'SAME' | 'OTHER';
  channelsLast: boolean;
  outShape: number[];
}

type Describe = (shape: number[], attributes: PoolAttributes) => Pooling;
type Reduction = 'max' | 'average';
type Inputs = Record<'x' | 'dy' | 'input' | 'output', tf.TensorInfo>;

export const poolingKernels: tf.KernelConfig[] = [
  forward('MaxPool', 'max', describe2d),
  gradient('MaxPoolGrad', 'max', describe2d),
  forward('AvgPool', 'average', describe2d),
  gradient('AvgPoolGrad', 'average', describe2d),
  forward('MaxPool3D', 'max', describe3d),
  gradient('MaxPool3DGrad', 'max', describe3d),
  forward('AvgPool3D', 'average', describe3d),
  gradient('AvgPool3DGrad', 'average', describe3d),
];

function forward(operation: string, reduction: Reduction, describe: Describe): tf.KernelConfig {
  return kernel(operation, ({ x }, attributes, backend) => {
    const pooling = describe(x.shape, attributes);
    const run = (from: tf.TensorInfo, padding: TFEOpAttr[]): tf.Tensor =>
      backend.executeSingleOutput(operation, [...windowAttributes(x.dtype, pooling), ...padding], [from]);
    if (pooling.outShape.includes(0)) return tf.zeros(pooling.outShape, x.dtype as tf.NumericDataType);
    const native = nativePadding(pooling) ?? (reduction === 'max' ? explicitAttributes(pooling, x.dtype) : null);
    if (native) return run(x, native);
    const pooled = run(tf.pad(x as tf.Tensor, paddings(pooling), outside(reduction, x.dtype)), [stringAttribute('padding', 'VALID')]);
    return reduction === 'max' ? pooled : tf.mul(pooled, wholeByInside(pooling));
  });
}

function gradient(operation: string, reduction: Reduction, describe: Describe): tf.KernelConfig {
  return kernel(operation, ({ dy, input, output }, attributes, backend) => {
    const pooling = withOutput(describe(input.shape, attributes), dy.shape);
    const run = (from: tf.TensorInfo, pooled: tf.TensorInfo, slope: tf.TensorInfo, padding: TFEOpAttr[]): tf.Tensor =>
      backend.executeSingleOutput(
        operation,
        [...windowAttributes(input.dtype, pooling), ...padding],
        reduction === 'max' ? [from, pooled, slope] : [tf.tensor1d(from.shape, 'int32'), slope],
      );
    if (dy.shape.includes(0)) return tf.zeros(input.shape);
    const native = nativePadding(pooling);
    if (native) return run(input, output, dy, native);
    const valid = [stringAttribute('padding', 'VALID')];
    const padded = tf.pad(after(input as tf.Tensor, dy as tf.Tensor), paddings(pooling), outside(reduction, input.dtype));
    const slope = reduction === 'max' ? dy : tf.mul(dy as tf.Tensor, wholeByInside(pooling));
    const isAgain = reduction === 'max' && backend.binding.tracing.recorded() && onProcessor(backend) && explicitAttributes(pooling, input.dtype);
    const pooled = isAgain ? backend.executeSingleOutput('MaxPool', [...windowAttributes(input.dtype, pooling), ...valid], [padded]) : output;
    const wide = run(padded, pooled, slope, valid);
    return tf.slice(
      wide,
      paddings(pooling).map(([before]) => before),
      input.shape,
    );
  });
}

function kernel(kernelName: string, compute: (inputs: Inputs, attributes: PoolAttributes, backend: NodeBackend) => tf.Tensor): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => tf.tidy(() => compute(inputs as Inputs, attrs as unknown as PoolAttributes, backend as NodeBackend)),
  };
}

function describe2d(shape: number[], { filterSize, strides, pad, dimRoundingMode }: PoolAttributes): Pooling {
  const info = tf.backend_util.computePool2DInfo(
    shape as [number, number, number, number],
    filterSize as [number, number],
    strides as [number, number],
    1,
    pad,
    dimRoundingMode,
  );
  const { top, bottom, left, right, type } = info.padInfo;
  return {
    axes: [
      { input: info.inHeight, output: info.outHeight, filter: info.filterHeight, stride: info.strideHeight, before: top, after: bottom },
      { input: info.inWidth, output: info.outWidth, filter: info.filterWidth, stride: info.strideWidth, before: left, after: right },
    ],
    padding: type === 'VALID' || type === 'SAME' ? type : 'OTHER',
    channelsLast: true,
    outShape: info.outShape,
  };
}

function describe3d(shape: number[], { filterSize, strides, pad, dataFormat, dimRoundingMode }: PoolAttributes): Pooling {
  const info = tf.backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize as [number, number, number],
    strides as [number, number, number],
    1,
    pad as number,
    dimRoundingMode,
    dataFormat,
  );
  const { front, back, top, bottom, left, right, type } = info.padInfo;
  return {
    axes: [
      { input: info.inDepth, output: info.outDepth, filter: info.filterDepth, stride: info.strideDepth, before: front, after: back },
      { input: info.inHeight, output: info.outHeight, filter: info.filterHeight, stride: info.strideHeight, before: top, after: bottom },
      { input: info.inWidth, output: info.outWidth, filter: info.filterWidth, stride: info.strideWidth, before: left, after: right },
    ],
    padding: type === 'VALID' || type === 'SAME' ? type : 'OTHER',
    channelsLast: info.dataFormat === 'channelsLast',
    outShape: info.outShape,
  };
}

/** tfjs forgets the rounding mode on its way to some gradients; the gradient's own shape has it. */
function withOutput(pooling: Pooling, outShape: number[]): Pooling {
  const first = pooling.channelsLast ? 1 : 2;
  return { ...pooling, outShape, axes: pooling.axes.map((axis, index) => ({ ...axis, output: outShape[first + index] ?? axis.output })) };
}

function windowAttributes(dtype: string, { axes, channelsLast }: Pooling): TFEOpAttr[] {
  const place = (of: (axis: Axis) => number): number[] => (channelsLast ? [1, ...axes.map(of), 1] : [1, 1, ...axes.map(of)]);
  const formats = axes.length === 2 ? ['NHWC', 'NCHW'] : ['NDHWC', 'NCDHW'];
  return [
    typeAttribute('T', dtype),
    intAttribute(
      'ksize',
      place(({ filter }) => filter),
    ),
    intAttribute(
      'strides',
      place(({ stride }) => stride),
    ),
    stringAttribute('data_format', formats[channelsLast ? 0 : 1] as string),
  ];
}

/** The attributes of a padding that TensorFlow does itself; null when it cannot. */
function nativePadding(pooling: Pooling): TFEOpAttr[] | null {
  const { padding, axes } = pooling;
  if (padding !== 'OTHER') return [stringAttribute('padding', padding)];
  if (axes.every(({ before, after }) => before === 0 && after === 0) && axes.every(roundsDown)) return [stringAttribute('padding', 'VALID')];
  return null;
}

/**
 * The way of MaxPool, forward alone, to do without a padded copy: 2.8 instead of 5.8 ms for the first pooling of a ResNet with 32 images. In a recorded
 * step the gradient then pools its padded copy once more, because oneDNN's own gradient reads what its forward operation noted down, which this one
 * did not: 3 instead of 18 ms with 8 images.
 */
function explicitAttributes(pooling: Pooling, dtype: string): TFEOpAttr[] | null {
  const { axes, channelsLast } = pooling;
  const sides = paddings(pooling);
  const isKnown = axes.length === 2 && channelsLast && dtype === 'float32' && axes.every(roundsDown);
  if (!isKnown || axes.some(({ filter }, i) => Math.max(...(sides[i + 1] as number[])) >= filter)) return null;
  return [stringAttribute('padding', 'EXPLICIT'), intAttribute('explicit_paddings', sides.flat())];
}

function roundsDown({ input, output, filter, stride, before, after }: Axis): boolean {
  return Math.floor((input + before + after - filter) / stride) + 1 === output;
}

/** Padding after which VALID gives the size asked for, also where tfjs rounds up. */
function paddings({ axes, channelsLast }: Pooling): [number, number][] {
  const spatial = axes.map(({ input, output, filter, stride, before }): [number, number] => [
    before,
    Math.max(0, (output - 1) * stride + filter - input - before),
  ]);
  return channelsLast ? [[0, 0], ...spatial, [0, 0]] : [[0, 0], [0, 0], ...spatial];
}

function outside(reduction: Reduction, dtype: string): number {
  if (reduction === 'average') return 0;
  return dtype === 'int32' ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
}

/** Cells of the whole window divided by those inside the input, for every output position. A window with nothing inside averages to 0. */
function wholeByInside({ axes, channelsLast }: Pooling): tf.Tensor {
  const ratios = axes.map(({ input, output, filter, stride, before }) =>
    Array.from({ length: output }, (_, index) => {
      const start = index * stride - before;
      return filter / Math.max(1, Math.min(input, start + filter) - Math.max(0, start));
    }),
  );
  const values = ratios.reduce((product, ratio) => product.flatMap((left) => ratio.map((right) => left * right)), [1]);
  const spatial = axes.map(({ output }) => output);
  return tf.tensor(values, channelsLast ? [1, ...spatial, 1] : [1, 1, ...spatial], 'float32');
}
