/** Five hundred steps of the very code that trains a run: the number of tensors stays the same in tfjs and in TensorFlow, memory stays bounded. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Reporter } from '../../../src-main/compute/reporter.ts';
import { trainJob } from '../../../src-main/compute/tasks/train.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject, type TinyProject } from '../support/tinyProject.ts';

const STEPS = 500;
/** Caches of the engine, of the allocator and of compiled code fill in the first steps. */
const WARM = 200;
/**
 * Tensors are counted one by one; this bound is for memory below them. Measured from step 200 to 500: 6 and 42 MB (the garbage collector's own pace), and under
 * 40 MB from step 200 to 3,000. The gradients of one step left behind each time would be 200 MB.
 */
const GROWTH_BYTES = 100e6;

let project: TinyProject;
let native: () => number;
beforeAll(async () => {
  project = await tinyProject();
  native = (await requireEngine()).numTensorsNative;
}, ENGINE_TIMEOUT_MS);
afterAll(() => rmSync(dirname(project.folder), { recursive: true, force: true }));

test('tensors and memory are flat over 500 steps', async () => {
  const seen: { step: number; tensors: number; native: number; rss: number }[] = [];
  const reporter: Reporter = {
    send: () => undefined,
    log: () => undefined,
    progress: (step) => void seen.push({ step, tensors: tf.memory().numTensors, native: native(), rss: process.memoryUsage.rss() }),
    stopping: () => false,
    signal: new AbortController().signal,
    pause: () => new Promise((resolve) => setImmediate(resolve)),
  };
  const result = await trainJob(
    {
      kind: 'train',
      projectFolder: project.folder,
      runId: 'leak',
      method: 'resnet-tap',
      options: TINY_OPTIONS,
      recipe: { ...TINY_RECIPE, epochs: 10, stepsPerEpoch: STEPS / 10, erasing: 0.5 },
      manifest: project.manifest,
      seed: 1,
      engine: { device: 'cpu', threads: 1, paths: {} },
    },
    reporter,
  );
  expect(result.steps).toBe(STEPS);
  const steps = seen.filter(({ step }) => step > 0);
  expect(steps).toHaveLength(STEPS);
  expect(new Set(steps.slice(1).map(({ tensors }) => tensors)).size).toBe(1);
  expect(new Set(steps.slice(1).map((one) => one.native)).size).toBe(1);
  expect((steps.at(-1)?.rss ?? Infinity) - (steps[WARM - 1]?.rss ?? 0)).toBeLessThan(GROWTH_BYTES);
});
