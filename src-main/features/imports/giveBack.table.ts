/**
 * The last part of an update: values that lie aside, of this update or of earlier ones, go to their frames where those stand now, in whatever
 * tracklet. A content in several places, before or now, tells nothing, and a value that a person gave to the frame since counts more: both leave
 * the value aside, and no later update asks again.
 * Tests: test/main/features/imports/giveBack.test.ts, test/main/features/imports/everyValue.test.ts.
 */
import { runsOf } from '../../../datasets/visibility.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { valuesAt } from './changeTracklet.table.ts';
import { findContents, type Found } from './contents.ts';
import { episodeContents, giveEpisodesBack } from './episodes.table.ts';
import { isAside } from './operations/setAside.table.ts';
import { giveSeenBack, seenContents } from './seenAside.table.ts';
import {
  addToPieces,
  contentsText,
  insertRow,
  isImported,
  readContents,
  replaceAside,
  type AnnotationRow,
  type AsidePiece,
  type Scope,
  type StoredAside,
} from './setAside.table.ts';
import { storedSides } from './sides.table.ts';

/** What lies aside and can be found again. */
export function contentsAside(db: Reader, datasetId: number): Set<string> {
  const contents = new Set([...seenContents(db, datasetId), ...episodeContents(db, datasetId)]);
  for (const row of knownAside(db, datasetId)) for (const content of readContents(row)) if (content !== null) contents.add(content);
  return contents;
}

/** The newest first: of two values for one frame that one is the last. */
function knownAside(db: Reader, datasetId: number): StoredAside[] {
  return db.all<StoredAside>('SELECT * FROM set_aside WHERE dataset_id = ? AND contents IS NOT NULL ORDER BY id DESC', [datasetId]);
}

export interface GivenBack {
  /** Values of this update that went with their pictures into another tracklet. */
  moved: number;
  /** Values of earlier updates. */
  putBack: number;
  /** Where a value came to stand. */
  trackletIds: Set<number>;
  /** Where what was seen changed. */
  seenIds: Set<number>;
}

/** `before`: in how many places contents stood before the update. */
export function giveBack(db: Writer, before: ReadonlyMap<string, Found<number>>, scope: Scope): GivenBack {
  const { datasetId } = scope;
  const given: GivenBack = { moved: 0, putBack: 0, trackletIds: new Set(), seenIds: new Set() };
  if (!scope.isRecorded) return given;
  const wanted = contentsAside(db, datasetId);
  const now = findContents(storedSides(db, datasetId), wanted);
  // null: nowhere; undefined: not to be told.
  const placeOf = (content: string): { trackletId: number; position: number | null } | null | undefined => {
    const found = now.get(content);
    if (Math.max(found?.count ?? 0, before.get(content)?.count ?? 0) > 1) return undefined;
    return found ? { trackletId: found.where, position: found.position } : null;
  };
  const values = fieldValues(db);
  for (const row of knownAside(db, datasetId)) {
    const contents = readContents(row);
    const names = JSON.parse(row.pictures) as string[];
    const value = givenValue(row);
    const pieces: AsidePiece[] = [];
    let isGiven = false;
    let isForgotten = false;
    for (let index = 0; index < Math.max(names.length, contents.length); index++) {
      const content = contents[index] ?? null;
      const place = content === null ? null : placeOf(content);
      if (place && value && values.give(place, value)) {
        isGiven = true;
        given.trackletIds.add(place.trackletId);
        continue;
      }
      if (place !== null) isForgotten = true;
      const left = place === null ? content : null;
      const name = names[index];
      if (name !== undefined) addToPieces(pieces, { name, content: left, place: row.start === null ? null : row.start + index });
    }
    if (isGiven) {
      given[scope.newAside.has(row.id) ? 'moved' : 'putBack']++;
      replaceAside(db, row, pieces, scope);
    } else if (isForgotten) {
      const left = contents.map((content) => (content === null || placeOf(content) !== null ? null : content));
      db.run('UPDATE set_aside SET contents = ? WHERE id = ?', [contentsText(left), row.id]);
    }
  }
  values.write();
  for (const id of giveEpisodesBack(db, datasetId, placeOf)) given.trackletIds.add(id);
  given.seenIds = giveSeenBack(db, datasetId, (content) => {
    const place = placeOf(content);
    return place && { trackletId: place.trackletId, position: place.position ?? 0 };
  });
  return given;
}

/** By its known columns alone: their names become SQL. null for a row that nobody of ours wrote. */
function givenValue(row: StoredAside): AnnotationRow | null {
  if (!isAside(row)) return null;
  const { tracklet_id, layer, field, start, end, value, how, annotator, updated_at } = JSON.parse(row.annotation) as AnnotationRow;
  return {
    tracklet_id: tracklet_id ?? null,
    layer,
    field,
    start,
    end,
    value: value ?? null,
    how,
    annotator: annotator ?? null,
    updated_at: updated_at ?? null,
  };
}

/** Values a position each, of the fields and layers that get some. */
function fieldValues(db: Writer): { give(place: { trackletId: number; position: number | null }, value: AnnotationRow): boolean; write(): void } {
  const fields = new Map<string, { trackletId: number; layer: string; field: string; values: (AnnotationRow | null)[] }>();
  function of(trackletId: number, { layer, field }: AnnotationRow): (AnnotationRow | null)[] {
    const key = `${trackletId} ${layer} ${field}`;
    let known = fields.get(key);
    if (!known) {
      const frames = db.column<number>('SELECT frames FROM tracklet WHERE id = ?', [trackletId])[0] ?? 0;
      const rows = db.all<AnnotationRow>('SELECT * FROM annotation WHERE tracklet_id = ? AND layer = ? AND field = ?', [trackletId, layer, field]);
      fields.set(key, (known = { trackletId, layer, field, values: valuesAt(rows, frames) }));
    }
    return known.values;
  }
  return {
    /** What came with the source gives way; what a person gave does not. */
    give({ trackletId, position }, value) {
      const values = of(trackletId, value);
      const [start, end] = position === null ? [0, values.length] : [position, position + 1];
      if (values.slice(start, end).some((row) => row !== null && !isImported(row))) return false;
      values.fill(value, start, end);
      return true;
    },
    write() {
      for (const { trackletId, layer, field, values } of fields.values()) {
        db.run('DELETE FROM annotation WHERE tracklet_id = ? AND layer = ? AND field = ?', [trackletId, layer, field]);
        for (const { start, end, value } of runsOf(values, isOneValue)) insertRow(db, 'annotation', { ...value, tracklet_id: trackletId, start, end });
      }
    },
  };
}

/** All that is known of it but its place. */
function isOneValue(a: AnnotationRow, b: AnnotationRow): boolean {
  return Object.keys(a).every((column) => column === 'tracklet_id' || column === 'start' || column === 'end' || a[column] === b[column]);
}
