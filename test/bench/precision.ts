/**
 * What few bits cost and bring: the sample method trained on a made-up set with products in float32 and in bfloat16 (float16 on an NVIDIA card), from the
 * same seeds (one a round), in processes of their own and in turn. Run: `tracklet bench precision [--rounds 3] [--device cuda] [--precision float16]`,
 * or this file with the same settings.
 * Prints steps a second, peak memory of the process, loss of the last steps and mAP on other people side by side, as means of the rounds; no bars.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { clipShape } from '../../models/clipOptions.ts';
import type { Precision, Recipe } from '../../models/method.ts';
import resnetTap from '../../models/methods/resnet-tap.ts';
import { distanceMatrix } from '../../models/metrics/distance.ts';
import { evaluateRanking } from '../../models/metrics/summary.ts';
import { createRng } from '../../models/rng.ts';
import { extract } from '../../models/train/extract.ts';
import { train } from '../../models/train/loop.ts';
import { recipeOptimizer } from '../../models/train/recipeOptimizer.ts';
import { openEngine } from '../../src-main/engine/openEngine.ts';
import { tracedForward, tracedStepIn } from '../../src-main/engine/trace/accelerate.ts';
import { colouredPeople } from '../models/colouredPeople.ts';
import { load, note, printFigures, quantile, type BenchFigure } from '../support/bench.ts';

interface Side {
  stepsPerSecond: number;
  /** Bytes. */
  memory: number;
  loss: number;
  mAP: number;
}

const IDENTITIES = 24;
/** The first steps record and warm up; the loss is the mean of the last ones. */
const [WARM_UP, LAST] = [5, 20];

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    device: { type: 'string', default: 'cpu' },
    steps: { type: 'string', default: '150' },
    precision: { type: 'string' },
    side: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});
const device = values.device === 'cuda' ? 'cuda' : 'cpu';
const steps = Number(values.steps);

if (values.side) process.stdout.write(`${JSON.stringify(await measure(values.side as Precision, Number(values.seed)))}\n`);
else await compare();

async function compare(): Promise<void> {
  const low = values.precision ?? (device === 'cuda' ? 'float16' : 'bfloat16');
  note(`${steps} steps each on ${device}, ${values.rounds} rounds; ${load()}. Speeds of a busy machine say little.`);
  const sides: Record<string, Side[]> = { float32: [], [low]: [] };
  for (let round = 0; round < Number(values.rounds); round++)
    for (const [precision, measured] of Object.entries(sides)) {
      const side = await inProcess(precision, round + 1);
      measured.push(side);
      note(
        `round ${round + 1}, ${precision}: ${side.stepsPerSecond.toFixed(2)} steps/s, ${(side.memory / 2 ** 20).toFixed(0)} MB, loss ${side.loss.toFixed(4)}, mAP ${side.mAP.toFixed(4)}`,
      );
    }
  const figure = (name: string, unit: string, of: (side: Side) => number): BenchFigure => {
    const [ours, peer] = [low, 'float32'].map((precision) => mean((sides[precision] as Side[]).map(of))) as [number, number];
    return { name: `${name} in ${low}`, unit, ours, peer, peerName: 'in float32', ratio: ours / peer, mustReach: null };
  };
  printFigures(
    [
      figure('training', 'steps/s', (side) => side.stepsPerSecond),
      figure('peak memory', 'MB', (side) => side.memory / 2 ** 20),
      figure(`loss of the last ${LAST} steps`, '', (side) => side.loss),
      figure('mAP on other people', '', (side) => side.mAP),
    ],
    { device, steps, rounds: sides },
  );
}

function inProcess(precision: string, seed: number): Promise<Side> {
  return new Promise((resolve, reject) => {
    const settings = ['--side', precision, '--device', device, '--steps', String(steps), '--seed', String(seed)];
    const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...settings], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [printed, said] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve(JSON.parse(printed) as Side) : reject(new Error(`${precision} ended with status ${status}: ${said}`)),
    );
  });
}

async function measure(precision: Precision, seed: number): Promise<Side> {
  await openEngine({ device, paths: {} });
  const options = resnetTap.options.parse(resnetTap.smallOptions);
  const people = { cameras: 2, length: 8 };
  const source = colouredPeople({ ...people, identities: IDENTITIES, tracklets: 2, seed: 5 });
  const recipe: Recipe = { ...resnetTap.recipe.small, epochs: 1, stepsPerEpoch: steps, decayEpochs: [], warmupEpochs: 0, precision };
  const model = resnetTap.build(options, { numClasses: IDENTITIES, rng: createRng(seed) });
  const optimizer = recipeOptimizer(recipe, model.parameters);
  const losses: number[] = [];
  const seconds: number[] = [];
  await train({
    model,
    input: resnetTap.input,
    clip: clipShape(options),
    recipe,
    source,
    optimizer,
    rng: createRng(`run ${seed}`),
    accelerate: tracedStepIn(precision),
    clock: () => performance.now(),
    onStep(report) {
      losses.push(report.loss);
      seconds.push(report.seconds - report.secondsWaiting);
    },
  });
  // Before the extraction, which computes in float32 in either case.
  const memory = process.resourceUsage().maxRSS * 1024;
  const others = colouredPeople({ ...people, identities: 32, tracklets: 1, seed: 6 });
  const { features, dims } = await extract({ model, definition: resnetTap, options, source: others, accelerate: (embed) => tracedForward(embed, model) });
  const matrix = { values: features, size: dims };
  const distance = distanceMatrix(matrix, matrix, 'cosine');
  const { mAP } = evaluateRanking({ distance, query: others.tracklets, gallery: others.tracklets, protocol: 'market' });
  return {
    stepsPerSecond: 1 / quantile(seconds.slice(WARM_UP), 0.5),
    memory,
    loss: mean(losses.slice(-LAST)),
    mAP,
  };
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}
