/** Addresses of pictures. Ids only; the stamp changes when a picture does, so every answer may be kept for good. */

export function stripUrl(trackletId: number, stamp: string, crops = 8, height = 132): string {
  return `media/strip/${trackletId}.jpg?stamp=${encodeURIComponent(stamp)}&crops=${crops}&h=${height}`;
}

/** Every k-th crop of from..to (inclusive) side by side, each height/2 wide. */
export function sheetUrl(trackletId: number, from: number, to: number, every: number, height: number): string {
  return `media/sheet/${trackletId}/${from}-${to}.jpg?every=${every}&h=${height}`;
}

export function cropUrl(trackletId: number, position: number, height?: number): string {
  return `media/crop/${trackletId}/${position}.jpg${height === undefined ? '' : `?h=${height}`}`;
}

/** Pictures are made in two heights, so that a window on a dense display shares them with one that is not. */
export function pictureHeight(cssPixels: number, ratio = globalThis.devicePixelRatio ?? 1): number {
  return cssPixels * ratio <= 140 ? 132 : 264;
}
