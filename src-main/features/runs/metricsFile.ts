/**
 * Metrics of a run as JSON lines, appended while it trains. A resumed run begins at its checkpoint, which may lie before the last lines:
 * a line whose step does not go on replaces what came after. Test: test/main/features/metricsFile.test.ts.
 */
import { appendFile, readFile } from 'node:fs/promises';
import type { MetricColumns } from '../../../src-shared/entities.ts';

interface MetricRow {
  step: number;
  epoch: number;
  seconds: number;
  series: Record<string, number | null>;
}

export async function appendMetrics(path: string, columns: MetricColumns): Promise<void> {
  const names = Object.keys(columns.series);
  const lines = Array.from(columns.step, (step, i) => {
    const series = Object.fromEntries(names.map((name) => [name, columns.series[name]?.[i] ?? null]));
    return JSON.stringify({ step, epoch: columns.epoch[i] as number, seconds: columns.seconds[i] as number, series } satisfies MetricRow);
  });
  await appendFile(path, `${lines.join('\n')}\n`, { mode: 0o600 });
}

export async function readMetrics(path: string, afterStep: number): Promise<MetricColumns> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const rows: MetricRow[] = [];
  // A crash can leave half a line; what follows the last newline does not count.
  for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
    const row = parse(line);
    if (!row) continue;
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

function parse(line: string): MetricRow | null {
  if (line === '') return null;
  try {
    return JSON.parse(line) as MetricRow;
  } catch {
    return null;
  }
}
