/**
 * Checkpoints as folders of files with a manifest of their hashes. One is written beside its final name, synced and renamed, so a
 * power cut leaves either the whole or nothing; reading verifies every hash and falls back to the one before, saying so.
 * It knows nothing of models: what the files hold is the caller's matter. Test: test/main/compute/checkpoint.test.ts.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import { fileError } from '../../src-shared/storageErrors.ts';
import { openRegular, readRegular } from '../platform/openRegular.ts';
import { flushFolder } from '../platform/writeFileWhole.ts';

export interface Manifest {
  version: 1;
  step: number;
  files: Record<string, { sha256: string; bytes: number }>;
}

export interface Checkpoint {
  /** Name of the folder, such as `step-00000120`. */
  name: string;
  step: number;
  files: Map<string, Uint8Array>;
}

export interface Damage {
  name: string;
  reason: string;
}

const KEEP = 2;
const NAME = /^step-(\d{8,})$/;

export function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Resolves when the checkpoint survives a power cut. Older ones than the last two are then removed, and before them those that the reading
 * passed over as damaged: counted among the two they would push out a whole one, and a later reading would take them for the newest.
 * @throws DISK_FULL; nothing of the failed attempt stays.
 */
export async function writeCheckpoint(folder: string, step: number, files: Map<string, Uint8Array>, passedOver: Damage[] = []): Promise<Manifest> {
  const name = checkpointName(step);
  const target = join(folder, name);
  const draft = `${target}.tmp`;
  const manifest: Manifest = { version: 1, step, files: {} };
  try {
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { mode: 0o700 });
    for (const [file, bytes] of files) {
      manifest.files[file] = { sha256: sha256(bytes), bytes: bytes.byteLength };
      await writeFileSynced(join(draft, file), bytes);
    }
    await writeFileSynced(join(draft, 'manifest.json'), new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`));
    await flushFolder(draft);
    // The same step again happens after a resume that trained nothing new; rename does not replace a full folder.
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
    await flushFolder(folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
    throw fileError(error, folder, 'written', { lead: `The checkpoint of step ${step}` });
  }
  for (const one of passedOver) if (one.name !== name) await rm(join(folder, one.name), { recursive: true, force: true });
  await removeOld(folder);
  return manifest;
}

/** The newest whole checkpoint, and what was found damaged on the way to it. */
export async function readNewestCheckpoint(folder: string): Promise<{ checkpoint: Checkpoint | null; damaged: Damage[] }> {
  const damaged: Damage[] = [];
  for (const name of (await listCheckpoints(folder)).reverse()) {
    try {
      return { checkpoint: await readCheckpoint(join(folder, name)), damaged };
    } catch (error) {
      damaged.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { checkpoint: null, damaged };
}

/** @throws FILE_INVALID naming the file that differs from the manifest. */
export async function readCheckpoint(folder: string, only?: string[]): Promise<Checkpoint> {
  // What a link leads to was not written as a checkpoint of this run.
  if ((await lstat(folder)).isSymbolicLink()) throw new AppError('FILE_INVALID', `${folder} is a link, no folder of a checkpoint.`, { file: folder });
  const manifest = await readManifest(folder);
  const files = new Map<string, Uint8Array>();
  for (const [file, { sha256: expected, bytes: size }] of Object.entries(manifest.files)) {
    if (only && !only.includes(file)) continue;
    const bytes = await readRegular(join(folder, file));
    if (bytes.byteLength !== size || sha256(bytes) !== expected)
      throw new AppError('FILE_INVALID', `${join(folder, file)} is damaged: its content is not what its manifest says.`, { file });
    files.set(file, bytes);
  }
  return { name: checkpointName(manifest.step), step: manifest.step, files };
}

/** Oldest first; drafts and foreign files are left out. */
export async function listCheckpoints(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  return names.filter((name) => NAME.test(name)).sort((a, b) => stepOf(a) - stepOf(b));
}

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, 'manifest.json');
  let manifest: Manifest;
  try {
    manifest = JSON.parse(String(await readRegular(path))) as Manifest;
  } catch (error) {
    throw new AppError('FILE_INVALID', `${path} cannot be read as a manifest.`, { file: 'manifest.json' }, { cause: error });
  }
  const whole = Number.isInteger(manifest?.step) && typeof manifest.files === 'object' && manifest.files !== null;
  // A name with a path in it would read outside of the folder.
  if (!whole || Object.keys(manifest.files).some((name) => !/^[a-z][a-zA-Z]*\.(safetensors|json)$/.test(name)))
    throw new AppError('FILE_INVALID', `${path} is not a manifest of a checkpoint.`, { file: 'manifest.json' });
  return manifest;
}

async function removeOld(folder: string): Promise<void> {
  const names = await readdir(folder);
  const old = (await listCheckpoints(folder)).slice(0, -KEEP);
  for (const name of [...old, ...names.filter((one) => one.endsWith('.tmp'))]) await rm(join(folder, name), { recursive: true, force: true });
}

export async function writeFileSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await openRegular(path, 'write');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

function stepOf(name: string): number {
  return Number(NAME.exec(name)?.[1]);
}
