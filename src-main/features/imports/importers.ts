/** The importers of `datasets/importers`, found once a process. Test: test/main/features/imports/handlers.test.ts. */
import type { ImporterDefinition } from '../../../datasets/importer.ts';
import { loadRegistry } from '../../platform/registry.ts';

let importers: Promise<Map<string, ImporterDefinition>> | null = null;

export function knownImporters(): Promise<Map<string, ImporterDefinition>> {
  importers ??= loadRegistry<ImporterDefinition>(new URL('../../../datasets/importers/', import.meta.url));
  return importers;
}
