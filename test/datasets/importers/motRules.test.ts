/** MOT tracks rule by rule, each at its edge; expected values follow from the lines. What users meet is in mot-video.test.ts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import motVideo, { cutVisits } from '../../../datasets/importers/mot-video.ts';
import type { MediaProbe } from '../../../datasets/importer.ts';
import type { MotRow } from '../../../datasets/readers/motText.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { fakeMedia, memoryTree, type FakeMedia, type Tree } from '../../support/memoryTree.ts';
import { runImporter, type Recorded } from '../../support/recordingSink.ts';

const pixel = new Uint8Array([1]);
const clip = { width: 100, height: 80, frames: 50, fps: 25 };

function video(gt: string, options: Record<string, unknown> = {}, more: Tree = {}, media: MediaProbe = fakeMedia({ video: clip })): Promise<Recorded> {
  return runImporter(motVideo, memoryTree({ 'clip.avi': pixel, 'gt/gt.txt': gt, ...more }), media, { options });
}
function frames(
  gt: string,
  names: readonly string[],
  options: Record<string, unknown> = {},
  facts: FakeMedia = { image: { width: 100, height: 80 } },
  more: Tree = {},
): Promise<Recorded> {
  return runImporter(motVideo, memoryTree({ 'gt.txt': gt, ...Object.fromEntries(names.map((name) => [`img1/${name}`, pixel])), ...more }), fakeMedia(facts), {
    options,
  });
}
/** One box a frame, of one id. */
const track = (from: number, to: number, id = 1, box = '10,20,5,12,1'): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `${from + i},${id},${box}\n`).join('');
const told = ({ warnings }: Recorded): string[] =>
  warnings.filter(({ code }) => code !== 'MOT_COLUMNS').map(({ code, where, count }) => `${code} ${count} ${where}`);
const message = ({ warnings }: Recorded, code: string): string | undefined => warnings.find((warning) => warning.code === code)?.message;
const spans = ({ tracklets }: Recorded): string[] => tracklets.map(({ key, frameIndex }) => `${key} ${frameIndex[0]}-${frameIndex.at(-1)}`);

test('visits are those of a plain model: cut at gaps, then every so many frames, the pauses left out', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 40 }),
      fc.record({ maxGap: fc.nat(4), visitFrames: fc.nat(7), pauseFrames: fc.nat(4) }),
      (numbers, cut) => {
        const rows = numbers
          .sort((a, b) => a - b)
          .map((frame): MotRow => ({ line: frame, frame, id: 1, x: 0, y: 0, w: 1, h: 1, flag: 1, category: null, visibility: null }));
        const expected = new Map<string, number[]>();
        let start = 0;
        let pauses = 0;
        for (const [i, frame] of numbers.entries()) {
          if (i === 0 || frame - numbers[i - 1]! > cut.maxGap + 1) start = frame;
          const period = cut.visitFrames + cut.pauseFrames;
          const at = frame - start;
          if (cut.visitFrames > 0 && at % period >= cut.visitFrames) {
            pauses++;
            continue;
          }
          const visit = `${start} ${cut.visitFrames > 0 ? Math.floor(at / period) : 0}`;
          expected.set(visit, [...(expected.get(visit) ?? []), frame]);
        }
        const { visits, inPauses } = cutVisits(rows, cut);
        expect(visits.map((visit) => visit.map(({ frame }) => frame))).toEqual([...expected.values()]);
        expect(inPauses).toBe(pauses);
      },
    ),
    { seed: 5, numRuns: 500 },
  );
});

test('tracklets are numbered by person, in the order of time, whatever the order of the lines', async () => {
  const gt = `9,2,10,20,5,12,1\n1,2,10,20,5,12,1\n${track(3, 4, 10)}2,10,10,20,5,12,1\n20,10,10,20,5,12,1\n`;
  const recorded = await video(gt);
  expect(spans(recorded)).toEqual(['0002-01 0-0', '0002-02 8-8', '0010-01 1-3', '0010-02 19-19']);
  expect(recorded.identities).toEqual([
    { pid: 2, name: '0002', kind: 'person' },
    { pid: 10, name: '0010', kind: 'person' },
  ]);
  expect(recorded.media).toEqual([{ key: 'video', kind: 'video', path: 'clip.avi', width: 100, height: 80, frameCount: 50, fps: 25 }]);
  expect(recorded.tracklets[0]).toMatchObject({ pid: 2, camid: 0, split: 'none', mediaKey: 'video', ignored: null, files: null });
});

test('short visits are left out, named by the line of their first box, and no loss; a person without any does not come in', async () => {
  const gt = `${track(1, 3)}${track(10, 11)}${track(20, 20, 2)}`;
  const recorded = await video(gt, { minFrames: 2 });
  expect(spans(recorded)).toEqual(['0001-01 0-2', '0001-02 9-10']);
  expect(told(recorded)).toEqual(['TRACKLET_SHORT 1 gt/gt.txt line 6']);
  expect(recorded.identities.map(({ pid }) => pid)).toEqual([1]);
  expect(spans(await video(gt, { minFrames: 3 }))).toEqual(['0001-01 0-2']);
  await expect(video(gt, { minFrames: 4 })).rejects.toMatchObject({ code: 'IMPORT_EMPTY', message: 'No track in gt/gt.txt has a visit of 4 frames or more.' });
  const paused = await video(track(1, 10), { visitFrames: 3, pauseFrames: 2 });
  expect([spans(paused), told(paused)]).toEqual([['0001-01 0-2', '0001-02 5-7'], ['IN_PAUSE 4 gt/gt.txt id 1']]);
});

test('classes 1, 2, 7, 8 and 12 are people; 8 alone a distractor, 12 alone junk, mixed a person', async () => {
  const gt = Array.from({ length: 13 }, (_, i) => `1,${i + 1},10,20,5,12,1,${i + 1},1\n`).join('');
  const recorded = await video(
    `${gt}2,8,10,20,5,12,1,1,1\n2,12,10,20,5,12,1,8,1\n1,20,10,20,5,12,1,8,1\n2,20,10,20,5,12,1,8,1\n1,21,10,20,5,12,1,12,1\n2,21,10,20,5,12,1,12,1\n`,
  );
  expect(recorded.identities.map(({ pid, kind }) => `${pid} ${kind}`)).toEqual([
    '1 person',
    '2 person',
    '7 person',
    '8 person',
    '12 person',
    '20 distractor',
    '21 junk',
  ]);
  expect(told(recorded)).toEqual([expect.stringMatching(/^NOT_A_PERSON 8 gt\/gt\.txt line 3, gt\/gt\.txt line 4, /)]);
});

test('ignored boxes are marked one by one, and left out on wish', async () => {
  const gt = '1,1,10,20,5,12,1\n2,1,10,20,5,12,0\n3,1,10,20,5,12,0.5\n1,2,10,20,5,12,0\n';
  const kept = await video(gt);
  expect(kept.tracklets.map(({ ignored }) => ignored)).toEqual([[0, 1, 0], [1]]);
  expect(told(kept)).toEqual(['IGNORED_BOX 2 gt/gt.txt line 2, gt/gt.txt line 4']);
  const left = await video(gt, { includeIgnored: false });
  expect([spans(left), left.tracklets.map(({ ignored }) => ignored), told(left)]).toEqual([
    ['0001-01 0-2'],
    [null],
    ['IGNORED_BOX 2 gt/gt.txt line 2, gt/gt.txt line 4'],
  ]);
  await expect(video('1,1,10,20,5,12,0\n', { includeIgnored: false })).rejects.toMatchObject({
    code: 'IMPORT_EMPTY',
    message: expect.stringMatching(/None of the 1 boxes of gt\/gt\.txt is left: .*outside the 100×80 picture/) as string,
  });
});

test('what is told of kept boxes counts those that are kept, whatever the others are left out for', async () => {
  const box = (frame: number, id: number, x = 10): string => `${frame},${id},${x},20,5,12,0`;
  const gt = [
    ...[1, 2, 3, 4, 5, 6].map((frame) => box(frame, 1, -2)),
    box(2, 1, -2), // to the letter
    box(3, 1, -3), // another in the same frame
    box(7, 1, 200), // outside
    box(60, 1), // no such frame
    box(1, 2, -2), // too short
  ].join('\n');
  const recorded = await video(gt, { visitFrames: 2, pauseFrames: 1, minFrames: 2 });
  let ignored = 0;
  let outside = 0;
  for (const tracklet of recorded.tracklets)
    for (let at = 0; at < tracklet.frameIndex.length; at++) {
      ignored += tracklet.ignored?.[at] ?? 0;
      const [x, y, w, h] = [...(tracklet.boxes ?? [])].slice(at * 4, at * 4 + 4) as [number, number, number, number];
      if (x < 0 || y < 0 || x + w > 100 || y + h > 80) outside++;
    }
  expect([spans(recorded), ignored, outside]).toEqual([['0001-01 0-1', '0001-02 3-4'], 4, 4]);
  const counts = Object.fromEntries(recorded.warnings.map(({ code, count }) => [code, count]));
  expect(counts).toMatchObject({ IGNORED_BOX: ignored, BOX_PARTLY_OUTSIDE: outside, IN_PAUSE: 2, TRACKLET_SHORT: 1, FRAME_MISSING: 1 });
});

describe('a box of a picture of 100 × 80', () => {
  const inside = '1,2,10,20,5,12,1\n';
  test.each([
    ['fills it', '0,0,100,80', null],
    ['reaches out by its rounding', '-0.005,0,100.01,80', null],
    ['reaches out to the left', '-0.02,0,10,10', 'BOX_PARTLY_OUTSIDE'],
    ['reaches out above', '0,-0.02,10,10', 'BOX_PARTLY_OUTSIDE'],
    ['reaches out to the right', '95,0,5.02,10', 'BOX_PARTLY_OUTSIDE'],
    ['reaches out below', '0,75,10,5.02', 'BOX_PARTLY_OUTSIDE'],
    ['is twice as wide', '0,0,200,10', 'BOX_PARTLY_OUTSIDE'],
    ['is wider than twice', '0,0,201,10', 'BOX_HUGE'],
    ['is twice as high', '0,0,10,160', 'BOX_PARTLY_OUTSIDE'],
    ['is higher than twice', '0,0,10,161', 'BOX_HUGE'],
    ['begins at the right edge', '100,0,5,5', 'BOX_OUTSIDE'],
    ['begins just before it', '99,0,5,5', 'BOX_PARTLY_OUTSIDE'],
    ['begins at the lower edge', '0,80,5,5', 'BOX_OUTSIDE'],
    ['begins just above it', '0,79,5,5', 'BOX_PARTLY_OUTSIDE'],
    ['ends at the left edge', '-5,0,5,5', 'BOX_OUTSIDE'],
    ['ends just behind it', '-4,0,5,5', 'BOX_PARTLY_OUTSIDE'],
    ['ends at the upper edge', '0,-5,5,5', 'BOX_OUTSIDE'],
    ['ends just below it', '0,-4,5,5', 'BOX_PARTLY_OUTSIDE'],
  ])('that %s', async (_name, box, code) => {
    const recorded = await video(`1,1,${box},1\n${inside}`);
    expect(told(recorded)).toEqual(code === null ? [] : [`${code} 1 gt/gt.txt line 1`]);
    expect(recorded.identities.map(({ pid }) => pid)).toEqual(code === 'BOX_HUGE' || code === 'BOX_OUTSIDE' ? [2] : [1, 2]);
  });
});

test('visibilities from 0 to 1 become scores, others are named and leave the box', async () => {
  const shares = [1, 0, 0.5, -0.01, 1.01, ...Array<number>(30).fill(1)];
  const recorded = await video(shares.map((share, i) => `${i + 1},1,10,20,5,12,1,1,${share}\n`).join(''));
  expect(told(recorded)).toEqual(['VISIBILITY 2 gt/gt.txt line 4, gt/gt.txt line 5']);
  expect(recorded.tracklets[0]?.annotations).toEqual([
    { field: 'visibility', start: 0, end: 0, value: 0 },
    { field: 'visibility', start: 1, end: 1, value: 10 },
    { field: 'visibility', start: 2, end: 2, value: 5 },
    { field: 'visibility', start: 5, end: 34, value: 0 },
  ]);
});

test('of two rows of one frame the first is kept; they are the same only where every number is', async () => {
  const row = ['10', '20', '5', '12', '1', '1', '0.5'];
  const twice = (second: readonly string[]): string => `1,1,${row.join()}\n2,1,${row.join()}\n1,1,${second.join()}\n`;
  expect(told(await video(twice(row)))).toEqual(['ROW_REPEATED 1 gt/gt.txt line 3 (line 1 is kept)']);
  for (const [at, other] of ['11', '21', '6', '13', '0', '7', '0.4'].entries()) {
    const recorded = await video(twice(row.with(at, other)));
    expect(told(recorded)).toContain('ROW_CONFLICT 1 gt/gt.txt line 3 (line 1 is kept)');
    expect(recorded.tracklets[0]?.boxes?.slice(0, 4)).toEqual([10, 20, 5, 12]);
    expect(recorded.tracklets[0]?.frameIndex).toEqual([0, 1]);
  }
});

test('half of the boxes may be of frames that are not there', async () => {
  expect(told(await video(`${track(49, 52)}`))).toEqual(['FRAME_MISSING 2 gt/gt.txt line 3 (frame 51), gt/gt.txt line 4 (frame 52)']);
  await expect(video(track(50, 52))).rejects.toMatchObject({
    message: expect.stringContaining('line 2: frame 51 lies beyond the 50 frames of clip.avi') as string,
    params: { line: 2, frames: 50 },
  });
  // Detections and vehicles do not count.
  expect(spans(await video(`${track(49, 52)}1,-1,10,20,5,12,1\n`))).toEqual(['0001-01 48-49']);
  await expect(frames(track(1, 16), ['1.jpg'])).rejects.toMatchObject({
    code: 'MEDIA_MISSING',
    message: 'img1 lacks the pictures of most frames that gt.txt names: 15 (first in line 2): 2, 3, 4, 5, 6, ….',
    params: { line: 2, missing: 15 },
  });
  await expect(frames(track(1, 6), ['1.jpg'])).rejects.toMatchObject({ message: expect.stringMatching(/: 2, 3, 4, 5, 6\.$/) as string });
});

test('what a video and seqinfo.ini say of each other', async () => {
  const facts = (more: object): MediaProbe => ({ ...fakeMedia(), video: async () => ({ ...clip, ...more }) });
  const ini = (lines: string): Tree => ({ 'seqinfo.ini': `[Sequence]\n${lines}\n` });
  const gt = track(1, 2);
  expect(told(await video(gt, {}, ini('seqLength=50\nimWidth=100\nimHeight=80')))).toEqual([]);
  expect(message(await video(gt, {}, ini('seqLength=51')), 'SEQUENCE_LENGTH')).toBe('seqinfo.ini says 51 frames, clip.avi has 50; the video counts.');
  expect(message(await video(gt, {}, ini('imWidth=101')), 'SEQUENCE_SIZE')).toBe('seqinfo.ini says 101×80, clip.avi is 100×80; the picture counts.');
  expect(message(await video(gt, {}, ini('imHeight=81')), 'SEQUENCE_SIZE')).toBe('seqinfo.ini says 100×81, clip.avi is 100×80; the picture counts.');
  expect(message(await video(gt, {}, {}, facts({ headerFrames: 60 })), 'VIDEO_LENGTH')).toContain('counts 60 frames, but 50 can be decoded');
  expect(told(await video(gt, {}, {}, facts({ headerFrames: null, isDamaged: false })))).toEqual([]);
  expect(told(await video(gt, {}, {}, facts({ isDamaged: true })))).toEqual(['VIDEO_DAMAGED 1 clip.avi']);
  const fps = async (lines: string, more: object) => (await video(gt, {}, ini(lines), facts(more))).media[0]?.fps;
  expect([await fps('', { fps: 25 }), await fps('frameRate=7', { fps: 25 }), await fps('', { fps: 0 })]).toEqual([25, 7, null]);
  const camera = async (options: object, lines: string) => (await video(gt, { ...options }, ini(lines))).cameras;
  expect([await camera({}, ''), await camera({}, 'name=Yard'), await camera({ camera: 'Gate' }, 'name=Yard')]).toEqual([
    [{ camid: 0, name: 'set' }],
    [{ camid: 0, name: 'Yard' }],
    [{ camid: 0, name: 'Gate' }],
  ]);
});

test('one video: two are refused, pictures and pieces of other kinds are named where there is none', async () => {
  await expect(video(track(1, 2), {}, { 'other.mp4': pixel })).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining('several videos (clip.avi, other.mp4)') as string,
  });
  const alone = (more: Tree) => runImporter(motVideo, memoryTree({ 'gt.txt': track(1, 2), ...more }), fakeMedia());
  await expect(alone({})).rejects.toMatchObject({ message: 'gt.txt has tracks, but set holds neither a video nor pictures in img1.' });
  await expect(alone({ 'x.gif': pixel })).rejects.toMatchObject({
    message: expect.stringContaining('in img1 (x.gif is of a kind that is not read).') as string,
  });
  await expect(alone({ 'seqinfo.ini': '[Sequence]\nimDir=full\n' })).rejects.toMatchObject({
    message: expect.stringContaining('nor pictures in full.') as string,
  });
  await expect(runImporter(motVideo, memoryTree({ 'clip.avi': pixel }), fakeMedia())).rejects.toMatchObject({
    code: 'IMPORT_UNRECOGNISED',
    message: 'set has none of gt/gt.txt, gt.txt, det/det.txt, det.txt.',
  });
});

test('pictures lie where seqinfo.ini says, else in img1; a folder that cannot be read holds none', async () => {
  const gt = track(1, 2);
  const at = async (more: Tree) => (await runImporter(motVideo, memoryTree({ 'gt.txt': gt, ...more }), fakeMedia())).tracklets[0]?.files;
  const ini = { 'seqinfo.ini': '[Sequence]\nimDir=full\nframeRate=12\n' };
  const pictures = (folder: string): Tree => ({ [`${folder}/1.jpg`]: pixel, [`${folder}/2.jpg`]: pixel });
  expect(await at({ ...ini, ...pictures('full'), ...pictures('img1') })).toEqual(['full/1.jpg', 'full/2.jpg']);
  expect(await at({ ...ini, ...pictures('img1') })).toEqual(['img1/1.jpg', 'img1/2.jpg']);
  const tree = memoryTree({ 'gt.txt': gt, ...ini, ...pictures('full'), ...pictures('img1') });
  /** The folder cannot be listed that many times. */
  const refusing = (error: Error, times: number) => ({
    ...tree,
    list: (folder: string) => (folder === 'full' && times-- > 0 ? Promise.reject(error) : tree.list(folder)),
  });
  const unreadable = new AppError('FILE_UNREADABLE', 'no');
  expect((await runImporter(motVideo, refusing(unreadable, 1), fakeMedia())).tracklets[0]?.files).toEqual(['img1/1.jpg', 'img1/2.jpg']);
  // Walked for the account afterwards, such a folder is named.
  await expect(runImporter(motVideo, refusing(unreadable, 2), fakeMedia())).rejects.toBe(unreadable);
  for (const error of [new AppError('DISK_FULL', 'no'), new TypeError('no')])
    await expect(runImporter(motVideo, refusing(error, 1), fakeMedia())).rejects.toBe(error);
  const recorded = await frames(gt, ['1.jpg', '2.jpg', '3.jpg'], {}, undefined, { 'seqinfo.ini': '[Sequence]\nseqLength=4\nframeRate=12\n' });
  expect(recorded.media).toEqual([{ key: 'frames', kind: 'frames', path: 'img1', width: 100, height: 80, frameCount: 3, fps: 12 }]);
  expect(told(recorded)).toEqual(['SEQUENCE_LENGTH 1 seqinfo.ini', 'FRAME_UNUSED 1 img1/3.jpg']);
  const beyond = await frames(gt, ['1.jpg', '2.jpg', '9.jpg'], {}, undefined, { 'seqinfo.ini': '[Sequence]\nseqLength=2\n' });
  expect(message(beyond, 'SEQUENCE_LENGTH')).toBe('seqinfo.ini says 2 frames, img1 has a picture of frame 9; the pictures count.');
  expect((await frames(gt, ['1.jpg', '2.jpg'])).media[0]?.fps).toBe(null);
});

test('a seqinfo.ini that cannot be read is left out and named; cancelling, and our own faults, are no matter of the file', async () => {
  const tree = memoryTree({ 'clip.avi': pixel, 'gt.txt': track(1, 2), 'seqinfo.ini': 'frameRate=fast' });
  const failing = (error: Error) =>
    runImporter(motVideo, { ...tree, text: (path) => (path === 'seqinfo.ini' ? Promise.reject(error) : tree.text(path)) }, fakeMedia({ video: clip }));
  expect((await runImporter(motVideo, tree, fakeMedia({ video: clip }))).warnings).toContainEqual({
    code: 'SEQINFO_VALUE',
    message: 'frameRate must be a number above 0, it is "fast"; it is not used.',
    where: 'seqinfo.ini line 1',
    count: 1,
  });
  expect((await failing(new AppError('FILE_UNREADABLE', 'It is locked.'))).warnings).toContainEqual({
    code: 'SEQINFO_UNREADABLE',
    message: 'seqinfo.ini cannot be read and is not used: It is locked.',
    where: 'seqinfo.ini',
    count: 1,
  });
  for (const error of [new AppError('CANCELLED', 'Enough.'), new TypeError('no')]) await expect(failing(error)).rejects.toBe(error);
});

test('what is left out on purpose is no loss', async () => {
  const gt = `${track(1, 8)}1,-1,10,20,5,12,1\n${track(20, 20)}`;
  const options = { visitFrames: 3, pauseFrames: 1, minFrames: 2 };
  const strict = (text: string, more: Record<string, unknown>) =>
    runImporter(motVideo, memoryTree({ 'clip.avi': pixel, 'gt.txt': text }), fakeMedia({ video: clip }), { options: more, strict: true });
  expect(told(await strict(gt, options))).toEqual(['NO_IDENTITY 1 gt.txt line 9', 'TRACKLET_SHORT 1 gt.txt line 10', 'IN_PAUSE 2 gt.txt id 1']);
  const classes = '1,1,10,20,5,12,1,1,1\n1,2,10,20,5,12,1,3,1\n1,3,10,20,5,12,0,1,1\n';
  expect(told(await strict(classes, { includeIgnored: false }))).toEqual(['NOT_A_PERSON 1 gt.txt line 2', 'IGNORED_BOX 1 gt.txt line 3']);
  const pictures = runImporter(motVideo, memoryTree({ 'gt.txt': track(1, 1), 'img1/1.jpg': pixel, 'img1/2.jpg': pixel }), fakeMedia(), { strict: true });
  expect(told(await pictures)).toEqual(['FRAME_UNUSED 1 img1/2.jpg']);
});

test('frames that are not there are told by their medium, and listed in their order', async () => {
  expect(message(await video(track(49, 52)), 'FRAME_MISSING')).toBe('Boxes of frames beyond the 50 frames of clip.avi are left out.');
  expect(message(await frames(track(1, 4), ['1.jpg', '2.jpg']), 'FRAME_MISSING')).toBe('Boxes of frames whose pictures are missing in img1 are left out.');
  await expect(frames(`${track(9, 9)}${track(3, 4)}${track(3, 3, 2)}${track(1, 1)}`, ['1.jpg'])).rejects.toMatchObject({
    message: 'img1 lacks the pictures of most frames that gt.txt names: 3 (first in line 1): 3, 4, 9.',
    params: { file: 'gt.txt', line: 1, folder: 'img1', missing: 3 },
  });
});

test('only pictures with a box that is kept are looked at, in the order of frames', async () => {
  const looked: string[] = [];
  const media = fakeMedia({ sizes: { 'img1/1.jpg': { width: 90, height: 80 }, 'img1/2.jpg': { width: 100, height: 80 } } });
  const check = (path: string) => (looked.push(path), media.check(path));
  const image = (path: string) => (looked.push(`head of ${path}`), media.image(path));
  const tree = memoryTree({
    'gt.txt': '2,1,10,20,5,12,1\n1,1,10,20,5,12,1\n3,-1,10,20,5,12,1\n',
    ...Object.fromEntries([1, 2, 3, 4].map((frame) => [`img1/${frame}.jpg`, pixel])),
  });
  const recorded = await runImporter(motVideo, tree, { ...media, check, image });
  expect(looked).toEqual(['img1/1.jpg', 'img1/2.jpg']);
  // Of two equally common sizes that of the first frame counts.
  expect(recorded.tracklets.map(({ files }) => files)).toEqual([['img1/1.jpg']]);
  expect(told(recorded)).toEqual(
    ['NO_IDENTITY 1 gt.txt line 3', 'PICTURE_SIZE 1 img1/2.jpg', 'FRAME_UNUSED 2 img1/3.jpg, img1/4.jpg'].sort((a) => (a.startsWith('PICTURE') ? -1 : 0)),
  );
  expect(message(recorded, 'PICTURE_SIZE')).toBe('Pictures of another size than the 90×80 of the others are left out, with the boxes on them.');
  looked.length = 0;
  await runImporter(motVideo, tree, { ...media, check, image }, { options: { checkEvery: false } });
  expect(looked).toEqual(['head of img1/1.jpg', 'head of img1/2.jpg']);
});

test('a box that is left out for another reason is not looked at', async () => {
  expect(told(await video('1,1,10,20,5,12,1\n1,-1,900,20,5,12,1\n'))).toEqual(['NO_IDENTITY 1 gt/gt.txt line 2']);
});

test('progress counts boxes track by track; a cancelled import sends no further track', async () => {
  const gt = `${track(1, 3)}${track(1, 2, 5)}60,5,10,20,5,12,1\n`;
  const told: unknown[] = [];
  const tree = memoryTree({ 'clip.avi': pixel, 'gt.txt': gt });
  await runImporter(motVideo, tree, fakeMedia({ video: clip }), { onProgress: (...progress) => told.push(progress) });
  expect(told).toEqual([
    [3, 5, 'Track 1'],
    [5, 5, 'Track 5'],
  ]);
  const controller = new AbortController();
  let records = 0;
  const run = runImporter(motVideo, tree, fakeMedia({ video: clip }), {
    signal: controller.signal,
    // Camera, medium, and of the first person identity and tracklet.
    onRecord: (count) => ((records = count), count === 4 && controller.abort()),
  });
  await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(records).toBe(4);
});

test('what is refused names its files', async () => {
  const params = (run: Promise<unknown>) =>
    run.then(
      () => 'read',
      (error: unknown) => error,
    );
  expect(await params(video(track(1, 2), {}, { 'other.mp4': pixel }))).toMatchObject({ params: { file: 'other.mp4' } });
  expect(await params(video(track(50, 52)))).toMatchObject({ params: { file: 'gt/gt.txt', line: 2, media: 'clip.avi', frames: 50 } });
  expect(await params(video(''))).toMatchObject({ code: 'IMPORT_EMPTY', message: 'gt/gt.txt holds no boxes.', params: { file: 'gt/gt.txt' } });
  expect(await params(video('1,-1,10,20,5,12,1\n2,-1,10,20,5,12,1\n'))).toMatchObject({
    message: 'gt/gt.txt holds 2 boxes but no identities: every id is −1, as in the output of a detector.',
    params: { file: 'gt/gt.txt' },
    remedy: 'Import the output of a tracker or the ground truth, whose boxes carry ids.',
  });
  expect(await params(video('1,1,200,20,5,12,1\n2,-1,10,20,5,12,1\n'))).toMatchObject({
    message:
      'None of the 2 boxes of gt/gt.txt is left: they are not of people, marked as ignored, or wholly outside the 100×80 picture. Boxes wholly outside the 100×80 picture are left out: gt/gt.txt line 1.',
    params: { file: 'gt/gt.txt' },
    remedy: 'Check that gt/gt.txt belongs to clip.avi, and the option "Keep ignored boxes".',
  });
  expect(await params(video(track(1, 1), { minFrames: 2 }))).toMatchObject({ params: { file: 'gt/gt.txt' } });
  expect(await params(video(track(1, 1), {}, { 'clip.avi': new Uint8Array() }))).toMatchObject({
    code: 'MEDIA_UNDECODABLE',
    message: 'clip.avi is empty (0 bytes).',
    params: { file: 'clip.avi' },
  });
  const alone = (more: Tree) => params(runImporter(motVideo, memoryTree({ 'gt.txt': track(1, 3), ...more }), fakeMedia()));
  expect(await alone({})).toMatchObject({ code: 'MEDIA_MISSING', params: { file: 'gt.txt' }, remedy: expect.stringMatching(/^Put the video, /) as string });
  expect(await alone({ 'img1/a.jpg': pixel })).toMatchObject({ params: { folder: 'img1' } });
  expect(await alone(Object.fromEntries(['1_3', '2_2', '3_1'].map((name) => [`img1/${name}.jpg`, pixel])))).toMatchObject({
    message: 'Which digits count frames is not told by the names in img1, such as 1_3.jpg: it could be group 1 or 2.',
    params: { folder: 'img1' },
    remedy: expect.stringContaining('frameNumber=1 ') as string,
  });
  expect(await params(runImporter(motVideo, memoryTree({ 'clip.avi': pixel }), fakeMedia()))).toMatchObject({ params: { folder: 'set' } });
});

test('numbers in names are told when they are a guess, and as they are asked for; the first of two pictures of a frame is kept', async () => {
  const gt = track(1, 2);
  const guessed = await frames(gt, ['1_c7.jpg', '2_c7.jpg', '2_c7.png']);
  expect(guessed.warnings.filter(({ code }) => /^FRAME/.test(code))).toEqual([
    {
      code: 'FRAME_TWICE',
      message: 'Pictures that carry the frame number of another picture are left out; the first by name is kept.',
      where: 'img1/2_c7.png',
      count: 1,
    },
    { code: 'FRAME_GUESS', message: 'Of several numbers in the names, group 1 is read as the frame number.', where: 'img1: 1_c7.jpg is frame 1', count: 1 },
  ]);
  expect(told(await frames(gt, ['1_c7.jpg', '2_c7.jpg'], { frameNumber: 1 }))).toEqual([]);
  expect(told(await frames(gt, ['c7_a.jpg', 'c7_1.jpg', 'c7_2.jpg']))).toEqual(['NAME_UNKNOWN 1 img1/c7_a.jpg', 'FRAME_GUESS 1 img1: c7_1.jpg is frame 1']);
  expect(told(await frames(gt, ['1.jpg', '2.jpg'], {}, undefined, { 'seqinfo.ini': '[Sequence]\nseqLength=2\n' }))).toEqual([]);
});

test('options: what they are when nothing is said, and how far they go', () => {
  expect(motVideo.options.parse({})).toEqual({
    camera: '',
    maxGap: 4,
    visitFrames: 0,
    pauseFrames: 0,
    minFrames: 1,
    firstFrame: 'auto',
    frameNumber: 0,
    checkEvery: true,
    includeIgnored: true,
  });
  const takes = (option: string, value: unknown): boolean => motVideo.options.safeParse({ [option]: value }).success;
  for (const [option, least, most] of [
    ['maxGap', 0, 100_000],
    ['visitFrames', 0, 100_000],
    ['pauseFrames', 0, 100_000],
    ['minFrames', 1, 100_000],
    ['frameNumber', -20, 20],
  ] as const)
    expect([option, ...[least - 1, least, most, most + 1, 1.5].map((value) => takes(option, value))]).toEqual([option, false, true, true, false, false]);
  expect([takes('camera', 'c'.repeat(120)), takes('camera', 'c'.repeat(121))]).toEqual([true, false]);
});

test('pictures from 0 on are frames from 1 on; the last number is the length', async () => {
  const recorded = await frames(track(1, 3), ['000000.jpg', '000001.jpg', '000002.jpg', '000009.jpg']);
  expect(recorded.tracklets[0]?.files).toEqual(['img1/000000.jpg', 'img1/000001.jpg', 'img1/000002.jpg']);
  expect(recorded.media[0]?.frameCount).toBe(10);
  expect(told(recorded)).toEqual(['FRAME_NUMBERS 1 img1', 'FRAME_UNUSED 1 img1/000009.jpg']);
  await expect(frames(track(1, 2), ['a.jpg', 'b.jpg'])).rejects.toMatchObject({ message: 'The names in img1, such as a.jpg, hold no frame number.' });
  const odd = await frames(track(1, 2), ['1.jpg', '2.jpg', 'x9.jpg']);
  expect(told(odd)).toEqual(['NAME_UNKNOWN 1 img1/x9.jpg']);
});

test('the most common size counts, the first of equally common ones; either side may differ', async () => {
  const sized = async (...sizes: [number, number][]) => {
    const names = sizes.map((_, i) => `${i + 1}.jpg`);
    const facts = { sizes: Object.fromEntries(sizes.map(([width, height], i) => [`img1/${i + 1}.jpg`, { width, height }])) };
    const recorded = await frames(track(1, sizes.length), names, {}, facts);
    return [recorded.media[0]?.width, recorded.media[0]?.height, recorded.tracklets.flatMap(({ files }) => files)];
  };
  expect(await sized([100, 80], [90, 80], [90, 80])).toEqual([90, 80, ['img1/2.jpg', 'img1/3.jpg']]);
  expect(await sized([100, 80], [100, 90], [100, 90])).toEqual([100, 90, ['img1/2.jpg', 'img1/3.jpg']]);
  expect(await sized([90, 80], [100, 80])).toEqual([90, 80, ['img1/1.jpg']]);
  await expect(frames(track(1, 2), ['1.jpg', '2.jpg'], {}, { broken: ['img1/1.jpg', 'img1/2.jpg'] })).rejects.toMatchObject({
    code: 'MEDIA_UNDECODABLE',
    message: 'No picture in img1 can be decoded, such as img1/1.jpg.',
    params: { file: 'img1/1.jpg' },
  });
});

describe('a probe', () => {
  const probe = (files: Tree) => motVideo.probe(memoryTree(files), fakeMedia());
  const pictures: Tree = { 'img1/1.jpg': pixel, 'img1/2.jpg': pixel };
  test.each<[string, Tree, number | null, string]>([
    ['without tracks', { 'clip.avi': pixel }, null, ''],
    ['of a set of ours', { 'clip.avi': pixel, 'gt.txt': track(1, 2), 'synthetic.json': '{}' }, null, ''],
    [
      'with a video',
      { 'clip.avi': pixel, 'gt.txt': `${track(1, 3)}${track(2, 2, 7)}9,-1,1,1,1,1,1\n` },
      0.95,
      'Plain tracks with video, 2 ids, 5 boxes, 9 frames.',
    ],
    ['with frames', { ...pictures, 'gt/gt.txt': track(1, 2) }, 0.95, 'Plain tracks with frames, 1 ids, 2 boxes, 2 frames.'],
    ['with seqinfo.ini alone', { 'seqinfo.ini': '', 'det.txt': track(1, 2) }, 0.95, 'Plain tracks with frames, 1 ids, 2 boxes, 2 frames.'],
    ['with tracks alone', { 'det/det.txt': track(1, 2) }, 0.5, 'Plain tracks with no pictures, 1 ids, 2 boxes, 2 frames.'],
    ['of MOT16', { ...pictures, 'gt.txt': '1,1,1,1,1,1,1,1,1\n' }, 0.95, 'MOT16/17 tracks with frames, 1 ids, 1 boxes, 1 frames.'],
    ['of MOT15', { ...pictures, 'gt.txt': '1,1,1,1,1,1,1,-1,-1,-1\n' }, 0.95, 'MOT15 tracks with frames, 1 ids, 1 boxes, 1 frames.'],
    ['of a list of words beside a video', { 'clip.avi': pixel, 'gt.txt': 'hello\n' }, 0.4, 'A video with gt.txt, which does not begin like MOT tracks.'],
    ['of a list of words beside frames', { ...pictures, 'gt.txt': 'hello\n' }, 0.4, 'Frames with gt.txt, which does not begin like MOT tracks.'],
    ['of a list of words', { 'gt.txt': 'hello\n' }, null, ''],
    ['of one row without a line end', { 'clip.avi': pixel, 'gt.txt': '1,1,1,1,1,1' }, 0.95, 'Plain tracks with video, 1 ids, 1 boxes, 1 frames.'],
    ['below nineteen remarks', { 'clip.avi': pixel, 'gt.txt': `${'# made\n'.repeat(19)}${track(1, 1)}` }, 0.95, '1 boxes'],
    ['below twenty', { 'clip.avi': pixel, 'gt.txt': `${'# made\n'.repeat(20)}${track(1, 1)}` }, 0.4, 'does not begin like MOT tracks'],
    ['with a folder that seqinfo.ini names', { 'seqinfo.ini': 'imDir=full', 'full/1.jpg': pixel, 'gt.txt': track(1, 1) }, 0.95, 'tracks with frames'],
    ['of nothing', { 'clip.avi': pixel, 'gt.txt': '' }, 0.4, 'A video with gt.txt, which does not begin like MOT tracks.'],
    [
      'below a remark and a header',
      { 'clip.avi': pixel, 'gt.txt': `# made\nframe,id,x,y,w,h\n${track(1, 1)}` },
      0.95,
      'Plain tracks with video, 1 ids, 1 boxes, 1 frames.',
    ],
    ['of an error', { 'clip.avi': pixel, 'gt.txt': `${track(1, 1)}0,1,1,1,1,1\n` }, 0.6, 'MOT tracks with an error: gt.txt line 2: frame 0.'],
  ])('%s', async (_name, files, confidence, summary) => {
    const found = await probe(files);
    if (confidence === null) expect(found).toBe(null);
    else {
      expect(found?.confidence).toBe(confidence);
      expect(found?.summary).toContain(summary);
    }
  });

  test('asks which digits count where the names do not tell, with two examples; four of a guess', async () => {
    const named = (...names: string[]): Tree => ({ 'gt.txt': track(1, 2), ...Object.fromEntries(names.map((name) => [`img1/${name}`, pixel])) });
    expect((await probe(named('1.jpg', '2.jpg')))?.guesses).toEqual([]);
    expect((await probe(named('1_3.jpg', '2_2.jpg', '3_1.jpg')))?.guesses).toEqual([
      {
        option: 'frameNumber',
        value: 0,
        why: 'Which digits count frames is not told by the names; the import needs frameNumber=1 or frameNumber=2.',
        examples: [
          { file: 'img1/1_3.jpg', reads: 'frame unknown' },
          { file: 'img1/2_2.jpg', reads: 'frame unknown' },
        ],
      },
    ]);
    const [guess] = (await probe(named('c2_1.jpg', 'c2_2.jpg', 'c2_3.jpg', 'c2_4.jpg', 'c2_5.jpg')))?.guesses ?? [];
    expect([guess?.value, guess?.examples.map(({ reads }) => reads)]).toEqual([2, ['frame 1', 'frame 2', 'frame 3', 'frame 4']]);
  });
});
