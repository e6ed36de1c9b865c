/**
 * Recorded training repeats itself bit for bit: ten runs of the compute child on two threads, and a run resumed from every checkpoint that an
 * unbroken one wrote, for a network with dropout, a batch in parts, recomputed blocks, and SGD.
 */
import * as tf from '@tensorflow/tfjs-core';
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { clipShape } from '../../../models/clipOptions.ts';
import type { Model, Recipe } from '../../../models/method.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { createRng } from '../../../models/rng.ts';
import { train } from '../../../models/train/loop.ts';
import { recipeOptimizer } from '../../../models/train/recipeOptimizer.ts';
import type { FromChild } from '../../../src-main/compute/protocol.ts';
import { packState, unpackState, type PackedState } from '../../../src-main/compute/runState.ts';
import type { NodeBackend } from '../../../src-main/engine/tensorflowBackend.ts';
import { tracedStep } from '../../../src-main/engine/trace/accelerate.ts';
import type { TrainJobResult, TrainTask } from '../../../src-main/compute/tasks/train.ts';
import { supervise } from '../../../src-main/jobs/supervisor.ts';
import { colouredPeople } from '../../models/colouredPeople.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject } from '../support/tinyProject.ts';

const RUNS = 10;
const script = new URL('../../../src-main/compute/child.ts', import.meta.url);

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

/** Hashes of the weights after `count` runs of the compute child. */
async function hashes(count: number, options: Record<string, unknown>, recipe: Recipe): Promise<Set<string>> {
  const project = await tinyProject();
  const found = new Set<string>();
  for (let i = 0; i < count; i++) {
    const task: TrainTask = {
      kind: 'train',
      projectFolder: project.folder,
      runId: `run-${i}`,
      method: 'resnet-tap',
      options,
      recipe,
      manifest: project.manifest,
      seed: 7,
      engine: { device: 'cpu', threads: 2, paths: {} },
    };
    const signal = new AbortController().signal;
    const result = (await supervise<FromChild>({ script, task, signal, onAbort: 'stop', grace: { word: 60_000, term: 2000 } })) as TrainJobResult;
    expect(result.steps).toBe(recipe.epochs * (recipe.stepsPerEpoch ?? 0));
    found.add(result.weightsHash);
  }
  rmSync(dirname(project.folder), { recursive: true, force: true });
  return found;
}

test(`${RUNS} runs with the same seed end with the same weights`, async () => {
  expect([...(await hashes(RUNS, TINY_OPTIONS, TINY_RECIPE))]).toHaveLength(1);
});

// 256 channels and 256 tiles in the last stage, 8 images of 256 × 128: tiled convolutions, and operations that are worth sharing between threads.
const WIDE_OPTIONS = { ...TINY_OPTIONS, width: 0.5, height: 256, inputWidth: 128 };
const WIDE_RUNS = 4;

test(`${WIDE_RUNS} runs of a network with tiled convolutions end with the same weights`, async () => {
  expect([...(await hashes(WIDE_RUNS, WIDE_OPTIONS, { ...TINY_RECIPE, epochs: 1, stepsPerEpoch: 3 }))]).toHaveLength(1);
});

test('a recorded step of that network computes its three convolutions of 256 to 256 channels in tiles', async () => {
  const names = new Map<string, number>();
  const backend = tf.backend() as NodeBackend;
  const original = backend.executeSingleOutput.bind(backend);
  const spy = vi.spyOn(backend, 'executeSingleOutput').mockImplementation((name, attributes, inputs) => {
    names.set(name, (names.get(name) ?? 0) + 1);
    return original(name, attributes, inputs);
  });
  const options = resnetTap.options.parse(WIDE_OPTIONS);
  const recipe: Recipe = { ...TINY_RECIPE, epochs: 1, stepsPerEpoch: 1 };
  const model = resnetTap.build(options, { numClasses: 4, rng: createRng(1) });
  const optimizer = recipeOptimizer(recipe, model.parameters);
  try {
    await train({ model, input: resnetTap.input, clip: clipShape(options), recipe, source, optimizer, rng: createRng(1), accelerate: tracedStep });
  } finally {
    spy.mockRestore();
    model.dispose();
    optimizer.dispose();
  }
  // ResNet-18 has twenty convolutions; the three of 1×1 are products of matrices.
  expect(names.get('Conv2DBackpropFilter')).toBe(20 - 3 - 3);
});

const source = colouredPeople({ identities: 4, cameras: 2, tracklets: 2, length: 6, seed: 1 });
const RECIPE: Recipe = {
  ...resnetTap.recipe.small,
  epochs: 3,
  stepsPerEpoch: 2,
  identitiesPerBatch: 4,
  clipsPerIdentity: 2,
  learningRate: 1e-3,
  decayEpochs: [1],
  erasing: 0.5,
};

/** A model whose pixels are dropped at random, drawn from the step's own source. */
function withDropout(model: Model): Model {
  const forward = model.forwardTrain.bind(model);
  return {
    ...model,
    forwardTrain: (batch) => forward({ ...batch, clips: tf.mul(batch.clips, tf.cast(tf.greater(batch.random.uniform(batch.clips.shape), 0.2), 'float32')) }),
  };
}

describe.each([
  ['dropout', { accumulate: 1 }, false],
  ['dropout, a batch in two parts, recomputed blocks', { accumulate: 2 }, true],
  ['SGD with Nesterov momentum', { optimizer: 'sgd', nesterov: true, learningRate: 0.05 }, false],
] satisfies [string, Partial<Recipe>, boolean][])('%s', (_name, changes, recompute) => {
  const options = resnetTap.options.parse({ depth: 18, width: 0.0625, height: 32, inputWidth: 16, frames: 2, stride: 2, recompute });

  /** Trains from a checkpoint, or from the beginning, to the end. */
  async function run(from?: { step: number; packed: PackedState }, seed = 1): Promise<{ hash: string; checkpoints: { step: number; packed: PackedState }[] }> {
    const rng = createRng(`run ${seed}`);
    const model = withDropout(resnetTap.build(options, { numClasses: 4, rng: createRng(from ? 'other weights' : seed) }));
    const optimizer = recipeOptimizer({ ...RECIPE, ...changes }, model.parameters);
    if (from) unpackState({ name: 'checkpoint', files: from.packed.files } as Parameters<typeof unpackState>[0], model, optimizer, rng);
    const checkpoints: { step: number; packed: PackedState }[] = [];
    const state = (step: number) => ({ step, epoch: 0, seconds: 0, rng: rng.state(), labels: [], contentHash: '', version: '1' });
    await train({
      model,
      input: resnetTap.input,
      clip: clipShape(options),
      recipe: { ...RECIPE, ...changes },
      source,
      optimizer,
      rng,
      startStep: from?.step,
      accelerate: tracedStep,
      onStep: ({ step }) => void checkpoints.push({ step, packed: packState(model, optimizer, state(step)) }),
    });
    model.dispose();
    optimizer.dispose();
    return { hash: checkpoints.at(-1)?.packed.weightsHash ?? '', checkpoints };
  }

  test('resumed from any checkpoint, the run ends with the bits of the unbroken one', async () => {
    const whole = await run();
    expect(whole.checkpoints.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(whole.checkpoints.map(({ packed }) => packed.weightsHash)).size).toBe(6);
    for (const checkpoint of whole.checkpoints.slice(0, -1)) {
      const rest = await run(checkpoint);
      expect(rest.checkpoints.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6].slice(checkpoint.step));
      expect([checkpoint.step, rest.hash]).toEqual([checkpoint.step, whole.hash]);
      // The optimizer's state too.
      expect(rest.checkpoints.at(-1)?.packed.files.get('optimizer.safetensors')).toEqual(whole.checkpoints.at(-1)?.packed.files.get('optimizer.safetensors'));
    }
    expect((await run(undefined, 2)).hash).not.toBe(whole.hash);
  });
});
