/** Opening the engine: what it reports, how it falls back, that it stays quiet, and that its process ends well. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { missingCard, type EngineInfo, type EngineOptions } from '../../../src-main/engine/openEngine.ts';
import { ENGINE_TIMEOUT_MS, requireTensorFlowLibrary } from '../../support/engine.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Run {
  status: number | null;
  signal: string | null;
  stderr: string;
  info?: EngineInfo;
  error?: { code: string; message: string; remedy: string };
  product?: number[];
}

/** Opens the engine in a process of its own, multiplies two matrices, and ends. */
function open(options: EngineOptions, before = '', env: Record<string, string> = {}): Run {
  const script = `
    import * as tf from '@tensorflow/tfjs-core';
    import { openEngine } from './src-main/engine/openEngine.ts';
    ${before}
    try {
      const info = await openEngine(${JSON.stringify(options)});
      const product = [...tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[5], [6]])).dataSync()];
      console.log(JSON.stringify({ info, product }));
    } catch (error) {
      console.log(JSON.stringify({ error: { code: error.code, message: error.message, remedy: error.remedy } }));
    }`;
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  // Standard output is one JSON document: nothing of tfjs's notes may reach it.
  return { status, signal, stderr, ...(JSON.parse(stdout) as object) };
}

/** The library of mathematics that this very process has loaded, wherever the system keeps it. */
const SYSTEM_LIBRARY = (process.report.getReport() as unknown as { sharedObjects: string[] }).sharedObjects.find((path) =>
  /[/\\](libm\.so\.\d+|libSystem\.B\.dylib|kernel32\.dll)$/i.test(path),
);

const COMPILER = process.env['CC'] ?? 'cc';
function hasCompiler(): boolean {
  return process.platform !== 'win32' && spawnSync(COMPILER, ['--version']).status === 0;
}

const NOTHING = join(tmpdir(), 'no-such-folder-of-parts');
let library: string;
beforeAll(async () => {
  library = await requireTensorFlowLibrary();
}, ENGINE_TIMEOUT_MS);

describe('TensorFlow', () => {
  it('computes on the CPU and ends with status 0', () => {
    const { info, product, status, signal, stderr } = open({ device: 'cpu', threads: 3, paths: { tensorflow: library } });
    expect({ status, signal, product }).toEqual({ status: 0, signal: null, product: [17, 39] });
    expect(info).toEqual({
      engine: 'tensorflow',
      device: 'cpu',
      gpu: null,
      deviceName: cpus()[0]?.model.trim(),
      tf32: null,
      version: expect.stringMatching(/^2\.\d+/) as string,
      threads: 3,
      tfjs: '4.22.0',
      library,
    });
    expect(stderr).not.toMatch(/tensorflow\.js|deprecat|warning: (?!all log)/i);
  });

  it('says that it computes on the CPU because it sees no GPU', () => {
    // Hides the cards of a machine that has some.
    const { info } = open({ device: 'auto', paths: { tensorflow: library } }, "process.env.CUDA_VISIBLE_DEVICES = '-1';");
    expect(info).toMatchObject({ engine: 'tensorflow', device: 'cpu' });
    expect(info?.fallbackReason).toMatch(/^TensorFlow 2\.\S+ sees no CUDA device, only CPU\.$/);
  });

  it('refuses CUDA where there is none, instead of taking the CPU', () => {
    const { error } = open({ device: 'cuda', paths: { tensorflow: library } }, "process.env.CUDA_VISIBLE_DEVICES = '-1';");
    expect(error?.code).toBe('ENGINE_UNAVAILABLE');
    expect(error?.message).toContain('sees no CUDA device');
  });

  it('knows which numbers are those of a card', () => {
    const cards = [{ name: 'One' }, { name: 'Two' }];
    expect([0, 1].map((gpu) => missingCard(gpu, cards))).toEqual([null, null]);
    expect(missingCard(2, cards)).toBe('There is no GPU 2; this machine has 0 (One), 1 (Two).');
    expect(missingCard(2, [])).toBeNull();
  });

  // A driver with one card, as far as it is asked for names.
  it.skipIf(process.platform !== 'linux' || !hasCompiler())(
    'computes on the CPU where the card of that number does not exist, and says which there are; by name it is refused',
    () => {
      const driver = mkdtempSync(join(tmpdir(), 'driver-'));
      const source = `#include <string.h>
        int cuInit(unsigned flags) { return 0; }
        int cuDeviceGetCount(int *count) { *count = 1; return 0; }
        int cuDeviceGet(int *device, int index) { *device = index; return 0; }
        int cuDeviceGetName(char *name, int length, int device) { strncpy(name, "Card of the test", length); return 0; }
        int cuDeviceGetAttribute(int *value, int attribute, int device) { *value = 8; return 0; }`;
      writeFileSync(join(driver, 'driver.c'), source);
      execFileSync(COMPILER, ['-shared', '-fPIC', '-o', join(driver, 'libcuda.so.1'), join(driver, 'driver.c')]);
      const sentence = 'There is no GPU 3; this machine has 0 (Card of the test).';
      const on = (device: EngineOptions['device']): Run => open({ device, gpu: 3, paths: { tensorflow: library } }, '', { LD_LIBRARY_PATH: driver });
      const { info, product } = on('auto');
      expect(product).toEqual([17, 39]);
      expect(info).toMatchObject({ engine: 'tensorflow', device: 'cpu', gpu: null, fallbackReason: sentence });
      expect(on('cuda').error).toMatchObject({ code: 'ENGINE_UNAVAILABLE', message: sentence, remedy: expect.stringContaining('"engine.gpu"') as string });
      expect(on('cpu').info).toMatchObject({ device: 'cpu' });
      expect(on('cpu').info).not.toHaveProperty('fallbackReason');
      rmSync(driver, { recursive: true });
    },
  );
});

describe('without TensorFlow', () => {
  it('falls back to WebAssembly and says why', () => {
    const { info, product, status } = open({ device: 'auto', paths: { provisioned: NOTHING, python: null } }, 'delete process.env.TRACKLET_TENSORFLOW;');
    expect({ status, product }).toEqual({ status: 0, product: [17, 39] });
    expect(info).toMatchObject({ engine: 'wasm', device: 'wasm', threads: 1, version: '4.22.0', library: null });
    expect(info?.fallbackReason).toBe('TensorFlow is not on this machine. Computing with WebAssembly instead, which is many times slower.');
  });

  it('does not fall back when the CPU was asked for by name', () => {
    const { error } = open({ device: 'cpu', paths: { provisioned: NOTHING, python: null } }, 'delete process.env.TRACKLET_TENSORFLOW;');
    expect(error).toMatchObject({ code: 'ENGINE_UNAVAILABLE', message: 'TensorFlow is not on this machine.' });
  });

  it('says what is wrong with a library that does not load', () => {
    const folder = mkdtempSync(join(tmpdir(), 'not-a-library-'));
    const path = join(folder, 'libtensorflow_cc.so.2');
    writeFileSync(path, 'not a library');
    const { error } = open({ device: 'cpu', paths: { tensorflow: path } });
    expect(error?.code).toBe('ENGINE_UNAVAILABLE');
    expect(error?.message).toContain(path);
    rmSync(folder, { recursive: true });
  });

  it('refuses a number of threads that is none', () => {
    expect(open({ device: 'cpu', threads: 0, paths: {} }).error).toMatchObject({
      code: 'BAD_INPUT',
      message: 'The number of threads must be a whole number from 1, not 0.',
    });
  });
});

describe('a library that is not the TensorFlow it should be', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'not-tensorflow-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.skipIf(!SYSTEM_LIBRARY)('is refused by name when it is another one, with what to do; "auto" computes with WebAssembly and says why', () => {
    const tensorflow = SYSTEM_LIBRARY as string;
    const sentence = `${tensorflow} is a library, but not TensorFlow: it has no function TF_Version.`;
    for (const device of ['cpu', 'cuda'] as const) {
      const { error, status } = open({ device, paths: { tensorflow } });
      expect({ status, ...error }).toEqual({
        status: 0,
        code: 'ENGINE_UNAVAILABLE',
        message: sentence,
        remedy: expect.stringContaining('"engine.tensorflow"'),
      });
    }
    const { info, product } = open({ device: 'auto', paths: { tensorflow } });
    expect(product).toEqual([17, 39]);
    expect(info).toMatchObject({
      engine: 'wasm',
      library: null,
      fallbackReason: `${sentence} Computing with WebAssembly instead, which is many times slower.`,
    });
  });

  it('is refused before it is loaded, when what was installed with it says that it is too old', () => {
    mkdirSync(join(folder, 'tensorflow'));
    mkdirSync(join(folder, 'tensorflow-2.9.1.dist-info'));
    const path = join(folder, 'tensorflow', 'libtensorflow_cc.so.2');
    writeFileSync(path, 'never loaded');
    const { error } = open({ device: 'cpu', paths: { tensorflow: folder } });
    expect(error).toEqual({
      code: 'ENGINE_UNAVAILABLE',
      message: `TensorFlow 2.9.1 at ${path} is too old; the engine needs 2.16.0 or newer.`,
      remedy: expect.stringContaining('Update that TensorFlow') as string,
    });
    const { info } = open({ device: 'auto', paths: { tensorflow: folder } });
    expect(info).toMatchObject({ engine: 'wasm', fallbackReason: expect.stringContaining('TensorFlow 2.9.1') });
  });

  // Says its version as TensorFlow does, and has none of the functions that came later.
  it.skipIf(!hasCompiler())('is refused by its own word when nothing else tells its version', () => {
    const path = join(folder, 'libtensorflow_cc.so.2');
    writeFileSync(join(folder, 'old.c'), 'const char *TF_Version(void) { return "2.15.1"; }\n');
    execFileSync(COMPILER, ['-shared', '-fPIC', '-o', path, join(folder, 'old.c')]);
    const { error, status } = open({ device: 'cpu', paths: { tensorflow: path } });
    expect({ status, ...error }).toMatchObject({
      status: 0,
      code: 'ENGINE_UNAVAILABLE',
      message: `TensorFlow 2.15.1 at ${path} is too old; the engine needs 2.16.0 or newer.`,
    });
    const { info } = open({ device: 'auto', paths: { tensorflow: path } });
    expect(info).toMatchObject({ engine: 'wasm', fallbackReason: expect.stringContaining('TensorFlow 2.15.1') });
  });
});

it('leaves the error events of the process to the program', () => {
  const count = 'console.error(process.listenerCount("unhandledRejection") + process.listenerCount("uncaughtException"));';
  const { stderr } = open({ device: 'wasm', paths: {} }, `process.on('exit', () => { ${count} });`);
  expect(stderr.trim()).toBe('0');
});
