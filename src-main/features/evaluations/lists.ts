/**
 * The hash of a query or gallery list: of what its tracklets are called, who they show and which camera saw them, in any order. Row ids do not
 * enter, so a data set that was imported again has the same lists. Tests: test/main/features/evaluationLists.test.ts, test/main/features/evaluationContract.test.ts.
 */
import { createHash } from 'node:crypto';
import type { ListFacts } from '../../../src-shared/contract/evaluations.ts';
import type { ListRow } from './table.ts';

export function listFacts(rows: readonly Pick<ListRow, 'key' | 'pid' | 'kind' | 'camid'>[]): ListFacts {
  const lines = rows.map(({ key, pid, kind, camid }) => JSON.stringify([key, pid, kind, camid])).sort();
  return { hash: shortHash(lines.join('\n')), count: rows.length };
}

/** Half of a sha256: to tell apart, not to guard. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
