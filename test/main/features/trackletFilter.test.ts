/** Filters and orders on six tracklets made by hand; which pass is read off the list below. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrackletFilter, TrackletSort } from '../../../src-shared/contract/tracklets.ts';
import { conditionsOf } from '../../../src-main/features/tracklets/filter.table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
const frames = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

beforeAll(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 2, camid: 1, split: 'train', frameIndex: frames(10), valued: [10, 5], terms: ',occluder=object,occluder=person,' },
    { id: 2, pid: 1, camid: 2, split: 'query', frameIndex: frames(10), valued: [9, 3], terms: ',occluder=edge,quality=dark,' },
    // One frame too few has a value.
    { id: 3, pid: 1, camid: 1, split: 'gallery', frameIndex: frames(10), valued: [8, 8], terms: ',quality=blurred,quality=dark,' },
    { id: 4, pid: 2, camid: 2, split: 'none', frameIndex: frames(3), valued: [3, 0] },
  ]);
  putDataset(here.sql, 2, [
    { id: 5, pid: 1, camid: 1, split: 'none', frameIndex: frames(7) },
    { id: 6, pid: 1, camid: 1, split: 'none', frameIndex: frames(12), valued: [12, 4] },
  ]);
  here.sql.exec(`
    UPDATE tracklet SET hidden_max = CASE id WHEN 1 THEN 3 WHEN 2 THEN 10 WHEN 3 THEN 4 WHEN 4 THEN 0 WHEN 6 THEN 8 END;
    UPDATE tracklet SET review = 'reviewed' WHERE id IN (1, 2);
    UPDATE tracklet SET review_gaps = 1 WHERE id IN (2, 3);
    UPDATE tracklet SET review = 'started' WHERE id = 3;
    UPDATE tracklet SET review = 'disputed' WHERE id = 6;
    UPDATE tracklet SET note = '50% of A_b' WHERE id = 3;
    UPDATE tracklet SET key = 'x\\y' WHERE id = 4;
    UPDATE identity SET name = 'Zoe' WHERE id = 2001;
    UPDATE camera SET name = 'gate' WHERE id = 1002;
  `);
});
afterAll(() => here[Symbol.dispose]());

const query = (filter: TrackletFilter, sort: TrackletSort = 'identity') => here.db.read('tracklets', 'query', { filter, sort });
const found = async (filter: TrackletFilter) => [...(await query(filter)).ids].sort((a, b) => a - b);

describe('a filter', () => {
  test.each<[TrackletFilter, number[]]>([
    [{}, [1, 2, 3, 4, 5, 6]],
    [{ datasetIds: [2] }, [5, 6]],
    [{ datasetIds: [] }, []],
    [{ cameraIds: [1002, 2001] }, [2, 4, 5, 6]],
    [{ identityIds: [1001] }, [2, 3]],
    [{ splits: ['train', 'query'] }, [1, 2]],
    [{ splits: [] }, []],
    [{ reviews: ['reviewed'] }, [1]],
    [{ reviews: ['gaps'] }, [2]],
    [{ reviews: ['started', 'disputed'] }, [3, 6]],
    [{ reviews: ['none'] }, [4, 5]],
    [{ trackletIds: [6, 2, 99] }, [2, 6]],
    [{ terms: { occluder: ['person'] } }, [1]],
    [{ terms: { occluder: ['edge', 'object'] } }, [1, 2]],
    [{ terms: { occluder: ['per'] } }, []],
    [{ terms: { occluder: ['son'] } }, []],
    [{ terms: { occluder: [] } }, []],
    [{ terms: { quality: ['dark'] } }, [2, 3]],
    // A value is one of its field alone; several fields must all hold.
    [{ terms: { quality: ['edge'] } }, []],
    [{ terms: { quality: ['dark'], occluder: ['edge', 'self'] } }, [2]],
    [{ terms: {} }, [1, 2, 3, 4, 5, 6]],
    // More than the lower end, at most the upper one; a third of nine and of twelve is a third.
    [{ hiddenShare: { min: 0.3, max: 1 / 3 } }, [2, 6]],
    [{ hiddenShare: { min: 1 / 3, max: 1 } }, [1]],
    [{ hiddenShare: { min: null, max: 0 } }, [4]],
    [{ hiddenShare: { min: null, max: 1 } }, [1, 2, 4, 6]],
    [{ hiddenShare: { min: 0, max: 1 } }, [1, 2, 6]],
    [{ hiddenShare: { min: 0.49, max: 0.5 } }, [1]],
    [{ hiddenShare: { min: 0.5, max: 1 } }, []],
    [{ hiddenMax: { min: 4, max: 8 } }, [3, 6]],
    [{ hiddenMax: { min: 0, max: 3 } }, [1, 4]],
    [{ length: { min: 7, max: 10 } }, [1, 2, 3, 5]],
    [{ length: { min: 11, max: 11 } }, []],
    [{ text: '  ' }, [1, 2, 3, 4, 5, 6]],
    [{ text: '' }, [1, 2, 3, 4, 5, 6]],
    [{ text: ' T2 ' }, [2]],
    [{ text: '50%' }, [3]],
    [{ text: '5%' }, []],
    [{ text: 'A_b' }, [3]],
    [{ text: 'A_' }, [3]],
    [{ text: '_' }, [3]],
    [{ text: 'x\\' }, [4]],
    [{ text: 'zOE' }, [5, 6]],
    [{ text: 'gate' }, [2, 4]],
    [{ splits: ['train', 'none'], datasetIds: [1], text: 'p2' }, [1, 4]],
  ])('%j', async (filter, ids) => {
    expect(await found(filter)).toEqual(ids);
  });

  test('makes one condition of each part that is set, and of no other', () => {
    expect(conditionsOf({})).toEqual([]);
    expect(conditionsOf({ splits: ['train'], hiddenMax: { min: 1, max: 2 }, text: ' a ' }).map(({ facet, params }) => [facet, params])).toEqual([
      ['splits', ['["train"]']],
      ['hiddenMax', [1, 2]],
      ['text', ['%a%', '%a%', '%a%', '%a%']],
    ]);
    expect(conditionsOf({ terms: { occluder: ['a', 'b'], quality: [] } }).map(({ facet, params }) => [facet, params])).toEqual([
      ['terms.occluder', ['[",occluder=a,",",occluder=b,"]']],
      ['terms.quality', ['[]']],
    ]);
  });

  test.each(['later', 'visibility', 'note', 'reviewed', 'toString'])('a field without a list of values is refused: %s', async (field) => {
    await expect(query({ terms: { [field]: ['x'] } })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: `filter: "terms": there is no field "${field}" to filter tracklets by; there are "occluder", "hiddenParts", "quality".`,
    });
  });
});

test.each<[TrackletSort, number[]]>([
  ['identity', [3, 2, 1, 4, 5, 6]],
  ['camera', [3, 1, 2, 4, 5, 6]],
  // Shares: 1/2, 1/3 and 1/3 (the higher maximum first), 0; then those that are not counted, again by their maximum.
  ['hiddenDesc', [1, 2, 6, 4, 3, 5]],
  ['hiddenAsc', [4, 6, 2, 1, 5, 3]],
  ['lengthDesc', [6, 3, 2, 1, 5, 4]],
  ['lengthAsc', [4, 5, 3, 2, 1, 6]],
  ['reviewFirst', [6, 3, 2, 4, 5, 1]],
])('in the order %s', async (sort, ids) => {
  expect([...(await query({}, sort)).ids]).toEqual(ids);
});

test('totals are of what was found, and beside them how many there are', async () => {
  expect(await query({ splits: ['train', 'query', 'gallery'] })).toEqual({
    ids: Int32Array.of(3, 2, 1),
    of: 6,
    frames: 30,
    identities: 2,
    cameras: 2,
    sidesOf: null,
  });
  expect(await query({ trackletIds: [] })).toEqual({ ids: Int32Array.of(), of: 6, frames: 0, identities: 0, cameras: 0, sidesOf: null });
});
