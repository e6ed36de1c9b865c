/**
 * Exporter of sequences with MOTChallenge tracks: `gt/gt.txt` in the columns of MOT16 (class and visibility), `seqinfo.ini`, and the video or `img1`;
 * a folder for each sequence where there are several. Read back by the importer "mot-video".
 * Tests: test/datasets/exporters/mot.test.ts and the contract suite.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { SHARED_LAYER } from '../../src-shared/fields/layer.ts';
import {
  collectLosses,
  defineExporter,
  eachTracklet,
  type ExportContext,
  type ExportItem,
  type ExportTracklet,
  type FileSink,
  type Losses,
  type RecordSource,
} from '../exporter.ts';
import type { IdentityKind, MediaRecord } from '../importer.ts';
import { extensionOf } from '../readers/pictures.ts';

const options = z.object({
  maxGap: z.int().min(0).max(100_000).default(4).meta({
    title: 'Largest gap',
    description: 'As the importer will be told: tracklets of one person that are no further apart become one, and one with a larger gap inside becomes two',
  }),
});

/** Classes of MOT16: pedestrian, distractor, reflection. */
const CLASS: Record<IdentityKind, number> = { person: 1, distractor: 8, junk: 12 };
/** A reader tells visibilities from the metres of MOT15 where nine in ten rows have one. */
const VALUED = 0.9;

interface Visit {
  key: string;
  first: number;
  last: number;
  cuts: number;
}

interface Sequence {
  media: MediaRecord;
  /** '' where there is only one. */
  folder: string;
  rows: number;
  valued: number;
  tracklets: number;
  cameras: Set<number>;
  frames: Set<number>;
  visits: Map<number, Visit[]>;
}

/** Score of each frame; −1 without one. */
function scoresOf({ frameIndex, annotations }: ExportTracklet): Int8Array {
  const scores = new Int8Array(frameIndex.length).fill(-1);
  for (const { field, start, end, value, layer } of annotations)
    if (field === 'visibility' && layer === SHARED_LAYER && typeof value === 'number') scores.fill(value, start, end + 1);
  return scores;
}

function hasArea(boxes: Float32Array, at: number): boolean {
  return (boxes[at * 4 + 2] ?? 0) > 0 && (boxes[at * 4 + 3] ?? 0) > 0;
}

/** Why a tracklet cannot be a track, or null. */
function whyNot({ tracklet, media }: ExportItem): string | null {
  if (tracklet.boxes === null || media.kind === 'crops') return 'Tracklets of cut-out pictures are not written: tracks are boxes on a video or on full frames.';
  return tracklet.pid < 0 ? 'Tracklets of people with a number below 0 are not written: such boxes belong to nobody.' : null;
}

async function study(source: RecordSource, context: ExportContext, losses: Losses): Promise<Sequence[]> {
  const sequences = new Map<string, Sequence>();
  const folders = new Set<string>();
  for await (const item of eachTracklet(source, 0, { ...context, progress: () => undefined })) {
    const { tracklet, media } = item;
    const why = whyNot(item);
    if (why !== null) {
      losses.add('tracklets', tracklet.key, why);
      continue;
    }
    let sequence = sequences.get(media.key);
    if (sequence === undefined) {
      const folder = freeFolder(media.key, folders);
      sequence = { media, folder, rows: 0, valued: 0, tracklets: 0, cameras: new Set(), frames: new Set(), visits: new Map() };
      sequences.set(media.key, sequence);
    }
    addTo(sequence, tracklet);
  }
  const all = [...sequences.values()];
  const [only] = all;
  if (all.length === 1 && only) only.folder = '';
  return all;
}

function freeFolder(key: string, taken: Set<string>): string {
  const plain = key.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, 80) || 'sequence';
  let folder = plain;
  for (let again = 2; taken.has(folder.toLowerCase()); again++) folder = `${plain}_${again}`;
  taken.add(folder.toLowerCase());
  return folder;
}

function addTo(sequence: Sequence, tracklet: ExportTracklet): void {
  const { key, pid, camid, frameIndex, boxes } = tracklet;
  const scores = scoresOf(tracklet);
  sequence.tracklets++;
  sequence.cameras.add(camid);
  frameIndex.forEach((frame, at) => {
    if (boxes === null || !hasArea(boxes, at)) return;
    sequence.rows++;
    if ((scores[at] ?? -1) >= 0) sequence.valued++;
    if (sequence.media.kind === 'frames') sequence.frames.add(frame);
  });
  const visits = sequence.visits.get(pid) ?? [];
  visits.push({ key, first: frameIndex[0] ?? 0, last: frameIndex.at(-1) ?? 0, cuts: largestGap(frameIndex) });
  sequence.visits.set(pid, visits);
}

/** Frames that are missing between two that follow each other. */
function largestGap(frames: Int32Array): number {
  let largest = 0;
  for (let at = 1; at < frames.length; at++) largest = Math.max(largest, (frames[at] ?? 0) - (frames[at - 1] ?? 0) - 1);
  return largest;
}

function holdsVisibility({ rows, valued }: Sequence): boolean {
  return valued > 0 && valued >= VALUED * rows;
}

/** A reader makes tracklets of tracks by their gaps alone. */
function visitLosses({ visits }: Sequence, maxGap: number, losses: Losses): void {
  for (const [pid, all] of visits) {
    all.sort((a, b) => a.first - b.first);
    for (const [at, { key, first, cuts }] of all.entries()) {
      const before = all[at - 1];
      if (cuts > maxGap)
        losses.add('tracklets', key, `Tracklets with a gap of more than ${maxGap} frames inside come back as several; the option maxGap says more.`);
      if (before !== undefined && first - before.last - 1 <= maxGap)
        losses.add(
          'tracklets',
          `${before.key} and ${key}`,
          `Tracklets of one person no more than ${maxGap} frames apart come back as one; the option maxGap says less.`,
        );
      if (key !== `${String(pid).padStart(4, '0')}-${String(at + 1).padStart(2, '0')}`)
        losses.add('keys', key, 'Tracklets are known by person and visit, such as 0007-02; other keys have no place in this format.');
    }
  }
}

function itemLosses({ tracklet, media }: ExportItem, sequence: Sequence, losses: Losses): void {
  const { key, camid, split, boxes, frameIndex } = tracklet;
  if (split !== 'none') losses.add('sides', key, 'Sides (train, query, gallery) have no place in this format.');
  if (camid !== 0) losses.add('cameras', key, 'A sequence is one camera, number 0; other numbers have no place in this format.');
  const flat = boxes === null ? 0 : frameIndex.reduce((sum, _, at) => sum + (hasArea(boxes, at) ? 0 : 1), 0);
  if (flat > 0) losses.add('frames', key, 'Boxes without area are not written.', flat);
  const isHeld = holdsVisibility(sequence);
  if (!isHeld && tracklet.annotations.some(({ field }) => field === 'visibility'))
    losses.add('values', media.key, 'Visibilities are written where nine in ten boxes of a sequence have one, since a reader knows them by that.');
  losses.values(
    { ...tracklet, annotations: tracklet.annotations.filter(({ field }) => isHeld || field !== 'visibility') },
    { fields: ['visibility'], importer: 'mot-video' },
  );
}

/** The shortest decimal text that is the same 32-bit number. */
function decimal(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

function* rowsOf(tracklet: ExportTracklet, kind: IdentityKind, withVisibility: boolean): Generator<string> {
  const { pid, frameIndex, boxes, ignored } = tracklet;
  if (boxes === null) return;
  const scores = scoresOf(tracklet);
  let text = '';
  for (const [at, frame] of frameIndex.entries()) {
    if (!hasArea(boxes, at)) continue;
    const score = scores[at] ?? -1;
    const box = [0, 1, 2, 3].map((side) => decimal(boxes[at * 4 + side] ?? 0)).join(',');
    const visible = withVisibility ? `,${score < 0 ? -1 : (10 - score) / 10}` : '';
    text += `${frame + 1},${pid},${box},${ignored?.[at] === 1 ? 0 : 1},${CLASS[kind]}${visible}\n`;
  }
  if (text !== '') yield text;
}

/** Programs refuse rows behind the length of a sequence, however few frames have pictures. */
function lastFrame(frames: ReadonlySet<number>): number {
  return [...frames].reduce((last, frame) => Math.max(last, frame), -1);
}

function seqInfo({ media, frames }: Sequence, name: string, { origin, licence }: RecordSource): string[] {
  const isVideo = media.kind === 'video';
  const values: [string, string | number | null][] = [
    ['name', oneLine(name)],
    ['imDir', isVideo ? null : 'img1'],
    ['frameRate', media.fps],
    ['seqLength', isVideo ? media.frameCount : lastFrame(frames) + 1],
    ['imWidth', media.width],
    ['imHeight', media.height],
    ['origin', origin === null ? null : oneLine(origin)],
    ['licence', licence === null ? null : oneLine(licence)],
  ];
  return ['[Sequence]\n', ...values.filter(([, value]) => value !== null && value !== '').map(([key, value]) => `${key}=${value}\n`)];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

async function cameraNameOf(source: RecordSource, { cameras }: Sequence): Promise<string> {
  const [camid] = cameras;
  return (await source.cameras()).find((camera) => camera.camid === camid)?.name ?? source.name;
}

export default defineExporter({
  id: 'mot',
  title: 'MOTChallenge tracks with visibility',
  help: [
    'gt/gt.txt (frame, id, box, flag, class, visibility = 1 − score/10), seqinfo.ini, and the video or the frames in img1.',
    'Several videos become a folder each. Flag 0 is a box to be ignored; class 8 a distractor, 12 junk.',
  ].join('\n'),
  options,
  importer: 'mot-video',
  holds: ['tracklets', 'pictures', 'keys', 'people', 'kinds', 'identityNames', 'cameras', 'cameraNames', 'frames', 'boxes', 'ignored', 'values'],
  fields: ['visibility'],

  async plan(source, { maxGap }, context) {
    const losses = collectLosses(source);
    const sequences = await study(source, context, losses);
    const plan = { tracklets: 0, frames: 0, media: 0 };
    const people = new Set<number>();
    for (const sequence of sequences) {
      plan.tracklets += sequence.tracklets;
      plan.frames += sequence.rows;
      plan.media += sequence.media.kind === 'video' ? 1 : sequence.frames.size;
      visitLosses(sequence, maxGap, losses);
      for (const pid of sequence.visits.keys()) people.add(pid);
      const name = await cameraNameOf(source, sequence);
      if (oneLine(name) !== name || sequence.cameras.size > 1) losses.add('cameraNames', name, 'A sequence has one name, on one line.');
    }
    const byMedia = new Map(sequences.map((sequence) => [sequence.media.key, sequence]));
    for await (const item of eachTracklet(source, 0, context)) {
      const sequence = byMedia.get(item.media.key);
      if (sequence !== undefined && whyNot(item) === null) itemLosses(item, sequence, losses);
    }
    for (const { pid, name } of await source.identities())
      if (people.has(pid) && name !== String(pid).padStart(4, '0'))
        losses.add('identityNames', name, 'People are known by their numbers; other names have no place in this format.');
    return { ...plan, lost: losses.all() };
  },

  async write(source: RecordSource, _chosen, sink: FileSink, context) {
    const silent = collectLosses(source);
    const sequences = await study(source, context, silent);
    if (sequences.length === 0) {
      const first = silent.all().find(({ aspect }) => aspect === 'tracklets');
      throw new AppError('BAD_INPUT', `Nothing of ${source.name} can be written as tracks. ${first?.message ?? 'It holds no tracklet.'}`, {
        dataset: source.name,
      });
    }
    const kinds = new Map((await source.identities()).map(({ pid, kind }) => [pid, kind]));
    for (const sequence of sequences) {
      const under = sequence.folder === '' ? '' : `${sequence.folder}/`;
      const linked = new Set<number>();
      async function* rows(): AsyncGenerator<string> {
        for await (const item of eachTracklet(source, 0, context)) {
          if (item.media.key !== sequence.media.key || whyNot(item) !== null) continue;
          yield* rowsOf(item.tracklet, kinds.get(item.tracklet.pid) ?? 'person', holdsVisibility(sequence));
          if (sequence.media.kind === 'video' && linked.size === 0) await sink.media(`${under}${sequence.media.path.split('/').at(-1) ?? 'video'}`, item, 0);
          for (const [at, frame] of item.tracklet.frameIndex.entries()) {
            const file = item.tracklet.files?.[at];
            if (linked.has(frame)) continue;
            linked.add(frame);
            // Of a frame where this one has no area, another may have.
            if (file === undefined || !sequence.frames.has(frame)) continue;
            await sink.media(`${under}img1/${String(frame + 1).padStart(6, '0')}.${extensionOf(file) || 'jpg'}`, item, at);
          }
        }
      }
      await sink.text(`${under}gt/gt.txt`, rows());
      await sink.text(`${under}seqinfo.ini`, seqInfo(sequence, await cameraNameOf(source, sequence), source));
    }
  },
});
