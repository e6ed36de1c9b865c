/**
 * The points of one run, put together from what was read and what came as events, in any order and with overlaps:
 * one entry a step, sorted, the newer value wins (a resumed run repeats steps after its checkpoint).
 * Test: test/renderer/runs/metricSeries.test.ts.
 */
import type { MetricColumns } from '../../../src-shared/contract/runs.ts';
import { quantile } from '../../charts/smoothing.ts';

export function emptyColumns(): MetricColumns {
  return { step: new Int32Array(0), epoch: new Int32Array(0), seconds: new Float32Array(0), series: {} };
}

export function lastStep(columns: MetricColumns): number {
  return columns.step.at(-1) ?? -1;
}

export function mergeColumns(old: MetricColumns, added: MetricColumns): MetricColumns {
  if (added.step.length === 0) return old;
  if (old.step.length === 0) return added;
  const sources: { columns: MetricColumns; at: number }[] = [];
  let i = 0;
  let j = 0;
  while (i < old.step.length || j < added.step.length) {
    const a = old.step[i] ?? Infinity;
    const b = added.step[j] ?? Infinity;
    if (a < b) sources.push({ columns: old, at: i++ });
    else {
      sources.push({ columns: added, at: j++ });
      if (a === b) i++;
    }
  }
  const n = sources.length;
  const merged: MetricColumns = { step: new Int32Array(n), epoch: new Int32Array(n), seconds: new Float32Array(n), series: {} };
  const names = new Set([...Object.keys(old.series), ...Object.keys(added.series)]);
  for (const name of names) merged.series[name] = new Float32Array(n);
  sources.forEach(({ columns, at }, k) => {
    merged.step[k] = columns.step[at]!;
    merged.epoch[k] = columns.epoch[at]!;
    merged.seconds[k] = columns.seconds[at]!;
    for (const name of names) merged.series[name]![k] = columns.series[name]?.[at] ?? NaN;
  });
  return merged;
}

/** Milliseconds of every step from the clock column; the first step after a jump back or a pause has none. */
export function stepTimes(columns: MetricColumns): Float64Array {
  const out = new Float64Array(columns.step.length).fill(NaN);
  for (let i = 1; i < out.length; i++) {
    const steps = columns.step[i]! - columns.step[i - 1]!;
    const seconds = columns.seconds[i]! - columns.seconds[i - 1]!;
    if (steps > 0 && seconds > 0) out[i] = (seconds / steps) * 1000;
  }
  return out;
}

export interface Tile {
  label: string;
  value: number;
  unit: string;
  spark: { x: Float64Array; y: Float64Array };
  fraction: boolean;
}

/** Throughput, step time and loader wait: the figure of the last half minute, and a line over the last two minutes. */
export function tiles(columns: MetricColumns): Tile[] {
  const n = columns.step.length;
  if (n === 0) return [];
  const end = columns.seconds[n - 1]!;
  const from = columns.seconds.findIndex((s) => s >= end - 120);
  const recent = columns.seconds.findIndex((s) => s >= end - 30);
  const x = Float64Array.from(columns.seconds.subarray(from));
  const times = stepTimes(columns);
  const cut = (values: ArrayLike<number>) => Float64Array.from(Array.from(values).slice(from));
  const late = (values: ArrayLike<number>) => Array.from(values).slice(Math.min(recent, Math.max(0, n - 5)));
  const list: Tile[] = [];
  const images = columns.series['imagesPerSecond'];
  if (images) list.push({ label: 'Throughput', value: quantile(late(images), 0.5), unit: 'img/s', spark: { x, y: cut(images) }, fraction: false });
  const p95 = quantile(late(times), 0.95);
  list.push({
    label: 'Step, median',
    value: quantile(late(times), 0.5),
    unit: Number.isFinite(p95) ? `ms, p95 ${Math.round(p95)}` : 'ms',
    spark: { x, y: cut(times) },
    fraction: false,
  });
  const loader = columns.series['loaderShare'];
  if (loader)
    list.push({ label: 'Loader wait', value: quantile(late(loader), 0.5) * 100, unit: '% of the step', spark: { x, y: cut(loader) }, fraction: true });
  return list;
}

/** Names of the loss parts, total last: `loss/identity` → `identity`. */
export function lossNames(columns: MetricColumns): { key: string; label: string }[] {
  const parts = Object.keys(columns.series)
    .filter((key) => key.startsWith('loss/'))
    .sort()
    .map((key) => ({ key, label: key.slice(5) }));
  return 'loss' in columns.series ? [...parts, { key: 'loss', label: parts.length > 0 ? 'total' : 'loss' }] : parts;
}

/** What few bits a run's products have, and with float16 how its loss scaling stands; null for float32. */
export function precisionLine(precision: string | undefined, { series }: MetricColumns): string | null {
  if (precision === undefined || precision === 'float32') return null;
  const [scale, skipped] = [series['lossScale']?.at(-1), series['skippedSteps']?.at(-1)];
  const scaling = scale === undefined || skipped === undefined ? '' : `, loss scale ${scale}, ${skipped} ${skipped === 1 ? 'step' : 'steps'} skipped`;
  return `products in ${precision}${scaling}`;
}
