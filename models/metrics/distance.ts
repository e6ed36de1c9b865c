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
  const products = new Float64Array(4);
  // Blocks of gallery rows stay in the cache while all queries pass over them.
  const block = Math.max(4, Math.floor(65536 / size));
  for (let start = 0; start < entries; start += block) {
    const end = Math.min(entries, start + block);
    for (let q = 0; q < queries; q++) {
      const a = queryNorms[q] as number;
      for (let first = start; first < end; first += 4) {
        const count = Math.min(4, end - first);
        if (count === 4) fourProducts(query.values, q * size, gallery.values, first * size, size, products);
        else for (let r = 0; r < count; r++) products[r] = dotProduct(query.values, q * size, gallery.values, (first + r) * size, size);
        for (let r = 0; r < count; r++) {
          const dot = products[r] as number;
          const b = galleryNorms[first + r] as number;
          result[q * entries + first + r] = distance === 'cosine' ? 1 - dot / Math.max(Math.sqrt(a) * Math.sqrt(b), 1e-12) : Math.max(0, a + b - 2 * dot);
        }
      }
    }
  }
  return result;
}

/** One query row against four gallery rows: each number of the query is loaded once for all four. */
function fourProducts(a: Float32Array, i: number, b: Float32Array, j: number, size: number, products: Float64Array): void {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const [j1, j2, j3] = [j + size, j + 2 * size, j + 3 * size];
  for (let k = 0; k < size; k++) {
    const x = a[i + k] as number;
    s0 += x * (b[j + k] as number);
    s1 += x * (b[j1 + k] as number);
    s2 += x * (b[j2 + k] as number);
    s3 += x * (b[j3 + k] as number);
  }
  products[0] = s0;
  products[1] = s1;
  products[2] = s2;
  products[3] = s3;
}

function squaredNorms({ values, size }: Features): Float64Array {
  const norms = new Float64Array(values.length / size);
  for (let row = 0; row < norms.length; row++) norms[row] = dotProduct(values, row * size, values, row * size, size);
  return norms;
}

function dotProduct(a: Float32Array, i: number, b: Float32Array, j: number, size: number): number {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += (a[i + k] as number) * (b[j + k] as number);
  return sum;
}
