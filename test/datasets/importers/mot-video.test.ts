/** Importer mot-video: columns, visits, and every bad input of a track file. Expected values are worked out by hand from the lines. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import motVideo, { cutVisits } from '../../../datasets/importers/mot-video.ts';
import { fakeMedia, memoryTree, type FakeMedia, type Files } from '../../support/memoryTree.ts';
import { runImporter, type Recorded } from '../../support/recordingSink.ts';
import type { MotRow } from '../../../datasets/readers/motText.ts';

const pixel = new Uint8Array([1]);

function video(
  gt: string,
  options: Record<string, unknown> = {},
  facts: FakeMedia = { video: { width: 100, height: 80, frames: 50, fps: 25 } },
  more: Files = {},
): Promise<Recorded> {
  return runImporter(motVideo, memoryTree({ 'clip.avi': pixel, 'gt/gt.txt': gt, ...more }), fakeMedia(facts), { options });
}

function codes(recorded: Recorded): Record<string, number> {
  return Object.fromEntries(recorded.warnings.map((warning) => [warning.code, warning.count]));
}

describe('columns', () => {
  test('MOT15 world coordinates are told from MOT16 classes, and it is said', async () => {
    const mot15 = await video('1,7,10,20,5,12,1,-4.15,-7.35,0\n2,7,11,20,5,12,0,-4.1,-7.3,0\n');
    expect(mot15.warnings.find((warning) => warning.code === 'MOT_COLUMNS')?.message).toContain('MOT15');
    expect(mot15.tracklets[0]).toMatchObject({
      pid: 7,
      camid: 0,
      split: 'none',
      frameIndex: [0, 1],
      boxes: [10, 20, 5, 12, 11, 20, 5, 12],
      ignored: [0, 1],
      files: null,
      annotations: [],
    });
  });

  test('MOT15 with −1 everywhere after the flag is MOT15', async () => {
    const recorded = await video('1,1,10,20,5,12,1,-1,-1,-1\n');
    expect(recorded.warnings.find((warning) => warning.code === 'MOT_COLUMNS')?.message).toContain('no world coordinates');
  });

  test('MOT16 visibility becomes scores: ceil of the hidden decile, 0 only when nothing is hidden', async () => {
    const visibilities = [1, 0.95, 0.9, 0.89, 0.7, 0.5, 0.05, 0];
    const recorded = await video(visibilities.map((visible, index) => `${index + 1},3,10,20,5,12,1,1,${visible}`).join('\n'));
    const expected = [0, 1, 1, 2, 3, 5, 10, 10];
    const painted = new Array<number>(expected.length).fill(-1);
    for (const range of recorded.tracklets[0]?.annotations ?? []) for (let at = range.start; at <= range.end; at++) painted[at] = range.value as number;
    expect(painted).toEqual(expected);
    expect(recorded.warnings.find((warning) => warning.code === 'MOT_COLUMNS')?.message).toContain('MOT16');
  });

  test('vehicles are left out, distractors are marked, flag 0 is kept or not as chosen', async () => {
    const gt = '1,1,10,20,5,12,1,1,1\n1,2,30,20,5,12,0,3,1\n1,3,40,20,5,12,0,8,1\n';
    const kept = await video(gt);
    expect(kept.identities).toEqual([
      { pid: 1, name: '0001', kind: 'person' },
      { pid: 3, name: '0003', kind: 'distractor' },
    ]);
    expect(kept.tracklets[1]?.ignored).toEqual([1]);
    expect(codes(kept)).toMatchObject({ NOT_A_PERSON: 1, IGNORED_BOX: 1 });
    expect((await video(gt, { includeIgnored: false })).identities.map((identity) => identity.pid)).toEqual([1]);
  });
});

test('origin and licence come from seqinfo.ini, and are not known without it', async () => {
  const gt = '1,1,10,20,5,12,1\n';
  expect((await video(gt)).summary).toEqual({ name: 'set', origin: null, licence: null });
  expect((await video(gt, {}, undefined, { 'seqinfo.ini': '[Sequence]\nname=Yard\norigin=Our own yard, 2026\nlicence=CC0\n' })).summary).toEqual({
    name: 'Yard',
    origin: 'Our own yard, 2026',
    licence: 'CC0',
  });
});

describe('visits', () => {
  const row = (frame: number): MotRow => ({ line: frame, frame, id: 1, x: 0, y: 0, w: 1, h: 1, flag: 1, category: null, visibility: null });
  const frames = (visits: MotRow[][]): string[] => visits.map((visit) => `${visit[0]?.frame}-${visit.at(-1)?.frame}`);

  test('a track is cut where more than maxGap frames are missing', () => {
    const track = [1, 2, 3, 6, 7, 20, 21].map(row);
    expect(frames(cutVisits(track, { maxGap: 2, visitFrames: 0, pauseFrames: 0 }).visits)).toEqual(['1-7', '20-21']);
    expect(frames(cutVisits(track, { maxGap: 1, visitFrames: 0, pauseFrames: 0 }).visits)).toEqual(['1-3', '6-7', '20-21']);
  });

  test('every 40 frames with a pause of 20', () => {
    const { visits, inPauses } = cutVisits(
      Array.from({ length: 130 }, (_, index) => row(index + 11)),
      { maxGap: 4, visitFrames: 40, pauseFrames: 20 },
    );
    expect(frames(visits)).toEqual(['11-50', '71-110', '131-140']);
    expect(inPauses).toBe(40);
  });

  test('PETS09-S2L1 as shipped: 19 people, 4,650 boxes; with visits every length fits', async () => {
    const folder = new URL('../../../datasets/samples/pets09-s2l1/', import.meta.url);
    const tree = memoryTree({
      'vtest.avi': pixel,
      'gt.txt': readFileSync(new URL('gt.txt', folder), 'utf8'),
      'seqinfo.ini': readFileSync(new URL('seqinfo.ini', folder), 'utf8'),
    });
    const whole = await runImporter(motVideo, tree, fakeMedia());
    expect([whole.identities.length, whole.tracklets.length, whole.tracklets.reduce((sum, tracklet) => sum + tracklet.frameIndex.length, 0)]).toEqual([
      19, 19, 4650,
    ]);
    // The same facts as in the folder's README.
    expect(whole.summary).toEqual({
      name: 'PETS09-S2L1',
      origin: expect.stringMatching(/PETS 2009.*University of Reading.*MOTChallenge 2015/) as string,
      licence: expect.stringMatching(/University of Reading.*CC BY-NC-SA 3\.0/) as string,
    });
    expect(whole.media[0]).toMatchObject({ kind: 'video', path: 'vtest.avi', fps: 7, frameCount: 795 });
    const visits = await runImporter(motVideo, tree, fakeMedia(), { options: { visitFrames: 40, pauseFrames: 20, minFrames: 8 } });
    expect(visits.identities).toHaveLength(19);
    expect(visits.tracklets.every((tracklet) => tracklet.frameIndex.length >= 8 && tracklet.frameIndex.length <= 40)).toBe(true);
    expect(codes(visits)).toHaveProperty('IN_PAUSE');
  });
});

describe('what is bad is left out and named by file and line', () => {
  const good = '1,1,10,20,5,12,1\n2,1,10,20,5,12,1\n3,1,10,20,5,12,1\n';
  const left: [string, string, string, string][] = [
    ['no number', '2,1,ten,20,5,12,1', 'ROW_NO_NUMBER', 'gt/gt.txt line 4, column 3 ("ten" is not a number)'],
    ['no area', '2,1,10,20,0,12,1', 'ROW_NO_AREA', 'gt/gt.txt line 4'],
    ['a negative id', '2,-2,10,20,5,12,1', 'ROW_ID', 'gt/gt.txt line 4'],
    ['a huge box', '4,1,0,0,5000,12,1', 'BOX_HUGE', 'gt/gt.txt line 4'],
    ['the same row again', '2,1,10,20,5,12,1', 'ROW_REPEATED', 'gt/gt.txt line 4 (line 2 is kept)'],
    ['another box of the same frame', '2,1,11,20,5,12,1', 'ROW_CONFLICT', 'gt/gt.txt line 4 (line 2 is kept)'],
    ['a frame beyond the video', '51,1,10,20,5,12,1', 'FRAME_MISSING', 'gt/gt.txt line 4 (frame 51)'],
  ];
  test.each(left)('%s', async (_name, row, code, where) => {
    const recorded = await video(good + row);
    expect(recorded.tracklets.map(({ frameIndex, boxes }) => [frameIndex, boxes?.length])).toEqual([[[0, 1, 2], 12]]);
    expect(recorded.tracklets[0]?.boxes?.slice(4, 8)).toEqual([10, 20, 5, 12]);
    expect(recorded.warnings.filter((warning) => warning.code !== 'MOT_COLUMNS')).toMatchObject([{ code, where, count: 1 }]);
    await expect(
      runImporter(motVideo, memoryTree({ 'clip.avi': pixel, 'gt/gt.txt': good + row }), fakeMedia({ video: { width: 100, height: 80, frames: 50, fps: 25 } }), {
        strict: true,
      }),
    ).rejects.toMatchObject({
      code: 'IMPORT_INCOMPLETE',
      message: expect.stringContaining(where) as string,
    });
  });

  test('a bad visibility is left out, its box is kept', async () => {
    const rows = Array.from({ length: 20 }, (_, index) => `${index + 1},1,10,20,5,12,1,1,0.5`).join('\n');
    const recorded = await video(`${rows}\n21,1,10,20,5,12,1,1,1.5\n`);
    expect(recorded.tracklets[0]?.frameIndex).toHaveLength(21);
    expect(recorded.tracklets[0]?.annotations).toEqual([{ field: 'visibility', start: 0, end: 19, value: 5 }]);
    expect(recorded.warnings.find(({ code }) => code === 'VISIBILITY')?.where).toBe('gt/gt.txt line 21');
  });

  const refused: [string, string, string, RegExp][] = [
    ['too few columns everywhere', '1,1,10,20,5\n', 'FILE_INVALID', /gt\/gt\.txt line 1 has 5 columns/],
    ['frame 0', `0,1,10,20,5,12,1\n${good}`, 'FILE_INVALID', /line 1: frame 0/],
    [
      'most frames beyond the video',
      '1,1,10,20,5,12,1\n51,1,10,20,5,12,1\n52,1,10,20,5,12,1\n',
      'FILE_INVALID',
      /line 2: frame 51 lies beyond the 50 frames of clip\.avi/,
    ],
    ['nothing', '', 'IMPORT_EMPTY', /gt\/gt\.txt holds no boxes/],
    ['no identity', '1,-1,10,20,5,12,1\n', 'IMPORT_EMPTY', /no identities: every id is −1/],
    ['every box outside', '1,1,200,20,5,12,1\n', 'IMPORT_EMPTY', /None of the 1 boxes of gt\/gt\.txt is left: .*outside the 100×80/],
    ['binary', '1,1,\0', 'FILE_INVALID', /zero bytes/],
  ];
  test.each(refused)('refused: %s', async (_name, gt, code, message) => {
    await expect(video(gt)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  test('boxes partly outside are kept and counted, wholly outside left out and counted', async () => {
    const recorded = await video('1,1,-3,20,5,12,1\n2,1,98,20,5,12,1\n3,1,200,20,5,12,1\n4,1,10,20,5,12,1\n');
    expect(recorded.tracklets[0]?.frameIndex).toEqual([0, 1, 3]);
    expect(codes(recorded)).toMatchObject({ BOX_PARTLY_OUTSIDE: 2, BOX_OUTSIDE: 1 });
    expect(recorded.warnings.find((warning) => warning.code === 'BOX_OUTSIDE')?.where).toBe('gt/gt.txt line 3');
  });

  test('an empty or undecodable video is named', async () => {
    const gt = '1,1,10,20,5,12,1\n';
    await expect(runImporter(motVideo, memoryTree({ 'clip.avi': new Uint8Array(), 'gt.txt': gt }), fakeMedia())).rejects.toMatchObject({
      code: 'MEDIA_UNDECODABLE',
      message: expect.stringContaining('clip.avi') as string,
    });
    await expect(video(gt, {}, { broken: ['clip.avi'] })).rejects.toMatchObject({
      code: 'MEDIA_UNDECODABLE',
      message: expect.stringContaining('clip.avi') as string,
    });
  });

  test('pictures that are missing, bad or of another size go with their boxes, and are named; most missing is refused', async () => {
    const gt = [1, 2, 3, 4, 5, 6].map((frame) => `${frame},1,10,20,5,12,1\n`).join('');
    const files = Object.fromEntries([1, 2, 3, 4, 5, 6].map((frame) => [`img1/00000${frame}.jpg`, pixel]));
    const facts: FakeMedia = {
      image: { width: 100, height: 80 },
      broken: ['img1/000004.jpg', 'img1/000005.jpg'],
      sizes: { 'img1/000001.jpg': { width: 50, height: 40 } },
    };
    const tree = (change: Files): Files => {
      const all: Files = { 'gt/gt.txt': gt, ...files, 'img1/000005.jpg': new Uint8Array(), 'img1/000007.jpg': pixel, ...change };
      return Object.fromEntries(Object.entries(all).filter(([, content]) => content !== ''));
    };
    const recorded = await runImporter(motVideo, memoryTree(tree({ 'img1/000006.jpg': '' })), fakeMedia(facts));
    expect(recorded.tracklets[0]?.files).toEqual(['img1/000002.jpg', 'img1/000003.jpg']);
    expect(recorded.media[0]).toMatchObject({ width: 100, height: 80, frameCount: 7 });
    expect(recorded.warnings.map(({ code, where }) => [code, where])).toEqual([
      ['FRAME_MISSING', 'gt/gt.txt line 6 (frame 6)'],
      ['PICTURE_UNDECODABLE', 'img1/000004.jpg'],
      ['PICTURE_EMPTY', 'img1/000005.jpg'],
      ['PICTURE_SIZE', 'img1/000001.jpg'],
      ['MOT_COLUMNS', 'gt/gt.txt'],
      ['FRAME_UNUSED', 'img1/000007.jpg'],
    ]);
    expect(recorded.account).toEqual({ seen: 7, used: 3, leftOut: 4 });
    const few = Object.fromEntries([1, 2, 3, 4].map((frame) => [`img1/00000${frame}.jpg`, '']));
    await expect(runImporter(motVideo, memoryTree(tree(few)), fakeMedia(facts))).rejects.toMatchObject({
      code: 'MEDIA_MISSING',
      message: expect.stringMatching(/img1 lacks .*: 4 \(first in line 1\): 1, 2, 3, 4\./) as string,
    });
    await expect(runImporter(motVideo, memoryTree({ 'gt.txt': gt }), fakeMedia(facts))).rejects.toMatchObject({ code: 'MEDIA_MISSING' });
  });

  test('frame numbers in names: a guess is told, an unsafe one is refused with the option, two pictures of one frame are named', async () => {
    const gt = '1,1,10,20,5,12,1\n2,1,10,20,5,12,1\n3,1,10,20,5,12,1\n';
    const run = (names: string[], options = {}) =>
      runImporter(
        motVideo,
        memoryTree({ 'gt.txt': gt, ...Object.fromEntries(names.map((name) => [`img1/${name}`, pixel])) }),
        fakeMedia({ image: { width: 100, height: 80 } }),
        { options },
      );
    const guessed = await run(['000001_c2.jpg', '000002_c2.jpg', '000003_c2.jpg', '000003_c2.png']);
    expect(guessed.tracklets[0]?.files).toEqual(['img1/000001_c2.jpg', 'img1/000002_c2.jpg', 'img1/000003_c2.jpg']);
    expect(guessed.warnings).toContainEqual(expect.objectContaining({ code: 'FRAME_GUESS', where: 'img1: 000001_c2.jpg is frame 1' }));
    expect(guessed.warnings).toContainEqual(expect.objectContaining({ code: 'FRAME_TWICE', where: 'img1/000003_c2.png' }));
    const unsafe = ['1_3.jpg', '2_2.jpg', '3_1.jpg'];
    await expect(run(unsafe)).rejects.toMatchObject({ code: 'FILE_INVALID', remedy: expect.stringContaining('frameNumber=1') as string });
    expect((await run(unsafe, { frameNumber: 2 })).tracklets[0]?.files).toEqual(['img1/3_1.jpg', 'img1/2_2.jpg', 'img1/1_3.jpg']);
    const probe = await motVideo.probe(memoryTree({ 'gt.txt': gt, 'img1/000001_c2.jpg': pixel, 'img1/000002_c2.jpg': pixel }), fakeMedia());
    expect(probe?.guesses).toMatchObject([
      {
        option: 'frameNumber',
        value: 1,
        examples: [
          { file: 'img1/000001_c2.jpg', reads: 'frame 1' },
          { file: 'img1/000002_c2.jpg', reads: 'frame 2' },
        ],
      },
    ]);
  });

  test('tracks that count from 0 are moved by one on wish', async () => {
    const recorded = await video('0,1,10,20,5,12,1\n1,1,10,20,5,12,1\n', { firstFrame: 'zero' });
    expect(recorded.tracklets[0]?.frameIndex).toEqual([0, 1]);
  });

  test('a value of seqinfo.ini that cannot be used is named by its line; one that disagrees is a warning', async () => {
    const gt = '1,1,10,20,5,12,1\n';
    const recorded = await video(gt, {}, undefined, { 'seqinfo.ini': '[Sequence]\nframeRate=fast\n' });
    expect(recorded.warnings).toContainEqual(expect.objectContaining({ code: 'SEQINFO_VALUE', where: 'seqinfo.ini line 2' }));
    expect(recorded.media[0]?.fps).toBe(25);
    expect(codes(await video(gt, {}, undefined, { 'seqinfo.ini': '[Sequence]\nseqLength=60\nimWidth=640\nimHeight=480\n' }))).toMatchObject({
      SEQUENCE_LENGTH: 1,
      SEQUENCE_SIZE: 1,
    });
    expect(codes(await video(gt, {}, undefined, { 'seqinfo.ini': 'a\0b' }))).toMatchObject({ SEQINFO_UNREADABLE: 1 });
  });
});
