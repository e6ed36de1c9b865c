/**
 * Opens the compute engine of this process: registers a tfjs backend and makes it current, so that model code computes with
 * `import * as tf from '@tensorflow/tfjs-core'` and knows nothing of what is underneath. Order of "auto": CUDA, CPU, wasm.
 * What could not be had is said in `fallbackReason`, never passed over in silence. Test: test/main/engine/openEngine.test.ts.
 */
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { AppError } from '../../src-shared/errors.ts';
import { openBinding, type TensorFlowBinding } from './binding.ts';
import { cudaDevices, type CudaDevice } from './cudaDevices.ts';
import { findLibrary, refuseTooOld, type EnginePaths, type FoundLibrary } from './findLibrary.ts';
import { registerTensorFlowBackend, tfjsVersion, useBackend } from './tensorflowBackend.ts';
import { registerWasmBackend } from './wasm/wasmBackend.ts';

export type { EnginePaths } from './findLibrary.ts';

export interface EngineOptions {
  device: 'auto' | 'cuda' | 'cpu' | 'wasm';
  /** Default: one thread a core. */
  threads?: number;
  /** Operations of a recorded step at a time. Default: as many as threads; one at a time shows what each takes. */
  operations?: number;
  /** Number of the NVIDIA card. Default 0. */
  gpu?: number;
  /** false makes NVIDIA's libraries multiply in whole 32-bit precision, as the processor does. Default: as TensorFlow has it, which is on. */
  tf32?: boolean;
  paths: EnginePaths;
}

export interface EngineInfo {
  engine: 'tensorflow' | 'wasm';
  device: 'cuda' | 'cpu' | 'wasm';
  /** Number of the card; null without CUDA. */
  gpu: number | null;
  /** Of the card or the processor, as its maker calls it. */
  deviceName: string | null;
  /** Whether products and convolutions round their factors to TensorFloat-32; null without CUDA. */
  tf32: boolean | null;
  /** Of TensorFlow (TF_Version), or of the wasm package. */
  version: string;
  threads: number;
  /** Version of tfjs-core. */
  tfjs: string;
  /** The library in use; null for wasm. */
  library: string | null;
  /** A sentence for the log, when "auto" did not get its first choice. */
  fallbackReason?: string;
  /** Tensors alive in the engine itself, below tfjs. */
  numTensorsNative(): number;
}

interface OpenTensorFlow extends Pick<EngineInfo, 'threads' | 'gpu' | 'deviceName' | 'tf32'> {
  binding: TensorFlowBinding;
  library: string;
  device: 'cuda' | 'cpu';
  /** Why it computes on the processor where a card was wanted. */
  noCard: string | null;
}

/** TensorFlow's context is opened once in a process; a second one would not share its tensors. */
let openTensorFlow: OpenTensorFlow | null = null;

/**
 * @throws ENGINE_UNAVAILABLE when the device asked for cannot be had; only "auto" falls back.
 * @example const engine = await openEngine({ device: 'auto', paths: {} });
 */
export async function openEngine(options: EngineOptions): Promise<EngineInfo> {
  const threads = options.threads ?? availableParallelism();
  if (!Number.isInteger(threads) || threads < 1)
    throw new AppError('BAD_INPUT', `The number of threads must be a whole number from 1, not ${threads}.`, { threads });
  const { gpu = 0 } = options;
  if (!Number.isInteger(gpu) || gpu < 0) throw new AppError('BAD_INPUT', `The number of the GPU must be a whole number from 0, not ${gpu}.`, { gpu });
  if (options.device === 'wasm') return openWasm();
  try {
    const opened = openTensorFlow ?? startTensorFlow(await usableLibrary(options.paths), { ...options, threads, gpu });
    if (options.device === 'cpu' && opened.device !== 'cpu')
      throw new AppError('ENGINE_UNAVAILABLE', 'This process computes on the GPU already; the CPU needs a process of its own.');
    openTensorFlow = opened;
    if (options.device === 'cuda' && opened.device !== 'cuda')
      throw new AppError(
        'ENGINE_UNAVAILABLE',
        opened.noCard ?? noCuda(opened.binding),
        {},
        { remedy: 'Use the device "cpu", or install the NVIDIA build of TensorFlow and a driver.' },
      );
    await useBackend('tensorflow');
    const fallbackReason = options.device === 'auto' && opened.device === 'cpu' ? (opened.noCard ?? noCuda(opened.binding)) : undefined;
    return describe(opened, fallbackReason);
  } catch (error) {
    if (options.device !== 'auto' || !(error instanceof AppError)) throw error;
    return openWasm(`${error.message} Computing with WebAssembly instead, which is many times slower.`);
  }
}

/** The binding under the current engine, for tracing and tests; null before TensorFlow was opened. */
export function tensorflowBinding(): TensorFlowBinding | null {
  return openTensorFlow?.binding ?? null;
}

function startTensorFlow(library: FoundLibrary, options: EngineOptions & { threads: number; gpu: number }): OpenTensorFlow {
  const { threads, operations, gpu, device, tf32 } = options;
  const cards = device === 'cpu' ? [] : cudaDevices();
  const noCard = missingCard(gpu, cards);
  if (noCard !== null && device === 'cuda')
    throw new AppError('ENGINE_UNAVAILABLE', noCard, { gpu }, { remedy: 'Choose one of these in the setting "engine.gpu".' });
  const useGpu = device !== 'cpu' && noCard === null;
  // The C API has no switch for it. cuBLAS and cuDNN read this variable when they are loaded, and it overrules what TensorFlow asks them for.
  if (tf32 === false) process.env['NVIDIA_TF32_OVERRIDE'] = '0';
  const binding = openBinding(library.path, { threads, operations, useGpu, gpu });
  registerTensorFlowBackend(binding);
  if (!binding.isUsingGpuDevice())
    return { binding, library: library.path, threads, device: 'cpu', gpu: null, deviceName: processorName(), tf32: null, noCard };
  const card = cards[gpu];
  const rounds = (card?.generation ?? 0) >= 8 && process.env['NVIDIA_TF32_OVERRIDE'] !== '0';
  return { binding, library: library.path, threads, device: 'cuda', gpu, deviceName: card?.name ?? null, tf32: rounds, noCard };
}

/** A sentence when the number is that of no card. Where there are no cards at all, TensorFlow says so itself. */
export function missingCard(gpu: number, cards: Pick<CudaDevice, 'name'>[]): string | null {
  if (cards.length === 0 || gpu < cards.length) return null;
  return `There is no GPU ${gpu}; this machine has ${cards.map(({ name }, index) => `${index} (${name})`).join(', ')}.`;
}

function processorName(): string | null {
  return cpus()[0]?.model.trim() || null;
}

async function usableLibrary(paths: EnginePaths): Promise<FoundLibrary> {
  const first = await findLibrary(paths);
  if (!first) throw new AppError('ENGINE_UNAVAILABLE', 'TensorFlow is not on this machine.');
  if (first.version) refuseTooOld(first.version, first.path);
  return first;
}

function noCuda(binding: TensorFlowBinding): string {
  return `TensorFlow ${binding.TF_Version} sees no CUDA device, only ${binding.deviceTypes.join(', ')}.`;
}

function describe(opened: OpenTensorFlow, fallbackReason: string | undefined): EngineInfo {
  return {
    engine: 'tensorflow',
    device: opened.device,
    gpu: opened.gpu,
    deviceName: opened.deviceName,
    tf32: opened.tf32,
    version: opened.binding.TF_Version,
    threads: opened.threads,
    tfjs: tfjsVersion(),
    library: opened.library,
    ...(fallbackReason ? { fallbackReason } : {}),
    numTensorsNative: () => opened.binding.getNumOfTensors(),
  };
}

async function openWasm(fallbackReason?: string): Promise<EngineInfo> {
  const { version, numTensors } = await registerWasmBackend(createRequire(import.meta.url));
  await useBackend('wasm');
  return {
    engine: 'wasm',
    device: 'wasm',
    gpu: null,
    deviceName: processorName(),
    tf32: null,
    version,
    threads: 1,
    tfjs: tfjsVersion(),
    library: null,
    ...(fallbackReason ? { fallbackReason } : {}),
    numTensorsNative: numTensors,
  };
}
