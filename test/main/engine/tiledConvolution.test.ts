/** Tiled 3×3 convolutions beside sums in double precision, and that a recorded step takes them where they pay, and nowhere else. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { createRng } from '../../../models/rng.ts';
import { traced, type TracedOptions } from '../../../src-main/engine/trace/traced.ts';
import type { NodeBackend } from '../../../src-main/engine/tensorflowBackend.ts';
import { ENGINE_TIMEOUT_MS, requireEngine } from '../../support/engine.ts';

/** Of the largest value: sums of 2,304 products in single precision, after transforms. */
const TOLERANCE = 3e-6;
const SHAPE = { batch: 6, height: 8, width: 16, inside: 256, outside: 256 };

beforeAll(requireEngine, ENGINE_TIMEOUT_MS);

const rng = createRng(5);
const normal = (shape: number[], scale = 1) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal() * scale),
    shape,
  );

/** Names of the operations that recording `record` dispatches. */
function dispatched(record: () => void): string[] {
  const names: string[] = [];
  const backend = tf.backend() as NodeBackend;
  const original = backend.executeSingleOutput.bind(backend);
  const spy = vi.spyOn(backend, 'executeSingleOutput').mockImplementation((name, attributes, inputs) => {
    names.push(name);
    return original(name, attributes, inputs);
  });
  try {
    record();
  } finally {
    spy.mockRestore();
  }
  return names;
}

const gradients = ([x, filter, dy]: tf.Tensor[]): tf.Tensor[] => {
  const convolve = (a: tf.Tensor, w: tf.Tensor): tf.Tensor => tf.conv2d(a as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
  return [convolve(x as tf.Tensor, filter as tf.Tensor), ...tf.grads(convolve)([x as tf.Tensor, filter as tf.Tensor], dy as tf.Tensor)];
};

test('forward, input gradient and filter gradient are those of the sums, at corners, edges and inside', () => {
  const { batch, height, width, inside, outside } = SHAPE;
  const x = normal([batch, height, width, inside]);
  const filter = normal([3, 3, inside, outside], 0.02);
  const dy = normal([batch, height, width, outside]);
  const run = traced(gradients);
  let results: tf.Tensor[] = [];
  const names = dispatched(() => (results = run([x, filter, dy])));
  expect(names.filter((name) => name.startsWith('Conv2D'))).toEqual([]);
  const [y, dx, dw] = results.map((tensor) => tensor.dataSync<'float32'>()) as [Float32Array, Float32Array, Float32Array];
  const [xs, ws, dys] = [x, filter, dy].map((tensor) => tensor.dataSync<'float32'>()) as [Float32Array, Float32Array, Float32Array];
  const cell = (n: number, h: number, w: number, channels: number) => ((n * height + h) * width + w) * channels;
  const isInside = (h: number, w: number) => h >= 0 && h < height && w >= 0 && w < width;

  const places = [0, 1, 3, 6, 7].flatMap((h) => [0, 1, 7, 14, 15].map((w) => ({ n: (h + w) % batch, h, w, k: (37 * h + 11 * w) % outside })));
  const forward = places.map(({ n, h, w, k }) => {
    let sum = 0;
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++)
        if (isInside(h + i - 1, w + j - 1))
          for (let c = 0; c < inside; c++) sum += xs[cell(n, h + i - 1, w + j - 1, inside) + c]! * ws[((i * 3 + j) * inside + c) * outside + k]!;
    return [y[cell(n, h, w, outside) + k]!, sum];
  });
  const backward = places.map(({ n, h, w, k: c }) => {
    let sum = 0;
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++)
        if (isInside(h - i + 1, w - j + 1))
          for (let k = 0; k < outside; k++) sum += dys[cell(n, h - i + 1, w - j + 1, outside) + k]! * ws[((i * 3 + j) * inside + c) * outside + k]!;
    return [dx[cell(n, h, w, inside) + c]!, sum];
  });
  const filters = Array.from({ length: 27 }, (_, at) => {
    const [i, j, c, k] = [Math.floor(at / 3) % 3, at % 3, (at * 31) % inside, (at * 53) % outside];
    let sum = 0;
    for (let n = 0; n < batch; n++)
      for (let h = 0; h < height; h++)
        for (let w = 0; w < width; w++)
          if (isInside(h + i - 1, w + j - 1)) sum += xs[cell(n, h + i - 1, w + j - 1, inside) + c]! * dys[cell(n, h, w, outside) + k]!;
    return [dw[((i * 3 + j) * inside + c) * outside + k]!, sum];
  });
  for (const [pairs, all] of [
    [forward, y],
    [backward, dx],
    [filters, dw],
  ] as const) {
    const largest = all.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const [actual, expected] of pairs) expect(Math.abs(actual! - expected!) / largest).toBeLessThan(TOLERANCE);
  }
  tf.dispose([x, filter, dy, results]);
  run.dispose();
});

test('every value agrees with the plain convolution, with other channels out than in', () => {
  const [x, filter, dy] = [normal([3, 16, 16, 256]), normal([3, 3, 256, 320], 0.02), normal([3, 16, 16, 320])];
  const run = traced(gradients);
  const tiled = run([x, filter, dy]);
  const plain = tf.tidy(() => gradients([x, filter, dy]));
  tiled.forEach((tensor, i) => {
    const other = plain[i] as tf.Tensor;
    expect(tensor.shape).toEqual(other.shape);
    const [difference, largest] = [tf.max(tf.abs(tf.sub(tensor, other))), tf.max(tf.abs(other))].map((value) => value.dataSync()[0]) as [number, number];
    expect(difference / largest).toBeLessThan(TOLERANCE);
  });
  tf.dispose([x, filter, dy, tiled, plain]);
  run.dispose();
});

describe('a recorded step takes it', () => {
  const operations = (shape: number[], filter: number[], options: TracedOptions = {}, stride = 1, padding: 'same' | 'valid' = 'same') => {
    const [x, weight] = [normal(shape), tf.variable(normal(filter, 0.02))];
    const run = traced(([input]) => [tf.conv2d(input as tf.Tensor4D, weight as unknown as tf.Tensor4D, stride, padding)], { variables: [weight], ...options });
    const names = dispatched(() => tf.dispose(run([x])));
    run.dispose();
    tf.dispose([x, weight]);
    return names.includes('Conv2D') ? 'plain' : 'tiled';
  };

  test('for many channels and places, also with constant weights', () => {
    expect(operations([8, 16, 8, 256], [3, 3, 256, 256])).toBe('tiled');
    expect(operations([8, 16, 8, 256], [3, 3, 256, 256], { constants: true })).toBe('tiled');
  });

  test.each([
    ['few channels', [8, 16, 8, 128], [3, 3, 128, 256]],
    ['few places', [2, 16, 8, 256], [3, 3, 256, 256]],
    ['an odd side', [8, 15, 8, 256], [3, 3, 256, 256]],
    ['another filter', [8, 16, 8, 256], [5, 5, 256, 256]],
  ])('not for %s', (_name, shape, filter) => {
    expect(operations(shape, filter)).toBe('plain');
  });

  test('not with a stride, without a border, or in lower precision', () => {
    expect(operations([8, 16, 8, 256], [3, 3, 256, 256], {}, 2)).toBe('plain');
    expect(operations([8, 18, 10, 256], [3, 3, 256, 256], {}, 1, 'valid')).toBe('plain');
    expect(operations([8, 16, 8, 256], [3, 3, 256, 256], { precision: 'bfloat16' })).toBe('plain');
  });
});
