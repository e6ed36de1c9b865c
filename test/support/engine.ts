/**
 * The real TensorFlow for tests. Provisions the pinned wheel on a machine that has none, so that a test never passes by being skipped.
 */
import { ensureTensorFlow } from '../../src-main/features/engine/ensureTensorFlow.ts';
import { openEngine, tensorflowBinding, type EngineInfo } from '../../src-main/engine/openEngine.ts';
import type { TensorFlowBinding } from '../../src-main/engine/binding.ts';

/** A download of 270 MB and its unpacking must fit; give it to `beforeAll` as the time limit. */
export const ENGINE_TIMEOUT_MS = 600_000;

/** Opens TensorFlow on the CPU and makes it tfjs's current backend. */
export async function requireEngine(): Promise<EngineInfo> {
  await requireTensorFlowLibrary();
  return openEngine({ device: 'cpu', paths: {} });
}

/** The binding under `requireEngine`. */
export async function requireBinding(): Promise<TensorFlowBinding> {
  await requireEngine();
  const binding = tensorflowBinding();
  if (!binding) throw new Error('the engine is open but has no binding');
  return binding;
}

/** Path of a TensorFlow library. */
export async function requireTensorFlowLibrary(): Promise<string> {
  const found = await ensureTensorFlow({ paths: {} });
  if (!found) throw new Error(`there is no TensorFlow wheel for ${process.platform}-${process.arch}; set TRACKLET_TENSORFLOW`);
  return found.path;
}
