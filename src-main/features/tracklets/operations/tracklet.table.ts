/** Undo's operation of table `tracklet`, as steps of before split sets had names have it. Tests: test/contracts/operations.contract.test.ts, test/main/features/history/patch.test.ts. */
import { z } from 'zod';
import { splitName, type SplitName } from '../../../../src-shared/contract/datasets.ts';
import { defineOperation, type TableOperations } from '../../history/operation.ts';
import { setSidesInFirst } from '../../splits/members.table.ts';

declare module '../../history/operation.ts' {
  interface PatchOperations {
    'set tracklet': { op: 'set'; table: 'tracklet'; ids: number[]; values: { split: SplitName } };
  }
}

const set = defineOperation({
  name: 'set tracklet',
  schema: z.object({ op: z.literal('set'), table: z.literal('tracklet'), ids: z.array(z.int().min(0)), values: z.strictObject({ split: splitName }) }),
  opposite: 'set tracklet',
  calls: ['tracklets.setSplit'],
  rowsOf: ({ ids }) => ids.map((id) => `tracklet ${id} split`),
  apply: (db, { ids, values }) => setSidesInFirst(db, ids, values.split),
});

export default { id: 'tracklet', operations: [set] } satisfies TableOperations;
