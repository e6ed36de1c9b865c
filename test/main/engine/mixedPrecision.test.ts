/**
 * A recorded training step with products in few bits: that it really computes so, what stays float32, that it learns as float32 does and repeats its bits.
 * float16 computes here by the rules that TensorFlow has for NVIDIA cards, with the processor's slow kernels.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { clipShape } from '../../../models/clipOptions.ts';
import type { Precision, Recipe } from '../../../models/method.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { createRng } from '../../../models/rng.ts';
import { createAdam } from '../../../models/train/adam.ts';
import { train, type StepReport } from '../../../models/train/loop.ts';
import { recipeOptimizer } from '../../../models/train/recipeOptimizer.ts';
import { expectPrecision } from '../../../src-main/engine/precision.ts';
import { packState, unpackState, type PackedState } from '../../../src-main/compute/runState.ts';
import { tracedStepIn } from '../../../src-main/engine/trace/accelerate.ts';
import { traced } from '../../../src-main/engine/trace/traced.ts';
import { colouredPeople } from '../../models/colouredPeople.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

/** Eight significant bits: what bfloat16 keeps. */
function roundedToBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] as number;
  const rounded = (bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(Uint32Array.of(rounded).buffer)[0] as number;
}

/** Eleven significant bits, of a number from 1 to 2. */
function roundedToFloat16(value: number): number {
  return Math.round(value * 1024) / 1024;
}

test.each([
  ['bfloat16', roundedToBfloat16],
  ['float16', roundedToFloat16],
] as const)('factors of a product are rounded to %s; a sum beside it is not', (precision, rounded) => {
  const values = Float32Array.from({ length: 64 }, (_, i) => 1 + i / 1000);
  const x = tf.tensor2d(values, [8, 8]);
  const eye = tf.eye(8);
  const body = ([a, b]: tf.Tensor[]) => [tf.matMul(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), b as tf.Tensor2D), tf.sum(a as tf.Tensor)];
  const run = traced((inputs) => body(inputs), { precision });
  const [product, sum] = run([x, eye]) as [tf.Tensor, tf.Tensor];
  expect([...product.dataSync()]).toEqual([...values].map(rounded));
  expect(sum.dataSync()[0]).toBeCloseTo(
    values.reduce((a, b) => a + b, 0),
    3,
  );
  run.dispose();
  tf.dispose([x, eye, product, sum]);
});

test('it is noticed when TensorFlow does not compute so', () => {
  for (const precision of ['float32', 'bfloat16', 'float16'] as const) expectPrecision(precision);
  process.env['TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_ALLOWLIST_REMOVE'] = 'MatMul,BatchMatMul,BatchMatMulV2';
  try {
    for (const precision of ['bfloat16', 'float16'] as const)
      expect(() => expectPrecision(precision)).toThrow(`told to compute products in ${precision} and computes them in float32`);
  } finally {
    delete process.env['TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_ALLOWLIST_REMOVE'];
  }
});

test('a network learns as in float32: the loss falls as far, features point the same way after the first step', async () => {
  const options = resnetTap.options.parse({ depth: 18, width: 0.25, height: 64, inputWidth: 32, frames: 2, stride: 2 });
  const source = colouredPeople({ identities: 6, cameras: 2, tracklets: 2, length: 6, seed: 1 });

  async function run(precision: Precision): Promise<{ losses: number[]; features: Float32Array }> {
    const model = resnetTap.build(options, { numClasses: 6, rng: createRng(1) });
    const optimizer = createAdam(model.parameters, 5e-4);
    const losses: number[] = [];
    let features = new Float32Array();
    const probe = tf.randomNormal([8, 2, 64, 32, 3], 0, 1, 'float32', 5) as tf.Tensor5D;
    const recipe = { ...resnetTap.recipe.small, epochs: 1, stepsPerEpoch: 40, identitiesPerBatch: 4, clipsPerIdentity: 4, learningRate: 3e-4, warmupEpochs: 0 };
    await train({
      model,
      input: resnetTap.input,
      clip: clipShape(options),
      recipe: { ...recipe, erasing: 0, decayEpochs: [] },
      source,
      optimizer,
      rng: createRng('run'),
      accelerate: tracedStepIn(precision),
      onStep: ({ step, loss }) => {
        losses.push(loss);
        if (step > 1) return;
        const embedded = model.embed(probe);
        features = embedded.dataSync<'float32'>().slice() as typeof features;
        embedded.dispose();
      },
    });
    probe.dispose();
    model.dispose();
    optimizer.dispose();
    return { losses, features };
  }

  const [exact, rounded] = [await run('float32'), await run('bfloat16')];
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [start, end] = [(losses: number[]) => losses[0] as number, (losses: number[]) => mean(losses.slice(-8))];
  console.info(
    `loss ${start(exact.losses).toFixed(4)} → ${end(exact.losses).toFixed(4)} in float32, ${start(rounded.losses).toFixed(4)} → ${end(rounded.losses).toFixed(4)} in bfloat16, cosine of features after a step ${cosine(exact.features, rounded.features).toFixed(6)}`,
  );
  expect(rounded.losses).not.toEqual(exact.losses);
  // Of the same weights: rounding to eight bits, averaged over a network.
  expect(Math.abs(start(rounded.losses) / start(exact.losses) - 1)).toBeLessThan(0.02);
  // Not itself a bfloat16 number.
  expect(roundedToBfloat16(start(rounded.losses))).not.toBe(start(rounded.losses));
  expect(end(exact.losses)).toBeLessThan(0.6 * start(exact.losses));
  expect(end(rounded.losses)).toBeLessThan(0.6 * start(rounded.losses));
  expect(cosine(exact.features, rounded.features)).toBeGreaterThan(0.99);
});

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe.each([
  ['bfloat16', 1],
  ['float16', 1],
  ['float16', 2],
] as const)('%s, a batch in %i parts', (precision, accumulate) => {
  const options = resnetTap.options.parse({ depth: 18, width: 0.0625, height: 32, inputWidth: 16, frames: 2, stride: 2 });
  const source = colouredPeople({ identities: 4, cameras: 2, tracklets: 2, length: 6, seed: 1 });
  const small = {
    ...resnetTap.recipe.small,
    epochs: 2,
    stepsPerEpoch: 3,
    identitiesPerBatch: 4,
    clipsPerIdentity: 2,
    learningRate: 1e-3,
    decayEpochs: [1],
    accumulate,
  };
  interface Kept {
    report: StepReport;
    packed: PackedState;
  }

  async function run(chosen: Precision, from?: Kept): Promise<Kept[]> {
    const rng = createRng('run');
    const model = resnetTap.build(options, { numClasses: 4, rng: createRng(from ? 'other weights' : 1) });
    const recipe: Recipe = { ...small, precision: chosen };
    const optimizer = recipeOptimizer(recipe, model.parameters);
    if (from) unpackState({ name: 'checkpoint', files: from.packed.files } as Parameters<typeof unpackState>[0], model, optimizer, rng);
    const kept: Kept[] = [];
    const state = (step: number) => ({ step, epoch: 0, seconds: 0, rng: rng.state(), labels: [], contentHash: '', version: '1' });
    try {
      await train({
        model,
        input: resnetTap.input,
        clip: clipShape(options),
        recipe,
        source,
        optimizer,
        rng,
        startStep: from?.report.step,
        accelerate: tracedStepIn(chosen),
        onStep: (report) => void kept.push({ report, packed: packState(model, optimizer, state(report.step)) }),
      });
      return kept;
    } finally {
      model.dispose();
      optimizer.dispose();
    }
  }

  const files = (list: Kept[]) => list.at(-1)?.packed.files;
  const losses = (list: Kept[]) => list.map(({ report }) => report.loss);

  test('two runs have the same bits, and one resumed from a checkpoint ends with them; losses are those of float32', async () => {
    const whole = await run(precision);
    expect(whole).toHaveLength(6);
    expect(files(await run(precision))).toEqual(files(whole));
    for (const from of [0, 2, 4].map((i) => whole[i] as Kept)) expect(files(await run(precision, from))).toEqual(files(whole));
    const exact = await run('float32');
    expect(exact.at(-1)?.packed.weightsHash).not.toBe(whole.at(-1)?.packed.weightsHash);
    const [rounded, wanted] = [losses(whole), losses(exact)];
    console.info(`losses in ${precision} ${rounded.map((loss) => loss.toFixed(4)).join(' ')}, in float32 ${wanted.map((loss) => loss.toFixed(4)).join(' ')}`);
    expect(Math.abs((rounded[0] as number) / (wanted[0] as number) - 1)).toBeLessThan(precision === 'bfloat16' ? 0.02 : 0.003);
  });

  if (precision === 'bfloat16') return;
  test('gradients that overflow at the first scale leave steps out, until it fits them; the run goes on from there', async () => {
    const kept = await run(precision);
    const [skipped, scales] = [kept.map(({ report }) => report.skippedSteps as number), kept.map(({ report }) => report.lossScale as number)];
    console.info(`scales ${scales.join(' ')}, left out ${skipped.join(' ')}`);
    const left = skipped.at(-1) as number;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(kept.length);
    expect(scales.at(-1)).toBe(2 ** (16 - left));
    // A step that was left out changes no weight and no running statistic.
    const hashes = new Set(kept.map(({ packed }) => packed.weightsHash));
    expect(hashes.size).toBe(kept.length - left + (skipped[0] === 1 ? 1 : 0));
    for (const { report } of kept) expect(Number.isFinite(report.loss)).toBe(true);
    expect(losses(kept)[0]).toBe(losses(await run(precision))[0]);
  });
});
