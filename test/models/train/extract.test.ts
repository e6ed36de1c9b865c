/** Embeddings of tracklets: the mean over contiguous clips, whatever the batch, and features that find people after a short training. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test, vi } from 'vitest';
import { clipShape } from '../../../models/clipOptions.ts';
import { distanceMatrix } from '../../../models/metrics/distance.ts';
import { evaluateRanking } from '../../../models/metrics/summary.ts';
import nssbBaseline from '../../../models/methods/nssb-baseline.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { NO_AUGMENTATION, writeClip } from '../../../models/pixels/augment.ts';
import { createRng } from '../../../models/rng.ts';
import { createAdam } from '../../../models/train/adam.ts';
import { extract } from '../../../models/train/extract.ts';
import { train } from '../../../models/train/loop.ts';
import type { NodeBackend } from '../../../src-main/engine/tensorflowBackend.ts';
import { tracedForward } from '../../../src-main/engine/trace/accelerate.ts';
import { ENGINE_TIMEOUT_MS, requireBinding, requireEngine } from '../../support/engine.ts';
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

test('a pass that does not fit into memory is halved until it does: nothing is lost, it is said once, and what was recorded is given back', async () => {
  const source = colouredPeople({ identities: 3, cameras: 1, tracklets: 1, length: 37, seed: 1 });
  const options = resnetTap.options.parse(tiny);
  const model = resnetTap.build(options, { numClasses: 2, rng: createRng(1) });
  const plain = await extract({ model, definition: resnetTap, options, source, batch: 32 });
  const before = tf.memory().numTensors;
  const sizes: number[] = [];
  const notes: [number, number][] = [];
  let [opened, disposed] = [0, 0];
  const halved = await extract({
    model,
    definition: resnetTap,
    options,
    source,
    pictures: 32,
    onSmallerPass: (from, now) => void notes.push([from, now]),
    accelerate: (embed) => {
      opened++;
      const run = (clips: tf.Tensor5D) => {
        sizes.push(clips.shape[0]);
        // The card of another program fills up in the middle: at first 20 pictures fit, from the fifth pass on 9.
        if (clips.shape[0] > (sizes.length < 5 ? 20 : 9)) throw new AppError('OUT_OF_MEMORY', 'OOM when allocating tensor.');
        return embed(clips);
      };
      return Object.assign(run, { dispose: () => void disposed++ });
    },
  });
  // 111 pictures: 32 refused, 3 × 16, then 16 refused, and 8 as often as it takes, the last pass filled up.
  expect(sizes).toEqual([32, 16, 16, 16, 16, 8, 8, 8, 8, 8, 8, 8, 8]);
  expect(notes).toEqual([
    [32, 16],
    [16, 8],
  ]);
  expect([opened, disposed]).toEqual([3, 3]);
  expect(tf.memory().numTensors).toBe(before);
  expectClose(halved.features, plain.features, 1e-5);
  model.dispose();
});

test('the functions recorded for an extraction are gone from TensorFlow at its end, also when it fails', async () => {
  const source = colouredPeople({ identities: 1, cameras: 1, tracklets: 1, length: 12, seed: 1 });
  const options = resnetTap.options.parse(tiny);
  const model = resnetTap.build(options, { numClasses: 2, rng: createRng(1) });
  const { tracing } = await requireBinding();
  const ran = vi.spyOn(tracing, 'runFunctionAside');
  const base = { model, definition: resnetTap, options, source, accelerate: (embed: (clips: tf.Tensor5D) => tf.Tensor2D) => tracedForward(embed, model) };
  await extract({ ...base, batch: 8 });
  const breaks = (embed: (clips: tf.Tensor5D) => tf.Tensor2D) => {
    const run = tracedForward(embed, model);
    let passes = 0;
    return Object.assign(
      (clips: tf.Tensor5D) => {
        if (++passes === 3) throw new AppError('ENGINE_FAILED', 'Broken.');
        return run(clips);
      },
      { dispose: () => run.dispose?.() },
    );
  };
  await expect(extract({ ...base, batch: 4, accelerate: breaks })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  const shapes = new Map(ran.mock.calls.map(([{ name }], call) => [name, call < 2 ? 8 : 4]));
  expect([...shapes.values()]).toEqual([8, 4]);
  ran.mockRestore();
  const backend = tf.backend() as NodeBackend;
  for (const [name, clips] of shapes) {
    const again = () =>
      tracing.runFunction({ name, variableIds: [], inputIds: backend.getInputTensorIds([tf.zeros([clips, 1, 32, 16, 3])]), outputCount: 1, optimized: true });
    expect(() => tf.tidy(() => void again())).toThrow(/nor a name of a function/);
  }
  model.dispose();
});

test('several halvings for one pass are said as one; only a clip that does not fit alone is an error, and it names the clip', async () => {
  const source = colouredPeople({ identities: 1, cameras: 1, tracklets: 1, length: 8, seed: 1 });
  const options = nssbBaseline.options.parse(tiny);
  const model = nssbBaseline.build(options, { numClasses: 2, rng: createRng(1) });
  const base = { model, definition: nssbBaseline, options, source };
  const fits = (clips: number) => (embed: (clips: tf.Tensor5D) => tf.Tensor2D) => (given: tf.Tensor5D) => {
    if (given.shape[0] > clips) throw new AppError('OUT_OF_MEMORY', 'OOM when allocating tensor.');
    return embed(given);
  };
  const notes: [number, number][] = [];
  const small = await extract({ ...base, accelerate: fits(1), onSmallerPass: (from, now) => void notes.push([from, now]) });
  expect(notes).toEqual([[8, 2]]);
  expectClose(small.features, (await extract(base)).features, 1e-5);

  const before = tf.memory().numTensors;
  await expect(extract({ ...base, accelerate: fits(0) })).rejects.toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: 'One clip of 2 pictures of 32 × 16 needs more memory than the device has: OOM when allocating tensor.',
    remedy: expect.stringContaining('another one') as unknown,
  });
  const broken = () => () => {
    throw new AppError('ENGINE_FAILED', 'Something else.');
  };
  await expect(extract({ ...base, accelerate: broken })).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  expect(tf.memory().numTensors).toBe(before);
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
