/** The exporters of `datasets/exporters`, found once a process. Test: test/main/features/exports/exports.test.ts. */
import type { ExporterDefinition } from '../../../datasets/exporter.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { loadRegistry } from '../../platform/registry.ts';

let exporters: Promise<Map<string, ExporterDefinition>> | null = null;

export function knownExporters(): Promise<Map<string, ExporterDefinition>> {
  exporters ??= loadRegistry<ExporterDefinition>(new URL('../../../datasets/exporters/', import.meta.url));
  return exporters;
}

/** @throws BAD_INPUT that lists those there are */
export async function exporterOf(id: string): Promise<ExporterDefinition> {
  const known = await knownExporters();
  const exporter = known.get(id);
  if (!exporter) throw new AppError('BAD_INPUT', `There is no exporter "${id}"; known are ${[...known.keys()].join(', ')}.`, { key: 'exporter' });
  return exporter;
}
