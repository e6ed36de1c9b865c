/** Thread that reads crops for `clipSource.ts`: one request is one batch, answered in order with its bytes handed over. It also compares pictures with what was imported. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import { answerUntilEnd } from '../platform/endThread.ts';
import { createTurns } from '../platform/turns.ts';
import { comparePictures, createPixelReader, type ComparedPictures, type PixelOptions, type PixelTracklet, type PixelWatch } from './pixelReader.ts';

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

/** Tracklets `from` to before `to`, as `comparePictures`. */
export interface CompareRequest {
  id: number;
  from: number;
  to: number;
}

export type PixelReply = { id: number; pixels: Uint8Array<ArrayBuffer> } | { id: number; compared: ComparedPictures } | { id: number; error: ErrorShape };

const { tracklets, options, opened } = workerData as PixelWorkerData;
const watch: PixelWatch = {
  opens(tracklet, position) {
    Atomics.store(opened, 1, tracklet);
    Atomics.store(opened, 2, position);
    Atomics.add(opened, 0, 1);
  },
};
const reader = createPixelReader(tracklets, options, watch);
/** Files that were compared: a full frame shows many people. */
const seen = new Set<string>();
const frameBytes = options.height * options.width * 3;
/** Items of a batch that are read at once; each reads some pictures at once. */
const ITEMS_AT_ONCE = 4;
let chain: Promise<void> = Promise.resolve();

let isWanted = true;
if (parentPort)
  answerUntilEnd(
    parentPort,
    (request: PixelRequest | CompareRequest) => {
      chain = chain.then(() => (!isWanted ? undefined : 'items' in request ? answer(request) : compare(request)));
    },
    () => (isWanted = false),
  );

function compare({ id, from, to }: CompareRequest): void {
  try {
    parentPort?.postMessage({ id, compared: comparePictures(tracklets, from, to, seen, watch) } satisfies PixelReply);
  } catch (error) {
    parentPort?.postMessage({ id, error: toErrorShape(error) } satisfies PixelReply);
  }
}

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
        return turns.take(1, async () => isWanted && reader.read(tracklet, positions, pixels, at));
      }),
    );
    parentPort?.postMessage({ id, pixels } satisfies PixelReply, [pixels.buffer]);
  } catch (error) {
    parentPort?.postMessage({ id, error: toErrorShape(error) } satisfies PixelReply);
  }
  Atomics.add(opened, 0, 1);
}
