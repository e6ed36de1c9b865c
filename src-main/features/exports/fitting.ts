/**
 * Which formats would hold anything of a data set: what an export that can write nothing is answered with. Runs in the export child.
 * Test: test/main/features/exports/exports.test.ts.
 */
import { chosenOptions } from '../../../datasets/chosenOptions.ts';
import type { RecordSource } from '../../../datasets/exporter.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { knownExporters } from './exporters.ts';

/** Their titles, with options as they are by themselves. */
async function formatsFor(source: RecordSource, signal: AbortSignal): Promise<string[]> {
  const titles: string[] = [];
  for (const exporter of (await knownExporters()).values()) {
    const plan = await exporter.plan(source, chosenOptions('exporter', exporter, {}) as never, { signal, progress: () => undefined });
    if (plan.tracklets > 0) titles.push(exporter.title);
  }
  return titles;
}

/** The error of an exporter that has no place for anything, with what to choose instead. */
export async function withFormats(error: unknown, source: RecordSource, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof AppError) || error.code !== 'BAD_INPUT') return error;
  const titles = await formatsFor(source, signal);
  const remedy = titles.length === 0 ? 'No format holds anything of it.' : `Choose a format that fits: ${titles.map((title) => `"${title}"`).join(' or ')}.`;
  return new AppError(error.code, error.message, error.params, { cause: error, remedy });
}
