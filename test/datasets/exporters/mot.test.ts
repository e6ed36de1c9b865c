/** What the exporter of tracks writes, to the letter. That it comes back: test/contracts/exporters.contract.test.ts. */
import { expect, test } from 'vitest';
import mot from '../../../datasets/exporters/mot.ts';
import motVideo from '../../../datasets/importers/mot-video.ts';
import { memorySink, SETS, sourceOf, type ExportSet } from '../../contracts/support/exporterSets.ts';
import { fakeMedia, memoryTree } from '../../support/memoryTree.ts';
import { runImporter } from '../../support/recordingSink.ts';

const quiet = { signal: new AbortController().signal, progress: () => undefined };
const video = SETS['boxes on a video with visibility on each']!;
const frames = SETS['boxes on full frames with some labels, gaps and neighbours']!;

const SPARSE = {
  frameIndex: Int32Array.of(0, 7, 899),
  boxes: Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4),
  files: ['full/0.png', 'full/7.png', 'full/899.png'],
};

async function written(set: ExportSet): Promise<Record<string, string>> {
  const sink = memorySink();
  await mot.write(sourceOf(set), { maxGap: 4 }, sink, quiet);
  return sink.files;
}

test('rows from frame 1 with flag, class and visible share; boxes to the last bit', async () => {
  const files = await written(video);
  expect(Object.keys(files).sort()).toEqual(['clip.avi', 'gt/gt.txt', 'seqinfo.ini']);
  expect(files['gt/gt.txt']?.split('\n').slice(0, 3)).toEqual([
    '1,1,10.1,20.123455,5.5,0.33333334,1,1,1',
    '2,1,11.1,20.123455,5.5,0.33333334,0,1,1',
    '3,1,12.1,20.123455,5.5,0.33333334,1,1,0',
  ]);
  expect(Math.fround(20.123455)).toBe(Math.fround(20.123456));
  expect(files['gt/gt.txt']?.match(/^(6|40),.*$/gm)).toEqual(['6,2,15.1,20.123455,5.5,0.33333334,1,8,0.5', '40,3,49.1,20.123455,5.5,0.33333334,1,12,0.8']);
  expect(files['seqinfo.ini']).toBe(
    '[Sequence]\nname=Corner of the street\nframeRate=25\nseqLength=40\nimWidth=100\nimHeight=80\norigin=Made by hand\nlicence=CC0-1.0\n',
  );
});

test('full frames stand once each in img1 by their number; too few visibilities are not written, which is said', async () => {
  const files = await written(frames);
  expect(Object.entries(files).filter(([path]) => path.startsWith('img1/'))).toEqual([
    ['img1/000001.png', 'full/0.png'],
    ['img1/000002.png', 'full/1.png'],
    ['img1/000004.png', 'full/3.png'],
    ['img1/000005.png', 'full/4.png'],
    ['img1/000012.png', 'full/11.png'],
    ['img1/000007.png', 'full/6.png'],
    ['img1/000008.png', 'full/7.png'],
  ]);
  expect(files['gt/gt.txt']?.split('\n')[0]).toBe('1,1,10.1,20.123455,5.5,0.33333334,1,1');
  const { lost, media } = await mot.plan(sourceOf(frames), { maxGap: 4 }, quiet);
  expect(media).toBe(7);
  expect(lost.filter(({ aspect }) => aspect === 'tracklets').map(({ where, count }) => [where, count])).toEqual([
    ['one and two', 1],
    ['three', 1],
  ]);
  expect(lost.find(({ message }) => message.startsWith('Visibilities'))).toMatchObject({ aspect: 'values', count: 1 });
  // Told so, the importer cuts elsewhere.
  expect((await mot.plan(sourceOf(frames), { maxGap: 0 }, quiet)).lost.some(({ where }) => where === 'one and two')).toBe(false);
});

test('seqLength is the number of the last frame, though few frames have pictures; the importer takes them with a note', async () => {
  const sparse: ExportSet = { ...frames, items: frames.items.slice(0, 1).map((item) => ({ ...item, tracklet: { ...item.tracklet, ...SPARSE } })) };
  const files = await written(sparse);
  expect(files['seqinfo.ini']).toContain('\nseqLength=900\n');
  const again = await runImporter(motVideo, memoryTree(files, 'Set'), fakeMedia({ image: { width: 100, height: 80 } }), {});
  expect(again.tracklets.flatMap(({ frameIndex }) => frameIndex)).toEqual([0, 7, 899]);
  expect(again.warnings.filter(({ code }) => code === 'SEQUENCE_LENGTH').map(({ message }) => message)).toEqual([
    'seqinfo.ini says 900 frames, img1 holds 3 pictures; the pictures count.',
  ]);
});

test('several videos are a folder each', async () => {
  const files = await written({ ...video, items: [...video.items, ...frames.items] });
  expect(Object.keys(files).filter((path) => !path.includes('img1'))).toEqual([
    'video/clip.avi',
    'video/gt/gt.txt',
    'video/seqinfo.ini',
    'frames/gt/gt.txt',
    'frames/seqinfo.ini',
  ]);
});
