/**
 * Runs the rows: ours stays loaded while the peers come one after the other, and in every round ours and the peer take a turn each, the one that
 * begins changing from round to round. So at most two networks are in memory, and what else the machine does hits both. Peers that cannot run are failures of
 * their row; ours failing ends the benchmark.
 */
import { fileURLToPath } from 'node:url';
import { CHILD_FLAGS, childEnvironment } from '../../../src-main/compute/local.ts';
import { note } from '../../support/bench.ts';
import { START_BAR, START_ROW, WAY_NAMES, type Row, type Way } from './rows.ts';
import { startSide, type Side } from './side.ts';
import { plainFigure, type EngineFigure, type Measured, type Pairing, median } from './table.ts';

export interface RunOptions {
  rounds: number;
  /** Seconds that a turn takes at least; never less than three steps, but for steps that are longer than a turn. */
  turn: number;
  threads: number;
  device: 'cpu' | 'cuda';
  precision: 'fp32' | 'tf32' | 'amp';
  adam: 'default' | 'fused';
  /** The Python that has PyTorch; null measures ours alone. */
  python: string | null;
  /** Peers to leave out of every row. */
  without: readonly Way[];
}

const LEAST_STEPS = 3;
const MOST_STEPS = 200;

export async function measureRow(row: Row, options: RunOptions): Promise<Measured> {
  const ours = await startOurs(row.id, row.device ?? options.device, options);
  note(`${row.id}: ours ready, ${describe(ours)}`);
  const measured: Measured = { row, ours: [], memory: 0, parameters: ours.ready.parameters, pairings: [], failures: [] };
  try {
    for (const way of waysOf(row, options)) {
      try {
        const pairing = await pair(row, way, ours, measured, options);
        measured.pairings.push(pairing);
      } catch (error) {
        if (error instanceof OursFailed) throw error.cause;
        const reason = error instanceof Error ? error.message : String(error);
        measured.failures.push({ way, reason });
        note(`${row.id}: ${WAY_NAMES[way]} failed: ${reason}`);
      }
    }
    if (measured.ours.length === 0) for (let round = 0; round < options.rounds; round++) await ourTurn(ours, measured, options);
  } finally {
    await ours.close();
  }
  return measured;
}

function waysOf(row: Row, { device, without, python }: RunOptions): Way[] {
  return row.peers.filter((way) => !without.includes(way) && (way === 'model' || python !== null) && (way !== 'onnxruntime' || device === 'cpu'));
}

/** Keeps a failure of ours from counting as one of the peer. */
class OursFailed extends Error {}

async function pair(row: Row, way: Way, ours: Side, measured: Measured, options: RunOptions): Promise<Pairing> {
  const peer = await startPeer(row, way, options);
  note(`${row.id}: ${WAY_NAMES[way]} ready, ${describe(peer)}`);
  try {
    const { version, parameters, firstStepSeconds } = peer.ready;
    if (parameters !== measured.parameters) throw new Error(`another network: it trains ${parameters} numbers, ours ${measured.parameters}`);
    const pairing: Pairing = { way, rounds: [], memory: 0, version, parameters, firstStepSeconds };
    for (let round = 0; round < options.rounds; round++) {
      const first = round % 2 === 0 ? await ourTurn(ours, measured, options) : null;
      const turn = await peer.go(stepsOf(peer, options));
      const own = first ?? (await ourTurn(ours, measured, options));
      pairing.memory = turn.peakMemory;
      const theirs = median(turn.seconds);
      pairing.rounds.push({ ours: own, peer: theirs });
      note(
        `${row.id}: round ${round + 1} of ${options.rounds} beside ${WAY_NAMES[way]}: ${rounded(own)} and ${rounded(theirs)} s a step, ratio ${(theirs / own).toFixed(2)}`,
      );
    }
    return pairing;
  } finally {
    await peer.close();
  }
}

async function ourTurn(ours: Side, measured: Measured, options: RunOptions): Promise<number> {
  const turn = await ours.go(stepsOf(ours, options)).catch((cause: unknown) => {
    throw new OursFailed('ours failed', { cause });
  });
  const seconds = median(turn.seconds);
  measured.ours.push(seconds);
  measured.memory = turn.peakMemory;
  return seconds;
}

function stepsOf({ ready }: Side, { turn }: RunOptions): number {
  return Math.min(MOST_STEPS, Math.max(ready.stepSeconds > turn ? 1 : LEAST_STEPS, Math.ceil(turn / ready.stepSeconds)));
}

/** A whole start twice: process, library, network, recording and first step. */
export async function measureStart(options: RunOptions): Promise<EngineFigure[]> {
  const seconds: number[] = [];
  for (let start = 0; start < 2; start++) {
    const side = await startOurs('train8', options.device, options);
    seconds.push(side.ready.firstStepSeconds);
    note(`${START_ROW}: ${describe(side)}`);
    await side.close();
  }
  const [first, second] = seconds as [number, number];
  return [
    plainFigure(START_ROW, 'process start to the end of the first step, ResNet-50, 8 images', 's', first, START_BAR),
    plainFigure(START_ROW, 'the same at the second start', 's', second, START_BAR),
  ];
}

/** @param telling what our side's TensorFlow is to tell on standard error, and who listens; then it computes one operation at a time. */
export function startOurs(
  row: string,
  device: string,
  { threads, precision }: Pick<RunOptions, 'threads' | 'precision'>,
  telling?: { env: Record<string, string>; onNote(line: string): void },
): Promise<Side> {
  const script = fileURLToPath(new URL('ours.ts', import.meta.url));
  const tf32 = device === 'cuda' ? [precision === 'fp32' ? '--no-tf32' : '--tf32'] : [];
  const args = ['--disable-warning=ExperimentalWarning', ...CHILD_FLAGS, script, row, '--threads', String(threads), '--device', device, ...tf32];
  return startSide(process.execPath, [...args, ...(telling ? ['--operations', '1'] : [])], { ...childEnvironment(), ...telling?.env }, telling?.onNote);
}

function startPeer(row: Row, way: Way, options: RunOptions): Promise<Side> {
  const { python, threads, device, precision, adam } = options;
  if (way === 'model') return startOurs('model', device, options);
  const script = fileURLToPath(new URL(way === 'onnxruntime' ? 'onnx_side.py' : 'torch_side.py', import.meta.url));
  const settings = way === 'onnxruntime' ? [] : [way, '--device', device, '--precision', precision, '--adam', adam];
  // No compiled Python beside the sources.
  return startSide(python as string, [script, row.id, ...settings, '--threads', String(threads)], { PYTHONDONTWRITEBYTECODE: '1' });
}

function describe({ ready }: Side): string {
  const parameters = ready.parameters === 0 ? '' : `, ${ready.parameters} numbers to train`;
  return `${ready.version}, ${ready.threads} threads${parameters}, first step after ${ready.firstStepSeconds.toFixed(1)} s, now ${rounded(ready.stepSeconds)} s a step`;
}

function rounded(seconds: number): string {
  return seconds.toPrecision(3);
}
