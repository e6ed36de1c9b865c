/** The job that fetches TensorFlow, with a Python that plays pip, and what the page is told when TensorFlow cannot be had. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EngineStatus } from '../../../src-shared/contract/engine.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { ENGINE_TIMEOUT_MS, requireTensorFlowLibrary } from '../../support/engine.ts';
import { until } from '../../support/until.ts';
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

const native = (): string => join(dirname(project.folder), 'home', 'native');

async function train(device?: string): Promise<{ provision: Job; training: Job }> {
  host = await openHost({ folder: project.folder, paths: { home: dirname(native()), provisioned: native() }, log: openLog('silent') });
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
    ...(device === undefined ? {} : { device }),
  });
  await host.context.jobs.wait(jobId).catch(() => undefined);
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
});

test.skipIf(process.platform === 'win32')("pip's own words reach the log; a file that is not the pinned one is refused and not kept", async () => {
  const python = join(dirname(project.folder), 'pip-with-another-file');
  // Plays `python -m pip download … --dest FOLDER …`: leaves a file of the right name with other bytes.
  writeFileSync(python, `#!/bin/sh\nwhile [ "$1" != --dest ]; do shift; done\nprintf 'not the wheel' > "$2/tensorflow_cpu-0-none.whl"\n`);
  chmodSync(python, 0o755);
  vi.stubEnv('TRACKLET_PYTHON', python);
  const { provision, training } = await train();
  expect([provision.state, training.state]).toEqual(['done', 'done']);
  expect(await logOf(provision)).toMatch(/warn: TensorFlow could not be had: .*(checksum|SHA-256)/i);
  expect(notices[0]?.code).toBe('CHECKSUM_MISMATCH');
});

describe.skipIf(process.platform === 'win32')('a run that was begun without network', () => {
  let library: string;
  beforeAll(async () => {
    library = await requireTensorFlowLibrary();
  }, ENGINE_TIMEOUT_MS);

  /** A Python that takes its time and then does what the shell commands say, in the place of pip. */
  function python(commands: string): void {
    const path = join(dirname(project.folder), 'python-of-now');
    writeFileSync(path, `#!/bin/sh\n/bin/sleep 3\n${commands}\nexit 1\n`);
    chmodSync(path, 0o755);
    vi.stubEnv('TRACKLET_PYTHON', path);
  }

  /** Asked for the processor by name, it ends where there is no TensorFlow; the user's setting names another device. */
  async function beginOffline(): Promise<{ runId: string; job: Job }> {
    vi.stubEnv('TRACKLET_PYTHON', join(dirname(project.folder), 'no-such-python'));
    const { training } = await train('cpu');
    expect(training).toMatchObject({ state: 'failed', error: { message: 'TensorFlow is not on this machine.' } });
    await host.context.settings.set('engine.device', 'wasm');
    return { runId: training.runId as string, job: training };
  }

  const retries: Record<string, (run: string, job: number) => Promise<{ jobId: number }>> = {
    'that is resumed': (id) => host.client().call('runs.resume', { id }),
    'whose job is repeated': (_, id) => host.client().call('jobs.retry', { id }),
    'that is resumed after its job was forgotten': async (id) => {
      await host.client().call('jobs.clear', {});
      return host.client().call('runs.resume', { id });
    },
  };
  test.each(Object.keys(retries))('%s waits for TensorFlow and computes with it, on the device it was begun for', async (how) => {
    const { runId, job } = await beginOffline();
    // What the fetching leaves is the TensorFlow of this machine.
    const folder = join(native(), 'tensorflow-cpu');
    python(`/bin/mkdir -p '${folder}'; /bin/ln -s '${dirname(library)}' '${folder}/tensorflow'`);
    const { jobId } = await (retries[how] as (typeof retries)[string])(runId, job.id);
    await host.context.jobs.wait(jobId);
    expect(await host.client().call('runs.get', { id: runId })).toMatchObject({ state: 'done', engine: { engine: 'tensorflow', device: 'cpu' } });
  });

  test('can be stopped while it waits for TensorFlow', async () => {
    const { runId } = await beginOffline();
    python('exec /bin/sleep 60');
    const { jobId } = await host.client().call('runs.resume', { id: runId });
    await until(async () => (await host.client().call('jobs.list', {})).find((one) => one.id === jobId)?.message === 'Waiting for TensorFlow');
    await host.client().call('runs.stop', { id: runId });
    await expect(host.context.jobs.wait(jobId)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await host.client().call('runs.get', { id: runId })).toMatchObject({ state: 'stopped', error: null });
  });

  test('fails with the reason when the fetching is cancelled', async () => {
    const { runId } = await beginOffline();
    python('exec /bin/sleep 60');
    const { jobId } = await host.client().call('runs.resume', { id: runId });
    const fetching = await until(async () => (await host.client().call('jobs.list', {})).find((one) => one.kind === 'provision' && one.state === 'running'));
    await host.client().call('jobs.cancel', { id: fetching.id });
    await expect(host.context.jobs.wait(jobId)).rejects.toMatchObject({ message: expect.stringContaining('TensorFlow had to be fetched first') });
  });
});
