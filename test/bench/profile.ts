/**
 * Where the time of one recorded step goes: the engine's rows of `bench engine`, on our side alone, with TensorFlow telling when each of its operations
 * begins and ends. The telling slows small operations down, and two of them may run at a time, so shares say more than sums.
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
const figures: object[] = [];

for (const row of values.rows.split(',')) {
  const { seconds, shares } = await profile(row);
  note(`\n${row}: a step of ${(seconds * 1000).toFixed(0)} ms while told about`);
  for (const { operation, count, milliseconds, share } of shares.slice(0, SHOWN)) {
    note(`${operation.padEnd(44)} ${String(count).padStart(5)} ${milliseconds.toFixed(1).padStart(9)} ms ${(100 * share).toFixed(1).padStart(5)} %`);
    figures.push({
      id: row,
      name: `${row}: ${operation}, ${count} of them`,
      unit: '%',
      ours: 100 * share,
      peer: null,
      peerName: null,
      ratio: null,
      mustReach: null,
    });
  }
}
process.stdout.write(`${JSON.stringify({ figures })}\n`);

async function profile(row: string): Promise<{ seconds: number; shares: OperationShare[] }> {
  const told: string[] = [];
  const options = { threads: Number(values.threads), precision: 'tf32' } as const;
  const env = { TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'executor=2' };
  const side = await startOurs(row, values.device, options, { env, onNote: (line) => void told.push(line) });
  told.length = 0; // warm-up
  await side.go(2);
  await side.close();
  const step = busiestStep(told);
  if (!step) throw new Error(`TensorFlow told nothing about the steps of "${row}".`);
  return { seconds: step.seconds, shares: sharesOf(step) };
}
