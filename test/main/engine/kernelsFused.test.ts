/** Matrix products and rows by index as TensorFlow's own operations: every way of batching and transposing, against plain loops in double precision. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TensorFlowBinding } from '../../../src-main/engine/binding.ts';
import { sumOfSquares } from '../../../models/ops/basic.ts';
import { ENGINE_TIMEOUT_MS, requireBinding } from '../../support/engine.ts';
import { pattern, type Grid } from './naiveWindows.ts';

let binding: TensorFlowBinding;
beforeAll(async () => {
  binding = await requireBinding();
}, ENGINE_TIMEOUT_MS);

type Product = [a: number[], b: number[], transposeA: boolean, transposeB: boolean, operation: 'MatMul' | 'BatchMatMulV2'];
const PRODUCTS: Product[] = [
  [[2, 3], [3, 4], false, false, 'MatMul'],
  [[3, 2], [3, 4], true, false, 'MatMul'],
  [[2, 3], [4, 3], false, true, 'MatMul'],
  [[3, 2], [4, 3], true, true, 'MatMul'],
  [[1, 2, 3], [1, 3, 4], false, false, 'MatMul'],
  [[1, 3, 2], [1, 1, 4, 3], true, true, 'MatMul'],
  [[5, 2, 3], [3, 4], false, false, 'MatMul'],
  [[5, 2, 3], [1, 4, 3], false, true, 'MatMul'],
  [[2, 5, 2, 3], [1, 3, 4], false, false, 'MatMul'],
  [[5, 3, 2], [1, 3, 4], true, false, 'BatchMatMulV2'],
  [[1, 2, 3], [5, 3, 4], false, false, 'BatchMatMulV2'],
  [[2, 5, 2, 3], [2, 5, 3, 4], false, false, 'BatchMatMulV2'],
  [[2, 5, 3, 2], [2, 5, 4, 3], true, true, 'BatchMatMulV2'],
];

describe('a matrix product', () => {
  it.each(PRODUCTS)('of %j and %j, transposed %s and %s, is one %s', (shapeA, shapeB, transposeA, transposeB, operation) => {
    const [a, b] = [pattern(shapeA, 1), pattern(shapeB, 2)];
    const [x, y] = [tf.tensor(a.values, a.shape), tf.tensor(b.values, b.shape)];
    const { result, operations } = watched(() => tf.matMul(x, y, transposeA, transposeB));
    const expected = naiveProduct(a, b, transposeA, transposeB);
    expect(result.shape).toEqual(expected.shape);
    result.dataSync().forEach((value, index) => expect(Math.abs(value - (expected.values[index] as number))).toBeLessThan(1e-5));
    expect(operations.filter((name) => name !== 'Reshape')).toEqual([operation]);
    tf.dispose([x, y, result]);
  });

  it('of no rows has none', () => {
    const [x, y] = [tf.zeros([0, 3]) as tf.Tensor2D, tf.zeros([3, 4]) as tf.Tensor2D];
    const result = tf.matMul(x, y);
    expect([result.shape, result.dataSync().length]).toEqual([[0, 4], 0]);
    tf.dispose([x, y, result]);
  });
});

describe('rows by index', () => {
  it('are taken without reading the indices', () => {
    const [x, rows] = [tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor1d([2, 0, 2], 'int32')];
    const reads = countReads(() => tf.dispose(tf.gather(x, rows)));
    const taken = tf.gather(x, rows);
    expect(reads).toBe(0);
    expect([...taken.dataSync()]).toEqual([5, 6, 1, 2, 5, 6]);
    tf.dispose([x, rows, taken]);
  });

  it('that do not exist are refused, with the index named', () => {
    const [x, rows] = [tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor1d([0, 3], 'int32')];
    expect(() => tf.gather(x, rows)).toThrow('indices[1] = 3 is not in [0, 3)');
    tf.dispose([x, rows]);
  });
});

/** What `compute` returns, and the names of the TensorFlow operations that it ran. */
function watched(compute: () => tf.Tensor): { result: tf.Tensor; operations: string[] } {
  const operations: string[] = [];
  const executeOp = binding.executeOp.bind(binding);
  binding.executeOp = (name, ...rest) => {
    operations.push(name);
    return executeOp(name, ...rest);
  };
  try {
    return { result: compute(), operations };
  } finally {
    binding.executeOp = executeOp;
  }
}

function countReads(compute: () => void): number {
  const read = binding.tensorDataSync.bind(binding);
  let reads = 0;
  binding.tensorDataSync = (id) => {
    reads++;
    return read(id);
  };
  try {
    compute();
    return reads;
  } finally {
    binding.tensorDataSync = read;
  }
}

it('sums squares like a plain loop', () => {
  const grid = pattern([7, 33], 1);
  const expected = grid.values.reduce((sum, value) => sum + value * value, 0);
  tf.tidy(() => {
    const x = tf.tensor(grid.values, grid.shape, 'float32');
    expect(sumOfSquares([x]).dataSync()[0]).toBeCloseTo(expected, 3);
  });
});

function naiveProduct(a: Grid, b: Grid, transposeA: boolean, transposeB: boolean): Grid {
  const matrix = ({ shape, values }: Grid, transposed: boolean) => {
    const [height, width] = shape.slice(-2) as [number, number];
    const batch = shape.slice(0, -2);
    const at = (place: number, row: number, column: number): number =>
      values[place * height * width + (transposed ? column * width + row : row * width + column)] as number;
    return { rows: transposed ? width : height, columns: transposed ? height : width, batch, count: batch.reduce((p, n) => p * n, 1), at };
  };
  const [left, right] = [matrix(a, transposeA), matrix(b, transposeB)];
  const batch = left.batch.length >= right.batch.length && left.count >= right.count ? left.batch : right.batch;
  const values: number[] = [];
  for (let place = 0; place < Math.max(left.count, right.count); place++)
    for (let row = 0; row < left.rows; row++)
      for (let column = 0; column < right.columns; column++) {
        let sum = 0;
        for (let inner = 0; inner < left.columns; inner++) sum += left.at(place % left.count, row, inner) * right.at(place % right.count, inner, column);
        values.push(sum);
      }
  return { shape: [...batch, left.rows, right.columns], values };
}
