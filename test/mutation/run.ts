/**
 * `node scripts/mutate.mjs`: changes one place of the code at a time, as StrykerJS's instrumenter proposes, runs the tests that the file
 * names, and counts the changes that no test notices. A full run takes hours; `--sample N` draws N of all changes with equal chance, which
 * measures the score to about ±3 % with 600. Works on a copy of the tree, so the one at hand is never touched.
 *
 *   --sample N (all)  --seed S (1)  --only PATH[,PATH]  --workers W (2)  --report FILE (JSON lines)
 *
 * Not counted: changed texts (`StringLiteral`), since most are sentences for people, and changes in what is only logged.
 */
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRng } from '../../models/rng.ts';
import { SCOPE, testsOf } from './scope.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** A change may make a loop endless: it counts as noticed once its tests take this many times as long as without it. */
const SLOWER = 6;

interface Change {
  file: string;
  mutator: string;
  replacement: string;
  start: { line: number; column: number };
  end: { line: number; column: number };
}

type Verdict = 'killed' | 'timeout' | 'survived';

const { values: options } = parseArgs({
  options: {
    sample: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    workers: { type: 'string', default: '2' },
    report: { type: 'string' },
  },
});

const wanted = options.only?.split(',');
const files = globSync(SCOPE, { cwd: root }).filter((file) => !wanted || wanted.some((path) => file.startsWith(path)));
const all = await changesIn(files.sort());
const chosen = options.sample === undefined ? all : draw(all, Number(options.sample), createRng(Number(options.seed)));
console.error(`${all.length} changes in ${files.length} files; ${chosen.length} are tried.`);

const tally = new Map<string, Record<Verdict, number>>();
const survivors: Change[] = [];
const queue = [...chosen];
const usual = new Map<string, number>();
await Promise.all(Array.from({ length: Number(options.workers) }, worker));
print();

async function worker(): Promise<void> {
  const copy = copyTree();
  try {
    for (let change = queue.shift(); change; change = queue.shift()) {
      const verdict = await tryOut(copy, change);
      const counts = tally.get(change.file) ?? { killed: 0, timeout: 0, survived: 0 };
      counts[verdict]++;
      tally.set(change.file, counts);
      if (verdict === 'survived') survivors.push(change);
      if (options.report !== undefined) appendFileSync(options.report, `${JSON.stringify({ verdict, ...change })}\n`);
      console.error(`${chosen.length - queue.length}/${chosen.length} ${verdict} ${change.file}:${change.start.line + 1} ${change.mutator}`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function tryOut(copy: string, change: Change): Promise<Verdict> {
  const source = readFileSync(join(root, change.file), 'utf8');
  const tests = testsOf(change.file, source).filter((test) => existsSync(join(root, test)));
  const key = tests.join();
  if (!usual.has(key)) {
    const began = performance.now();
    if ((await runTests(copy, tests, 1_800_000)) !== 'survived') throw new Error(`Without any change ${key} fails; mend that first.`);
    usual.set(key, performance.now() - began);
  }
  try {
    writeFileSync(join(copy, change.file), applied(source, change));
    return await runTests(copy, tests, Math.max(60_000, (usual.get(key) ?? 0) * SLOWER));
  } finally {
    writeFileSync(join(copy, change.file), source);
  }
}

function runTests(copy: string, tests: string[], limitMs: number): Promise<Verdict> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', vitest, 'run', '--bail', '1', '--maxWorkers', '1', '--reporter', 'dot', ...tests],
      {
        cwd: copy,
        stdio: 'ignore',
        detached: true,
        env: { ...process.env, NODE_ENV: 'test' },
      },
    );
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      // Whatever the tests started goes with them.
      process.kill(-(child.pid as number), 'SIGKILL');
    }, limitMs);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(isLate ? 'timeout' : code === 0 ? 'survived' : 'killed');
    });
  });
}

/** The tree without what is made from it; packages by a link. */
function copyTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'tracklet-mutation-'));
  const left = new Set(['node_modules', '.git', 'dist', 'sample-project'].map((name) => join(root, name)));
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(path) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

async function changesIn(paths: string[]): Promise<Change[]> {
  const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, fatal() {}, isDebugEnabled: () => false };
  const instrumenter = new Instrumenter(silent as never);
  const { mutants } = await instrumenter.instrument(
    paths.map((name) => ({ name, content: readFileSync(join(root, name), 'utf8'), mutate: true })),
    { plugins: null, excludedMutations: ['StringLiteral'], ignorers: [] } as never,
  );
  return mutants
    .filter((mutant) => mutant.status !== 'Ignored')
    .map(({ fileName, mutatorName, replacement, location }) => ({ file: fileName, mutator: mutatorName, replacement, ...location }));
}

function applied(source: string, { start, end, replacement }: Change): string {
  const lines = source.split('\n');
  const offset = ({ line, column }: { line: number; column: number }): number => lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0) + column;
  return source.slice(0, offset(start)) + replacement + source.slice(offset(end));
}

function draw<T>(from: readonly T[], count: number, rng: { next(): number }): T[] {
  const rest = [...from];
  return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(Math.floor(rng.next() * rest.length), 1)[0] as T);
}

function print(): void {
  const sum = { killed: 0, timeout: 0, survived: 0 };
  for (const [file, counts] of [...tally].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const verdict of ['killed', 'timeout', 'survived'] as const) sum[verdict] += counts[verdict];
    console.log(`${percent(counts).padStart(6)} of ${String(counts.killed + counts.timeout + counts.survived).padStart(4)}  ${file}`);
  }
  console.log('\nNot noticed:');
  for (const change of survivors) {
    const before = readFileSync(join(root, change.file), 'utf8').split('\n')[change.start.line]?.trim();
    console.log(`${change.file}:${change.start.line + 1} ${change.mutator}\n  ${before}\n  → ${change.replacement.split('\n')[0]}`);
  }
  console.log(`\n${percent(sum)} noticed: ${sum.killed} failed a test, ${sum.timeout} ran too long, ${sum.survived} were not noticed.`);
}

function percent({ killed, timeout, survived }: Record<Verdict, number>): string {
  return `${((100 * (killed + timeout)) / (killed + timeout + survived)).toFixed(1)} %`;
}
