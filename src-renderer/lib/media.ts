/**
 * Addresses of pictures. Ids only; the stamp changes when a picture does, so every answer may be kept for good.
 * Each holds a secret of this start of the host that is good for pictures and nothing else.
 */
import { connection } from './connection.svelte.ts';

/** `path` as the host knows it, such as `strip/7.jpg`. */
export function mediaUrl(path: string): string {
  return `media/${connection.pictures}/${path}`;
}

export function stripUrl(trackletId: number, stamp: string, crops = 8, height = 132): string {
  return mediaUrl(`strip/${trackletId}.jpg?stamp=${encodeURIComponent(stamp)}&crops=${crops}&h=${height}`);
}

/** Every k-th crop of from..to (inclusive) side by side, each height/2 wide. Without the stamp the host is asked each time whether it still holds. */
export function sheetUrl(trackletId: number, from: number, to: number, every: number, height: number, stamp?: string): string {
  return mediaUrl(`sheet/${trackletId}/${from}-${to}.jpg?every=${every}&h=${height}${stamp === undefined ? '' : `&stamp=${encodeURIComponent(stamp)}`}`);
}

export function cropUrl(trackletId: number, position: number, height?: number): string {
  return mediaUrl(`crop/${trackletId}/${position}.jpg${height === undefined ? '' : `?h=${height}`}`);
}

/** Pictures are made in two heights, so that a window on a dense display shares them with one that is not. */
export function pictureHeight(cssPixels: number, ratio = globalThis.devicePixelRatio ?? 1): number {
  return cssPixels * ratio <= 140 ? 132 : 264;
}
