/**
 * Makes sure that a TensorFlow library is on this machine before a compute job opens the engine: finds one, or provisions the pinned wheel.
 * The host calls it, with progress for the user; `openEngine` itself never downloads. Test: test/main/engine/findLibrary.test.ts.
 */
import { userPaths } from '../platform/paths.ts';
import { tensorflowCpu, tensorflowCuda } from '../platform/provision/parts.ts';
import { provision } from '../platform/provision/provision.ts';
import type { ProvisionProgress } from '../platform/provision/spec.ts';
import { findLibrary, isTooOld, type EnginePaths, type FoundLibrary } from './findLibrary.ts';

export interface EnsureOptions {
  paths: EnginePaths;
  /** The NVIDIA build is 3 GB, so it comes only when asked for by name. */
  device?: 'cpu' | 'cuda';
  onProgress?: (progress: ProvisionProgress) => void;
  signal?: AbortSignal;
}

/** @returns null where no wheel exists for the platform; the engine then says so and computes with WebAssembly. */
export async function ensureTensorFlow({ paths, device = 'cpu', onProgress, signal }: EnsureOptions): Promise<FoundLibrary | null> {
  const found = await findLibrary(paths);
  if (found && isEnough(found, device)) return found;
  const part = device === 'cuda' ? tensorflowCuda() : tensorflowCpu();
  if (!part) return null;
  await provision(part, { root: paths.provisioned ?? userPaths().provisioned, onProgress, signal });
  return findLibrary(paths);
}

/** What the user chose is used or refused by name, never replaced; what merely lay around may be too old, or lack CUDA. */
function isEnough({ source, path, version }: FoundLibrary, device: 'cpu' | 'cuda'): boolean {
  if (source === 'setting') return true;
  if (source === 'python') return version === null || !isTooOld(version);
  return device === 'cpu' || path.includes('tensorflow-cuda');
}
