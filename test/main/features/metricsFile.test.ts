/** Metric lines appended, read back as columns, and what a resume overwrites. */
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appendMetrics, readMetrics } from '../../../src-main/features/runs/metricsFile.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metrics-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function columns(steps: number[], loss: number) {
  return {
    step: Int32Array.from(steps),
    epoch: new Int32Array(steps.length),
    seconds: Float32Array.from(steps),
    series: { loss: new Float32Array(steps.length).fill(loss) },
  };
}

test('a resume from an older step replaces the lines after it, and half a line does not count', async () => {
  const path = join(folder, 'metrics.jsonl');
  await appendMetrics(path, columns([1, 2, 3, 4], 5));
  await appendMetrics(path, columns([3, 4, 5], 2));
  appendFileSync(path, '{"step":6,"epo');
  const read = await readMetrics(path, 0);
  expect([...read.step]).toEqual([1, 2, 3, 4, 5]);
  expect([...(read.series['loss'] ?? [])]).toEqual([5, 5, 2, 2, 2]);
  expect([...(await readMetrics(path, 4)).step]).toEqual([5]);
  expect((await readMetrics(join(folder, 'none'), 0)).step).toHaveLength(0);
});
