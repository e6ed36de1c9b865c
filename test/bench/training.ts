/**
 * Images a second of a training step as a run does it: ResNet-50, 256 × 128, last stride 1, eight images, forward, backward and Adam,
 * beside PyTorch where TRACKLET_TORCH_PYTHON names one. Run: `node test/bench/training.ts [rounds]`.
 * Prints one JSON document as its last line, notes on standard error.
 */
import { availableParallelism } from 'node:os';
import { clipShape } from '../../models/clipOptions.ts';
import resnetTap from '../../models/methods/resnet-tap.ts';
import { createRng } from '../../models/rng.ts';
import { createAdam } from '../../models/train/adam.ts';
import { train } from '../../models/train/loop.ts';
import { openEngine } from '../../src-main/engine/openEngine.ts';
import { load, note } from '../support/bench.ts';
import { figureOf, median, peerImagesPerSecond } from './support/peer.ts';

const STEPS = 7;
const threads = availableParallelism();
const engine = await openEngine({ device: 'auto', threads, paths: {} });
const options = resnetTap.options.parse({ modality: 'image' });
const pixels = new Uint8Array(256 * 128 * 3).map((_, i) => (i * 7919) % 251);
const source = {
  tracklets: Array.from({ length: 8 }, (_, i) => ({ id: i, pid: Math.floor(i / 2), camid: i % 2, length: 1 })),
  read: () => Promise.resolve(pixels),
};
const recipe = { ...resnetTap.recipe.small, epochs: 1, stepsPerEpoch: STEPS, identitiesPerBatch: 4, clipsPerIdentity: 2 };

async function ours(): Promise<number> {
  const model = resnetTap.build(options, { numClasses: 4, rng: createRng(1) });
  const optimizer = createAdam(model.parameters, recipe.weightDecay);
  const seconds: number[] = [];
  await train({
    model,
    input: resnetTap.input,
    clip: clipShape(options),
    recipe,
    source,
    optimizer,
    rng: createRng(2),
    clock: () => performance.now(),
    onStep: (report) => void seconds.push(report.seconds),
  });
  optimizer.dispose();
  model.dispose();
  return 8 / median(seconds.slice(2));
}

const rounds: { ours: number; peer: number | null }[] = [];
const wanted = Number(process.argv[2] ?? 3);
for (let round = 0; round < wanted; round++) {
  rounds.push({ ours: await ours(), peer: peerImagesPerSecond('train', 8, STEPS, threads) });
  note(`round ${round + 1} of ${wanted}: ${JSON.stringify(rounds.at(-1))} images/s; ${load()}`);
}
const { numTensorsNative: _native, ...machine } = engine;
console.log(JSON.stringify({ machine, figures: [figureOf('ResNet-50 training step, 8 images of 256 × 128', rounds)] }));
process.exit(0);
