/** What every benchmark prints: figures with their bars as one JSON document on the last line of stdout, notes on stderr. */
import { cpus, loadavg } from 'node:os';

export interface BenchFigure {
  name: string;
  unit: string;
  ours: number;
  /** The same work done by a well-known program, where there is one to compare with. */
  peer: number | null;
  peerName: string | null;
  ratio: number | null;
  mustReach: number | null;
}

export function figureOf(name: string, ours: number, mustReach: number | null, unit = 'ms'): BenchFigure {
  return { name, unit, ours: Math.round(ours * 100) / 100, peer: null, peerName: null, ratio: null, mustReach };
}

export function quantile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Infinity;
}

export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function load(): string {
  return `load ${(loadavg()[0] ?? 0).toFixed(1)} on ${cpus().length} cores`;
}

/** Ends with 1 when a figure misses its bar (a bar is a most; a figure named in `atLeast` must not be below it). */
export function printFigures(figures: readonly BenchFigure[], extra: Record<string, unknown> = {}, atLeast: readonly string[] = []): void {
  const missed = figures.filter(
    (figure) => figure.mustReach !== null && (atLeast.includes(figure.name) ? figure.ours < figure.mustReach : !(figure.ours <= figure.mustReach)),
  );
  for (const figure of figures)
    note(
      `${missed.includes(figure) ? 'MISSED ' : '       '}${figure.name}: ${figure.ours} ${figure.unit}${figure.mustReach === null ? '' : ` (bar ${figure.mustReach})`}`,
    );
  process.stdout.write(
    `${JSON.stringify({ machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version, load: loadavg()[0] }, ...extra, figures })}\n`,
  );
  process.exitCode = missed.length > 0 ? 1 : 0;
}
