/** What each protocol says, and who asks and is searched under it, on sets small enough to read; what all keep is in test/contracts/protocols.contract.test.ts. */
import { describe, expect, test } from 'vitest';
import {
  countValidQueries,
  entryOf,
  markOf,
  protocolHelp,
  protocolNamed,
  protocolNames,
  protocols,
  sidesOf,
  silentQueries,
} from '../../src-shared/protocols/index.ts';
import type { SideRow } from '../../src-shared/protocols/protocol.ts';

let next = 1;
const row = (identityId: number, camid: number, split: SideRow['split'], change: Partial<SideRow> = {}): SideRow => {
  const id = next++;
  return { id, identityId, camid, split, kind: 'person', firstFrame: id, ...change };
};
const identities = (rows: SideRow[]) => rows.map(({ identityId }) => identityId);

test('each names the distance that is taken unless another is asked for', () => {
  expect(Object.fromEntries(protocolNames.map((name) => [name, protocols[name].distance]))).toMatchObject({
    market: 'cosine',
    'mars-a': 'cosine',
    'mars-b': 'cosine',
    'mars-c': 'cosine',
    odv: 'cosine',
    visits: 'cosine',
  });
});

test('a name, or an alias, is found; what there is not is refused with the list', () => {
  expect(protocolNamed('mars')).toBe('mars-c');
  expect(protocolHelp).toBe(`${protocolNames.join(', ')}; mars means mars-c`);
  expect(() => protocolNamed('cuhk03')).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', message: `There is no protocol "cuhk03"; there are ${protocolHelp}.`, params: { protocol: 'cuhk03' } }),
  );
});

test.each([
  ['market', [], true, false, 'atMatch', 'valid'],
  ['odv', [], true, false, 'atMatch', 'valid'],
  ['mars-a', [], true, false, 'atMatch', 'valid'],
  ['mars-b', [], true, false, 'atMatch', 'valid'],
  ['mars-c', ['mars'], true, false, 'trapezoid', 'all'],
  ['visits', [], false, true, 'atMatch', 'valid'],
] as const)('%s says what its test code does', (id, aliases, usesSplits, ownCameraCounts, precision, cmcOver) => {
  const { aliases: others, usesSplits: bySplits, ownCameraCounts: ownCamera, precision: mean, cmcOver: over } = protocols[id];
  expect([others, bySplits, ownCamera, mean, over]).toEqual([aliases, usesSplits, ownCameraCounts, precision, cmcOver]);
});

describe('an entry of the gallery', () => {
  const query = { pid: 1, camid: 1, tracklet: 7 };
  test.each([
    ['of the same person in another camera', { pid: 1, camid: 2, tracklet: 8 }, 'correct', 'correct'],
    ['of the same person in the same camera', { pid: 1, camid: 1, tracklet: 8 }, 'junk', 'correct'],
    ['of another person', { pid: 2, camid: 1, tracklet: 8 }, 'wrong', 'wrong'],
    ['that is the query itself', { pid: 1, camid: 2, tracklet: 7 }, 'junk', 'junk'],
    ['that is junk', { pid: -1, camid: 2, tracklet: 8 }, 'junk', 'junk'],
    ['of nobody that is searched', { pid: 0, camid: 2, tracklet: 8 }, 'wrong', 'wrong'],
    ['without a tracklet', { pid: 1, camid: 2 }, 'correct', 'correct'],
  ] as const)('%s', (_name, entry, market, visits) => {
    expect([markOf(query, entry, 'market'), markOf(query, entry, 'visits')]).toEqual([market, visits]);
  });

  test('without a tracklet on either side is not the query itself', () => {
    expect(markOf({ pid: 1, camid: 1 }, { pid: 1, camid: 2 }, 'market')).toBe('correct');
  });

  test('has the identity of its tracklet, or −1 as junk', () => {
    const kinds = (['person', 'distractor', 'junk'] as const).map((kind) => entryOf({ id: 3, identityId: 5, camid: 2, split: 'gallery', firstFrame: 0, kind }));
    expect(kinds).toEqual([5, 5, -1].map((pid) => ({ pid, camid: 2, tracklet: 3 })));
  });
});

test('queries that ask nothing are counted by their kind', () => {
  const kinds = ['person', 'distractor', 'junk', 'junk'] as const;
  const rows = (['query', 'gallery'] as const).flatMap((split) => kinds.map((kind) => ({ split, kind })));
  expect(silentQueries([...rows, { split: 'query', kind: 'junk' }])).toEqual({ distractor: 1, junk: 3 });
});

describe('sides', () => {
  test('visits: a set of training rows alone is taken whole; visits that begin at once stand as they are given', () => {
    const rows = [row(1, 0, 'train', { firstFrame: 4 }), row(1, 0, 'train', { firstFrame: 2 }), row(2, 0, 'train', { firstFrame: 2 })].reverse();
    const { query, gallery } = sidesOf('visits', rows);
    expect(gallery.map(({ identityId, firstFrame }) => [identityId, firstFrame])).toEqual([
      [2, 2],
      [1, 2],
      [1, 4],
    ]);
    expect(query).toEqual([gallery[1]]);
    expect(sidesOf('visits', [row(1, 0, 'none', { kind: 'junk' })])).toEqual({ query: [], gallery: [expect.objectContaining({ identityId: 1 })] });
    expect(sidesOf('visits', [])).toEqual({ query: [], gallery: [] });
  });

  test('by splits only persons ask, and only some galleries hold the queries', () => {
    const rows = [row(1, 0, 'query'), row(2, 0, 'query', { kind: 'distractor' }), row(1, 1, 'gallery'), row(3, 1, 'train'), row(4, 1, 'none')];
    const gallery = (name: (typeof protocolNames)[number]) => identities(sidesOf(name, rows).gallery);
    expect(identities(sidesOf('market', rows).query)).toEqual([1]);
    expect(['market', 'odv', 'mars-a', 'mars-b', 'mars-c'].map((name) => gallery(name as 'market').length)).toEqual([1, 1, 1, 2, 2]);
  });

  test('visits: the first visit in time of who comes twice asks, everyone is in the gallery, training and junk stay out', () => {
    const rows = [
      row(5, 0, 'none', { firstFrame: 40 }),
      row(6, 0, 'none', { firstFrame: 2 }),
      row(5, 0, 'none', { firstFrame: 10 }),
      row(7, 0, 'train', { firstFrame: 1 }),
      row(7, 0, 'none', { firstFrame: 3 }),
      row(8, 0, 'none', { firstFrame: 4, kind: 'junk' }),
      row(8, 0, 'none', { firstFrame: 5, kind: 'junk' }),
      row(9, 0, 'none', { firstFrame: 6, kind: 'distractor' }),
      row(9, 0, 'none', { firstFrame: 7, kind: 'distractor' }),
    ];
    const { query, gallery } = sidesOf('visits', rows);
    expect(query.map(({ firstFrame }) => firstFrame)).toEqual([10]);
    expect(gallery.map(({ firstFrame }) => firstFrame)).toEqual([2, 3, 6, 7, 10, 40]);
  });
});

test('valid is who has a match that counts: in another camera, or in another visit', () => {
  const rows = [row(1, 0, 'query'), row(2, 0, 'query'), row(3, 0, 'query'), row(1, 0, 'gallery'), row(1, 1, 'gallery'), row(2, 0, 'gallery')];
  expect((['market', 'mars-a', 'mars-b', 'mars-c', 'odv', 'visits'] as const).map((name) => countValidQueries(name, rows))).toEqual([1, 1, 1, 1, 1, 2]);
});
