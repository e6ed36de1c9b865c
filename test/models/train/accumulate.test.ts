/**
 * Batches computed in parts: against PyTorch's accumulated gradients (test/golden/tools/make_accumulate.py), how parts are drawn, and that an
 * Inf in a gradient ends the training although the loss is a number. Every training runs op by op and recorded.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Model, Recipe } from '../../../models/method.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { linear } from '../../../models/ops/convolution.ts';
import { constant, ParameterSet } from '../../../models/parameters.ts';
import { createRng } from '../../../models/rng.ts';
import { createAdam } from '../../../models/train/adam.ts';
import type { ClipSource } from '../../../models/train/clipSource.ts';
import { splitBatch, train, type Accelerate, type StepReport } from '../../../models/train/loop.ts';
import { tracedStep } from '../../../src-main/engine/trace/accelerate.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { expectClose, golden, lcgValues } from '../golden.ts';

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

const IDENTITIES = 5;
const BYTES = 6;
const fixture = golden<{ losses: number[]; norms: number[]; weights: number[][] }>('accumulate');
const WAYS: [string, Accelerate | undefined][] = [
  ['op by op', undefined],
  ['recorded', tracedStep],
];

/** Two tracklets of each identity, of one frame of 2 × 1 pixels. */
const source: ClipSource = {
  tracklets: Array.from({ length: 2 * IDENTITIES }, (_, id) => ({ id, pid: Math.floor(id / 2), camid: 0, length: 1 })) as ClipSource['tracklets'],
  read: (id) => Promise.resolve(Uint8Array.from({ length: BYTES }, (_, i) => (37 * id + 11 * i * i) % 256)),
};
const recipe: Recipe = {
  ...resnetTap.recipe.small,
  epochs: 4,
  stepsPerEpoch: 1,
  identitiesPerBatch: IDENTITIES,
  clipsPerIdentity: 2,
  learningRate: 0.01,
  weightDecay: 5e-4,
  decayEpochs: [],
  warmupEpochs: 0,
  flip: false,
  erasing: 0,
};

/** tanh between two linear layers, mean cross-entropy: a loss for which parts must equal the whole. */
function classifier(): Model {
  const params = new ParameterSet(createRng(1));
  const inner = linear(params, 'inner', { in: BYTES, out: 4, weightInit: constant(0), biasInit: constant(0) });
  const outer = linear(params, 'outer', { in: 4, out: IDENTITIES, weightInit: constant(0), biasInit: constant(0) });
  params.list.forEach(({ variable, shape, fromTorch }, k) => {
    const values = lcgValues(shape.reduce((a, b) => a * b, 1), k + 1); // prettier-ignore
    tf.tidy(() => variable.assign(tf.tensor(fromTorch(values), variable.shape)));
  });
  return {
    parameters: params.list,
    embeddingSize: 4,
    embed: (clips) => tf.tidy(() => inner(tf.reshape(clips, [-1, BYTES]))),
    forwardTrain({ clips, labels }) {
      const logits = outer(tf.tanh(inner(tf.reshape(clips, [-1, BYTES]))));
      const loss: tf.Tensor = tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), tf.oneHot(labels, IDENTITIES)), 1)));
      return { loss, parts: { identity: tf.clone(loss) } };
    },
    dispose: () => params.dispose(),
  };
}

async function trainWith(model: Model, changes: Partial<Recipe>, accelerate?: Accelerate): Promise<{ reports: StepReport[]; weights: Float32Array[] }> {
  const optimizer = createAdam(model.parameters, recipe.weightDecay);
  const reports: StepReport[] = [];
  try {
    await train({
      model,
      input: { kind: 'clip', mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], resize: 'bilinear' },
      clip: { frames: 1, stride: 1, height: 2, width: 1 },
      recipe: { ...recipe, ...changes },
      source,
      optimizer,
      rng: createRng('run'),
      accelerate,
      onStep: (report) => void reports.push(report),
    });
    return { reports, weights: model.parameters.map(({ variable, toTorch }) => toTorch(variable.dataSync<'float32'>())) };
  } finally {
    optimizer.dispose();
  }
}

describe.each(WAYS)('%s', (_name, accelerate) => {
  test.each([1, 2])('in %i parts: losses, gradient norms and weights of PyTorch', async (accumulate) => {
    const before = tf.memory().numTensors;
    const model = classifier();
    const { reports, weights } = await trainWith(model, { accumulate }, accelerate);
    expectClose(reports.map(({ loss }) => loss), fixture.losses, 1e-5); // prettier-ignore
    expectClose(reports.map(({ parts }) => parts['identity'] as number), fixture.losses, 1e-5); // prettier-ignore
    expectClose(reports.map(({ gradientNorm }) => gradientNorm), fixture.norms, 1e-5); // prettier-ignore
    weights.forEach((values, k) => expectClose(values, fixture.weights[k] as number[], 2e-5));
    expect(reports.map(({ images }) => images)).toEqual([10, 10, 10, 10]);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each([1, 2])('in %i parts: an Inf in one gradient ends the step that made it, while the loss is a number', async (accumulate) => {
    const model = classifier();
    const first = model.parameters[0]?.variable as tf.Variable;
    // The identity, whose gradient is infinite.
    const explode = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.mul(dy, 3e38 * 10) }));
    const forward = model.forwardTrain.bind(model);
    model.forwardTrain = (batch) => {
      const { loss, parts } = forward(batch);
      return { loss: tf.add(loss, tf.mul(tf.mean(explode(first)), 1e-3)), parts };
    };
    const reports: StepReport[] = [];
    await expect(trainWith(model, { accumulate }, accelerate).then(({ reports: made }) => reports.push(...made))).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/gradients' norm became (Infinity|NaN) at step 1 /),
    });
    model.dispose();
  });
});

describe('parts of a batch', () => {
  const pids = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4];
  const split = (batch: number[], accumulate: number) => splitBatch(batch, pids, { accumulate, clipsPerIdentity: 2 });

  test('keep identities together and hold two of them at least', () => {
    expect(split([4, 5, 0, 1, 2, 3, 8, 9, 6, 7], 2)).toEqual([[0, 1, 4, 5, 8, 9], [2, 3, 6, 7]]); // prettier-ignore
    expect(split([4, 5, 0, 1], 1)).toEqual([[4, 5, 0, 1]]);
    expect(split([4, 5, 0, 1, 2, 3], 3), 'three parts would have one identity each').toEqual([[4, 5, 0, 1, 2, 3]]);
  });

  test('spread an identity that was drawn more than once', () => {
    expect(split([0, 1, 2, 3, 1, 0, 4, 5], 2)).toEqual([[0, 1, 2, 3], [1, 0, 4, 5]]); // prettier-ignore
  });
});
