/**
 * One operation of undo, as its table declares it. A step of history is two lists of such operations: what redoes it and what undoes it. A
 * table has its own in one file, `features/<domain>/operations/<table>.table.ts`, and nobody else has to know them.
 * Test: test/contracts/operations.contract.test.ts.
 */
import type { z } from 'zod';
import type { Reader, Writer } from '../../db/handles.ts';

/** As they are stored, by their names. A file of operations adds its own (`declare module`), so that whoever makes a step is held to their form. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the files of operations fill it
export interface PatchOperations {}

export type OperationName = keyof PatchOperations;
export type PatchOperation = PatchOperations[OperationName];

/** What follows from the rows of a patch, done once when all of it stands; by a name, so that two operations ask for one thing once. */
export type AtEnd = Map<string, (db: Writer) => void>;

export interface OperationDefinition<Name extends OperationName> {
  /** Its `op`, and its `table` where it says one: "putAnnotations", "set tracklet". */
  name: Name;
  /** What a stored one may hold: a project that somebody sent may hold anything. */
  schema: z.ZodType<PatchOperations[Name]>;
  /** The name of what undoes it. */
  opposite: OperationName;
  /** The calls whose steps may do it; undoing them may do the opposite. */
  calls: readonly string[];
  /** The rows and columns that it touches, as text: two steps that share one depend on their order. The opposite touches the same. */
  rowsOf(operation: PatchOperations[Name]): string[];
  /** Rows of things that were removed meanwhile are passed over. */
  apply(db: Writer, operation: PatchOperations[Name], atEnd: AtEnd): void;
  /** Whether what these put has no place among the rows that are there now. Asked of all of a patch at once, after it. */
  misplaced?(db: Reader, operations: readonly PatchOperations[Name][]): boolean;
}

export function defineOperation<Name extends OperationName>(definition: OperationDefinition<Name>): OperationDefinition<Name> {
  return definition;
}

/** The default export of a file of operations. */
export interface TableOperations {
  /** The table. */
  id: string;
  operations: readonly OperationDefinition<OperationName>[];
}
