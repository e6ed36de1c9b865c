/**
 * Finds a TensorFlow library on this machine without downloading or importing anything.
 * Order: setting or TRACKLET_TENSORFLOW, the provisioned wheel, the TensorFlow of a python3 on PATH. A setting that points to
 * nothing usable is an error, not a reason to look elsewhere. Test: test/main/engine/findLibrary.test.ts.
 */
import { execFile } from 'node:child_process';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../src-shared/errors.ts';
import { userPaths } from '../platform/paths.ts';

/** What the engine needs to know about where things are; every key has a default. */
export interface EnginePaths {
  /** Setting: the TensorFlow library, or a folder that holds it. Default: the environment variable TRACKLET_TENSORFLOW. */
  tensorflow?: string | undefined;
  /** Folder of provisioned parts. Default: the per-user one. */
  provisioned?: string | undefined;
  /** The Python to ask for an installed TensorFlow; null asks none. Default "python3". */
  python?: string | null | undefined;
}

export interface FoundLibrary {
  /** libtensorflow_cc. */
  path: string;
  source: 'setting' | 'provisioned' | 'python';
  /** From the metadata beside an installed wheel; null when the folder says nothing. */
  version: string | null;
}

/** Older libraries lack functions of the C API and kernels that the engine uses. */
const OLDEST_TENSORFLOW = '2.16.0';

const LIBRARY_NAME = /^(libtensorflow_cc\.so\.2|libtensorflow_cc\.2\.dylib|libtensorflow_cc\.so|tensorflow_cc\.dll)$/;

/** All libraries there are, best first. */
export async function findLibraries(paths: EnginePaths = {}): Promise<FoundLibrary[]> {
  const setting = settingOf(paths);
  if (setting) return [await chosen(setting)];
  return [...(await provisioned(paths)), ...(await ofPython(paths))];
}

/** The best one. Asks Python only when nothing was found before it, because starting Python takes longer than all the rest. */
export async function findLibrary(paths: EnginePaths = {}): Promise<FoundLibrary | null> {
  const setting = settingOf(paths);
  if (setting) return chosen(setting);
  return (await provisioned(paths))[0] ?? (await ofPython(paths))[0] ?? null;
}

function settingOf(paths: EnginePaths): string | undefined {
  return paths.tensorflow ?? process.env['TRACKLET_TENSORFLOW'];
}

async function chosen(setting: string): Promise<FoundLibrary> {
  return { path: await libraryAt(setting), source: 'setting', version: await versionBeside(setting) };
}

async function provisioned(paths: EnginePaths): Promise<FoundLibrary[]> {
  return librariesIn(await provisionedFolders(paths.provisioned ?? userPaths().provisioned), 'provisioned');
}

async function ofPython(paths: EnginePaths): Promise<FoundLibrary[]> {
  if (paths.python === null) return [];
  const folders = (await sitePackages(paths.python ?? 'python3')).map((folder) => join(folder, 'tensorflow'));
  return librariesIn(folders, 'python');
}

async function librariesIn(folders: string[], source: FoundLibrary['source']): Promise<FoundLibrary[]> {
  const found: FoundLibrary[] = [];
  for (const folder of folders) {
    const path = await libraryIn(folder);
    if (path) found.push({ path, source, version: await versionBeside(path) });
  }
  return found;
}

/** -1, 0 or 1, by number: "2.9.1" is older than "2.16.0". */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0)) as [number[], number[]];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}

export function isTooOld(version: string): boolean {
  return compareVersions(version, OLDEST_TENSORFLOW) < 0;
}

export function refuseTooOld(version: string, path: string): void {
  if (!isTooOld(version)) return;
  throw new AppError(
    'ENGINE_UNAVAILABLE',
    `TensorFlow ${version} at ${path} is too old; the engine needs ${OLDEST_TENSORFLOW} or newer.`,
    { version, path, oldest: OLDEST_TENSORFLOW },
    {
      remedy: 'Update that TensorFlow, or take the setting away so that the program uses its own.',
    },
  );
}

async function libraryAt(setting: string): Promise<string> {
  const info = await stat(setting).catch(() => null);
  if (info?.isFile()) return setting;
  const path = info?.isDirectory() ? ((await libraryIn(setting)) ?? (await libraryIn(join(setting, 'tensorflow')))) : null;
  if (path) return path;
  throw new AppError(
    'ENGINE_UNAVAILABLE',
    `The setting for TensorFlow points to ${setting}, where there is no TensorFlow library.`,
    { path: setting },
    {
      remedy: 'Point it to libtensorflow_cc or to the folder "tensorflow" of an installed TensorFlow, or take it away.',
    },
  );
}

async function libraryIn(folder: string): Promise<string | null> {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((candidate) => LIBRARY_NAME.test(candidate));
  return name ? join(folder, name) : null;
}

/** native/<id>/tensorflow of every TensorFlow that was provisioned; the NVIDIA one first. */
async function provisionedFolders(provisioned: string): Promise<string[]> {
  const ids = (await readdir(provisioned).catch(() => [])).filter((id) => id.startsWith('tensorflow') && !id.includes('.'));
  return ids.sort((a, b) => Number(b.includes('cuda')) - Number(a.includes('cuda'))).map((id) => join(provisioned, id, 'tensorflow'));
}

async function sitePackages(python: string): Promise<string[]> {
  const ask = 'import site,sys;print("\\n".join(dict.fromkeys([*sys.path,*site.getsitepackages(),site.getusersitepackages()])))';
  try {
    const { stdout } = await promisify(execFile)(python, ['-c', ask], { timeout: 10_000, windowsHide: true });
    return stdout.split(/\r?\n/).filter((line) => line !== '');
  } catch {
    return []; // no Python, or one without the module `site`: then there is no TensorFlow to find
  }
}

/** "…/tensorflow/libtensorflow_cc.so.2" → the version in "…/tensorflow_cpu-2.21.0.dist-info". */
async function versionBeside(path: string): Promise<string | null> {
  const real = await realpath(path).catch(() => path);
  for (const folder of [dirname(dirname(real)), dirname(real), real]) {
    for (const name of await readdir(folder).catch(() => [])) {
      const match = /^tensorflow(?:_cpu|_gpu|_macos)?-([0-9][^-]*)\.dist-info$/.exec(name);
      if (match?.[1]) return match[1];
    }
  }
  return null;
}
