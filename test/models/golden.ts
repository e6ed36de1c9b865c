/**
 * The deterministic numbers of the fixture programs (test/golden/tools/numbers_.py), and small tools to compare with what they printed.
 */
import * as tf from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Parameter } from '../../models/method.ts';

export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../golden/${name}.json`, import.meta.url), 'utf8')) as T;
}

/** The k-th tensor gets s = sin(.37 i + 1.3 k), scaled by what it is. */
export function sineFill(parameters: Parameter[]): void {
  fill(parameters, (k, size, shape) => {
    const scale = 1 / Math.sqrt(size / (shape[0] as number));
    return { values: Float32Array.from({ length: size }, (_, i) => Math.sin(0.37 * i + 1.3 * k)), scale };
  });
}

/** The k-th tensor comes from the generator seeded with k + 1; weights are scaled as for training. */
export function randomFill(parameters: Parameter[]): void {
  fill(parameters, (k, size, shape) => ({ values: lcgValues(size, k + 1), scale: Math.sqrt((6 * (shape[0] as number)) / size) }));
}

function fill(parameters: Parameter[], draw: (k: number, size: number, shape: number[]) => { values: Float32Array; scale: number }): void {
  parameters.forEach(({ name, shape, variable, fromTorch }, k) => {
    const { values, scale } = draw(k, product(shape), shape);
    const around1 = name.endsWith('running_var') || (shape.length === 1 && name.endsWith('.weight'));
    const scaled = values.map((s) => (around1 ? 1 + 0.1 * s : shape.length === 1 ? 0.05 * s : s * scale));
    tf.tidy(() => variable.assign(tf.tensor(fromTorch(scaled), variable.shape)));
  });
}

/** scale·sin(.017 i + phase) in C order. */
export function sine(shape: number[], scale = 1, phase = 0): tf.Tensor {
  return tf.tensor(
    Float32Array.from({ length: product(shape) }, (_, i) => scale * Math.sin(0.017 * i + phase)),
    shape,
  );
}

/** s ← (1664525 s + 1013904223) mod 2³², value s/2³¹ − 1. */
export function lcg(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(lcgValues(product(shape), seed), shape);
}

export function lcgValues(size: number, seed: number): Float32Array {
  let s = seed;
  return Float32Array.from({ length: size }, () => {
    s = (Math.imul(1664525, s) + 1013904223) >>> 0;
    return s / 2 ** 31 - 1;
  });
}

/** PyTorch axis order → ours: channels from axis 1 to the end, after time where there is one. */
export function channelsLast<T extends tf.Tensor>(x: tf.Tensor): T {
  const rank = x.rank;
  return tf.transpose(x, [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]) as T;
}

export function channelsFirst<T extends tf.Tensor>(x: tf.Tensor): T {
  return tf.transpose(x, [0, x.rank - 1, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 1)]) as T;
}

export interface Summary {
  mean: number;
  l2: number;
  first: number;
  middle: number;
  last: number;
}

export function summary(values: ArrayLike<number>): Summary {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i] as number;
    squares += (values[i] as number) ** 2;
  }
  return {
    mean: sum / values.length,
    l2: Math.sqrt(squares),
    first: values[0] as number,
    middle: values[Math.floor(values.length / 2)] as number,
    last: values[values.length - 1] as number,
  };
}

/** `relative` of the L2 norm for the norm itself, and of the root mean square for single values and the mean. */
export function expectSummary(actual: Summary, wanted: Summary, relative: number, size: number): void {
  const unit = Math.max(wanted.l2 / Math.sqrt(size), 1e-12);
  expect(Math.abs(actual.l2 - wanted.l2) / wanted.l2, `L2 ${actual.l2} instead of ${wanted.l2}`).toBeLessThan(relative);
  for (const key of ['mean', 'first', 'middle', 'last'] as const)
    expect(Math.abs(actual[key] - wanted[key]) / unit, `${key} ${actual[key]} instead of ${wanted[key]}`).toBeLessThan(relative);
}

/** Largest difference as a share of the largest wanted value. */
export function expectClose(actual: ArrayLike<number>, wanted: ArrayLike<number>, relative: number, what = 'values'): void {
  expect(actual.length, `${what}: length`).toBe(wanted.length);
  let largest = 1e-12;
  let difference = 0;
  for (let i = 0; i < wanted.length; i++) {
    largest = Math.max(largest, Math.abs(wanted[i] as number));
    difference = Math.max(difference, Math.abs((actual[i] as number) - (wanted[i] as number)));
  }
  expect(difference / largest, `${what} differ by ${difference} of ${largest}`).toBeLessThan(relative);
}

function product(shape: number[]): number {
  return shape.reduce((total, n) => total * n, 1);
}
