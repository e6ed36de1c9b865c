/** Thread that reads crops for `clipSource.ts`: one request is one batch, answered in order with its bytes handed over. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import { createTurns } from '../platform/turns.ts';
import { createPixelReader, type PixelOptions, type PixelTracklet } from './pixelReader.ts';

export interface PixelWorkerData {
  tracklets: PixelTracklet[];
  options: PixelOptions;
  /** Signs of life (files opened, batches done), and tracklet and position of the file opened last: what hangs can be named from outside. */
  opened: Int32Array;
}

export interface PixelRequest {
  id: number;
  items: { tracklet: number; positions: number[] }[];
}

export type PixelReply = { id: number; pixels: Uint8Array<ArrayBuffer> } | { id: number; error: ErrorShape };

const { tracklets, options, opened } = workerData as PixelWorkerData;
const reader = createPixelReader(tracklets, options, {
  opens(tracklet, position) {
    Atomics.store(opened, 1, tracklet);
    Atomics.store(opened, 2, position);
    Atomics.add(opened, 0, 1);
  },
});
const frameBytes = options.height * options.width * 3;
/** Items of a batch that are read at once; each reads some pictures at once. */
const ITEMS_AT_ONCE = 4;
let chain: Promise<void> = Promise.resolve();

parentPort?.on('message', (request: PixelRequest) => {
  chain = chain.then(() => answer(request));
});

async function answer({ id, items }: PixelRequest): Promise<void> {
  try {
    const frames = items.reduce((sum, { positions }) => sum + positions.length, 0);
    const pixels = new Uint8Array(frames * frameBytes);
    const turns = createTurns({ atOnce: ITEMS_AT_ONCE, what: 'items' });
    let offset = 0;
    await Promise.all(
      items.map(({ tracklet, positions }) => {
        const at = offset;
        offset += positions.length * frameBytes;
        return turns.take(1, () => reader.read(tracklet, positions, pixels, at));
      }),
    );
    parentPort?.postMessage({ id, pixels } satisfies PixelReply, [pixels.buffer]);
  } catch (error) {
    parentPort?.postMessage({ id, error: toErrorShape(error) } satisfies PixelReply);
  }
  Atomics.add(opened, 0, 1);
}
