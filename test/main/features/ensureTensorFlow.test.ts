/** Fetching, replacing and keeping TensorFlow, with tiny wheels of the real shape and a pretended pip. The libraries are text; none is loaded. */
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureTensorFlow, missingPart, type EnsureOptions, type Wheels } from '../../../src-main/features/engine/ensureTensorFlow.ts';
import { tensorflowCpu, tensorflowCuda } from '../../../src-main/platform/provision/parts.ts';
import { provision, removeProvisioned } from '../../../src-main/platform/provision/provision.ts';
import type { PartSpec } from '../../../src-main/platform/provision/spec.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { sha256 } from '../platform/provision/support.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ensure-'));
  root = join(folder, 'native');
  vi.stubEnv('TRACKLET_TENSORFLOW', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** The real part with its wheels made on the spot: same members, other bytes and checksums. */
function tiny(part: PartSpec, version: string, extension = 'so.2'): PartSpec {
  const wheels = part.wheels.map((wheel) => {
    const members: Record<string, Uint8Array> = {
      [`${wheel.distribution.replaceAll('-', '_')}-${version}.dist-info/METADATA`]: Buffer.from(`Version: ${version}`),
    };
    if (wheel.distribution.startsWith('tensorflow'))
      for (const name of ['cc', 'framework'])
        members[extension === 'so.2' ? `tensorflow/libtensorflow_${name}.so.2` : `tensorflow/libtensorflow_${name}.2.dylib`] = Buffer.from(
          `${name} ${version}`,
        );
    else members[`nvidia/${wheel.distribution}/lib/lib${wheel.distribution}.so.1`] = Buffer.from(`${wheel.distribution} ${version}`);
    const bytes = Buffer.from(zipSync(members));
    writeFileSync(join(folder, `${wheel.distribution}-${version}.whl`), bytes);
    return { ...wheel, version, sha256: sha256(bytes), size: bytes.length };
  });
  return { ...part, title: `TensorFlow ${version}`, unpackedSize: 100, wheels };
}

/** Plays pip: hands out the wheel asked for by `name==version`, except those named in `broken`. */
function pip(broken: string[] = []): string {
  const path = join(folder, 'python');
  writeFileSync(
    path,
    `#!/bin/sh
echo "$@" >> '${join(folder, 'calls.txt')}'
while [ $# -gt 0 ]; do [ "$1" = --dest ] && dest="$2"; last="$1"; shift; done
name="\${last%%==*}"
case " ${broken.join(' ')} " in *" $name "*) echo 'ReadTimeout: the index fell silent' >&2; exit 1;; esac
cp "${folder}/$name-\${last##*==}.whl" "$dest/$name-\${last##*==}-none.whl"
`,
  );
  chmodSync(path, 0o755);
  return path;
}

const asked = (): string[] =>
  readFileSync(join(folder, 'calls.txt'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => /(\S+)==/.exec(line)?.[1] ?? line);

function ensure(wheels: Partial<Wheels>, more: Partial<EnsureOptions> = {}): ReturnType<typeof ensureTensorFlow> {
  return ensureTensorFlow({
    paths: { provisioned: root, python: null },
    wheels: { cpu: null, cuda: null, ...wheels },
    start: () => Promise.resolve(),
    ...more,
    pythons: more.pythons ?? [pip()],
  });
}

const LINUX = { platform: 'linux', arch: 'x64' } as const;
const cpuPart = (version: string): PartSpec => tiny(tensorflowCpu(LINUX) as PartSpec, version);
const cudaPart = (version: string): PartSpec => tiny(tensorflowCuda(LINUX) as PartSpec, version);
const libraryText = (): string => readFileSync(join(root, 'tensorflow-cpu', 'tensorflow', 'libtensorflow_cc.so.2'), 'utf8');

describe.skipIf(process.platform === 'win32')('fetching TensorFlow', () => {
  it('replaces an older version of ours by the pinned one, after the new one was tried', async () => {
    await ensure({ cpu: cpuPart('2.20.0') });
    const seen: string[] = [];
    const start = (tried: string): Promise<void> => {
      seen.push(readFileSync(join(tried, 'tensorflow', 'libtensorflow_cc.so.2'), 'utf8'), libraryText());
      return Promise.resolve();
    };
    expect(await ensure({ cpu: cpuPart('2.21.0') }, { start })).toMatchObject({ source: 'provisioned', version: '2.21.0' });
    // While the new one was tried, the old one was still in its place.
    expect(seen).toEqual(['cc 2.21.0', 'cc 2.20.0']);
    expect(libraryText()).toBe('cc 2.21.0');
    expect(readdirSync(root).sort()).toEqual(['downloads', 'tensorflow-cpu']);
  });

  it('keeps the older version where the new one does not start, cannot be fetched or is another file, and says so', async () => {
    await ensure({ cpu: cpuPart('2.20.0') });
    const newer = cpuPart('2.21.0');
    const forged = { ...newer, wheels: newer.wheels.map((wheel) => ({ ...wheel, sha256: '0'.repeat(64) })) };
    const cases: [Partial<EnsureOptions>, PartSpec, RegExp][] = [
      [{ start: () => Promise.reject(new AppError('ENGINE_UNAVAILABLE', 'It does not start.')) }, newer, /It does not start\.$/],
      [
        { pythons: [join(folder, 'no-python')] },
        { ...newer, wheels: newer.wheels.map((wheel) => ({ ...wheel, distribution: 'tensorflow-other' })) },
        /No Python was found/,
      ],
      [{}, forged, /SHA-256/],
    ];
    for (const [more, cpu, reason] of cases) {
      const notes: string[] = [];
      expect(await ensure({ cpu }, { ...more, onNote: (note) => void notes.push(note) })).toMatchObject({ version: '2.20.0' });
      expect(notes).toEqual([expect.stringMatching(/^TensorFlow 2\.21\.0 could not replace TensorFlow 2\.20\.0, which stays in use: /)]);
      expect(notes[0]).toMatch(reason);
      expect(libraryText()).toBe('cc 2.20.0');
    }
    expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('does not keep one that is too old, damaged, or lacks CUDA where that was asked for', async () => {
    const noPython = { pythons: [join(folder, 'no-python')] };
    await ensure({ cpu: cpuPart('2.9.1') });
    await expect(ensure({ cpu: cpuPart('2.21.0') }, noPython)).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    await ensure({ cpu: cpuPart('2.21.0') });
    await expect(ensure({ cuda: cudaPart('2.21.0') }, { ...noPython, device: 'cuda' })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    truncateSync(join(root, 'tensorflow-cpu', 'tensorflow', 'libtensorflow_cc.so.2'), 3);
    await expect(ensure({ cpu: cpuPart('2.21.0') }, noPython)).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    await ensure({ cpu: cpuPart('2.21.0') });
    expect(libraryText()).toBe('cc 2.21.0');
  });

  it('goes on after a broken download with the wheels that are still missing', async () => {
    const cuda = cudaPart('2.21.0');
    const names = cuda.wheels.map(({ distribution }) => distribution);
    await expect(ensure({ cuda }, { device: 'cuda', pythons: [pip(['nvidia-cudnn-cu12'])] })).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' });
    const broken = names.indexOf('nvidia-cudnn-cu12');
    expect(asked()).toEqual(names.slice(0, broken + 1));
    expect(readdirSync(root)).not.toContain('tensorflow-cuda');
    await ensure({ cuda }, { device: 'cuda' });
    expect(asked()).toEqual([...names.slice(0, broken + 1), ...names.slice(broken)]);
    // With it the processor computes too: nothing more is fetched for it.
    expect(await missingPart({ paths: { provisioned: root, python: null }, device: 'cpu', wheels: { cpu: cpuPart('2.21.0'), cuda } })).toBeNull();
    await removeProvisioned('tensorflow-cuda', root);
    expect(readdirSync(root)).toEqual(['downloads']);
  });

  it('leaves what the user chose or installed as it is', async () => {
    const mine = join(folder, 'mine');
    mkdirSync(join(mine, 'tensorflow'), { recursive: true });
    mkdirSync(join(mine, 'tensorflow-2.18.0.dist-info'));
    writeFileSync(join(mine, 'tensorflow', 'libtensorflow_cc.so.2'), '');
    const wheels = { cpu: cpuPart('2.21.0'), cuda: null };
    expect(await missingPart({ paths: { provisioned: root, python: null, tensorflow: mine }, wheels })).toBeNull();
    const python = join(folder, 'asked-python');
    writeFileSync(python, `#!/bin/sh\necho '${mine}'\n`);
    chmodSync(python, 0o755);
    expect(await missingPart({ paths: { provisioned: root, python }, wheels })).toBeNull();
    rmSync(join(mine, 'tensorflow-2.18.0.dist-info'), { recursive: true });
    mkdirSync(join(mine, 'tensorflow-2.9.1.dist-info'));
    expect(await missingPart({ paths: { provisioned: root, python }, wheels })).toBe(wheels.cpu);
  });

  it("takes Python's TensorFlow for a card only where NVIDIA's libraries are beside it, and it is not the one for processors", async () => {
    const mine = join(folder, 'site-packages');
    mkdirSync(join(mine, 'tensorflow'), { recursive: true });
    mkdirSync(join(mine, 'tensorflow-2.20.0.dist-info'));
    writeFileSync(join(mine, 'tensorflow', 'libtensorflow_cc.so.2'), '');
    const python = join(folder, 'asked-python');
    writeFileSync(python, `#!/bin/sh\necho '${mine}'\n`);
    chmodSync(python, 0o755);
    const wheels = { cpu: cpuPart('2.21.0'), cuda: cudaPart('2.21.0') };
    const missing = (device: 'cpu' | 'cuda') => missingPart({ paths: { provisioned: root, python }, device, wheels });
    const bring = (...libraries: [part: string, file: string][]): void => {
      for (const [part, file] of libraries) {
        mkdirSync(join(mine, 'nvidia', part, 'lib'), { recursive: true });
        writeFileSync(join(mine, 'nvidia', part, 'lib', file), '');
      }
    };
    expect(await missing('cpu')).toBeNull();
    expect(await missing('cuda')).toBe(wheels.cuda);
    // As "pip install tensorflow[and-cuda]" lays them out; cuDNN 8 is that of a version whose cuDNN the engine does not load.
    bring(['cuda_runtime', 'libcudart.so.12'], ['cublas', 'libcublasLt.so.12'], ['cublas', 'libcublas.so.12'], ['cufft', 'libcufft.so.11']);
    bring(['cusparse', 'libcusparse.so.12'], ['cusolver', 'libcusolver.so.11'], ['cudnn', 'libcudnn.so.8']);
    expect(await missing('cuda')).toBe(wheels.cuda);
    bring(['cudnn', 'libcudnn.so.9']);
    expect(await missing('cuda')).toBeNull();
    mkdirSync(join(mine, 'tensorflow_cpu-2.20.0.dist-info'));
    rmSync(join(mine, 'tensorflow-2.20.0.dist-info'), { recursive: true });
    expect(await missing('cuda')).toBe(wheels.cuda);
    expect(await ensure(wheels, { device: 'cuda', paths: { provisioned: root, python } })).toMatchObject({ source: 'provisioned', version: '2.21.0' });
  });

  it('unpacks the wheel of macOS, finds its library and version, and asks pip for that platform', async () => {
    const mac = tiny(tensorflowCpu({ platform: 'darwin', arch: 'arm64' }) as PartSpec, '2.21.0', 'dylib');
    const found = await ensure({ cpu: mac });
    const package_ = join(root, 'tensorflow-cpu', 'tensorflow');
    expect(found).toEqual({ path: join(package_, 'libtensorflow_cc.2.dylib'), source: 'provisioned', version: '2.21.0' });
    expect(readdirSync(package_).sort()).toEqual(['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']);
    expect(readFileSync(join(folder, 'calls.txt'), 'utf8')).toMatch(/--platform macosx_12_0_arm64 .*tensorflow==2\.21\.0$/m);
    expect(
      await missingPart({ paths: { provisioned: root, python: null }, wheels: { cpu: mac, cuda: tensorflowCuda({ platform: 'darwin', arch: 'arm64' }) } }),
    ).toBeNull();
  });
});

it("gives pip the user's own environment, and asks it to continue a broken transfer unless the user has said otherwise", async () => {
  const part = cpuPart('2.21.0');
  const python = join(folder, 'python-that-tells');
  writeFileSync(python, `#!/bin/sh\necho "ERROR: cannot $PIP_INDEX_URL $PIP_RESUME_RETRIES" >&2\nexit 1\n`);
  chmodSync(python, 0o755);
  const told = async (): Promise<string> =>
    provision(part, { root, pythons: [python], freeBytes: () => Promise.resolve(1e12) }).then(
      () => 'done',
      (error: unknown) => (error as Error).message,
    );
  vi.stubEnv('PIP_INDEX_URL', 'https://index.invalid/simple');
  vi.stubEnv('PIP_RESUME_RETRIES', undefined);
  expect(await told()).toContain('https://index.invalid/simple 5');
  vi.stubEnv('PIP_RESUME_RETRIES', '0');
  expect(await told()).toContain('https://index.invalid/simple 0');
});
