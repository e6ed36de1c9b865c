/**
 * The training loop: batch, forward, losses, backward, Adam, in that order. Every random number comes from a fork of the run's source named
 * after its epoch or step, so a run that resumes at step n repeats exactly what an uninterrupted one would have done from there.
 * Tests: test/models/train/loop.test.ts (resume bit for bit, tensor counts, NaN guard).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor5D, Variable } from '@tensorflow/tfjs-core';
import { AppError } from '../../src-shared/errors.ts';
import type { ClipShape } from '../clipOptions.ts';
import type { MethodDefinition, Model, Recipe, Rng } from '../method.ts';
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
  images: number;
  /** Seconds from the end of the step before to the end of this one, and the part of it spent waiting for pixels. */
  seconds: number;
  secondsWaiting: number;
}

/** A step as a function of tensors, and the variables that it reads and writes, for an engine that can trace it. */
export interface StepProgram {
  /** [clips, labels, Adam's factors] → [loss, parts in the order of `partNames`]. */
  run(inputs: Tensor[], tools: StepTools): Tensor[];
  /** Weights, running statistics and Adam's moments. */
  variables: Variable[];
}
export type Accelerate = (program: StepProgram) => (inputs: Tensor[]) => Tensor[];

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

/** @throws ENGINE_FAILED when the loss is no number any more, CANCELLED when the signal fires. */
export async function train(input: TrainInput): Promise<TrainResult> {
  const { recipe, optimizer, rng, startStep = 0, clock = Date.now } = input;
  let stepRng = rng;
  const program = stepProgram(input.model, optimizer, () => stepRng);
  const runStep = input.accelerate ? input.accelerate(program) : (inputs: Tensor[]) => tf.tidy(() => program.run(inputs, EAGER_TOOLS));
  const plan = planSteps(recipe, input.source.tracklets, rng, startStep);
  let step = startStep;
  let next = plan.next();
  let loading = next.done ? null : loadBatch(next.value, input);
  let edge = clock();
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
    const factors = tf.tensor1d(optimizer.factors(step + 1, learningRate));
    const inputs = [tf.tensor5d(batch.pixels, batch.shape), tf.tensor1d(batch.labels, 'int32'), factors];
    stepRng = rng.fork(`forward of step ${step}`);
    const outputs = runStep(inputs);
    const [loss, ...parts] = (await Promise.all(outputs.map((output) => output.data<'float32'>()))).map((values) => values[0] as number) as [
      number,
      ...number[],
    ];
    tf.dispose([inputs, outputs]);
    step++;
    if (!Number.isFinite(loss))
      throw new AppError('ENGINE_FAILED', `The loss became ${loss} at step ${step} (learning rate ${learningRate}).`, { step, learningRate });

    const now = clock();
    await input.onStep?.({
      step,
      epoch,
      loss,
      parts: Object.fromEntries(program.partNames.map((name, i) => [name, parts[i] as number])),
      learningRate,
      images: batch.images,
      seconds: (now - edge) / 1000,
      secondsWaiting,
    });
    edge = clock();
    throwIfCancelled(input.signal);
    if (input.shouldStop?.()) return { steps: step, stopped: true };
  }
  return { steps: step, stopped: false };
}

/** Steps of a whole run. */
export function countSteps(recipe: Recipe, tracklets: SourceTracklet[], rng: Rng): number {
  return recipe.epochs * (recipe.stepsPerEpoch > 0 ? recipe.stepsPerEpoch : batchesOf(recipe, tracklets, rng, 0).length);
}

/** Forward, backward and Adam; the gradient tape sees the trainable weights only. */
function stepProgram(model: Model, optimizer: Adam, rng: () => Rng): StepProgram & { partNames: string[] } {
  const trained = model.parameters.filter(({ trainable }) => trainable).map(({ variable }) => variable);
  const program = {
    partNames: [] as string[],
    variables: [...model.parameters.map(({ variable }) => variable), ...optimizer.state.flatMap(({ first, second }) => [first, second])],
    run([clips, labels, factors]: Tensor[], tools: StepTools): Tensor[] {
      let parts: Record<string, Tensor> = {};
      const { value, grads } = tf.variableGrads(() => {
        const output = model.forwardTrain({ clips: clips as Tensor5D, labels: labels as Tensor1D, random: stepRandom(rng, tools) });
        parts = output.parts;
        for (const part of Object.values(parts)) tf.keep(part);
        return output.loss as Scalar;
      }, trained);
      optimizer.apply(grads, factors as Tensor1D, tools);
      program.partNames = Object.keys(parts);
      return [value, ...Object.values(parts)];
    },
  };
  return program;
}

interface PlannedStep {
  step: number;
  epoch: number;
  /** Positions in the source's list, K of one identity next to each other. */
  tracklets: number[];
}

function* planSteps(recipe: Recipe, tracklets: SourceTracklet[], rng: Rng, startStep: number): Generator<PlannedStep, undefined> {
  let step = 0;
  for (let epoch = 0; epoch < recipe.epochs; epoch++) {
    for (const batch of batchesOf(recipe, tracklets, rng, epoch)) {
      if (step >= startStep) yield { step, epoch, tracklets: batch };
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

interface LoadedBatch {
  pixels: Float32Array;
  shape: [number, number, number, number, number];
  labels: Int32Array;
  images: number;
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
  return { pixels, shape: [planned.tracklets.length, frames, height, width, 3], labels, images: planned.tracklets.length * frames };
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
