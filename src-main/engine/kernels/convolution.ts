/**
 * Convolutions with any padding and dilation, forward and both gradients, plain and depthwise.
 * tfjs-node's own kernels refuse numeric padding, and explicit padding in the gradients. Test: test/main/engine/kernels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { after } from '../../../models/ops/after.ts';
import type { NodeBackend } from '../tensorflowBackend.ts';
import type { TFEOpAttr } from '../tfjsBindingTypes.ts';
import { boolAttribute, explicitPadding, intAttribute, typeAttribute, windowAttributes, type ConvInfo } from './attributes.ts';
import { onProcessor } from './onProcessor.ts';
import { convolveTiles, isTiled, tiledFilterGradient, tiledInputGradient } from './tiledConvolution.ts';

type Shape4D = [number, number, number, number];
type Pad = number | 'valid' | 'same' | tf.backend_util.ExplicitPadding;
type Rounding = 'floor' | 'round' | 'ceil' | undefined;

/** The attributes that tfjs's convolution kernels share. */
interface ConvAttributes {
  strides: [number, number] | number;
  pad: Pad;
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number | null;
  dimRoundingMode?: Rounding;
}

interface FusedAttributes extends ConvAttributes {
  activation: tf.backend_util.Activation | null;
  leakyreluAlpha?: number;
}

const BACKEND = 'tensorflow';

export const convolutionKernels: tf.KernelConfig[] = [
  kernel('Conv2D', ({ x, filter }, attributes, backend) => conv2d(backend, need(x), need(filter), attributes)),
  kernel<ConvAttributes & { inputShape: Shape4D }>('Conv2DBackpropInput', ({ dy, filter }, attributes, backend) => {
    const info = convInfo(attributes.inputShape, need(filter).shape, attributes, false);
    if (isProduct(info)) return inputGradientAsProduct(need(dy) as tf.Tensor, need(filter) as tf.Tensor, info, onProcessor(backend));
    if (isFasterInTiles(backend, info)) return tiledInputGradient(need(dy) as tf.Tensor, need(filter) as tf.Tensor);
    return inputGradient('Conv2DBackpropInput', conv2dAttributes, info, need(dy), need(filter), backend);
  }),
  kernel<ConvAttributes & { filterShape: Shape4D }>('Conv2DBackpropFilter', ({ x, dy }, attributes, backend) => {
    const info = convInfo(need(x).shape, attributes.filterShape, attributes, false);
    if (isProduct(info)) return filterGradientAsProduct(need(x) as tf.Tensor, need(dy) as tf.Tensor, info);
    if (onProcessor(backend) && isProductOfVisited(info)) return filterGradientOfVisited(need(x) as tf.Tensor, need(dy) as tf.Tensor, info);
    if (isFasterInTiles(backend, info)) return tiledFilterGradient(need(x) as tf.Tensor, need(dy) as tf.Tensor);
    return filterGradient('Conv2DBackpropFilter', conv2dAttributes, info, need(x), need(dy), backend);
  }),
  kernel<FusedAttributes>('FusedConv2D', ({ x, filter, bias, preluActivationWeights }, attributes, backend) =>
    tf.tidy(() => {
      const convolved = conv2d(backend, need(x), need(filter), attributes);
      const perChannel = (values: tf.TensorInfo | undefined): tf.Tensor | undefined => alongChannels(values as tf.Tensor | undefined, attributes.dataFormat);
      const shift = perChannel(bias);
      return activate(shift ? tf.add(convolved, shift) : convolved, attributes, perChannel(preluActivationWeights));
    }),
  ),
  kernel('DepthwiseConv2dNative', ({ x, filter }, attributes, backend) => {
    const info = convInfo(need(x).shape, need(filter).shape, attributes, true);
    return backend.executeSingleOutput('DepthwiseConv2dNative', depthwiseAttributes('DepthwiseConv2dNative', need(x), info), [need(x), need(filter)]);
  }),
  kernel<ConvAttributes & { inputShape: Shape4D }>('DepthwiseConv2dNativeBackpropInput', ({ dy, filter }, attributes, backend) => {
    const info = convInfo(attributes.inputShape, need(filter).shape, attributes, true);
    if (onProcessor(backend) && isSameOnceGrown(info)) return grownInputGradient(info, attributes, need(dy), need(filter), backend);
    return inputGradient('DepthwiseConv2dNativeBackpropInput', depthwiseAttributes, info, need(dy), need(filter), backend);
  }),
  kernel<ConvAttributes & { filterShape: Shape4D }>('DepthwiseConv2dNativeBackpropFilter', ({ x, dy }, attributes, backend) => {
    const info = convInfo(need(x).shape, attributes.filterShape, attributes, true);
    return filterGradient('DepthwiseConv2dNativeBackpropFilter', depthwiseAttributes, info, need(x), need(dy), backend);
  }),
];

type Attributes = (operation: string, x: tf.TensorInfo, info: ConvInfo) => TFEOpAttr[];

/**
 * The gradients pad a copy where forward the operation does it: oneDNN's with explicit padding take up to 1.6 times (input) and 2.3 times (filter) as long.
 * The copy is not made before dy is there.
 */
function inputGradient(operation: string, attributes: Attributes, info: ConvInfo, dy: tf.TensorInfo, filter: tf.TensorInfo, backend: NodeBackend): tf.Tensor {
  return tf.tidy(() => {
    const { border, inside } = bordered(info);
    const dx = backend.executeSingleOutput(operation, attributes(operation, dy, inside), [tf.tensor1d(inside.inShape, 'int32'), filter, dy]);
    if (!border) return dx;
    const begin = border.map(([before]) => before);
    return tf.slice(dx, begin, info.inShape);
  });
}

function filterGradient(operation: string, attributes: Attributes, info: ConvInfo, x: tf.TensorInfo, dy: tf.TensorInfo, backend: NodeBackend): tf.Tensor {
  return tf.tidy(() => {
    const { border, inside } = bordered(info);
    const input = border ? tf.pad(after(x as tf.Tensor, dy as tf.Tensor), border) : x;
    return backend.executeSingleOutput(operation, attributes(operation, dy, inside), [input, tf.tensor1d(info.filterShape, 'int32'), dy]);
  });
}

/** Explicit padding, axis by axis of the input, and the convolution that is left inside it; no border where VALID or SAME say the same. */
function bordered(info: ConvInfo): { border: [number, number][] | null; inside: ConvInfo } {
  const { type } = info.padInfo;
  if (type === 'VALID' || type === 'SAME') return { border: null, inside: info };
  const border = explicitPadding(info);
  const inShape = border.map(([before, behind], axis) => before + (info.inShape[axis] as number) + behind) as Shape4D;
  return { border, inside: { ...info, inShape, padInfo: { top: 0, bottom: 0, left: 0, right: 0, type: 'VALID' } } };
}

/**
 * Whether the windows are those of SAME padding for a filter that has one more row and column behind: a 3×3 filter with stride 2 and a border of one cell,
 * as PyTorch's networks have them, on an even number of cells.
 */
function isSameOnceGrown({ padInfo, dataFormat, dilationHeight, dilationWidth, ...info }: ConvInfo): boolean {
  const starts = (size: number, filter: number, stride: number, count: number, before: number): boolean =>
    Math.ceil(size / stride) === count && Math.floor(Math.max(0, (count - 1) * stride + filter + 1 - size) / 2) === before;
  return (
    padInfo.type === 'EXPLICIT' &&
    dataFormat === 'channelsLast' &&
    dilationHeight * dilationWidth === 1 &&
    starts(info.inHeight, info.filterHeight, info.strideHeight, info.outHeight, padInfo.top) &&
    starts(info.inWidth, info.filterWidth, info.strideWidth, info.outWidth, padInfo.left)
  );
}

/** With zeros for what it has grown by: half the time of a wider gradient, of which the border is then cut off. The filter's own gradient gains nothing. */
function grownInputGradient(info: ConvInfo, attributes: ConvAttributes, dy: tf.TensorInfo, filter: tf.TensorInfo, backend: NodeBackend): tf.Tensor {
  return tf.tidy(() => {
    const behind: [number, number] = [0, 1];
    const grown = tf.pad(filter as tf.Tensor, [behind, behind, [0, 0], [0, 0]]);
    const same = convInfo(info.inShape, grown.shape, { ...attributes, pad: 'same' }, true);
    return inputGradient('DepthwiseConv2dNativeBackpropInput', depthwiseAttributes, same, dy, grown, backend);
  });
}

/** A 1×1 filter that visits every place once is a matrix product over places. */
function isProduct({ filterHeight, filterWidth, strideHeight, strideWidth, inHeight, outHeight, inWidth, outWidth, dataFormat }: ConvInfo): boolean {
  return filterHeight * filterWidth * strideHeight * strideWidth === 1 && inHeight === outHeight && inWidth === outWidth && dataFormat === 'channelsLast';
}

/** A 1×1 filter with a stride, which visits some places only. */
function isProductOfVisited({ filterHeight, filterWidth, strideHeight, strideWidth, padInfo, dataFormat }: ConvInfo): boolean {
  const isBordered = padInfo.top + padInfo.bottom + padInfo.left + padInfo.right > 0;
  return filterHeight * filterWidth === 1 && strideHeight * strideWidth > 1 && !isBordered && dataFormat === 'channelsLast';
}

/** As a product over the places visited: with few channels on a large map (4 to 8 on 64 × 64), oneDNN's own gradient of TensorFlow 2.21 ends the process. */
function filterGradientOfVisited(x: tf.Tensor, dy: tf.Tensor, info: ConvInfo): tf.Tensor {
  return tf.tidy(() => {
    const visited = tf.stridedSlice(after(x, dy), [0, 0, 0, 0], info.inShape, [1, info.strideHeight, info.strideWidth, 1]);
    return filterGradientAsProduct(visited, dy, info);
  });
}

/** x·w over all places. */
function convolutionAsProduct(x: tf.Tensor, filter: tf.Tensor, { inChannels, outChannels, outShape }: ConvInfo): tf.Tensor {
  return tf.tidy(() => tf.reshape(tf.matMul(tf.reshape(x, [-1, inChannels]), tf.reshape(filter, [inChannels, outChannels])), outShape));
}

/**
 * dy·wᵀ over all places. With many more channels in dy, oneDNN reads wᵀ along the long side for every block, and rows of 256 numbers or a multiple fall on
 * the same lines of the cache: turning w beforehand saves up to a fifth (1,024 places of 2,048 to 512 channels: 5.4 instead of 6.9 ms). With other
 * rows it saves nothing (16,384 places of 144 to 24: 0.49 and 0.60 ms).
 */
function inputGradientAsProduct(dy: tf.Tensor, filter: tf.Tensor, { inChannels, outChannels, inShape }: ConvInfo, processor: boolean): tf.Tensor {
  return tf.tidy(() => {
    const [places, weights] = [tf.reshape(dy, [-1, outChannels]), tf.reshape(filter, [inChannels, outChannels])];
    const isTurned = processor && outChannels >= 4 * inChannels && outChannels % 256 === 0;
    return tf.reshape(isTurned ? tf.matMul(places, tf.transpose(after(weights, dy))) : tf.matMul(places, weights, false, true), inShape);
  });
}

/** xᵀ·dy over all places: 1.1 to 2 times as fast as the convolution's own gradient, whose blocked result must be put into order as well. */
function filterGradientAsProduct(x: tf.Tensor, dy: tf.Tensor, { inChannels, outChannels, filterShape }: ConvInfo): tf.Tensor {
  return tf.tidy(() => tf.reshape(tf.matMul(tf.reshape(x, [-1, inChannels]), tf.reshape(dy, [-1, outChannels]), true, false), filterShape));
}

function kernel<A extends ConvAttributes = ConvAttributes>(
  kernelName: string,
  compute: (inputs: Partial<Record<string, tf.TensorInfo>>, attributes: A, backend: NodeBackend) => tf.TensorInfo,
): tf.KernelConfig {
  return {
    kernelName,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => compute(inputs, attrs as unknown as A, backend as NodeBackend),
  };
}

/** Of recorded steps only, as it takes a hundred operations; on a card cuDNN knows better; and in lower precision the transforms would lose digits. */
function isFasterInTiles(backend: NodeBackend, info: ConvInfo): boolean {
  return backend.binding.tracing.recorded()?.precision === 'float32' && onProcessor(backend) && isTiled(info);
}

function need(tensor: tf.TensorInfo | undefined): tf.TensorInfo {
  if (!tensor) throw new Error('a convolution kernel was called without one of its tensors');
  return tensor;
}

function conv2d(backend: NodeBackend, x: tf.TensorInfo, filter: tf.TensorInfo, attributes: ConvAttributes): tf.Tensor {
  const info = convInfo(x.shape, filter.shape, attributes, false);
  // Not with constant weights: TensorFlow's optimizer joins a convolution with more of its neighbours than a product.
  if (isProduct(info) && backend.binding.tracing.recorded()?.constants === false) return convolutionAsProduct(x as tf.Tensor, filter as tf.Tensor, info);
  if (isFasterInTiles(backend, info)) return convolveTiles(x as tf.Tensor, filter as tf.Tensor);
  return backend.executeSingleOutput('Conv2D', conv2dAttributes('Conv2D', x, info), [x, filter]);
}

function convInfo(
  inputShape: number[],
  filterShape: number[],
  { strides, pad, dataFormat, dilations, dimRoundingMode }: ConvAttributes,
  depthwise: boolean,
): ConvInfo {
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat ?? 'NHWC');
  return tf.backend_util.computeConv2DInfo(
    inputShape as Shape4D,
    filterShape as Shape4D,
    strides,
    dilations ?? [1, 1],
    pad,
    dimRoundingMode,
    depthwise,
    format,
  );
}

function conv2dAttributes(operation: string, x: tf.TensorInfo, info: ConvInfo): TFEOpAttr[] {
  return [...depthwiseAttributes(operation, x, info), boolAttribute('use_cudnn_on_gpu', true)];
}

function depthwiseAttributes(operation: string, x: tf.TensorInfo, info: ConvInfo): TFEOpAttr[] {
  const { dilationHeight, dilationWidth } = info;
  const dilations = info.dataFormat === 'channelsLast' ? [1, dilationHeight, dilationWidth, 1] : [1, 1, dilationHeight, dilationWidth];
  return [typeAttribute('T', x.dtype), ...windowAttributes(operation, info), intAttribute('dilations', dilations)];
}

/** One value a channel, shaped to broadcast in either layout. */
function alongChannels(values: tf.Tensor | undefined, dataFormat: ConvAttributes['dataFormat']): tf.Tensor | undefined {
  return values?.rank === 1 && dataFormat === 'NCHW' ? tf.reshape(values, [-1, 1, 1]) : values;
}

function activate(x: tf.Tensor, { activation, leakyreluAlpha }: FusedAttributes, preluWeights: tf.Tensor | undefined): tf.Tensor {
  switch (activation) {
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'elu':
      return tf.elu(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'leakyrelu':
      return tf.leakyRelu(x, leakyreluAlpha);
    case 'prelu':
      return tf.prelu(x, preluWeights as tf.Tensor);
    default:
      return x;
  }
}
