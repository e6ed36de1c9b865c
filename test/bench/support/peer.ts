/** The same work in PyTorch, when the environment variable TRACKLET_TORCH_PYTHON names a python that has it. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BenchFigure } from '../../support/bench.ts';

const python = process.env['TRACKLET_TORCH_PYTHON'];
const script = fileURLToPath(new URL('resnet50.py', import.meta.url));

export function peerImagesPerSecond(what: 'train' | 'forward', batch: number, steps: number, threads: number): number | null {
  return python ? Number(execFileSync(python, [script, what, String(batch), String(steps), String(threads)], { encoding: 'utf8' })) : null;
}

/** Rounds in turn, so that whatever else the machine does hits both; the median of each. */
export function figureOf(name: string, rounds: { ours: number; peer: number | null }[]): BenchFigure {
  const ours = median(rounds.map((round) => round.ours));
  const peers = rounds.flatMap(({ peer }) => (peer === null ? [] : [peer]));
  const peer = peers.length > 0 ? median(peers) : null;
  return { name, unit: 'images/s', ours, peer, peerName: peer === null ? null : 'PyTorch', ratio: peer === null ? null : ours / peer, mustReach: null };
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
