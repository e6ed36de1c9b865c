/**
 * The training loop: batch, forward, losses, backward, Adam, in that order. Every random number comes from a fork of the run's source named
 * after its epoch or step, so a run that resumes at step n repeats exactly what an uninterrupted one would have done from there.
 * Tests: test/models/train/loop.test.ts (resume bit for bit, tensor counts, NaN guard), test/models/train/accumulate.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Scalar, Tensor, Tensor1D, Tensor5D, Variable } from '@tensorflow/tfjs-core';
import { AppError } from '../../src-shared/errors.ts';
import type { ClipShape } from '../clipOptions.ts';
import type { MethodDefinition, Model, Recipe, Rng } from '../method.ts';
import { sumOfSquares } from '../ops/basic.ts';
import { drawAugmentation, FIXED_COLOUR, writeClip } from '../pixels/augment.ts';
import { consecutiveClip, restrictedClip, stridedClip } from '../samplers/clips.ts';
import { epochBatches } from '../samplers/identityBatches.ts';
import type { Adam } from './adam.ts';
import type { ClipSource, SourceTracklet } from './clipSource.ts';
import { learningRateAt } from './schedule.ts';
import { EAGER_TOOLS, stepRandom, type StepTools } from './stepTools.ts';

export interface StepReport {
  /** Steps done, from 1. */
  step: number;
  /** From 0. */
  epoch: number;
  loss: number;
  parts: Record<string, number>;
  learningRate: number;
  /** Euclidean norm of all gradients together, before weight decay. */
  gradientNorm: number;
  images: number;
  /** Seconds from the end of the step before to the end of this one, and the part of it spent waiting for pixels. */
  seconds: number;
  secondsWaiting: number;
}

/** A step, or a part of one, as a function of tensors, and the variables that it reads and writes, for an engine that can trace it. */
export interface StepProgram {
  run(inputs: Tensor[], tools: StepTools): Tensor[];
  variables: Variable[];
}
export interface RunProgram {
  (inputs: Tensor[]): Tensor[];
  dispose?(): void;
}
export type Accelerate = (program: StepProgram) => RunProgram;

export interface TrainInput {
  model: Model;
  input: MethodDefinition['input'];
  clip: ClipShape;
  recipe: Recipe;
  source: ClipSource;
  /** The caller makes it, saves it beside the weights, and restores it to resume. */
  optimizer: Adam;
  rng: Rng;
  /** Steps already done. */
  startStep?: number;
  signal?: AbortSignal;
  /** Awaited at the edge of every step; the place to save a checkpoint. */
  onStep?(report: StepReport): void | Promise<void>;
  /** Asked at the edge of every step; true ends the training and keeps what was done. */
  shouldStop?(): boolean;
  accelerate?: Accelerate;
  /** Milliseconds. */
  clock?: () => number;
}

export interface TrainResult {
  steps: number;
  stopped: boolean;
}

/** @throws ENGINE_FAILED when the loss or a gradient is no number any more, CANCELLED when the signal fires. */
export async function train(input: TrainInput): Promise<TrainResult> {
  const { recipe, model, optimizer, rng, startStep = 0, clock = Date.now } = input;
  let partRng = rng;
  const accelerate: Accelerate = input.accelerate ?? ((program) => (inputs) => tf.tidy(() => program.run(inputs, EAGER_TOOLS)));
  const isWhole = (recipe.accumulate ?? 1) === 1;
  const runner = (isWhole ? wholeSteps : stepsInParts)(model, optimizer, () => partRng, accelerate);
  const plan = planSteps(recipe, input.source.tracklets, rng, startStep);
  let step = startStep;
  let next = plan.next();
  let loading = next.done ? null : loadBatch(next.value, input);
  let edge = clock();
  try {
    while (!next.done && loading) {
      const { epoch } = next.value;
      const waitFrom = clock();
      const batch = await loading;
      const secondsWaiting = (clock() - waitFrom) / 1000;
      throwIfCancelled(input.signal);
      // Pixels of the next step are read while this one computes.
      next = plan.next();
      loading = next.done ? null : loadBatch(next.value, input);
      loading?.catch(() => undefined); // a failure shows when it is awaited

      const learningRate = learningRateAt(recipe, epoch);
      const factors = optimizer.factors(step + 1, learningRate);
      const forwardRng = rng.fork(`forward of step ${step}`);
      const outcome = await runner.run(batch, factors, (part) => {
        partRng = isWhole ? forwardRng : forwardRng.fork(`part ${part}`);
      });
      step++;
      throwIfNoNumber(outcome, step, learningRate);

      const now = clock();
      await input.onStep?.({
        step,
        epoch,
        ...outcome,
        learningRate,
        images: batch.images,
        seconds: (now - edge) / 1000,
        secondsWaiting,
      });
      edge = clock();
      throwIfCancelled(input.signal);
      if (input.shouldStop?.()) return { steps: step, stopped: true };
    }
  } finally {
    runner.dispose();
  }
  return { steps: step, stopped: false };
}

/** The norm is finite only if every gradient is: one Inf or NaN in any of them shows within the step that made it. */
function throwIfNoNumber({ loss, gradientNorm }: StepOutcome, step: number, learningRate: number): void {
  const problem = !Number.isFinite(loss) ? `The loss became ${loss}` : !Number.isFinite(gradientNorm) ? `The gradients' norm became ${gradientNorm}` : null;
  if (problem) throw new AppError('ENGINE_FAILED', `${problem} at step ${step} (learning rate ${learningRate}).`, { step, learningRate });
}

/** Steps of a whole run. */
export function countSteps(recipe: Recipe, tracklets: SourceTracklet[], rng: Rng): number {
  return recipe.epochs * (recipe.stepsPerEpoch > 0 ? recipe.stepsPerEpoch : batchesOf(recipe, tracklets, rng, 0).length);
}

interface StepOutcome {
  loss: number;
  parts: Record<string, number>;
  gradientNorm: number;
}

interface StepRunner {
  /** `beforePart` is told the number of each part of the batch before it runs. */
  run(batch: LoadedBatch, factors: [number, number], beforePart: (part: number) => void): Promise<StepOutcome>;
  dispose(): void;
}

type MakeRunner = (model: Model, optimizer: Adam, rng: () => Rng, accelerate: Accelerate) => StepRunner;

interface Differentiated {
  loss: Tensor;
  parts: Record<string, Tensor>;
  gradients: NamedTensorMap;
}

/** Forward and backward; the gradient tape sees the trainable weights only. `share` scales the loss and thereby its gradients. */
function differentiate(model: Model, [clips, labels]: Tensor[], rng: () => Rng, tools: StepTools, share?: Tensor): Differentiated {
  let parts: Record<string, Tensor> = {};
  const { value, grads } = tf.variableGrads(() => {
    const output = model.forwardTrain({ clips: clips as Tensor5D, labels: labels as Tensor1D, random: stepRandom(rng, tools) });
    parts = output.parts;
    for (const part of Object.values(parts)) tf.keep(part);
    return (share ? tf.mul(output.loss, share) : output.loss) as Scalar;
  }, trainedVariables(model));
  return { loss: value, parts, gradients: grads };
}

function trainedVariables(model: Model): Variable[] {
  return model.parameters.filter(({ trainable }) => trainable).map(({ variable }) => variable);
}

function gradientNorm(gradients: NamedTensorMap): Tensor {
  return tf.sqrt(tf.addN(Object.values(gradients).map((gradient) => sumOfSquares(gradient))));
}

/** The whole batch at once: forward, backward and Adam in one program. */
const wholeSteps: MakeRunner = (model, optimizer, rng, accelerate) => {
  let partNames: string[] = [];
  const runStep = accelerate({
    variables: [...model.parameters.map(({ variable }) => variable), ...moments(optimizer)],
    run([clips, labels, factors], tools) {
      const { loss, parts, gradients } = differentiate(model, [clips as Tensor, labels as Tensor], rng, tools);
      const norm = gradientNorm(gradients);
      optimizer.apply(gradients, factors as Tensor1D, tools);
      partNames = Object.keys(parts);
      return [loss, norm, ...Object.values(parts)];
    },
  });
  return {
    async run({ pixels, shape, labels }, factors, beforePart) {
      beforePart(0);
      const inputs = [tf.tensor5d(pixels, shape), tf.tensor1d(labels, 'int32'), tf.tensor1d(factors)];
      const [loss, norm, ...parts] = await scalars(runStep(inputs), inputs);
      return { loss: loss as number, gradientNorm: norm as number, parts: named(partNames, parts) };
    },
    dispose: () => runStep.dispose?.(),
  };
};

/**
 * The batch in parts, one after the other, whose gradients are added up before Adam sees them: memory of one part and one set of sums.
 * Each part counts by its share of the clips, so a loss that is a mean over clips has the gradient of the whole batch.
 */
const stepsInParts: MakeRunner = (model, optimizer, rng, accelerate) => {
  const trained = trainedVariables(model);
  const sums = new Map(trained.map((variable) => [variable.name, tf.tidy(() => tf.variable(tf.zerosLike(variable), false))]));
  const reached = new Set<string>();
  let partNames: string[] = [];
  const runPart = accelerate({
    variables: [...model.parameters.map(({ variable }) => variable), ...sums.values()],
    run([clips, labels, share], tools) {
      const { loss, parts, gradients } = differentiate(model, [clips as Tensor, labels as Tensor], rng, tools, share);
      for (const [name, gradient] of Object.entries(gradients)) {
        reached.add(name);
        const sum = sums.get(name) as Variable;
        if (!tools.add(sum, gradient)) sum.assign(tf.add(sum, gradient));
      }
      partNames = Object.keys(parts);
      const scaled = Object.values(parts).map((part) => tf.mul(part, share as Tensor));
      tf.dispose(parts);
      return [loss, ...scaled];
    },
  });
  const applySums = accelerate({
    variables: [...trained, ...moments(optimizer), ...sums.values()],
    run([factors], tools) {
      const gradients = Object.fromEntries([...sums].filter(([name]) => reached.has(name)));
      const norm = gradientNorm(gradients);
      optimizer.apply(gradients, factors as Tensor1D, tools);
      for (const sum of sums.values()) sum.assign(tf.zerosLike(sum));
      return [norm];
    },
  });
  return {
    async run({ pixels, shape, labels, partSizes }, factors, beforePart) {
      const [clips, ...rest] = shape;
      const clipSize = pixels.length / clips;
      let totals: number[] = [];
      let start = 0;
      for (const [i, size] of partSizes.entries()) {
        beforePart(i);
        const inputs = [
          tf.tensor5d(pixels.subarray(start * clipSize, (start + size) * clipSize), [size, ...rest]),
          tf.tensor1d(labels.subarray(start, start + size), 'int32'),
          tf.scalar(size / clips),
        ];
        const values = await scalars(runPart(inputs), inputs);
        totals = values.map((value, k) => value + (totals[k] ?? 0));
        start += size;
      }
      const inputs = [tf.tensor1d(factors)];
      const [norm] = await scalars(applySums(inputs), inputs);
      const [loss, ...parts] = totals;
      return { loss: loss as number, gradientNorm: norm as number, parts: named(partNames, parts) };
    },
    dispose() {
      runPart.dispose?.();
      applySums.dispose?.();
      tf.dispose([...sums.values()]);
    },
  };
};

function moments(optimizer: Adam): Variable[] {
  return optimizer.state.flatMap(({ first, second }) => [first, second]);
}

/** Reads single numbers, and lets go of them and of what they came from. */
async function scalars(outputs: Tensor[], inputs: Tensor[]): Promise<number[]> {
  const values = await Promise.all(outputs.map((output) => output.data<'float32'>()));
  tf.dispose([inputs, outputs]);
  return values.map(([value]) => value as number);
}

function named(names: string[], values: number[]): Record<string, number> {
  return Object.fromEntries(names.map((name, i) => [name, values[i] as number]));
}

interface PlannedStep {
  step: number;
  epoch: number;
  /** Positions in the source's list, K of one identity next to each other. */
  tracklets: number[];
  /** Clips in each part that is computed on its own, in their order. */
  partSizes: number[];
}

function* planSteps(recipe: Recipe, tracklets: SourceTracklet[], rng: Rng, startStep: number): Generator<PlannedStep, undefined> {
  const pids = tracklets.map(({ pid }) => pid);
  let step = 0;
  for (let epoch = 0; epoch < recipe.epochs; epoch++) {
    for (const batch of batchesOf(recipe, tracklets, rng, epoch)) {
      if (step >= startStep) {
        const parts = splitBatch(batch, pids, recipe);
        yield { step, epoch, tracklets: parts.flat(), partSizes: parts.map(({ length }) => length) };
      }
      step++;
    }
  }
  return undefined;
}

function batchesOf(recipe: Recipe, tracklets: SourceTracklet[], rng: Rng, epoch: number): number[][] {
  const { identitiesPerBatch, clipsPerIdentity, sampling = 'tracklets', stepsPerEpoch } = recipe;
  const pids = tracklets.map(({ pid }) => pid);
  const draw = (pass: number) => epochBatches(pids, { identitiesPerBatch, clipsPerIdentity, sampling }, rng.fork(`epoch ${epoch} pass ${pass}`));
  const batches = draw(0);
  if (stepsPerEpoch === 0) return batches;
  for (let pass = 1; batches.length < stepsPerEpoch; pass++) batches.push(...draw(pass));
  return batches.slice(0, stepsPerEpoch);
}

/**
 * A batch in the recipe's number of parts. Clips of one identity stay together and every part has at least two identities, which a triplet needs;
 * where a draw does not allow that (one identity several times), it has fewer parts.
 */
export function splitBatch(batch: number[], pids: number[], { accumulate = 1, clipsPerIdentity }: Pick<Recipe, 'accumulate' | 'clipsPerIdentity'>): number[][] {
  if (accumulate === 1) return [batch];
  const groups: number[][] = [];
  for (let start = 0; start < batch.length; start += clipsPerIdentity) groups.push(batch.slice(start, start + clipsPerIdentity));
  const pidOf = (group: number[]) => pids[group[0] as number] as number;
  // Groups of one identity become neighbours, and neighbours go to different parts.
  groups.sort((a, b) => pidOf(a) - pidOf(b));
  for (let count = Math.min(accumulate, groups.length); count > 1; count--) {
    const parts = Array.from({ length: count }, (_, part) => groups.filter((_group, i) => i % count === part));
    if (parts.every((part) => new Set(part.map(pidOf)).size > 1)) return parts.map((part) => part.flat());
  }
  return [batch];
}

interface LoadedBatch {
  pixels: Float32Array;
  shape: [number, number, number, number, number];
  labels: Int32Array;
  images: number;
  partSizes: number[];
}

/** Draws the frames of every clip, reads their pixels, augments and normalises them. */
async function loadBatch(planned: PlannedStep, { source, clip, recipe, rng, input }: TrainInput): Promise<LoadedBatch> {
  const { frames, height, width } = clip;
  const classes = identityLabels(source.tracklets);
  const clipSize = frames * height * width * 3;
  const pixels = new Float32Array(planned.tracklets.length * clipSize);
  const stepRng = rng.fork(`step ${planned.step}`);
  await Promise.all(
    planned.tracklets.map(async (position, i) => {
      const tracklet = source.tracklets[position] as SourceTracklet;
      const clipRng = stepRng.fork(`clip ${i}`);
      const chosen = drawFrames(tracklet.length, clip, recipe, clipRng);
      const bytes = await source.read(tracklet.id, chosen, { height, width, resize: input.resize });
      if (bytes.length !== clipSize)
        throw new AppError('INTERNAL', `Tracklet ${tracklet.id} gave ${bytes.length} bytes for a clip of ${clipSize}.`, { tracklet: tracklet.id });
      augment(bytes, pixels.subarray(i * clipSize, (i + 1) * clipSize), { clip, recipe, input }, clipRng);
    }),
  );
  const labels = Int32Array.from(planned.tracklets, (position) => classes.get((source.tracklets[position] as SourceTracklet).pid) as number);
  return {
    pixels,
    shape: [planned.tracklets.length, frames, height, width, 3],
    labels,
    images: planned.tracklets.length * frames,
    partSizes: planned.partSizes,
  };
}

/** Writes a clip, with one draw for all of its frames or one for each. */
function augment(bytes: Uint8Array, target: Float32Array, { clip, recipe, input }: Pick<TrainInput, 'clip' | 'recipe' | 'input'>, rng: Rng): void {
  const { height, width } = clip;
  const pieces = recipe.augmentPer === 'frame' ? clip.frames : 1;
  const size = bytes.length / pieces;
  for (let piece = 0; piece < pieces; piece++) {
    const augmentation = drawAugmentation(
      { flip: recipe.flip, erasing: recipe.erasing, cropPadding: recipe.cropPadding ?? 0, height, width },
      rng.fork(`augment ${piece}`),
    );
    writeClip(
      bytes.subarray(piece * size, (piece + 1) * size),
      height,
      width,
      input,
      augmentation,
      target,
      piece * size,
      recipe.erasedColour === 'mean' ? input.mean : FIXED_COLOUR,
    );
  }
}

function drawFrames(length: number, clip: ClipShape, recipe: Recipe, rng: Rng): number[] {
  if (recipe.clipSampling === 'restricted') return restrictedClip(length, clip.frames, rng);
  if (recipe.clipSampling === 'consecutive') return consecutiveClip(length, clip.frames, rng);
  return stridedClip(length, clip.frames, clip.stride, rng);
}

/** Identities numbered 0..n−1 in ascending order of their id: the classifier's rows. */
export function identityLabels(tracklets: { pid: number }[]): Map<number, number> {
  const pids = [...new Set(tracklets.map(({ pid }) => pid))].sort((a, b) => a - b);
  return new Map(pids.map((pid, label) => [pid, label]));
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('CANCELLED', 'The training was cancelled.');
}
