/** The sample reconciler at a tiny size: it makes everything once, goes on after a restart, and respects what the user ended. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SAMPLE_PLAN, type SamplePlan } from '../../../src-main/features/sample/sample.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { until } from '../../support/until.ts';
import { TINY_OPTIONS, TINY_RECIPE } from '../support/tinyProject.ts';

/** The second set cannot be read, so the sample must do without it. */
const plan: SamplePlan = {
  ...SAMPLE_PLAN,
  synthetic: { identities: 6, cameras: 2, seed: 1, name: 'Synthetic' },
  pets: { ...SAMPLE_PLAN.pets, path: join(tmpdir(), 'nothing-here') },
  methods: ['resnet-tap'],
  options: TINY_OPTIONS,
  recipe: TINY_RECIPE,
};

let folder: string;
let host: Host;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sample-'));
});
afterEach(async () => {
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
  host = await openHost({ folder: join(folder, 'project'), create: true, sample: plan, paths: { ...userPaths(), home: join(folder, 'home') } });
}

/** Until nothing waits or runs and nothing new was started. */
async function quiet(): Promise<void> {
  let still = 0;
  for (let i = 0; i < 2400 && still < 20; i++) {
    const jobs = await host.context.jobs.list();
    // The next job is started a moment after one ended.
    still = jobs.length > 0 && jobs.every((job) => job.state !== 'waiting' && job.state !== 'running') ? still + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (still < 20) throw new Error('the sample is not done after two minutes');
}

test('makes a set, a run and its evaluation, once, also across a restart in the middle', async () => {
  await open();
  await until(async () => (await host.client().call('runs.list', {})).length > 0);
  await host.close();
  await open();
  await quiet();
  const client = host.client();
  expect((await client.call('runs.list', {})).map((run) => [run.name, run.state])).toEqual([['resnet-tap-s1', 'done']]);
  expect((await client.call('evaluations.list', {})).map((one) => [one.datasetName, one.protocol])).toEqual([['Synthetic', 'market']]);
  const jobs = (await client.call('jobs.list', {})).map((job) => `${job.kind} ${job.state}`).sort();
  expect(jobs).toEqual(['evaluate done', 'extract done', 'import failed', 'synth done', 'train done']);
  await host.close();
  await open();
  await quiet();
  expect((await host.client().call('jobs.list', {})).length).toBe(5);
  // What the program itself writes never looks like something that cannot be.
  expect(await host.context.db.badRows({ remove: false })).toEqual({ count: 0, sentences: [] });
});

test('what the user cancelled or removed is not started again', async () => {
  await open();
  await until(async () => (await host.context.jobs.list()).some((job) => job.kind === 'synth'));
  const synth = (await host.context.jobs.list()).find((job) => job.kind === 'synth');
  await host.context.jobs.cancel(synth?.id as number);
  await quiet();
  await host.close();
  await open();
  await quiet();
  const states = (await host.context.jobs.list()).map((job) => `${job.kind} ${job.state}`).sort();
  expect(states).toEqual(['import failed', 'synth cancelled']);
  expect(await host.client().call('runs.list', {})).toEqual([]);
});
