/**
 * Loss scaling in the training loop against torch.amp.GradScaler (test/golden/tools/make_optimizers.py), in float32 with a scale so large that the
 * gradients overflow: op by op and recorded, whole batches and in parts. The same weights, scale and count of good steps after each of 16 steps, to
 * 1e-5 of the largest value; running statistics change with applied steps only; resumed from any step, the run ends with the same bits.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Model, Parameter, Recipe, Rng } from '../../../models/method.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { createRng } from '../../../models/rng.ts';
import { createAdam } from '../../../models/train/adam.ts';
import type { ClipSource } from '../../../models/train/clipSource.ts';
import { train, type Accelerate, type StepReport } from '../../../models/train/loop.ts';
import { withLossScaling } from '../../../models/train/lossScaling.ts';
import { optimizerState, restoreOptimizer } from '../../../models/train/optimizer.ts';
import { createSgd } from '../../../models/train/sgd.ts';
import { loadStateDict, toStateDict, type StateDict } from '../../../models/train/stateDict.ts';
import { tracedStep } from '../../../src-main/engine/trace/accelerate.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { expectClose, golden } from '../golden.ts';

interface Fixture {
  optimizer: 'adam' | 'sgd';
  start: number;
  interval: number;
  learningRate: number;
  weightDecay: number;
  parameter: number[];
  steps: { gradient: (number | 'Infinity')[]; parameter: number[]; scale: number; goodInRow: number }[];
}
const { scaled: fixtures } = golden<{ scaled: Fixture[] }>('optimizers');
const WAYS: [string, Accelerate | undefined][] = [
  ['op by op', undefined],
  ['recorded', tracedStep],
];

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

const source: ClipSource = {
  tracklets: Array.from({ length: 8 }, (_, id) => ({ id, pid: Math.floor(id / 2), camid: 0, length: 1 })) as ClipSource['tracklets'],
  read: () => Promise.resolve(new Uint8Array(6)),
};

/** Its random numbers in step k are the k-th gradient, in every part of the step. */
function gradientRng(gradients: number[][]): Rng {
  const plain = createRng(1);
  const inStep = (step: number): Rng => {
    let i = 0;
    return { ...plain, fork: () => inStep(step), next: () => gradients[step]?.[i++] as number };
  };
  return { ...plain, fork: (label) => (label.startsWith('forward of step ') ? inStep(Number(label.slice(16))) : createRng(label)) };
}

/** The loss is gradient · weights; the running mean counts the steps. */
function linearModel(start: number[]): Model {
  const parameter = (name: string, values: number[], trainable: boolean): Parameter => ({
    name,
    shape: [values.length],
    variable: tf.tidy(() => tf.variable(tf.tensor1d(values))),
    trainable,
    fromTorch: (array) => array,
    toTorch: (array) => array.slice(),
  });
  const parameters = [parameter('w', start, true), parameter('bn.running_mean', [0], false)];
  const [weights, mean] = parameters.map(({ variable }) => variable) as [tf.Variable, tf.Variable];
  return {
    parameters,
    embeddingSize: start.length,
    embed: () => tf.zeros([1, start.length]),
    forwardTrain({ random }) {
      mean.assign(tf.add(mean, 1));
      const loss = tf.sum(tf.mul(random.uniform([start.length]), weights));
      return { loss, parts: { identity: tf.clone(loss) } };
    },
    dispose: () => tf.dispose([weights, mean]),
  };
}

interface Saved {
  step: number;
  weights: StateDict;
  optimizer: StateDict;
}

async function run(fixture: Fixture, accumulate: number, accelerate: Accelerate | undefined, from?: Saved) {
  const { optimizer: kind, weightDecay, start, interval, learningRate, steps } = fixture;
  const gradients = steps.map(({ gradient }) => gradient.map(Number));
  const recipe: Recipe = { ...resnetTap.recipe.small, epochs: 1, stepsPerEpoch: steps.length, identitiesPerBatch: 4, clipsPerIdentity: 2, learningRate, decayEpochs: [], warmupEpochs: 0, flip: false, erasing: 0, accumulate }; // prettier-ignore
  const model = linearModel(fixture.parameter);
  const plain = kind === 'adam' ? createAdam(model.parameters, weightDecay) : createSgd(model.parameters, { weightDecay, momentum: 0.9 });
  const optimizer = withLossScaling(plain, { start, interval });
  if (from) {
    loadStateDict(model, from.weights);
    restoreOptimizer(optimizer, from.optimizer);
  }
  const reports: StepReport[] = [];
  const saved: Saved[] = [];
  try {
    await train({
      model,
      input: { kind: 'image', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], resize: 'bilinear' },
      clip: { frames: 1, stride: 1, height: 2, width: 1 },
      recipe,
      source,
      optimizer,
      rng: gradientRng(gradients),
      startStep: from?.step,
      accelerate,
      onStep(report) {
        reports.push(report);
        saved.push({ step: report.step, weights: toStateDict(model), optimizer: optimizerState(optimizer) });
      },
    });
  } finally {
    model.dispose();
    optimizer.dispose();
  }
  return { reports, saved };
}

const values = (state: StateDict | undefined, name: string) => [...(state?.get(name)?.values ?? [])];

describe.each(WAYS)('%s', (_name, accelerate) => {
  describe.each([1, 2])('in %i parts', (accumulate) => {
    test.each(fixtures)('$optimizer from $start, growing after $interval: as GradScaler', async (fixture) => {
      const { reports, saved } = await run(fixture, accumulate, accelerate);
      let skipped = 0;
      let before = fixture.start;
      fixture.steps.forEach(({ parameter, scale, goodInRow, gradient }, i) => {
        const { weights, optimizer } = saved[i] as Saved;
        if (scale < before) skipped++;
        before = scale;
        expectClose(values(weights, 'w'), parameter, 1e-5, `weights of step ${i + 1}`);
        expect([values(optimizer, 'lossScale.scale'), values(optimizer, 'lossScale.goodInRow')], `step ${i + 1}`).toEqual([[scale], [goodInRow]]);
        expect([reports[i]?.lossScale, reports[i]?.skippedSteps]).toEqual([scale, skipped]);
        expect(values(weights, 'bn.running_mean')).toEqual([(i + 1 - skipped) * accumulate]);
        if (gradient.every((value) => typeof value === 'number')) {
          const last = i === 0 ? fixture.parameter : (fixture.steps[i - 1]?.parameter as number[]);
          expect(reports[i]?.loss, 'the loss itself, not the scaled one').toBeCloseTo(gradient.reduce((sum: number, g, k) => sum + Number(g) * (last[k] as number), 0), 3); // prettier-ignore
        }
      });
      expect(skipped).toBeGreaterThan(0);
      expect(new Set(fixture.steps.map(({ scale }) => scale)).size).toBeGreaterThan(2);
    });

    test('resumed from any step, the run ends with the same bits', async () => {
      const [fixture] = fixtures as [Fixture];
      const whole = await run(fixture, accumulate, accelerate);
      for (const from of whole.saved.slice(0, -1)) expect((await run(fixture, accumulate, accelerate, from)).saved.at(-1)).toEqual(whole.saved.at(-1));
    });

    test('a gradient that no scale can help ends the run when the scale falls below 1', async () => {
      const [fixture] = fixtures as [Fixture];
      const broken = { ...fixture, start: 4, steps: fixture.steps.map((step) => ({ ...step, gradient: [1, 'Infinity' as const, 0, 0, 0] })) };
      await expect(run(broken, accumulate, accelerate)).rejects.toMatchObject({
        code: 'ENGINE_FAILED',
        message: expect.stringContaining('the loss scale fell below 1 at step 3'),
      });
    });
  });
});

test('no tensor is left behind', async () => {
  const [fixture] = fixtures as [Fixture];
  for (const [, accelerate] of WAYS)
    for (const accumulate of [1, 2]) {
      await run(fixture, accumulate, accelerate);
      const before = tf.memory().numTensors;
      await run(fixture, accumulate, accelerate);
      expect(tf.memory().numTensors).toBe(before);
    }
});
