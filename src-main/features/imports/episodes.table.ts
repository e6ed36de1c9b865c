/**
 * Episodes in an update from the source: one whose frames stand in one stretch moves with them, any other is set aside (table `episode_aside`)
 * until a later update finds all its frames in one stretch again, in whatever tracklet. Its lanes are values, which go their own way.
 * Test: test/main/features/episodes.test.ts.
 */
import type { Reader, Writer } from '../../db/handles.ts';
import { episodeRow, insertEpisode, type EpisodeRow } from '../annotations/operations/episode.table.ts';
import { contentAt } from './contents.ts';
import { nameOf } from './frameMatch.ts';
import type { Scope } from './setAside.table.ts';
import type { StoredTracklet } from './sides.table.ts';

/** `from`: a position now → the one before, or -1. */
export function followEpisodes(db: Writer, before: StoredTracklet, from: Int32Array, scope: Scope): void {
  const now = new Map(Array.from(from, (place, position): [number, number] => [place, position]));
  for (const row of rowsOf(db, before.id)) {
    const places = positionsOf(row).map((position) => now.get(position));
    const stretch = stretchOf(places);
    if (stretch) db.run('UPDATE episode SET start = ?, "end" = ? WHERE id = ?', [stretch.start, stretch.end, row.id]);
    else putEpisodeAside(db, before, row, scope);
  }
}

/** The tracklet goes. */
export function keepEpisodes(db: Writer, before: StoredTracklet, scope: Scope): void {
  for (const row of rowsOf(db, before.id)) putEpisodeAside(db, before, row, scope);
}

/** Of all layers. */
function rowsOf(db: Reader, trackletId: number): EpisodeRow[] {
  return db.all<EpisodeRow>('SELECT * FROM episode WHERE tracklet_id = ? ORDER BY layer, start', [trackletId]);
}

function positionsOf({ start, end }: EpisodeRow): number[] {
  return Array.from({ length: end - start + 1 }, (_, index) => start + index);
}

/** Every one of them is there, and nothing stands between them; null otherwise. */
function stretchOf(places: readonly (number | undefined)[]): { start: number; end: number } | null {
  if (!places.every((place) => place !== undefined)) return null;
  const start = places.reduce((least, place) => Math.min(least, place), Infinity);
  const end = places.reduce((most, place) => Math.max(most, place), -1);
  return end - start + 1 === places.length ? { start, end } : null;
}

function putEpisodeAside(db: Writer, before: StoredTracklet, row: EpisodeRow, scope: Scope): void {
  const positions = positionsOf(row);
  const contents = scope.isRecorded ? positions.map((position) => contentAt(before, position)) : [null];
  db.run('INSERT INTO episode_aside (dataset_id, tracklet_key, pictures, contents, episode, at) VALUES (?, ?, ?, ?, ?, ?)', [
    scope.datasetId,
    before.key,
    JSON.stringify(positions.map((position) => nameOf(before, position))),
    contents.includes(null) ? null : JSON.stringify(contents),
    JSON.stringify(row),
    scope.at,
  ]);
  db.run('DELETE FROM episode WHERE id = ?', [row.id]);
}

interface AsideRow {
  id: number;
  contents: string;
  episode: string;
}

function knownAside(db: Reader, datasetId: number): AsideRow[] {
  return db.all<AsideRow>('SELECT id, contents, episode FROM episode_aside WHERE dataset_id = ? AND contents IS NOT NULL ORDER BY id DESC', [datasetId]);
}

/** What lies aside and can be found again. */
export function episodeContents(db: Reader, datasetId: number): string[] {
  return knownAside(db, datasetId).flatMap(({ contents }) => JSON.parse(contents) as string[]);
}

/** `placeOf`: where a content stands; null where nowhere; undefined where it cannot be told, after which no update asks again. Returns the tracklets. */
export function giveEpisodesBack(
  db: Writer,
  datasetId: number,
  placeOf: (content: string) => { trackletId: number; position: number | null } | null | undefined,
): Set<number> {
  const trackletIds = new Set<number>();
  for (const { id, contents, episode } of knownAside(db, datasetId)) {
    const places = (JSON.parse(contents) as string[]).map(placeOf);
    if (places.includes(null)) continue;
    const row = episodeRow.safeParse(JSON.parse(episode)).data;
    const [first] = places;
    const stretch = places.every((place) => place?.trackletId === first?.trackletId) ? stretchOf(places.map((place) => place?.position ?? undefined)) : null;
    if (row && first && stretch && isFree(db, first.trackletId, row.layer, stretch)) {
      const occludedBy = row.occluded_by === first.trackletId ? null : row.occluded_by;
      insertEpisode(db, { ...row, ...stretch, id: null, tracklet_id: first.trackletId, occluded_by: occludedBy });
      db.run('DELETE FROM episode_aside WHERE id = ?', [id]);
      trackletIds.add(first.trackletId);
    } else if (places.includes(undefined)) db.run('UPDATE episode_aside SET contents = NULL WHERE id = ?', [id]);
  }
  return trackletIds;
}

function isFree(db: Reader, trackletId: number, layer: string, { start, end }: { start: number; end: number }): boolean {
  return (
    db.column('SELECT 1 FROM episode WHERE tracklet_id = ? AND layer = ? AND start <= ? AND "end" >= ? LIMIT 1', [trackletId, layer, end, start]).length === 0
  );
}
