/**
 * From measured rounds to figures, and from figures to a table: the peer that did best, the ratio to it, whether the bar is met.
 * A peer that failed is named in its row; a bar on a ratio without a peer is open, never met. Test: test/main/bench/engineTable.test.ts.
 */
import type { BenchFigure } from '../../support/bench.ts';
import type { Bar, Row, Way } from './rows.ts';
import { WAY_NAMES } from './rows.ts';

/** One peer of a row, alternated with ours: seconds a step in every round, of both. */
export interface Pairing {
  way: Way;
  rounds: { ours: number; peer: number }[];
  /** Bytes. */
  memory: number;
  version: string;
  parameters: number;
  firstStepSeconds: number;
}

export interface Failure {
  way: Way;
  reason: string;
}

export interface Measured {
  row: Row;
  /** Seconds a step, of every round that ours had. */
  ours: number[];
  memory: number;
  parameters: number;
  pairings: Pairing[];
  failures: Failure[];
}

export interface EngineFigure extends BenchFigure {
  row: string;
  bar: Bar | null;
  /** null: there is no bar, or nothing to compare with. */
  met: boolean | null;
  /** Every peer, with what it reached in the figure's unit. */
  ways: { name: string; value: number; ratio: number }[];
  failed: { name: string; reason: string }[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The row's own figure, and its peak memory where that counts. */
export function figuresOf(measured: Measured): EngineFigure[] {
  const { row } = measured;
  const figures = [speedFigure(measured)];
  if (row.memory && measured.memory > 0) figures.push(memoryFigure(measured));
  return figures;
}

function speedFigure({ row, ours, pairings, failures }: Measured): EngineFigure {
  const ways = pairings.map(({ way, rounds }) => ({
    name: WAY_NAMES[way],
    value: inUnit(row, median(rounds.map(({ peer }) => peer))),
    // Neighbours in time are compared, so that a busy minute hits both; more than 1 means that ours is faster.
    ratio: median(rounds.map((round) => round.peer / round.ours)),
  }));
  return figure({ row: row.id, name: row.name, unit: row.unit, ours: inUnit(row, median(ours)), bar: row.bar, ways, failures, best: least });
}

/** Of the processes as the system counts it, libraries included; the least frugal comparison is with the most frugal way. */
function memoryFigure({ row, memory, pairings, failures }: Measured): EngineFigure {
  const ways = pairings.map((pairing) => ({ name: WAY_NAMES[pairing.way], value: pairing.memory / 1e9, ratio: memory / pairing.memory }));
  const bar: Bar = { of: 'ratio', kind: 'most', value: 1 };
  return figure({ row: row.id, name: `peak memory: ${row.name}`, unit: 'GB', ours: memory / 1e9, bar, ways, failures, best: most });
}

/** A figure without peers, such as a time. */
export function plainFigure(row: string, name: string, unit: string, ours: number, bar: Bar | null): EngineFigure {
  return figure({ row, name, unit, ours, bar, ways: [], failures: [], best: least });
}

function inUnit(row: Row, seconds: number): number {
  return row.unit === 'µs' ? (seconds * 1e6) / row.amount : row.amount / seconds;
}

type WayFigure = EngineFigure['ways'][number];

function least(ways: WayFigure[]): WayFigure | undefined {
  return [...ways].sort((a, b) => a.ratio - b.ratio)[0];
}

function most(ways: WayFigure[]): WayFigure | undefined {
  return [...ways].sort((a, b) => b.ratio - a.ratio)[0];
}

interface Parts {
  row: string;
  name: string;
  unit: string;
  ours: number;
  bar: Bar | null;
  ways: WayFigure[];
  failures: Failure[];
  /** The peer that is hardest to match. */
  best(ways: WayFigure[]): WayFigure | undefined;
}

function figure({ row, name, unit, ours, bar, ways, failures, best }: Parts): EngineFigure {
  const peer = best(ways);
  const ratio = peer?.ratio ?? null;
  return {
    row,
    name,
    unit,
    ours,
    peer: peer?.value ?? null,
    peerName: peer?.name ?? null,
    ratio,
    mustReach: bar?.value ?? null,
    bar,
    met: bar ? meets(bar, bar.of === 'ours' ? ours : ratio) : null,
    ways,
    failed: failures.map(({ way, reason }) => ({ name: WAY_NAMES[way], reason })),
  };
}

function meets({ kind, value }: Bar, reached: number | null): boolean | null {
  if (reached === null) return null;
  return kind === 'least' ? reached >= value : reached <= value;
}

const HEADINGS = ['what', 'ours', 'best peer', 'ratio', 'must reach', 'met'] as const;

/** Aligned columns of text, one line a figure; peers that failed have a line of their own below. */
export function tableOf(figures: readonly EngineFigure[]): string {
  const cells = figures.map((one) => [
    one.name,
    quantity(one.ours, one.unit),
    one.peer === null ? '–' : `${quantity(one.peer, one.unit)}  ${one.peerName}`,
    one.ratio === null ? '–' : one.ratio.toFixed(2),
    mustReach(one),
    verdict(one),
  ]);
  const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...cells.map((row) => (row[column] as string).length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd();
  const lines = [line(HEADINGS), widths.map((width) => '─'.repeat(width)).join('  ')];
  figures.forEach((one, i) => {
    lines.push(line(cells[i] as string[]));
    for (const { name, reason } of one.failed) lines.push(`    ${name} failed: ${reason}`);
  });
  return lines.join('\n');
}

function mustReach({ bar, unit }: EngineFigure): string {
  if (!bar) return '–';
  const sign = bar.kind === 'least' ? '≥' : '≤';
  return bar.of === 'ratio' ? `${sign} ${bar.value.toFixed(2)} ×` : `${sign} ${bar.value} ${unit}`;
}

function verdict({ met, bar, failed }: EngineFigure): string {
  if (!bar) return '–';
  if (met === null) return 'open';
  if (!met) return 'NO';
  return failed.length > 0 ? `yes, without ${failed.map(({ name }) => name).join(', ')}` : 'yes';
}

function quantity(value: number, unit: string): string {
  return `${Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
}
