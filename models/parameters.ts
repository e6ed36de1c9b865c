/**
 * Named tensors of a model. Each is declared once with its PyTorch name and shape, its initialisation and its layout,
 * so that a state_dict travels both ways and the engine still gets HWIO / [in, out] weights. Test: test/models/parameters.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Parameter, Rng } from './method.ts';

/** How the engine's layout differs from PyTorch's: the axes of the PyTorch tensor in engine order. */
export type Layout = 'same' | 'conv' | 'linear';

export type Init =
  { kind: 'normal'; mean: number; std: number } | { kind: 'uniform'; bound: number } | { kind: 'constant'; value: number } | { kind: 'truncated'; std: number };

export interface Declaration {
  /** Shape in the PyTorch state_dict. */
  shape: number[];
  init: Init;
  layout?: Layout;
  trainable?: boolean;
  /** Shape of the engine's variable where the layout alone does not say it (2-D kernels stored for 1×k×k ones). */
  engineShape?: number[];
}

/** Weight ~ N(0, sqrt(2 / (kh·kw·out))), the rule of ResNet and of every added convolution in the official repositories. */
export function heOut(kernelHeight: number, kernelWidth: number, outChannels: number): Init {
  return { kind: 'normal', mean: 0, std: Math.sqrt(2 / (kernelHeight * kernelWidth * outChannels)) };
}

/** PyTorch's default for convolutions and linear layers, weight and bias alike: U(±1/sqrt(fan-in)). */
export function torchDefault(fanIn: number): Init {
  return { kind: 'uniform', bound: 1 / Math.sqrt(fanIn) };
}

export function constant(value: number): Init {
  return { kind: 'constant', value };
}

export class ParameterSet {
  readonly list: Parameter[] = [];
  readonly #names = new Set<string>();
  readonly #rng: Rng;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Declares a tensor and creates its variable. The order of calls is the order of the state_dict. */
  add(name: string, declaration: Declaration): tf.Variable {
    if (this.#names.has(name)) throw new Error(`parameter "${name}" is declared twice`);
    this.#names.add(name);
    const { shape, init, layout = 'same', trainable = true } = declaration;
    const axes = engineAxes(shape.length, layout);
    const permuted = axes.map((axis) => shape[axis] as number);
    const size = shape.reduce((product, n) => product * n, 1);
    const variable = drawVariable(init, size, this.#rng, declaration.engineShape ?? permuted, trainable);
    this.list.push({
      name,
      shape,
      variable,
      trainable,
      fromTorch: (source) => permute(source, shape, axes),
      toTorch: (source) => permute(source, permuted, inverse(axes)),
    });
    return variable;
  }

  dispose(): void {
    for (const parameter of this.list) parameter.variable.dispose();
    this.list.length = 0;
  }
}

/** OIHW → HWIO, OITHW → THWIO, OIK → KIO; [out, in] → [in, out]. */
function engineAxes(rank: number, layout: Layout): number[] {
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (layout === 'same') return all;
  if (layout === 'linear') return [1, 0];
  return [...all.slice(2), 1, 0];
}

function inverse(axes: number[]): number[] {
  const result = new Array<number>(axes.length);
  axes.forEach((axis, i) => {
    result[axis] = i;
  });
  return result;
}

/** Row-major transpose: result axis i is axis `axes[i]` of the source. */
export function permute(source: Float32Array, shape: number[], axes: number[]): Float32Array {
  if (axes.every((axis, i) => axis === i)) return source.slice();
  const rank = shape.length;
  const strides = new Array<number>(rank).fill(1);
  for (let i = rank - 2; i >= 0; i--) strides[i] = (strides[i + 1] as number) * (shape[i + 1] as number);
  const outShape = axes.map((axis) => shape[axis] as number);
  const outStrides = axes.map((axis) => strides[axis] as number);
  const result = new Float32Array(source.length);
  const index = new Array<number>(rank).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = source[from] as number;
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      from += outStrides[axis] as number;
      if ((index[axis] as number) < (outShape[axis] as number)) break;
      from -= (outStrides[axis] as number) * (outShape[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}

/** A function of its own: in `add`, the closures that live as long as the model would keep the values, too. */
function drawVariable(init: Init, size: number, rng: Rng, shape: number[], trainable: boolean): tf.Variable {
  const values = drawValues(init, size, rng);
  return tf.tidy(() => tf.variable(tf.tensor(values, shape, 'float32'), trainable));
}

function drawValues(init: Init, size: number, rng: Rng): Float32Array {
  const values = new Float32Array(size);
  if (init.kind === 'constant') return values.fill(init.value);
  if (init.kind === 'normal') for (let i = 0; i < size; i++) values[i] = init.mean + init.std * rng.normal();
  else if (init.kind === 'uniform') for (let i = 0; i < size; i++) values[i] = (2 * rng.next() - 1) * init.bound;
  else
    for (let i = 0; i < size; i++) {
      let z = rng.normal();
      while (Math.abs(z) > 2) z = rng.normal();
      values[i] = init.std * z;
    }
  return values;
}
