/** What is said of a data set in which nobody has a match: the first thing that it lacks, and what to do about it. */
import { describe, expect, test } from 'vitest';
import { refuseUnanswerable } from '../../../src-main/features/evaluations/sides.ts';
import { noQueries } from '../../../src-shared/evaluation/noQueries.ts';
import type { SideRow } from '../../../src-shared/protocols/protocol.ts';

let id = 0;
const row = (identityId: number, camid: number, split: SideRow['split'], more: Partial<SideRow> = {}): SideRow => ({
  id: ++id,
  identityId,
  kind: 'person',
  camid,
  split,
  firstFrame: id,
  ...more,
});
const VISITS = 'Choose the protocol "visits", which needs neither splits nor a second camera; or ';

test.each<[string, Parameters<typeof noQueries>[0], SideRow[], string, string, object]>([
  [
    'one camera, no queries',
    'market',
    [row(1, 0, 'none'), row(2, 0, 'gallery')],
    'The data set has one camera and no tracklets in the split "query"; under the protocol "market" a match must come from another camera.',
    'Evaluate on a data set with two cameras or more.',
    { queries: 0, cameras: 1 },
  ],
  [
    'one camera, two queries, one of them a distractor; people come back',
    'mars-c',
    [row(1, 0, 'query'), row(2, 0, 'query', { kind: 'distractor' }), row(1, 0, 'gallery')],
    'The data set has one camera, which filmed all 1 queries; under the protocol "mars-c" a match must come from another camera.',
    `${VISITS}evaluate on a data set with two cameras or more.`,
    { queries: 1, cameras: 1 },
  ],
  [
    'two cameras, no queries',
    'market',
    [row(1, 0, 'none'), row(2, 1, 'gallery')],
    'The data set has no tracklets in the split "query", which the protocol "market" needs.',
    'Move tracklets to the splits "query" and "gallery".',
    { queries: 0, cameras: 2 },
  ],
  [
    'two cameras, no queries, people come back',
    'market',
    [row(1, 0, 'none'), row(1, 1, 'gallery')],
    'The data set has no tracklets in the split "query", which the protocol "market" needs.',
    `${VISITS}move tracklets to the splits "query" and "gallery".`,
    { queries: 0, cameras: 2 },
  ],
  [
    'queries whose people are in no other camera',
    'market',
    [row(1, 0, 'query'), row(3, 1, 'query'), row(2, 1, 'gallery')],
    'None of the 2 queries has a match in another camera under the protocol "market".',
    'Move tracklets of the same people in other cameras to the split "gallery".',
    { queries: 2, cameras: 2 },
  ],
  [
    'nobody comes twice',
    'visits',
    [row(1, 0, 'query'), row(2, 1, 'gallery')],
    'No identity of the data set has two visits, so no query has a match under the protocol "visits".',
    'Import the source again with its tracks cut into visits (option "Frames per visit"), or evaluate on a data set whose people come back.',
    { queries: 1, cameras: 2 },
  ],
])('%s', (_name, protocol, rows, message, remedy, params) => {
  expect(noQueries(protocol, rows)).toMatchObject({ code: 'NO_VALID_QUERY', message, remedy, params: { protocol, ...params } });
});

describe('an evaluation', () => {
  const asked: unknown[] = [];
  const refuse = (rows: SideRow[]) =>
    refuseUnanswerable({ db: { read: (...input: unknown[]) => (asked.push(input), Promise.resolve(rows)) } } as never, 4, 'market');

  test('that can have a result is let through, and so is one of a data set that is not there', async () => {
    await expect(refuse([row(1, 0, 'query'), row(2, 0, 'query'), row(1, 1, 'gallery')])).resolves.toBeUndefined();
    await expect(refuse([])).resolves.toBeUndefined();
    expect(asked[0]).toEqual(['evaluations', 'sideRows', { datasetId: 4 }]);
  });

  test('that cannot is refused', async () => {
    await expect(refuse([row(1, 0, 'query')])).rejects.toMatchObject({ code: 'NO_VALID_QUERY', params: { protocol: 'market', queries: 1, cameras: 1 } });
  });
});
