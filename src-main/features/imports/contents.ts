/**
 * A short name of what a frame shows, wherever it stands: of its picture, or its place in a video, and of its box. Also of all frames of a tracklet
 * together. A content that stands in two places tells nothing: nobody knows for which of them a value was given.
 * Test: test/main/features/imports/contents.test.ts.
 */
import { createHash, type Hash } from 'node:crypto';
import { PICTURE_HASH } from '../../pixels/pictureHash.ts';
import type { FramesOf } from './frameMatch.ts';

export type ContentColumns = Omit<FramesOf, 'files'>;

/** "f" for a frame, "w" for a whole tracklet; what it is looked for by; what makes sure. */
export const CONTENT = /^[fw][0-9a-f]{8}[A-Za-z0-9+/]{12}$/;
const SURE = 12;

/** null when it is not known. */
export function contentAt(side: ContentColumns, position: number): string | null {
  if (side.pictures === null && side.video === null) return null;
  const hash = createHash('sha256');
  if (side.pictures !== null) hash.update(side.pictures.subarray(position * PICTURE_HASH, (position + 1) * PICTURE_HASH));
  else hash.update(`${side.video ?? ''} `).update(side.frameIndex.subarray(position * 4, position * 4 + 4));
  return named('f', probe(side, position), hash.update('|').update(side.boxes?.subarray(position * 16, position * 16 + 16) ?? ''));
}

/** Of all frames in their order; null when it is not known. */
export function contentOfAll(side: ContentColumns): string | null {
  if (side.pictures === null && side.video === null) return null;
  const hash = createHash('sha256').update(side.pictures ?? side.video ?? '');
  if (side.pictures === null) hash.update(side.frameIndex);
  return named('w', probe(side, 0), hash.update('|').update(side.boxes ?? ''));
}

export function contentsOf(side: ContentColumns): (string | null)[] {
  return Array.from({ length: side.frames }, (_, position) => contentAt(side, position));
}

function named(kind: 'f' | 'w', looked: number, hash: Hash): string {
  return `${kind}${looked.toString(16).padStart(8, '0')}${hash.digest('base64').slice(0, SURE)}`;
}

/** Cheap to read and seldom equal: most frames of a large set need no hash to be passed over. */
function probe({ pictures, frameIndex }: ContentColumns, position: number): number {
  const bytes = pictures ?? frameIndex;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(position * (pictures ? PICTURE_HASH : 4), true);
}

export interface Found<Where> {
  count: number;
  /** The first place. */
  where: Where;
  /** null: the tracklet as a whole. */
  position: number | null;
}

/** Where contents stand, and in how many places; those that stand nowhere have no entry. */
export function findContents<Where>(sides: Iterable<{ where: Where; side: ContentColumns }>, wanted: ReadonlySet<string>): Map<string, Found<Where>> {
  const found = new Map<string, Found<Where>>();
  if (wanted.size === 0) return found;
  const [frames, wholes] = [new Set<number>(), new Set<number>()];
  for (const content of wanted) (content.startsWith('w') ? wholes : frames).add(Number.parseInt(content.slice(1, 9), 16));
  const add = (content: string | null, where: Where, position: number | null): void => {
    if (content === null || !wanted.has(content)) return;
    const known = found.get(content);
    if (known) known.count++;
    else found.set(content, { count: 1, where, position });
  };
  for (const { where, side } of sides) {
    if (side.pictures === null && side.video === null) continue;
    if (wholes.has(probe(side, 0))) add(contentOfAll(side), where, null);
    for (let position = 0; position < side.frames; position++) if (frames.has(probe(side, position))) add(contentAt(side, position), where, position);
  }
  return found;
}
