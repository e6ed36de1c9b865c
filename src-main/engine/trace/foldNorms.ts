/**
 * Folds a batch norm of constants into the convolution or product before it, while a forward pass is recorded:
 * γ·(conv(x, w) − μ)/√(σ² + ε) + β = conv(x, w·g) + (β − μ·g) with g = γ/√(σ² + ε). TensorFlow computes w·g once and joins convolution, bias,
 * sum and ReLU into one kernel, which it does not for the norm itself. The node that is replaced stays behind and is pruned by TensorFlow.
 * Test: test/main/engine/foldNorms.test.ts.
 */
import type { GraphOutput, Pointer } from '../libtensorflow.ts';
import { TF_ATTR, TF_TYPE } from '../tfTypes.ts';
import type { TFEOpAttr } from '../tfjsBindingTypes.ts';

/** What the recording lends. */
export interface GraphBuilder {
  node(name: string, attributes: readonly TFEOpAttr[], inputs: readonly GraphOutput[]): GraphOutput;
  /** A constant of float32. */
  vector(values: Float32Array, shape: readonly number[]): GraphOutput;
  shape(output: GraphOutput): number[];
}

export interface NormFolding {
  /** The node `name` was recorded; gives what stands for its first output from now on. */
  recorded(name: string, attributes: readonly TFEOpAttr[], inputs: readonly GraphOutput[], output: GraphOutput): GraphOutput;
  /** A tensor from outside was embedded. */
  embedded(output: GraphOutput): void;
}

interface Linear {
  name: string;
  attributes: readonly TFEOpAttr[];
  x: GraphOutput;
  filter: GraphOutput;
}

const NORMS = new Set(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']);
/** Operations whose last filter axis is the output's channel. */
const LINEAR = new Set(['Conv2D', 'Conv3D', 'DepthwiseConv2dNative', 'MatMul']);
const FLOAT: TFEOpAttr = { name: 'T', type: TF_ATTR.type, value: TF_TYPE.float32 };
const CHANNELS_LAST: TFEOpAttr = { name: 'data_format', type: TF_ATTR.string, value: 'NHWC' };

export function foldNorms(graph: GraphBuilder): NormFolding {
  const constants = new Set<Pointer>();
  const linear = new Map<Pointer, Linear>();
  /** Reshapes that leave the channels alone, and what they reshape. */
  const reshaped = new Map<Pointer, GraphOutput>();

  function channels(output: GraphOutput): number {
    return graph.shape(output).at(-1) ?? 0;
  }

  function fold(norm: GraphOutput, epsilon: number, inputs: readonly GraphOutput[]): GraphOutput {
    const [x, scale, offset, mean, variance] = inputs as [GraphOutput, GraphOutput, GraphOutput, GraphOutput, GraphOutput];
    const source = reshaped.get(x.oper) ?? x;
    const before = linear.get(source.oper);
    if (!before || ![scale, offset, mean, variance].every(({ oper }) => constants.has(oper))) return norm;
    const op = (name: string, ...of: GraphOutput[]): GraphOutput => graph.node(name, [FLOAT], of);
    const gain = op('Mul', scale, op('Rsqrt', op('AddV2', variance, graph.vector(Float32Array.of(epsilon), []))));
    const filter = op('Mul', before.filter, before.name === 'DepthwiseConv2dNative' ? asColumn(gain) : gain);
    const shift = op('Sub', offset, op('Mul', mean, gain));
    const convolved = graph.node(before.name, before.attributes, [before.x, filter]);
    const biased = graph.node('BiasAdd', [FLOAT, CHANNELS_LAST], [convolved, shift]);
    return source === x ? biased : graph.node('Reshape', [FLOAT, { name: 'Tshape', type: TF_ATTR.type, value: TF_TYPE.int32 }], [biased, sizesOf(norm)]);
  }

  function asColumn(gain: GraphOutput): GraphOutput {
    return graph.node('ExpandDims', [FLOAT, { name: 'Tdim', type: TF_ATTR.type, value: TF_TYPE.int32 }], [gain, lastAxis()]);
  }

  function lastAxis(): GraphOutput {
    return toInt(graph.vector(Float32Array.of(-1), []));
  }

  function sizesOf(output: GraphOutput): GraphOutput {
    return toInt(graph.vector(Float32Array.from(graph.shape(output)), [graph.shape(output).length]));
  }

  function toInt(value: GraphOutput): GraphOutput {
    const types = { SrcT: TF_TYPE.float32, DstT: TF_TYPE.int32 };
    return graph.node(
      'Cast',
      Object.entries(types).map(([name, type]) => ({ name, type: TF_ATTR.type, value: type })),
      [value],
    );
  }

  return {
    embedded: ({ oper }) => void constants.add(oper),
    recorded(name, attributes, inputs, output) {
      const [x, filter] = inputs;
      if (inputs.length > 0 && inputs.every(({ oper }) => constants.has(oper))) constants.add(output.oper);
      else if (x && filter && LINEAR.has(name) && constants.has(filter.oper) && foldable(name, attributes, graph.shape(filter)))
        linear.set(output.oper, { name, attributes, x, filter });
      else if (x && name === 'Reshape' && linear.has(x.oper) && channels(x) === channels(output)) reshaped.set(output.oper, x);
      else if (NORMS.has(name) && value(attributes, 'is_training') === false && value(attributes, 'data_format') === 'NHWC')
        return fold(output, Number(value(attributes, 'epsilon')), inputs);
      return output;
    },
  };
}

function foldable(name: string, attributes: readonly TFEOpAttr[], filter: readonly number[]): boolean {
  if (value(attributes, 'T') !== TF_TYPE.float32) return false;
  if (name === 'MatMul') return value(attributes, 'transpose_b') !== true;
  const format = value(attributes, 'data_format');
  return (format === 'NHWC' || format === 'NDHWC') && (name !== 'DepthwiseConv2dNative' || filter.at(-1) === 1);
}

function value(attributes: readonly TFEOpAttr[], name: string): unknown {
  return attributes.find((attribute) => attribute.name === name)?.value;
}
