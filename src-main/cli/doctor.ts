/**
 * `tracklet doctor`: what the program found on this machine, what is missing and how to get it. Downloads nothing and changes nothing.
 * The engine is really started, in a process of its own, because a library that is there may still not load, or end what loads it. Test: test/main/cli/doctor.test.ts.
 */
import { readdir } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { toErrorShape } from '../../src-shared/errors.ts';
import { sqliteVersion } from '../db/version.ts';
import { findFfmpeg, type FfmpegPaths, type FfmpegSettings, type FoundFfmpeg } from '../media/ffmpegBinary.ts';
import { ffmpegPart, tensorflowCpu, tensorflowCuda } from '../platform/provision/parts.ts';
import { computeInChild } from '../compute/local.ts';
import type { EngineReport } from '../compute/protocol.ts';
import type { EnginePaths } from '../engine/openEngine.ts';
import type { ProbeResult } from '../compute/tasks/probe.ts';

export interface DoctorReport {
  node: { version: string; path: string; platform: string; arch: string; release: string };
  engine: EngineReport | null;
  ffmpeg: FoundFfmpeg | null;
  sqlite: { version: string } | null;
  devices: { processor: string; cores: number; memoryBytes: number; nvidia: string[]; tensorflow: string[] };
  /** What does not work, and the next step; empty when all is well. */
  missing: { what: string; how: string }[];
}

export interface DoctorOptions {
  engine?: EnginePaths;
  ffmpeg?: FfmpegPaths;
  settings?: FfmpegSettings;
}

export async function inspect(options: DoctorOptions = {}): Promise<DoctorReport> {
  const missing: DoctorReport['missing'] = [];
  const nvidia = await nvidiaDevices();
  const probed = await inspectEngine(options.engine ?? {}, nvidia, missing);
  const ffmpeg = await inspectFfmpeg(options, missing);
  const sqlite = inspectSqlite(missing);
  return {
    node: { version: process.versions.node, path: process.execPath, platform: platform(), arch: arch(), release: release() },
    engine: probed?.engine ?? null,
    ffmpeg,
    sqlite,
    devices: {
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      nvidia,
      tensorflow: [...(probed?.deviceTypes ?? [])],
    },
    missing,
  };
}

async function inspectEngine(paths: EnginePaths, nvidia: string[], missing: DoctorReport['missing']): Promise<ProbeResult | null> {
  try {
    const probed = await computeInChild({ kind: 'probe', engine: { device: 'auto', paths } });
    const { engine } = probed;
    if (engine.engine === 'wasm') {
      const how = tensorflowCpu()
        ? 'Run "tracklet engine install", which downloads it (about 270 MB), or install it and set TRACKLET_TENSORFLOW to its folder.'
        : 'Install TensorFlow yourself and set TRACKLET_TENSORFLOW to its folder; there is no package for this platform.';
      missing.push({ what: `TensorFlow: ${engine.fallbackReason ?? 'not in use'}`, how });
    } else if (nvidia.length > 0 && engine.device !== 'cuda') {
      const how = tensorflowCuda()
        ? 'Run "tracklet engine install --cuda", which downloads the NVIDIA build of TensorFlow (about 3 GB).'
        : 'Install a TensorFlow with CUDA yourself and set TRACKLET_TENSORFLOW to its folder.';
      missing.push({ what: `CUDA: ${nvidia.join(', ')} is there but not used. ${engine.fallbackReason ?? ''}`.trim(), how });
    }
    return probed;
  } catch (error) {
    const { message, remedy } = toErrorShape(error);
    missing.push({ what: `Engine: ${message}`, how: remedy });
    return null;
  }
}

async function inspectFfmpeg(options: DoctorOptions, missing: DoctorReport['missing']): Promise<FoundFfmpeg | null> {
  try {
    const found = await findFfmpeg(options.ffmpeg, options.settings);
    if (!found) {
      const how = ffmpegPart()
        ? 'Open a video once, which offers to download it (68 MB), or install ffmpeg and put it on PATH.'
        : 'Install ffmpeg and put it on PATH, or set its path in the settings.';
      missing.push({ what: 'ffmpeg: none was found; videos cannot be read, pictures can.', how });
    }
    return found;
  } catch (error) {
    const { message, remedy } = toErrorShape(error);
    missing.push({ what: `ffmpeg: ${message}`, how: remedy });
    return null;
  }
}

function inspectSqlite(missing: DoctorReport['missing']): DoctorReport['sqlite'] {
  try {
    return { version: sqliteVersion() };
  } catch (error) {
    missing.push({ what: `SQLite: ${toErrorShape(error).message}`, how: 'Run "npm ci" in the folder of the program; it needs its own Node 24.' });
    return null;
  }
}

/** Names of the NVIDIA cards that the kernel knows of; needs no driver library and no extra program. */
async function nvidiaDevices(): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const folder = '/proc/driver/nvidia/gpus';
  const cards = await readdir(folder).catch(() => []);
  return cards.map((card) => `NVIDIA card at ${card}`);
}
