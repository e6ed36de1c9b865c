/**
 * `npm test`: installs what is missing and runs everything that decides whether a change is good.
 * Prints one closing line, "N passed, N failed" (", N skipped"). `npm test -- unit` runs only the named steps.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { ensureProtocolList } from './protocolList.mjs';
import { nodeBinary, nodeEnvironment, nodeFlags, root } from './runtime.mjs';

ensureInstalled();
ensureProtocolList();
const bin = (path) => join(root, 'node_modules', path);
const reports = mkdtempSync(join(tmpdir(), 'tracklet-test-'));
const tsc = bin('typescript/bin/tsc');
const vitest = bin('vitest/vitest.mjs');

const STEPS = [
  { name: 'format', args: [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'] },
  { name: 'lint', args: [bin('eslint/bin/eslint.js'), '.'] },
  ...['shared', 'models', 'main', 'renderer', 'shell'].map((part) => ({ name: `types ${part}`, args: [tsc, '-p', `tsconfig.${part}.json`] })),
  { name: 'types svelte', args: [bin('svelte-check/bin/svelte-check'), '--tsconfig', './tsconfig.renderer.json', '--output', 'machine'] },
  {
    name: 'layers',
    args: [
      bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      'src-shared',
      'models',
      'datasets',
      'src-main',
      'src-renderer',
      'test',
    ],
  },
  { name: 'unused', args: [bin('knip/bin/knip.js'), '--no-progress'] },
  { name: 'unit', suite: true, args: [vitest, 'run', '--project', 'unit', '--project', 'renderer'] },
  { name: 'conformance', tally: true, args: [join(root, 'test/conformance/run.ts')] },
  { name: 'build', build: true },
  { name: 'e2e', suite: true, args: [vitest, 'run', '--project', 'e2e'] },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !STEPS.some((step) => step.name.split(' ')[0] === name));
if (unknown.length > 0) {
  console.error(`Unknown step ${unknown.join(', ')}. Steps: ${[...new Set(STEPS.map((step) => step.name.split(' ')[0]))].join(', ')}.`);
  process.exit(2);
}

const totals = { passed: 0, failed: 0, skipped: 0 };
/** Said once more at the end, where whoever reads the last lines alone finds it. */
const failures = [];
for (const step of STEPS) {
  if (wanted.length > 0 && !wanted.includes(step.name.split(' ')[0])) continue;
  const began = Date.now();
  const result = step.build ? await build() : step.suite ? await suite(step) : step.tally ? await tally(step) : await check(step);
  totals.passed += result.passed;
  totals.failed += result.failed;
  totals.skipped += result.skipped ?? 0;
  if (result.failed > 0) failures.push(`FAILED  ${step.name}`, ...(result.trouble ?? []).map((line) => `  ${line}`));
  console.log(
    `${result.failed > 0 ? 'FAILED' : 'ok'}  ${step.name}  ${((Date.now() - began) / 1000).toFixed(1)} s${step.suite || step.tally ? `  ${result.passed} passed, ${result.failed} failed` : ''}${step.tally ? `, ${result.excluded} excluded` : ''}`,
  );
}
rmSync(reports, { recursive: true, force: true });
for (const line of failures) console.log(line);
console.log(`${totals.passed} passed, ${totals.failed} failed${totals.skipped > 0 ? `, ${totals.skipped} skipped` : ''}`);
process.exitCode = totals.failed > 0 ? 1 : 0;

async function check(step) {
  const code = await runNode(step.args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

async function build() {
  const code = await runNode(['--input-type=module', '-e', "await (await import('./scripts/build.mjs')).ensureBuilt()"]);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/** Counts single tests; a suite that ends without a report (crash, timeout) is one failure. */
async function suite(step) {
  const file = join(reports, `${step.name}.json`);
  const code = await runNode([...step.args, '--reporter', 'default', '--reporter', join(root, 'scripts/suiteReport.mjs')], {
    env: { TRACKLET_SUITE_REPORT: file },
  });
  try {
    const { passed, failed, skipped, trouble } = JSON.parse(readFileSync(file, 'utf8'));
    // A file that cannot be loaded, or whose process died, has no failed tests but must not pass.
    return { passed, failed: Math.max(failed, code === 0 ? 0 : 1), skipped, trouble };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

/** Reads the counts off a program's closing line; one that ends without it (crash) is one failure. */
async function tally(step) {
  let output = '';
  const code = await runNode(step.args, { listener: (text) => (output += text) });
  const [passed, failed, excluded] = (/(\d+) passed, (\d+) failed, (\d+) excluded\s*$/.exec(output) ?? [0, 0, 1, 0]).slice(1).map(Number);
  return { passed, failed: Math.max(failed, code === 0 ? 0 : 1), excluded };
}

function runNode(args, { listener, env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(nodeBinary(), [...nodeFlags, ...args], {
      cwd: root,
      stdio: ['ignore', listener ? 'pipe' : 'inherit', 'inherit'],
      env: { ...nodeEnvironment, NODE_ENV: 'test', FORCE_COLOR: '0', ...env },
    });
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text);
      listener(text);
    });
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}
