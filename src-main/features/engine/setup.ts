/**
 * What this machine has for the engine, without starting it: the cards, the TensorFlow that would be taken, and what "auto" means by that.
 * Whether TensorFlow then really sees the card, only starting it tells. Tests: test/main/features/engineFound.test.ts, test/main/features/engineSetup.test.ts.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import type { EngineSetup } from '../../../src-shared/contract/engine.ts';
import { computeInChild } from '../../compute/local.ts';
import { missingPart } from './ensureTensorFlow.ts';
import { findLibrary, refuseTooOld, type EnginePaths } from '../../engine/findLibrary.ts';
import type { EngineOptions } from '../../engine/openEngine.ts';

/** There as long as NVIDIA's driver is loaded. */
const DRIVER = '/dev/nvidiactl';
/** Milliseconds; a driver that answers at all does so within two seconds. */
const DRIVER_PATIENCE = 15_000;

type Found = Pick<EngineSetup, 'cards' | 'library' | 'fetches' | 'problem'>;

export async function engineSetup({ device, paths }: Pick<EngineOptions, 'device' | 'paths'>, cards: string[]): Promise<EngineSetup> {
  const found = { cards, ...(await findTensorFlow(device, paths)) };
  return { cores: availableParallelism(), ...found, auto: meaningOfAuto(found) };
}

async function findTensorFlow(device: EngineOptions['device'], paths: EnginePaths): Promise<Omit<Found, 'cards'>> {
  try {
    const library = await findLibrary(paths);
    if (library?.version) refuseTooOld(library.version, library.path);
    const part = device === 'wasm' ? null : await missingPart({ paths, device: device === 'cuda' ? 'cuda' : 'cpu' });
    return { library, fetches: part?.title ?? null, problem: null };
  } catch (error) {
    return { library: null, fetches: null, problem: toErrorShape(error).message };
  }
}

/** As openEngine chooses; the build for processors is known by its folder, what the user installed may be either. */
export function meaningOfAuto({ cards, library, fetches, problem }: Found): EngineSetup['auto'] {
  if (problem !== null) return { device: 'wasm', reason: problem };
  if (!library && fetches === null) return { device: 'wasm', reason: 'There is no TensorFlow for this platform.' };
  if (cards.length === 0) return { device: 'cpu', reason: 'No NVIDIA card was found.' };
  if (!library || (library.source === 'provisioned' && !library.path.includes('tensorflow-cuda')))
    return { device: 'cpu', reason: 'The NVIDIA build of TensorFlow, 3 GB, is fetched only when the card is chosen here.' };
  return { device: 'cuda', reason: null };
}

/**
 * The guess before any job has told: a driver, and not just the build for processors, which is taken before what Python has.
 * Looks at folders only, because the queue asks often and cannot wait.
 */
export function mayComputeOnCard({ tensorflow = process.env['TRACKLET_TENSORFLOW'], provisioned }: EnginePaths, driver = DRIVER): boolean {
  if (!existsSync(driver)) return false;
  if (tensorflow !== undefined || provisioned === undefined) return true;
  const isFetched = (part: string): boolean => existsSync(join(provisioned, part));
  return isFetched('tensorflow-cuda') || !isFetched('tensorflow-cpu');
}

/** Names of the NVIDIA cards; asks the driver only where there can be one. */
export async function cardNames(): Promise<string[]> {
  const canBe = process.platform === 'win32' || (process.platform === 'linux' && existsSync(DRIVER));
  if (!canBe) return [];
  const cards = await computeInChild({ kind: 'cards' }, { silence: DRIVER_PATIENCE });
  return cards.map(({ name }) => name);
}

/** Throws with a sentence where a path leads to no TensorFlow, or to one that is known to be too old. */
export async function refuseLibrary(path: string): Promise<void> {
  if (!isAbsolute(path))
    throw new AppError('BAD_INPUT', `"${path}" is not a full path.`, { path }, { remedy: 'Give the whole path, from the root of the disk.' });
  const found = await findLibrary({ tensorflow: path, python: null });
  if (found?.version) refuseTooOld(found.version, found.path);
}
