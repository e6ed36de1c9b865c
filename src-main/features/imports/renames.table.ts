/**
 * Tracklets of a data set that stand under another key in its source: with the same frames, or with more than half of them where those are more
 * than half of what stands there. What stands in several places tells nothing.
 * Tests: test/main/features/imports/changesTable.test.ts, test/main/features/imports/compareSource.test.ts.
 */
import type { Reader } from '../../db/handles.ts';
import { contentOfAll, contentsOf, findContents, type ContentColumns } from './contents.ts';
import { matchFrames } from './frameMatch.ts';
import type { SpoolChunk } from './importProtocol.ts';
import { framesNow, isRecorded, piecesOf, storedById, storedSides, storedTracklet } from './sides.table.ts';
import type { SpooledTracklet } from './spool.ts';

export interface Renamed {
  id: number;
  key: string;
  frames: number;
  /** All none where it is only called otherwise. */
  pictures: { changed: number; added: number; removed: number };
}

export interface RenamesInput {
  datasetId: number;
  /** Tracklets that are gone from their key. */
  gone: Int32Array;
  spool: string;
  chunks: SpoolChunk[];
  videos: Record<string, string>;
}

export function renamed(db: Reader, input: RenamesInput): Renamed[] {
  const { datasetId } = input;
  if (!isRecorded(db, datasetId)) return [];
  const gone = new Set(input.gone);
  const isFree = (key: string): boolean => {
    const holder = storedTracklet(db, datasetId, key);
    return holder === null || gone.has(holder.id);
  };
  const keys = sameFrames(db, input);
  const left = input.gone.filter((id) => !keys.has(id));
  const taken = new Set(keys.values());
  for (const [id, key] of mostFrames(db, { ...input, gone: left })) if (!taken.has(key)) keys.set(id, key);
  const chosen = new Map([...keys].filter(([, key]) => isFree(key)).map(([id, key]) => [key, id]));
  const found: Renamed[] = [];
  for (const tracklet of trackletsOf(input)) {
    const id = chosen.get(tracklet.key);
    const before = id === undefined ? null : storedById(db, datasetId, id);
    if (!before) continue;
    const { changed, added, removed } = matchFrames(before, framesNow(tracklet, videoOf(input, tracklet)));
    found.push({ id: before.id, key: tracklet.key, frames: tracklet.frames, pictures: { changed, added, removed } });
  }
  return found;
}

function sameFrames(db: Reader, { datasetId, gone, ...source }: RenamesInput): Map<number, string> {
  const owners = new Map<string, number>();
  for (const id of gone) {
    const before = storedById(db, datasetId, id);
    const content = before && contentOfAll(before);
    if (content !== null) owners.set(content, id);
  }
  const wanted = new Set(owners.keys());
  const before = findContents(storedSides(db, datasetId), wanted);
  const now = findContents(spooledSides(source), wanted);
  return new Map(
    [...owners].flatMap(([content, id]) => (isOnce(before.get(content)) && isOnce(now.get(content)) ? [[id, now.get(content)?.where.key ?? '']] : [])),
  );
}

/** Each the larger part of the other, so at most one fits. */
function mostFrames(db: Reader, { datasetId, gone, ...source }: RenamesInput): Map<number, string> {
  const owners = new Map<string, number>();
  const frames = new Map<number, number>();
  for (const id of gone) {
    const before = storedById(db, datasetId, id);
    if (!before) continue;
    frames.set(id, before.frames);
    for (const content of contentsOf(before)) if (content !== null) owners.set(content, id);
  }
  const wanted = new Set(owners.keys());
  const before = findContents(storedSides(db, datasetId), wanted);
  const now = findContents(spooledSides(source), wanted);
  const shared = new Map<number, Map<string, { count: number; frames: number }>>();
  for (const [content, id] of owners) {
    const place = now.get(content);
    if (!place || !isOnce(place) || !isOnce(before.get(content))) continue;
    const ofOne = shared.get(id) ?? new Map<string, { count: number; frames: number }>();
    shared.set(id, ofOne);
    const pair = ofOne.get(place.where.key) ?? { count: 0, frames: place.where.frames };
    ofOne.set(place.where.key, pair);
    pair.count++;
  }
  const keys = new Map<number, string>();
  for (const [id, ofOne] of shared)
    for (const [key, pair] of ofOne) if (2 * pair.count > (frames.get(id) ?? 0) && 2 * pair.count > pair.frames) keys.set(id, key);
  return keys;
}

function isOnce(found: { count: number } | undefined): boolean {
  return found?.count === 1;
}

type Source = Pick<RenamesInput, 'spool' | 'chunks' | 'videos'>;

function* trackletsOf({ spool, chunks }: Source): Generator<SpooledTracklet> {
  for (const { tracklets } of piecesOf(spool, chunks)) yield* tracklets;
}

function videoOf({ videos }: Source, { mediaKey }: SpooledTracklet): string | null {
  return videos[mediaKey] ?? null;
}

function* spooledSides(source: Source): Generator<{ where: { key: string; frames: number }; side: ContentColumns }> {
  for (const tracklet of trackletsOf(source)) {
    const { key, frames, frameIndex, boxes, pictures } = tracklet;
    yield { where: { key, frames }, side: { frames, frameIndex, boxes, pictures, video: videoOf(source, tracklet) } };
  }
}
