/**
 * The fallback engine: tfjs's WebAssembly backend with the gradient kernels that it lacks composed from its other kernels.
 * One thread; for small models. Never chosen in silence (see openEngine). Test: test/main/engine/kernels.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../../src-shared/errors.ts';
import { registerWasmKernels } from './wasmKernels.ts';

export interface WasmBackend {
  version: string;
  numTensors(): number;
}

let registered: WasmBackend | null = null;

export async function registerWasmBackend(require: NodeJS.Require): Promise<WasmBackend> {
  if (registered) return registered;
  const before = processListeners();
  try {
    // tfjs's umbrella package brings the gradients of all operations.
    require('@tensorflow/tfjs');
    const { version_wasm: version } = require('@tensorflow/tfjs-backend-wasm') as { version_wasm: string };
    registerWasmKernels();
    if (!(await tf.setBackend('wasm'))) throw new Error('tf.setBackend returned false');
    registered = { version, numTensors: () => (tf.findBackend('wasm') as tf.KernelBackend & { numDataIds(): number }).numDataIds() };
    return registered;
  } catch (error) {
    throw new AppError(
      'ENGINE_UNAVAILABLE',
      `The WebAssembly engine did not start: ${error instanceof Error ? error.message : String(error)}`,
      {},
      { cause: error },
    );
  } finally {
    removeNewListeners(before);
  }
}

type ProcessEvent = 'uncaughtException' | 'unhandledRejection';
const EVENTS: ProcessEvent[] = ['uncaughtException', 'unhandledRejection'];
type Listener = (...args: unknown[]) => void;

function processListeners(): Map<ProcessEvent, unknown[]> {
  return new Map(EVENTS.map((event) => [event, process.listeners(event as 'uncaughtException')]));
}

/** Emscripten's start-up code hooks the process's error events, which are ours to handle. */
function removeNewListeners(before: Map<ProcessEvent, unknown[]>): void {
  for (const event of EVENTS) {
    for (const listener of process.listeners(event as 'uncaughtException')) {
      if (!before.get(event)?.includes(listener)) process.removeListener(event, listener as Listener);
    }
  }
}
