/** Hashes of lists, against those that `sha256sum` gives for the same lines. */
import { expect, test } from 'vitest';
import { listFacts, shortHash } from '../../../src-main/compute/lists.ts';

test('a list is the sorted lines of what its tracklets are called', () => {
  const a = { key: 'a', pid: 1, kind: 'person', camid: 0 } as const;
  const b = { key: 'b', pid: 2, kind: 'junk', camid: 1 } as const;
  // printf '["a",1,"person",0]\n["b",2,"junk",1]' | sha256sum
  const both = { hash: '8d12a7037b61b0bf17d7923460fa00a0', count: 2 };
  expect([listFacts([a, b]), listFacts([b, a])]).toEqual([both, both]);
  expect(listFacts([])).toEqual({ hash: 'e3b0c44298fc1c149afbf4c8996fb924', count: 0 });
});

test('a hash is the first half of a sha256', () => {
  expect(shortHash('x')).toBe('2d711642b726b04401627ca9fbac32f5');
});
