/** What a mutation run rests on: changes that are in force where they are named, tests that are found, refusals of the compiler. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACTIVE, applied, changesOf, REACHED } from './changes.ts';
import { importGraph, testsFor } from './imports.ts';
import { typeChecker } from './types.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'mutation-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SOURCE = `export function larger(a: number, b: number): number {
  if (a > b) return a;
  return b;
}
`;

test('one change at a time is in force, and those that were reached are noted', async () => {
  const { changes, instrumented } = await changesOf('a/larger.ts', SOURCE);
  expect(new Set(changes.map(({ id }) => id)).size).toBe(changes.length);
  const file = join(folder, 'larger.ts');
  writeFileSync(file, instrumented);
  const reached = join(folder, 'reached');
  const larger = (a: number, b: number, env: Record<string, string> = {}): string =>
    execFileSync(
      process.execPath,
      ['--input-type=module', '-e', `const { larger } = await import('${pathToFileURL(file).href}'); console.log(larger(${a}, ${b}))`],
      {
        encoding: 'utf8',
        env: { ...process.env, ...env },
      },
    ).trim();
  const never = changes.find(({ mutator, replacement }) => mutator === 'ConditionalExpression' && replacement === 'false')!;
  expect(applied(SOURCE, never)).toBe(SOURCE.replace('a > b', 'false'));
  expect([larger(3, 2), larger(3, 2, { [ACTIVE]: never.id }), larger(3, 2, { [ACTIVE]: never.id.replace('larger', 'other') })]).toEqual(['3', '2', '3']);
  larger(3, 2, { [REACHED]: reached });
  expect(readFileSync(reached, 'utf8').split('\n')).toContain(never.id);
});

describe('the graph of imports', () => {
  const graph = importGraph(root);

  test('follows values, threads, child processes and registries, and no types', () => {
    const reach = graph.reach('test/main/compute/child.test.ts');
    expect([...reach.keys()]).toEqual(expect.arrayContaining(['src-main/compute/child.ts', 'src-main/compute/pixelWorker.ts', 'models/methods/resnet-tap.ts']));
    expect(graph.reach('test/main/jobs/rateClock.test.ts')).toEqual(
      new Map([
        ['test/main/jobs/rateClock.test.ts', 0],
        ['src-main/jobs/rateClock.ts', 1],
      ]),
    );
    // `filter.table.ts` takes the types of the database alone.
    expect(graph.reach('src-main/features/tracklets/filter.table.ts').has('src-main/db/handles.ts')).toBe(false);
  });

  test('the test a file names comes first, then the nearest; those far away are not asked', () => {
    const tests = ['test/main/jobs/logFile.test.ts', 'test/main/host/server.test.ts', 'test/main/jobs/queue.test.ts', 'test/main/jobs/rateClock.test.ts'];
    const source = readFileSync(join(root, 'src-main/jobs/rateClock.ts'), 'utf8');
    expect(testsFor('src-main/jobs/rateClock.ts', source, tests, graph)).toEqual([
      { test: 'test/main/jobs/rateClock.test.ts', isNamed: true },
      { test: 'test/main/jobs/queue.test.ts', isNamed: false },
    ]);
  });
});

test('what the compiler refuses is told from what it takes, also where a name is left unused', () => {
  mkdirSync(join(folder, 'datasets'));
  writeFileSync(
    join(folder, 'tsconfig.models.json'),
    JSON.stringify({ compilerOptions: { strict: true, noUnusedLocals: true, noEmit: true, types: [], lib: ['ES5'] }, include: ['datasets'] }),
  );
  const text =
    'export function shout(name: string | null): string {\n  const words = name;\n  if (words === null) return "";\n  return words.toUpperCase();\n}\n';
  writeFileSync(join(folder, 'datasets', 'shout.ts'), text);
  const checker = typeChecker(folder);
  const refuses = (from: string, to: string): boolean => checker.refuses('datasets/shout.ts', text.replace(from, to));
  expect([
    refuses('', ''),
    refuses('words === null', 'false'),
    refuses('words === null', 'words !== null'),
    refuses('return words.toUpperCase()', 'return ""'),
  ]).toEqual([false, true, true, false]);
});

test('a wrong option or target is answered with what the programs take, not with a stack', () => {
  const ran = (...words: string[]) =>
    spawnSync(
      process.execPath,
      words.map((word) => (word.endsWith('.mjs') ? join(root, word) : word)),
      { encoding: 'utf8' },
    );
  for (const program of ['scripts/mutate.mjs', 'scripts/fuzz.mjs']) {
    expect(ran(program, '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--seed S') as string });
    const refused = ran(program, '--sead', '1');
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("Unknown option '--sead'") as string });
    expect(refused.stderr).not.toMatch(/^\s+at /m);
  }
  expect(ran('scripts/fuzz.mjs', 'nothing')).toMatchObject({ status: 2, stderr: expect.stringContaining('No target is called nothing.') as string });
});
