/** Undo's operations of table `run`: its name, removing one and bringing it back. Test: test/contracts/operations.contract.test.ts. */
import { z } from 'zod';
import { defineOperation, type TableOperations } from '../../history/operation.ts';
import { bringBack, givenName, hide, rename } from '../../history/removal.table.ts';

declare module '../../history/operation.ts' {
  interface PatchOperations {
    'set run': { op: 'set'; table: 'run'; ids: string[]; values: { name: string } };
    'remove run': { op: 'remove'; table: 'run'; id: string; at: number };
    'bringBack run': { op: 'bringBack'; table: 'run'; id: string };
  }
}

const table = z.literal('run');
const id = z.string();
/** Removing frees the name, bringing back takes it again. */
const rowOf = (of: string): string => `run ${of} name`;

const set = defineOperation({
  name: 'set run',
  schema: z.object({ op: z.literal('set'), table, ids: z.array(id), values: z.strictObject({ name: givenName }) }),
  opposite: 'set run',
  calls: ['runs.rename'],
  rowsOf: ({ ids }) => ids.map(rowOf),
  apply: rename,
});

const remove = defineOperation({
  name: 'remove run',
  schema: z.object({ op: z.literal('remove'), table, id, at: z.int().min(0) }),
  opposite: 'bringBack run',
  calls: ['runs.remove'],
  rowsOf: (operation) => [rowOf(operation.id)],
  apply: hide,
});

const back = defineOperation({
  name: 'bringBack run',
  schema: z.object({ op: z.literal('bringBack'), table, id }),
  opposite: 'remove run',
  calls: ['trash.restore'],
  rowsOf: (operation) => [rowOf(operation.id)],
  apply: bringBack,
});

export default { id: 'run', operations: [set, remove, back] } satisfies TableOperations;
