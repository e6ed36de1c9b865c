/**
 * What the bytes of a video file say about itself, before any decoder sees it: which reader ffmpeg shall use (so that a playlist called `.mp4` makes
 * it read nothing else), where the file should end, and how many frames its header counts. Test: test/main/media/container.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { fileThreads, type FileThreads } from '../pixels/fileThreads.ts';

export interface Container {
  /** ffmpeg's name of it. */
  demuxer: string;
  /** A piece of the file is missing at its end, by its own account; false also where a format does not tell. */
  isCut: boolean;
  /** Frames that the header counts; null when it does not say. Headers are often wrong: only good for a warning. */
  headerFrames: number | null;
}

/** For messages. */
const KNOWN_KINDS = 'AVI, MP4, MOV, 3GP, MKV, WebM, Ogg, FLV, WMV, MPEG, MPEG-TS';

export interface ContainerOptions {
  signal?: AbortSignal | undefined;
  threads?: FileThreads;
}

export async function containerOf(file: string, { signal, threads = fileThreads() }: ContainerOptions = {}): Promise<Container> {
  const read: ReadPart = async (offset, length) => {
    const bytes = await threads.ask('part', file, { what: 'video', offset, length, signal });
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  // Says what is wrong with an empty or an absent file, too.
  const head = await read(0, 400);
  const size = (await threads.ask('stat', file, { signal }))?.size ?? 0;
  const demuxer = demuxerOf(head);
  if (demuxer === null) throw undecodable(file, `The file ${file} is no video of a known kind (${KNOWN_KINDS}).`);
  const end = await endOf(demuxer, read, size, head);
  // `avih` comes first in an AVI; its fifth number is the count of frames, 0 when the writer did not know.
  const counted = demuxer === 'avi' && head.toString('latin1', 24, 28) === 'avih' && head.length >= 52 ? head.readUInt32LE(48) : 0;
  // One byte may be padding that nobody wrote.
  return { demuxer, isCut: end !== null && end > size + 1, headerFrames: counted > 0 ? counted : null };
}

/** Fewer bytes than asked for only at the end of the file. */
type ReadPart = (offset: number, length: number) => Promise<Buffer>;

function undecodable(file: string, sentence: string): AppError {
  return new AppError('MEDIA_UNDECODABLE', sentence, { file, frames: 0, lastGoodFrame: -1 });
}

const ASF = Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex');
/** Of the object in an ASF header that holds the size of the file. */
const ASF_FILE = Buffer.from('a1dcab8c47a9cf118ee400c00c205365', 'hex');

function demuxerOf(head: Buffer): string | null {
  const ascii = head.toString('latin1');
  const first = head.length >= 4 ? head.readUInt32BE(0) : 0;
  if (ascii.startsWith('RIFF') && ascii.slice(8, 12) === 'AVI ') return 'avi';
  if (['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot'].includes(ascii.slice(4, 8))) return 'mov';
  if (first === 0x1a45dfa3) return 'matroska';
  if (ascii.startsWith('OggS')) return 'ogg';
  if (ascii.startsWith('FLV')) return 'flv';
  if (head.subarray(0, 16).equals(ASF)) return 'asf';
  // Packets of 188 bytes, or of 192 with a time stamp before each (Blu-ray and AVCHD).
  if ((head[0] === 0x47 && head[188] === 0x47) || (head[4] === 0x47 && head[196] === 0x47)) return 'mpegts';
  if (first === 0x000001ba) return 'mpeg';
  if (first === 0x000001b3) return 'mpegvideo';
  if (first === 0x000001b0 || (first === 0x00000100 && head[4] === 0x00)) return 'm4v';
  if (first === 0x00000001 || first >>> 8 === 0x000001) return 'h264';
  return null;
}

/** Chunks that are walked at the top level; a file that has more is damaged or made to keep us busy. */
const MAX_STEPS = 10_000;

/** The place where the file says that it ends; null: it does not say, or says nonsense. */
async function endOf(demuxer: string, read: ReadPart, size: number, head: Buffer): Promise<number | null> {
  if (demuxer === 'avi') return chunksEnd(read, size, 'RIFF');
  if (demuxer === 'mov') return boxesEnd(read, size);
  if (demuxer === 'matroska') return segmentEnd(read);
  if (demuxer === 'asf') return asfEnd(read, head);
  return null;
}

/** A long AVI has several RIFF chunks. One without a size was never finished, which is another fault. */
async function chunksEnd(read: ReadPart, size: number, name: string): Promise<number | null> {
  let at = 0;
  for (let step = 0; step < MAX_STEPS && at + 8 <= size; step++) {
    const chunk = await read(at, 8);
    if (chunk.toString('latin1', 0, 4) !== name) break;
    const length = chunk.readUInt32LE(4);
    if (length === 0 || length === 0xffffffff) return null;
    at += 8 + length + (length % 2);
  }
  return at;
}

async function boxesEnd(read: ReadPart, size: number): Promise<number | null> {
  let at = 0;
  for (let step = 0; step < MAX_STEPS && at + 8 <= size; step++) {
    const box = await read(at, 16);
    if (!/^[\x20-\x7e\xa9]{4}$/.test(box.toString('latin1', 4, 8))) return null;
    const short = box.readUInt32BE(0);
    // 0: to the end of the file, wherever that is.
    if (short === 0) return null;
    if (short === 1 && box.length < 16) return at + 16;
    const length = short === 1 ? Number(box.readBigUInt64BE(8)) : short;
    if (length < 8) return null;
    at += length;
  }
  return at;
}

/** Matroska and WebM: the header, then one segment, whose size may be unknown. */
async function segmentEnd(read: ReadPart): Promise<number | null> {
  const header = await element(read, 0);
  if (!header?.length) return null;
  const segment = await element(read, header.data + header.length);
  return segment?.id === 0x18538067 && segment.length !== null ? segment.data + segment.length : null;
}

async function element(read: ReadPart, at: number): Promise<{ id: number; data: number; length: number | null } | null> {
  const bytes = await read(at, 12);
  const idLength = Math.clz32(bytes[0] ?? 0) - 23;
  const lengthLength = Math.clz32(bytes[idLength] ?? 0) - 23;
  if (idLength > 4 || lengthLength > 8 || bytes.length < idLength + lengthLength) return null;
  let length = (bytes[idLength] as number) & (0xff >> lengthLength);
  let isUnknown = length === 0xff >> lengthLength;
  for (const byte of bytes.subarray(idLength + 1, idLength + lengthLength)) {
    length = length * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return { id: bytes.readUIntBE(0, idLength), data: at + idLength + lengthLength, length: isUnknown ? null : length };
}

async function asfEnd(read: ReadPart, head: Buffer): Promise<number | null> {
  const length = head.length >= 24 ? Math.min(Number(head.readBigUInt64LE(16)), 1024 * 1024) : 0;
  const header = await read(0, length);
  const at = header.indexOf(ASF_FILE);
  if (at < 0 || header.length < at + 92) return null;
  // A live recording does not know its size.
  const isLive = (header.readUInt32LE(at + 88) & 1) === 1;
  return isLive ? null : Number(header.readBigUInt64LE(at + 40));
}
