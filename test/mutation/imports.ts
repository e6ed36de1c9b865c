/**
 * Which tests load a file: the graph of imports, of files named by `new URL(…, import.meta.url)` (threads, child processes) and of folders that are
 * registries. Imports of types are none. Test: test/mutation/mutation.test.ts.
 */
import { createHash } from 'node:crypto';
import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const IMPORT =
  /(?:^|[;\n])\s*(?:import|export)\s+(?!type\b)(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'|\bimport\('(\.[^']+)'\)|\bnew URL\('([^']+)', import\.meta\.url\)/g;

export interface Graph {
  /** Files in its closure by how many imports away they are; itself is 0. */
  reach(file: string): ReadonlyMap<string, number>;
  /** Of all it loads. */
  hash(file: string): string;
}

export function importGraph(root: string): Graph {
  const direct = new Map<string, string[]>();
  const reached = new Map<string, Map<string, number>>();
  const contents = new Map<string, string>();

  function contentOf(file: string): string {
    let hash = contents.get(file);
    if (hash === undefined)
      contents.set(
        file,
        (hash = createHash('sha256')
          .update(readFileSync(join(root, file)))
          .digest('hex')),
      );
    return hash;
  }

  function importsOf(file: string): string[] {
    let found = direct.get(file);
    if (!found) direct.set(file, (found = namedIn(root, file)));
    return found;
  }

  function reach(file: string): Map<string, number> {
    const known = reached.get(file);
    if (known) return known;
    const distances = new Map([[file, 0]]);
    for (const [one, distance] of distances) for (const next of importsOf(one)) if (!distances.has(next)) distances.set(next, distance + 1);
    reached.set(file, distances);
    return distances;
  }

  return {
    reach,
    hash(file) {
      const hash = createHash('sha256');
      for (const one of [...reach(file).keys()].sort()) hash.update(`${one}\0`).update(contentOf(one));
      return hash.digest('hex');
    },
  };
}

function namedIn(root: string, file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(IMPORT)].flatMap(([, from, loaded, url]) => {
    const path = relative(root, join(root, dirname(file), (from ?? loaded ?? url) as string)).replaceAll('\\', '/');
    const kind = statSync(join(root, path), { throwIfNoEntry: false });
    if (kind?.isDirectory() && /^(src-|models|datasets)/.test(path))
      return globSync('*.ts', { cwd: join(root, path) }).map((name) => `${path.replace(/\/$/, '')}/${name}`);
    return kind?.isFile() && /\.(ts|mjs|svelte|json)$/.test(path) ? [path] : [];
  });
}

/** Tests this many imports further away than the nearest one see the file from afar, at great cost. */
const FURTHER = 2;

/**
 * The tests that load the file and are most likely about it: first those that its first comment names, then those whose path is most alike, then
 * the nearest by imports. Those far away are left out.
 */
export function testsFor(file: string, source: string, tests: readonly string[], graph: Graph): { test: string; isNamed: boolean }[] {
  const named = new Set([...source.slice(0, 3000).matchAll(/\btest\/[\w./-]+\.test\.ts/g)].map(([name]) => name));
  const words = new Set(file.split(/[/.]/));
  const distance = (test: string): number => graph.reach(test).get(file) ?? Infinity;
  const loading = tests.filter((test) => distance(test) < Infinity);
  const nearest = Math.min(...loading.map(distance));
  return loading
    .filter((test) => named.has(test) || distance(test) <= nearest + FURTHER)
    .map((test) => ({ test, isNamed: named.has(test), alike: test.split(/[/.]/).filter((word) => words.has(word)).length, distance: distance(test) }))
    .sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || b.alike - a.alike || a.distance - b.distance || (a.test < b.test ? -1 : 1))
    .map(({ test, isNamed }) => ({ test, isNamed }));
}
