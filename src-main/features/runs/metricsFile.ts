/**
 * Metrics of a run as JSON lines, appended while it trains. A resumed run begins at its checkpoint, which may lie before the last lines:
 * a line whose step does not go on replaces what came after. A line that is damaged is passed over, and so is one whose step went back
 * although the next one goes on from where the others were: one bad line takes one point, never a chart.
 * Test: test/main/features/metricsFile.test.ts.
 */
import { z } from 'zod';
import type { MetricColumns } from '../../../src-shared/contract/runs.ts';
import { appendRegular, readTextIfThere } from '../../platform/openRegular.ts';

const count = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const metricRow = z.object({ step: count.min(1), epoch: count, seconds: z.number().min(0), series: z.record(z.string(), z.number().nullable()) });
type MetricRow = z.output<typeof metricRow>;

export async function appendMetrics(path: string, columns: MetricColumns): Promise<void> {
  const names = Object.keys(columns.series);
  const lines = Array.from(columns.step, (step, i) => {
    const series = Object.fromEntries(names.map((name) => [name, columns.series[name]?.[i] ?? null]));
    return JSON.stringify({ step, epoch: columns.epoch[i] as number, seconds: columns.seconds[i] as number, series } satisfies MetricRow);
  });
  await appendRegular(path, `${lines.join('\n')}\n`);
}

export async function readMetrics(path: string, afterStep: number): Promise<MetricColumns> {
  const text = (await readTextIfThere(path)) ?? '';
  const rows: MetricRow[] = [];
  // A crash can leave half a line; what follows the last newline does not count.
  const whole = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .flatMap((line) => parse(line) ?? []);
  for (const [index, row] of whole.entries()) {
    const last = rows.at(-1)?.step ?? 0;
    const next = whole[index + 1]?.step ?? 0;
    // A resumed run passes the steps after its checkpoint once more; nothing leaps back over them.
    if (row.step < last && next > last) continue;
    while (rows.length > 0 && (rows.at(-1) as MetricRow).step >= row.step) rows.pop();
    rows.push(row);
  }
  return columnsOf(rows.filter((row) => row.step > afterStep));
}

function columnsOf(rows: MetricRow[]): MetricColumns {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.series)))];
  return {
    step: Int32Array.from(rows, (row) => row.step),
    epoch: Int32Array.from(rows, (row) => row.epoch),
    seconds: Float32Array.from(rows, (row) => row.seconds),
    series: Object.fromEntries(names.map((name) => [name, Float32Array.from(rows, (row) => row.series[name] ?? NaN)])),
  };
}

/** null for anything but a whole line with the right kinds of values. */
function parse(line: string): MetricRow | null {
  try {
    const row = metricRow.safeParse(JSON.parse(line));
    return row.success ? row.data : null;
  } catch {
    return null;
  }
}
