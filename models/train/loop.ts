/**
 * The training loop: batch, forward, losses, backward, optimizer, in that order. Every random number comes from a fork of the run's source named
 * after its epoch or step, so a run that resumes at step n repeats exactly what an uninterrupted one would have done from there.
 * Tests: test/models/train/loop.test.ts (resume bit for bit, tensor counts, NaN guard), test/models/train/accumulate.test.ts,
 * test/models/train/lossScaling.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Scalar, Tensor, Tensor1D, Tensor5D, Variable } from '@tensorflow/tfjs-core';
import { AppError } from '../../src-shared/errors.ts';
import { ABSENT } from '../../src-shared/recipe/absent.ts';
import { learningRateAt } from '../../src-shared/recipe/schedule.ts';
import { stepsInEpoch, stepsInRun } from '../../src-shared/recipe/steps.ts';
import type { ClipShape } from '../clipOptions.ts';
import type { MethodDefinition, Model, Recipe, Rng } from '../method.ts';
import { sumOfSquares } from '../ops/basic.ts';
import { drawAugmentation, FIXED_COLOUR, writeClip } from '../pixels/augment.ts';
import { consecutiveClip, restrictedClip, stridedClip } from '../samplers/clips.ts';
import { epochBatches } from '../samplers/identityBatches.ts';
import type { ClipSource, SourceTracklet } from './clipSource.ts';
import type { Optimizer } from './optimizer.ts';
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
  /** With float16: the factor on the loss from now on, and the updates that were left out so far because a gradient was too large for it. */
  lossScale?: number;
  skippedSteps?: number;
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
  (inputs: Tensor[]): Tensor[] | Promise<Tensor[]>;
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
  optimizer: Optimizer;
  rng: Rng;
  /** Steps already done. */
  startStep?: number;
  signal?: AbortSignal;
  /** Awaited at the edge of every step; the place to save a checkpoint. */
  onStep?(report: StepReport): void | Promise<void>;
  /** Asked at the edge of every step; true ends the training and keeps what was done. */
  shouldStop?(): boolean;
  accelerate?: Accelerate;
  /** Monotonic, in milliseconds. */
  clock?: () => number;
}

export interface TrainResult {
  steps: number;
  stopped: boolean;
}

/** @throws ENGINE_FAILED when the loss or a gradient is no number any more, CANCELLED when the signal fires. */
export async function train(input: TrainInput): Promise<TrainResult> {
  const { recipe, model, optimizer, rng, startStep = 0, clock = () => performance.now() } = input;
  let partRng = rng;
  const accelerate: Accelerate = input.accelerate ?? ((program) => (inputs) => tf.tidy(() => program.run(inputs, EAGER_TOOLS)));
  const isWhole = (recipe.accumulate ?? ABSENT.accumulate) === 1;
  const runner = (isWhole ? wholeSteps : stepsInParts)(model, optimizer, () => partRng, accelerate);
  const plan = planSteps(recipe, input.source.tracklets, rng, startStep);
  let step = startStep;
  let skipped = optimizer.scaling?.skipped() ?? 0;
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
      const factors = optimizer.factors(step + 1 - skipped, learningRate);
      const forwardRng = rng.fork(`forward of step ${step}`);
      const outcome = await runner.run(batch, factors, (part) => {
        partRng = isWhole ? forwardRng : forwardRng.fork(`part ${part}`);
      });
      step++;
      throwIfNoNumber(outcome, skipped, step, learningRate);
      skipped = outcome.skippedSteps ?? 0;

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

/**
 * The norm is finite only if every gradient is: one Inf or NaN in any of them shows within the step that made it.
 * Where scaling left the step out, it is no error yet: a smaller scale may do. Below 1 none will.
 */
function throwIfNoNumber(
  { loss, gradientNorm, lossScale = 0, skippedSteps = 0 }: StepOutcome,
  skippedBefore: number,
  step: number,
  learningRate: number,
): void {
  if (skippedSteps > skippedBefore) {
    if (lossScale >= 1) return;
    const sentence = `The gradients stay too large for float16: the loss scale fell below 1 at step ${step} (learning rate ${learningRate}).`;
    throw new AppError('ENGINE_FAILED', sentence, { step, learningRate, lossScale });
  }
  const problem = !Number.isFinite(loss) ? `The loss became ${loss}` : !Number.isFinite(gradientNorm) ? `The gradients' norm became ${gradientNorm}` : null;
  if (problem) throw new AppError('ENGINE_FAILED', `${problem} at step ${step} (learning rate ${learningRate}).`, { step, learningRate });
}

/** Steps of a whole run. */
export function countSteps(recipe: Recipe, tracklets: SourceTracklet[], rng: Rng): number {
  return stepsInRun(recipe, recipe.stepsPerEpoch > 0 ? 0 : batchesOf(recipe, tracklets, rng, 0).length);
}

type StepOutcome = Pick<StepReport, 'loss' | 'parts' | 'gradientNorm' | 'lossScale' | 'skippedSteps'>;

interface StepRunner {
  /** `beforePart` is told the number of each part of the batch before it runs. */
  run(batch: LoadedBatch, factors: number[], beforePart: (part: number) => void): Promise<StepOutcome>;
  dispose(): void;
}

type MakeRunner = (model: Model, optimizer: Optimizer, rng: () => Rng, accelerate: Accelerate) => StepRunner;

interface Differentiated {
  loss: Tensor;
  parts: Record<string, Tensor>;
  gradients: NamedTensorMap;
}

interface Factors {
  /** Of the batch: scales the loss and thereby its gradients. */
  share?: Tensor;
  /** Scales the gradients only. */
  scale?: Tensor;
}

/** Forward and backward; the gradient tape sees the trainable weights only. */
function differentiate(model: Model, [clips, labels]: Tensor[], rng: () => Rng, tools: StepTools, { share, scale }: Factors): Differentiated {
  let parts: Record<string, Tensor> = {};
  let unscaled: Tensor | null = null;
  const { value, grads } = tf.variableGrads(() => {
    const output = model.forwardTrain({ clips: clips as Tensor5D, labels: labels as Tensor1D, random: stepRandom(rng, tools) });
    parts = output.parts;
    for (const part of Object.values(parts)) tf.keep(part);
    const loss = share ? tf.mul(output.loss, share) : output.loss;
    if (!scale) return loss as Scalar;
    unscaled = tf.keep(tf.clone(loss));
    return tf.mul(loss, scale) as Scalar;
  }, trainedVariables(model));
  return { loss: unscaled ?? value, parts, gradients: grads };
}

/** Running statistics, and weights that do not learn. */
function heldVariables(model: Model): Variable[] {
  return model.parameters.filter(({ trainable }) => !trainable).map(({ variable }) => variable);
}

function trainedVariables(model: Model): Variable[] {
  return model.parameters.filter(({ trainable }) => trainable).map(({ variable }) => variable);
}

function gradientNorm(gradients: NamedTensorMap): Tensor {
  return tf.sqrt(sumOfSquares(Object.values(gradients)));
}

interface Updated {
  /** The norm, and what scaling reports. */
  results: Tensor[];
  /** With scaling: whether the update was applied. */
  good?: Tensor;
}

function update(optimizer: Optimizer, gradients: NamedTensorMap, factors: Tensor1D, tools: StepTools): Updated {
  const { scaling } = optimizer;
  const own = scaling ? scaling.unscale(gradients) : gradients;
  const norm = gradientNorm(own);
  const good = scaling && tf.isFinite(norm);
  optimizer.apply(own, factors, tools, good);
  return { results: good ? [norm, ...scaling.update(good)] : [norm], good };
}

function updateReport([gradientNorm, lossScale, skippedSteps]: number[]): Pick<StepReport, 'gradientNorm' | 'lossScale' | 'skippedSteps'> {
  return { gradientNorm: gradientNorm as number, ...(lossScale === undefined ? {} : { lossScale, skippedSteps }) };
}

/** Values that an update that was left out must not have changed. */
function putBack(variables: Variable[], before: Tensor[], good: Tensor): void {
  variables.forEach((variable, i) => {
    const value = before[i] as Tensor;
    if (variable.dataId !== value.dataId) variable.assign(tf.where(good, variable, value));
  });
}

/** The whole batch at once: forward, backward and update in one program. */
const wholeSteps: MakeRunner = (model, optimizer, rng, accelerate) => {
  let partNames: string[] = [];
  const runStep = accelerate({
    variables: [...model.parameters.map(({ variable }) => variable), ...stateOf(optimizer)],
    run([clips, labels, factors], tools) {
      const held = optimizer.scaling ? heldVariables(model) : [];
      const before = held.map((variable) => tf.clone(variable));
      const { loss, parts, gradients } = differentiate(model, [clips as Tensor, labels as Tensor], rng, tools, { scale: optimizer.scaling?.scale });
      const { results, good } = update(optimizer, gradients, factors as Tensor1D, tools);
      if (good) putBack(held, before, good);
      partNames = Object.keys(parts);
      return [loss, ...Object.values(parts), ...results];
    },
  });
  return {
    async run({ pixels, shape, labels }, factors, beforePart) {
      beforePart(0);
      const inputs = [tf.tensor5d(pixels, shape), tf.tensor1d(labels, 'int32'), tf.tensor1d(factors)];
      const [loss, ...rest] = await scalars(await runStep(inputs), inputs);
      return { loss: loss as number, parts: named(partNames, rest), ...updateReport(rest.slice(partNames.length)) };
    },
    dispose: () => runStep.dispose?.(),
  };
};

/**
 * The batch in parts, one after the other, whose gradients are added up before the optimizer sees them: memory of one part and one set of sums.
 * Each part counts by its share of the clips, so a loss that is a mean over clips has the gradient of the whole batch.
 */
const stepsInParts: MakeRunner = (model, optimizer, rng, accelerate) => {
  const trained = trainedVariables(model);
  const sums = new Map(trained.map((variable) => [variable.name, tf.tidy(() => tf.variable(tf.zerosLike(variable), false))]));
  // As they were before the first part of the step.
  const held = optimizer.scaling ? heldVariables(model) : [];
  const before = held.map((variable) => tf.variable(variable, false));
  const reached = new Set<string>();
  let partNames: string[] = [];
  const runPart = accelerate({
    variables: [...model.parameters.map(({ variable }) => variable), ...sums.values(), ...(optimizer.scaling ? [optimizer.scaling.scale] : [])],
    run([clips, labels, share], tools) {
      const { loss, parts, gradients } = differentiate(model, [clips as Tensor, labels as Tensor], rng, tools, { share, scale: optimizer.scaling?.scale });
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
    variables: [...trained, ...stateOf(optimizer), ...sums.values(), ...held, ...before],
    run([factors], tools) {
      const gradients = Object.fromEntries([...sums].filter(([name]) => reached.has(name)));
      const { results, good } = update(optimizer, gradients, factors as Tensor1D, tools);
      for (const sum of sums.values()) sum.assign(tf.zerosLike(sum));
      if (good) {
        putBack(held, before, good);
        before.forEach((variable, i) => variable.assign(held[i] as Variable));
      }
      return results;
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
        const values = await scalars(await runPart(inputs), inputs);
        totals = values.map((value, k) => value + (totals[k] ?? 0));
        start += size;
      }
      const inputs = [tf.tensor1d(factors)];
      const results = await scalars(await applySums(inputs), inputs);
      const [loss, ...parts] = totals;
      return { loss: loss as number, parts: named(partNames, parts), ...updateReport(results) };
    },
    dispose() {
      runPart.dispose?.();
      applySums.dispose?.();
      tf.dispose([...sums.values(), ...before]);
    },
  };
};

function stateOf(optimizer: Optimizer): Variable[] {
  return optimizer.state.map(({ variable }) => variable);
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
  const { identitiesPerBatch, clipsPerIdentity, sampling = ABSENT.sampling } = recipe;
  const pids = tracklets.map(({ pid }) => pid);
  const draw = (pass: number) => epochBatches(pids, { identitiesPerBatch, clipsPerIdentity, sampling }, rng.fork(`epoch ${epoch} pass ${pass}`));
  const batches = draw(0);
  const steps = stepsInEpoch(recipe, batches.length);
  for (let pass = 1; batches.length < steps; pass++) batches.push(...draw(pass));
  return batches.slice(0, steps);
}

/**
 * A batch in the recipe's number of parts. Clips of one identity stay together and every part has at least two identities, which a triplet needs;
 * where a draw does not allow that (one identity several times), it has fewer parts.
 */
export function splitBatch(
  batch: number[],
  pids: number[],
  { accumulate = ABSENT.accumulate, clipsPerIdentity }: Pick<Recipe, 'accumulate' | 'clipsPerIdentity'>,
): number[][] {
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
  const { augmentPer = ABSENT.augmentPer, erasedColour = ABSENT.erasedColour } = recipe;
  const pieces = augmentPer === 'frame' ? clip.frames : 1;
  const size = bytes.length / pieces;
  for (let piece = 0; piece < pieces; piece++) {
    const augmentation = drawAugmentation(
      { flip: recipe.flip, erasing: recipe.erasing, cropPadding: recipe.cropPadding ?? ABSENT.cropPadding, height, width },
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
      erasedColour === 'mean' ? input.mean : FIXED_COLOUR,
    );
  }
}

function drawFrames(length: number, clip: ClipShape, recipe: Recipe, rng: Rng): number[] {
  const { clipSampling = ABSENT.clipSampling } = recipe;
  if (clipSampling === 'restricted') return restrictedClip(length, clip.frames, rng);
  if (clipSampling === 'consecutive') return consecutiveClip(length, clip.frames, rng);
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
