/**
 * `tracklet forward` as a process, on weights and a clip of PyTorch, against the feature that PyTorch computed
 * (test/golden/tools/make_forward.py, a network that shares nothing with ours).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readNpy } from '../../../datasets/readers/npy.ts';
import { readPth } from '../../../datasets/readers/pth.ts';
import { writeSafetensors } from '../../../models/train/safetensors.ts';
import type { StateDict } from '../../../models/train/stateDict.ts';
import { tracklet, type Said } from '../../support/commandLine.ts';
import { ENGINE_TIMEOUT_MS, requireTensorFlowLibrary } from '../../support/engine.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/forward/', import.meta.url));
const weights = join(fixtures, 'resnet18-tap.pth');
const folder = mkdtempSync(join(tmpdir(), 'forward-'));
const output = join(folder, 'out.npy');

beforeAll(requireTensorFlowLibrary, ENGINE_TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function forward(file: string, ...more: string[]): Promise<Said> {
  const args = [
    'forward',
    'resnet-tap',
    '--weights',
    file,
    '--input',
    join(fixtures, 'clips.npy'),
    '--output',
    output,
    '--device',
    'cpu',
    '--set',
    'depth=18',
    ...more,
  ];
  return tracklet(args);
}

/** The largest difference to PyTorch's feature. */
function difference(): number {
  const [ours, wanted] = [output, join(fixtures, 'features.npy')].map((path) => readNpy(readFileSync(path), path));
  expect(ours?.shape).toEqual([3, 32]);
  expect(wanted?.shape).toEqual([3, 32]);
  return Math.max(...Array.from(wanted?.values ?? [], (value, i) => Math.abs(Number(value) - Number(ours?.values[i]))));
}

function safetensors(name: string, change: (state: StateDict) => void): string {
  const state: StateDict = new Map();
  for (const [key, { shape, values }] of readPth(readFileSync(weights), 'weights')) {
    if (key.startsWith('state_dict.')) state.set(key.slice('state_dict.'.length), { shape, values });
  }
  change(state);
  const path = join(folder, name);
  writeFileSync(path, writeSafetensors(state));
  return path;
}

test('a .pth file of PyTorch gives the feature of PyTorch, and nothing but sentences is printed', async () => {
  const { code, out, err } = await forward(weights, '--set', 'width=0.0625');
  expect(code, err).toBe(0);
  expect(out).toBe(`Wrote ${output}\n`);
  expect(err.trim().split('\n')).toEqual([expect.stringMatching(/^Computing with tensorflow [\d.]+ on cpu, \d+ threads?\.$/)]);
  expect(difference()).toBeLessThan(1e-4);
});

test('the same weights as .safetensors give the same feature', async () => {
  rmSync(output, { force: true });
  const { code, out, err } = await forward(
    safetensors('same.safetensors', () => undefined),
    '--set',
    'width=0.0625',
    '--json',
  );
  expect(code, err).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ shape: [3, 32], missing: [], unexpected: [] });
  expect(difference()).toBeLessThan(1e-4);
});

test('weights of another shape are refused with the key and both shapes; no output is left', async () => {
  rmSync(output, { force: true });
  const { code, out, err } = await forward(weights, '--set', 'width=0.125', '--json');
  expect(code).not.toBe(0);
  expect(`${out}${err}`).toContain('WEIGHTS_MISMATCH');
  expect(`${out}${err}`).toContain('"conv1.weight');
  expect(`${out}${err}`).toMatch(/\[4, 3, 7, 7\].*\[8, 3, 7, 7\]/);
  expect(() => readFileSync(output)).toThrow('ENOENT');
});

test('tensors that the file lacks are named and nothing is computed, unless asked for, and the feature is then another', async () => {
  rmSync(output, { force: true });
  const file = safetensors('lacking.safetensors', (state) => state.delete('layer2.0.conv1.weight'));
  // The length field of this file begins with the byte that begins a pickle.
  expect(readFileSync(file)[0]).toBe(0x80);
  const refused = await forward(file, '--set', 'width=0.0625');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('lacking.safetensors lacks 1 tensor of the network, which would stay random: layer2.0.conv1.weight.');
  expect(() => readFileSync(output)).toThrow('ENOENT');
  const { code, err } = await forward(file, '--partial', '--set', 'width=0.0625');
  expect(code, err).toBe(0);
  expect(err).toContain('layer2.0.conv1.weight is not in the weights; it keeps its initial values.');
  expect(difference()).toBeGreaterThan(1e-3);
});

test('a classifier is not asked for, since no feature comes from it', async () => {
  const file = safetensors('headless.safetensors', (state) => {
    for (const name of [...state.keys()]) if (name.startsWith('classifier')) state.delete(name);
  });
  const { code, err } = await forward(file, '--set', 'width=0.0625');
  expect(code, err).toBe(0);
  expect(difference()).toBeLessThan(1e-4);
});

test.skipIf(process.platform === 'win32')('weights that are a device or a pipe are refused, which would have no end', async () => {
  const pipe = join(folder, 'weights.pth');
  execFileSync('mkfifo', [pipe]);
  for (const file of ['/dev/zero', pipe]) {
    const { code, err } = await forward(file);
    expect(code).toBe(1);
    expect(err).toContain(`${file} is not a regular file`);
  }
});
