/**
 * Takes over what a source says of one tracklet now: values stay with their pictures inside it, those that cannot stay are set aside.
 * Test: test/main/features/imports/changesTable.test.ts.
 */
import { runsOf } from '../../../datasets/visibility.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { SHARED_LAYER } from '../../../src-shared/fields/layer.ts';
import { REVIEW } from '../../../src-shared/fields/roles.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { refreshDerived } from '../annotations/derived.table.ts';
import { contentAt, contentOfAll, contentsOf } from './contents.ts';
import { followEpisodes, keepEpisodes } from './episodes.table.ts';
import { matchFrames, nameOf, type FrameMatch } from './frameMatch.ts';
import { followSeen, keepSeen } from './seenAside.table.ts';
import { followAside, insertRow, isImported, placedAside, putAside, unplaceAside, type AnnotationRow, type AsideEntry, type Scope } from './setAside.table.ts';
import { setSidesInFirst } from '../splits/members.table.ts';
import { framesNow, storedById, type StoredTracklet } from './sides.table.ts';
import type { SpooledTracklet } from './spool.ts';
import { addImported, CAMERA_ID, IDENTITY_ID, MEDIA_ID, setSource, trackletColumns } from './table.ts';

/** Returns whether every frame and value is where it was, as after a renaming. */
export function changeTracklet(db: Writer, before: StoredTracklet, now: SpooledTracklet, wholeFields: readonly string[], scope: Scope): boolean {
  const { id } = before;
  const video = db.column<string | null>('SELECT content_hash FROM media WHERE dataset_id = ? AND key = ?', [scope.datasetId, now.mediaKey])[0] ?? null;
  const match = matchFrames(before, framesNow(now, video));
  const rows = valuesOf(db, id);
  db.run('DELETE FROM annotation WHERE tracklet_id = ?', [id]);
  const isOtherwise = match.lost.length > 0 || match.added > 0;
  const asideBefore = placedAside(db, scope.datasetId, before.key);

  for (const { layer, field, rows: ofField } of byLayerAndField(rows)) {
    if (wholeFields.includes(field)) {
      for (const row of ofField) {
        if (isImported(row)) continue;
        // A review was of other pictures; what was said of the person stays.
        if (field === REVIEW.id && isOtherwise) putAside(db, before.key, ofWhole(before, row, { start: 0, end: now.frames - 1 }), scope);
        else insertRow(db, 'annotation', { ...row, start: 0, end: now.frames - 1 });
      }
      const own = layer === SHARED_LAYER ? now.annotations.find((one) => one.field === field) : undefined;
      if (own && ofField.every(isImported)) addImported(db, id, own, scope);
      continue;
    }
    const given = ofField.filter((row) => !isImported(row));
    const mine = valuesAt(given, before.frames);
    const kept = Array.from(match.from, (place) => (place < 0 ? null : (mine[place] ?? null)));
    const fromSource = layer === SHARED_LAYER ? tracksOf(now, field) : [];
    for (const { start, end, value } of runsOf(kept)) insertRow(db, 'annotation', { ...value, start, end });
    // What the source says itself counts where nobody has said otherwise.
    for (const { start, end, value } of runsOf(fromSource.map((value, position) => (kept[position] === null ? value : null))))
      addImported(db, id, { field, start, end, value }, scope);
    for (const entry of asideEntries(before, mine, match.lost)) putAside(db, before.key, entry, scope);
  }
  for (const field of new Set(now.annotations.map((one) => one.field)))
    if (!rows.some((row) => row.layer === SHARED_LAYER && row.field === field))
      for (const { start, end, value } of runsOf(tracksOf(now, field))) addImported(db, id, { field, start, end, value }, scope);

  if (scope.isRecorded)
    keepSeen(
      db,
      scope.datasetId,
      before,
      match.lost.map((one) => one.before),
    );
  followSeen(db, id, match.from);
  followEpisodes(db, before, match.from, scope);
  followAside(db, asideBefore, framesNow(now, video), match, scope);
  db.run(
    `UPDATE tracklet SET identity_id = ${IDENTITY_ID}, camera_id = ${CAMERA_ID}, media_id = ${MEDIA_ID},
       frames = @frames, frame_index = @frameIndex, boxes = @boxes, files = @files, ranges = @ranges, ignored = @ignored
     WHERE id = @id`,
    { ...trackletColumns(scope.datasetId, now), id },
  );
  // A split that the user chose stays as long as the source says of it what it said.
  if (before.sourceSplit !== null && before.sourceSplit !== now.split) {
    setSidesInFirst(db, [id], now.split);
    scope.sidesChanged.add(id);
  }
  setSource(db, id, now);
  refreshDerived(db, id);
  const isInPlace = match.lost.length === 0 && match.added === 0 && match.from.every((place, position) => place === position);
  return isInPlace && haveSameValues(rows, valuesOf(db, id));
}

/** Everything that people said of a tracklet that the source has no more is set aside; then it is removed. */
export function removeTracklet(db: Writer, trackletId: number, wholeFields: readonly string[], scope: Scope): void {
  const before = storedById(db, scope.datasetId, trackletId);
  if (!before) throw new AppError('CONFLICT', `Tracklet ${trackletId} is not there any more.`, { trackletId });
  unplaceAside(db, scope.datasetId, before.key);
  const lost = Array.from({ length: before.frames }, (_, place) => ({ before: place, now: null, name: nameOf(before, place) }));
  for (const { field, rows } of byLayerAndField(valuesOf(db, trackletId))) {
    const given = rows.filter((row) => !isImported(row));
    const entries = wholeFields.includes(field)
      ? given.map((row) => ofWhole(before, row, { start: null, end: null }))
      : asideEntries(before, valuesAt(given, before.frames), lost);
    for (const entry of entries) putAside(db, before.key, entry, scope);
  }
  if (scope.isRecorded) keepSeen(db, scope.datasetId, before, lost.keys());
  keepEpisodes(db, before, scope);
  db.run('DELETE FROM tracklet WHERE id = ?', [trackletId]);
}

/** What may lose its place in a tracklet: of each frame, and of all together. Nothing where nobody gave or saw anything. */
export function contentsAtStake(db: Reader, before: StoredTracklet): (string | null)[] {
  const isWorkedOn = db.column(
    `SELECT 1 FROM annotation WHERE tracklet_id = @id AND (how <> 'imported' OR layer <> @shared) UNION ALL SELECT 1 FROM seen WHERE tracklet_id = @id
     UNION ALL SELECT 1 FROM episode WHERE tracklet_id = @id LIMIT 1`,
    { id: before.id, shared: SHARED_LAYER },
  );
  return isWorkedOn.length === 0 ? [] : [...contentsOf(before), contentOfAll(before)];
}

/** Of all layers. */
function valuesOf(db: Reader, trackletId: number): AnnotationRow[] {
  return db.all<AnnotationRow>('SELECT * FROM annotation WHERE tracklet_id = ? ORDER BY layer, field, start', [trackletId]);
}

function byLayerAndField(rows: readonly AnnotationRow[]): { layer: string; field: string; rows: AnnotationRow[] }[] {
  return [...Map.groupBy(rows, (row) => row.layer)].flatMap(([layer, ofLayer]) =>
    [...Map.groupBy(ofLayer, (row) => row.field)].map(([field, ofField]) => ({ layer, field, rows: ofField })),
  );
}

/** Who gave a value and when may differ: an import gives its own anew. */
function haveSameValues(before: readonly AnnotationRow[], now: readonly AnnotationRow[]): boolean {
  return (
    before.length === now.length &&
    before.every((row, index) => (['layer', 'field', 'start', 'end', 'value', 'how'] as const).every((column) => row[column] === now[index]?.[column]))
  );
}

/** The row that gives a frame its value, a position each. */
export function valuesAt(rows: readonly AnnotationRow[], frames: number): (AnnotationRow | null)[] {
  const values = new Array<AnnotationRow | null>(frames).fill(null);
  for (const row of rows) values.fill(row, row.start, row.end + 1);
  return values;
}

/** What the source says of a field, a position each. */
function tracksOf(tracklet: SpooledTracklet, field: string): (string | null)[] {
  const values = new Array<string | null>(tracklet.frames).fill(null);
  for (const one of tracklet.annotations) if (one.field === field) values.fill(one.value, one.start, one.end + 1);
  return values;
}

function ofWhole(before: StoredTracklet, row: AnnotationRow, place: { start: number | null; end: number | null }): AsideEntry {
  return { row, names: [], contents: [contentOfAll(before)], ...place };
}

/** Values on frames that are gone or have another picture; neighbours with one value are one entry. */
function asideEntries(side: StoredTracklet, values: readonly (AnnotationRow | null)[], lost: FrameMatch['lost']): AsideEntry[] {
  const entries: (AsideEntry & { last: number })[] = [];
  for (const { before, now, name } of lost) {
    const row = values[before] ?? null;
    if (row === null) continue;
    const open = entries.at(-1);
    if (open?.row === row && open.last === before - 1 && open.end === (now === null ? null : now - 1)) {
      open.names.push(name);
      open.contents.push(contentAt(side, before));
      open.last = before;
      open.end = now;
    } else entries.push({ row, names: [name], contents: [contentAt(side, before)], last: before, start: now, end: now });
  }
  return entries;
}
