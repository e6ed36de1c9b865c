/**
 * What a stored step of history may hold: for whoever looks through a project that somebody sent, and for undo, which makes rows of it.
 * Test: test/main/features/history/stored.test.ts.
 */
import { parsed } from '../annotations/fieldValues.ts';
import type { PatchOperation } from './operation.ts';
import { definitionOf, findOperation, isKnownCall } from './operations.ts';
import { rowsOf } from './patch.ts';

export interface StoredStep {
  call: string;
  /** JSON. */
  patch: string;
  inverse: string;
}

/** Null for a step that no call makes: one that cannot be read, does what its call does not, or whose two ways are not of the same rows. */
export function readStep({ call, patch, inverse }: StoredStep): { patch: PatchOperation[]; inverse: PatchOperation[] } | null {
  const there = readOperations(patch);
  const back = readOperations(inverse);
  if (!there || !back) return null;
  // Steps of a later version's calls are held to the rest.
  if (isKnownCall(call) && !there.every((operation) => definitionOf(operation).calls.includes(call))) return null;
  const undoing = new Set(there.map((operation): string => definitionOf(operation).opposite));
  if (!isSame(undoing, new Set(back.map((operation): string => definitionOf(operation).name))) || !isSame(rowsOf(there), rowsOf(back))) return null;
  return { patch: there, inverse: back };
}

function readOperations(json: string): PatchOperation[] | null {
  const stored = parsed(json);
  if (!Array.isArray(stored)) return null;
  const operations: PatchOperation[] = [];
  for (const one of stored as unknown[]) {
    const read = findOperation(one)?.schema.safeParse(one);
    if (!read?.success) return null;
    operations.push(read.data);
  }
  return operations;
}

function isSame<Value>(a: ReadonlySet<Value>, b: ReadonlySet<Value>): boolean {
  return a.size === b.size && [...a].every((value) => b.has(value));
}
