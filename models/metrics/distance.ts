/**
 * Distances between rows of two feature matrices, in plain arrays: evaluation must not depend on an engine. Sums run in float64.
 * Test: test/models/metrics/distance.test.ts.
 */
export type FeatureDistance = 'cosine' | 'euclidean';

export interface Features {
  /** [rows, size], row-major. */
  values: Float32Array;
  size: number;
}

/** query [Q, D], gallery [G, D] → [Q, G]. Cosine is 1 − cos, and a zero vector is at distance 1 from everything; Euclidean is left squared, which ranks alike. */
export function distanceMatrix(query: Features, gallery: Features, distance: FeatureDistance): Float32Array {
  const size = query.size;
  if (gallery.size !== size) throw new Error(`features of ${size} and ${gallery.size} numbers cannot be compared`);
  const queries = query.values.length / size;
  const entries = gallery.values.length / size;
  const result = new Float32Array(queries * entries);
  const queryNorms = squaredNorms(query);
  const galleryNorms = squaredNorms(gallery);
  // Blocks of gallery rows stay in the cache while all queries pass over them.
  const block = Math.max(1, Math.floor(65536 / size));
  for (let start = 0; start < entries; start += block) {
    const end = Math.min(entries, start + block);
    for (let q = 0; q < queries; q++) {
      for (let g = start; g < end; g++) {
        const dot = dotProduct(query.values, q * size, gallery.values, g * size, size);
        const a = queryNorms[q] as number;
        const b = galleryNorms[g] as number;
        result[q * entries + g] = distance === 'cosine' ? 1 - dot / Math.max(Math.sqrt(a) * Math.sqrt(b), 1e-12) : Math.max(0, a + b - 2 * dot);
      }
    }
  }
  return result;
}

function squaredNorms({ values, size }: Features): Float64Array {
  const norms = new Float64Array(values.length / size);
  for (let row = 0; row < norms.length; row++) norms[row] = dotProduct(values, row * size, values, row * size, size);
  return norms;
}

/** Four sums at a time: the chain of additions, not memory, limits this loop. */
function dotProduct(a: Float32Array, i: number, b: Float32Array, j: number, size: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < size; k += 4) {
    s0 += (a[i + k] as number) * (b[j + k] as number);
    s1 += (a[i + k + 1] as number) * (b[j + k + 1] as number);
    s2 += (a[i + k + 2] as number) * (b[j + k + 2] as number);
    s3 += (a[i + k + 3] as number) * (b[j + k + 3] as number);
  }
  for (; k < size; k++) s0 += (a[i + k] as number) * (b[j + k] as number);
  return s0 + s1 + s2 + s3;
}
