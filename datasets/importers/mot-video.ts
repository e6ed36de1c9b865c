/**
 * Importer of one surveillance sequence with MOTChallenge tracks: a video or a folder of full frames, `gt.txt` and, if there, `seqinfo.ini`.
 * A track is cut into visits (tracklets) at gaps and, on wish, every `visitFrames` frames. Boxes stay as in the source; frames become 0-based.
 * Tests: test/datasets/importers/mot-video.test.ts and the contract suite.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import {
  defineImporter,
  type FileEntry,
  type FileTree,
  type ImportContext,
  type MediaProbe,
  type MediaRecord,
  type RecordSink,
  type TrackletRecord,
} from '../importer.ts';
import { looksLikeMot, readMotText, type MotRow, type MotText } from '../readers/motText.ts';
import { frameNumber, isPicture, isUnreadKind, isVideo, refuseEmpty, sortedPictures } from '../readers/pictures.ts';
import { readSeqInfo, type SeqInfo } from '../readers/seqinfo.ts';
import { rangesOf, scoreFromVisibleShare } from '../visibility.ts';

/** In order of trust: ground truth, then tracker or detector output. */
const TRACK_FILES = ['gt/gt.txt', 'gt.txt', 'det/det.txt', 'det.txt'];
/** Classes of MOT16 that are people: pedestrian, person on vehicle, static person, distractor, reflection. */
const PERSON_CLASSES = new Set([1, 2, 7, 8, 12]);
const DISTRACTOR_CLASS = 8;
const REFLECTION_CLASS = 12;
/** A box may reach out of the picture, but not be larger than this many pictures. */
const HUGE = 2;

const options = z.object({
  camera: z.string().max(120).default('').meta({ title: 'Camera name', description: 'Empty: the name in seqinfo.ini, or of the folder' }),
  maxGap: z.int().min(0).max(100_000).default(4).meta({ title: 'Largest gap', description: 'A track is cut where more than this many frames are missing' }),
  visitFrames: z
    .int()
    .min(0)
    .max(100_000)
    .default(0)
    .meta({ title: 'Frames per visit', description: 'Cut tracks into visits of this length; 0 keeps them whole' }),
  pauseFrames: z.int().min(0).max(100_000).default(0).meta({ title: 'Pause between visits', description: 'Frames left out between two visits of one track' }),
  minFrames: z.int().min(1).max(100_000).default(1).meta({ title: 'Shortest tracklet', description: 'Shorter ones are left out, with a warning' }),
  includeIgnored: z.boolean().default(true).meta({ title: 'Keep ignored boxes', description: 'Boxes with flag 0 are kept and marked; off leaves them out' }),
});

type Options = z.output<typeof options>;

/** The pixels of the sequence. `fileOf` is null for a video. */
interface Sequence {
  record: MediaRecord;
  name: string;
  info: SeqInfo | null;
  fileOf: Map<number, string> | null;
}

async function findTrackFile(tree: FileTree): Promise<string | null> {
  for (const file of TRACK_FILES) if (await tree.exists(file)) return file;
  return null;
}

async function findVideos(tree: FileTree): Promise<FileEntry[]> {
  return (await tree.list('')).filter(isVideo);
}

async function findFrameFolder(tree: FileTree, info: SeqInfo | null): Promise<string | null> {
  for (const folder of [info?.imDir ?? 'img1', 'img1']) {
    if ((await tree.exists(folder)) && (await tree.list(folder)).some(isPicture)) return folder;
  }
  return null;
}

async function readInfo(tree: FileTree): Promise<SeqInfo | null> {
  return (await tree.exists('seqinfo.ini')) ? readSeqInfo('seqinfo.ini', await tree.text('seqinfo.ini')) : null;
}

async function openVideo(tree: FileTree, file: string, info: SeqInfo | null, media: MediaProbe, warn: ImportContext['warn']): Promise<Sequence> {
  await refuseEmpty(tree, file);
  const probed = await media.video(file);
  if (info?.seqLength != null && info.seqLength !== probed.frames) {
    warn('SEQUENCE_LENGTH', 'seqinfo.ini', `seqinfo.ini says ${info.seqLength} frames, ${file} has ${probed.frames}; the video counts.`);
  }
  if (probed.headerFrames != null)
    warn('VIDEO_LENGTH', file, `The header of ${file} counts ${probed.headerFrames} frames, but ${probed.frames} can be decoded; these count, from 0.`);
  if (probed.isDamaged === true)
    warn('VIDEO_DAMAGED', file, `Some of ${file} cannot be decoded; frames may be patched up, or missing, and then those behind them stand too early.`);
  warnSize(info, probed, file, warn);
  const record: MediaRecord = {
    key: 'video',
    kind: 'video',
    path: file,
    width: probed.width,
    height: probed.height,
    frameCount: probed.frames,
    fps: info?.frameRate ?? (probed.fps > 0 ? probed.fps : null),
  };
  return { record, name: info?.name ?? tree.label, info, fileOf: null };
}

async function openFrames(tree: FileTree, folder: string, info: SeqInfo | null, media: MediaProbe, warn: ImportContext['warn']): Promise<Sequence> {
  const pictures = sortedPictures(await tree.list(folder));
  const numbers = pictures.map((picture) => frameNumber(picture.name));
  // Some tools write 000000.jpg for frame 1; then the whole numbering is one lower.
  const shift = numbers[0] === 0 ? 1 : 0;
  const fileOf = new Map<number, string>();
  for (const [order, picture] of pictures.entries()) {
    const number = numbers[order];
    if (number === null || number === undefined) throw new AppError('FILE_INVALID', `${picture.path} has no frame number in its name.`, { file: picture.path });
    const frame = number + shift;
    const other = fileOf.get(frame);
    if (other !== undefined) throw new AppError('FILE_INVALID', `${picture.path} and ${other} carry the same frame number ${number}.`, { file: picture.path });
    fileOf.set(frame, picture.path);
  }
  if (shift === 1) warn('FRAME_NUMBERS', folder, `The pictures in ${folder} are numbered from 0; they are read as frames 1, 2, …`);
  const first = pictures[0];
  if (first === undefined) throw new AppError('MEDIA_MISSING', `${folder} holds no pictures.`, { folder });
  await refuseEmpty(tree, first.path);
  const size = await media.check(first.path);
  warnSize(info, size, first.path, warn);
  const frameCount = Math.max(...fileOf.keys());
  if (info?.seqLength != null && info.seqLength !== fileOf.size) {
    warn('SEQUENCE_LENGTH', 'seqinfo.ini', `seqinfo.ini says ${info.seqLength} frames, ${folder} holds ${fileOf.size} pictures; the pictures count.`);
  }
  const record: MediaRecord = { key: 'frames', kind: 'frames', path: folder, width: size.width, height: size.height, frameCount, fps: info?.frameRate ?? null };
  return { record, name: info?.name ?? tree.label, info, fileOf };
}

function warnSize(info: SeqInfo | null, size: { width: number; height: number }, file: string, warn: ImportContext['warn']): void {
  const width = info?.imWidth ?? size.width;
  const height = info?.imHeight ?? size.height;
  if (width !== size.width || height !== size.height) {
    warn('SEQUENCE_SIZE', 'seqinfo.ini', `seqinfo.ini says ${width}×${height}, ${file} is ${size.width}×${size.height}; the picture counts.`);
  }
}

/** A broken or absent `seqinfo.ini` must not keep the video from being found. */
async function openSequence(tree: FileTree, trackFile: string, media: MediaProbe, warn: ImportContext['warn']): Promise<Sequence> {
  const info = await readInfo(tree);
  const videos = await findVideos(tree);
  const folder = await findFrameFolder(tree, info);
  const [video, second] = videos;
  if (video !== undefined && second !== undefined) {
    throw new AppError(
      'FILE_INVALID',
      `${tree.label} holds several videos (${videos.map((entry) => entry.name).join(', ')}), but ${trackFile} belongs to one; move the others away.`,
      { file: second.path },
    );
  }
  if (video !== undefined) return await openVideo(tree, video.path, info, media, warn);
  if (folder !== null) return await openFrames(tree, folder, info, media, warn);
  const unread = (await tree.list('')).find(isUnreadKind);
  throw new AppError(
    'MEDIA_MISSING',
    `${trackFile} has tracks, but ${tree.label} holds neither a video nor pictures in ${info?.imDir ?? 'img1'}${unread ? ` (${unread.name} is of a kind that is not read)` : ''}.`,
    { file: trackFile },
  );
}

function checkRows(file: string, rows: readonly MotRow[], sequence: Sequence, warn: ImportContext['warn']): MotRow[] {
  const { width, height, frameCount, path } = sequence.record;
  const seen = new Map<string, number>();
  const inside: MotRow[] = [];
  for (const row of rows) {
    const where = `${file} line ${row.line}`;
    const before = seen.get(`${row.frame} ${row.id}`);
    if (before !== undefined)
      throw new AppError('FILE_INVALID', `${where}: frame ${row.frame}, id ${row.id} stands already in line ${before}.`, {
        file,
        line: row.line,
        firstLine: before,
      });
    seen.set(`${row.frame} ${row.id}`, row.line);
    // In a folder of pictures the same trouble is a missing picture, named in checkPictures.
    if (sequence.fileOf === null && row.frame > frameCount)
      throw new AppError('FILE_INVALID', `${where}: frame ${row.frame} lies beyond the ${frameCount} frames of ${path}.`, {
        file,
        line: row.line,
        media: path,
        frames: frameCount,
      });
    if (row.w > HUGE * width || row.h > HUGE * height) {
      throw new AppError('FILE_INVALID', `${where}: the box of ${row.w}×${row.h} is more than ${HUGE} times the ${width}×${height} of the picture.`, {
        file,
        line: row.line,
      });
    }
    if (row.x >= width || row.y >= height || row.x + row.w <= 0 || row.y + row.h <= 0) {
      warn('BOX_OUTSIDE', where, `Boxes wholly outside the ${width}×${height} picture are left out.`);
      continue;
    }
    if (row.x < 0 || row.y < 0 || row.x + row.w > width || row.y + row.h > height)
      warn('BOX_PARTLY_OUTSIDE', where, `Boxes reach out of the ${width}×${height} picture; they are kept, and crops are clipped.`);
    inside.push(row);
  }
  return inside;
}

async function checkPictures(tree: FileTree, file: string, rows: readonly MotRow[], sequence: Sequence, signal: AbortSignal): Promise<void> {
  const { fileOf } = sequence;
  if (fileOf === null) return;
  const missing = new Map<number, number>();
  const used = new Set<string>();
  for (const row of rows) {
    const picture = fileOf.get(row.frame);
    if (picture !== undefined) used.add(picture);
    else if (!missing.has(row.frame)) missing.set(row.frame, row.line);
  }
  const [first] = [...missing].sort((a, b) => a[0] - b[0]);
  if (first !== undefined) {
    const frames = [...missing.keys()].sort((a, b) => a - b);
    const listed = frames.slice(0, 5).join(', ') + (frames.length > 5 ? ', …' : '');
    throw new AppError(
      'MEDIA_MISSING',
      `${sequence.record.path} lacks the pictures of frames that ${file} names: ${frames.length} (first in line ${first[1]}): ${listed}.`,
      { file, line: first[1], folder: sequence.record.path, missing: frames.length },
    );
  }
  for (const picture of used) {
    throwIfCancelled(signal);
    await refuseEmpty(tree, picture);
  }
}

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'The import was cancelled.');
}

/** Rows of one identity in time order → visits. */
export function cutVisits(rows: readonly MotRow[], cut: Pick<Options, 'maxGap' | 'visitFrames' | 'pauseFrames'>): { visits: MotRow[][]; inPauses: number } {
  const visits: MotRow[][] = [];
  let inPauses = 0;
  let start = 0;
  let previous: MotRow | null = null;
  let visit: MotRow[] | null = null;
  let visitNumber = 0;
  for (const row of rows) {
    if (previous === null || row.frame - previous.frame - 1 > cut.maxGap) {
      start = row.frame;
      visit = null;
    }
    previous = row;
    if (cut.visitFrames > 0) {
      const period = cut.visitFrames + cut.pauseFrames;
      const offset = row.frame - start;
      if (offset % period >= cut.visitFrames) {
        inPauses++;
        visit = null;
        continue;
      }
      const number = Math.floor(offset / period);
      if (number !== visitNumber) visit = null;
      visitNumber = number;
    }
    if (visit === null) {
      visit = [];
      visits.push(visit);
    }
    visit.push(row);
  }
  return { visits, inPauses };
}

function toTracklet(id: number, number: number, rows: readonly MotRow[], sequence: Sequence, columns: MotText['columns']): TrackletRecord {
  const files = sequence.fileOf === null ? null : rows.map((row) => sequence.fileOf?.get(row.frame) ?? '');
  const hasVisibility = columns === 'mot16' && rows.some((row) => row.visibility !== null);
  return {
    key: `${String(id).padStart(4, '0')}-${String(number).padStart(2, '0')}`,
    pid: id,
    camid: 0,
    split: 'none',
    mediaKey: sequence.record.key,
    frameIndex: Int32Array.from(rows, (row) => row.frame - 1),
    boxes: Float32Array.from(rows.flatMap((row) => [row.x, row.y, row.w, row.h])),
    files,
    ignored: rows.some((row) => row.flag === 0) ? Uint8Array.from(rows, (row) => (row.flag === 0 ? 1 : 0)) : null,
    annotations: hasVisibility
      ? rangesOf(
          'visibility',
          rows.map((row) => (row.visibility === null ? null : scoreFromVisibleShare(row.visibility))),
        )
      : [],
  };
}

function byIdentity(rows: readonly MotRow[]): Map<number, MotRow[]> {
  const tracks = new Map<number, MotRow[]>();
  for (const row of rows) {
    const track = tracks.get(row.id);
    if (track === undefined) tracks.set(row.id, [row]);
    else track.push(row);
  }
  for (const track of tracks.values()) track.sort((a, b) => a.frame - b.frame);
  return new Map([...tracks].sort((a, b) => a[0] - b[0]));
}

function kindOf(rows: readonly MotRow[]): 'person' | 'distractor' | 'junk' {
  if (rows.every((row) => row.category === DISTRACTOR_CLASS)) return 'distractor';
  return rows.every((row) => row.category === REFLECTION_CLASS) ? 'junk' : 'person';
}

/** Leaves out what is no identity, each kind with a counted warning. */
function keepIdentities(file: string, rows: readonly MotRow[], includeIgnored: boolean, warn: ImportContext['warn']): MotRow[] {
  return rows.filter((row) => {
    const where = `${file} line ${row.line}`;
    if (row.id === -1) {
      warn('NO_IDENTITY', where, 'Detections with id −1 belong to nobody and are left out.');
      return false;
    }
    if (row.category !== null && !PERSON_CLASSES.has(row.category)) {
      warn('NOT_A_PERSON', where, 'Boxes of vehicles, occluders and crowds (classes 3–6, 9–11, 13) are left out.');
      return false;
    }
    if (row.flag === 0) {
      warn('IGNORED_BOX', where, includeIgnored ? 'Boxes with flag 0 are kept and marked as ignored.' : 'Boxes with flag 0 are left out.');
      return includeIgnored;
    }
    return true;
  });
}

function nobody(file: string, rows: readonly MotRow[], { record }: Sequence): AppError {
  if (rows.every((row) => row.id === -1))
    return new AppError(
      'IMPORT_EMPTY',
      `${file} holds ${rows.length} boxes but no identities: every id is −1, as in the output of a detector.`,
      { file },
      { remedy: 'Import the output of a tracker or the ground truth, whose boxes carry ids.' },
    );
  return new AppError(
    'IMPORT_EMPTY',
    `None of the ${rows.length} boxes of ${file} is left: they are not of people, marked as ignored, or wholly outside the ${record.width}×${record.height} picture.`,
    { file },
    { remedy: `Check that ${file} belongs to ${record.path}, and the option "Keep ignored boxes".` },
  );
}

async function read(tree: FileTree, chosen: Options, sink: RecordSink, context: ImportContext) {
  const { signal, media, warn } = context;
  throwIfCancelled(signal);
  const file = await findTrackFile(tree);
  if (file === null) throw new AppError('IMPORT_UNRECOGNISED', `${tree.label} has none of ${TRACK_FILES.join(', ')}.`, { folder: tree.label });
  const mot = readMotText(file, await tree.text(file));
  if (mot.rows.length === 0) throw new AppError('IMPORT_EMPTY', `${file} holds no boxes.`, { file });
  const sequence = await openSequence(tree, file, media, warn);
  throwIfCancelled(signal);
  warn('MOT_COLUMNS', file, mot.reason);
  const rows = checkRows(file, keepIdentities(file, mot.rows, chosen.includeIgnored, warn), sequence, warn);
  await checkPictures(tree, file, rows, sequence, signal);
  const tracks = byIdentity(rows);
  if (tracks.size === 0) throw nobody(file, mot.rows, sequence);

  await sink.camera({ camid: 0, name: chosen.camera === '' ? sequence.name : chosen.camera });
  await sink.media(sequence.record);
  let done = 0;
  let emitted = 0;
  for (const [id, track] of tracks) {
    throwIfCancelled(signal);
    const { visits, inPauses } = cutVisits(track, chosen);
    const kept = visits.filter((visit) => visit.length >= chosen.minFrames);
    for (const visit of visits) {
      if (visit.length < chosen.minFrames)
        warn('TRACKLET_SHORT', `${file} line ${visit[0]?.line ?? 0}`, `Tracklets shorter than ${chosen.minFrames} frames are left out.`);
    }
    if (inPauses > 0) warn('IN_PAUSE', `${file} id ${id}`, `Boxes in the pauses between visits are left out.`, inPauses);
    if (kept.length > 0) await sink.identity({ pid: id, name: String(id).padStart(4, '0'), kind: kindOf(track) });
    for (const [number, visit] of kept.entries()) await sink.tracklet(toTracklet(id, number + 1, visit, sequence, mot.columns));
    emitted += kept.length;
    done++;
    sink.progress(done, tracks.size, `Track ${id}`);
  }
  if (emitted === 0) throw new AppError('IMPORT_EMPTY', `No track in ${file} has a visit of ${chosen.minFrames} frames or more.`, { file });
  return { name: sequence.name, licence: sequence.info?.licence ?? null, origin: sequence.info?.origin ?? null };
}

export default defineImporter({
  id: 'mot-video',
  title: 'Video with MOT tracks',
  layout: [
    'A video file, or full frames in img1/ (or the folder that seqinfo.ini names),',
    'with gt/gt.txt, gt.txt, det/det.txt or det.txt beside it, and seqinfo.ini if there is one;',
    'its lines origin= and licence= are kept with the data set.',
    'Columns of MOT15 (world coordinates) and MOT16/17/20 (class, visibility) are told apart by their values.',
  ].join('\n'),
  options,

  async probe(tree) {
    const file = await findTrackFile(tree);
    if (file === null) return null;
    // A set of ours may keep a text of this name; its manifest is decisive.
    if (await tree.exists('synthetic.json')) return null;
    const text = await tree.text(file);
    const hasVideo = (await findVideos(tree)).length > 0;
    const hasFrames = !hasVideo && ((await tree.exists('img1')) || (await tree.exists('seqinfo.ini')));
    const pixels = hasVideo ? 'video' : hasFrames ? 'frames' : 'no pictures';
    if (!looksLikeMot(text)) {
      return hasVideo || hasFrames
        ? { confidence: 0.4, summary: `${pixels === 'video' ? 'A video' : 'Frames'} with ${file}, whose first line is not a MOT box.` }
        : null;
    }
    try {
      const mot = readMotText(file, text);
      const ids = new Set(mot.rows.map((row) => row.id).filter((id) => id !== -1)).size;
      const frames = mot.rows.reduce((most, row) => Math.max(most, row.frame), 0);
      const name = { plain: 'Plain', mot15: 'MOT15', mot16: 'MOT16/17' }[mot.columns];
      return {
        confidence: hasVideo || hasFrames ? 0.95 : 0.5,
        summary: `${name} tracks with ${pixels}, ${ids} ids, ${mot.rows.length} boxes, ${frames} frames.`,
      };
    } catch (error) {
      // Still ours: reading it will name the line.
      return { confidence: 0.6, summary: `MOT tracks with an error: ${error instanceof Error ? error.message : String(error)}` };
    }
  },

  read,
});
