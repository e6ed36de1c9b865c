/**
 * `node scripts/mutate.mjs`: changes one place of the code at a time, as StrykerJS's instrumenter proposes, asks the tests that reach it, the
 * nearest first, and counts the changes that no test notices. A full run takes days; `--sample N` draws N of all changes with equal chance, which
 * measures the score to about ±6 % with 200, ±3 % with 600. Works on a copy of the tree, so the one at hand is never touched.
 *
 * Not counted: changed texts, since most are sentences for people, and what the compiler refuses. A change is asked of the tests that its file
 * names and that reach it, then of the few quickest others near it, T seconds of their usual time in all; one that only a further test would notice counts as not noticed, so the score is a lower bound. Which tests reach a
 * change is measured, the first time and when they or the code changed. Tests: test/mutation/mutation.test.ts.
 */
import { appendFileSync, globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRng } from '../../models/rng.ts';
import { toolOptions } from '../support/toolOptions.ts';
import { endTests, runTest, usualOf, withChange, type Usual } from './asked.ts';
import { applied, changesOf, copyTree, type Change } from './changes.ts';
import { importGraph, testsFor } from './imports.ts';
import { SCOPE } from './scope.ts';
import { typeChecker } from './types.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** A change may make a loop endless: it counts as noticed once a test takes this many times as long as without it. */
const SLOWER = 6;
const LEAST_LIMIT_MS = 30_000;
/** Of the tests that load a file so many are looked at; and of those that reach the change so many are asked. */
const LOOKED_AT = 12;
const MOST_ASKED = 6;

type Verdict = 'killed' | 'timeout' | 'survived' | 'refused';
type Counts = Record<Verdict, number>;

const USAGE = `node scripts/mutate.mjs: which changes of the code do the tests not notice?

  --sample N     try N changes, drawn with equal chance (all of them)
  --seed S       of the draw (1)
  --only PATH    of these files or folders alone, with commas between
  --workers W    at the same time (1)
  --seconds T    of tests' usual time for one change (90)
  --report FILE  one JSON line for each change`;

const { values: options } = toolOptions(USAGE, {
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    workers: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '90' },
    report: { type: 'string' },
  },
});

for (const name of ['sample', 'seed', 'workers', 'seconds'] as const)
  if (options[name] !== undefined && !(Number.isSafeInteger(Number(options[name])) && Number(options[name]) > 0)) {
    console.error(`--${name} is a whole number from 1.\n\n${USAGE}`);
    process.exit(2);
  }

const files = globSync(SCOPE, { cwd: root }).sort();
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const instrumented = new Map<string, string>();
const all: Change[] = [];
for (const [file, source] of sources) {
  const found = await changesOf(file, source);
  instrumented.set(file, found.instrumented);
  if (!options.only || options.only.split(',').some((path) => file.startsWith(path))) all.push(...found.changes);
}
const wanted = options.sample === undefined ? all.length : Number(options.sample);
const queue = shuffled(all, createRng(Number(options.seed)));
const tests = globSync('test/**/*.test.ts', { cwd: root }).filter((test) => !/^test\/(e2e|mutation)\//.test(test));
const graph = importGraph(root);
/** As the tree is now: it may be worked on meanwhile. */
const hashes = new Map(tests.map((test) => [test, graph.hash(test)]));
const checker = typeChecker(root);
console.error(`${all.length} changes; ${Math.min(wanted, all.length)} that the compiler takes are tried.`);

const tally = new Map<string, Counts>();
const survivors: { change: Change; reachedBy: number }[] = [];
const usual = new Map<string, Promise<Usual>>();
const red = new Set<string>();
let tried = 0;
const copies = new Set<string>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    endTests();
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
    process.exit(1);
  });
await Promise.all(Array.from({ length: Number(options.workers) }, worker));
print();

async function worker(): Promise<void> {
  const copy = copyTree(root, instrumented);
  copies.add(copy);
  try {
    for (let change = queue.shift(); change && tried < wanted; change = queue.shift()) {
      const source = sources.get(change.file) as string;
      const isRefused = checker.refuses(change.file, applied(source, change));
      if (!isRefused) tried++;
      const at = tried;
      const { verdict, by } = isRefused ? { verdict: 'refused' as const, by: [] } : await tryOut(copy, change, source);
      const counts = tally.get(change.file) ?? { killed: 0, timeout: 0, survived: 0, refused: 0 };
      counts[verdict]++;
      tally.set(change.file, counts);
      if (verdict === 'survived') survivors.push({ change, reachedBy: by.length });
      if (options.report !== undefined) appendFileSync(options.report, `${JSON.stringify({ verdict, by, ...change })}\n`);
      if (!isRefused)
        console.error(`${at}/${wanted} ${verdict} ${change.file}:${change.start.line + 1} ${change.mutator}${verdict === 'survived' ? '' : ` ${by.at(-1)}`}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** `by`: the tests that were asked, of which the last one noticed. */
async function tryOut(copy: string, change: Change, source: string): Promise<{ verdict: Verdict; by: string[] }> {
  const by: string[] = [];
  let left = Number(options.seconds) * 1000;
  const known: { test: string; usual: Usual; isNamed: boolean }[] = [];
  for (const { test, isNamed } of testsFor(change.file, source, tests, graph).slice(0, LOOKED_AT))
    known.push({ test, usual: await usually(copy, test), isNamed });
  const reaching = known
    .filter(({ usual: { isGreen, reached } }) => isGreen && reached.has(change.id))
    .sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || a.usual.ms - b.usual.ms);
  for (const {
    test,
    usual: { ms },
  } of reaching.slice(0, MOST_ASKED)) {
    if (by.length > 0 && ms > left) continue;
    left -= ms;
    by.push(test);
    const limit = Math.max(LEAST_LIMIT_MS, ms * SLOWER);
    const outcome = await runTest(root, copy, test, limit, withChange(change.id));
    if (outcome === 'failed') return { verdict: 'killed', by };
    // Unless the machine is that slow at the moment.
    if (outcome === 'late' && (await runTest(root, copy, test, limit, {})) === 'passed') return { verdict: 'timeout', by };
  }
  return { verdict: 'survived', by };
}

function usually(copy: string, test: string): Promise<Usual> {
  let known = usual.get(test);
  if (!known) {
    known = usualOf(root, copy, test, hashes.get(test) as string);
    usual.set(test, known);
    void known.then(({ isGreen }) => {
      if (isGreen) return;
      red.add(test);
      console.error(`${test} fails without any change: it is not asked.`);
    });
  }
  return known;
}

function shuffled<T>(from: readonly T[], rng: { next(): number }): T[] {
  const rest = [...from];
  return Array.from({ length: rest.length }, () => rest.splice(Math.floor(rng.next() * rest.length), 1)[0] as T);
}

function print(): void {
  const sum: Counts = { killed: 0, timeout: 0, survived: 0, refused: 0 };
  for (const [file, counts] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const verdict of Object.keys(sum) as Verdict[]) sum[verdict] += counts[verdict];
    if (triedOf(counts) > 0) console.log(`${percent(counts).padStart(7)} of ${String(triedOf(counts)).padStart(4)}  ${file}`);
  }
  console.log('\nNot noticed:');
  for (const { change, reachedBy } of survivors) {
    const before = (sources.get(change.file) as string).split('\n')[change.start.line]?.trim();
    console.log(
      `${change.file}:${change.start.line + 1} ${change.mutator}${reachedBy === 0 ? ', reached by no test' : ''}\n  ${before}\n  → ${change.replacement.split('\n')[0]}`,
    );
  }
  if (red.size > 0) console.log(`\nNot asked, since they fail without any change: ${[...red].join(', ')}`);
  console.log(
    `\n${percent(sum)} noticed: ${sum.killed} failed a test, ${sum.timeout} ran too long, ${sum.survived} were not noticed; the compiler refused ${sum.refused} more.`,
  );
}

function triedOf({ killed, timeout, survived }: Counts): number {
  return killed + timeout + survived;
}

function percent(counts: Counts): string {
  return `${((100 * (counts.killed + counts.timeout)) / triedOf(counts)).toFixed(1)} %`;
}
