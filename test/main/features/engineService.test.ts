/** What the host says of the engine after each thing that happens to it; a child that starts it and what fetches it are played by the test. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { EngineReport } from '../../../src-main/compute/protocol.ts';
import type { ensureTensorFlow } from '../../../src-main/features/engine/ensureTensorFlow.ts';
import provisionJob from '../../../src-main/features/engine/jobs/provision.ts';
import { createEngineService, type EngineService } from '../../../src-main/features/engine/service.ts';
import { runnerOf } from '../../../src-main/jobs/defineJob.ts';
import type { HostContext } from '../../../src-main/features/context.ts';
import type { JobRow, JobRunner, JobTools } from '../../../src-main/jobs/queue.ts';
import type { EngineStatus } from '../../../src-shared/contract/engine.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { temporaryFolder } from '../../support/project.ts';

type Ensure = Parameters<typeof ensureTensorFlow>[0];

const UNKNOWN: EngineStatus = { state: 'unknown', engine: null, device: null, version: null, threads: null, message: null };
const REPORT: EngineReport = {
  engine: 'tensorflow',
  device: 'cpu',
  version: '2.21.0',
  threads: 4,
  library: '/lib',
  gpu: null,
  deviceName: null,
  tf32: null,
  tfjs: '4',
};
const READY: EngineStatus = { state: 'ready', engine: 'tensorflow', device: 'cpu', version: '2.21.0', threads: 4, message: null };

let folder: ReturnType<typeof temporaryFolder>;
let values: Record<string, unknown>;
let said: unknown[];
let rows: { id: number; title: string; state: string }[];
let started: unknown[];
let provision: JobRunner;
let probe: (engine: unknown, signal: AbortSignal) => Promise<unknown>;
let ensure: (options: Ensure) => Promise<{ path: string } | null>;
let service: EngineService;

beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('TRACKLET_TENSORFLOW', undefined);
  vi.stubEnv('PATH', folder.path);
  [values, said, rows, started] = [{}, [], [], []];
  probe = async () => ({ engine: REPORT });
  ensure = async () => null;
  const context = {
    jobs: {
      startUnless: async (isSame: (row: (typeof rows)[number]) => boolean, request: unknown) =>
        rows.find((row) => row.state !== 'failed' && isSame(row))?.id ?? started.push(request) + 100,
    },
    events: { emit: (event: string, payload: unknown) => void said.push([event, payload]), changed: (...what: unknown[]) => void said.push(what) },
    settings: { get: (key: string) => values[key] },
    paths: { provisioned: folder.path },
    log: { warn: (_facts: object, sentence: string) => void said.push(sentence) },
  } as unknown as HostContext;
  service = createEngineService(
    context,
    (engine, signal) => probe(engine, signal) as never,
    (options) => ensure(options) as ReturnType<typeof ensureTensorFlow>,
  );
  provision = runnerOf(provisionJob, { services: { engine: service } as never });
});
afterEach(() => {
  vi.unstubAllEnvs();
  folder[Symbol.dispose]();
});

const told = (...states: EngineStatus[]): unknown[] =>
  states.flatMap((state) => [
    ['engine', state],
    [['Engine'], null],
  ]);
const pathsOf = (): unknown => ({ provisioned: folder.path });
/** A folder with a library in it, as the user may choose one. */
function chosen(): string {
  const path = join(folder.path, 'own');
  mkdirSync(path);
  writeFileSync(join(path, 'libtensorflow_cc.so.2'), '');
  return path;
}

describe('the status', () => {
  test('is unknown first, then what a child got, and unknown again when a setting changes', () => {
    expect(service.status()).toEqual(UNKNOWN);
    service.report(REPORT);
    expect(service.status()).toEqual(READY);
    service.report({ ...REPORT, fallbackReason: 'There is none.' });
    expect(service.status()).toEqual({ ...READY, message: 'There is none.' });
    service.settingsChanged();
    expect(service.status()).toEqual(UNKNOWN);
    expect(said).toEqual(told(READY, { ...READY, message: 'There is none.' }, UNKNOWN));
  });

  test('a try that fails says why; what a job then gets keeps that reason before its own', async () => {
    probe = () => Promise.reject(new AppError('ENGINE_UNAVAILABLE', 'It will not start.'));
    const failed = { ...UNKNOWN, state: 'failed', message: 'It will not start.' } as const;
    expect(await service.try()).toEqual(failed);
    expect([service.status(), said]).toEqual([failed, told(failed)]);
    service.report({ ...REPORT, fallbackReason: 'There is none.' });
    expect(service.status()).toEqual({ ...READY, message: 'It will not start.' });
  });

  test('a try that succeeds is asked with the options, and an earlier failure is over', async () => {
    values = { 'engine.device': 'cpu' };
    const asked: unknown[] = [];
    probe = () => Promise.reject(new Error('no'));
    await service.try();
    said.length = 0;
    probe = async (engine) => (asked.push(engine), { engine: REPORT });
    expect(await service.try()).toEqual(READY);
    expect([asked, said]).toEqual([[{ device: 'cpu', paths: pathsOf() }], told(READY)]);
  });

  test('a try that is given up says nothing', async () => {
    const abort = new AbortController();
    probe = (_engine, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const tried = service.try(abort.signal);
    await Promise.resolve();
    abort.abort(new AppError('CANCELLED', 'given up'));
    await expect(tried).rejects.toMatchObject({ code: 'CANCELLED' });
    await new Promise((resolve) => setImmediate(resolve));
    expect([service.status(), said]).toEqual([UNKNOWN, []]);
  });

  test('who asks meanwhile hears the same answer; another question waits for its own', async () => {
    const gate = Promise.withResolvers<unknown>();
    let probes = 0;
    probe = () => (probes++, gate.promise);
    const tries = [service.try(), service.try()];
    values = { 'engine.device': 'wasm' };
    tries.push(service.try());
    await new Promise((resolve) => setImmediate(resolve));
    expect(probes).toBe(1);
    gate.resolve({ engine: REPORT });
    expect(await Promise.all(tries)).toEqual([READY, READY, READY]);
    expect(probes).toBe(2);
  });
});

test('jobs share a device as the last child told; before, by what may be there', () => {
  expect([service.deviceKey(), service.deviceKey('cpu'), service.deviceKey('cuda:1')]).toEqual(['cpu', 'cpu', 'cuda:1']);
  service.report({ ...REPORT, device: 'cuda' });
  expect([service.deviceKey(), service.deviceKey('cpu')]).toEqual(['cuda:0', 'cpu']);
  service.report(REPORT);
  expect(service.deviceKey()).toBe('cpu');
  values = { 'engine.device': 'cuda', 'engine.gpu': 2 };
  expect([service.deviceKey(), service.options('cpu')]).toEqual(['cuda:2', { device: 'cpu', gpu: 2, paths: pathsOf() }]);
});

test('what is on the machine is told with what the settings say', async () => {
  expect(await service.setup()).toMatchObject({ library: null, problem: null });
  values = { 'engine.tensorflow': join(folder.path, 'gone') };
  expect(await service.setup()).toMatchObject({ problem: expect.stringContaining(join(folder.path, 'gone')) as unknown });
});

describe('what a job waits for', () => {
  const fetching = [{ kind: 'provision', title: 'Fetch TensorFlow', params: {} }];

  test('nothing where WebAssembly is wanted, or where TensorFlow is there', async () => {
    expect(await service.prepare('wasm')).toEqual([]);
    values = { 'engine.tensorflow': chosen() };
    expect([await service.prepare(), await service.prepare('cuda'), started]).toEqual([[], [], []]);
  });

  test.runIf(process.platform === 'linux' && process.arch === 'x64')('the job that fetches it: the one for cards only where a card is wanted', async () => {
    expect(await service.prepare()).toEqual([101]);
    expect(await service.prepare('cpu')).toEqual([102]);
    expect(await service.prepare('cuda:1')).toEqual([103]);
    expect(started).toEqual([...fetching, ...fetching, { kind: 'provision', title: 'Fetch TensorFlow for CUDA', params: { device: 'cuda' } }]);
  });

  test.runIf(process.platform === 'linux' && process.arch === 'x64')('one of the same title that waits or runs is taken', async () => {
    rows = [
      { id: 1, title: 'Fetch TensorFlow', state: 'failed' },
      { id: 2, title: 'Import', state: 'running' },
      { id: 3, title: 'Fetch TensorFlow', state: 'running' },
      { id: 4, title: 'Fetch TensorFlow for CUDA', state: 'waiting' },
    ];
    expect([await service.prepare(), await service.prepare('cuda'), started]).toEqual([[3], [4], []]);
    rows = rows.slice(0, 2);
    expect([await service.prepare(), started]).toEqual([[101], fetching]);
  });

  test('a setting that leads to nothing is said by the job', async () => {
    values = { 'engine.tensorflow': join(folder.path, 'gone') };
    expect([await service.prepare(), started]).toEqual([[101], fetching]);
  });
});

describe('the job that fetches TensorFlow', () => {
  let log: string[];
  let progress: unknown[];
  let abort: AbortController;
  let asked: Ensure[];
  const PROVISIONING = { ...UNKNOWN, state: 'provisioning', message: 'TensorFlow is being fetched.' } as const;
  beforeEach(() => {
    [log, progress, asked, abort] = [[], [], [], new AbortController()];
  });

  function run(params: unknown, answer: (options: Ensure) => Promise<{ path: string } | null>): Promise<unknown> {
    ensure = (options) => (asked.push(options), answer(options));
    const tools = {
      signal: abort.signal,
      log: (level: string, text: string) => void log.push(`${level}: ${text}`),
      progress: (...what: unknown[]) => void progress.push(what),
    } as unknown as JobTools;
    return provision.run({ params } as JobRow, tools);
  }

  test('waits for nothing that computes, can be tried again, and goes on with those that wait for it', () => {
    expect([provision.resource, provision.resumable, provision.goesOn]).toEqual(['io', true, true]);
  });

  test.each([
    [{}, undefined, 'cpu'],
    [{ device: 'cuda' }, undefined, 'cuda'],
    [{}, 'cuda', 'cuda'],
    [{ device: 'cpu' }, 'cuda', 'cpu'],
    [{}, 'wasm', 'cpu'],
  ])('of %j with the device %s set asks for %s, and says what it found', async (params, set, device) => {
    values = { 'engine.device': set };
    expect(await run(params, async () => ({ path: '/lib' }))).toEqual({ library: '/lib' });
    expect(asked).toMatchObject([{ paths: pathsOf(), device, signal: abort.signal }]);
    expect([said, log]).toEqual([told(PROVISIONING, UNKNOWN), []]);
  });

  test('says in words how far it is, and what was noted on the way', async () => {
    await run({}, async ({ onProgress, onNote }) => {
      for (const phase of ['download', 'verify', 'unpack'] as const) onProgress?.({ phase, what: 'TensorFlow', bytes: 1, total: 9 });
      onNote?.('The older one stays.');
      return { path: '/lib' };
    });
    expect(progress).toEqual(['Fetching', 'Checking', 'Unpacking'].map((doing) => [1, 9, 'bytes', `${doing} TensorFlow`]));
    expect(log).toEqual(['warn: The older one stays.']);
  });

  test('is done where there is none for this platform, and says what is used instead', async () => {
    const message = 'There is no TensorFlow for this platform; computing with WebAssembly instead, which is many times slower.';
    expect(await run({}, async () => null)).toEqual({ library: null });
    expect([said, log]).toEqual([told(PROVISIONING, { ...UNKNOWN, message }), [`warn: ${message}`]]);
  });

  test('is done where it cannot be had, and tells everybody why', async () => {
    const trouble = new AppError('DOWNLOAD_FAILED', 'No network.', {}, { remedy: 'Connect.' });
    expect(await run({}, () => Promise.reject(trouble))).toEqual({ library: null });
    const message = 'TensorFlow could not be had: No network. Computing with WebAssembly instead, which is many times slower.';
    expect(log).toEqual([`warn: ${message} Connect.`]);
    expect(said).toEqual([
      ...told(PROVISIONING),
      'TensorFlow could not be provisioned',
      ...told({ ...UNKNOWN, state: 'failed', message }),
      ['notice', { code: 'DOWNLOAD_FAILED', message, remedy: 'Connect.' }],
    ]);
  });

  test('ends as cancelled when it is cancelled, and nobody is alarmed', async () => {
    const cancelled = new AppError('CANCELLED', 'x');
    const ended = run({}, async () => {
      abort.abort(cancelled);
      throw cancelled;
    });
    await expect(ended).rejects.toBe(cancelled);
    expect([said, log]).toEqual([told(PROVISIONING, UNKNOWN), []]);
  });

  test('stays what is said while a setting changes', async () => {
    await run({}, async () => {
      service.settingsChanged();
      expect(service.status()).toEqual(PROVISIONING);
      return null;
    });
  });
});
