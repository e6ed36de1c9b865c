/**
 * Who asks and who is searched, as lists that can be told apart, and of whom features are made.
 * The hash of a query or gallery list: of what its tracklets are called, who they show and which camera saw them, in any order. Row ids do not
 * enter, so a data set that was imported again has the same lists. Tests: test/main/compute/lists.test.ts, test/main/features/evaluationContract.test.ts.
 */
import { createHash } from 'node:crypto';
import type { SplitName } from '../../src-shared/contract/datasets.ts';
import type { ListFacts } from '../../src-shared/contract/evaluations.ts';
import type { SideRow } from '../../src-shared/protocols/protocol.ts';

/** A tracklet as an entry of a query or gallery list: what decides its side, and what it is called whatever its row. */
export interface ListRow extends SideRow {
  key: string;
  pid: number;
}

export function listFacts(rows: readonly Pick<ListRow, 'key' | 'pid' | 'kind' | 'camid'>[]): ListFacts {
  const lines = rows.map(({ key, pid, kind, camid }) => JSON.stringify([key, pid, kind, camid])).sort();
  return { hash: shortHash(lines.join('\n')), count: rows.length };
}

/** Half of a sha256: to tell apart, not to guard. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** What features are made of: all but the split "train", and all where there is nothing else. */
export function testedOf<Row extends { split: SplitName }>(rows: readonly Row[]): readonly Row[] {
  const tested = rows.filter(({ split }) => split !== 'train');
  return tested.length > 0 ? tested : rows;
}
