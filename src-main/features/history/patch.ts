/**
 * The language of undo: lists of row operations, each applied as its table declares it. Every undoable command writes what redoes it and what
 * undoes it in its own transaction. Test: test/main/features/history/patch.test.ts.
 */
import type { Reader, Writer } from '../../db/handles.ts';
import type { AtEnd, PatchOperation } from './operation.ts';
import { definitionOf } from './operations.ts';

/** The rows and columns that operations touch, as text: two steps that share one depend on their order. */
export function rowsOf(operations: readonly PatchOperation[]): Set<string> {
  return new Set(operations.flatMap((operation) => definitionOf(operation).rowsOf(operation)));
}

export function applyPatch(db: Writer, patch: readonly PatchOperation[]): void {
  const atEnd: AtEnd = new Map();
  for (const operation of patch) definitionOf(operation).apply(db, operation, atEnd);
  for (const follow of atEnd.values()) follow(db);
}

/** Whether something that was put has no place in what is there now, as a value beyond the frames of its tracklet. */
export function misplaced(db: Reader, patch: readonly PatchOperation[]): boolean {
  return [...Map.groupBy(patch, definitionOf)].some(([definition, operations]) => definition.misplaced?.(db, operations));
}
