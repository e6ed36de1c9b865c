/** Thread that reads crops for `clipSource.ts`: one request is one batch, answered in order with its bytes handed over. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import { createPixelReader, type PixelOptions, type PixelTracklet } from './pixelReader.ts';

export interface PixelWorkerData {
  tracklets: PixelTracklet[];
  options: PixelOptions;
}

export interface PixelRequest {
  id: number;
  items: { tracklet: number; positions: number[] }[];
}

export type PixelReply = { id: number; pixels: Uint8Array<ArrayBuffer> } | { id: number; error: ErrorShape };

const { tracklets, options } = workerData as PixelWorkerData;
const reader = createPixelReader(tracklets, options);
const frameBytes = options.height * options.width * 3;
let chain: Promise<void> = Promise.resolve();

parentPort?.on('message', (request: PixelRequest) => {
  chain = chain.then(() => answer(request));
});

async function answer({ id, items }: PixelRequest): Promise<void> {
  try {
    const frames = items.reduce((sum, { positions }) => sum + positions.length, 0);
    const pixels = new Uint8Array(frames * frameBytes);
    let offset = 0;
    for (const { tracklet, positions } of items) {
      await reader.read(tracklet, positions, pixels, offset);
      offset += positions.length * frameBytes;
    }
    parentPort?.postMessage({ id, pixels } satisfies PixelReply, [pixels.buffer]);
  } catch (error) {
    parentPort?.postMessage({ id, error: toErrorShape(error) } satisfies PixelReply);
  }
}
