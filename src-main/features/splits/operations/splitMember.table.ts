/** Undo's operation of table `split_member`: on which side of a set tracklets are. Test: test/contracts/operations.contract.test.ts. */
import { z } from 'zod';
import { splitName, type SplitName } from '../../../../src-shared/contract/datasets.ts';
import { defineOperation, type TableOperations } from '../../history/operation.ts';
import { setSides } from '../members.table.ts';

declare module '../../history/operation.ts' {
  interface PatchOperations {
    setSide: { op: 'setSide'; splitSet: number; ids: number[]; side: SplitName };
  }
}

const id = z.int().min(0);

const setSide = defineOperation({
  name: 'setSide',
  schema: z.object({ op: z.literal('setSide'), splitSet: id, ids: z.array(id), side: splitName }),
  opposite: 'setSide',
  calls: ['tracklets.setSplit'],
  // Of whichever set, as steps of before sets had names say it.
  rowsOf: ({ ids }) => ids.map((of) => `tracklet ${of} split`),
  apply: (db, { splitSet, ids, side }) => setSides(db, splitSet, ids, side),
});

export default { id: 'split_member', operations: [setSide] } satisfies TableOperations;
