/**
 * 3×3 convolutions by the minimal filtering algorithm F(2×2, 3×3) of Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), §4.1:
 * tiles of 4×4 cells and filters are transformed, and one product per cell of the tile, over channels, does what nine per pixel did: 16 multiplications
 * instead of 36. Forward, input gradient and filter gradient, for a recorded step on the processor, where oneDNN's own convolutions run at its limit.
 * Worth it with many channels only: for fewer, the transforms cost more than they save. Test: test/main/engine/tiledConvolution.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { after } from '../../../models/ops/after.ts';
import type { ConvInfo } from './attributes.ts';

/** From how many channels and tiles on it was faster in every direction (oneDNN 3.7, AVX-512, 2 cores): 1.1 to 1.5 times at 512 channels. */
const LEAST_CHANNELS = 256;
const LEAST_TILES = 192;

/** G ⊗ G of the paper, [16, 9]: the filter's nine cells to the sixteen of its transform. */
const FILTER_TRANSFORM = kronecker([
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
]);
/** The transform of a filter that is turned by 180° has the same rows in this order. */
const TURNED = [3, 1, 2, 0];

type Four = [Tensor, Tensor, Tensor, Tensor];

/** Whether a convolution is one of 3×3 with a border of one cell that this way computes faster. */
export function isTiled(info: ConvInfo): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo, batchSize, outHeight, outWidth } = info;
  return (
    info.dataFormat === 'channelsLast' &&
    filterHeight === 3 &&
    filterWidth === 3 &&
    strideHeight * strideWidth * dilationHeight * dilationWidth === 1 &&
    [padInfo.top, padInfo.bottom, padInfo.left, padInfo.right].every((cells) => cells === 1) &&
    outHeight % 2 === 0 &&
    outWidth % 2 === 0 &&
    Math.min(info.inChannels, info.outChannels) >= LEAST_CHANNELS &&
    (batchSize * outHeight * outWidth) / 4 >= LEAST_TILES
  );
}

/** x [N, H, W, C], filter [3, 3, C, K] → [N, H, W, K]. */
export function convolveTiles(x: Tensor, filter: Tensor): Tensor {
  return tf.tidy(() => {
    const filters = transformFilter(after(filter, x));
    const product = (tile: Tensor, i: number, j: number): Tensor => tf.matMul(tile, filters[4 * i + j] as Tensor);
    return inPlaces(
      lineByLine(x, (tiles, i) => collect(tiles.map((tile, j) => product(tile, i, j)) as Four)),
      x,
    );
  });
}

/** dy [N, H, W, K], filter [3, 3, C, K] → [N, H, W, C]: the same with the filter turned, from K to C channels. */
export function tiledInputGradient(dy: Tensor, filter: Tensor): Tensor {
  return tf.tidy(() => {
    const filters = transformFilter(after(filter, dy));
    const turned = (i: number, j: number): Tensor => filters[4 * (TURNED[i] as number) + (TURNED[j] as number)] as Tensor;
    const product = (tile: Tensor, i: number, j: number): Tensor => tf.matMul(tile, turned(i, j), false, true);
    return inPlaces(
      lineByLine(dy, (tiles, i) => collect(tiles.map((tile, j) => product(tile, i, j)) as Four)),
      dy,
    );
  });
}

/** x [N, H, W, C], dy [N, H, W, K] → [3, 3, C, K]: the forward pass read backwards. */
export function tiledFilterGradient(x: Tensor, dy: Tensor): Tensor {
  return tf.tidy(() => {
    const [inside, outside] = [x, dy].map((tensor) => tensor.shape[3]) as [number, number];
    const slopes = spread(dy, 1);
    const products = lineByLine(after(x, dy), (tiles, i) => {
      const line = spread(slopes[i] as Tensor, 2).map(rows);
      return tiles.map((tile, j) => tf.matMul(tile, line[j] as Tensor, true));
    });
    const transformed = tf.reshape(tf.stack(products.flat()), [16, inside * outside]);
    return tf.reshape(tf.matMul(tf.tensor2d(FILTER_TRANSFORM, [16, 9]), transformed, true), [3, 3, inside, outside]);
  });
}

/** [3, 3, C, K] → sixteen of [C, K]. */
function transformFilter(filter: Tensor): Tensor[] {
  const [, , inside, outside] = filter.shape as [number, number, number, number];
  const transformed = tf.matMul(tf.tensor2d(FILTER_TRANSFORM, [16, 9]), tf.reshape(filter, [9, inside * outside]));
  return tf.unstack(tf.reshape(transformed, [16, inside, outside]));
}

/**
 * The cells Bᵀ·d·B of all tiles, which overlap by two cells, a line of four at a time, as matrices over channels. Every line waits for what was made of
 * the one before: all sixteen together would be four times the input.
 */
function lineByLine(x: Tensor, use: (tiles: Tensor[], i: number) => Tensor[]): Tensor[][] {
  const bordered = tf.pad(x, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  const results: Tensor[][] = [];
  transformLines(bordered, 1).forEach((line, i) => {
    const before = results.at(-1)?.at(-1);
    results.push(use(transformLines(before ? after(line, before) : line, 2).map(rows), i));
  });
  return results;
}

/** Bᵀ along an axis of 2t + 2 cells: tile k reads the cells 2k … 2k + 3. The results have one cell where the pairs were, beside the tiles. */
function transformLines(x: Tensor, axis: 1 | 2): Four {
  const pairs = inPairs(x, axis);
  const tiles = (pairs.shape[axis] as number) - 1;
  const [d0, d1, d2, d3] = [half(pairs, axis, 0, 0, tiles), half(pairs, axis, 0, 1, tiles), half(pairs, axis, 1, 0, tiles), half(pairs, axis, 1, 1, tiles)];
  return [tf.sub(d0, d2), tf.add(d1, d2), tf.sub(d2, d1), tf.sub(d1, d3)];
}

/** Transpose of the output transform along an axis of 2t cells. */
function spread(dy: Tensor, axis: 1 | 2): Four {
  const pairs = inPairs(dy, axis);
  const tiles = pairs.shape[axis] as number;
  const [even, odd] = [half(pairs, axis, 0, 0, tiles), half(pairs, axis, 0, 1, tiles)];
  return [even, tf.add(even, odd), tf.sub(even, odd), tf.neg(odd)];
}

/** Aᵀ of four terms: the two cells that they stand for. */
function collect([m0, m1, m2, m3]: Four): [Tensor, Tensor] {
  return [tf.add(m0, tf.add(m1, m2)), tf.sub(tf.sub(m1, m2), m3)];
}

/** Rows, axis 1 of [N, H, W, C], or columns, axis 2 of a line [N, tiles, 1, W, C], as pairs. */
function inPairs(x: Tensor, axis: 1 | 2): Tensor {
  const [batch, rows] = x.shape as [number, number];
  const [columns, channels] = x.shape.slice(-2) as [number, number];
  return tf.reshape(x, axis === 1 ? [batch, rows / 2, 2, columns, channels] : [batch, rows, columns / 2, 2, channels]);
}

/** The first or second cell of `count` pairs from `from` on. */
function half(pairs: Tensor, axis: 1 | 2, from: number, which: 0 | 1, count: number): Tensor {
  const begin = pairs.shape.map(() => 0);
  const size = [...pairs.shape];
  [begin[axis], size[axis]] = [from, count];
  [begin[axis + 1], size[axis + 1]] = [which, 1];
  return tf.slice(pairs, begin, size);
}

/** Aᵀ of the four lines, whose own four terms are two already, put in their places: [N, H, W, channels of the products]. */
function inPlaces(lines: Tensor[][], { shape }: Tensor): Tensor {
  const [batch, height, width] = shape as [number, number, number, number];
  const channels = (lines[0]?.[0] as Tensor).shape[1] as number;
  const [even, odd] = [0, 1].map((column) => collect(lines.map((line) => line[column]) as Four)) as [[Tensor, Tensor], [Tensor, Tensor]];
  const interleaved = ([0, 1] as const).map((half) => {
    const cells = [even[half], odd[half]].map((cell) => tf.reshape(cell, [batch, height / 2, width / 2, channels]));
    return tf.reshape(tf.stack(cells, 3), [batch, height / 2, width, channels]);
  });
  return tf.reshape(tf.stack(interleaved, 2), [batch, height, width, channels]);
}

function rows(tile: Tensor): Tensor {
  return tf.reshape(tile, [-1, tile.shape.at(-1) as number]);
}

/** m ⊗ m, row by row. */
function kronecker(m: number[][]): Float32Array {
  return Float32Array.from(m.flatMap((row) => m.flatMap((other) => row.flatMap((a) => other.map((b) => a * b)))));
}
