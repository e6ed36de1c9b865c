/** Against a plain list of texts: order, finding and stretches of folders; and what no archive should hold. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MEMBER, memberPath, memberTableMaker, type MemberFacts, type MemberTable } from '../../../datasets/trees/memberTable.ts';

const invalid = (what: string): Error => new Error(what);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (path: Uint8Array): string => new TextDecoder().decode(path);
const facts = (at: number, kind: MemberFacts['kind']): MemberFacts => ({ kind, at, size: at * 2, packed: at + 1, crc: at * 3, isDeflated: at % 2 === 1 });

function tableOf(entries: readonly [path: string, kind: MemberFacts['kind']][]): MemberTable {
  const maker = memberTableMaker(invalid);
  for (const [at, [path, kind]] of entries.entries()) maker.add(bytes(path), facts(at, kind));
  return maker.finish();
}

/** Names that share beginnings, hold what sorts below "/", and characters of two, three and four bytes. */
const name = fc.stringMatching(/^[a\-.é～𝒳]{1,3}$/u).filter((one) => one !== '.' && one !== '..');
const folders = fc.array(name, { minLength: 0, maxLength: 3 }).map((parts) => parts.join('/'));
/** Folders and files of which none lies below a file. */
const trees = fc.uniqueArray(fc.tuple(folders, name), { maxLength: 40, selector: ([folder, file]) => `${folder}/${file}` }).map((pairs) => {
  const files = pairs.map(([folder, file]) => (folder === '' ? `f-${file}` : `${folder}/f-${file}`));
  const above = new Set(files.flatMap((file) => file.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))).filter((path) => path !== ''));
  return [...files.filter((file) => !above.has(file)).map((path) => [path, MEMBER.file] as const), ...[...above].map((path) => [path, MEMBER.folder] as const)];
});

/** Folder by folder, as code units sort the names in each. */
const inOrder = (paths: readonly string[]): string[] =>
  [...paths].sort((a, b) => {
    const [left, right] = [a.split('/'), b.split('/')];
    const i = left.findIndex((part, at) => part !== right[at]);
    if (i < 0) return left.length - right.length;
    const [one, other] = [left[i] ?? '', right[i]];
    return other === undefined ? 1 : one < other ? -1 : 1;
  });

test('members stand in the order of their folders, are found by their path, and a folder is a stretch', () => {
  fc.assert(
    fc.property(trees, fc.integer(), (tree, seed) => {
      const entries = tree.map(([path, kind], i) => ({ path, kind, order: Math.imul(i + 1, seed | 1) })).sort((a, b) => a.order - b.order);
      const table = tableOf(entries.map(({ path, kind }) => [path, kind]));
      const expected = inOrder(entries.map(({ path }) => path));
      const listed = Array.from({ length: table.length }, (_, position) => text(table.path(position)));
      expect(listed).toEqual(expected);
      for (const [at, { path, kind }] of entries.entries()) {
        const position = table.find(bytes(path));
        expect([text(table.path(position)), table.facts(position)]).toEqual([path, facts(at, kind)]);
        const [from, to] = table.below(bytes(path));
        expect(listed.slice(from, to)).toEqual(expected.filter((other) => other.startsWith(`${path}/`)));
      }
      expect(table.below(bytes(''))).toEqual([0, expected.length]);
      expect([table.find(bytes('nowhere')), table.find(bytes(''))]).toEqual([-1, -1]);
    }),
    { seed: 8, numRuns: 500 },
  );
});

test('a folder may be named twice; nothing else may, and nothing lies below a file', () => {
  const { file, folder } = MEMBER;
  expect(tableOf([['a', folder], ['a/b', file], ['a', folder]]).length).toBe(2); // prettier-ignore
  expect(() => tableOf([['a', file], ['b', file], ['a', file]])).toThrow('it has two members named a'); // prettier-ignore
  expect(() => tableOf([['a', file], ['a', folder]])).toThrow('it has two members named a'); // prettier-ignore
  expect(() => tableOf([['a/b/c', file], ['a-', file], ['a', file]])).toThrow('it has members below a, which is no folder'); // prettier-ignore
});

test.each([
  ['a//b/./c/', 'a/b/c', true],
  ['./a', 'a', false],
  ['a..b/...', 'a..b/...', false],
  ['/a', 'its member "/a" has an absolute path', null],
  ['C:\\a', 'its member "C:\\\\a" has an absolute path', null],
  ['a/../b', 'its member "a/../b" leads out of it', null],
  ['a\\..\\b', 'its member "a\\\\..\\\\b" leads out of it', null],
  ['', 'a member of its archive has no name', null],
  [`${'d/'.repeat(32)}f`, `its member ${JSON.stringify(`${'d/'.repeat(32)}f`)} lies more than 32 folders deep`, null],
] as const)('the path %j', (raw, expected, isFolder) => {
  if (isFolder === null) expect(() => memberPath(bytes(raw), invalid)).toThrow(expected);
  else {
    const found = memberPath(bytes(raw), invalid);
    expect([text(found.path), found.isFolder]).toEqual([expected, isFolder]);
  }
});
