/**
 * One row of the engine's benchmark on our side, by the way that a run or an extraction takes: models/train/loop.ts and extract.ts with the engine's
 * recorded functions, pixels normalised and losses read on every step. Answers "go K" on its input with the seconds of K steps, as sides.py does.
 * Run: `node test/bench/engine/ours.ts <row> --threads 2 [--device cpu] [--operations 1] [--eager]`.
 */
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { clipShape, type ClipShape } from '../../../models/clipOptions.ts';
import type { Model } from '../../../models/method.ts';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { ParameterSet } from '../../../models/parameters.ts';
import { createRng } from '../../../models/rng.ts';
import { createAdam } from '../../../models/train/adam.ts';
import type { ClipSource } from '../../../models/train/clipSource.ts';
import { extract } from '../../../models/train/extract.ts';
import { train } from '../../../models/train/loop.ts';
import type { OpenClipSource } from '../../../src-main/compute/clipSource.ts';
import { openEngine, type EngineInfo, type EngineOptions } from '../../../src-main/engine/openEngine.ts';
import { tracedForward, tracedStep } from '../../../src-main/engine/trace/accelerate.ts';
import { mobileNetV2 } from './networks/mobileNetV2.ts';
import { modelOf, type BenchNetwork } from './networks/network.ts';
import { video } from './networks/video.ts';
import { vit } from './networks/vit.ts';

const WARM_UP = 3;
/** Of an extraction: pictures of one pass. */
const BATCH = 32;
const EXTRACTED = resnetTap.options.parse({ modality: 'image' });
const RECIPE = { ...resnetTap.recipe.small, learningRate: 3e-4, weightDecay: 5e-4, decayEpochs: [], warmupEpochs: 0, flip: false, erasing: 0 };

interface Training {
  model: Model;
  clip: ClipShape;
  identities: number;
  clipsPerIdentity: number;
}

const { values, positionals } = parseArgs({
  options: {
    threads: { type: 'string' },
    operations: { type: 'string' },
    device: { type: 'string', default: 'cpu' },
    tf32: { type: 'boolean' },
    eager: { type: 'boolean', default: false },
  },
  allowPositionals: true,
  allowNegative: true,
});
const [row = ''] = positionals;
/** When the last order came. */
let usedBefore = process.cpuUsage();
const engine = await openEngine({
  device: (row === 'wasm' ? 'wasm' : values.device) as EngineOptions['device'],
  threads: Number(values.threads),
  ...(values.operations === undefined ? {} : { operations: Number(values.operations) }),
  ...(values.tf32 === undefined ? {} : { tf32: values.tf32 }),
  paths: {},
});
const rows: Record<string, () => Promise<void>> = {
  train8: () => trainingSide(resnet('image', 8)),
  train32: () => trainingSide(resnet('image', 32)),
  clips: () => trainingSide(resnet('video', 8)),
  video: () => trainingSide(network(video, 4)),
  vit: () => trainingSide(network(vit, 8)),
  mobilenet: () => trainingSide(network(mobileNetV2, 8)),
  wasm: () => trainingSide(sample()),
  extract: () => extractionSide((clips) => sourceOf(clips, clipShape(EXTRACTED), 1)),
  files: async () => extractionSide(await filesSource()),
  model: modelSide,
  dispatch: dispatchSide,
};
const side = rows[row];
if (!side) throw new Error(`There is no row "${row}". Rows: ${Object.keys(rows).join(', ')}.`);
await side();
process.exit(0);

function resnet(modality: 'image' | 'video', clips: number): Training {
  const options = resnetTap.options.parse({ modality });
  return { model: resnetTap.build(options, { numClasses: 625, rng: createRng(1) }), clip: clipShape(options), identities: clips / 2, clipsPerIdentity: 2 };
}

/** The method of the sample project with the values that it is trained with there. */
function sample(): Training {
  const options = resnetTap.options.parse(resnetTap.smallOptions);
  const { identitiesPerBatch, clipsPerIdentity } = resnetTap.recipe.small;
  const model = resnetTap.build(options, { numClasses: 60, rng: createRng(1) });
  return { model, clip: clipShape(options), identities: identitiesPerBatch, clipsPerIdentity };
}

function network(made: BenchNetwork, clips: number): Training {
  return { model: modelOf(made, new ParameterSet(createRng(1))), clip: made.clip, identities: clips / 2, clipsPerIdentity: 2 };
}

async function trainingSide({ model, clip, identities, clipsPerIdentity }: Training): Promise<void> {
  const optimizer = createAdam(model.parameters, RECIPE.weightDecay);
  const orders = readOrders();
  let seconds: number[] = [];
  let wanted: number | null = row === 'wasm' ? 2 : WARM_UP + 1;
  let warm = false;
  let firstStep = 0;
  await train({
    model,
    input: resnetTap.input,
    clip,
    recipe: { ...RECIPE, epochs: 1_000_000, stepsPerEpoch: 100, identitiesPerBatch: identities, clipsPerIdentity },
    source: sourceOf(identities * clipsPerIdentity, clip, clipsPerIdentity),
    optimizer,
    rng: createRng(2),
    clock: () => performance.now(),
    ...(values.eager ? {} : { accelerate: tracedStep }),
    // The loop waits here between turns; its clock goes on only afterwards.
    async onStep(report) {
      if (!warm && seconds.length === 0) firstStep = performance.now() / 1000;
      seconds.push(report.seconds);
      if (seconds.length < (wanted as number)) return;
      if (warm) sayTurn(seconds);
      else sayReady(engine, seconds.at(-1) as number, firstStep, trainedNumbers(model));
      warm = true;
      seconds = [];
      wanted = await orders();
    },
    shouldStop: () => wanted === null,
  });
}

async function extractionSide(sourceFor: (clips: number) => ClipSource & { close?(): Promise<void> }): Promise<void> {
  const { model, trained } = extractionModel();
  let forward: ReturnType<typeof tracedForward> | null = null;
  // Recorded once, as in one long extraction, and not given back at the end of each.
  const accelerate = (embed: Parameters<typeof tracedForward>[0]) => {
    const run = (forward ??= tracedForward(embed, model));
    return (clips: Parameters<typeof run>[0]) => run(clips);
  };
  // Several passes are one extraction: pixels of the next pass are made while one is computed, so only their mean has a meaning.
  const passes = async (count: number): Promise<number[]> => {
    const source = sourceFor(BATCH * count);
    const began = performance.now();
    await extract({ model, definition: resnetTap, options: EXTRACTED, source, batch: BATCH, ...(values.eager ? {} : { accelerate }) });
    const seconds = (performance.now() - began) / 1000;
    await source.close?.();
    return new Array<number>(count).fill(seconds / count);
  };
  await serve(passes, trained);
}

/** The forward pass of an extraction on pixels that lie ready in the engine. */
async function modelSide(): Promise<void> {
  const { model, trained } = extractionModel();
  const run = tracedForward((clips) => model.embed(clips), model);
  const { frames, height, width } = clipShape(EXTRACTED);
  const pixels = tf.randomNormal([BATCH, frames, height, width, 3], 0, 1, 'float32', 1) as tf.Tensor5D;
  await serve(async (count) => {
    const seconds: number[] = [];
    while (seconds.length < count) {
      const began = performance.now();
      const embedded = await run(pixels);
      await embedded.data();
      embedded.dispose();
      seconds.push((performance.now() - began) / 1000);
    }
    return seconds;
  }, trained);
}

function extractionModel(): { model: Model; trained: number } {
  const model = resnetTap.build(EXTRACTED, { numClasses: 4, rng: createRng(1) });
  useStatistics(model);
  const classifier = model.parameters.filter(({ name }) => name.startsWith('classifier.')).reduce((sum, { variable }) => sum + variable.size, 0);
  return { model, trained: trainedNumbers(model) - classifier };
}

/** Crops of MARS's size in JPEG files, read as an extraction reads a data set: by a thread, every file once, nothing kept. */
async function filesSource(): Promise<(clips: number) => OpenClipSource> {
  // Loaded here, so that they take no memory in the other rows.
  const { openClipSource } = await import('../../../src-main/compute/clipSource.ts');
  const { makeCrops } = await import('../../support/madeCrops.ts');
  const folder = await mkdtemp(join(tmpdir(), 'tracklet-crops-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const files = await makeCrops(folder, 2 * BATCH, 256);
  const { height, width } = clipShape(EXTRACTED);
  const only = { identityId: 0, camid: 0, frames: 1, frameIndex: Int32Array.of(0), boxes: null, root: folder, mediaId: 0 };
  return (clips) => {
    const rows = Array.from({ length: clips }, (_, id) => ({ ...only, id, files: [files[id % files.length] as string] }));
    return openClipSource({ projectFolder: folder, rows, size: { height, width, resize: resnetTap.input.resize }, cacheBytes: 0 });
  };
}

/** Running statistics that are not those of a fresh network, as the other side has: TensorFlow would leave out an offset that is zero, and fuse less. */
function useStatistics(model: Model): void {
  tf.tidy(() => {
    for (const { name, variable } of model.parameters) {
      if (name.endsWith('.running_mean')) variable.assign(tf.randomNormal(variable.shape, 0, 0.1, 'float32', 1));
      if (name.endsWith('.running_var')) variable.assign(tf.randomUniform(variable.shape, 0.5, 1.5, 'float32', 1));
    }
  });
}

/** A thousand additions of two scalars. */
async function dispatchSide(): Promise<void> {
  const [a, b] = [tf.scalar(1.5), tf.scalar(2.5)];
  const thousands = (count: number): Promise<number[]> =>
    Promise.resolve(
      Array.from({ length: count }, () => {
        const began = performance.now();
        for (let i = 0; i < 1000; i++) tf.add(a, b).dispose();
        return (performance.now() - began) / 1000;
      }),
    );
  await serve(thousands, 0);
}

/** `run` takes a number of steps and gives the seconds of each. */
async function serve(run: (steps: number) => Promise<number[]>, parameters: number): Promise<void> {
  await run(1);
  const firstStep = performance.now() / 1000;
  const last = (await run(WARM_UP)).at(-1) as number;
  const orders = readOrders();
  sayReady(engine, last, firstStep, parameters);
  for (let wanted = await orders(); wanted !== null; wanted = await orders()) sayTurn(await run(wanted));
}

/** Made-up pixels, other ones for every clip. */
function sourceOf(clips: number, { frames, height, width }: ClipShape, clipsPerIdentity: number): ClipSource {
  const size = frames * height * width * 3;
  const pixels = new Uint8Array(size + 97 * clips).map((_, i) => (i * 7919 + ((i * i) % 1009)) % 251);
  return {
    tracklets: Array.from({ length: clips }, (_, i) => ({ id: i, pid: Math.floor(i / clipsPerIdentity), camid: i % 2, length: frames })),
    read: (id, chosen) => Promise.resolve(pixels.subarray(97 * id, 97 * id + chosen.length * height * width * 3)),
  };
}

function trainedNumbers(model: Model): number {
  return model.parameters.filter(({ trainable }) => trainable).reduce((sum, { variable }) => sum + variable.size, 0);
}

/** The next order's number of steps; null when there are no more. */
function readOrders(): () => Promise<number | null> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await lines.next();
    usedBefore = process.cpuUsage();
    return done ? null : Number(value.split(' ')[1]);
  };
}

function sayReady({ engine: name, version, threads }: EngineInfo, stepSeconds: number, firstStepSeconds: number, parameters: number): void {
  say({ ready: true, version: `${name} ${version}`, threads, stepSeconds, firstStepSeconds, parameters });
}

function sayTurn(seconds: number[]): void {
  const { user, system } = process.cpuUsage(usedBefore);
  say({ seconds, peakMemory: peakMemory(), coreSeconds: (user + system) / 1e6 });
}

function say(message: object): void {
  process.stdout.write(`@side ${JSON.stringify(message)}\n`);
}

/** Bytes that this process held at most. */
function peakMemory(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line) return Number(line[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
