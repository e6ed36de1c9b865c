/**
 * Weights in and out of a model as a state_dict: name → shape and values in PyTorch layout. Names and shapes are those of the official code,
 * so published checkpoints load and ours load there. Test: test/models/train/stateDict.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../src-shared/errors.ts';
import type { Model, Parameter } from '../method.ts';

export interface StateTensor {
  shape: number[];
  values: Float32Array;
}
export type StateDict = Map<string, StateTensor>;

export interface LoadReport {
  loaded: string[];
  /** In the model, not in the file; they keep their values. */
  missing: string[];
  /** In the file, not in the model. */
  unexpected: string[];
}

/** Copies every parameter out of the engine. */
export function toStateDict(model: Model): StateDict {
  const state: StateDict = new Map();
  for (const parameter of model.parameters)
    state.set(parameter.name, { shape: parameter.shape, values: parameter.toTorch(parameter.variable.dataSync<'float32'>()) });
  return state;
}

/**
 * Copies values into the model, all or nothing. Shapes may differ by axes of length 1 only (see `sameUpToOnes`).
 * `partial` is for a pretrained backbone: tensors may be missing, and a classifier of other identities is left out.
 */
export function loadStateDict(model: Model, state: StateDict, options: { partial?: boolean } = {}): LoadReport {
  const source = withoutWrapper(state);
  const assignments: [Parameter, Float32Array][] = [];
  const missing: string[] = [];
  for (const parameter of model.parameters) {
    const tensor = source.get(parameter.name);
    if (tensor && sameUpToOnes(tensor.shape, parameter.shape)) assignments.push([parameter, tensor.values]);
    else if (tensor && !(options.partial && isClassifier(parameter.name))) throw shapeMismatch(parameter, tensor.shape);
    else missing.push(parameter.name);
  }
  const [firstMissing] = missing;
  if (firstMissing !== undefined && (!options.partial || assignments.length === 0)) {
    throw new AppError(
      'WEIGHTS_MISMATCH',
      `The file lacks ${missing.length} of ${model.parameters.length} tensors of the model, the first is "${firstMissing}".`,
      { key: firstMissing, missing: missing.length },
    );
  }
  for (const [{ variable, fromTorch }, values] of assignments) tf.tidy(() => variable.assign(tf.tensor(fromTorch(values), variable.shape, 'float32')));
  const known = new Set(model.parameters.map(({ name }) => name));
  const unexpected = [...source.keys()].filter((name) => !known.has(name) && !name.endsWith('num_batches_tracked'));
  return { loaded: assignments.map(([{ name }]) => name), missing, unexpected };
}

/** How many identities a state_dict's classifier tells apart; null when it has none. */
export function classesIn(state: StateDict): number | null {
  for (const [name, { shape }] of state) if (/(^|\.)classifier[^.]*\.weight$/.test(name)) return shape[0] ?? null;
  return null;
}

function shapeMismatch(parameter: Parameter, found: number[]): AppError {
  const message = `The tensor "${parameter.name}" has shape [${found.join(', ')}] in the file and [${parameter.shape.join(', ')}] in the model.`;
  return new AppError('WEIGHTS_MISMATCH', message, { key: parameter.name, file: found.join('×'), model: parameter.shape.join('×') });
}

/** DataParallel puts `module.` before every name. */
function withoutWrapper(state: StateDict): StateDict {
  const names = [...state.keys()];
  if (names.length === 0 || !names.every((name) => name.startsWith('module.'))) return state;
  return new Map([...state].map(([name, tensor]) => [name.slice('module.'.length), tensor]));
}

function isClassifier(name: string): boolean {
  return /(^|[._])(classifier|fc)/.test(name);
}

/** An inflated network writes [out, in, 1, k, k] where the 2-D one writes [out, in, k, k]; the values are the same. */
function sameUpToOnes(a: number[], b: number[]): boolean {
  const plain = (shape: number[]) => shape.filter((n) => n !== 1).join();
  return plain(a) === plain(b);
}
