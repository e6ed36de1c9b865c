/**
 * The native parts that can be provisioned, pinned by version and SHA-256 for each platform that has a wheel.
 * A platform that is not listed gets null: there the user installs the part or works without it. Test: test/main/platform/provision/parts.test.ts.
 */
import { isNotice, type PartSpec, type WheelSpec } from './spec.ts';

export const TENSORFLOW_VERSION = '2.21.0';
const FFMPEG_WHEEL_VERSION = '0.8.1';

export interface Platform {
  platform: NodeJS.Platform;
  arch: NodeJS.Architecture;
}

const here: Platform = { platform: process.platform, arch: process.arch };

const LINUX_X64 = ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64', 'manylinux2010_x86_64'];

/** TensorFlow for the processor alone; about 270 MB to download. */
export function tensorflowCpu({ platform, arch }: Platform = here): PartSpec | null {
  switch (`${platform}-${arch}`) {
    case 'linux-x64':
      return tensorflowPart('tensorflow-cpu', 'so.2', {
        distribution: 'tensorflow-cpu',
        platforms: LINUX_X64,
        sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
        size: 273_829_956,
      });
    case 'linux-arm64':
      return tensorflowPart('tensorflow-cpu', 'so.2', {
        distribution: 'tensorflow',
        platforms: ['manylinux_2_27_aarch64', 'manylinux_2_17_aarch64'],
        sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
        size: 290_000_000,
      });
    case 'darwin-arm64':
      return tensorflowPart('tensorflow-cpu', 'dylib', {
        distribution: 'tensorflow',
        platforms: ['macosx_12_0_arm64'],
        sha256: '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
        size: 223_405_849,
      });
    default:
      return null;
  }
}

/** TensorFlow with CUDA 12 and cuDNN 9; about 3 GB to download. Linux on x64 only, and a driver must be there. */
export function tensorflowCuda({ platform, arch }: Platform = here): PartSpec | null {
  if (platform !== 'linux' || arch !== 'x64') return null;
  const main = tensorflowPart('tensorflow-cuda', 'so.2', {
    distribution: 'tensorflow',
    platforms: LINUX_X64,
    sha256: '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
    size: 572_000_000,
  });
  return {
    ...main,
    title: `TensorFlow ${TENSORFLOW_VERSION} (CUDA)`,
    wheels: [...main.wheels, ...NVIDIA_WHEELS.map(nvidiaWheel)],
    unpackedSize: 7_500_000_000,
    isProgram: (member) => member.endsWith('/bin/ptxas'),
  };
}

/** A static ffmpeg (GPL), run as a program of its own; about 68 MB to download. */
export function ffmpegPart({ platform, arch }: Platform = here): PartSpec | null {
  const wheel = FFMPEG_WHEELS[`${platform}-${arch}`];
  if (!wheel) return null;
  const { unpackedSize, ...pin } = wheel;
  return {
    id: 'ffmpeg',
    title: `ffmpeg (imageio-ffmpeg ${FFMPEG_WHEEL_VERSION})`,
    unpackedSize,
    isProgram: isFfmpegProgram,
    wheels: [
      {
        ...pin,
        distribution: 'imageio-ffmpeg',
        version: FFMPEG_WHEEL_VERSION,
        wants: (member) => isFfmpegProgram(member) || isNotice(member),
        needs: [FFMPEG_PROGRAM],
      },
    ],
  };
}

const FFMPEG_PROGRAM = /^imageio_ffmpeg\/binaries\/ffmpeg-[^/]+$/;

/** Whether a file of the part is the program itself; its name holds platform and version. */
export function isFfmpegProgram(member: string): boolean {
  return FFMPEG_PROGRAM.test(member);
}

function tensorflowPart(id: string, extension: 'so.2' | 'dylib', wheel: Pick<WheelSpec, 'distribution' | 'platforms' | 'sha256' | 'size'>): PartSpec {
  const suffix = extension === 'so.2' ? '\\.so\\.2' : '\\.2\\.dylib';
  const needs = ['cc', 'framework'].map((name) => new RegExp(`^tensorflow/libtensorflow_${name}${suffix}$`));
  return {
    id,
    title: `TensorFlow ${TENSORFLOW_VERSION}`,
    unpackedSize: 860_000_000,
    isProgram: () => false,
    wheels: [{ ...wheel, version: TENSORFLOW_VERSION, wants: (member) => needs.some((pattern) => pattern.test(member)) || isNotice(member), needs }],
  };
}

interface FfmpegWheel {
  platforms: string[];
  sha256: string;
  size: number;
  unpackedSize: number;
}

const FFMPEG_WHEELS: Partial<Record<string, FfmpegWheel>> = {
  'linux-x64': {
    platforms: ['manylinux_2_28_x86_64'],
    sha256: '050d6850601c3b3890bd2b28306f3b842b3daea390a561101174375a1c460bda',
    size: 67_998_402,
    unpackedSize: 172_700_000,
  },
  'linux-arm64': {
    platforms: ['manylinux_2_28_aarch64'],
    sha256: 'fad3176f859b25869e60a8ed79957d4e3ed74a97a95e5f0cdcb91455f6c6d00e',
    size: 60_000_000,
    unpackedSize: 180_000_000,
  },
  'darwin-arm64': {
    platforms: ['macosx_12_0_arm64'],
    sha256: '5636d691e36e5274b13fe38182b1f627b2e35dcecc63944012c2470f9484fc45',
    size: 60_000_000,
    unpackedSize: 180_000_000,
  },
  'win32-x64': {
    platforms: ['win_amd64'],
    sha256: 'f27ca4cb85e2d4946deedbce1a81245dfd942a2bcf94b53676fb3956aa95bf1b',
    size: 60_000_000,
    unpackedSize: 180_000_000,
  },
};

/** The `and-cuda` extra of the TensorFlow wheel, resolved once; RUNPATHs inside expect them beside each other in nvidia/. */
const NVIDIA_WHEELS: { distribution: string; version: string; sha256: string; size: number }[] = [
  { distribution: 'nvidia-cublas-cu12', version: '12.9.3.13', sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72', size: 600_000_000 },
  { distribution: 'nvidia-cuda-cupti-cu12', version: '12.8.90', sha256: 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182', size: 11_000_000 },
  { distribution: 'nvidia-cuda-nvcc-cu12', version: '12.9.86', sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0', size: 41_000_000 },
  { distribution: 'nvidia-cuda-nvrtc-cu12', version: '12.9.86', sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4', size: 90_000_000 },
  { distribution: 'nvidia-cuda-runtime-cu12', version: '12.9.79', sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3', size: 4_000_000 },
  { distribution: 'nvidia-cudnn-cu12', version: '9.28.0.42', sha256: '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375', size: 660_000_000 },
  { distribution: 'nvidia-cufft-cu12', version: '11.4.1.4', sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28', size: 201_000_000 },
  { distribution: 'nvidia-curand-cu12', version: '10.3.10.19', sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e', size: 69_000_000 },
  { distribution: 'nvidia-cusolver-cu12', version: '11.7.5.82', sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88', size: 340_000_000 },
  {
    distribution: 'nvidia-cusparse-cu12',
    version: '12.5.10.65',
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    size: 370_000_000,
  },
  { distribution: 'nvidia-nccl-cu12', version: '2.32.3', sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c', size: 330_000_000 },
  { distribution: 'nvidia-nvjitlink-cu12', version: '12.9.86', sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9', size: 40_000_000 },
];

function nvidiaWheel(pin: (typeof NVIDIA_WHEELS)[number]): WheelSpec {
  return {
    ...pin,
    platforms: LINUX_X64,
    // Libraries, and the assembler and device library that XLA calls.
    wants: (member) =>
      /^nvidia\/[^/]+\/lib\/[^/]+\.so[^/]*$/.test(member) || /^nvidia\/cuda_nvcc\/(bin\/ptxas|nvvm\/libdevice\/.+)$/.test(member) || isNotice(member),
    needs: [],
  };
}
