/** Embeddings of tracklets: the mean over contiguous clips, whatever the batch, and features that find people after a short training. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { clipShape } from '../../../models/clipOptions.ts';
import { distanceMatrix } from '../../../models/metrics/distance.ts';
import { evaluateRanking } from '../../../models/metrics/rank.ts';
import nssbBaseline from '../../../models/methods/nssb-baseline.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { NO_AUGMENTATION, writeClip } from '../../../models/pixels/augment.ts';
import { createRng } from '../../../models/rng.ts';
import { createAdam } from '../../../models/train/adam.ts';
import { extract } from '../../../models/train/extract.ts';
import { train } from '../../../models/train/loop.ts';
import { tracedForward } from '../../../src-main/engine/trace/accelerate.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { colouredPeople } from '../colouredPeople.ts';
import { expectClose } from '../golden.ts';

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

const tiny = { depth: 18, width: 0.0625, height: 32, inputWidth: 16, frames: 2 } as const;

test('a tracklet is the mean of its frames for a method without temporal modelling, in any batch', async () => {
  const source = colouredPeople({ identities: 2, cameras: 1, tracklets: 1, length: 37, seed: 1 });
  const options = resnetTap.options.parse(tiny);
  const model = resnetTap.build(options, { numClasses: 2, rng: createRng(1) });
  const before = tf.memory().numTensors;
  const progress: number[] = [];
  const whole = await extract({ model, definition: resnetTap, options, source, onProgress: (done) => void progress.push(done) });
  const single = await extract({ model, definition: resnetTap, options, source, batch: 1 });
  expect(tf.memory().numTensors).toBe(before);
  expect([whole.dims, whole.features.length, progress]).toEqual([32, 64, [1, 2]]);
  expectClose(single.features, whole.features, 1e-5);

  const bytes = await source.read(
    101,
    Array.from({ length: 37 }, (_, i) => i),
    { height: 32, width: 16, resize: 'bicubic' },
  );
  const pixels = new Float32Array(bytes.length);
  writeClip(bytes, 32, 16, resnetTap.input, NO_AUGMENTATION, pixels);
  const frames = model.embed(tf.tensor5d(pixels, [37, 1, 32, 16, 3]));
  expectClose(tf.mean(frames, 0).dataSync(), whole.features.subarray(32), 1e-5);
  model.dispose();
});

test('a recorded forward pass sees one shape: the last batch is filled up, and what fills it changes nothing', async () => {
  const source = colouredPeople({ identities: 1, cameras: 1, tracklets: 1, length: 37, seed: 1 });
  const options = resnetTap.options.parse(tiny);
  const model = resnetTap.build(options, { numClasses: 2, rng: createRng(1) });
  const plain = await extract({ model, definition: resnetTap, options, source, batch: 16 });
  const shapes: number[] = [];
  const filled = await extract({
    model,
    definition: resnetTap,
    options,
    source,
    batch: 16,
    accelerate: (embed) => (clips) => {
      shapes.push(clips.shape[0]);
      return embed(clips);
    },
  });
  expect(shapes).toEqual([16, 16, 16]);
  expectClose(filled.features, plain.features, 1e-6);

  // Fewer than one batch: nothing is recorded yet, so nothing is filled up.
  const few: number[] = [];
  await extract({
    model,
    definition: resnetTap,
    options,
    source,
    batch: 64,
    accelerate: (embed) => (clips) => {
      few.push(clips.shape[0]);
      return embed(clips);
    },
  });
  expect(few).toEqual([37]);

  const recorded = await extract({ model, definition: resnetTap, options, source, batch: 16, accelerate: (embed) => tracedForward(embed, model) });
  expectClose(recorded.features, plain.features, 1e-5);
  model.dispose();
});

test('a looped last clip counts its repeated frames', async () => {
  const source = colouredPeople({ identities: 1, cameras: 1, tracklets: 1, length: 3, seed: 1 });
  const options = nssbBaseline.options.parse(tiny);
  const model = nssbBaseline.build(options, { numClasses: 2, rng: createRng(1) });
  const { features, dims } = await extract({ model, definition: nssbBaseline, options, source });
  const bytes = await source.read(100, [0, 1, 2, 2], { height: 32, width: 16, resize: 'bilinear' });
  const pixels = new Float32Array(bytes.length);
  writeClip(bytes, 32, 16, nssbBaseline.input, NO_AUGMENTATION, pixels);
  expectClose(tf.mean(model.embed(tf.tensor5d(pixels, [2, 2, 32, 16, 3])), 0).dataSync(), features, 1e-5);
  expect(dims).toBe(32);
  model.dispose();
});

test('cancelling ends an extraction', async () => {
  const source = colouredPeople({ identities: 1, cameras: 1, tracklets: 1, length: 3, seed: 1 });
  const options = resnetTap.options.parse(tiny);
  const model = resnetTap.build(options, { numClasses: 2, rng: createRng(1) });
  await expect(extract({ model, definition: resnetTap, options, source, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  model.dispose();
});

test('trained on some people, it finds others: well above an untrained network', async () => {
  const training = colouredPeople({ identities: 24, cameras: 2, tracklets: 2, length: 6, seed: 5 });
  const testing = colouredPeople({ identities: 16, cameras: 2, tracklets: 1, length: 6, seed: 6 });
  const options = resnetTap.options.parse({ ...tiny, width: 0.125 });
  const model = resnetTap.build(options, { numClasses: 24, rng: createRng(1) });
  const score = async () => {
    const { features, dims } = await extract({ model, definition: resnetTap, options, source: testing });
    const matrix = { values: features, size: dims };
    return evaluateRanking({ distance: distanceMatrix(matrix, matrix, 'cosine'), query: testing.tracklets, gallery: testing.tracklets, protocol: 'market' })
      .mAP;
  };
  const untrained = await score();
  const optimizer = createAdam(model.parameters, 5e-4);
  const recipe = { ...resnetTap.recipe.small, epochs: 2, stepsPerEpoch: 30, identitiesPerBatch: 8, clipsPerIdentity: 4, learningRate: 3e-3, decayEpochs: [1] };
  await train({ model, input: resnetTap.input, clip: clipShape(options), recipe, source: training, optimizer, rng: createRng(7) });
  const trained = await score();
  expect(trained, `mAP ${trained}, untrained ${untrained}`).toBeGreaterThan(0.6);
  expect(trained).toBeGreaterThan(untrained + 0.2);
  model.dispose();
  optimizer.dispose();
});
