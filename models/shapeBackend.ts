/**
 * A tfjs backend that computes shapes and counts multiply-accumulates, but no values. It lets `describe` run any method's real forward pass
 * in milliseconds and without an engine, so the counts are those of the structure that is built. Test: test/models/describe.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';

const SHAPE_BACKEND = 'shapes';

/** Stands for a buffer; tensors that share one (a variable and what it was made of) are counted, as every backend must. */
interface Buffer {
  references: number;
}

class ShapeBackend extends tf.KernelBackend {
  macs = 0;
  #live = 0;

  override write(): Buffer {
    this.#live++;
    return { references: 1 };
  }
  override move(): void {
    throw new Error('values cannot move to the shape backend');
  }
  override disposeData(dataId: object, force = false): boolean {
    const buffer = dataId as Buffer;
    buffer.references--;
    if (buffer.references > 0 && !force) return false;
    this.#live--;
    return true;
  }
  override numDataIds(): number {
    return this.#live;
  }
  override incRef(dataId: object): void {
    (dataId as Buffer).references++;
  }
  decRef(dataId: object): void {
    (dataId as Buffer).references--;
  }
  override refCount(dataId: object): number {
    return (dataId as Buffer).references;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override timerAvailable(): boolean {
    return false;
  }
  override dispose(): void {}

  make(shape: number[], dtype: DataType): TensorInfo {
    return { dataId: this.write(), shape, dtype };
  }
}

let backend: ShapeBackend | null = null;

/** Runs `compute` on the shape backend, then returns to the backend that was current. */
export async function countMacs<T>(compute: () => T): Promise<{ macs: number; result: T }> {
  if (!backend) {
    backend = new ShapeBackend();
    const made = backend;
    tf.registerBackend(SHAPE_BACKEND, () => made, 0);
    registerKernels();
  }
  const previous = tf.getBackend() as string | undefined;
  await tf.setBackend(SHAPE_BACKEND);
  backend.macs = 0;
  try {
    const result = compute();
    return { macs: backend.macs, result };
  } finally {
    if (previous) await tf.setBackend(previous);
  }
}

interface Call {
  inputs: Record<string, TensorInfo>;
  attrs: Record<string, unknown>;
  first: TensorInfo;
  count(macs: number): void;
}
type ShapeRule = (call: Call) => { shape: number[]; dtype?: DataType } | { shape: number[]; dtype?: DataType }[];

const SAME_SHAPE =
  'Relu Relu6 Sigmoid Tanh Exp Expm1 Log Log1p Sqrt Rsqrt Square Neg Abs Erf Sin Cos Softmax LogSoftmax Step Floor Ceil Round Sign Identity ClipByValue Elu Selu LeakyRelu Softplus Reciprocal ZerosLike OnesLike Cumsum Reverse LogicalNot Prelu';
const BROADCAST = 'Add Sub Multiply RealDiv FloorDiv Maximum Minimum Pow Mod SquaredDifference';
const COMPARE = 'Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr';
const REDUCE = 'Sum Mean Max Min Prod All Any ArgMax ArgMin';

function registerKernels(): void {
  const rules: Record<string, ShapeRule> = {
    Conv2D: convolution,
    Conv3D: convolution,
    DepthwiseConv2dNative: depthwise,
    BatchMatMul: matMul,
    MaxPool: (call) => pool(call, 2),
    AvgPool: (call) => pool(call, 2),
    MaxPool3D: (call) => pool(call, 3),
    AvgPool3D: (call) => pool(call, 3),
    FusedBatchNorm: ({ inputs }) => input(inputs, 'x'),
    Reshape: ({ first, attrs }) => ({ shape: inferred(attrs['shape'] as number[], product(first.shape)) }),
    ExpandDims: ({ first, attrs }) => ({ shape: withOne(first.shape, attrs['dim'] as number) }),
    Transpose: ({ first, attrs }) => ({ shape: (attrs['perm'] as number[]).map((axis) => first.shape[axis] as number) }),
    Cast: ({ first, attrs }) => ({ shape: first.shape, dtype: attrs['dtype'] as DataType }),
    Concat: ({ inputs, attrs }) => concatenated(Object.values(inputs), attrs['axis'] as number),
    Pack: ({ inputs, attrs }) => {
      const all = Object.values(inputs);
      const shape = [...(all[0] as TensorInfo).shape];
      shape.splice(attrs['axis'] as number, 0, all.length);
      return { shape };
    },
    Unpack: ({ first, attrs }) => {
      const axis = wrap(attrs['axis'] as number, first.shape.length);
      const shape = first.shape.filter((_, i) => i !== axis);
      return Array.from({ length: first.shape[axis] as number }, () => ({ shape }));
    },
    SplitV: ({ first, attrs }) => {
      const axis = wrap(attrs['axis'] as number, first.shape.length);
      const given = attrs['numOrSizeSplits'] as number | number[];
      const sizes = typeof given === 'number' ? new Array<number>(given).fill((first.shape[axis] as number) / given) : given;
      return sizes.map((size) => ({ shape: first.shape.map((n, i) => (i === axis ? size : n)) }));
    },
    Slice: ({ first, attrs }) => {
      const begin = attrs['begin'] as number[];
      return { shape: (attrs['size'] as number[]).map((size, i) => (size === -1 ? (first.shape[i] as number) - (begin[i] as number) : size)) };
    },
    PadV2: ({ first, attrs }) => ({ shape: first.shape.map((n, i) => n + pair(attrs, 'paddings', i)) }),
    MirrorPad: ({ first, attrs }) => ({ shape: first.shape.map((n, i) => n + pair(attrs, 'paddings', i)) }),
    Tile: ({ first, attrs }) => ({ shape: first.shape.map((n, i) => n * ((attrs['reps'] as number[])[i] as number)) }),
    BroadcastTo: ({ attrs }) => ({ shape: attrs['shape'] as number[] }),
    GatherV2: ({ inputs, attrs }) => {
      const x = input(inputs, 'x');
      const axis = wrap(attrs['axis'] as number, x.shape.length);
      return { shape: [...x.shape.slice(0, axis), ...input(inputs, 'indices').shape, ...x.shape.slice(axis + 1)], dtype: x.dtype };
    },
    OneHot: ({ first, attrs }) => ({ shape: [...first.shape, attrs['depth'] as number], dtype: 'float32' }),
    Select: ({ inputs }) => ({
      shape: broadcast(broadcast(input(inputs, 'condition').shape, input(inputs, 't').shape), input(inputs, 'e').shape),
      dtype: input(inputs, 't').dtype,
    }),
    AddN: ({ first }) => first,
    Fill: ({ attrs }) => ({ shape: attrs['shape'] as number[], dtype: (attrs['dtype'] as DataType | undefined) ?? 'float32' }),
    Range: ({ attrs }) => ({
      shape: [Math.max(0, Math.ceil(((attrs['stop'] as number) - (attrs['start'] as number)) / (attrs['step'] as number)))],
      dtype: attrs['dtype'] as DataType,
    }),
    SpaceToBatchND: ({ first, attrs }) => {
      const block = attrs['blockShape'] as number[];
      const spatial = block.map((size, i) => ((first.shape[i + 1] as number) + pair(attrs, 'paddings', i)) / size);
      return { shape: [(first.shape[0] as number) * product(block), ...spatial, ...first.shape.slice(block.length + 1)] };
    },
    BatchToSpaceND: ({ first, attrs }) => {
      const block = attrs['blockShape'] as number[];
      const spatial = block.map((size, i) => (first.shape[i + 1] as number) * size - pair(attrs, 'crops', i));
      return { shape: [(first.shape[0] as number) / product(block), ...spatial, ...first.shape.slice(block.length + 1)] };
    },
    ResizeBilinear: resized,
    ResizeNearestNeighbor: resized,
    TopK: ({ first, attrs }) => {
      const shape = [...first.shape.slice(0, -1), attrs['k'] as number];
      return [{ shape }, { shape, dtype: 'int32' }];
    },
  };
  for (const name of SAME_SHAPE.split(' ')) rules[name] = ({ first }) => ({ shape: first.shape, dtype: name === 'LogicalNot' ? 'bool' : first.dtype });
  for (const name of BROADCAST.split(' '))
    rules[name] = ({ inputs }) => ({ shape: broadcast(input(inputs, 'a').shape, input(inputs, 'b').shape), dtype: input(inputs, 'a').dtype });
  for (const name of COMPARE.split(' '))
    rules[name] = ({ inputs }) => ({ shape: broadcast(input(inputs, 'a').shape, input(inputs, 'b').shape), dtype: 'bool' });
  for (const name of REDUCE.split(' '))
    rules[name] = ({ first, attrs }) => ({ shape: reduced(first.shape, attrs), dtype: name.startsWith('Arg') ? 'int32' : first.dtype });
  for (const [kernelName, rule] of Object.entries(rules))
    tf.registerKernel({ kernelName, backendName: SHAPE_BACKEND, kernelFunc: (call) => run(rule, call as unknown as RawCall) });
}

interface RawCall {
  inputs: Record<string, TensorInfo>;
  attrs?: Record<string, unknown>;
  backend: ShapeBackend;
}

function run(rule: ShapeRule, { inputs, attrs = {}, backend: target }: RawCall): TensorInfo | TensorInfo[] {
  const first = Object.values(inputs)[0] ?? { dataId: {}, shape: [], dtype: 'float32' };
  const made = rule({ inputs, attrs, first, count: (macs) => (target.macs += macs) });
  const build = (output: { shape: number[]; dtype?: DataType }) => target.make([...output.shape], output.dtype ?? first.dtype);
  return Array.isArray(made) ? made.map(build) : build(made);
}

function input(inputs: Record<string, TensorInfo>, name: string): TensorInfo {
  const found = inputs[name];
  if (!found) throw new Error(`kernel input "${name}" is missing`);
  return found;
}

/** Every output element of a convolution costs one multiply-accumulate per weight that feeds it. */
function convolution(call: Call): { shape: number[] } {
  const x = input(call.inputs, 'x').shape;
  const filter = input(call.inputs, 'filter').shape;
  const spatial = filter.length - 2;
  const shape = [x[0] as number, ...outputSize(x.slice(1, -1), filter.slice(0, spatial), call.attrs), filter[filter.length - 1] as number];
  call.count(product(shape) * product(filter.slice(0, -1)));
  return { shape };
}

function depthwise(call: Call): { shape: number[] } {
  const x = input(call.inputs, 'x').shape;
  const [kh, kw, channels, multiplier] = input(call.inputs, 'filter').shape as [number, number, number, number];
  const shape = [x[0] as number, ...outputSize(x.slice(1, 3), [kh, kw], call.attrs), channels * multiplier];
  call.count(product(shape) * kh * kw);
  return { shape };
}

function matMul(call: Call): { shape: number[] } {
  const { transposeA, transposeB } = call.attrs as { transposeA: boolean; transposeB: boolean };
  const a = input(call.inputs, 'a').shape;
  const b = input(call.inputs, 'b').shape;
  const [rows, inner] = transposeA ? [a.at(-1) as number, a.at(-2) as number] : [a.at(-2) as number, a.at(-1) as number];
  const columns = (transposeB ? b.at(-2) : b.at(-1)) as number;
  const shape = [...broadcast(a.slice(0, -2), b.slice(0, -2)), rows, columns];
  call.count(product(shape) * inner);
  return { shape };
}

function pool({ first, attrs }: Call, rank: 2 | 3): { shape: number[] } {
  const size = spread(attrs['filterSize'] as number | number[], rank);
  return { shape: [first.shape[0] as number, ...outputSize(first.shape.slice(1, -1), size, attrs), first.shape.at(-1) as number] };
}

function outputSize(spatial: number[], kernel: number[], attrs: Record<string, unknown>): number[] {
  const strides = spread(attrs['strides'] as number | number[], spatial.length);
  const dilations = spread((attrs['dilations'] as number | number[] | undefined) ?? 1, spatial.length);
  const padding = attrs['pad'] as 'same' | 'valid' | number | [number, number][];
  return spatial.map((size, i) => {
    const reach = ((kernel[i] as number) - 1) * (dilations[i] as number) + 1;
    const stride = strides[i] as number;
    if (padding === 'same') return Math.ceil(size / stride);
    const added =
      padding === 'valid' ? 0 : typeof padding === 'number' ? 2 * padding : (padding[i + 1] as [number, number])[0] + (padding[i + 1] as [number, number])[1];
    return Math.floor((size + added - reach) / stride) + 1;
  });
}

function reduced(shape: number[], attrs: Record<string, unknown>): number[] {
  const given = attrs['axis'] as number | number[] | null | undefined;
  const axes = new Set((given == null ? shape.map((_, i) => i) : Array.isArray(given) ? given : [given]).map((axis) => wrap(axis, shape.length)));
  if (attrs['keepDims']) return shape.map((n, i) => (axes.has(i) ? 1 : n));
  return shape.filter((_, i) => !axes.has(i));
}

function concatenated(parts: TensorInfo[], axis: number): { shape: number[]; dtype: DataType } {
  const [head] = parts as [TensorInfo];
  const at = wrap(axis, head.shape.length);
  return { shape: head.shape.map((n, i) => (i === at ? parts.reduce((sum, part) => sum + (part.shape[i] as number), 0) : n)), dtype: head.dtype };
}

function resized({ first, attrs }: Call): { shape: number[] } {
  return { shape: [first.shape[0] as number, ...(attrs['size'] as number[]), first.shape[3] as number] };
}

/** Resolves the one −1 that a reshape may carry. */
function inferred(shape: number[], total: number): number[] {
  const known = product(shape.filter((n) => n !== -1));
  return shape.map((n) => (n === -1 ? total / known : n));
}

function broadcast(a: number[], b: number[]): number[] {
  return tf.broadcast_util.assertAndGetBroadcastShape(a, b);
}

function withOne(shape: number[], dim: number): number[] {
  const at = dim < 0 ? shape.length + dim + 1 : dim;
  return [...shape.slice(0, at), 1, ...shape.slice(at)];
}

function pair(attrs: Record<string, unknown>, key: string, i: number): number {
  const [before, after] = (attrs[key] as [number, number][])[i] as [number, number];
  return before + after;
}

function spread(value: number | number[], rank: number): number[] {
  if (typeof value === 'number') return new Array<number>(rank).fill(value);
  return value.length === rank ? value : value.slice(value.length - rank);
}

function wrap(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function product(shape: number[]): number {
  return shape.reduce((total, n) => total * n, 1);
}
