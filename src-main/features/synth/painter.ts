/**
 * Worker thread of the generator: draws one tracklet at a time, encodes it and writes its folder. Which thread draws what does not
 * change a byte, since every tracklet has its own random stream. Test: test/main/features/synth/service.test.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import jpegTurbo from '@julusian/jpeg-turbo';
import { createPainter, planSet } from '../../../datasets/synthetic/generate.ts';
import { toErrorShape } from '../../../src-shared/errors.ts';
import { answerUntilEnd } from '../../platform/endThread.ts';
import type { PainterData, PaintReply, PaintRequest } from './message.ts';

// CommonJS whose names Node cannot see from outside.
const { bufferSize, compressSync, FORMAT_RGB, SAMP_420 } = jpegTurbo;

const { options, folder } = workerData as PainterData;
const port = parentPort;
if (port === null) throw new Error('painter.ts runs in a worker thread only');

const plan = planSet(options);
const paint = createPainter(plan);
const quality = new Map(plan.cameras.map((camera) => [camera.camid, camera.quality]));
const scratch = Buffer.alloc(bufferSize({ width: options.width, height: options.height, subsampling: SAMP_420 }));

/** Never makes `folder` itself: where it is gone, the set is no longer wanted, or its project has another place. */
function makeFolderIn(folder: string, path: string): string {
  let made = folder;
  for (const part of path.split('/')) {
    made = join(made, part);
    try {
      mkdirSync(made);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return made;
}

/** Synchronous on purpose: the thread has nothing else to do, and a small file is written faster without a round trip. */
function paintTracklet(index: number): PaintReply {
  const { tracklet, frames } = paint(index);
  const target = makeFolderIn(folder, tracklet.folder);
  for (const [frame, rgb] of frames.entries()) {
    // Each camera compresses in its own way.
    const jpeg = compressSync(Buffer.from(rgb.buffer, rgb.byteOffset, rgb.byteLength), scratch, {
      format: FORMAT_RGB,
      width: options.width,
      height: options.height,
      subsampling: SAMP_420,
      quality: quality.get(tracklet.camid) ?? 85,
    });
    writeFileSync(join(target, `${String(frame + 1).padStart(4, '0')}.jpg`), jpeg);
  }
  return { index, tracklet };
}

answerUntilEnd(port, ({ index }: PaintRequest) => {
  let reply: PaintReply;
  try {
    reply = paintTracklet(index);
  } catch (error) {
    reply = { index, error: toErrorShape(error) };
  }
  port.postMessage(reply);
});
