/** Protocols as one list, and who asks and is searched under each, on sets small enough to read. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countValidQueries, protocolHelp, protocolNamed, protocolNames, protocols, sidesOf } from '../../src-shared/protocols/index.ts';
import type { SideRow } from '../../src-shared/protocols/protocol.ts';

let next = 1;
const row = (identityId: number, camid: number, split: SideRow['split'], change: Partial<SideRow> = {}): SideRow => {
  const id = next++;
  return { id, identityId, camid, split, kind: 'person', firstFrame: id, ...change };
};
const identities = (rows: SideRow[]) => rows.map(({ identityId }) => identityId);

test('every file of the folder is in the list, and no name or alias is taken twice', () => {
  const files = readdirSync(new URL('../../src-shared/protocols', import.meta.url)).filter((name) => name !== 'index.ts' && name !== 'protocol.ts');
  expect(protocolNames).toHaveLength(files.length);
  const names = protocolNames.flatMap((id) => [id, ...protocols[id].aliases]);
  expect(new Set(names).size).toBe(names.length);
});

test('a name, or an alias, is found; what there is not is refused with the list', () => {
  for (const name of protocolNames) expect(protocolNamed(name)).toBe(name);
  expect(protocolNamed('mars')).toBe('mars-c');
  expect(() => protocolNamed('cuhk03')).toThrow(`There is no protocol "cuhk03"; there are ${protocolHelp}.`);
  expect(protocolHelp).toContain('mars means mars-c');
});

describe('sides', () => {
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
  expect(protocolNames.map((name) => countValidQueries(name, rows))).toEqual([1, 1, 1, 1, 1, 2]);
});
