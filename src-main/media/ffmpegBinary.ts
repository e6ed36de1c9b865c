/**
 * Finds the ffmpeg program, or gets one. Order: setting (or FFMPEG_PATH), the package ffmpeg-static, PATH, the provisioned wheel.
 * A program counts only when it answers `-version`. A setting that does not work is an error, not a reason to look elsewhere.
 * Test: test/main/media/ffmpegBinary.test.ts.
 */
import { createRequire } from 'node:module';
import { delimiter, isAbsolute, join } from 'node:path';
import { stat } from 'node:fs/promises';
import { AppError } from '../../src-shared/errors.ts';
import { userPaths } from '../platform/paths.ts';
import { ffmpegPart, isFfmpegProgram } from '../platform/provision/parts.ts';
import { findProvisioned, provision, provisionedFiles } from '../platform/provision/provision.ts';
import type { ProvisionProgress } from '../platform/provision/spec.ts';
import { runFfmpeg } from './runFfmpeg.ts';

export interface FfmpegPaths {
  /** Folder of provisioned parts. Default: the per-user one. */
  provisioned?: string | undefined;
  /** Value of PATH. Default: the process's. */
  searchPath?: string | undefined;
  /** Where the package ffmpeg-static keeps its program; null when it is not installed. Default: ask the package. */
  packaged?: string | null | undefined;
}

export interface FfmpegSettings {
  /** Path of an ffmpeg program. Default: the environment variable FFMPEG_PATH. */
  ffmpeg?: string | null | undefined;
}

export interface FoundFfmpeg {
  path: string;
  /** As ffmpeg prints it, for example "9.0.2-static". */
  version: string;
  source: 'setting' | 'package' | 'path' | 'provisioned';
}

const ANSWER_MS = 10_000;

export async function findFfmpeg(paths: FfmpegPaths = {}, settings: FfmpegSettings = {}): Promise<FoundFfmpeg | null> {
  const setting = settings.ffmpeg ?? process.env['FFMPEG_PATH'];
  if (setting) {
    const version = await ffmpegVersion(setting);
    if (version) return { path: setting, version, source: 'setting' };
    throw new AppError(
      'FFMPEG_MISSING',
      `The setting for ffmpeg points to ${setting}, which is not a working ffmpeg.`,
      { path: setting },
      { remedy: 'Correct the path, or take the setting away so that the program looks for one itself.' },
    );
  }
  for (const { path, source } of await candidates(paths)) {
    const version = await ffmpegVersion(path);
    if (version) return { path, version, source };
  }
  return null;
}

/** Downloads ffmpeg (about 68 MB) unless the provisioned one is there already. */
export async function provisionFfmpeg(onProgress?: (progress: ProvisionProgress) => void, signal?: AbortSignal, paths: FfmpegPaths = {}): Promise<FoundFfmpeg> {
  const part = ffmpegPart();
  if (!part) {
    throw new AppError(
      'UNSUPPORTED',
      `There is no ffmpeg to download for ${process.platform} on ${process.arch}.`,
      { platform: process.platform, arch: process.arch },
      {
        remedy: "Install ffmpeg with your system's package manager, or set its path in the settings.",
      },
    );
  }
  const folder = await provision(part, { root: paths.provisioned ?? userPaths().provisioned, onProgress, signal });
  const path = await programIn(folder);
  const version = path ? await ffmpegVersion(path) : null;
  if (!path || !version)
    throw new AppError(
      'FFMPEG_MISSING',
      `The downloaded ffmpeg in ${folder} does not run on this machine.`,
      { path: folder },
      { remedy: "Install ffmpeg with your system's package manager." },
    );
  return { path, version, source: 'provisioned' };
}

async function candidates(paths: FfmpegPaths): Promise<{ path: string; source: FoundFfmpeg['source'] }[]> {
  const found: { path: string; source: FoundFfmpeg['source'] }[] = [];
  const packaged = paths.packaged === undefined ? packagedFfmpeg() : paths.packaged;
  if (packaged) found.push({ path: packaged, source: 'package' });
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  for (const folder of (paths.searchPath ?? process.env['PATH'] ?? '').split(delimiter)) {
    // A relative folder on PATH would depend on where the program was started.
    if (isAbsolute(folder)) found.push({ path: join(folder, name), source: 'path' });
  }
  const part = ffmpegPart();
  const folder = part ? await findProvisioned(part, paths.provisioned ?? userPaths().provisioned) : null;
  const provisioned = folder ? await programIn(folder) : null;
  if (provisioned) found.push({ path: provisioned, source: 'provisioned' });
  return found;
}

async function programIn(folder: string): Promise<string | null> {
  const program = (await provisionedFiles(folder)).find(isFfmpegProgram);
  return program ? join(folder, program) : null;
}

/** The package answers with a path even when its own download was refused. */
function packagedFfmpeg(): string | null {
  try {
    const path: unknown = createRequire(import.meta.url)('ffmpeg-static');
    return typeof path === 'string' ? path : null;
  } catch {
    return null; // an optional dependency that is not installed
  }
}

/** "ffmpeg version 9.0.2-static Copyright …" → "9.0.2-static"; null when it is no ffmpeg, does not start or does not answer. */
async function ffmpegVersion(path: string): Promise<string | null> {
  if (!(await stat(path).catch(() => null))?.isFile()) return null;
  let output = '';
  try {
    const { status } = await runFfmpeg(path, ['-hide_banner', '-version'], {
      silenceMs: ANSWER_MS,
      onLine: (line) => (output ||= line),
      hung: () => new AppError('FFMPEG_MISSING', `${path} does not answer.`, { path }),
    });
    return status === 0 ? (/^ffmpeg version (\S+)/.exec(output)?.[1] ?? null) : null;
  } catch {
    return null;
  }
}
