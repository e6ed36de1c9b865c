/** The settings of the engine's benchmark as they were typed, checked. Test: test/main/bench/engineTable.test.ts. */
import { ROWS, START_ROW, WAY_NAMES, type Way } from './rows.ts';
import type { RunOptions } from './run.ts';

export const WAY_TO_PYTORCH = `Comparing with PyTorch needs a Python that has it, named by the environment variable TRACKLET_TORCH_PYTHON. Nothing is downloaded by itself. To make one:
  python3 -m venv torch
  torch/bin/pip install torch torchvision onnx onnxruntime
  TRACKLET_TORCH_PYTHON=torch/bin/python tracklet bench engine --against torch
torch.compile on a processor also needs g++.`;

type Typed = Partial<Record<'against' | 'rows' | 'rounds' | 'turn' | 'threads' | 'device' | 'precision' | 'adam' | 'without', string>>;

export function settingsOf(typed: Typed, env: Record<string, string | undefined>): { options: RunOptions; against: 'torch' | null } | { problem: string } {
  const { against, rows, rounds, turn, threads, device = 'cpu', precision = 'fp32', adam = 'default', without = '' } = typed;
  if (against !== undefined && against !== 'torch') return { problem: `--against knows "torch", not "${against}".` };
  for (const [name, value] of Object.entries({ rounds, turn, threads }))
    if (!Number.isInteger(Number(value)) || Number(value) < 1) return { problem: `--${name} needs a whole number from 1, not "${value}".` };
  const unknown = listOf(rows).find((id) => !ALL_ROWS.includes(id));
  if (unknown !== undefined) return { problem: `There is no row "${unknown}". Rows: ${ALL_ROWS.join(', ')}.` };
  const notAWay = listOf(without).find((way) => !(way in WAY_NAMES));
  if (notAWay !== undefined) return { problem: `There is no peer "${notAWay}". Peers: ${Object.keys(WAY_NAMES).join(', ')}.` };
  if (!isOneOf(device, DEVICES)) return { problem: `--device is one of ${DEVICES.join(', ')}, not "${device}".` };
  if (!isOneOf(precision, PRECISIONS)) return { problem: `--precision is one of ${PRECISIONS.join(', ')}, not "${precision}".` };
  if (!isOneOf(adam, ADAMS)) return { problem: `--adam is one of ${ADAMS.join(', ')}, not "${adam}".` };
  const python = against === 'torch' ? (env['TRACKLET_TORCH_PYTHON'] ?? null) : null;
  return {
    options: { rounds: Number(rounds), turn: Number(turn), threads: Number(threads), device, precision, adam, python, without: listOf(without) as Way[] },
    against: against ?? null,
  };
}

export function chosenRows(rows: string | undefined): string[] {
  const wanted = listOf(rows);
  return wanted.length > 0 ? wanted : ALL_ROWS;
}

const DEVICES = ['cpu', 'cuda'] as const;
const PRECISIONS = ['fp32', 'tf32', 'amp'] as const;
const ADAMS = ['default', 'fused'] as const;
const ALL_ROWS = [...ROWS.map(({ id }) => id), START_ROW];

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((part) => part !== '');
}

function isOneOf<T extends string>(value: string, known: readonly T[]): value is T {
  return known.includes(value as T);
}
