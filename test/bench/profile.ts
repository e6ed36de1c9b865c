/**
 * Where the time of one recorded step goes: the engine's rows of `bench engine`, on our side alone, one operation at a time, with TensorFlow telling when
 * each begins and ends. The telling slows small operations down, so shares say more than sums. Before that, how busy the cores are in steps as they are.
 * Run: `tracklet bench profile [--rows train8,extract] [--threads 2] [--device cpu]`. Prints a table per row on standard error, one JSON document at the end.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { note } from '../support/bench.ts';
import { startOurs } from './engine/run.ts';
import { busiestStep, sharesOf, type OperationShare } from './engine/operationTimes.ts';

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: 'train8' },
    threads: { type: 'string', default: String(availableParallelism()) },
    device: { type: 'string', default: 'cpu' },
  },
});
const SHOWN = 12;
/** Seconds of steps as they are. */
const WATCHED = 5;
const options = { threads: Number(values.threads), precision: 'tf32' } as const;
const figures: object[] = [];

for (const row of values.rows.split(',')) {
  const { seconds: whole, cores } = await busyCores(row);
  const { seconds, shares } = await profile(row);
  note(
    `\n${row}: a step of ${(whole * 1000).toFixed(0)} ms, ${cores.toFixed(2)} of ${options.threads} cores busy; one operation at a time and told about ${(seconds * 1000).toFixed(0)} ms`,
  );
  figure(row, `${row}: cores busy, of ${options.threads}`, 'cores', cores);
  for (const { operation, count, milliseconds, share } of shares.slice(0, SHOWN)) {
    note(`${operation.padEnd(44)} ${String(count).padStart(5)} ${milliseconds.toFixed(1).padStart(9)} ms ${(100 * share).toFixed(1).padStart(5)} %`);
    figure(row, `${row}: ${operation}, ${count} of them`, '%', 100 * share);
  }
}
process.stdout.write(`${JSON.stringify({ figures })}\n`);

function figure(id: string, name: string, unit: string, ours: number): void {
  figures.push({ id, name, unit, ours, peer: null, peerName: null, ratio: null, mustReach: null });
}

async function busyCores(row: string): Promise<{ seconds: number; cores: number }> {
  const side = await startOurs(row, values.device, options);
  const { seconds, coreSeconds } = await side.go(Math.ceil(WATCHED / side.ready.stepSeconds));
  await side.close();
  const total = seconds.reduce((sum, one) => sum + one, 0);
  return { seconds: total / seconds.length, cores: (coreSeconds as number) / total };
}

async function profile(row: string): Promise<{ seconds: number; shares: OperationShare[] }> {
  const told: string[] = [];
  const env = { TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'executor=2' };
  const side = await startOurs(row, values.device, options, { env, onNote: (line) => void told.push(line) });
  told.length = 0; // warm-up
  await side.go(2);
  await side.close();
  const step = busiestStep(told);
  if (!step) throw new Error(`TensorFlow told nothing about the steps of "${row}".`);
  return { seconds: step.seconds, shares: sharesOf(step) };
}
