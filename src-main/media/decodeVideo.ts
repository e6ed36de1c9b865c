/**
 * Decodes every frame of a video, to files or only to count them. What ffmpeg found is read from its exit status and from `framecrc`, a table of
 * numbers, never from its log: paths and titles stand in that. Only local files may be opened, and a cover picture is no video.
 * Test: test/main/media/decodeVideo.test.ts, test/main/media/cases.test.ts.
 */
import { mkdir, statfs } from 'node:fs/promises';
import { constants } from 'node:os';
import { AppError } from '../../src-shared/errors.ts';
import type { MediaContext } from './context.ts';
import { containerOf } from './container.ts';
import { findFfmpeg } from './ffmpegBinary.ts';
import { createFrameTable, type FrameTable } from './frameTable.ts';
import { runFfmpeg, type FfmpegRun } from './runFfmpeg.ts';

export interface VideoFacts {
  width: number;
  height: number;
  /** Counted while decoding, not taken from a header. */
  frames: number;
  /** 0 when the file does not say. */
  fps: number;
  /** Frames that the header counts, where that is another number; null otherwise. */
  headerFrames: number | null;
  /** Something in it could not be decoded: frames may be patched up or missing. */
  isDamaged: boolean;
}

export interface DecodeTo {
  /** Where `000000.jpg` and on go; null only counts. */
  folder: string | null;
  /** For progress; 0 = not known. */
  total: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

export async function decodeVideo(context: Pick<MediaContext, 'paths' | 'settings'>, file: string, to: DecodeTo): Promise<VideoFacts> {
  const container = await containerOf(file, { signal: to.signal });
  const setting = context.settings.get('ffmpeg');
  const ffmpeg = await findFfmpeg({ provisioned: context.paths.provisioned }, { ffmpeg: typeof setting === 'string' ? setting : null });
  if (!ffmpeg) throw new AppError('FFMPEG_MISSING', `The video ${file} cannot be decoded: no ffmpeg was found.`, { file });
  // Not those above it: where they are gone, its project is no longer in its place.
  if (to.folder !== null)
    await mkdir(to.folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });

  const every = majorVersion(ffmpeg.version) >= 6 ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'];
  const pictures = to.folder === null ? [] : ['-map', '0:V:0', ...every, '-q:v', '2', '-f', 'image2', '-start_number', '0', '%06d.jpg'];
  const table = createFrameTable();
  const run = await runFfmpeg(
    ffmpeg.path,
    // A share of errors above none gives an exit status of its own, after all that can be decoded was.
    [...input(container.demuxer, file), '-max_error_rate', '0', ...pictures, '-map', '0:V:0', ...every, '-c:v', 'wrapped_avframe', ...FRAME_TABLE],
    {
      cwd: to.folder ?? undefined,
      signal: to.signal,
      onLine(line) {
        table.line(line);
        to.onProgress?.(table.frames(), to.total);
      },
      hung: () => broken(file, table, `stops the decoder after frame ${table.frames() - 1}.`),
    },
  );

  if (run.status !== 0 && run.status !== TOO_MANY_ERRORS) {
    if (await isFull(run, to.folder)) throw new AppError('DISK_FULL', `The disk is full: the frames of ${file} could not be written.`, { file });
    if (table.size() === null) throw broken(file, table, `cannot be opened: ${quoted(run)}`);
    if (table.frames() > 0) throw broken(file, table, `breaks off: the last good frame is ${table.frames() - 1} (counted from 0). ${quoted(run)}`);
  }
  const size = table.size();
  if (size === null || table.frames() === 0) throw broken(file, table, `holds no frame that can be decoded: ${quoted(run)}`);
  if (container.isCut) {
    const lastGoodFrame = table.frames() - 1 - ((await endsInPieces(ffmpeg.path, container.demuxer, file, to.signal)) ? 1 : 0);
    throw new AppError('MEDIA_UNDECODABLE', `The video ${file} is cut off: the last good frame is ${lastGoodFrame} (counted from 0).`, {
      file,
      frames: table.frames(),
      lastGoodFrame,
    });
  }
  const { headerFrames } = container;
  return {
    ...size,
    frames: table.frames(),
    fps: table.fps(),
    headerFrames: headerFrames === table.frames() ? null : headerFrames,
    isDamaged: run.status === TOO_MANY_ERRORS,
  };
}

/** ffmpeg's exit status when more decoding failed than was allowed. */
const TOO_MANY_ERRORS = 69;
/** Line by line: what is held back would look like silence. */
const FRAME_TABLE = ['-flush_packets', '1', '-f', 'framecrc', 'pipe:1'];

function input(demuxer: string, file: string): string[] {
  return ['-hide_banner', '-nostdin', '-y', '-v', 'level+error', '-protocol_whitelist', 'file', '-f', demuxer, '-i', file];
}

function broken(file: string, table: FrameTable, sentence: string): AppError {
  const frames = table.frames();
  return new AppError('MEDIA_UNDECODABLE', `The video ${file} ${sentence}`, { file, frames, lastGoodFrame: frames - 1 });
}

/** The piece of a frame at the cut is still shown, patched up from the one before; its packet says so. */
async function endsInPieces(binary: string, demuxer: string, file: string, signal: AbortSignal | undefined): Promise<boolean> {
  const packets = createFrameTable();
  await runFfmpeg(binary, [...input(demuxer, file), '-map', '0:V:0', '-c', 'copy', ...FRAME_TABLE], {
    signal,
    onLine: (line) => packets.line(line),
    hung: () => broken(file, packets, 'stops its reader.'),
  });
  return packets.isLastBroken();
}

/** ffmpeg ends with the number of the system's error, counted down from 256; old ones end with 1, and then the disk itself is asked. */
async function isFull({ status }: FfmpegRun, folder: string | null): Promise<boolean> {
  const { ENOSPC, EDQUOT } = constants.errno;
  if (status === 256 - ENOSPC || status === 256 - EDQUOT) return true;
  if (folder === null) return false;
  const disk = await statfs(folder).catch(() => null);
  return disk !== null && disk.bavail * disk.bsize < NO_ROOM;
}

/** Less than a picture of a film. */
const NO_ROOM = 1024 * 1024;

/** The first thing that went wrong is mostly the cause. */
function quoted({ complaints }: FfmpegRun): string {
  const text = complaints[0]?.replace(/^(\[[^\]]*\]\s*)+/, '').trim();
  return text ? `ffmpeg says "${text.slice(0, 200)}".` : 'ffmpeg gives no reason.';
}

function majorVersion(version: string): number {
  // Builds from a repository count instead of naming a release; they are recent.
  const major = Number(/(\d+)\.\d+/.exec(version)?.[1] ?? Infinity);
  return Number.isNaN(major) ? Infinity : major;
}
