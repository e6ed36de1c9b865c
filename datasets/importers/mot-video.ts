/**
 * Importer of one surveillance sequence with MOTChallenge tracks: a video or a folder of full frames, `gt.txt` and, if there, `seqinfo.ini`.
 * A track is cut into visits (tracklets) at gaps and, on wish, every `visitFrames` frames. Boxes stay as in the source; frames become 0-based.
 * Tests: test/datasets/importers/motRules.test.ts, test/datasets/importers/mot-video.test.ts and the contract suite.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { defineImporter, throwIfCancelled, type ImportContext, type Guess, type MediaRecord, type RecordSink, type TrackletRecord } from '../importer.ts';
import type { FileEntry, FileTree } from '../tree.ts';
import { checkEvery, checkPictures, type PictureSize } from '../readers/checkPictures.ts';
import { guessFrameNumbers, readFrameNumbers, undecidedRemedy, type FrameNumbers } from '../readers/frameNumbers.ts';
import { readLines } from '../readers/lines.ts';
import { looksLikeMot, readMot, type MotRow, type MotTable } from '../readers/motText.ts';
import { isUnreadKind, isVideo, sortedPictures } from '../readers/pictures.ts';
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
/** Boxes are kept as 32-bit numbers; less than this is their rounding. */
const ROUNDING = 0.01;
/** A probe reads no more rows than this. */
const PROBED_ROWS = 100_000;
const EXAMPLES = 4;

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
  firstFrame: z.enum(['auto', 'one', 'zero']).default('auto').meta({
    title: 'First frame in the tracks',
    description: 'Number of the first frame: one as in MOTChallenge, or zero; auto: one, and a frame 0 is asked about',
  }),
  frameNumber: z.int().min(-20).max(20).default(0).meta({
    title: 'Frame number in names',
    description: 'Which group of digits in the names of pictures counts frames: 1 the first, -1 the last; 0: found by comparing the names',
  }),
  checkEvery,
  includeIgnored: z.boolean().default(true).meta({ title: 'Keep ignored boxes', description: 'Boxes with flag 0 are kept and marked; off leaves them out' }),
});

type Options = z.output<typeof options>;

/** The pixels of the sequence, before they were looked at. */
interface Source {
  kind: 'video' | 'frames';
  path: string;
  name: string;
  info: SeqInfo | null;
  /** Of a video; null for pictures, whose most common size it is. */
  size: PictureSize | null;
  fps: number | null;
  frameCount: number;
  /** Picture of each frame, numbered from 1; null for a video. */
  fileOf: Map<number, string> | null;
}

async function findTrackFile(tree: FileTree): Promise<string | null> {
  for (const file of TRACK_FILES) if (await tree.exists(file)) return file;
  return null;
}

async function findVideos(tree: FileTree): Promise<FileEntry[]> {
  return (await tree.list('')).filter(isVideo);
}

/** Pictures of a folder; none where it cannot be read, such as behind a link that leads out. */
async function picturesIn(tree: FileTree, folder: string): Promise<FileEntry[]> {
  try {
    return (await tree.exists(folder)) ? sortedPictures(await tree.list(folder)) : [];
  } catch (error) {
    if (error instanceof AppError && error.code === 'FILE_UNREADABLE') return [];
    throw error;
  }
}

async function readInfo(tree: FileTree, { leaveOut }: Pick<ImportContext, 'leaveOut'>): Promise<SeqInfo | null> {
  if (!(await tree.exists('seqinfo.ini'))) return null;
  try {
    return readSeqInfo('seqinfo.ini', await tree.text('seqinfo.ini'), (where, message) => leaveOut('SEQINFO_VALUE', message, { where }));
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'CANCELLED') throw error;
    leaveOut('SEQINFO_UNREADABLE', `seqinfo.ini cannot be read and is not used: ${error.message}`, { where: 'seqinfo.ini' });
    return null;
  }
}

async function openVideo(tree: FileTree, file: string, info: SeqInfo | null, { media, warn }: ImportContext): Promise<Source> {
  if ((await tree.size(file)) === 0) throw new AppError('MEDIA_UNDECODABLE', `${file} is empty (0 bytes).`, { file });
  const { width, height, frames, fps, headerFrames, isDamaged } = await media.video(file);
  if (info?.seqLength != null && info.seqLength !== frames)
    warn('SEQUENCE_LENGTH', 'seqinfo.ini', `seqinfo.ini says ${info.seqLength} frames, ${file} has ${frames}; the video counts.`);
  if (headerFrames != null)
    warn('VIDEO_LENGTH', file, `The header of ${file} counts ${headerFrames} frames, but ${frames} can be decoded; these count, from 0.`);
  if (isDamaged === true)
    warn('VIDEO_DAMAGED', file, `Some of ${file} cannot be decoded; frames may be patched up, or missing, and then those behind them stand too early.`);
  return {
    kind: 'video',
    path: file,
    name: info?.name ?? tree.label,
    info,
    size: { width, height },
    fps: info?.frameRate ?? (fps > 0 ? fps : null),
    frameCount: frames,
    fileOf: null,
  };
}

function numberPictures(folder: string, names: readonly string[], group: number): FrameNumbers {
  const guess = readFrameNumbers(names, group);
  if (!('groups' in guess) && guess.group !== 0) return guess;
  if (!('groups' in guess)) throw new AppError('FILE_INVALID', `The names in ${folder}, such as ${names[0] ?? ''}, hold no frame number.`, { folder });
  throw new AppError(
    'FILE_INVALID',
    `Which digits count frames is not told by the names in ${folder}, such as ${names[0] ?? ''}: it could be group ${guess.groups.join(' or ')}.`,
    { folder },
    { remedy: undecidedRemedy(guess) },
  );
}

function openFrames(
  tree: FileTree,
  folder: string,
  pictures: readonly FileEntry[],
  info: SeqInfo | null,
  group: number,
  { warn, leaveOut }: ImportContext,
): Source {
  const names = pictures.map((picture) => picture.name);
  const { numbers, isGuess, group: found } = numberPictures(folder, names, group);
  // Some tools write 000000.jpg for frame 1; then the whole numbering is one lower.
  const shift = numbers.includes(0) ? 1 : 0;
  const fileOf = new Map<number, string>();
  for (const [order, { path }] of pictures.entries()) {
    const number = numbers[order];
    if (number === null || number === undefined)
      leaveOut('NAME_UNKNOWN', 'Pictures whose names carry no frame number where the others do are left out.', { files: [path] });
    else if (fileOf.has(number + shift))
      leaveOut('FRAME_TWICE', 'Pictures that carry the frame number of another picture are left out; the first by name is kept.', { files: [path] });
    else fileOf.set(number + shift, path);
  }
  if (shift === 1) warn('FRAME_NUMBERS', folder, `The pictures in ${folder} are numbered from 0; they are read as frames 1, 2, …`);
  if (isGuess)
    warn(
      'FRAME_GUESS',
      `${folder}: ${names[0] ?? ''} is frame ${numbers[0] ?? '–'}`,
      `Of several numbers in the names, group ${found} is read as the frame number.`,
    );
  const frameCount = [...fileOf.keys()].reduce((most, frame) => Math.max(most, frame), 0);
  if (info?.seqLength != null && info.seqLength < frameCount)
    warn('SEQUENCE_LENGTH', 'seqinfo.ini', `seqinfo.ini says ${info.seqLength} frames, ${folder} has a picture of frame ${frameCount}; the pictures count.`);
  else if (info?.seqLength != null && info.seqLength !== fileOf.size)
    warn('SEQUENCE_LENGTH', 'seqinfo.ini', `seqinfo.ini says ${info.seqLength} frames, ${folder} holds ${fileOf.size} pictures; the pictures count.`);
  return { kind: 'frames', path: folder, name: info?.name ?? tree.label, info, size: null, fps: info?.frameRate ?? null, frameCount, fileOf };
}

async function openSource(tree: FileTree, trackFile: string, chosen: Options, context: ImportContext): Promise<Source> {
  const info = await readInfo(tree, context);
  const videos = await findVideos(tree);
  const [video, second] = videos;
  if (second !== undefined) {
    throw new AppError(
      'FILE_INVALID',
      `${tree.label} holds several videos (${videos.map((entry) => entry.name).join(', ')}), but ${trackFile} belongs to one; move the others away.`,
      { file: second.path },
    );
  }
  if (video !== undefined) return await openVideo(tree, video.path, info, context);
  for (const folder of [info?.imDir ?? 'img1', 'img1']) {
    const pictures = await picturesIn(tree, folder);
    if (pictures.length > 0) return openFrames(tree, folder, pictures, info, chosen.frameNumber, context);
  }
  const unread = (await tree.list('')).find(isUnreadKind);
  throw new AppError(
    'MEDIA_MISSING',
    `${trackFile} has tracks, but ${tree.label} holds neither a video nor pictures in ${info?.imDir ?? 'img1'}${unread ? ` (${unread.name} is of a kind that is not read)` : ''}.`,
    { file: trackFile },
    {
      remedy:
        'Put the video, or the pictures in a folder img1, beside the tracks. Links count only when they stay inside the folder: choose one that holds both.',
    },
  );
}

/** Rows that are of somebody and of a frame that is there; 1 = kept. Each kind that is left out is counted. */
function keepIdentities(file: string, table: MotTable, source: Source, chosen: Options, { leaveOut }: ImportContext): Uint8Array {
  const kept = new Uint8Array(table.length);
  const missing: { line: number; frame: number }[] = [];
  let ofSomebody = 0;
  for (let index = 0; index < table.length; index++) {
    const where = `${file} line ${table.line(index)}`;
    if (table.id(index) === -1) {
      leaveOut('NO_IDENTITY', 'Detections with id −1 belong to nobody and are left out.', { where, expected: true });
      continue;
    }
    const { category, flag, frame, line } = table.row(index);
    if (category !== null && !PERSON_CLASSES.has(category)) {
      leaveOut('NOT_A_PERSON', 'Boxes of vehicles, occluders and crowds (classes 3–6, 9–11, 13) are left out.', { where, expected: true });
      continue;
    }
    if (flag === 0 && !chosen.includeIgnored) {
      leaveOut('IGNORED_BOX', 'Boxes with flag 0 are left out.', { where, expected: true });
      continue;
    }
    ofSomebody++;
    if (source.fileOf === null ? frame <= source.frameCount : source.fileOf.has(frame)) kept[index] = 1;
    else missing.push({ line, frame });
  }
  if (missing.length * 2 > ofSomebody) refuseMissing(file, missing, source);
  for (const { line, frame } of missing) {
    const message =
      source.fileOf === null
        ? `Boxes of frames beyond the ${source.frameCount} frames of ${source.path} are left out.`
        : `Boxes of frames whose pictures are missing in ${source.path} are left out.`;
    leaveOut('FRAME_MISSING', message, { where: `${file} line ${line} (frame ${frame})` });
  }
  return kept;
}

/** Most boxes are of frames that are not there, so the tracks hardly belong to these pictures. */
function refuseMissing(file: string, missing: readonly { line: number; frame: number }[], { fileOf, path, frameCount }: Source): never {
  const [first] = missing;
  if (first === undefined) throw new AppError('INTERNAL', 'No frame is missing.');
  const { line, frame } = first;
  if (fileOf === null)
    throw new AppError('FILE_INVALID', `${file} line ${line}: frame ${frame} lies beyond the ${frameCount} frames of ${path}, as do most of its boxes.`, {
      file,
      line,
      media: path,
      frames: frameCount,
    });
  const frames = [...new Set(missing.map((each) => each.frame))].sort((a, b) => a - b);
  const listed = frames.slice(0, 5).join(', ') + (frames.length > 5 ? ', …' : '');
  throw new AppError('MEDIA_MISSING', `${path} lacks the pictures of most frames that ${file} names: ${frames.length} (first in line ${line}): ${listed}.`, {
    file,
    line,
    folder: path,
    missing: frames.length,
  });
}

/** Looks at the pictures that boxes need, drops the rows of those that are bad or of another size, and says the size of the others. */
async function checkFrames(tree: FileTree, table: MotTable, kept: Uint8Array, source: Source, decode: boolean, context: ImportContext): Promise<PictureSize> {
  const { fileOf } = source;
  if (fileOf === null) return source.size ?? { width: 0, height: 0 };
  const frames = new Set<number>();
  kept.forEach((each, index) => {
    if (each === 1) frames.add(table.frame(index));
  });
  const unused = [...fileOf].filter(([frame]) => !frames.has(frame)).map(([, path]) => path);
  context.leaveOut('FRAME_UNUSED', 'Pictures of frames without a box are not needed.', { files: unused, expected: true });
  const order = [...frames].sort((a, b) => a - b);
  const files = order.map((frame) => fileOf.get(frame) ?? '');
  const sizes = await checkPictures(tree, files, context, { decode, rest: ', with the boxes on them' });
  const common = mostCommonSize(sizes);
  const bad = new Set<number>();
  for (const [at, frame] of order.entries()) {
    const size = sizes[at];
    if (size?.width === common?.width && size?.height === common?.height) continue;
    bad.add(frame);
    if (size && common)
      context.leaveOut(
        'PICTURE_SIZE',
        `Pictures of another size than the ${common.width}×${common.height} of the others are left out, with the boxes on them.`,
        {
          files: [files[at] ?? ''],
        },
      );
  }
  kept.forEach((_, index) => {
    if (bad.has(table.frame(index))) kept[index] = 0;
  });
  if (common === null)
    throw new AppError('MEDIA_UNDECODABLE', `No picture in ${source.path} can be decoded, such as ${files[0] ?? 'none'}.`, { file: files[0] ?? source.path });
  return common;
}

/** Of equally common ones the first. */
function mostCommonSize(sizes: readonly (PictureSize | null)[]): PictureSize | null {
  const counts = new Map<string, { size: PictureSize; count: number }>();
  for (const size of sizes) {
    if (size === null) continue;
    const key = `${size.width}×${size.height}`;
    counts.set(key, { size, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0]?.size ?? null;
}

function warnSize(info: SeqInfo | null, size: PictureSize, file: string, { warn }: ImportContext): void {
  const width = info?.imWidth ?? size.width;
  const height = info?.imHeight ?? size.height;
  if (width !== size.width || height !== size.height)
    warn('SEQUENCE_SIZE', 'seqinfo.ini', `seqinfo.ini says ${width}×${height}, ${file} is ${size.width}×${size.height}; the picture counts.`);
}

/** Drops boxes that cannot lie in the picture. */
function checkBoxes(file: string, table: MotTable, kept: Uint8Array, { width, height }: PictureSize, { leaveOut }: ImportContext): void {
  kept.forEach((each, index) => {
    if (each !== 1) return;
    const { x, y, w, h, line } = table.row(index);
    const where = `${file} line ${line}`;
    if (w > HUGE * width || h > HUGE * height) {
      leaveOut('BOX_HUGE', `Boxes of more than ${HUGE} times the ${width}×${height} of the picture are left out.`, { where });
      kept[index] = 0;
    } else if (x >= width || y >= height || x + w <= 0 || y + h <= 0) {
      leaveOut('BOX_OUTSIDE', `Boxes wholly outside the ${width}×${height} picture are left out.`, { where });
      kept[index] = 0;
    }
  });
}

/** What is to be known of boxes that are kept: told of those of a tracklet alone, since others may still be left out for another reason. */
function tellKept(file: string, rows: readonly MotRow[], { width, height }: PictureSize, { warn, leaveOut }: ImportContext): void {
  for (const { x, y, w, h, flag, line, visibility } of rows) {
    const where = `${file} line ${line}`;
    if (flag === 0) warn('IGNORED_BOX', where, 'Boxes with flag 0 are kept and marked as ignored.');
    if (x < -ROUNDING || y < -ROUNDING || x + w > width + ROUNDING || y + h > height + ROUNDING)
      warn('BOX_PARTLY_OUTSIDE', where, `Boxes reach out of the ${width}×${height} picture; they are kept, and crops are clipped.`);
    if (visibility !== null && !isShare(visibility))
      leaveOut('VISIBILITY', 'Visibilities that are not from 0 to 1 are left out; their boxes are kept.', { where });
  }
}

function isShare(visibility: number): boolean {
  return visibility >= 0 && visibility <= 1;
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

function toTracklet(id: number, number: number, rows: readonly MotRow[], source: Source): TrackletRecord {
  const files = source.fileOf === null ? null : rows.map((row) => source.fileOf?.get(row.frame) ?? '');
  const visible = rows.map(({ visibility }) => (visibility === null || !isShare(visibility) ? null : scoreFromVisibleShare(visibility)));
  return {
    key: `${String(id).padStart(4, '0')}-${String(number).padStart(2, '0')}`,
    pid: id,
    camid: 0,
    split: 'none',
    mediaKey: source.kind,
    frameIndex: Int32Array.from(rows, (row) => row.frame - 1),
    boxes: Float32Array.from(rows.flatMap((row) => [row.x, row.y, row.w, row.h])),
    files,
    ignored: rows.some((row) => row.flag === 0) ? Uint8Array.from(rows, (row) => (row.flag === 0 ? 1 : 0)) : null,
    annotations: rangesOf('visibility', visible),
  };
}

function isSameBox(a: MotRow, b: MotRow): boolean {
  return a.x === b.x && a.y === b.y && a.w === b.w && a.h === b.h && a.flag === b.flag && a.category === b.category && a.visibility === b.visibility;
}

/** Tracks by identity, each in time order; of several rows of one frame the first in the file is kept. */
function* byIdentity(file: string, table: MotTable, kept: Uint8Array, { leaveOut }: ImportContext): Generator<{ id: number; rows: MotRow[] }> {
  const order = new Uint32Array(kept.reduce((sum, each) => sum + each, 0));
  let next = 0;
  kept.forEach((each, index) => {
    if (each === 1) order[next++] = index;
  });
  order.sort((a, b) => table.id(a) - table.id(b) || table.frame(a) - table.frame(b) || a - b);
  let track: { id: number; rows: MotRow[] } | null = null;
  for (const index of order) {
    const row = table.row(index);
    if (track !== null && track.id !== row.id) {
      yield track;
      track = null;
    }
    const before: MotRow | undefined = track?.rows.at(-1);
    if (before?.frame === row.frame) {
      const isSame = isSameBox(before, row);
      leaveOut(
        isSame ? 'ROW_REPEATED' : 'ROW_CONFLICT',
        isSame
          ? 'Rows that repeat another to the letter are left out.'
          : 'Of different boxes of one id in one frame the first is kept, the others are left out.',
        { where: `${file} line ${row.line} (line ${before.line} is kept)` },
      );
      continue;
    }
    track ??= { id: row.id, rows: [] };
    track.rows.push(row);
  }
  if (track !== null) yield track;
}

function kindOf(rows: readonly MotRow[]): 'person' | 'distractor' | 'junk' {
  if (rows.every((row) => row.category === DISTRACTOR_CLASS)) return 'distractor';
  return rows.every((row) => row.category === REFLECTION_CLASS) ? 'junk' : 'person';
}

function nobody(file: string, table: MotTable, size: PictureSize | null, path: string): AppError {
  let isDetector = true;
  for (let index = 0; index < table.length; index++) isDetector &&= table.id(index) === -1;
  if (isDetector)
    return new AppError(
      'IMPORT_EMPTY',
      `${file} holds ${table.length} boxes but no identities: every id is −1, as in the output of a detector.`,
      { file },
      { remedy: 'Import the output of a tracker or the ground truth, whose boxes carry ids.' },
    );
  return new AppError(
    'IMPORT_EMPTY',
    `None of the ${table.length} boxes of ${file} is left: they are not of people, marked as ignored, or wholly outside the ${size === null ? '' : `${size.width}×${size.height} `}picture.`,
    { file },
    { remedy: `Check that ${file} belongs to ${path}, and the option "Keep ignored boxes".` },
  );
}

async function read(tree: FileTree, chosen: Options, sink: RecordSink, context: ImportContext) {
  const { signal, warn, leaveOut } = context;
  const file = await findTrackFile(tree);
  if (file === null) throw new AppError('IMPORT_UNRECOGNISED', `${tree.label} has none of ${TRACK_FILES.join(', ')}.`, { folder: tree.label });
  const table = await readMot(tree, file, { signal, leaveOut, firstFrame: { auto: null, one: 1 as const, zero: 0 as const }[chosen.firstFrame] });
  if (table.length === 0) throw new AppError('IMPORT_EMPTY', `${file} holds no boxes.`, { file });
  const source = await openSource(tree, file, chosen, context);
  warn('MOT_COLUMNS', file, table.reason);
  const kept = keepIdentities(file, table, source, chosen, context);
  if (!kept.includes(1)) throw nobody(file, table, source.size, source.path);
  const size = await checkFrames(tree, table, kept, source, chosen.checkEvery, context);
  warnSize(source.info, size, source.path, context);
  checkBoxes(file, table, kept, size, context);
  if (!kept.includes(1)) throw nobody(file, table, size, source.path);

  await sink.camera({ camid: 0, name: chosen.camera === '' ? source.name : chosen.camera });
  const record: MediaRecord = { key: source.kind, kind: source.kind, path: source.path, ...size, frameCount: source.frameCount, fps: source.fps };
  await sink.media(record);
  const total = kept.reduce((sum, each) => sum + each, 0);
  let done = 0;
  let emitted = 0;
  for (const { id, rows } of byIdentity(file, table, kept, context)) {
    throwIfCancelled(signal);
    const { visits, inPauses } = cutVisits(rows, chosen);
    const long = visits.filter((visit) => visit.length >= chosen.minFrames);
    for (const visit of visits) {
      if (visit.length < chosen.minFrames)
        leaveOut('TRACKLET_SHORT', `Tracklets shorter than ${chosen.minFrames} frames are left out.`, {
          where: `${file} line ${visit[0]?.line ?? 0}`,
          expected: true,
        });
    }
    if (inPauses > 0) leaveOut('IN_PAUSE', 'Boxes in the pauses between visits are left out.', { where: `${file} id ${id}`, count: inPauses, expected: true });
    if (long.length > 0) await sink.identity({ pid: id, name: String(id).padStart(4, '0'), kind: kindOf(rows) });
    for (const [number, visit] of long.entries()) {
      tellKept(file, visit, size, context);
      await sink.tracklet(toTracklet(id, number + 1, visit, source));
    }
    emitted += long.length;
    done += rows.length;
    sink.progress(done, total, `Track ${id}`);
  }
  if (emitted === 0) throw new AppError('IMPORT_EMPTY', `No track in ${file} has a visit of ${chosen.minFrames} frames or more.`, { file });
  return { name: source.name, licence: source.info?.licence ?? null, origin: source.info?.origin ?? null };
}

/** Whether one of the first lines reads like a row of tracks; a header or a remark may stand above. */
async function beginsLikeMot(tree: FileTree, file: string): Promise<boolean> {
  for await (const lines of readLines(tree, file)) if (lines.length > 0) return lines.slice(0, 20).some(({ text }) => looksLikeMot(text));
  return false;
}

function frameGuess(pictures: readonly FileEntry[]): Guess[] {
  const names = pictures.map((picture) => picture.name);
  const guess = guessFrameNumbers(names);
  const option = 'frameNumber';
  if ('groups' in guess)
    return [
      {
        option,
        value: 0,
        why: `Which digits count frames is not told by the names; the import needs ${guess.groups.map((group) => `frameNumber=${group}`).join(' or ')}.`,
        examples: pictures.slice(0, 2).map(({ path }) => ({ file: path, reads: 'frame unknown' })),
      },
    ];
  if (!guess.isGuess) return [];
  const examples = pictures.slice(0, EXAMPLES).map(({ path }, index) => ({ file: path, reads: `frame ${guess.numbers[index] ?? 'unknown'}` }));
  return [{ option, value: guess.group, why: 'Names hold several numbers; the one that changes from picture to picture counts frames.', examples }];
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
    const hasVideo = (await findVideos(tree)).length > 0;
    const info = hasVideo ? null : await readInfo(tree, { leaveOut: () => undefined });
    const pictures = hasVideo ? [] : await picturesIn(tree, info?.imDir ?? 'img1');
    const hasFrames = !hasVideo && ((await tree.exists('img1')) || (await tree.exists('seqinfo.ini')));
    const pixels = hasVideo ? 'video' : hasFrames ? 'frames' : 'no pictures';
    try {
      if (!(await beginsLikeMot(tree, file))) {
        return hasVideo || hasFrames
          ? { confidence: 0.4, summary: `${hasVideo ? 'A video' : 'Frames'} with ${file}, which does not begin like MOT tracks.` }
          : null;
      }
      const { signal } = new AbortController();
      const table = await readMot(tree, file, { signal, leaveOut: () => undefined, firstFrame: null, limit: PROBED_ROWS });
      const ids = new Set<number>();
      let frames = 0;
      for (let index = 0; index < table.length; index++) {
        if (table.id(index) !== -1) ids.add(table.id(index));
        frames = Math.max(frames, table.frame(index));
      }
      const name = { plain: 'Plain', mot15: 'MOT15', mot16: 'MOT16/17' }[table.columns];
      const more = table.isWhole ? '' : ' and more';
      return {
        confidence: hasVideo || hasFrames ? 0.95 : 0.5,
        summary: `${name} tracks with ${pixels}, ${ids.size} ids, ${table.length} boxes, ${frames} frames${more}.`,
        guesses: frameGuess(pictures),
      };
    } catch (error) {
      // Still ours: reading it will name the line.
      return { confidence: 0.6, summary: `MOT tracks with an error: ${error instanceof Error ? error.message : String(error)}` };
    }
  },

  read,
});
