/** The training loop: resume bit for bit, steady tensor counts, stop, cancel, and a loss that is no number. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { clipShape } from '../../../models/clipOptions.ts';
import type { Model, Recipe } from '../../../models/method.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { createRng } from '../../../models/rng.ts';
import { createAdam } from '../../../models/train/adam.ts';
import { countSteps, identityLabels, train } from '../../../models/train/loop.ts';
import type { StepReport, TrainInput } from '../../../models/train/loop.ts';
import { optimizerState, restoreOptimizer, type Optimizer } from '../../../models/train/optimizer.ts';
import { loadStateDict, toStateDict } from '../../../models/train/stateDict.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { colouredPeople } from '../colouredPeople.ts';

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

const options = resnetTap.options.parse({ depth: 18, width: 0.0625, height: 32, inputWidth: 16, frames: 2, stride: 2 });
const source = colouredPeople({ identities: 4, cameras: 2, tracklets: 2, length: 6, seed: 1 });
const recipe: Recipe = {
  ...resnetTap.recipe.small,
  epochs: 2,
  stepsPerEpoch: 5,
  identitiesPerBatch: 2,
  clipsPerIdentity: 2,
  learningRate: 1e-3,
  decayEpochs: [1],
  erasing: 0.5,
};

interface Setup {
  model: Model;
  optimizer: Optimizer;
  input: TrainInput;
}

function setUp(seed: number): Setup {
  const model = resnetTap.build(options, { numClasses: 4, rng: createRng(seed) });
  const optimizer = createAdam(model.parameters, recipe.weightDecay);
  return { model, optimizer, input: { model, input: resnetTap.input, clip: clipShape(options), recipe, source, optimizer, rng: createRng(`run ${seed}`) } };
}

function tearDown({ model, optimizer }: Setup): void {
  model.dispose();
  optimizer.dispose();
}

const weights = (model: Model) => [...toStateDict(model)].map(([name, { values }]) => [name, [...values]]);

test('a run that stops and resumes ends with the same bits as one that did not', async () => {
  const whole = setUp(1);
  expect(await train(whole.input)).toEqual({ steps: 10, stopped: false });

  const first = setUp(1);
  let steps = 0;
  expect(await train({ ...first.input, onStep: ({ step }) => void (steps = step), shouldStop: () => steps === 4 })).toEqual({ steps: 4, stopped: true });
  const [state, moments] = [toStateDict(first.model), optimizerState(first.optimizer)];

  const second = setUp(1);
  for (const { variable } of second.model.parameters) variable.assign(tf.fill(variable.shape, 9));
  loadStateDict(second.model, state);
  restoreOptimizer(second.optimizer, moments);
  const seen: number[] = [];
  expect(await train({ ...second.input, startStep: 4, onStep: ({ step }) => void seen.push(step) })).toEqual({ steps: 10, stopped: false });
  expect(seen).toEqual([5, 6, 7, 8, 9, 10]);
  expect(weights(second.model)).toEqual(weights(whole.model));
  for (const setup of [whole, first, second]) tearDown(setup);
});

test('reports name loss parts, epochs and rates; another seed trains otherwise', async () => {
  const [a, b] = [setUp(1), setUp(2)];
  const reports: StepReport[] = [];
  let now = 0;
  await train({ ...a.input, clock: () => (now += 10), onStep: (report) => void reports.push(report) });
  await train(b.input);
  expect(reports.map(({ epoch }) => epoch)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
  expect(new Set(reports.map(({ learningRate }) => learningRate))).toEqual(new Set([1e-3, 1e-4]));
  for (const { loss, parts, images, seconds } of reports) {
    expect(Object.keys(parts)).toEqual(['identity', 'triplet']);
    expect(loss).toBeCloseTo(parts['identity']! + parts['triplet']!, 4);
    expect([images, seconds > 0]).toEqual([8, true]);
  }
  expect(weights(a.model)).not.toEqual(weights(b.model));
  expect(countSteps(recipe, source.tracklets, createRng(1))).toBe(10);
  expect([...identityLabels(source.tracklets)]).toEqual([
    [0, 0],
    [3, 1],
    [6, 2],
    [9, 3],
  ]);
  tearDown(a);
  tearDown(b);
});

test('500 steps keep the number of tensors, and everything goes away in the end', async () => {
  const before = tf.memory().numTensors;
  const setup = setUp(3);
  const counts: number[] = [];
  await train({
    ...setup.input,
    clip: { frames: 1, stride: 1, height: 32, width: 16 },
    recipe: { ...recipe, epochs: 1, stepsPerEpoch: 500 },
    onStep: () => void counts.push(tf.memory().numTensors),
  });
  expect(counts.length).toBe(500);
  expect(new Set(counts)).toEqual(new Set([counts[0]]));
  tearDown(setup);
  expect(tf.memory().numTensors).toBe(before);
});

describe('what ends a training', () => {
  test('a loss that is no number', async () => {
    const setup = setUp(4);
    let steps = 0;
    await expect(train({ ...setup.input, recipe: { ...recipe, learningRate: 1e30 }, onStep: ({ step }) => void (steps = step) })).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
    });
    expect(steps).toBeGreaterThan(0);
    tearDown(setup);
  });

  test('cancelling', async () => {
    const setup = setUp(5);
    const controller = new AbortController();
    await expect(train({ ...setup.input, signal: controller.signal, onStep: () => controller.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    tearDown(setup);
  });

  test('pixels that cannot be read', async () => {
    const setup = setUp(6);
    const broken = { ...source, read: () => Promise.reject(new Error('no such frame')) };
    await expect(train({ ...setup.input, source: broken })).rejects.toThrow('no such frame');
    tearDown(setup);
  });
});
