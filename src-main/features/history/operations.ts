/** The operations of all tables, found by their folders. Tests: test/contracts/operations.contract.test.ts, test/main/features/history/patch.test.ts. */
import { AppError } from '../../../src-shared/errors.ts';
import { loadRegistries } from '../../platform/registry.ts';
import type { OperationDefinition, OperationName, PatchOperation, TableOperations } from './operation.ts';

// Read before the first step is: table functions cannot wait. None of these files may lead back here.
export const tableOperations = await loadRegistries<TableOperations>(new URL('../', import.meta.url), 'operations');

const byName = new Map<string, OperationDefinition<OperationName>>();
for (const { operations } of tableOperations.values())
  for (const operation of operations) {
    if (byName.has(operation.name)) throw new Error(`two tables declare the operation "${operation.name}"`);
    byName.set(operation.name, operation);
  }

const calls = new Set([...byName.values()].flatMap((operation) => operation.calls));

/** Those of a later version are not. */
export function isKnownCall(call: string): boolean {
  return calls.has(call);
}

/** Undefined for what is none of ours, whatever it is. */
export function findOperation(stored: unknown): OperationDefinition<OperationName> | undefined {
  if (typeof stored !== 'object' || stored === null) return undefined;
  const { op, table } = stored as { op?: unknown; table?: unknown };
  return byName.get(table === undefined ? String(op) : `${String(op)} ${String(table)}`);
}

export function definitionOf(operation: PatchOperation): OperationDefinition<OperationName> {
  const found = findOperation(operation);
  if (!found) throw new AppError('INTERNAL', `A history step does ${JSON.stringify(operation).slice(0, 100)}, which no table declares.`);
  return found;
}
