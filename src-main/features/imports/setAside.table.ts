/**
 * Table `set_aside`: values whose picture changed or is gone, with the names and the contents of the frames that they were given for. Those that
 * stand for other pictures follow them; the list, and forgetting it.
 * Tests: test/main/features/imports/changesTable.test.ts, test/main/features/imports/giveBack.test.ts.
 */
import { SHARED_LAYER } from '../../../src-shared/fields/layer.ts';
import type { Reader, SqlValue, Writer } from '../../db/handles.ts';
import { placesByName, type FrameMatch, type FramesOf } from './frameMatch.ts';
import type { AsideRow } from './operations/setAside.table.ts';

export type AnnotationRow = Record<string, SqlValue> & { layer: string; field: string; start: number; end: number; how: string };

/** It came with the source, which may take it back; what lies in other layers did not. */
export function isImported({ layer, how }: AnnotationRow): boolean {
  return layer === SHARED_LAYER && how === 'imported';
}

/** What one update knows and notes. */
export interface Scope {
  datasetId: number;
  annotator: string;
  at: number;
  /** Whether it is known of every frame of before what it shows. */
  isRecorded: boolean;
  /** Rows of `set_aside` that it made. */
  newAside: Set<number>;
  /** Rows that are no more what they were. */
  asideChanged: Set<number>;
  /** Tracklets that the source moved to another side of a split set. */
  sidesChanged: Set<number>;
}

export interface AsideEntry {
  row: AnnotationRow;
  names: string[];
  /** Beside the names; of a whole tracklet one, without names. */
  contents: (string | null)[];
  /** Where other pictures stand in its place; null when the frames are gone. */
  start: number | null;
  end: number | null;
}

export function putAside(db: Writer, key: string, { row, names, contents, start, end }: AsideEntry, scope: Scope): void {
  const id = insertRow(db, 'set_aside', {
    dataset_id: scope.datasetId,
    tracklet_key: key,
    field: row.field,
    start,
    end,
    pictures: JSON.stringify(names),
    contents: scope.isRecorded ? contentsText(contents) : null,
    annotation: JSON.stringify(row),
    reason: start === null ? 'removed' : 'changed',
    at: scope.at,
  });
  scope.newAside.add(id);
}

export function contentsText(contents: readonly (string | null)[]): string | null {
  return contents.every((content) => content === null) ? null : JSON.stringify(contents);
}

/** Columns are those of the table, whatever they are: a value moves with all that is known of it. */
export function insertRow(db: Writer, table: 'annotation' | 'set_aside', row: Record<string, SqlValue>): number {
  const columns = Object.keys(row);
  return db.run(
    `INSERT INTO ${table} (${columns.map((name) => `"${name}"`).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    columns.map((name) => row[name] ?? null),
  ).id;
}

export type StoredAside = Record<string, SqlValue> & AsideRow;

/** What stands for other pictures of the tracklet. */
export function placedAside(db: Reader, datasetId: number, key: string): StoredAside[] {
  return db.all<StoredAside>('SELECT * FROM set_aside WHERE dataset_id = ? AND tracklet_key = ? AND start IS NOT NULL', [datasetId, key]);
}

/** The tracklet is gone: no picture stands there any more, whatever has its key later. */
export function unplaceAside(db: Writer, datasetId: number, key: string): void {
  db.run(`UPDATE set_aside SET start = NULL, "end" = NULL, reason = 'removed' WHERE dataset_id = ? AND tracklet_key = ? AND start IS NOT NULL`, [
    datasetId,
    key,
  ]);
}

export interface AsidePiece {
  start: number | null;
  end: number | null;
  names: string[];
  contents: (string | null)[];
}

/** What an earlier update set aside stands for the frames of those names, else for those that stood there, wherever they are now. */
export function followAside(db: Writer, rows: readonly StoredAside[], now: FramesOf, match: FrameMatch, scope: Scope): void {
  const places = placesByName(now);
  const movedTo = new Map(Array.from(match.from, (place, position): [number, number] => [place, position]));
  for (const row of rows) {
    const names = JSON.parse(row.pictures) as string[];
    // Of the whole tracklet.
    if (names.length === 0) {
      db.run('UPDATE set_aside SET start = 0, "end" = ? WHERE id = ?', [now.frames - 1, row.id]);
      continue;
    }
    const contents = readContents(row);
    const pieces: AsidePiece[] = [];
    for (const [index, name] of names.entries())
      addToPieces(pieces, { name, content: contents[index] ?? null, place: places.get(name) ?? movedTo.get((row.start ?? 0) + index) ?? null });
    replaceAside(db, row, pieces, scope);
  }
}

export function readContents(row: Pick<StoredAside, 'contents'>): (string | null)[] {
  return row.contents === null ? [] : (JSON.parse(row.contents) as (string | null)[]);
}

/** Neighbours are one piece, and so are all that stand nowhere. */
export function addToPieces(pieces: AsidePiece[], { name, content, place }: { name: string; content: string | null; place: number | null }): void {
  const last = pieces.at(-1);
  if (last && (place === null ? last.end === null : last.end === place - 1)) {
    last.names.push(name);
    last.contents.push(content);
    last.end = place;
  } else pieces.push({ start: place, end: place, names: [name], contents: [content] });
}

/** A row that stays in one piece keeps its id: steps of history name it. */
export function replaceAside(db: Writer, row: StoredAside, pieces: readonly AsidePiece[], scope: Scope): void {
  const [first] = pieces;
  const columns = ({ start, end, names, contents }: AsidePiece) => ({
    start,
    end,
    pictures: JSON.stringify(names),
    contents: contentsText(contents),
    reason: start === null ? 'removed' : row.reason,
  });
  if (first && pieces.length === 1) {
    if (first.names.length < (JSON.parse(row.pictures) as string[]).length) scope.asideChanged.add(row.id);
    db.run('UPDATE set_aside SET start = @start, "end" = @end, pictures = @pictures, contents = @contents, reason = @reason WHERE id = @id', {
      ...columns(first),
      id: row.id,
    });
    return;
  }
  const { id, ...known } = row;
  db.run('DELETE FROM set_aside WHERE id = ?', [id]);
  scope.asideChanged.add(id);
  const isNew = scope.newAside.delete(id);
  for (const piece of pieces) {
    const fresh = insertRow(db, 'set_aside', { ...known, ...columns(piece) });
    if (isNew) scope.newAside.add(fresh);
  }
}

export interface SetAsideRow {
  id: number;
  /** null when the tracklet is gone. */
  trackletId: number | null;
  tracklet: string;
  field: string;
  start: number | null;
  end: number | null;
  pictures: string[];
  value: unknown;
  reason: 'changed' | 'removed';
}

export function setAside(db: Reader, input: { datasetId: number }): SetAsideRow[] {
  return db
    .all<{
      id: number;
      tracklet_id: number | null;
      tracklet_key: string;
      field: string;
      start: number | null;
      end: number | null;
      pictures: string;
      annotation: string;
      reason: 'changed' | 'removed';
    }>(
      `SELECT a.*, t.id AS tracklet_id FROM set_aside a LEFT JOIN tracklet t ON t.dataset_id = a.dataset_id AND t.key = a.tracklet_key WHERE a.dataset_id = ? ORDER BY a.id`,
      [input.datasetId],
    )
    .map(({ tracklet_id, tracklet_key, pictures, annotation, id, field, start, end, reason }) => ({
      id,
      trackletId: tracklet_id,
      tracklet: tracklet_key,
      field,
      start,
      end,
      reason,
      pictures: JSON.parse(pictures) as string[],
      value: JSON.parse((JSON.parse(annotation) as { value: string }).value) as unknown,
    }));
}

export function dropAside(db: Writer, input: { datasetId: number }): void {
  db.run('DELETE FROM set_aside WHERE dataset_id = ?', [input.datasetId]);
  db.run('DELETE FROM seen_aside WHERE dataset_id = ?', [input.datasetId]);
  db.run('DELETE FROM episode_aside WHERE dataset_id = ?', [input.datasetId]);
}
