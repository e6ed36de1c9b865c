/**
 * Convolutions with any padding and dilation, forward and both gradients, plain and depthwise.
 * tfjs-node's own kernels refuse numeric padding, and explicit padding in the gradients. Test: test/main/engine/kernels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import type { TFEOpAttr } from '../tfjsBindingTypes.ts';
import { boolAttribute, intAttribute, typeAttribute, windowAttributes, type ConvInfo } from './attributes.ts';
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
    if (isProduct(info)) return inputGradientAsProduct(need(dy) as tf.Tensor, need(filter) as tf.Tensor, info);
    if (isFasterInTiles(backend, info)) return tiledInputGradient(need(dy) as tf.Tensor, need(filter) as tf.Tensor);
    const sizes = tf.tensor1d(info.inShape, 'int32');
    const dx = backend.executeSingleOutput('Conv2DBackpropInput', conv2dAttributes('Conv2DBackpropInput', need(dy), info), [sizes, need(filter), need(dy)]);
    sizes.dispose();
    return dx;
  }),
  kernel<ConvAttributes & { filterShape: Shape4D }>('Conv2DBackpropFilter', ({ x, dy }, attributes, backend) => {
    const info = convInfo(need(x).shape, attributes.filterShape, attributes, false);
    if (isProduct(info)) return filterGradientAsProduct(need(x) as tf.Tensor, need(dy) as tf.Tensor, info);
    if (isFasterInTiles(backend, info)) return tiledFilterGradient(need(x) as tf.Tensor, need(dy) as tf.Tensor);
    const sizes = tf.tensor1d(info.filterShape, 'int32');
    const dFilter = backend.executeSingleOutput('Conv2DBackpropFilter', conv2dAttributes('Conv2DBackpropFilter', need(dy), info), [need(x), sizes, need(dy)]);
    sizes.dispose();
    return dFilter;
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
    const sizes = tf.tensor1d(info.inShape, 'int32');
    const dx = backend.executeSingleOutput('DepthwiseConv2dNativeBackpropInput', depthwiseAttributes('DepthwiseConv2dNativeBackpropInput', need(dy), info), [
      sizes,
      need(filter),
      need(dy),
    ]);
    sizes.dispose();
    return dx;
  }),
  kernel<ConvAttributes & { filterShape: Shape4D }>('DepthwiseConv2dNativeBackpropFilter', ({ x, dy }, attributes, backend) => {
    const info = convInfo(need(x).shape, attributes.filterShape, attributes, true);
    const sizes = tf.tensor1d(info.filterShape, 'int32');
    const dFilter = backend.executeSingleOutput(
      'DepthwiseConv2dNativeBackpropFilter',
      depthwiseAttributes('DepthwiseConv2dNativeBackpropFilter', need(dy), info),
      [need(x), sizes, need(dy)],
    );
    sizes.dispose();
    return dFilter;
  }),
];

/** A 1×1 filter that visits every place once is a matrix product over places. */
function isProduct({ filterHeight, filterWidth, strideHeight, strideWidth, inHeight, outHeight, inWidth, outWidth, dataFormat }: ConvInfo): boolean {
  return filterHeight * filterWidth * strideHeight * strideWidth === 1 && inHeight === outHeight && inWidth === outWidth && dataFormat === 'channelsLast';
}

/** x·w over all places. */
function convolutionAsProduct(x: tf.Tensor, filter: tf.Tensor, { inChannels, outChannels, outShape }: ConvInfo): tf.Tensor {
  return tf.tidy(() => tf.reshape(tf.matMul(tf.reshape(x, [-1, inChannels]), tf.reshape(filter, [inChannels, outChannels])), outShape));
}

/** dy·wᵀ over all places. */
function inputGradientAsProduct(dy: tf.Tensor, filter: tf.Tensor, { inChannels, outChannels, inShape }: ConvInfo): tf.Tensor {
  return tf.tidy(() => tf.reshape(tf.matMul(tf.reshape(dy, [-1, outChannels]), tf.reshape(filter, [inChannels, outChannels]), false, true), inShape));
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
function isFasterInTiles({ binding }: NodeBackend, info: ConvInfo): boolean {
  return binding.tracing.recorded()?.precision === 'float32' && !binding.deviceTypes.includes('GPU') && isTiled(info);
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
