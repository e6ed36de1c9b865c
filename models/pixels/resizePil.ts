/**
 * Pillow's Image.resize for 8-bit RGB, byte for byte: separable, antialiased (the kernel widens when shrinking), 22-bit fixed-point weights,
 * rounded to bytes between the horizontal and the vertical pass. The largest silent gap between two pipelines is here.
 * Test: test/models/pixels/resizePil.test.ts, against bytes made by Pillow.
 */
export type Resampling = 'bicubic' | 'bilinear';

interface Kernel {
  support: number;
  weight(x: number): number;
}

const KERNELS: Record<Resampling, Kernel> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, weight: catmullRom },
};

/** The cubic with a = −1/2. */
function catmullRom(value: number): number {
  const a = -0.5;
  const x = Math.abs(value);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

const PRECISION_BITS = 22;
const HALF = 1 << (PRECISION_BITS - 1);

interface Weights {
  /** First input position and number of positions of every output position, interleaved. */
  bounds: Int32Array;
  /** `stride` weights per output position. */
  values: Int32Array;
  stride: number;
}

/** Weights depend on sizes only, and a data set has few: a training run would otherwise spend a third of its pixels' time on them. */
const cache = new Map<string, Weights>();
const CACHE_SIZE = 512;

/** pixels [inHeight, inWidth, 3] → [outHeight, outWidth, 3]. */
export function resizePil(pixels: Uint8Array, inHeight: number, inWidth: number, outHeight: number, outWidth: number, resampling: Resampling): Uint8Array {
  const rows = (image: Uint8Array, height: number) =>
    inWidth === outWidth ? image : resizeRows(image, height, inWidth, outWidth, weightsFor(inWidth, outWidth, resampling));
  const columns = (image: Uint8Array, width: number) =>
    inHeight === outHeight ? image : resizeColumns(image, width, outHeight, weightsFor(inHeight, outHeight, resampling));
  const resized = verticalFirst(inHeight, inWidth, outHeight, outWidth) ? rows(columns(pixels, inWidth), outHeight) : columns(rows(pixels, inHeight), outWidth);
  return resized === pixels ? pixels.slice() : resized;
}

/**
 * The passes do not commute, because each rounds to bytes. Pillow 13 begins with the vertical one when the height shrinks by more than twice
 * what the width does (found by trying 6,000 sizes); before 13 it always began with the horizontal one, which differs by at most a few levels.
 */
function verticalFirst(inHeight: number, inWidth: number, outHeight: number, outWidth: number): boolean {
  return inHeight - outHeight > Math.max(0, 2 * (inWidth - outWidth));
}

function weightsFor(inSize: number, outSize: number, resampling: Resampling): Weights {
  const key = `${resampling}/${inSize}/${outSize}`;
  const known = cache.get(key);
  if (known) return known;
  if (cache.size >= CACHE_SIZE) cache.clear();
  const made = computeWeights(inSize, outSize, KERNELS[resampling]);
  cache.set(key, made);
  return made;
}

function computeWeights(inSize: number, outSize: number, kernel: Kernel): Weights {
  const scale = inSize / outSize;
  const filterScale = Math.max(1, scale);
  const support = kernel.support * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const bounds = new Int32Array(outSize * 2);
  const values = new Int32Array(outSize * stride);
  const exact = new Float64Array(stride);
  for (let out = 0; out < outSize; out++) {
    const center = (out + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inSize, Math.trunc(center + support + 0.5)) - first;
    let total = 0;
    for (let i = 0; i < count; i++) {
      const weight = kernel.weight((i + first - center + 0.5) * (1 / filterScale));
      exact[i] = weight;
      total += weight;
    }
    for (let i = 0; i < count; i++) {
      const normalized = total === 0 ? (exact[i] as number) : (exact[i] as number) / total;
      values[out * stride + i] = Math.trunc((normalized < 0 ? -0.5 : 0.5) + normalized * (1 << PRECISION_BITS));
    }
    bounds[out * 2] = first;
    bounds[out * 2 + 1] = count;
  }
  return { bounds, values, stride };
}

function resizeRows(pixels: Uint8Array, height: number, inWidth: number, outWidth: number, weights: Weights): Uint8Array {
  const { bounds, values, stride } = weights;
  const result = new Uint8ClampedArray(height * outWidth * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outWidth; x++) {
      const count = bounds[x * 2 + 1] as number;
      let from = (y * inWidth + (bounds[x * 2] as number)) * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let i = 0; i < count; i++) {
        const weight = values[x * stride + i] as number;
        red += (pixels[from] as number) * weight;
        green += (pixels[from + 1] as number) * weight;
        blue += (pixels[from + 2] as number) * weight;
        from += 3;
      }
      const to = (y * outWidth + x) * 3;
      result[to] = red >> PRECISION_BITS;
      result[to + 1] = green >> PRECISION_BITS;
      result[to + 2] = blue >> PRECISION_BITS;
    }
  }
  return new Uint8Array(result.buffer);
}

function resizeColumns(pixels: Uint8Array, width: number, outHeight: number, weights: Weights): Uint8Array {
  const { bounds, values, stride } = weights;
  const rowLength = width * 3;
  const result = new Uint8ClampedArray(outHeight * rowLength);
  const sums = new Int32Array(rowLength);
  for (let y = 0; y < outHeight; y++) {
    sums.fill(HALF);
    const first = bounds[y * 2] as number;
    const count = bounds[y * 2 + 1] as number;
    for (let i = 0; i < count; i++) {
      const weight = values[y * stride + i] as number;
      const from = (first + i) * rowLength;
      for (let x = 0; x < rowLength; x++) sums[x] = (sums[x] as number) + (pixels[from + x] as number) * weight;
    }
    const to = y * rowLength;
    for (let x = 0; x < rowLength; x++) result[to + x] = (sums[x] as number) >> PRECISION_BITS;
  }
  return new Uint8Array(result.buffer);
}
