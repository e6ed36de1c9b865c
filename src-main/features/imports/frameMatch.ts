/**
 * Which frames of a tracklet are still the same after its source changed: by the content of the picture and the box in it, wherever they stand
 * now. The rest is changed (another picture under the same name), added or removed. Test: test/main/features/imports/frameMatch.test.ts.
 */
import { PICTURE_HASH } from '../../pixels/pictureHash.ts';

/** One side: the columns of a tracklet. */
export interface FramesOf {
  frames: number;
  frameIndex: Uint8Array;
  boxes: Uint8Array | null;
  /** Paths; null for a video. */
  files: readonly string[] | null;
  /** null: not recorded. */
  pictures: Uint8Array | null;
  /** Fingerprint of the video; null for pictures, and when it was not recorded. */
  video: string | null;
}

export interface FrameMatch {
  /** A position now → the one before with the same content, or -1. */
  from: Int32Array;
  /** Positions before whose content is gone; `now` = where another picture stands under the same name. */
  lost: { before: number; now: number | null; name: string }[];
  changed: number;
  added: number;
  removed: number;
}

export function matchFrames(before: FramesOf, now: FramesOf): FrameMatch {
  // Where one side has no hashes, a name is all there is to go by.
  const byName = now.files !== null ? before.pictures === null || now.pictures === null : before.video === null || now.video === null;
  const contents = new Map<string, number[]>();
  for (let position = before.frames - 1; position >= 0; position--) {
    const content = contentOf(before, position, byName);
    const places = contents.get(content);
    if (places) places.push(position);
    else contents.set(content, [position]);
  }
  const from = new Int32Array(now.frames).fill(-1);
  const kept = new Uint8Array(before.frames);
  const keep = (position: number, place: number): void => {
    from[position] = place;
    kept[place] = 1;
  };
  // A picture that nobody touched is itself, also where another was made equal to it or one of its equals has gone.
  const names = placesByName(before);
  for (let position = 0; position < now.frames; position++) {
    const place = names.get(nameOf(now, position));
    if (place !== undefined && kept[place] === 0 && contentOf(before, place, byName) === contentOf(now, position, byName)) keep(position, place);
  }
  for (let position = 0; position < now.frames; position++) {
    if (from[position] !== -1) continue;
    // The earliest first: pictures that repeat keep their order.
    const places = contents.get(contentOf(now, position, byName));
    let place = places?.pop();
    while (place !== undefined && kept[place] === 1) place = places?.pop();
    if (place !== undefined) keep(position, place);
  }
  const unmatched = new Map<string, number>();
  for (let position = 0; position < now.frames; position++) if (from[position] === -1) unmatched.set(nameOf(now, position), position);
  const lost: FrameMatch['lost'] = [];
  let changed = 0;
  for (let position = 0; position < before.frames; position++) {
    if (kept[position] === 1) continue;
    const name = nameOf(before, position);
    const here = unmatched.get(name) ?? null;
    if (here !== null) changed++;
    lost.push({ before: position, now: here, name });
  }
  return { from, lost, changed, added: unmatched.size - changed, removed: lost.length - changed };
}

/** Positions by file, or by number of the frame in its medium. */
export function placesByName(side: FramesOf): Map<string, number> {
  return new Map(Array.from({ length: side.frames }, (_, place): [string, number] => [nameOf(side, place), place]));
}

/** File, or number of the frame in its medium. */
export function nameOf(side: FramesOf, position: number): string {
  return side.files?.[position] ?? String(new DataView(side.frameIndex.buffer, side.frameIndex.byteOffset + position * 4, 4).getInt32(0, true));
}

function contentOf(side: FramesOf, position: number, byName: boolean): string {
  const box = side.boxes === null ? '' : hex(side.boxes, position * 16, 16);
  if (byName) return `${nameOf(side, position)} ${box}`;
  if (side.pictures === null) return `${side.video ?? ''} ${nameOf(side, position)} ${box}`;
  return `${hex(side.pictures, position * PICTURE_HASH, PICTURE_HASH)} ${box}`;
}

function hex(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1');
}
