/** Finding TensorFlow: order, refusals, versions. The libraries are empty files; none is loaded. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cudaLibrariesBeside } from '../../../src-main/engine/cudaLibraries.ts';
import { ensureTensorFlow } from '../../../src-main/features/engine/ensureTensorFlow.ts';
import { compareVersions, findLibraries, findLibrary, refuseTooOld } from '../../../src-main/engine/findLibrary.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-library-'));
  vi.stubEnv('TRACKLET_TENSORFLOW', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A folder as pip lays it out; returns the library's path. */
function install(at: string, version: string): string {
  mkdirSync(join(folder, at, 'tensorflow'), { recursive: true });
  mkdirSync(join(folder, at, `tensorflow_cpu-${version}.dist-info`));
  const path = join(folder, at, 'tensorflow', 'libtensorflow_cc.so.2');
  writeFileSync(path, '');
  return path;
}

/** A Python whose search path is the given folder. */
function pythonWith(sitePackages: string): string {
  const path = join(folder, 'python');
  writeFileSync(path, `#!/bin/sh\necho ''\necho '${join(folder, sitePackages)}'\n`);
  chmodSync(path, 0o755);
  return path;
}

const nowhere = (): { provisioned: string; python: null } => ({ provisioned: join(folder, 'none'), python: null });

it('finds nothing where there is nothing, and needs no Python', async () => {
  expect(await findLibraries({ provisioned: join(folder, 'none'), python: join(folder, 'no-python') })).toEqual([]);
});

it('takes the setting alone, as a file, as the package folder or as the folder above', async () => {
  const path = install('mine', '2.20.0');
  for (const tensorflow of [path, join(folder, 'mine', 'tensorflow'), join(folder, 'mine')]) {
    expect(await findLibraries({ ...nowhere(), tensorflow })).toEqual([{ path, source: 'setting', version: '2.20.0' }]);
  }
});

it('takes the environment variable like the setting, which goes before it', async () => {
  const [mine, other] = [install('mine', '2.20.0'), install('other', '2.19.0')];
  vi.stubEnv('TRACKLET_TENSORFLOW', other);
  expect((await findLibraries(nowhere()))[0]?.path).toBe(other);
  expect((await findLibraries({ ...nowhere(), tensorflow: mine }))[0]?.path).toBe(mine);
});

it('refuses a setting that points to nothing, instead of looking elsewhere', async () => {
  install('native/tensorflow-cpu', '2.21.0');
  const tensorflow = join(folder, 'gone');
  await expect(findLibraries({ provisioned: join(folder, 'native'), python: null, tensorflow })).rejects.toMatchObject({
    code: 'ENGINE_UNAVAILABLE',
    params: { path: tensorflow },
  });
});

describe.skipIf(process.platform === 'win32')('with a Python', () => {
  it('puts the provisioned wheel first, CUDA before CPU, then the one of Python', async () => {
    const cpu = install('native/tensorflow-cpu', '2.21.0');
    const cuda = install('native/tensorflow-cuda', '2.21.0');
    install('native/.tensorflow-cpu.unpack-half', '2.21.0');
    const python = install('site', '2.18.1');
    expect(await findLibraries({ provisioned: join(folder, 'native'), python: pythonWith('site') })).toEqual([
      { path: cuda, source: 'provisioned', version: '2.21.0' },
      { path: cpu, source: 'provisioned', version: '2.21.0' },
      { path: python, source: 'python', version: '2.18.1' },
    ]);
    expect((await findLibrary({ provisioned: join(folder, 'native'), python: pythonWith('site') }))?.path).toBe(cuda);
  });

  it('does not download when one is installed', async () => {
    const path = install('site', '2.18.1');
    expect(await ensureTensorFlow({ paths: { provisioned: join(folder, 'none'), python: pythonWith('site') } })).toEqual({
      path,
      source: 'python',
      version: '2.18.1',
    });
  });
});

it('compares versions by number', () => {
  expect([
    compareVersions('2.9.1', '2.16.0'),
    compareVersions('2.16.0', '2.16'),
    compareVersions('2.21.0rc1', '2.20.9'),
    compareVersions('10.0', '9.9'),
  ]).toEqual([-1, 0, 1, 1]);
});

it('refuses a version that is too old with a sentence that names both', () => {
  expect(() => refuseTooOld('2.9.1', '/x/libtensorflow_cc.so.2')).toThrow(
    'TensorFlow 2.9.1 at /x/libtensorflow_cc.so.2 is too old; the engine needs 2.16.0 or newer.',
  );
  expect(() => refuseTooOld('2.21.0', '/x')).not.toThrow();
});

it('finds the NVIDIA libraries beside TensorFlow, those that others need first', () => {
  const path = install('native/tensorflow-cuda', '2.21.0');
  expect(cudaLibrariesBeside(path)).toEqual([]);
  const nvidia = join(folder, 'native', 'tensorflow-cuda', 'nvidia');
  const files = [
    join(nvidia, 'cublas', 'lib', 'libcublasLt.so.12'),
    join(nvidia, 'cublas', 'lib', 'libcublas.so.12'),
    join(nvidia, 'cudnn', 'lib', 'libcudnn.so.9'),
  ];
  for (const file of [...files].reverse()) {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
  }
  expect(cudaLibrariesBeside(path)).toEqual(files);
});
