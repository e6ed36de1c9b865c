/** The job that fetches TensorFlow, with a Python that plays pip, and what the page is told when TensorFlow cannot be had. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EngineStatus, Job } from '../../../src-shared/entities.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject, type TinyProject } from '../support/tinyProject.ts';

let project: TinyProject;
let host: Host;
let states: EngineStatus[];
let notices: { code: string; message: string }[];

beforeEach(async () => {
  project = await tinyProject();
  // No Python on PATH and no setting: the engine has nothing but an empty folder to look into.
  vi.stubEnv('TRACKLET_TENSORFLOW', undefined);
  vi.stubEnv('PATH', dirname(project.folder));
  states = [];
  notices = [];
});
afterEach(async () => {
  await host.close();
  vi.unstubAllEnvs();
  rmSync(dirname(project.folder), { recursive: true, force: true });
});

async function train(): Promise<{ provision: Job; training: Job }> {
  const home = join(dirname(project.folder), 'home');
  host = await openHost({ folder: project.folder, paths: { home, provisioned: join(home, 'native') }, log: openLog('silent') });
  const client = host.client();
  client.on('engine', (status) => void states.push(status));
  client.on('notice', (notice) => void notices.push(notice));
  const { jobId } = await client.call('runs.start', {
    name: null,
    method: 'resnet-tap',
    options: TINY_OPTIONS,
    recipe: { ...TINY_RECIPE, epochs: 1, stepsPerEpoch: 2 },
    datasetId: 1,
    seed: 1,
    evaluateOn: [],
  });
  await host.context.jobs.wait(jobId);
  const jobs = await client.call('jobs.list', {});
  return { provision: jobs.find((job) => job.kind === 'provision') as Job, training: jobs.find((job) => job.id === jobId) as Job };
}

async function logOf(job: Job): Promise<string> {
  return (await host.client().call('jobs.log', { id: job.id, from: 0 })).lines.map((line) => `${line.level}: ${line.text}`).join('\n');
}

test('without TensorFlow and without a Python the run computes with WebAssembly, and log, notice and status say so', async () => {
  vi.stubEnv('TRACKLET_PYTHON', join(dirname(project.folder), 'no-such-python'));
  const { provision, training } = await train();
  expect([provision.state, training.state]).toEqual(['done', 'done']);
  expect(await logOf(provision)).toMatch(
    /^warn: TensorFlow could not be had: No Python was found \(tried .*no-such-python\).* Computing with WebAssembly instead, which is many times slower\..*TRACKLET_PYTHON/m,
  );
  expect(await logOf(training)).toContain('warn: TensorFlow is not on this machine. Computing with WebAssembly instead, which is many times slower.');
  expect(states.map(({ state }) => state)).toEqual(expect.arrayContaining(['provisioning', 'failed', 'ready']));
  expect(notices).toEqual([expect.objectContaining({ code: 'DOWNLOAD_FAILED' })]);
  const status = await host.client().call('engine.status', {});
  expect(status).toMatchObject({ state: 'ready', engine: 'wasm', device: 'wasm', message: expect.stringContaining('TensorFlow could not be had') });
  const [run] = await host.client().call('runs.list', {});
  const detail = await host.client().call('runs.get', { id: run?.id ?? '' });
  expect(detail.engine).toMatchObject({ engine: 'wasm', fallbackReason: expect.stringContaining('WebAssembly') });
  // The page learns of size and steps while the run is young, from the same row.
  expect(detail).toMatchObject({ steps: 2, parameters: expect.any(Number), macsPerFrame: expect.any(Number) });
}, 120_000);

test.skipIf(process.platform === 'win32')(
  "pip's own words reach the log; a file that is not the pinned one is refused and not kept",
  async () => {
    const python = join(dirname(project.folder), 'pip-with-another-file');
    // Plays `python -m pip download … --dest FOLDER …`: leaves a file of the right name with other bytes.
    writeFileSync(python, `#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\nprintf 'not the wheel' > "$2/tensorflow_cpu-0-none.whl"\n`);
    chmodSync(python, 0o755);
    vi.stubEnv('TRACKLET_PYTHON', python);
    const { provision, training } = await train();
    expect([provision.state, training.state]).toEqual(['done', 'done']);
    expect(await logOf(provision)).toMatch(/warn: TensorFlow could not be had: .*(checksum|SHA-256)/i);
    expect(notices[0]?.code).toBe('CHECKSUM_MISMATCH');
  },
  120_000,
);
