/** A canvas at the screen's own resolution, drawn in CSS pixels, at most once a displayed frame. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** Fits the backing store to the element's box; true when it changed. */
  resize(width: number, height: number): boolean;
}

export function createSurface(canvas: HTMLCanvasElement, options: { opaque?: boolean } = {}): Surface {
  const context = canvas.getContext('2d', { alpha: !options.opaque });
  if (!context) throw new Error('This browser has no 2D canvas');
  let width = 0;
  let height = 0;
  let scale = 0;
  return {
    context,
    get width() {
      return width;
    },
    get height() {
      return height;
    },
    resize(nextWidth, nextHeight) {
      const nextScale = devicePixelRatio;
      if (nextWidth === width && nextHeight === height && nextScale === scale) return false;
      [width, height, scale] = [nextWidth, nextHeight, nextScale];
      canvas.width = Math.max(1, Math.round(width * scale));
      canvas.height = Math.max(1, Math.round(height * scale));
      context.setTransform(scale, 0, 0, scale, 0, 0);
      return true;
    },
  };
}

/** Runs `draw` in the next displayed frame, once, however often it is asked for. */
export function frameScheduler(draw: () => void): { request(): void; cancel(): void } {
  let handle: number | null = null;
  return {
    request() {
      handle ??= requestAnimationFrame(() => {
        handle = null;
        draw();
      });
    },
    cancel() {
      if (handle !== null) cancelAnimationFrame(handle);
      handle = null;
    },
  };
}
