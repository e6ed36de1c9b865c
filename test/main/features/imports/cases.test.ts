/**
 * Folders as they occur in public bug reports of tools that do this job, through a real host: what must come out of each, worked out by hand from
 * its files. Nothing that is left out may be silent, and `strict` refuses it.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RpcClient } from '../../../../src-shared/rpc.ts';
import type { ImportResult } from '../../../../src-main/features/imports/importJob.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../../support/project.ts';

/** Relative path → content; `true` is a good picture, a number one of that width. */
type Layout = Record<string, string | Uint8Array | number | true>;

interface Right {
  identities: [pid: number, kind: string, tracklets: number][];
  cameras: string[];
  frames: number;
  /** Codes of warnings with their count and places, but for what is no news: columns told apart. */
  warnings?: Record<string, [count: number, where: string]>;
  fps?: number | null;
  size?: [number, number];
  /** Media frame and box of the first tracklet, a position. */
  frameIndex?: number[];
  boxes?: number[];
  options?: Record<string, unknown>;
}

const sources = temporaryFolder();
const pictures = new Map<number, Buffer>();
let project: TestProject;
let client: RpcClient;

beforeAll(async () => {
  project = await openTestProject();
  client = project.host.client();
  for (const width of [320, 640])
    pictures.set(
      width,
      await sharp({ create: { width, height: (width * 3) / 4, channels: 3, background: '#446688', noise: { type: 'gaussian', mean: 120, sigma: 30 } } })
        .jpeg()
        .toBuffer(),
    );
  pictures.set(
    64,
    await sharp({ create: { width: 64, height: 128, channels: 3, background: '#664422' } })
      .jpeg()
      .toBuffer(),
  );
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

function make(name: string, layout: Layout): string {
  const folder = join(sources.path, name);
  for (const [path, content] of Object.entries(layout)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const isPicture = content === true || typeof content === 'number';
    writeFileSync(join(folder, path), isPicture ? (pictures.get(content === true ? 320 : content) ?? '') : content);
  }
  return folder;
}

async function importFolder(path: string, options: Record<string, unknown> = {}, strict = false): Promise<ImportResult> {
  const { jobId } = await client.call('imports.start', { path, importer: null, options, name: null, strict });
  return (await project.host.context.jobs.wait(jobId)) as ImportResult;
}

/** Crops of people, two in each folder unless the last part of a path names a file. */
function crops(...folders: string[]): Layout {
  return Object.fromEntries(
    folders.flatMap((folder) => (folder.endsWith('.jpg') ? [folder] : [`${folder}/0001.jpg`, `${folder}/0002.jpg`]).map((file) => [file, 64])),
  );
}

const row = (frame: number, box = '100,40,80,80'): string => `${frame},1,${box},1,-1,-1,-1\n`;
const six = [1, 2, 3, 4, 5, 6].map((frame) => row(frame)).join('');
const name = (frame: number): string => `00000${frame}`;

/** Six full frames with one person in them. */
function sequence(gt: string, more: Layout = {}, file: (frame: number) => string = (frame) => `${name(frame)}.jpg`): Layout {
  return { 'gt/gt.txt': gt, ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((frame) => [`img1/${file(frame)}`, true])), ...more };
}

function seqinfo(lines: string): Layout {
  return { 'seqinfo.ini': `[Sequence]\nname=seq\n${lines}\nseqLength=6\nimWidth=320\nimHeight=240\nimExt=.jpg\n` };
}

const onePerson = (frames: number): Pick<Right, 'identities' | 'frames'> => ({ identities: [[1, 'person', 1]], frames });
const sequenceRight: Right = { ...onePerson(6), cameras: [expect.any(String) as string], frameIndex: [0, 1, 2, 3, 4, 5] };

const cases: Record<string, [Layout | (() => Layout), Right]> = {
  'g-comment': [sequence(`# exported 2024\n${six}`), { ...sequenceRight, warnings: { ROW_COMMENT: [1, 'gt/gt.txt line 1'] } }],
  'g-header': [sequence(`frame,id,x,y,w,h,conf,a,b,c\n${six}`), { ...sequenceRight, warnings: { ROW_HEADER: [1, 'gt/gt.txt line 1'] } }],
  'g-dup-row': [sequence(six + row(3)), { ...sequenceRight, warnings: { ROW_REPEATED: [1, 'gt/gt.txt line 7 (line 3 is kept)'] } }],
  'g-dup-other': [sequence(six + row(3, '101,40,80,80')), { ...sequenceRight, warnings: { ROW_CONFLICT: [1, 'gt/gt.txt line 7 (line 3 is kept)'] } }],
  'g-zero-size': [sequence(`${six}3,2,10,10,0,20,1,-1,-1,-1\n`), { ...sequenceRight, warnings: { ROW_NO_AREA: [1, 'gt/gt.txt line 7'] } }],
  'g-negative-id': [sequence(`${six}1,-2,10,10,20,20,1,-1,-1,-1\n`), { ...sequenceRight, warnings: { ROW_ID: [1, 'gt/gt.txt line 7'] } }],
  'g-nan': [
    sequence(`${six}1,2,NaN,10,20,20,1,-1,-1,-1\n`),
    { ...sequenceRight, warnings: { ROW_NO_NUMBER: [1, 'gt/gt.txt line 7, column 3 ("NaN" is not a number)'] } },
  ],

  's-fps-comma': [
    sequence(six, seqinfo('imDir=img1\nframeRate=29,97')),
    { ...sequenceRight, fps: null, warnings: { SEQINFO_VALUE: [1, 'seqinfo.ini line 4'] } },
  ],
  's-fps-fraction': [sequence(six, seqinfo('imDir=img1\nframeRate=30000/1001')), { ...sequenceRight, fps: expect.closeTo(29.97, 3) as number }],
  's-fps-zero': [sequence(six, seqinfo('imDir=img1\nframeRate=0')), { ...sequenceRight, fps: null, warnings: { SEQINFO_VALUE: [1, 'seqinfo.ini line 4'] } }],
  's-inline-comment': [sequence(six, seqinfo('imDir=img1\nframeRate=25 ; fps')), { ...sequenceRight, fps: 25 }],
  's-imdir-abs': [
    sequence(six, seqinfo('imDir=/data/MOT17/img1\nframeRate=25')),
    { ...sequenceRight, fps: 25, warnings: { SEQINFO_VALUE: [1, 'seqinfo.ini line 3'] } },
  ],
  's-imdir-backslash': [sequence(six, seqinfo('imDir=.\\img1\nframeRate=25')), { ...sequenceRight, fps: 25 }],
  's-imdir-outside': [
    sequence(six, seqinfo('imDir=../../img1\nframeRate=25')),
    { ...sequenceRight, fps: 25, warnings: { SEQINFO_VALUE: [1, 'seqinfo.ini line 3'] } },
  ],

  'i-suffix-after-number': [
    sequence(six, {}, (frame) => `${name(frame)}_c2.jpg`),
    { ...sequenceRight, warnings: { FRAME_GUESS: [1, 'img1: 000001_c2.jpg is frame 1'] } },
  ],
  'i-suffix-rf': [sequence(six, {}, (frame) => `frame_${name(frame)}_jpg.rf.a${frame - 1}b77.jpg`), sequenceRight],
  'i-suffix-word': [sequence(six, {}, (frame) => `img-000${frame}-small.jpg`), sequenceRight],
  'i-sizes-differ': [
    {
      'gt/gt.txt': row(1) + [2, 3, 4].map((frame) => row(frame, '200,80,160,160')).join(''),
      'img1/000001.jpg': 320,
      'img1/000002.jpg': 640,
      'img1/000003.jpg': 640,
      'img1/000004.jpg': 640,
    },
    {
      ...onePerson(3),
      cameras: ['i-sizes-differ'],
      size: [640, 480],
      frameIndex: [1, 2, 3],
      boxes: [200, 80, 160, 160, 200, 80, 160, 160, 200, 80, 160, 160],
      warnings: { PICTURE_SIZE: [1, 'img1/000001.jpg'] },
    },
  ],
  'b-html-mid': [
    sequence(six, { 'img1/000004.jpg': '<!doctype html><title>404 Not Found</title>' }),
    { ...sequenceRight, ...onePerson(5), frameIndex: [0, 1, 2, 4, 5], warnings: { PICTURE_UNDECODABLE: [1, 'img1/000004.jpg'] } },
  ],
  'b-cut-mid': [
    () => sequence(six, { 'img1/000004.jpg': (pictures.get(320) ?? Buffer.alloc(0)).subarray(0, 4000), 'img1/000005.jpg': '' }),
    {
      ...sequenceRight,
      ...onePerson(4),
      frameIndex: [0, 1, 2, 5],
      warnings: { PICTURE_UNDECODABLE: [1, 'img1/000004.jpg'], PICTURE_EMPTY: [1, 'img1/000005.jpg'] },
    },
  ],
  'b-cut-crop': [
    () => ({
      ...crops('0001/c1', '0002/c1', '0002/c2'),
      '0001/c1/0002.jpg': (pictures.get(64) ?? Buffer.alloc(0)).subarray(0, 300),
      '0002/c1/0001.jpg': '',
      '0002/c1/0002.jpg': 'text',
    }),
    {
      identities: [
        [1, 'person', 1],
        [2, 'person', 1],
      ],
      cameras: ['Camera 1', 'Camera 2'],
      frames: 3,
      warnings: { PICTURE_UNDECODABLE: [2, '0001/c1/0002.jpg, 0002/c1/0002.jpg'], PICTURE_EMPTY: [1, '0002/c1/0001.jpg'] },
    },
  ],

  't-junk-minus1': [
    crops('-1/c1', '-1/c2', '0000/c1', '0000/c2', '0001/c1', '0001/c2', '0002/c1', '0002/c2'),
    {
      identities: [
        [-1, 'junk', 2],
        [0, 'distractor', 2],
        [1, 'person', 2],
        [2, 'person', 2],
      ],
      cameras: ['Camera 1', 'Camera 2'],
      frames: 16,
    },
  ],
  't-junk-splits': [
    crops(
      'gallery/-1/c1',
      'gallery/-1/c2',
      'gallery/0000/c1',
      'gallery/0000/c2',
      'gallery/0001/c2',
      'gallery/0002/c2',
      'query/0001/c1',
      'query/0002/c1',
      'train/0005/c1',
      'train/0005/c2',
    ),
    {
      identities: [
        [-1, 'junk', 2],
        [0, 'distractor', 2],
        [1, 'person', 2],
        [2, 'person', 2],
        [5, 'person', 2],
      ],
      cameras: ['Camera 1', 'Camera 2'],
      frames: 20,
    },
  ],
  'e-junk-minus1': [
    crops(...['0001', '0002', '0003', '0004'].flatMap((person) => [`query/${person}/c1`, `gallery/${person}/c2`]), 'gallery/-1/c1', 'gallery/-1/c2'),
    {
      identities: [[-1, 'junk', 2], ...[1, 2, 3, 4].map((pid): [number, string, number] => [pid, 'person', 2])],
      cameras: ['Camera 1', 'Camera 2'],
      frames: 20,
    },
  ],
  'e-distractor-0000': [
    crops('query/0001/c1', 'gallery/0001/c2', 'gallery/0000/c1', 'gallery/0000/c2'),
    {
      identities: [
        [0, 'distractor', 2],
        [1, 'person', 2],
      ],
      cameras: ['Camera 1', 'Camera 2'],
      frames: 8,
    },
  ],
  'query-of-nobody': [
    crops('query/0001/c1', 'query/0000/c1', 'query/0000/c3', 'query/-1/c1', 'gallery/0001/c2', 'gallery/0000/c2'),
    {
      identities: [
        [-1, 'junk', 1],
        [0, 'distractor', 3],
        [1, 'person', 2],
      ],
      cameras: ['Camera 1', 'Camera 2', 'Camera 3'],
      frames: 12,
      warnings: { QUERY_OF_DISTRACTOR: [2, 'query/0000/c1, query/0000/c3'], QUERY_OF_JUNK: [1, 'query/-1/c1'] },
    },
  ],
  't-huge-pid': [
    crops('1/c2', '2147483648/c1', '4294967297/c1'),
    { identities: [1, 2147483648, 4294967297].map((pid): [number, string, number] => [pid, 'person', 1]), cameras: ['Camera 1', 'Camera 2'], frames: 6 },
  ],
  't-cams-letters': [
    crops('0001/cam_a', '0001/cam_b', '0002/cam_a', '0002/cam_b'),
    { identities: [1, 2].map((pid): [number, string, number] => [pid, 'person', 2]), cameras: ['cam_a', 'cam_b'], frames: 8 },
  ],
  't-cams-space': [
    crops('0001/Camera 1', '0001/Camera 2', '0002/Camera 1'),
    {
      identities: [
        [1, 'person', 2],
        [2, 'person', 1],
      ],
      cameras: ['Camera 1', 'Camera 2'],
      frames: 6,
    },
  ],
  't-tracklet-folders-market-names': [
    crops(
      ...['0001', '0002'].flatMap((person) =>
        [1, 2].flatMap((camera) => [1, 2].map((frame) => `${person}/t${camera}/${person}_c${camera}s1_00000${frame}_00.jpg`)),
      ),
    ),
    { identities: [1, 2].map((pid): [number, string, number] => [pid, 'person', 2]), cameras: ['Camera 1', 'Camera 2'], frames: 8 },
  ],
  't-tracklet-folders-mars-names': [
    crops(
      ...['0001', '0002'].flatMap((person) =>
        [1, 2].flatMap((camera) => [1, 2].map((frame) => `${person}/T${camera}/${person}C${camera}T0001F00${frame}.jpg`)),
      ),
    ),
    { identities: [1, 2].map((pid): [number, string, number] => [pid, 'person', 2]), cameras: ['Camera 1', 'Camera 2'], frames: 8 },
  ],
  't-loose-pictures': [
    crops('0001/0001.jpg', '0001/0002.jpg', '0002/c1', '0003/c1', '0003/extra.jpg'),
    {
      identities: [
        [2, 'person', 1],
        [3, 'person', 1],
      ],
      cameras: ['Camera 1'],
      frames: 4,
      warnings: { PICTURE_LOOSE: [3, '0001/0001.jpg, 0001/0002.jpg, 0003/extra.jpg'] },
    },
  ],
  't-same-number': [
    crops('0001/c2', '1/c1', 'id-1/c4', 'p1/c3'),
    {
      identities: [1, 2, 3, 4].map((pid): [number, string, number] => [pid, 'person', 1]),
      cameras: ['Camera 1', 'Camera 2', 'Camera 3', 'Camera 4'],
      frames: 8,
      warnings: { PEOPLE_SAME_NUMBER: [3, '1 as 2, id-1 as 3, p1 as 4'] },
    },
  ],
};

/** What an option asks for, and what is neither lost nor bad. */
const HARMLESS = new Set(['ROW_COMMENT', 'ROW_HEADER', 'FRAME_GUESS', 'PEOPLE_SAME_NUMBER', 'QUERY_OF_DISTRACTOR', 'QUERY_OF_JUNK']);

test.each(Object.entries(cases))('%s', async (caseName, [layout, right]) => {
  const folder = make(caseName, typeof layout === 'function' ? layout() : layout);
  const result = await importFolder(folder, right.options);
  const detail = await client.call('datasets.get', { id: result.dataset });
  const identities = await client.call('datasets.identities', { datasetIds: [result.dataset] });
  expect({
    identities: identities.map(({ pid, kind, tracklets }) => [pid, kind, tracklets]).sort((a, b) => Number(a[0]) - Number(b[0])),
    cameras: detail.cameraRows.map((camera) => camera.name).sort(),
    frames: result.frames,
    warnings: Object.fromEntries(result.warnings.filter(({ code }) => code !== 'MOT_COLUMNS').map(({ code, count, where }) => [code, [count, where]])),
  }).toEqual({ identities: right.identities, cameras: right.cameras, frames: right.frames, warnings: right.warnings ?? {} });
  const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [result.dataset] }, sort: 'identity' });
  const first = await client.call('tracklets.get', { id: ids[0] ?? 0 });
  if (right.fps !== undefined) expect(first.fps).toEqual(right.fps);
  if (right.size !== undefined) expect([first.mediaWidth, first.mediaHeight]).toEqual(right.size);
  if (right.frameIndex !== undefined) expect([...first.frameIndex]).toEqual(right.frameIndex);
  if (right.boxes !== undefined) expect([...(first.boxes ?? [])]).toEqual(right.boxes);
  await client.call('datasets.remove', { id: result.dataset });

  const losses = Object.entries(right.warnings ?? {}).filter(([code]) => !HARMLESS.has(code));
  const strict = importFolder(folder, right.options, true);
  if (losses.length === 0) await strict;
  else
    await expect(strict).rejects.toMatchObject({
      code: 'IMPORT_INCOMPLETE',
      message: expect.stringContaining(losses[0]?.[1][1] ?? '') as string,
      params: { count: losses.reduce((sum, [, [count]]) => sum + count, 0) },
    });
});

test.skipIf(process.platform === 'win32').each(['m-link-each-picture', 'm-link-video'])('%s: links that lead out are named', async (caseName) => {
  const elsewhere = make(`${caseName}-elsewhere`, { '000001.jpg': true, '000002.jpg': true, 'clip.mp4': 'x' });
  const folder = make(caseName, { 'gt.txt': row(1) + row(2) });
  const links = caseName === 'm-link-video' ? ['clip.mp4'] : ['img1/000001.jpg', 'img1/000002.jpg'];
  mkdirSync(join(folder, 'img1'));
  for (const link of links) symlinkSync(join(elsewhere, link.replace('img1/', '')), join(folder, link));
  await expect(importFolder(folder)).rejects.toMatchObject({
    code: 'MEDIA_MISSING',
    message: expect.stringContaining(
      `Links that lead out of the folder are not followed${links.length > 1 ? ` (${links.length} times)` : ''}: ${links.join(', ')}.`,
    ) as string,
    remedy: expect.stringContaining('choose one that holds both') as string,
  });
});

test.skipIf(process.platform === 'win32')('links whose target stays inside are followed', async () => {
  const folder = make('m-link-inside', { 'gt.txt': row(1) + row(2), 'store/a.jpg': true, 'store/b.jpg': true });
  mkdirSync(join(folder, 'img1'));
  symlinkSync(join(folder, 'store', 'a.jpg'), join(folder, 'img1', '000001.jpg'));
  symlinkSync('../store/b.jpg', join(folder, 'img1', '000002.jpg'));
  expect(await importFolder(folder)).toMatchObject({
    frames: 2,
    warnings: [{ code: 'MOT_COLUMNS' }, { code: 'FILE_LINKED', where: 'store/a.jpg, store/b.jpg' }],
  });
  // Nothing is lost by it.
  await importFolder(folder, {}, true);
});

test.skipIf(process.platform === 'win32')('backslash-name: the name is named, the rest is imported', async () => {
  const folder = make('backslash-name', crops('0001/c1/1.jpg', '0001/h\\b/1.jpg'));
  expect(await importFolder(folder)).toMatchObject({
    identities: 1,
    frames: 1,
    warnings: [{ code: 'NAME_UNUSABLE', where: '0001/h\\b (has a backslash in its name)', count: 1 }],
  });
});
