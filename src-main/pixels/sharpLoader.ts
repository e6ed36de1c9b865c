/**
 * sharp, loaded when the first picture is asked for; only the formats that `header.ts` knows are decoded, whatever a file calls itself.
 * Test: test/main/media/pictures.test.ts.
 */
type Sharp = typeof import('sharp').default;

let loaded: Promise<Sharp> | null = null;

export function loadSharp(): Promise<Sharp> {
  loaded ??= import('sharp').then(({ default: sharp }) => {
    sharp.block({ operation: ['VipsForeignLoad'] });
    sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadTiff'] });
    // Parallel requests are the parallelism; the operation cache would only keep what our own caches keep.
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  });
  return loaded;
}
