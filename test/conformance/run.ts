/**
 * tfjs-core's own test suite against our TensorFlow backend on the CPU: `npm test -- conformance`.
 * Prints every failure and closes with "N passed, N failed, N excluded"; ends with 1 when a test failed.
 * One argument restricts the run to tests whose full name contains it.
 */
import { createRequire } from 'node:module';
import { coreModules } from './sourceModules.ts';
import { exclusions } from './exclusions.ts';

/** What we use of a jasmine result. */
interface SpecResult {
  fullName: string;
  status: 'passed' | 'failed' | 'pending' | 'excluded';
  failedExpectations: { message: string; stack: string }[];
}

interface Jasmine {
  getEnv(): {
    configure(options: { random: boolean; forbidDuplicateNames: boolean; specFilter: (spec: { getFullName(): string }) => boolean }): void;
    addReporter(reporter: { specDone(result: SpecResult): void; suiteDone(result: SpecResult): void }): void;
    execute(): Promise<{ overallStatus: string; incompleteReason?: string; failedExpectations: { message: string }[] }>;
  };
}

const [only = ''] = process.argv.slice(2);
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
const used = new Set<string>();
const env = jasmine.getEnv();
env.configure({
  random: false,
  forbidDuplicateNames: false,
  specFilter: (spec) => {
    const name = spec.getFullName();
    const matching = exclusions.filter(({ test }) => name.includes(test));
    for (const { test } of matching) used.add(test);
    return matching.length === 0 && name.includes(only);
  },
});
env.addReporter({ specDone: report, suiteDone: (suite) => suite.failedExpectations.length > 0 && report({ ...suite, status: 'failed' }) });

console.log(`tfjs-core ${engine.tfjs} against TensorFlow ${engine.version}, ${engine.threads} threads`);
const began = performance.now();
const outcome = await env.execute();
console.log(`${((performance.now() - began) / 1000).toFixed(1)} s`);
console.log(`${count.passed} passed, ${count.failed} failed, ${count.excluded} excluded`);
process.exit(count.failed > 0 ? 1 : 0);

function report({ fullName, status, failedExpectations }: SpecResult): void {
  count[status]++;
  if (status !== 'failed') return;
  console.log(`FAILED ${fullName}`);
  for (const { message } of failedExpectations) console.log(`  ${message}`);
}
