/**
 * What every method must do, tested for each file in models/methods/ the moment it exists: shapes, gradients, learning, weights, determinism,
 * tensor counts, options as a form. A method's own test adds figures from elsewhere.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { clipShape } from '../../models/clipOptions.ts';
import { describe as sizeOf } from '../../models/describe.ts';
import type { MethodDefinition, Model } from '../../models/method.ts';
import { createRng } from '../../models/rng.ts';
import { stepRandom, type StepTools } from '../../models/train/stepTools.ts';
import { createAdam } from '../../models/train/adam.ts';
import { testProtocol } from '../../models/train/extract.ts';
import { loadStateDict, toStateDict } from '../../models/train/stateDict.ts';
import { openEngine } from '../../src-main/engine/openEngine.ts';
import { tracedForward } from '../../src-main/engine/trace/accelerate.ts';
import { traced } from '../../src-main/engine/trace/traced.ts';
import { loadRegistry } from '../../src-main/platform/registry.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../support/engine.ts';

const methods = [...(await loadRegistry<MethodDefinition>(new URL('../../models/methods/', import.meta.url))).values()];
const CLASSES = 3;

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

/** The smallest network a method offers: its small options, with width and input cut down where it has them. */
function tinyOptions(definition: MethodDefinition): Record<string, unknown> {
  const wanted: Record<string, unknown> = { ...definition.smallOptions };
  const shrink = { width: 0.0625, height: 64, inputWidth: 32 };
  const keys = Object.keys(definition.options.shape);
  for (const [key, value] of Object.entries(shrink)) {
    if (!keys.includes(key)) continue;
    // A method whose block needs a certain input says so by refusing; its small options then stand.
    if (definition.options.safeParse({ ...wanted, [key]: value }).success) wanted[key] = value;
  }
  return definition.options.parse(wanted);
}

function build(definition: MethodDefinition, seed = 1): Model {
  return definition.build(tinyOptions(definition) as never, { numClasses: CLASSES, rng: createRng(seed) });
}

/** Four clips of two people. */
function batchFor(definition: MethodDefinition): { clips: tf.Tensor5D; labels: tf.Tensor1D } {
  const { frames, height, width } = clipShape(tinyOptions(definition));
  const noise = tf.randomNormal([4, frames, height, width, 3], 0, 0.5, 'float32', 7) as tf.Tensor5D;
  const person = tf.tensor([1, -1, 0.5, 1, -1, 0.5, -1, 1, -0.5, -1, 1, -0.5], [4, 1, 1, 1, 3]);
  return { clips: tf.add(noise, person), labels: tf.tensor1d([0, 0, 2, 2], 'int32') };
}

const trainable = (model: Model) => model.parameters.filter((parameter) => parameter.trainable).map(({ variable }) => variable);
const weights = (model: Model) => [...toStateDict(model)].map(([name, { values }]) => [name, values]);

/** One optimiser step; its loss. */
function step(model: Model, adam: ReturnType<typeof createAdam>, batch: ReturnType<typeof batchFor>, number: number, rate = 1e-3): number {
  const loss = tf.tidy(() => {
    const { value, grads } = tf.variableGrads(
      () => model.forwardTrain({ ...batch, random: stepRandom(() => createRng(number)) }).loss as tf.Scalar,
      trainable(model),
    );
    adam.apply(grads, tf.tensor1d(adam.factors(number, rate)));
    return value;
  });
  const value = loss.dataSync()[0] as number;
  loss.dispose();
  return value;
}

type Values = ArrayLike<number>;
const largest = (values: Values) => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Largest difference over the largest value, or over `scale` where that is more. */
function relative(actual: Values = [NaN], expected: Values = [NaN], scale: number): number {
  expect(actual.length).toBe(expected.length);
  return largest(Array.from(expected, (value, i) => value - (actual[i] as number))) / Math.max(scale, largest(expected), 1e-30);
}

describe.each(methods)('$id', (definition) => {
  test('options are a form: JSON schema with title, description, group and default for every key', () => {
    const schema = z.toJSONSchema(definition.options, { io: 'input' }) as { properties: Record<string, Record<string, unknown>> };
    for (const [key, property] of Object.entries(schema.properties)) {
      for (const needed of ['title', 'description', 'group', 'default']) expect(property, `${key}.${needed}`).toHaveProperty(needed);
    }
    expect(definition.options.safeParse({}).success).toBe(true);
    expect(definition.options.safeParse(definition.smallOptions).success).toBe(true);
  });

  test('names a paper, recipes and a test protocol that can run', () => {
    expect(definition.paper.year).toBeGreaterThan(2000);
    for (const recipe of [definition.recipe.paper, definition.recipe.small]) {
      expect(recipe.clipsPerIdentity).toBeGreaterThanOrEqual(1);
      expect(recipe.learningRate).toBeGreaterThan(0);
      expect([...recipe.decayEpochs].sort((a, b) => a - b)).toEqual(recipe.decayEpochs);
    }
    for (const { mAP, rank1 } of definition.card.results) expect([mAP, rank1].every((value) => value > 0 && value <= 1)).toBe(true);
    expect(testProtocol(definition, tinyOptions(definition) as never).clipFrames).toBeGreaterThan(0);
  });

  test('can be described without an engine', async () => {
    const size = await sizeOf(definition, tinyOptions(definition) as never, CLASSES);
    expect(size.parameters).toBeGreaterThan(size.parametersWithoutClassifier);
    expect(size.macsPerClip).toBeGreaterThan(size.parametersWithoutClassifier / 10);
    const model = build(definition);
    const counted = model.parameters.filter(({ name }) => !/running_/.test(name)).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(size.parameters).toBe(counted);
    model.dispose();
  });

  test('embeds to the declared shape without NaN, and each clip by itself', () => {
    const model = build(definition);
    const { clips } = batchFor(definition);
    const all = model.embed(clips);
    expect(all.shape).toEqual([4, model.embeddingSize]);
    const values = all.dataSync();
    expect(values.every(Number.isFinite)).toBe(true);
    const second = model.embed(tf.slice(clips, [1, 0, 0, 0, 0], [1, ...clips.shape.slice(1)] as [number, number, number, number, number])).dataSync();
    const scale = Math.max(...values.map(Math.abs));
    second.forEach((value, i) => expect(Math.abs(value - values[model.embeddingSize + i]!) / scale).toBeLessThan(1e-4));
    model.dispose();
  });

  test('parameters have distinct names, and shapes of the size of their variables', () => {
    const model = build(definition);
    expect(new Set(model.parameters.map(({ name }) => name)).size).toBe(model.parameters.length);
    for (const { shape, variable, name } of model.parameters) expect(variable.size, name).toBe(shape.reduce((a, b) => a * b, 1));
    model.dispose();
  });

  test('every trainable variable gets a finite gradient', () => {
    const model = build(definition);
    const batch = batchFor(definition);
    const { grads } = tf.variableGrads(() => model.forwardTrain({ ...batch, random: stepRandom(() => createRng(1)) }).loss as tf.Scalar, trainable(model));
    const without = model.parameters.filter((parameter) => parameter.trainable && !grads[parameter.variable.name]).map(({ name }) => name);
    expect(without).toEqual([]);
    for (const { name, variable } of model.parameters) expect(grads[variable.name]?.dataSync().every(Number.isFinite) ?? true, name).toBe(true);
    model.dispose();
  });

  test('learns one repeated batch', () => {
    const model = build(definition);
    const batch = batchFor(definition);
    const adam = createAdam(model.parameters, 0);
    const losses = Array.from({ length: 15 }, (_, i) => step(model, adam, batch, i + 1));
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(Math.min(...losses.slice(-3)), losses.map((loss) => loss.toFixed(3)).join(' ')).toBeLessThan(0.8 * losses[0]!);
    model.dispose();
    adam.dispose();
  });

  test('weights saved and loaded give equal embeddings', () => {
    const [first, second] = [build(definition, 1), build(definition, 2)];
    const { clips } = batchFor(definition);
    const adam = createAdam(first.parameters, 0);
    step(first, adam, batchFor(definition), 1); // running statistics leave their start
    loadStateDict(second, toStateDict(first));
    expect(second.embed(clips).dataSync()).toEqual(first.embed(clips).dataSync());
    for (const owned of [first, second, adam]) owned.dispose();
  });

  test('the same seed gives the same weights and the same steps, another seed others', () => {
    const run = (seed: number) => {
      const model = build(definition, seed);
      const adam = createAdam(model.parameters, 5e-4);
      const losses = [1, 2].map((number) => step(model, adam, batchFor(definition), number));
      const result = [losses, weights(model)];
      model.dispose();
      adam.dispose();
      return result;
    };
    const first = run(1);
    expect(run(1)).toEqual(first);
    expect(run(2)).not.toEqual(first);
  });

  test('recorded, it gives the loss, gradients, running statistics and embeddings that it gives operation by operation', async () => {
    const models = [build(definition), build(definition)] as [Model, Model];
    const batch = batchFor(definition);
    const body = (model: Model) => (inputs: tf.Tensor[], tools?: StepTools) => {
      const [clips, labels] = inputs as [tf.Tensor5D, tf.Tensor1D];
      const random = stepRandom(() => createRng(1), tools);
      const { value, grads } = tf.variableGrads(() => model.forwardTrain({ clips, labels, random }).loss as tf.Scalar, trainable(model));
      return [value, ...trainable(model).map(({ name }) => grads[name] as tf.Tensor)];
    };
    const step = traced(body(models[1]), { variables: models[1].parameters.map(({ variable }) => variable) });
    const [eager, recorded] = [body(models[0]), step].map((run) => tf.tidy(() => run([batch.clips, batch.labels]).map((tensor) => tensor.dataSync())));
    const names = ['loss', ...models[0].parameters.filter((parameter) => parameter.trainable).map(({ name }) => name)];
    // A gradient that is zero by construction (before a batch norm) is rounding noise; it is compared on the scale of the network's gradients.
    const scale = Math.max(...(eager ?? []).slice(1).map(largest)) * 1e-2;
    names.forEach((name, i) => expect(relative(recorded?.[i], eager?.[i], i === 0 ? 0 : scale), name).toBeLessThan(1e-5));
    models[0].parameters.forEach(({ name, variable }, i) =>
      expect(relative(models[1].parameters[i]?.variable.dataSync(), variable.dataSync(), 0), name).toBeLessThan(1e-5),
    );
    const forward = tracedForward((clips) => models[1].embed(clips), models[1]);
    const embedded = await forward(batch.clips);
    expect(relative(embedded.dataSync(), models[0].embed(batch.clips).dataSync(), 0)).toBeLessThan(1e-5);
    step.dispose();
    for (const model of models) model.dispose();
  });

  test('with WebAssembly it embeds and trains as with TensorFlow', async () => {
    const outcome = (): { embedded: Float32Array; losses: number[] } => {
      const [model, batch] = [build(definition), batchFor(definition)];
      const adam = createAdam(model.parameters, 5e-4);
      const embedded = tf.tidy(() => model.embed(batch.clips).dataSync<'float32'>());
      const losses = [1, 2, 3].map((number) => step(model, adam, batch, number));
      model.dispose();
      adam.dispose();
      tf.dispose(Object.values(batch));
      return { embedded, losses };
    };
    const own = outcome();
    await openEngine({ device: 'wasm', paths: {} });
    const fallback = outcome();
    await requireEngine();
    expect(relative(fallback.embedded, own.embedded, 0)).toBeLessThan(1e-5);
    // Adam's first steps follow the signs of gradients, those of mere rounding too.
    fallback.losses.forEach((loss, i) => expect(Math.abs(loss / (own.losses[i] as number) - 1), `loss of step ${i + 1}`).toBeLessThan(1e-4));
  });

  test('keeps no tensors: embedding, training, and after dispose', () => {
    const batch = batchFor(definition);
    const start = tf.memory().numTensors;
    const model = build(definition);
    expect(tf.memory().numTensors - start).toBe(model.parameters.length);
    const adam = createAdam(model.parameters, 5e-4);
    step(model, adam, batch, 1);
    const before = tf.memory().numTensors;
    step(model, adam, batch, 2);
    const embedded = model.embed(batch.clips);
    expect(tf.memory().numTensors).toBe(before + 1);
    embedded.dispose();
    model.dispose();
    adam.dispose();
    expect(tf.memory().numTensors).toBe(start);
  });
});
