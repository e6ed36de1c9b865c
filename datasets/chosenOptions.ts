/**
 * Options that somebody gave, completed by defaults; what does not fit is one sentence. Tests: test/main/features/imports/readFolder.test.ts and the contract
 * suites of importers and exporters.
 */
import type { z } from 'zod';
import { AppError } from '../src-shared/errors.ts';

export function chosenOptions<Options extends z.ZodObject>(
  what: 'importer' | 'exporter',
  { id, options: schema }: { id: string; options: Options },
  given: Record<string, unknown>,
): z.output<Options> {
  const unknown = Object.keys(given).find((key) => !(key in schema.shape));
  if (unknown !== undefined) {
    const known = Object.keys(schema.shape).join(', ') || 'none';
    throw new AppError(
      'UNKNOWN_OPTION',
      `The ${what} "${id}" has no option "${unknown}"; known are ${known}.`,
      { key: unknown, [what]: id },
      { remedy: 'Correct the name of the option, or leave it out.' },
    );
  }
  const options = schema.safeParse(given);
  if (options.success) return options.data;
  const [issue] = options.error.issues;
  const key = issue?.path.map(String).join('.') ?? '';
  throw new AppError('BAD_INPUT', `The option "${key}" of the ${what} "${id}" does not fit: ${issue?.message ?? 'unknown reason'}.`, { key, [what]: id });
}
