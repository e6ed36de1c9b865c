/** Undo's operation of table `split_set`: which one is in use. Test: test/contracts/operations.contract.test.ts. */
import { z } from 'zod';
import { defineOperation, type TableOperations } from '../../history/operation.ts';
import { useSplitSet } from '../members.table.ts';

declare module '../../history/operation.ts' {
  interface PatchOperations {
    'useSplit dataset': { op: 'useSplit'; table: 'dataset'; id: number; splitSet: number };
  }
}

const id = z.int().min(0);

const use = defineOperation({
  name: 'useSplit dataset',
  schema: z.object({ op: z.literal('useSplit'), table: z.literal('dataset'), id, splitSet: id }),
  opposite: 'useSplit dataset',
  calls: ['splits.use'],
  rowsOf: (operation) => [`dataset ${operation.id} split set`],
  apply: (db, operation) => useSplitSet(db, operation.id, operation.splitSet),
});

export default { id: 'split_set', operations: [use] } satisfies TableOperations;
