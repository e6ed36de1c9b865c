/** What an importer emits is checked before anything is stored: one wrong thing a record, each named with its key. */
import { expect, test } from 'vitest';
import type { MediaRecord, RecordSink, TrackletRecord } from '../../../../datasets/importer.ts';
import { FIELDS } from '../../../../src-main/features/annotations/fields.ts';
import { createStage, type Stage } from '../../../../src-main/features/imports/stage.ts';
import type { StagedTracklet } from '../../../../src-main/features/imports/table.ts';

const VIDEO: MediaRecord = { key: 'video', kind: 'video', path: 'a.avi', width: 100, height: 80, frameCount: 10, fps: 25 };
const CROPS: MediaRecord = { key: 'crops', kind: 'crops', path: '0001/c1', width: 10, height: 20, frameCount: 3, fps: null };

async function begun(media = VIDEO): Promise<{ stage: Stage; sink: RecordSink; whole: TrackletRecord; kept: unknown[] }> {
  const kept: unknown[] = [];
  const stage = createStage(FIELDS, {
    media: async (record) => void kept.push(record),
    tracklet: async (record, of) => void kept.push([record, of]),
    split: async (record) => void kept.push(record),
    progress: (...said) => void kept.push(said),
  });
  const { sink } = stage;
  await sink.camera({ camid: 1, name: 'c1' });
  await sink.identity({ pid: 1, name: '0001', kind: 'person' });
  await sink.media(media);
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
  return { stage, sink, whole, kept };
}

async function staged(change: Partial<TrackletRecord>, media = VIDEO): Promise<StagedTracklet | undefined> {
  const { sink, whole, kept } = await begun(media);
  await sink.tracklet({ ...whole, ...change });
  return (kept.at(-1) as [StagedTracklet, MediaRecord])[0];
}

test('what was emitted goes on at once, in its order; cameras, people and warnings are kept', async () => {
  const { stage, sink, whole, kept } = await begun();
  await sink.tracklet(whole);
  await sink.tracklet({ ...whole, key: 'u', ignored: Uint8Array.of(0, 1, 0) });
  sink.progress(1, 2, 'half');
  const warning = { code: 'W', message: 'm', where: 'w', count: 1 };
  sink.warning(warning);
  await sink.camera({ camid: 0, name: 'c0' });
  await sink.identity({ pid: 9, name: 'nobody', kind: 'junk' });
  expect(kept).toEqual([VIDEO, [whole, VIDEO], [{ ...whole, key: 'u', ignored: Uint8Array.of(0, 1, 0) }, VIDEO], [1, 2, 'half']]);
  expect([stage.cameras, stage.identities, stage.warnings]).toEqual([
    [
      { camid: 1, name: 'c1' },
      { camid: 0, name: 'c0' },
    ],
    [
      { pid: 1, name: '0001', kind: 'person' },
      { pid: 9, name: 'nobody', kind: 'junk' },
    ],
    [warning],
  ]);
  expect([stage.kindOf(1), stage.kindOf(9), stage.kindOf(2)]).toEqual(['person', 'junk', undefined]);
});

test('what is named twice is refused by its key, and does not go on', async () => {
  const { sink, whole, kept } = await begun();
  await sink.tracklet(whole);
  const before = kept.length;
  const refused = (what: string, key: string): unknown => ({ code: 'FILE_INVALID', message: `The source names ${what} ${key} twice.`, params: { key } });
  await expect(sink.camera({ camid: 1, name: 'other' })).rejects.toMatchObject(refused('camera', '1') as object);
  await expect(sink.identity({ pid: 1, name: 'other', kind: 'junk' })).rejects.toMatchObject(refused('identity', '1') as object);
  await expect(sink.media(VIDEO)).rejects.toMatchObject(refused('medium', 'video') as object);
  await expect(sink.tracklet({ ...whole, frameIndex: Int32Array.of(7, 8, 9) })).rejects.toMatchObject(refused('tracklet', 't') as object);
  expect(kept).toHaveLength(before);
});

const put = (field: string, start: number, end: number, value: unknown) => ({ field, start, end, value });

test('values go on as JSON, by field and place; those of the whole tracklet cover it; what is said twice is said once', async () => {
  const annotations = [
    put('visibility', 2, 2, 4),
    put('occluder', 1, 1, 'person'),
    put('visibility', 0, 1, 3),
    put('note', 1, 1, 'limps'),
    put('occluder', 0, 0, 'object'),
    put('note', 2, 2, 'limps'),
    put('visibility', 1, 1, 3),
  ];
  expect((await staged({ annotations }))?.annotations).toEqual([
    put('note', 0, 2, '"limps"'),
    put('occluder', 0, 0, '"object"'),
    put('occluder', 1, 1, '"person"'),
    put('visibility', 0, 1, '3'),
    put('visibility', 2, 2, '4'),
  ]);
  expect((await staged({ annotations: [put('visibility', 0, 1, 3), put('visibility', 1, 2, 3)] }))?.annotations).toEqual([put('visibility', 0, 2, '3')]);
  // Beside each other they stay as the source has them.
  expect((await staged({ annotations: [put('visibility', 0, 1, 3), put('visibility', 2, 2, 3)] }))?.annotations).toEqual([
    put('visibility', 0, 1, '3'),
    put('visibility', 2, 2, '3'),
  ]);
});

test('the first and last frame of a video are frames of it; crops are numbered as they like', async () => {
  expect((await staged({ frameIndex: Int32Array.of(0, 1, 9) }))?.frameIndex).toEqual(Int32Array.of(0, 1, 9));
  expect((await staged({ frameIndex: Int32Array.of(0, 1, 30) }, CROPS))?.frameIndex).toEqual(Int32Array.of(0, 1, 30));
  await staged({ frameIndex: Int32Array.of(4), boxes: new Float32Array(4) });
});

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
  ['a picture of an unknown frame of a video', { frameIndex: Int32Array.of(2, 3, 11) }, /names frame 11/],
  ['a picture too few', { files: ['a.jpg', 'b.jpg'] }, /^Tracklet t has 2 pictures for 3 frames\.$/],
  ['two whole values that differ', { annotations: [put('note', 0, 0, 'a'), put('note', 2, 2, 'b')] }, /two values of "note" at frame 0/],
  ['a value before the first', { annotations: [put('visibility', -1, 0, 1)] }, /at -1 to 0, but frames 0 to 2/],
  ['a value that ends before it begins', { annotations: [put('visibility', 2, 1, 1)] }, /at 2 to 1, but/],
  ['a value from between two frames', { annotations: [put('visibility', 0.5, 1, 1)] }, /at 0\.5 to 1, but/],
  ['a value to between two frames', { annotations: [put('visibility', 0, 1.5, 1)] }, /at 0 to 1\.5, but/],
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

test('full frames and crops name their pictures', async () => {
  await expect(staged({ files: null }, CROPS)).rejects.toMatchObject({ code: 'FILE_INVALID', message: 'Tracklet t names no pictures.', params: { key: 't' } });
});

test.each([{ width: 0 }, { height: 0 }, { frameCount: 0 }, { width: NaN }])('a medium with %o is refused by its key', async (change) => {
  await expect(staged({}, { ...VIDEO, ...change })).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: 'The medium video has no size or no frames.',
    params: { key: 'video' },
  });
});
