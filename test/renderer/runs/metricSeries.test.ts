import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricColumns } from '../../../src-shared/contract/runs.ts';
import { emptyColumns, lastStep, lossNames, mergeColumns, precisionLine, stepTimes, tiles } from '../../../src-renderer/views/runs/metricSeries.ts';

function columns(steps: number[], value: (step: number) => number = (s) => s * 10): MetricColumns {
  return {
    step: Int32Array.from(steps),
    epoch: Int32Array.from(steps, (s) => Math.floor(s / 10)),
    seconds: Float32Array.from(steps, (s) => s * 0.5),
    series: { loss: Float32Array.from(steps, value) },
  };
}

describe('mergeColumns', () => {
  it('has every step once, whatever order and overlap pages and events come in', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 12 })), { minLength: 1, maxLength: 12 }), (pieces) => {
        let merged = emptyColumns();
        const expected = new Set<number>();
        for (const [from, length] of pieces) {
          const steps = Array.from({ length }, (_, i) => from + i);
          for (const step of steps) expected.add(step);
          merged = mergeColumns(merged, columns(steps));
        }
        const sorted = [...expected].sort((a, b) => a - b);
        expect(Array.from(merged.step)).toEqual(sorted);
        expect(Array.from(merged.series['loss'] ?? [])).toEqual(sorted.map((s) => s * 10));
      }),
    );
  });

  it('takes the newer value of a step that a resumed run repeats, and keeps the rest', () => {
    const merged = mergeColumns(
      columns([1, 2, 3, 4]),
      columns([3], () => 7),
    );
    expect(Array.from(merged.series['loss']!)).toEqual([10, 20, 7, 40]);
    expect(lastStep(merged)).toBe(4);
  });

  it('leaves a gap where a series has no value', () => {
    const merged = mergeColumns(columns([1]), { ...columns([2]), series: { 'eval/mAP': Float32Array.of(0.5) } });
    expect([Array.from(merged.series['loss']!), Array.from(merged.series['eval/mAP']!)]).toEqual([
      [10, NaN],
      [NaN, 0.5],
    ]);
  });
});

describe('figures of a run', () => {
  it('derives milliseconds a step and skips a clock that went back', () => {
    const times = stepTimes({ ...columns([1, 2, 4]), seconds: Float32Array.of(1, 1.5, 1.25) });
    expect(Array.from(times)).toEqual([NaN, 500, NaN]);
  });

  it('shows throughput, step time and loader wait of the last half minute', () => {
    const steps = Array.from({ length: 400 }, (_, i) => i);
    const all: MetricColumns = {
      ...columns(steps),
      series: { imagesPerSecond: Float32Array.from(steps, (s) => (s > 340 ? 50 : 10)), loaderShare: Float32Array.from(steps, () => 0.25) },
    };
    expect(tiles(all).map((tile) => [tile.label, tile.value, tile.unit])).toEqual([
      ['Throughput', 50, 'img/s'],
      ['Step, median', 500, 'ms, p95 500'],
      ['Loader wait', 25, '% of the step'],
    ]);
    expect(tiles(emptyColumns())).toEqual([]);
  });

  it('puts the total after its parts', () => {
    const series = { loss: new Float32Array(0), 'loss/triplet': new Float32Array(0), learningRate: new Float32Array(0), 'loss/identity': new Float32Array(0) };
    expect(lossNames({ ...emptyColumns(), series }).map((entry) => entry.label)).toEqual(['identity', 'triplet', 'total']);
  });

  it('says the precision of a run that is not float32, and how its loss scaling stands', () => {
    expect([precisionLine(undefined, emptyColumns()), precisionLine('float32', columns([1]))]).toEqual([null, null]);
    expect(precisionLine('bfloat16', columns([1]))).toBe('products in bfloat16');
    const series = { lossScale: Float32Array.of(65536, 32768), skippedSteps: Float32Array.of(0, 1) };
    expect(precisionLine('float16', { ...columns([1, 2]), series })).toBe('products in float16, loss scale 32768, 1 step skipped');
    expect(precisionLine('float16', emptyColumns())).toBe('products in float16');
  });
});
