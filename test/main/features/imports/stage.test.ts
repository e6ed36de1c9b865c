/** What an importer emits is checked before anything is stored: one wrong thing a record, each named with its key. */
import { expect, test } from 'vitest';
import type { MediaRecord, TrackletRecord } from '../../../../datasets/importer.ts';
import { annotationFields } from '../../../../src-main/features/annotations/handlers.ts';
import { createStage } from '../../../../src-main/features/imports/stage.ts';
import type { StagedTracklet } from '../../../../src-main/features/imports/table.ts';

const VIDEO: MediaRecord = { key: 'video', kind: 'video', path: 'a.avi', width: 100, height: 80, frameCount: 10, fps: 25 };
const CROPS: MediaRecord = { key: 'crops', kind: 'crops', path: '0001/c1', width: 10, height: 20, frameCount: 3, fps: null };

async function staged(change: Partial<TrackletRecord>, media = VIDEO): Promise<StagedTracklet | undefined> {
  const kept: StagedTracklet[] = [];
  const stage = createStage(await annotationFields(), {
    media: async () => undefined,
    tracklet: async (record) => void kept.push(record),
    progress: () => undefined,
  });
  await stage.sink.camera({ camid: 1, name: 'c1' });
  await stage.sink.identity({ pid: 1, name: '0001', kind: 'person' });
  await stage.sink.media(media);
  const whole: TrackletRecord = {
    key: 't',
    pid: 1,
    camid: 1,
    split: 'train',
    mediaKey: media.key,
    frameIndex: Int32Array.of(2, 3, 5),
    boxes: media.kind === 'crops' ? null : new Float32Array(12).fill(1),
    files: media.kind === 'video' ? null : ['a.jpg', 'b.jpg', 'c.jpg'],
    ignored: null,
    annotations: [],
  };
  await stage.sink.tracklet({ ...whole, ...change });
  return kept[0];
}

test('a whole record goes on as it is', async () => {
  expect((await staged({}))?.frameIndex).toEqual(Int32Array.of(2, 3, 5));
  expect((await staged({ frameIndex: Int32Array.of(0, 1, 2) }, CROPS))?.files).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
});

test.each<[string, Partial<TrackletRecord>, RegExp]>([
  ['one frame twice', { frameIndex: Int32Array.of(2, 3, 3) }, /t is not in time order at frame 3/],
  ['a step back', { frameIndex: Int32Array.of(2, 5, 3) }, /t is not in time order at frame 3/],
  ['a frame before the first', { frameIndex: Int32Array.of(-1, 3, 5) }, /names frame -1/],
  ['a frame beyond the video', { frameIndex: Int32Array.of(2, 3, 10) }, /names frame 10; a\.avi has frames 0 to 9/],
  ['no frames', { frameIndex: new Int32Array(0), boxes: new Float32Array(0) }, /has no frames/],
  ['a person that is not there', { pid: 2 }, /names identity 2/],
  ['a camera that is not there', { camid: 2 }, /names camera 2/],
  ['a medium that is not there', { mediaKey: 'other' }, /names the medium other/],
  ['a box too few', { boxes: new Float32Array(8) }, /2 boxes for 3 frames/],
  ['a box that is no number', { boxes: new Float32Array(12).fill(1).fill(NaN, 5, 6) }, /a box that is no number/],
  ['no boxes in full frames', { boxes: null }, /has no boxes/],
  ['an ignore mark too few', { ignored: Uint8Array.of(0, 1) }, /2 ignore marks for 3 frames/],
  ['a field that is not there', { annotations: [{ field: 'mood', start: 0, end: 0, value: 1 }] }, /unknown field "mood"/],
  ['a value that is none', { annotations: [{ field: 'visibility', start: 0, end: 0, value: 11 }] }, /11 is no value of the field "visibility"/],
  ['a value beyond the end', { annotations: [{ field: 'visibility', start: 1, end: 3, value: 1 }] }, /at 1 to 3, but frames 0 to 2/],
  [
    'two values at one frame',
    {
      annotations: [
        { field: 'visibility', start: 0, end: 1, value: 1 },
        { field: 'visibility', start: 1, end: 2, value: 2 },
      ],
    },
    /two values of "visibility" at frame 1/,
  ],
])('%s is refused', async (_name, change, sentence) => {
  await expect(staged(change)).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringMatching(sentence) as unknown,
    params: expect.objectContaining({ key: 't' }) as unknown,
  });
});

test.each([{ width: 0 }, { height: 0 }, { frameCount: 0 }, { width: NaN }])('a medium with %o is refused by its key', async (change) => {
  await expect(staged({}, { ...VIDEO, ...change })).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: 'The medium video has no size or no frames.',
    params: { key: 'video' },
  });
});
