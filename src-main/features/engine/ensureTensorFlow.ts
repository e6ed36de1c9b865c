/**
 * Makes sure that a TensorFlow library is on this machine before a compute job opens the engine: finds one, or provisions the pinned wheel.
 * An older wheel of ours is replaced, but only by one that was tried; what the user chose or installed is used as it is.
 * The host calls it, with progress for the user; `openEngine` itself never downloads. Test: test/main/features/ensureTensorFlow.test.ts.
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import { userPaths } from '../../platform/paths.ts';
import { tensorflowCpu, tensorflowCuda } from '../../platform/provision/parts.ts';
import { findProvisioned, provision } from '../../platform/provision/provision.ts';
import type { PartSpec, ProvisionProgress } from '../../platform/provision/spec.ts';
import { computeInChild } from '../../compute/local.ts';
import { cudaLibrariesBeside } from '../../engine/cudaLibraries.ts';
import { findLibrary, isTooOld, type EnginePaths, type FoundLibrary } from '../../engine/findLibrary.ts';

export interface EnsureOptions {
  paths: EnginePaths;
  /** The NVIDIA build is 3 GB, so it comes only when asked for by name. */
  device?: 'cpu' | 'cuda';
  onProgress?: (progress: ProvisionProgress) => void;
  /** Hears why an older version stays in use. */
  onNote?: (sentence: string) => void;
  signal?: AbortSignal;
  /** Wheels of this program for the platform; replaced in tests. */
  wheels?: Wheels;
  /** Starts the library in a folder, or throws; replaced in tests, whose libraries are no TensorFlow. */
  start?: (folder: string) => Promise<void>;
  /** Python programs to try for pip. */
  pythons?: string[];
}

export interface Wheels {
  cpu: PartSpec | null;
  cuda: PartSpec | null;
}

/** TensorFlow registers no card unless it can load all of these. */
const FOR_CARDS = ['libcudart', 'libcublas', 'libcublasLt', 'libcufft', 'libcusolver', 'libcusparse', 'libcudnn'];

const pinned = (): Wheels => ({ cpu: tensorflowCpu(), cuda: tensorflowCuda() });

/** @returns null where no wheel exists for the platform; the engine then says so and computes with WebAssembly. */
export async function ensureTensorFlow(options: EnsureOptions): Promise<FoundLibrary | null> {
  const { paths, device = 'cpu', onProgress, signal, start = startInChild, pythons } = options;
  const part = await missingPart(options);
  const found = await findLibrary(paths);
  if (!part) return found;
  try {
    await provision(part, { root: rootOf(paths), onProgress, signal, pythons, check: start });
  } catch (error) {
    if (signal?.aborted || !found || !isUsable(found, device, part)) throw error;
    options.onNote?.(`${part.title} could not replace TensorFlow ${found.version}, which stays in use: ${toErrorShape(error).message}`);
  }
  return findLibrary(paths);
}

/** The wheel that has to be fetched first; null when what is there is enough, or no wheel would help. */
export async function missingPart({ paths, device = 'cpu', wheels = pinned() }: Pick<EnsureOptions, 'paths' | 'device' | 'wheels'>): Promise<PartSpec | null> {
  const found = await findLibrary(paths);
  if (found?.source === 'setting') return null;
  // The NVIDIA build computes on the processor as well.
  const enough = device === 'cuda' ? [wheels.cuda] : [wheels.cuda, wheels.cpu];
  for (const part of enough) if (part && (await findProvisioned(part, rootOf(paths)))) return null;
  // What merely lay around may be too old, or made for the processor alone.
  const isNew = found?.source === 'python' && (found.version === null || !isTooOld(found.version));
  if (isNew && (device === 'cpu' || (await canUseCards(found.path)))) return null;
  return wheels[device];
}

/** For a TensorFlow of Python. NVIDIA's libraries may lie beside one for processors too: PyTorch installs the same. */
async function canUseCards(library: string): Promise<boolean> {
  const installed = await readdir(dirname(dirname(library))).catch(() => []);
  if (installed.some((name) => name.startsWith('tensorflow_cpu-'))) return false;
  const there = new Set(cudaLibrariesBeside(library).map((path) => basename(path).split('.')[0]));
  return FOR_CARDS.every((name) => there.has(name));
}

/** Whether an older version may go on where the new one cannot be had. One of the same version is there because it is damaged. */
function isUsable({ source, path, version }: FoundLibrary, device: 'cpu' | 'cuda', part: PartSpec): boolean {
  if (source !== 'provisioned' || version === null || version === part.wheels[0]?.version) return false;
  return !isTooOld(version) && (device === 'cpu' || path.includes('tensorflow-cuda'));
}

/** In a process of its own: a library may end the one that loads it. */
async function startInChild(folder: string): Promise<void> {
  try {
    await computeInChild({ kind: 'probe', engine: { device: 'cpu', paths: { tensorflow: folder } } });
  } catch (error) {
    throw new AppError(
      'ENGINE_UNAVAILABLE',
      `The TensorFlow that was fetched does not work on this machine: ${toErrorShape(error).message}`,
      {},
      { cause: error },
    );
  }
}

function rootOf(paths: EnginePaths): string {
  return paths.provisioned ?? userPaths().provisioned;
}
