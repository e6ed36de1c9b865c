/**
 * The engine beside PyTorch: training steps, extraction, dispatch, start and memory, both sides in one run, in turn, on this machine.
 * Run: `tracklet bench engine --against torch [--rows train8,extract] [--rounds 3] [--device cuda]`, or this file with the same settings.
 * Prints a table on standard error and one JSON document as its last line of standard output; exits with 1 when a bar is missed or open.
 */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { load, note } from '../support/bench.ts';
import { WAY_TO_PYTORCH, chosenRows, settingsOf } from './engine/settings.ts';
import { ROWS, START_ROW } from './engine/rows.ts';
import { measureRow, measureStart } from './engine/run.ts';
import { figuresOf, tableOf, type EngineFigure, type Measured } from './engine/table.ts';

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    rows: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    turn: { type: 'string', default: '6' },
    threads: { type: 'string', default: String(availableParallelism()) },
    device: { type: 'string', default: 'cpu' },
    precision: { type: 'string', default: 'fp32' },
    adam: { type: 'string', default: 'default' },
    without: { type: 'string', default: '' },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const settings = settingsOf(values, process.env);
  if ('problem' in settings) return refused(settings.problem);
  const { options, against } = settings;
  if (against === 'torch' && options.python === null) return refused(WAY_TO_PYTORCH);
  // The other side's threads wait for each other, so a busy machine slows it by far more than the share that is taken.
  note(`Before the first row: ${load()}. Figures of a busy machine say little.`);
  const figures: EngineFigure[] = [];
  const measurements: Measured[] = [];
  for (const id of chosenRows(values.rows)) {
    const row = ROWS.find((one) => one.id === id);
    if (row) {
      const measured = await measureRow(row, options);
      measurements.push(measured);
      figures.push(...figuresOf(measured));
    } else if (id === START_ROW) figures.push(...(await measureStart(options)));
  }
  note(`\n${tableOf(figures)}\n\n${options.threads} threads on ${cpus()[0]?.model ?? 'unknown'}, ${options.device}, ${options.rounds} rounds; ${load()}`);
  print(figures, measurements);
  return figures.every(({ bar, met }) => bar === null || met === true) ? 0 : 1;
}

/** A document without figures, so that the reason on standard error stands alone. */
function refused(reason: string): number {
  note(reason);
  print([], []);
  return 2;
}

function print(figures: EngineFigure[], measurements: Measured[]): void {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version, load: loadavg()[0] };
  process.stdout.write(`${JSON.stringify({ machine, settings: values, figures, measurements })}\n`);
}
