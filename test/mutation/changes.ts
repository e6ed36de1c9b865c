/**
 * Every change that StrykerJS's instrumenter proposes, and a copy of the tree that holds all of them at once: which one is in force is said by the
 * environment, so that threads and child processes obey it too. The copy also notes which changes are reached. Test: test/mutation/mutation.test.ts.
 */
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { cpSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Change {
  /** `file#n`: the n-th of its file. */
  id: string;
  file: string;
  mutator: string;
  replacement: string;
  start: { line: number; column: number };
  end: { line: number; column: number };
}

/** Says which change is in force. */
export const ACTIVE = 'TRACKLET_MUTATION_ACTIVE';
/** Names the file that takes the ids of the changes that are reached. */
export const REACHED = 'TRACKLET_MUTATION_REACHED';

/** The changes of one file, and the file with all of them in it. Texts (`StringLiteral`) stay, since most are sentences for people. */
export async function changesOf(file: string, source: string): Promise<{ changes: Change[]; instrumented: string }> {
  const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {}, isDebugEnabled: () => false };
  const { mutants, files } = await new Instrumenter(silent as never).instrument([{ name: file, content: source, mutate: true }], {
    plugins: null,
    excludedMutations: ['StringLiteral'],
    ignorers: [],
  } as never);
  const changes = mutants
    .filter((mutant) => mutant.status !== 'Ignored')
    .map(({ id, mutatorName, replacement, location }) => ({ id: `${file}#${id}`, file, mutator: mutatorName, replacement, ...location }));
  const content = files[0]?.content ?? source;
  const instrumented = content.replace(/function stryNS_9fa48\(\)[\s\S]*?return isActive\(id\);\n\}/, () => probe(file));
  if (changes.length > 0 && instrumented === content) throw new Error(`${file}: the instrumenter writes another head than expected.`);
  return { changes, instrumented };
}

/** Both functions replace themselves at their first call; declared ones, since modules that import each other call them before their first line ran. */
function probe(file: string): string {
  const prefix = JSON.stringify(`${file}#`);
  return `function stryMutAct_9fa48(id) {
  const active = process.env.${ACTIVE} ?? '';
  const mine = active.startsWith(${prefix}) ? active.slice(${prefix}.length) : null;
  stryMutAct_9fa48 = (id) => id === mine;
  return id === mine;
}
function stryCov_9fa48() {
  const into = process.env.${REACHED};
  const seen = new Set();
  stryCov_9fa48 = into === undefined ? () => undefined : (...ids) => {
    for (const id of ids) {
      if (seen.has(id)) continue;
      seen.add(id);
      try {
        process.getBuiltinModule('node:fs').appendFileSync(into, ${prefix} + id + '\\n');
      } catch {
        // A test that lets no file grow, as on a full disk, is about the program's own files.
      }
    }
  };
  stryCov_9fa48.apply(null, arguments);
}`;
}

export function applied(source: string, { start, end, replacement }: Change): string {
  const lines = source.split('\n');
  const offset = ({ line, column }: { line: number; column: number }): number => lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0) + column;
  return source.slice(0, offset(start)) + replacement + source.slice(offset(end));
}

/** The tree without what is made from it, packages by a link, the given files replaced. */
export function copyTree(root: string, replaced: ReadonlyMap<string, string>): string {
  const copy = mkdtempSync(join(tmpdir(), 'tracklet-mutation-'));
  const left = new Set(['node_modules', '.git', '.cache', 'dist', 'sample-project'].map((name) => join(root, name)));
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(path) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [file, text] of replaced) writeFileSync(join(copy, file), text);
  return copy;
}
