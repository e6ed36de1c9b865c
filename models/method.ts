/**
 * The interface of a re-ID method. One file in `models/methods/` default-exports `defineMethod({...})`.
 * Pure TypeScript on tfjs-core: no Node, no DOM. Never import the registry from here.
 * Tested for every entry by `test/contracts/methods.contract.test.ts`.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor5D, Variable } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { RecipeValues } from '../src-shared/recipe/recipe.ts';

/** Deterministic random source; every random number of a run comes from one of these. */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  /** Standard normal. */
  normal(): number;
  /** In-place Fisher–Yates shuffle; returns its argument. */
  shuffle<T>(items: T[]): T[];
  /** An independent source; same parent state and label give the same child. */
  fork(label: string): Rng;
  /** The whole state as text, for checkpoints. */
  state(): string;
  restore(state: string): void;
}

/**
 * One named tensor of a model. `name` and `shape` are those of the official PyTorch state_dict, so checkpoints travel both ways;
 * `variable` holds the engine's layout (convolutions HWIO / DHWIO, linear weights [in, out]).
 */
export interface Parameter {
  name: string;
  /** Shape in the PyTorch state_dict. */
  shape: number[];
  variable: Variable;
  /** false for running statistics and frozen weights. */
  trainable: boolean;
  /** PyTorch layout (row-major, `shape`) → engine layout values. */
  fromTorch(values: Float32Array): Float32Array;
  /** Engine layout values → PyTorch layout. */
  toTorch(values: Float32Array): Float32Array;
}

export interface StepRandom {
  /** Evenly from [0, 1). */
  uniform(shape: number[]): Tensor;
  /** Mean 0, standard deviation 1. */
  normal(shape: number[]): Tensor;
}

/** A batch of clips for training. Pixels are already normalised. */
export interface TrainBatch {
  /** [B, T, H, W, 3]; image methods get T = 1. */
  clips: Tensor5D;
  /** [B] int32, relabelled 0..numClasses-1. */
  labels: Tensor1D;
  /** Random numbers of this step, for dropout and the like: the only ones that may be drawn here, because a step may be recorded and replayed. */
  random: StepRandom;
}

export interface TrainOutput {
  /** Scalar to minimise. */
  loss: Tensor;
  /** Named scalars to plot; names such as `identity`, `triplet`. */
  parts: Record<string, Tensor>;
}

/** A built model. Owns its variables; `dispose` frees them all. */
export interface Model {
  /** In state_dict order. */
  parameters: Parameter[];
  /** Length of the embedding that the official test code compares. */
  embeddingSize: number;
  /** Evaluation mode: [B, T, H, W, 3] → [B, D]. Leaves no tensors but its result. */
  embed(clips: Tensor5D): Tensor2D;
  /** What the official test does to the mean embedding of a tracklet before comparing, where that is not linear: [N, D] → [N, D]. */
  finish?(means: Tensor2D): Tensor2D;
  /** Training mode, inside the caller's gradient tape. Updates running statistics. */
  forwardTrain(batch: TrainBatch): TrainOutput;
  dispose(): void;
}

export interface BuildContext {
  numClasses: number;
  rng: Rng;
}

/** How a method is trained by default: the paper's recipe, and a small one that fits two cores in minutes. Each value: src-shared/recipe/recipe.ts. */
export type Recipe = RecipeValues;

/** bfloat16 is for processors that compute in it; float16 is for NVIDIA cards, and scales the loss. */
export type Precision = NonNullable<Recipe['precision']>;

/** How the official test code turns a tracklet into one embedding, and compares two. */
export interface TestProtocol {
  /** Length of the contiguous clips. */
  clipFrames: number;
  /** What happens to a last clip that is too short: repeat its own frames, repeat the whole tracklet from its start, or embed it as it is. */
  padding: 'loop-clip' | 'loop-tracklet' | 'none';
  /** Most clips of one tracklet; of more, a window in the middle is taken. 0 = all. */
  maxClips: number;
  /** Frames do not look at each other and are averaged, so they may be embedded one by one: passes of a single shape, for the same result. */
  framewise?: boolean;
  distance: 'cosine' | 'euclidean';
}

/** The form, the command line and the stored run all derive from these option schemas. */
export interface MethodDefinition<Options extends z.ZodObject = z.ZodObject> {
  id: string;
  title: string;
  paper: { title: string; venue: string; year: number };
  input: { kind: 'image' | 'clip'; mean: [number, number, number]; std: [number, number, number]; resize: 'bicubic' | 'bilinear' };
  /** Every key has `.default()` and `.meta({ title, description, group })`; `height`, `width`(multiplier), `frames`, `stride` are shared names. */
  options: Options;
  /** Options of the paper differ from `small` only by values. */
  recipe: { paper: Recipe; small: Recipe };
  /** Test protocol for these options; without it: clips of `frames`, the last one looped, cosine distance. */
  test?: (options: z.output<Options>) => TestProtocol;
  /** Values of `options` that make it train in about three minutes on two cores. */
  smallOptions: Partial<z.output<Options>>;
  /** Place in lists, small first; without it after those that have one, by year of the paper. */
  order?: number;
  build(options: z.output<Options>, context: BuildContext): Model;
  /** Figures of the paper for `describe`, protocol stated. */
  card: { summary: string; results: { dataset: string; mAP: number; rank1: number; protocol: string }[]; code: string | null };
}

export function defineMethod<Options extends z.ZodObject>(definition: MethodDefinition<Options>): MethodDefinition<Options> {
  return definition;
}
