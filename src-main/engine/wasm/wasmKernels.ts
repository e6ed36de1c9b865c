/**
 * Gradient kernels that tfjs's WebAssembly backend lacks or has wrong, composed from kernels that it has: shifted windows and matrix products.
 * Correct first; each costs one matrix product or addition per filter cell. Test: test/main/engine/kernels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';

type Shape4D = [number, number, number, number];
type Shape5D = [number, number, number, number, number];
type Pad = number | 'valid' | 'same' | tf.backend_util.ExplicitPadding;
type Rounding = 'floor' | 'round' | 'ceil';

interface ConvAttributes {
  strides: [number, number] | number;
  pad: Pad;
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number | null;
  dimRoundingMode?: Rounding;
}

interface PoolAttributes {
  filterSize: number[] | number;
  strides: number[] | number;
  pad: Pad;
  dimRoundingMode?: Rounding;
}

type Inputs = Partial<Record<string, tf.Tensor>>;

type Compute = (inputs: Inputs, attributes: never) => tf.Tensor;

const MISSING: Record<string, Compute> = {
  Conv2DBackpropFilter: conv2dBackpropFilter,
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
  UnsortedSegmentSum: unsortedSegmentSum,
};

/** The backend (4.22) has these, but they disagree with TensorFlow where windows are padded or strided, or values negative. */
const WRONG: Record<string, Compute> = {
  MaxPool3D: maxPool3d,
  MaxPoolGrad: maxPoolGrad,
  MaxPool3DGrad: maxPool3dGrad,
  AvgPoolGrad: avgPoolGrad,
  AvgPool3DGrad: avgPool3dGrad,
  Conv3DBackpropInputV2: conv3dBackpropInput,
  Conv3DBackpropFilterV2: conv3dBackpropFilter,
};

export function registerWasmKernels(): void {
  for (const kernelName of Object.keys(WRONG)) if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
  for (const [kernelName, compute] of Object.entries({ ...MISSING, ...WRONG })) {
    // A later release of the backend may bring what is missing now.
    if (tf.getKernel(kernelName, 'wasm')) continue;
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: ({ inputs, attrs }) => tf.tidy(() => compute(inputs as Inputs, attrs as never)) });
  }
}

/** dW[i, j] = Σ over the output cells of x shifted by (i, j), transposed, times dy: one matrix product per filter cell. */
function conv2dBackpropFilter({ x, dy }: Inputs, attributes: ConvAttributes & { filterShape: Shape4D }): tf.Tensor {
  const info = convInfo(need(x).shape, attributes.filterShape, attributes, false);
  // [N, OH, OW, O] → [N·OH·OW, O]
  const dyRows = tf.reshape(need(dy), [-1, info.outChannels]);
  const window = window2d(info);
  const padded = padSpace(need(x), window, 0);
  const cells = windowCells(window).map((cell) =>
    tf.matMul(tf.reshape(readThrough(padded, window, cell), [-1, info.inChannels]), dyRows as tf.Tensor2D, true, false),
  );
  return tf.reshape(tf.stack(cells), attributes.filterShape);
}

function depthwiseBackpropFilter({ x, dy }: Inputs, attributes: ConvAttributes & { filterShape: Shape4D }): tf.Tensor {
  const info = convInfo(need(x).shape, attributes.filterShape, attributes, true);
  const multiplier = attributes.filterShape[3];
  // [N, OH, OW, C·M] → [N·OH·OW, C, M]
  const dyRows = tf.reshape(need(dy), [-1, info.inChannels, multiplier]);
  const window = window2d(info);
  const padded = padSpace(need(x), window, 0);
  const cells = windowCells(window).map((cell) => tf.sum(tf.mul(tf.reshape(readThrough(padded, window, cell), [-1, info.inChannels, 1]), dyRows), 0));
  return tf.reshape(tf.stack(cells), attributes.filterShape);
}

/** Each filter cell sends dy, weighted, back to where it read from. */
function depthwiseBackpropInput({ dy, filter }: Inputs, attributes: ConvAttributes & { inputShape: Shape4D }): tf.Tensor {
  const info = convInfo(attributes.inputShape, need(filter).shape as Shape4D, attributes, true);
  const multiplier = need(filter).shape[3] as number;
  const dyCells = tf.reshape(need(dy), [info.batchSize, info.outHeight, info.outWidth, info.inChannels, multiplier]);
  return sendBack(window2d(info), ({ index: [row, column] }) => {
    const weights = tf.reshape(tf.slice(need(filter), [row as number, column as number, 0, 0], [1, 1, -1, -1]), [info.inChannels, multiplier]);
    return tf.sum(tf.mul(dyCells, weights), 4);
  });
}

/** The backend's own sends gradients of padded windows to wrong cells. */
function conv3dBackpropInput(
  { dy, filter }: Inputs,
  attributes: { pad: 'valid' | 'same'; strides: [number, number, number] | number; inputShape: Shape5D },
): tf.Tensor {
  const info = tf.backend_util.computeConv3DInfo(attributes.inputShape, need(filter).shape as Shape5D, attributes.strides, 1, attributes.pad);
  const dyRows = tf.reshape(need(dy), [-1, info.outChannels]);
  return sendBack(window3d(info), ({ index }) => {
    // [1, 1, 1, I, O] → [I, O]
    const weights = tf.reshape(tf.slice(need(filter), [...index, 0, 0], [1, 1, 1, -1, -1]), [info.inChannels, info.outChannels]);
    return tf.reshape(tf.matMul(dyRows, weights as tf.Tensor2D, false, true), [info.batchSize, info.outDepth, info.outHeight, info.outWidth, info.inChannels]);
  });
}

function conv3dBackpropFilter(
  { x, dy }: Inputs,
  attributes: { pad: 'valid' | 'same'; strides: [number, number, number] | number; filterShape: Shape5D },
): tf.Tensor {
  const info = tf.backend_util.computeConv3DInfo(need(x).shape as Shape5D, attributes.filterShape, attributes.strides, 1, attributes.pad);
  const window = window3d(info);
  const padded = padSpace(need(x), window, 0);
  const dyRows = tf.reshape(need(dy), [-1, info.outChannels]) as tf.Tensor2D;
  const cells = windowCells(window).map((cell) => tf.matMul(tf.reshape(readThrough(padded, window, cell), [-1, info.inChannels]), dyRows, true, false));
  return tf.reshape(tf.stack(cells), attributes.filterShape);
}

/** The backend's own never goes below zero. */
function maxPool3d({ x }: Inputs, attributes: PoolAttributes): tf.Tensor {
  const window = poolWindow3d(need(x).shape as Shape5D, attributes);
  const padded = padSpace(need(x), window, LOWEST);
  return windowCells(window)
    .map((cell) => readThrough(padded, window, cell))
    .reduce((largest, read) => tf.maximum(largest, read));
}

/** The first cell of a window that holds the maximum gets the whole gradient, as in TensorFlow; the backend's own is wrong where windows are padded. */
function maxPoolGrad({ dy, input, output }: Inputs, attributes: PoolAttributes): tf.Tensor {
  return maxSendBack(poolWindow(need(input).shape as Shape4D, attributes), need(dy), need(input), need(output));
}

function maxPool3dGrad({ dy, input, output }: Inputs, attributes: PoolAttributes): tf.Tensor {
  return maxSendBack(poolWindow3d(need(input).shape as Shape5D, attributes), need(dy), need(input), need(output));
}

function maxSendBack(window: Window, dy: tf.Tensor, input: tf.Tensor, output: tf.Tensor): tf.Tensor {
  const padded = padSpace(input, window, LOWEST);
  let free = tf.onesLike(output);
  return sendBack(window, (cell) => {
    const wins = tf.mul(tf.cast(tf.equal(readThrough(padded, window, cell), output), 'float32'), free);
    free = tf.sub(free, wins);
    return tf.mul(dy, wins);
  });
}

/** Cells outside of the picture are not counted, as in TensorFlow; the backend's own divides by the whole window. */
function avgPoolGrad({ dy, input }: Inputs, attributes: PoolAttributes): tf.Tensor {
  return averageSendBack(poolWindow(need(input).shape as Shape4D, attributes), need(dy));
}

function avgPool3dGrad({ dy, input }: Inputs, attributes: PoolAttributes): tf.Tensor {
  return averageSendBack(poolWindow3d(need(input).shape as Shape5D, attributes), need(dy));
}

function averageSendBack(window: Window, dy: tf.Tensor): tf.Tensor {
  const inside = padSpace(tf.ones([1, ...window.input, 1]), window, 0);
  const counts = tf.addN(windowCells(window).map((cell) => readThrough(inside, window, cell)));
  const share = tf.div(dy, counts);
  return sendBack(window, () => share);
}

/** Smaller than any value, but finite: infinity times nothing is no number. */
const LOWEST = -3.4e38;

/** A sliding window over the spatial axes, one number per axis in each list. */
interface Window {
  batch: number;
  channels: number;
  input: number[];
  output: number[];
  filter: number[];
  stride: number[];
  dilation: number[];
  before: number[];
  after: number[];
}

interface Cell {
  /** Place in the filter. */
  index: number[];
  /** Place in the padded input that the first output cell reads through it. */
  start: number[];
}

function window2d(info: tf.backend_util.Conv2DInfo): Window {
  const { padInfo } = info;
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    input: [info.inHeight, info.inWidth],
    output: [info.outHeight, info.outWidth],
    filter: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    dilation: [info.dilationHeight, info.dilationWidth],
    before: [padInfo.top, padInfo.left],
    after: [padInfo.bottom, padInfo.right],
  };
}

function window3d(info: tf.backend_util.Conv3DInfo): Window {
  const { padInfo } = info;
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    filter: [info.filterDepth, info.filterHeight, info.filterWidth],
    stride: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilation: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    before: [padInfo.front, padInfo.top, padInfo.left],
    after: [padInfo.back, padInfo.bottom, padInfo.right],
  };
}

function poolWindow(inputShape: Shape4D, { filterSize, strides, pad, dimRoundingMode }: PoolAttributes): Window {
  return window2d(tf.backend_util.computePool2DInfo(inputShape, filterSize as number, strides as number, 1, pad, dimRoundingMode));
}

function poolWindow3d(inputShape: Shape5D, { filterSize, strides, pad, dimRoundingMode }: PoolAttributes): Window {
  return window3d(tf.backend_util.computePool3DInfo(inputShape, filterSize as number, strides as number, 1, pad as number, dimRoundingMode));
}

/** All cells of the filter in row-major order. */
function windowCells({ filter, dilation }: Window): Cell[] {
  const count = filter.reduce((product, size) => product * size, 1);
  return Array.from({ length: count }, (_, flat) => {
    const index: number[] = [];
    let rest = flat;
    for (let axis = filter.length - 1; axis >= 0; axis--) {
      const size = filter[axis] as number;
      index.unshift(rest % size);
      rest = Math.floor(rest / size);
    }
    return { index, start: index.map((place, axis) => place * (dilation[axis] as number)) };
  });
}

/** [N, …space, C] → the same with the window's padding around. */
function padSpace(x: tf.Tensor, { before, after }: Window, value: number): tf.Tensor {
  const paddings = before.map((zeros, axis): [number, number] => [zeros, after[axis] as number]);
  return tf.pad(x, [[0, 0], ...paddings, [0, 0]], value);
}

/** What a cell reads of the padded input: [N, …output, C]. */
function readThrough(padded: tf.Tensor, { output, stride }: Window, { start }: Cell): tf.Tensor {
  const end = start.map((place, axis) => place + ((output[axis] as number) - 1) * (stride[axis] as number) + 1);
  const [batch, channels] = [padded.shape[0] as number, padded.shape[padded.rank - 1] as number];
  return tf.stridedSlice(padded, [0, ...start, 0], [batch, ...end, channels], [1, ...stride, 1]);
}

/** The transpose of reading: adds what each cell sends ([N, …output, C]) to where it read from. Gives [N, …input, C]. */
function sendBack(window: Window, sent: (cell: Cell) => tf.Tensor): tf.Tensor {
  const { batch, channels, input, output, stride, before, after, filter, dilation } = window;
  const reach = output.map((size, axis) => (size - 1) * (stride[axis] as number) + 1);
  const padded = input.map((size, axis) => {
    const read = (reach[axis] as number) + ((filter[axis] as number) - 1) * (dilation[axis] as number);
    return Math.max(size + (before[axis] as number) + (after[axis] as number), read);
  });
  const parts = windowCells(window).map((cell) => {
    const spread = stride.reduce((x, step, axis) => spreadAxis(x, axis + 1, step), sent(cell));
    const paddings = cell.start.map((place, axis): [number, number] => [place, (padded[axis] as number) - place - (reach[axis] as number)]);
    return tf.pad(spread, [[0, 0], ...paddings, [0, 0]]);
  });
  return tf.slice(tf.addN(parts), [0, ...before, 0], [batch, ...input, channels]);
}

/** Puts step - 1 zeros between the elements of an axis. */
function spreadAxis(x: tf.Tensor, axis: number, step: number): tf.Tensor {
  if (step === 1) return x;
  const size = x.shape[axis] as number;
  const outer = x.shape.slice(0, axis);
  const inner = x.shape.slice(axis + 1);
  const innerSize = inner.reduce((product, length) => product * length, 1);
  const rows = tf.pad(tf.reshape(x, [-1, 1, innerSize]), [
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  const spread = tf.reshape(rows, [...outer, size * step, ...inner]);
  const end = [...outer, (size - 1) * step + 1, ...inner];
  return tf.slice(
    spread,
    end.map(() => 0),
    end,
  );
}

/** A sum of rows by id is a product with the ids' one-hot matrix; ids outside the range have an empty row there. */
function unsortedSegmentSum({ x, segmentIds }: Inputs, { numSegments }: { numSegments: number }): tf.Tensor {
  const ids = need(segmentIds);
  const rest = need(x).shape.slice(ids.rank);
  const oneHot = tf.cast(tf.oneHot(tf.reshape(ids, [-1]) as tf.Tensor1D, numSegments), 'float32');
  const rows = tf.reshape(tf.cast(need(x), 'float32'), [ids.size, -1]);
  return tf.cast(tf.reshape(tf.matMul(oneHot, rows, true, false), [numSegments, ...rest]), need(x).dtype);
}

function convInfo(inputShape: number[], filterShape: Shape4D, attributes: ConvAttributes, depthwise: boolean): tf.backend_util.Conv2DInfo {
  const { strides, dilations, pad, dimRoundingMode } = attributes;
  const format = tf.backend_util.convertConv2DDataFormat(attributes.dataFormat ?? 'NHWC');
  if (format !== 'channelsLast') throw new Error('the WebAssembly engine convolves in the layout NHWC only');
  return tf.backend_util.computeConv2DInfo(inputShape as Shape4D, filterShape, strides, dilations ?? [1, 1], pad, dimRoundingMode, depthwise, format);
}

function need(tensor: tf.Tensor | undefined): tf.Tensor {
  if (!tensor) throw new Error('a gradient kernel was called without one of its tensors');
  return tensor;
}
