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

test('a line without its end does not count, even where it could be read', async () => {
  const path = join(folder, 'metrics.jsonl');
  await appendMetrics(path, columns([1, 2], 5));
  appendFileSync(path, '{"step":3,"epoch":0,"seconds":3,"series":{"loss":1}}');
  expect([...(await readMetrics(path, 0)).step]).toEqual([1, 2]);
});

const BAD = [
  '{}',
  'null',
  '[]',
  '7',
  '"text"',
  '{"step":3}',
  '{"step":1,"epoch":0,"seconds":1,"series":null}',
  '{"step":1,"epoch":0,"seconds":1,"series":{"loss":"high"}}',
  '{"step":"1","epoch":0,"seconds":1,"series":{"loss":1}}',
  '{"step":1.5,"epoch":0,"seconds":1,"series":{"loss":1}}',
  '{"step":-1,"epoch":0,"seconds":1,"series":{"loss":1}}',
  '{"step":0,"epoch":0,"seconds":1,"series":{"loss":1}}',
  // Columns are of 32 bits.
  '{"step":2147483648,"epoch":0,"seconds":1,"series":{"loss":1}}',
  '{"step":99999999999,"epoch":0,"seconds":1,"series":{"loss":1}}',
  '{"step":3,"epoch":0,"seconds":1,"series":{"lo\u0000',
  '\u0000\u0000\u0000',
  // Whole, but its step lost a digit: those before it must not go for it.
  '{"step":1,"epoch":0,"seconds":1,"series":{"loss":1}}',
];

test.each(BAD)('one bad line does not hide a chart: %j', async (line) => {
  const path = join(folder, 'metrics.jsonl');
  await appendMetrics(path, columns([1, 2, 3], 5));
  appendFileSync(path, `${line}\n`);
  await appendMetrics(path, columns([4, 5], 2));
  const read = await readMetrics(path, 0);
  expect([...read.step]).toEqual([1, 2, 3, 4, 5]);
  expect(Object.keys(read.series)).toEqual(['loss']);
  expect([...(read.series['loss'] ?? [])]).toEqual([5, 5, 5, 2, 2]);
});

test('a resume that has written one line replaces what came after, and so do two resumes', async () => {
  const path = join(folder, 'metrics.jsonl');
  await appendMetrics(path, columns([1, 2, 3, 4], 5));
  await appendMetrics(path, columns([2], 3));
  expect([...(await readMetrics(path, 0)).step]).toEqual([1, 2]);
  await appendMetrics(path, columns([2, 3, 4, 5], 1));
  const read = await readMetrics(path, 0);
  expect([[...read.step], [...(read.series['loss'] ?? [])]]).toEqual([
    [1, 2, 3, 4, 5],
    [5, 1, 1, 1, 1],
  ]);
});

test('of a resume too one bad line takes one point', async () => {
  const path = join(folder, 'metrics.jsonl');
  await appendMetrics(path, columns([1, 2, 3], 5));
  await appendMetrics(path, columns([1], 2));
  appendFileSync(path, '{}\n');
  await appendMetrics(path, columns([3], 2));
  const read = await readMetrics(path, 0);
  expect([[...read.step], [...(read.series['loss'] ?? [])]]).toEqual([
    [1, 3],
    [2, 2],
  ]);
});

test('a figure that was no number is none, in whichever step it is lacking', async () => {
  const path = join(folder, 'metrics.jsonl');
  await appendMetrics(path, { ...columns([1], 5), series: { loss: Float32Array.of(NaN), rate: Float32Array.of(3) } });
  await appendMetrics(path, { ...columns([2], 5), epoch: Int32Array.of(7) });
  expect(await readMetrics(path, 0)).toEqual({
    step: Int32Array.of(1, 2),
    epoch: Int32Array.of(0, 7),
    seconds: Float32Array.of(1, 2),
    series: { loss: Float32Array.of(NaN, 5), rate: Float32Array.of(3, NaN) },
  });
});
