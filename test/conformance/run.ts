/**
 * tfjs-core's own test suite against our TensorFlow backend on the CPU: `npm test -- conformance`.
 * Prints every failure and closes with "N passed, N failed, N excluded"; ends with 1 when a test failed or an exclusion names no test.
 * One argument restricts the run to tests whose full name contains it; `--excluded` runs the excluded ones, to see which could come off the list.
 */
import { createRequire } from 'node:module';
import { coreModules } from './sourceModules.ts';
import { exclusions } from './exclusions.ts';

/** What we use of a jasmine result, of a test or of a suite. */
interface Result {
  fullName: string;
  failedExpectations: { message: string }[];
}

interface TestResult extends Result {
  status: 'passed' | 'failed' | 'pending' | 'excluded';
}

interface Jasmine {
  getEnv(): {
    configure(options: { random: boolean; forbidDuplicateNames: boolean; specFilter: (spec: { getFullName(): string }) => boolean }): void;
    addReporter(reporter: { specDone(result: TestResult): void; suiteDone(result: Result): void }): void;
    execute(): Promise<{ failedExpectations: { message: string }[] }>;
  };
}

const [argument = ''] = process.argv.slice(2);
const runExcluded = argument === '--excluded';
const only = runExcluded ? '' : argument;
const require = createRequire(import.meta.url);
const jasmine = (require('jasmine-core') as { boot(): Jasmine }).boot();

// Not imported above: these load tfjs-core, and the hook of sourceModules.ts has to be in place first.
const { requireEngine } = await import('../support/engine.ts');
const engine = await requireEngine();
const core = (name: string): Promise<unknown> => import(new URL(name, coreModules).href);
await core('register_all_gradients.js');
await core('public/chained_ops/register_all_chained_ops.js');
const { setTestEnvs } = (await core('jasmine_util.js')) as {
  setTestEnvs(environments: { name: string; backendName: string; flags: object; isDataSync: boolean }[]): void;
};
setTestEnvs([{ name: 'test-tensorflow', backendName: 'tensorflow', flags: {}, isDataSync: true }]);
await core('tests.js');

const count = { passed: 0, failed: 0, excluded: 0, pending: 0 };
const named = new Set(exclusions.map(({ test }) => test));
const met = new Set<string>();
const environment = jasmine.getEnv();
environment.configure({
  random: false,
  // tfjs-core has a few tests of one name.
  forbidDuplicateNames: false,
  specFilter: (spec) => {
    const name = spec.getFullName();
    if (named.has(name)) met.add(name);
    return named.has(name) === runExcluded && name.includes(only);
  },
});
environment.addReporter({
  specDone: (test) => {
    count[test.status]++;
    if (test.status === 'failed') printFailure(test);
  },
  suiteDone: failIfAny,
});

console.log(`tfjs-core ${engine.tfjs} against TensorFlow ${engine.version}, ${engine.threads} threads`);
failIfAny({ fullName: 'the suite', ...(await environment.execute()) });
for (const { test } of exclusions) {
  if (!met.has(test)) failIfAny({ fullName: test, failedExpectations: [{ message: 'is excluded, but tfjs-core has no such test' }] });
}
if (count.pending > 0) console.log(`${count.pending} are switched off in the suite itself`);
// A suite that loses its tests must not pass.
if (count.passed === 0) failIfAny({ fullName: 'the suite', failedExpectations: [{ message: 'no test ran' }] });
console.log(`${count.passed} passed, ${count.failed} failed, ${count.excluded} excluded`);
process.exitCode = count.failed > 0 ? 1 : 0;

/** For what is no single test: a failure in a suite's preparation, or of the run. */
function failIfAny(result: Result): void {
  if (result.failedExpectations.length === 0) return;
  count.failed++;
  printFailure(result);
}

function printFailure({ fullName, failedExpectations }: Result): void {
  console.log(`FAILED ${fullName}`);
  for (const { message } of failedExpectations) console.log(`  ${message}`);
}
