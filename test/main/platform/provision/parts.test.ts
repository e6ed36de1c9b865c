/** The pinned parts: complete pins, and members chosen by the names that the real wheels have. */
import { describe, expect, it } from 'vitest';
import { ffmpegPart, tensorflowCpu, tensorflowCuda, type Platform } from '../../../../src-main/platform/provision/parts.ts';
import type { PartSpec } from '../../../../src-main/platform/provision/spec.ts';

const LINUX: Platform = { platform: 'linux', arch: 'x64' };
const MAC: Platform = { platform: 'darwin', arch: 'arm64' };
const WINDOWS: Platform = { platform: 'win32', arch: 'x64' };
const LINUX_ARM: Platform = { platform: 'linux', arch: 'arm64' };

const all: [string, PartSpec | null][] = [LINUX, MAC, WINDOWS, LINUX_ARM].flatMap((at) =>
  [tensorflowCpu(at), tensorflowCuda(at), ffmpegPart(at)].map((part): [string, PartSpec | null] => [
    `${part?.id ?? 'none'} on ${at.platform}-${at.arch}`,
    part,
  ]),
);
const parts = all.filter((entry): entry is [string, PartSpec] => entry[1] !== null);

it.each(parts)('%s is pinned by version and SHA-256', (_, part) => {
  expect(part.id).toMatch(/^[a-z0-9-]+$/);
  for (const wheel of part.wheels) {
    expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(wheel.version).toMatch(/^\d+(\.\d+)+$/);
    expect(wheel.platforms.length).toBeGreaterThan(0);
    expect(wheel.size).toBeGreaterThan(1e6);
  }
  const checksums = part.wheels.map(({ sha256 }) => sha256);
  expect(new Set(checksums).size).toBe(checksums.length);
});

describe('members', () => {
  const wanted = (part: PartSpec | null, names: string[]): string[] => names.filter((name) => part!.wheels.some((wheel) => wheel.wants(name)));

  it('of TensorFlow: two libraries, their licence, nothing of Python', () => {
    const members = [
      'tensorflow/libtensorflow_cc.so.2',
      'tensorflow/libtensorflow_framework.so.2',
      'tensorflow/python/_pywrap_tfe.so',
      'tensorflow/__init__.py',
      'tensorflow/THIRD_PARTY_NOTICES.txt',
      'tensorflow_cpu-2.21.0.dist-info/METADATA',
      'tensorflow_cpu-2.21.0.dist-info/RECORD',
    ];
    expect(wanted(tensorflowCpu(LINUX), members)).toEqual([members[0], members[1], members[4], members[5]]);
    expect(wanted(tensorflowCpu(MAC), ['tensorflow/libtensorflow_cc.2.dylib', 'tensorflow/libtensorflow_cc.so.2'])).toEqual([
      'tensorflow/libtensorflow_cc.2.dylib',
    ]);
  });

  it('of the NVIDIA wheels: the libraries beside TensorFlow', () => {
    const members = ['nvidia/cudnn/lib/libcudnn.so.9', 'nvidia/cublas/include/cublas.h', 'nvidia/cuda_nvcc/bin/ptxas', 'nvidia/cuda_nvcc/bin/nvcc'];
    expect(wanted(tensorflowCuda(LINUX), members)).toEqual([members[0], members[2]]);
    expect(tensorflowCuda(LINUX)!.isProgram('nvidia/cuda_nvcc/bin/ptxas')).toBe(true);
  });

  it('of ffmpeg: the program, which may be run', () => {
    const part = ffmpegPart(LINUX)!;
    const program = 'imageio_ffmpeg/binaries/ffmpeg-linux-x86_64-v9.0.2';
    expect(wanted(part, [program, 'imageio_ffmpeg/_io.py', 'imageio_ffmpeg/binaries/README.md', 'imageio_ffmpeg-0.8.1.dist-info/licenses/LICENSE'])).toEqual([
      program,
      'imageio_ffmpeg-0.8.1.dist-info/licenses/LICENSE',
    ]);
    expect(part.isProgram(program)).toBe(true);
  });
});

it('says null where there is no wheel', () => {
  expect([tensorflowCpu(WINDOWS), tensorflowCuda(MAC), ffmpegPart({ platform: 'freebsd', arch: 'x64' })]).toEqual([null, null, null]);
});
