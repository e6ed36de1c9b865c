/**
 * Convolution and pooling by their definition, in double precision and nested loops, for any number of spatial axes, with gradients
 * by following each product back. Slow and plain on purpose: the measure for the engines' kernels.
 */

export interface Grid {
  /** [N, …space, C] */
  shape: number[];
  values: number[];
}

export interface WindowOptions {
  filter: number[];
  stride: number[];
  before: number[];
  after: number[];
  dilation?: number[];
}

/** A repeatable mixture of signs and sizes; not random, so that failures repeat. */
export function pattern(shape: number[], seed: number): Grid {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, values: Array.from({ length: count }, (_, index) => Math.fround(Math.sin((index + 1) * (seed + 0.7)) * 1.3)) };
}

/** TensorFlow's rule for "same": as little padding as gives ceil(size / stride) windows, the odd cell after. */
export function samePadding(size: number[], filter: number[], stride: number[]): { before: number[]; after: number[] } {
  const total = size.map((length, axis) => Math.max((Math.ceil(length / stride[axis]!) - 1) * stride[axis]! + filter[axis]! - length, 0));
  const before = total.map((cells) => Math.floor(cells / 2));
  return { before, after: total.map((cells, axis) => cells - before[axis]!) };
}

/** Filter [...filter, I, O], or [...filter, C, M] when depthwise. `dy` is 1 + its own index mod 7, so that every cell counts differently. */
export function naiveConvolution(x: Grid, w: Grid, options: WindowOptions, depthwise = false): { y: Grid; dx: Grid; dw: Grid; dy: Grid } {
  const [inner, outer] = w.shape.slice(-2) as [number, number];
  const channels = depthwise ? inner * outer : outer;
  const y = zeros([x.shape[0]!, ...outputSize(x, options), channels]);
  const dx = zeros(x.shape);
  const dw = zeros(w.shape);
  const dy = upstream(y.shape);
  eachRead(x, y.shape, options, (n, out, cell, inside) => {
    if (!inside) return;
    for (let i = 0; i < inner; i++) {
      for (let o = 0; o < outer; o++) {
        const atX = offset(x.shape, [n, ...inside, i]);
        const atW = offset(w.shape, [...cell, i, o]);
        const atY = offset(y.shape, [n, ...out, depthwise ? i * outer + o : o]);
        y.values[atY]! += x.values[atX]! * w.values[atW]!;
        dx.values[atX]! += dy.values[atY]! * w.values[atW]!;
        dw.values[atW]! += dy.values[atY]! * x.values[atX]!;
      }
    }
  });
  return { y, dx, dw, dy };
}

export function naiveMaxPool(x: Grid, options: WindowOptions): { y: Grid; dx: Grid; dy: Grid } {
  const y = zeros([x.shape[0]!, ...outputSize(x, options), x.shape.at(-1)!]);
  y.values.fill(-Infinity);
  const winner = new Array<number>(y.values.length).fill(-1);
  eachRead(x, y.shape, options, (n, out, _cell, inside) => {
    if (!inside) return;
    for (let c = 0; c < x.shape.at(-1)!; c++) {
      const atX = offset(x.shape, [n, ...inside, c]);
      const atY = offset(y.shape, [n, ...out, c]);
      if (x.values[atX]! <= y.values[atY]!) continue;
      y.values[atY] = x.values[atX]!;
      winner[atY] = atX;
    }
  });
  const dx = zeros(x.shape);
  const dy = upstream(y.shape);
  winner.forEach((atX, atY) => (dx.values[atX]! += dy.values[atY]!));
  return { y, dx, dy };
}

/** Cells outside of the picture are not counted. */
export function naiveAveragePool(x: Grid, options: WindowOptions): { y: Grid; dx: Grid; dy: Grid } {
  const y = zeros([x.shape[0]!, ...outputSize(x, options), x.shape.at(-1)!]);
  const dx = zeros(x.shape);
  const dy = upstream(y.shape);
  const counts = zeros(y.shape).values;
  const reads: [atX: number, atY: number][] = [];
  eachRead(x, y.shape, options, (n, out, _cell, inside) => {
    if (!inside) return;
    for (let c = 0; c < x.shape.at(-1)!; c++) {
      const pair: [number, number] = [offset(x.shape, [n, ...inside, c]), offset(y.shape, [n, ...out, c])];
      counts[pair[1]]! += 1;
      reads.push(pair);
    }
  });
  for (const [atX, atY] of reads) {
    y.values[atY]! += x.values[atX]! / counts[atY]!;
    dx.values[atX]! += dy.values[atY]! / counts[atY]!;
  }
  return { y, dx, dy };
}

function outputSize(x: Grid, { filter, stride, before, after, dilation }: WindowOptions): number[] {
  return filter.map((size, axis) => {
    const reach = (size - 1) * (dilation?.[axis] ?? 1) + 1;
    return Math.floor((x.shape[axis + 1]! + before[axis]! + after[axis]! - reach) / stride[axis]!) + 1;
  });
}

/** Every (picture, output cell, filter cell) with the input cell it reads, or null in the padding; filter cells in row-major order. */
function eachRead(
  x: Grid,
  outShape: number[],
  options: WindowOptions,
  visit: (n: number, out: number[], cell: number[], inside: number[] | null) => void,
): void {
  const space = x.shape.slice(1, -1);
  for (let n = 0; n < x.shape[0]!; n++) {
    for (const out of places(outShape.slice(1, -1))) {
      for (const cell of places(options.filter)) {
        const read = out.map((place, axis) => place * options.stride[axis]! + cell[axis]! * (options.dilation?.[axis] ?? 1) - options.before[axis]!);
        visit(n, out, cell, read.every((place, axis) => place >= 0 && place < space[axis]!) ? read : null);
      }
    }
  }
}

function places(size: number[]): number[][] {
  return size.reduce<number[][]>((all, length) => all.flatMap((prefix) => Array.from({ length }, (_, place) => [...prefix, place])), [[]]);
}

function offset(shape: number[], place: number[]): number {
  return place.reduce((at, index, axis) => at * shape[axis]! + index, 0);
}

function zeros(shape: number[]): Grid {
  return { shape, values: new Array<number>(shape.reduce((product, size) => product * size, 1)).fill(0) };
}

function upstream(shape: number[]): Grid {
  const grid = zeros(shape);
  return { shape, values: grid.values.map((_, index) => 1 + (index % 7)) };
}
