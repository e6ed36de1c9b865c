/**
 * What the host knows of the engine: where TensorFlow is, what the last compute child got, and the job that fetches TensorFlow before
 * the first computation. The host itself never loads it. Tests: test/main/features/engineService.test.ts, test/main/features/engine.test.ts.
 */
import { toErrorShape } from '../../../src-shared/errors.ts';
import type { EngineSetup, EngineStatus } from '../../../src-shared/contract/engine.ts';
import { computeInChild } from '../../compute/local.ts';
import type { EngineReport } from '../../compute/protocol.ts';
import { ensureTensorFlow, missingPart } from './ensureTensorFlow.ts';
import type { EngineOptions } from '../../engine/openEngine.ts';
import type { ProbeResult } from '../../compute/tasks/probe.ts';
import type { HostContext } from '../context.ts';
import type { JobTools } from '../../jobs/queue.ts';
import { sayProvision } from '../../platform/provision/spec.ts';
import { createShared } from '../../platform/shared.ts';
import type { ProvisionParams } from './jobs/provision.ts';
import { deviceKey, engineOptions } from './options.ts';
import { cardNames, engineSetup, mayComputeOnCard, refuseLibrary } from './setup.ts';

export interface EngineService {
  status(): EngineStatus;
  /** What is on this machine, without starting anything that computes. */
  setup(): Promise<EngineSetup>;
  /** Starts the engine as it is set, in a child that ends again; what it got, or why it got nothing, is the status from then on. */
  try(signal?: AbortSignal): Promise<EngineStatus>;
  /** Throws with a sentence where a path leads to no TensorFlow that can be used. */
  refuseLibrary(path: string): Promise<void>;
  /** What an earlier child got says nothing of the next one. */
  settingsChanged(): void;
  /** Device, threads and places, from the user's settings; `device` overrules them for one job. */
  options(device?: string): EngineOptions;
  /** What a job computes on, for the limit of jobs a device. */
  deviceKey(device?: string): string;
  /** What a compute child got. */
  report(info: EngineReport): void;
  /** Jobs that a compute job must wait for: none, or the one that fetches TensorFlow. */
  prepare(device?: string): Promise<number[]>;
  /** The job that fetches it. */
  fetch(params: ProvisionParams, tools: JobTools): Promise<{ library: string | null }>;
}

const UNKNOWN: EngineStatus = { state: 'unknown', engine: null, device: null, version: null, threads: null, message: null };

/** `probe`: starts the engine in a child of its own. `ensure`: fetches TensorFlow where it is not there. */
export function createEngineService(
  { jobs, events, settings, paths, log }: HostContext,
  probe = (engine: EngineOptions, signal: AbortSignal): Promise<ProbeResult> => computeInChild({ kind: 'probe', engine }, { signal }),
  ensure = ensureTensorFlow,
): EngineService {
  const tries = createShared<EngineStatus>();
  let status = UNKNOWN;
  /** Asked once: cards do not come and go while the program runs. */
  let cards: Promise<string[]> | null = null;

  function set(next: EngineStatus): void {
    status = next;
    events.emit('engine', next);
    events.changed(['Engine'], null);
  }

  function options(device?: string): EngineOptions {
    return engineOptions(settings, paths.provisioned, device);
  }

  async function fetch({ device: asked }: ProvisionParams, tools: JobTools): Promise<{ library: string | null }> {
    set({ ...UNKNOWN, state: 'provisioning', message: 'TensorFlow is being fetched.' });
    try {
      const { device, paths: enginePaths } = options(asked);
      const found = await ensure({
        paths: enginePaths,
        device: device === 'cuda' ? 'cuda' : 'cpu',
        signal: tools.signal,
        onNote: (sentence) => tools.log('warn', sentence),
        onProgress: (progress) => tools.progress(progress.bytes, progress.total, 'bytes', sayProvision(progress)),
      });
      const message = found ? null : 'There is no TensorFlow for this platform; computing with WebAssembly instead, which is many times slower.';
      if (message) tools.log('warn', message);
      set({ ...UNKNOWN, message });
      return { library: found?.path ?? null };
    } catch (error) {
      if (tools.signal.aborted) {
        set(UNKNOWN);
        throw error;
      }
      // Not the end: the compute child falls back to WebAssembly, and the next job tries to fetch it again.
      const shape = toErrorShape(error);
      const message = `TensorFlow could not be had: ${shape.message} Computing with WebAssembly instead, which is many times slower.`;
      log.warn({ err: error }, 'TensorFlow could not be provisioned');
      tools.log('warn', `${message} ${shape.remedy}`);
      set({ ...UNKNOWN, state: 'failed', message });
      events.emit('notice', { code: shape.code, message, remedy: shape.remedy });
      return { library: null };
    }
  }

  function report(info: EngineReport): void {
    const message = [status.state === 'failed' ? status.message : null, info.fallbackReason ?? null].find((text) => text !== null) ?? null;
    set({ state: 'ready', engine: info.engine, device: info.device, version: info.version, threads: info.threads, message });
  }

  async function tryEngine(signal: AbortSignal): Promise<EngineStatus> {
    try {
      const { engine } = await probe(options(), signal);
      status = UNKNOWN; // an earlier failure is over
      report(engine);
    } catch (error) {
      if (signal.aborted) throw error;
      set({ ...UNKNOWN, state: 'failed', message: toErrorShape(error).message });
    }
    return status;
  }

  return {
    status: () => status,
    options,
    report,
    refuseLibrary,
    fetch,
    async setup() {
      cards ??= cardNames().catch((error: unknown) => {
        log.warn({ err: error }, 'the NVIDIA cards could not be listed');
        return [];
      });
      return engineSetup(options(), await cards);
    },
    // Each try takes hundreds of megabytes: one at a time, and whoever asks meanwhile hears its answer.
    try: (signal) => tries.ask(JSON.stringify(options()), tryEngine, signal),
    settingsChanged() {
      if (status.state !== 'provisioning') set(UNKNOWN);
    },
    deviceKey(device) {
      const own = options(device);
      return deviceKey(own, status.device === null ? mayComputeOnCard(own.paths) : status.device === 'cuda');
    },
    async prepare(wanted) {
      const { device, paths: enginePaths } = options(wanted);
      if (device === 'wasm') return [];
      // A setting that points to nothing is said by the job.
      const isReady = await missingPart({ paths: enginePaths, device: device === 'cuda' ? 'cuda' : 'cpu' }).then(
        (part) => part === null,
        () => false,
      );
      if (isReady) return [];
      const [title, params] = device === 'cuda' ? ['Fetch TensorFlow for CUDA', { device }] : ['Fetch TensorFlow', {}];
      return [await jobs.startUnless((job) => job.title === title, { kind: 'provision', title, params })];
    },
  };
}
