/**
 * The only place that runs ffmpeg: decodes every frame of a video, to files or only to count them. The demuxer is chosen from the first
 * bytes and only local files may be opened, so that a playlist called `.mp4` cannot make it read anything else.
 * Test: test/main/media/frameFiles.test.ts.
 */
import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { AppError } from '../../src-shared/errors.ts';
import type { HostContext } from '../host/context.ts';
import { findFfmpeg } from './ffmpegBinary.ts';

export interface VideoFacts {
  width: number;
  height: number;
  /** Counted while decoding, not taken from a header. */
  frames: number;
  fps: number;
}

export interface DecodeTo {
  /** Where `000000.jpg` and on go; null only counts. */
  folder: string | null;
  /** For progress; 0 = not known. */
  total: number;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** ffmpeg that says nothing for so long hangs. */
const SILENCE_MS = 60_000;

export async function decodeVideo(context: Pick<HostContext, 'paths' | 'settings'>, file: string, to: DecodeTo): Promise<VideoFacts> {
  const { demuxer, promised } = await containerOf(file);
  const setting = context.settings.get('ffmpeg');
  const ffmpeg = await findFfmpeg({ provisioned: context.paths.provisioned }, { ffmpeg: typeof setting === 'string' ? setting : null });
  if (!ffmpeg) throw new AppError('FFMPEG_MISSING', `The video ${file} cannot be decoded: no ffmpeg was found.`, { file });
  if (to.folder !== null) await mkdir(to.folder, { recursive: true });
  const output = to.folder === null ? ['-f', 'null', '-'] : ['-q:v', '2', '-f', 'image2', '-start_number', '0', '%06d.jpg'];
  const timing = majorVersion(ffmpeg.version) >= 6 ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'];
  const args = [
    '-hide_banner',
    '-nostdin',
    '-nostats',
    '-progress',
    'pipe:1',
    '-v',
    'info',
    '-protocol_whitelist',
    'file',
    '-f',
    demuxer,
    '-i',
    file,
    '-map',
    '0:v:0',
    '-an',
    '-sn',
    '-dn',
    ...timing,
    ...output,
  ];
  const { report, status, frames } = await runFfmpeg(ffmpeg.path, args, file, to);
  return judge({ file, report, status, frames, promised });
}

function judge({
  file,
  report,
  status,
  frames,
  promised,
}: {
  file: string;
  report: string;
  status: number | null;
  frames: number;
  promised: number | null;
}): VideoFacts {
  // The piece of a frame at the cut is still shown, patched up from the one before.
  const lastGoodFrame = frames - 1 - (/corrupt decoded frame|corrupt input packet/.test(report) ? 1 : 0);
  const undecodable = (sentence: string): AppError => new AppError('MEDIA_UNDECODABLE', `The video ${file} ${sentence}`, { file, frames, lastGoodFrame });
  if (/No space left on device|Disk quota exceeded|File too large/i.test(report))
    throw new AppError('DISK_FULL', `The disk is full: the frames of ${file} could not be written.`, { file });
  const output = report.slice(report.indexOf('Output #0'));
  const size = /Video: .*?\b(\d{1,5})x(\d{1,5})\b/.exec(output) ?? /Video: .*?\b(\d{1,5})x(\d{1,5})\b/.exec(report);
  if (!size) throw undecodable(`cannot be opened: ${reasonIn(report)}`);
  if (frames === 0) throw undecodable(`holds no frame that can be decoded: ${reasonIn(report)}`);
  if (status !== 0) throw undecodable(`breaks off: the last good frame is ${lastGoodFrame} (counted from 0). ${reasonIn(report)}`);
  const input = report.slice(0, report.indexOf('Output #0'));
  const fps = Number(/Video: .*?\b([\d.]+) fps/.exec(input)?.[1] ?? /Video: .*?\b([\d.]+) tbr/.exec(input)?.[1] ?? 0);
  // An AVI counts its frames in its header; elsewhere only a duration is known, which may be that of a longer sound track.
  const expected = promised ?? (isCut(report) ? framesByDuration(input, fps) : null);
  if (expected !== null && frames < expected - (promised === null ? 1 : 0))
    throw undecodable(`is cut off: it promises ${expected} frames, but the last good frame is ${lastGoodFrame} (counted from 0).`);
  return { width: Number(size[1]), height: Number(size[2]), frames, fps: Number.isFinite(fps) ? fps : 0 };
}

/** From the header, so only good enough to notice that much is missing. */
function framesByDuration(input: string, fps: number): number | null {
  const duration = /Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(input);
  if (!duration || fps <= 0) return null;
  const seconds = Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]);
  return Math.floor(seconds * fps + 0.01);
}

function isCut(report: string): boolean {
  return /partial file|ended prematurely|Truncat|Invalid data found|error while decoding|corrupt|end of file|EOF/i.test(report);
}

/** The last line that looks like a complaint and says more than that there was one. */
function reasonIn(report: string): string {
  const lines = report
    .split('\n')
    .map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim())
    .filter((line) => line !== '' && !/^Error opening (input|output)/i.test(line));
  const complaint = lines.findLast((line) =>
    /invalid|error|not found|failed|unknown|no such|does not contain|could not|unsupported|matches no streams/i.test(line),
  );
  return `ffmpeg says "${(complaint ?? lines.at(-1) ?? 'nothing').slice(0, 200)}".`;
}

function runFfmpeg(binary: string, args: string[], file: string, to: DecodeTo): Promise<{ report: string; status: number | null; frames: number }> {
  to.signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { cwd: to.folder ?? undefined, stdio: ['ignore', 'pipe', 'pipe'] });
    let head = '';
    let tail = '';
    let frames = 0;
    let ended: AppError | null = null;
    let watchdog = setTimeout(hang, SILENCE_MS);
    function hang(): void {
      stop(new AppError('MEDIA_UNDECODABLE', `The video ${file} stops the decoder after frame ${frames - 1}.`, { file, frames, lastGoodFrame: frames - 1 }));
    }
    function stop(error: AppError): void {
      ended ??= error;
      child.kill('SIGKILL');
    }
    const onAbort = (): void => stop(new AppError('CANCELLED', 'The work was cancelled.'));
    to.signal?.addEventListener('abort', onAbort, { once: true });

    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hang, SILENCE_MS);
      for (const [, count] of text.matchAll(/^frame=\s*(\d+)/gm)) frames = Number(count);
      to.onProgress?.(frames, to.total);
    });
    // A damaged file can complain millions of times; beginning and end say enough.
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (head.length < 20_000) head += text;
      else tail = (tail + text).slice(-20_000);
    });
    child.on('error', (error) => {
      clearTimeout(watchdog);
      reject(new AppError('FFMPEG_MISSING', `ffmpeg could not be started: ${error.message}.`, { path: binary }, { cause: error }));
    });
    child.on('close', (status) => {
      clearTimeout(watchdog);
      to.signal?.removeEventListener('abort', onAbort);
      if (ended) reject(ended);
      else resolve({ report: head + tail, status, frames });
    });
  });
}

function majorVersion(version: string): number {
  // Builds from a repository count instead of naming a release; they are recent.
  const major = Number(/(\d+)\.\d+/.exec(version)?.[1] ?? Infinity);
  return Number.isNaN(major) ? Infinity : major;
}

interface Container {
  demuxer: string;
  /** Frames that the header promises; null when it does not say. */
  promised: number | null;
}

async function containerOf(file: string): Promise<Container> {
  const head = Buffer.alloc(400);
  let length: number;
  try {
    const handle = await open(file, 'r');
    try {
      length = (await handle.read(head, 0, head.length, 0)).bytesRead;
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new AppError(
      code === 'ENOENT' ? 'MEDIA_MISSING' : 'FILE_UNREADABLE',
      `The video ${file} ${code === 'ENOENT' ? 'is not there' : 'cannot be read'}.`,
      { file },
      { cause: error },
    );
  }
  if (length === 0) throw new AppError('MEDIA_UNDECODABLE', `The video ${file} is empty (0 bytes).`, { file, frames: 0, lastGoodFrame: -1 });
  const demuxer = demuxerOf(head);
  if (demuxer === null)
    throw new AppError('MEDIA_UNDECODABLE', `The file ${file} is no video of a known kind (AVI, MP4, MOV, MKV, WebM, Ogg, FLV, MPEG).`, {
      file,
      frames: 0,
      lastGoodFrame: -1,
    });
  // `avih` comes first in an AVI; its fifth number is the count of frames, 0 when the writer did not know.
  const counted = demuxer === 'avi' && head.toString('latin1', 24, 28) === 'avih' ? head.readUInt32LE(48) : 0;
  return { demuxer, promised: counted > 0 ? counted : null };
}

function demuxerOf(head: Buffer): string | null {
  const ascii = head.toString('latin1');
  if (ascii.startsWith('RIFF') && ascii.slice(8, 12) === 'AVI ') return 'avi';
  if (['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide'].includes(ascii.slice(4, 8))) return 'mov';
  if (head.readUInt32BE(0) === 0x1a45dfa3) return 'matroska';
  if (ascii.startsWith('OggS')) return 'ogg';
  if (ascii.startsWith('FLV')) return 'flv';
  if (head[0] === 0x47 && head[188] === 0x47) return 'mpegts';
  if (head.readUInt32BE(0) === 0x000001ba) return 'mpeg';
  if (head.readUInt32BE(0) === 0x00000001 || head.readUInt32BE(0) >>> 8 === 0x000001) return 'h264';
  return null;
}
