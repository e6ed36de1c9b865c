/**
 * `/media/…`: pictures by id, never by path. `stamp` in the address that equals the source's makes it cacheable for ever; without it the
 * browser asks again and gets 304. `/media/crop/<tracklet>/<position>.png` holds the very pixels that a model reads. Single byte ranges are answered. Test: test/main/media/routes.test.ts.
 */
import { availableParallelism } from 'node:os';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, toErrorShape, type ErrorCode } from '../../src-shared/errors.ts';
import type { MediaSource } from './source.ts';
import type { MediaContext } from './context.ts';
import { ensureFrame } from './frameFiles.ts';
import { fileThreads } from '../pixels/fileThreads.ts';
import { createPictureCache, type Made } from './pictureCache.ts';
import { cropPicture, fileOf, framePicture, MAX_MADE_PIXELS, sheetPicture, spread, tooLarge, type ImportedFile } from './pictures.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  BAD_INPUT: 400,
  NOT_FOUND: 404,
  MEDIA_MISSING: 404,
  SOURCE_CHANGED: 409,
  MEDIA_UNDECODABLE: 422,
  FFMPEG_MISSING: 503,
  DISK_FULL: 507,
};
const MAX_HEIGHT = 2160;
const MAX_CELLS = 512;
/** JPEG's own limit. */
const MAX_WIDTH = 65_500;

interface Picture {
  body: Buffer;
  type: string;
  /** null: it is not to be kept, since a part of it could not be had now. */
  etag: string | null;
  immutable: boolean;
}

/** Answers `/media/…`; false when the address is not known. */
export type MediaRoute = (url: URL, request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export function createMediaRoute(context: MediaContext): MediaRoute {
  const { mediaRows, project } = context;
  const cache = createPictureCache({
    folder: project.file('cache/pictures'),
    makeFolder: (path) => project.makeFolder(path),
    memoryBytes: 96 * 1024 * 1024,
    atOnce: Math.min(8, Math.max(2, availableParallelism())) + 1,
  });

  async function strip(id: number, query: URLSearchParams, signal: AbortSignal, wants: Wants): Promise<Picture> {
    const height = numberIn(query, 'h', 132, 8, MAX_HEIGHT);
    const crops = numberIn(query, 'crops', 8, 1, 64);
    const pixels = await mediaRows.trackletPixels(id);
    refuseLarge(Math.min(crops, pixels.frames), height);
    const { stamp } = pixels.media;
    const key = `${stamp}/strip-${id}-${crops}x${height}`;
    return finish(key, query.get('stamp') === stamp, wants, () =>
      cache.get(key, { onDisk: true, signal }, (making) => sheetPicture(context, pixels, spread(pixels.frames, crops), height, making)),
    );
  }

  async function crop(id: number, position: number, query: URLSearchParams, signal: AbortSignal, wants: Wants): Promise<Picture> {
    const height = query.has('h') ? numberIn(query, 'h', 0, 8, MAX_HEIGHT) : null;
    const pixels = await mediaRows.trackletPixels(id);
    checkPosition(position, pixels.frames, id);
    const { stamp } = pixels.media;
    const key = `${stamp}/crop-${id}-${position}-${height ?? 'native'}`;
    return finish(key, query.get('stamp') === stamp, wants, () =>
      cache.get(key, { onDisk: false, signal }, () => whole(cropPicture(context, pixels, position, { height }))),
    );
  }

  async function exactCrop(id: number, position: number, query: URLSearchParams, signal: AbortSignal, wants: Wants): Promise<Picture> {
    const pixels = await mediaRows.trackletPixels(id);
    checkPosition(position, pixels.frames, id);
    const { stamp } = pixels.media;
    return finish(`${stamp}/exact-${id}-${position}`, query.get('stamp') === stamp, wants, () =>
      // Not kept, but made in turn like the others.
      cache.get(`${stamp}/exact-${id}-${position}`, { onDisk: false, signal }, () => whole(cropPicture(context, pixels, position, 'lossless'))),
    );
  }

  async function sheet(id: number, from: number, to: number, query: URLSearchParams, signal: AbortSignal, wants: Wants): Promise<Picture> {
    const height = numberIn(query, 'h', 132, 8, MAX_HEIGHT);
    const every = numberIn(query, 'every', 1, 1, 1_000_000);
    const pixels = await mediaRows.trackletPixels(id);
    checkPosition(from, pixels.frames, id);
    checkPosition(to, pixels.frames, id);
    if (to < from) throw new AppError('BAD_INPUT', `The sheet ends (${to}) before it begins (${from}).`, { key: 'to' });
    const count = Math.floor((to - from) / every) + 1;
    if (count > MAX_CELLS || (count * height) / 2 > MAX_WIDTH)
      throw new AppError('BAD_INPUT', `A sheet of ${count} crops at this height is too wide; ask for fewer.`, { key: 'every' });
    refuseLarge(count, height);
    const positions = Array.from({ length: count }, (_, index) => from + index * every);
    const { stamp } = pixels.media;
    const key = `${stamp}/sheet-${id}-${from}-${to}-${every}x${height}`;
    return finish(key, query.get('stamp') === stamp, wants, () =>
      cache.get(key, { onDisk: true, signal }, (making) => sheetPicture(context, pixels, positions, height, making)),
    );
  }

  async function frame(mediaId: number, index: number, query: URLSearchParams, signal: AbortSignal, wants: Wants): Promise<Picture> {
    const source = await mediaRows.source(mediaId);
    if (index >= source.frameCount)
      throw new AppError('NOT_FOUND', `Medium ${mediaId} has only ${source.frameCount} frames (0 to ${source.frameCount - 1}).`, { mediaId, frame: index });
    const imported = source.kind === 'video' ? null : await pictureOfFrame(source, index);
    const file = imported ? fileOf(context, imported) : { path: await ensureFrame(context, source, index) };
    const root = project.root(source.root);
    const at = { root, within: source.kind === 'video' ? project.cache : root };
    const found = await fileThreads().ask('stat', file.path, at);
    const key = `${source.stamp}/frame-${mediaId}-${index}-${found?.size ?? 0}`;
    return finish(key, query.get('stamp') === source.stamp, wants, () =>
      cache.get(key, { onDisk: false, signal }, () => whole(framePicture(context, file, at, imported))),
    );
  }

  async function pictureOfFrame(media: MediaSource, index: number): Promise<ImportedFile> {
    const found = await mediaRows.frameFile(media.id, index);
    if (!found) throw new AppError('NOT_FOUND', `No tracklet names a picture of frame ${index} of medium ${media.id}.`, { mediaId: media.id, frame: index });
    return { media, ...found };
  }

  return async (url, request, response) => {
    const abort = new AbortController();
    response.on('close', () => abort.abort(new AppError('CANCELLED', 'Nobody waits for the picture any more.')));
    const wants: Wants = { etag: request.headers['if-none-match'] ?? null };
    try {
      const picture = await make(url, abort.signal, wants);
      if (picture === undefined) return false;
      send(request, response, picture);
    } catch (error) {
      if (response.destroyed || abort.signal.aborted) return true;
      const shape = toErrorShape(error);
      if (shape.code === 'INTERNAL') context.log.error({ path: url.pathname, err: error }, 'a picture failed');
      response.writeHead(STATUS[shape.code] ?? 500, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
      response.end(JSON.stringify({ error: shape }));
    }
    return true;
  };

  /** undefined: no such address. */
  async function make(url: URL, signal: AbortSignal, wants: Wants): Promise<Picture | undefined> {
    const exact = /^\/media\/crop\/(\d{1,10})\/(\d{1,10})\.png$/.exec(url.pathname);
    if (exact) return exactCrop(Number(exact[1]), Number(exact[2]), url.searchParams, signal, wants);
    const match = /^\/media\/(strip|crop|sheet|frame)\/(\d{1,10})(?:\/(\d{1,10})(?:-(\d{1,10}))?)?\.jpg$/.exec(url.pathname);
    if (!match) return undefined;
    const [, kind, idText, firstText, secondText] = match;
    const id = Number(idText);
    const first = Number(firstText);
    if (kind === 'strip' && firstText === undefined) return strip(id, url.searchParams, signal, wants);
    if (firstText === undefined) return undefined;
    if (kind === 'sheet' && secondText !== undefined) return sheet(id, first, Number(secondText), url.searchParams, signal, wants);
    if (secondText !== undefined) return undefined;
    if (kind === 'crop') return crop(id, first, url.searchParams, signal, wants);
    if (kind === 'frame') return frame(id, first, url.searchParams, signal, wants);
    return undefined;
  }
}

interface Wants {
  etag: string | null;
}

async function finish(key: string, immutable: boolean, wants: Wants, make: () => Promise<Made>): Promise<Picture> {
  const etag = `"${key.replaceAll('/', '-')}"`;
  if (wants.etag === etag) return { body: Buffer.alloc(0), type: '', etag, immutable };
  const { body, isWhole } = await make();
  return { body, type: 'image/jpeg', etag: isWhole ? etag : null, immutable };
}

async function whole(picture: Promise<Buffer>): Promise<Made> {
  return { body: await picture, isWhole: true };
}

function send(request: IncomingMessage, response: ServerResponse, picture: Picture): void {
  const headers =
    picture.etag === null
      ? { 'cache-control': 'no-store', 'accept-ranges': 'bytes' }
      : {
          etag: picture.etag,
          'cache-control': picture.immutable ? 'private, max-age=31536000, immutable' : 'private, no-cache',
          'accept-ranges': 'bytes',
        };
  if (picture.etag !== null && request.headers['if-none-match'] === picture.etag) {
    response.writeHead(304, headers);
    return void response.end();
  }
  const { body } = picture;
  const type = contentType(body);
  const range = rangeOf(request.headers.range, body.length);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { ...headers, 'content-range': `bytes */${body.length}` });
    return void response.end();
  }
  const part = range ? body.subarray(range.start, range.end + 1) : body;
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-type': type,
    'content-length': part.length,
    ...(range ? { 'content-range': `bytes ${range.start}-${range.end}/${body.length}` } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : part);
}

/** By the first bytes, since a source may call a PNG `.jpg`. */
function contentType(body: Buffer): string {
  if (body[0] === 0x89 && body[1] === 0x50) return 'image/png';
  if (body.subarray(0, 4).toString('latin1') === 'RIFF') return 'image/webp';
  return 'image/jpeg';
}

/** One range; several at once, or none of ours, are answered with the whole. */
export function rangeOf(header: string | undefined, length: number): { start: number; end: number } | 'unsatisfiable' | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  if (match[1] === '') {
    const last = Math.min(length, Number(match[2]));
    return last === 0 ? 'unsatisfiable' : { start: length - last, end: length - 1 };
  }
  const start = Number(match[1]);
  const end = match[2] === '' ? length - 1 : Math.min(length - 1, Number(match[2]));
  return start >= length || end < start ? 'unsatisfiable' : { start, end };
}

function refuseLarge(crops: number, height: number): void {
  const made = crops * Math.max(1, Math.round(height / 2)) * height;
  if (made > MAX_MADE_PIXELS) throw tooLarge(made, `A picture of ${crops} crops at ${height} pixels of height`);
}

function numberIn(query: URLSearchParams, key: string, missing: number, min: number, max: number): number {
  const text = query.get(key);
  if (text === null) return missing;
  const value = Number(text);
  if (!/^\d{1,9}$/.test(text) || value < min || value > max) throw new AppError('BAD_INPUT', `"${key}" must be a whole number from ${min} to ${max}.`, { key });
  return value;
}

function checkPosition(position: number, frames: number, id: number): void {
  if (position >= frames)
    throw new AppError('NOT_FOUND', `Tracklet ${id} has only ${frames} frames (positions 0 to ${frames - 1}).`, { trackletId: id, position });
}
