/**
 * Images a second of feature extraction as an evaluation does it: ResNet-50, 256 × 128, last stride 1, 32 images a pass,
 * beside PyTorch where TRACKLET_TORCH_PYTHON names one. Run: `node test/bench/extraction.ts [rounds]`.
 * Prints one JSON document as its last line, notes on standard error.
 */
import { availableParallelism } from 'node:os';
import resnetTap from '../../models/methods/resnet-tap.ts';
import { createRng } from '../../models/rng.ts';
import { extract } from '../../models/train/extract.ts';
import { openEngine } from '../../src-main/engine/openEngine.ts';
import { load, note } from '../support/bench.ts';
import { figureOf, peerImagesPerSecond } from './support/peer.ts';

const BATCH = 32;
const PASSES = 4;
const threads = availableParallelism();
const engine = await openEngine({ device: 'auto', threads, paths: {} });
const options = resnetTap.options.parse({ modality: 'image' });
const pixels = new Uint8Array(256 * 128 * 3).map((_, i) => (i * 7919) % 251);
const model = resnetTap.build(options, { numClasses: 4, rng: createRng(1) });

async function seconds(passes: number): Promise<number> {
  const source = { tracklets: Array.from({ length: BATCH * passes }, (_, i) => ({ id: i, pid: i, camid: 0, length: 1 })), read: () => Promise.resolve(pixels) };
  const began = performance.now();
  await extract({ model, definition: resnetTap, options, source, batch: BATCH });
  return (performance.now() - began) / 1000;
}

await seconds(1);
const rounds: { ours: number; peer: number | null }[] = [];
const wanted = Number(process.argv[2] ?? 3);
for (let round = 0; round < wanted; round++) {
  rounds.push({ ours: (BATCH * PASSES) / (await seconds(PASSES)), peer: peerImagesPerSecond('forward', BATCH, PASSES + 2, threads) });
  note(`round ${round + 1} of ${wanted}: ${JSON.stringify(rounds.at(-1))} images/s; ${load()}`);
}
const { numTensorsNative: _native, ...machine } = engine;
console.log(JSON.stringify({ machine, figures: [figureOf('ResNet-50 extraction, 32 images of 256 × 128', rounds)] }));
process.exit(0);
