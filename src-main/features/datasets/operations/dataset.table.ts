/** Undo's operations of table `dataset`: its name, removing one and bringing it back, which is also what makes one of others again. Test: test/contracts/operations.contract.test.ts. */
import { z } from 'zod';
import { defineOperation, type TableOperations } from '../../history/operation.ts';
import { bringBack, givenName, hide, rename } from '../../history/removal.table.ts';

declare module '../../history/operation.ts' {
  interface PatchOperations {
    'set dataset': { op: 'set'; table: 'dataset'; ids: number[]; values: { name: string } };
    'remove dataset': { op: 'remove'; table: 'dataset'; id: number; at: number };
    'bringBack dataset': { op: 'bringBack'; table: 'dataset'; id: number };
  }
}

const table = z.literal('dataset');
const id = z.int().min(0);
/** Removing frees the name, bringing back takes it again. */
const rowOf = (of: number): string => `dataset ${of} name`;

const set = defineOperation({
  name: 'set dataset',
  schema: z.object({ op: z.literal('set'), table, ids: z.array(id), values: z.strictObject({ name: givenName }) }),
  opposite: 'set dataset',
  calls: ['datasets.rename'],
  rowsOf: ({ ids }) => ids.map(rowOf),
  apply: rename,
});

const remove = defineOperation({
  name: 'remove dataset',
  schema: z.object({ op: z.literal('remove'), table, id, at: z.int().min(0) }),
  opposite: 'bringBack dataset',
  calls: ['datasets.remove'],
  rowsOf: (operation) => [rowOf(operation.id)],
  apply: hide,
});

const back = defineOperation({
  name: 'bringBack dataset',
  schema: z.object({ op: z.literal('bringBack'), table, id }),
  opposite: 'remove dataset',
  calls: ['trash.restore', 'datasets.derive'],
  rowsOf: (operation) => [rowOf(operation.id)],
  apply: bringBack,
});

export default { id: 'dataset', operations: [set, remove, back] } satisfies TableOperations;
