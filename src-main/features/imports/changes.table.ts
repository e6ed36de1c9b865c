/**
 * What changed in the source of a data set since it was imported, and taking it over with the labels kept: a value stays with the picture it was
 * given for, wherever that stands now; values whose picture changed or went are set aside.
 * Tests: test/main/features/imports/changesTable.test.ts, test/main/features/imports/changed.test.ts.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { runsOf } from '../../../datasets/visibility.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { Reader, SqlValue, Writer } from '../../db/handles.ts';
import { isLiveDataset } from '../../db/liveViews.ts';
import { refreshDerived } from '../annotations/derived.table.ts';
import { matchFrames, placesByName, type FrameMatch, type FramesOf } from './frameMatch.ts';
import type { SpoolChunk } from './importProtocol.ts';
import { readPiece, type SpooledRecords, type SpooledTracklet } from './spool.ts';
import {
  addImported,
  addRecords,
  CAMERA_ID,
  headerColumns,
  IDENTITY_ID,
  INSERT_MEDIA,
  MEDIA_ID,
  setSource,
  trackletColumns,
  type ImportHeader,
} from './table.ts';

export interface KnownSource {
  id: number;
  name: string;
  /** JSON, as it was complete then. */
  options: string;
  root: string;
}

/** Data sets that an importer made of folders, newest first. */
export function ofImporter(db: Reader, input: { importer: string }): KnownSource[] {
  return db.all('SELECT id, name, options, root FROM dataset WHERE importer = ? ORDER BY id DESC', [input.importer]);
}

/** Of some tracklets; added up over the pieces. */
export interface PieceChange {
  /** Tracklets of the data set that the piece has too. */
  ids: Int32Array;
  added: number;
  changed: number;
  /** Of tracklets that are on both sides, all of added ones. */
  pictures: { changed: number; added: number; removed: number };
  /** Tracklets whose pictures were not recorded when they were imported. */
  unrecorded: number;
  /** Tracklets of which no picture is left under their key: it may stand under another. Counted nowhere else, and not among `ids`. */
  strangers: { id: number; key: string; frames: number; pictures: { changed: number; added: number; removed: number } }[];
}

export function comparePiece(db: Reader, input: { datasetId: number; piece: Uint8Array; videos: Record<string, string> }): PieceChange {
  const { tracklets } = readPiece(input.piece);
  const ids: number[] = [];
  const change: Omit<PieceChange, 'ids'> = { added: 0, changed: 0, pictures: { changed: 0, added: 0, removed: 0 }, unrecorded: 0, strangers: [] };
  for (const tracklet of tracklets) {
    const before = storedTracklet(db, input.datasetId, tracklet.key);
    if (!before) {
      change.added++;
      change.pictures.added += tracklet.frames;
      continue;
    }
    if (isSame(before, tracklet)) {
      ids.push(before.id);
      continue;
    }
    const match = matchFrames(before, framesNow(tracklet, input.videos[tracklet.mediaKey] ?? null));
    if (before.digest !== null && match.lost.length === before.frames) {
      const { changed, added, removed } = match;
      change.strangers.push({ id: before.id, key: before.key, frames: tracklet.frames, pictures: { changed, added, removed } });
      continue;
    }
    ids.push(before.id);
    const isWhole = match.lost.length === 0 && match.added === 0;
    if (before.digest === null) {
      change.unrecorded++;
      if (isWhole) continue;
    }
    change.changed++;
    change.pictures.changed += match.changed;
    change.pictures.added += match.added;
    change.pictures.removed += match.removed;
  }
  return { ids: Int32Array.from(ids), ...change };
}

/** Tracklets of the data set that are not among `ids`. */
export function unmatched(db: Reader, input: { datasetId: number; ids: Int32Array }): { ids: Int32Array; frames: Int32Array } {
  const matched = new Set(input.ids);
  const gone = db.tuples<[number, number]>('SELECT id, frames FROM tracklet WHERE dataset_id = ?', [input.datasetId]).filter(([id]) => !matched.has(id));
  return { ids: Int32Array.from(gone, ([id]) => id), frames: Int32Array.from(gone, ([, frames]) => frames) };
}

/** Of tracklets that are gone from their key: those that are there under another key, with the same pictures and boxes. */
export function renamed(
  db: Reader,
  input: { datasetId: number; gone: Int32Array; spool: string; chunks: SpoolChunk[]; videos: Record<string, string> },
): { id: number; key: string; frames: number }[] {
  const bySignature = new Map<string, number>();
  const gone = new Set(input.gone);
  for (const id of gone) {
    const key = db.column<string>('SELECT key FROM tracklet WHERE id = ?', [id])[0] ?? '';
    const before = storedTracklet(db, input.datasetId, key);
    const signature = before && signatureOf(before);
    if (signature !== null) bySignature.set(signature, id);
  }
  const found: { id: number; key: string; frames: number }[] = [];
  for (const { tracklets } of piecesOf(input.spool, input.chunks))
    for (const tracklet of tracklets) {
      const signature = signatureOf(framesNow(tracklet, input.videos[tracklet.mediaKey] ?? null));
      const id = signature === null ? undefined : bySignature.get(signature);
      if (id === undefined || signature === null) continue;
      const holder = storedTracklet(db, input.datasetId, tracklet.key);
      if (holder !== null && !gone.has(holder.id)) continue;
      bySignature.delete(signature);
      found.push({ id, key: tracklet.key, frames: tracklet.frames });
    }
  return found;
}

/** null when the content is not known. */
function signatureOf(side: FramesOf): string | null {
  if (side.pictures === null && side.video === null) return null;
  const hash = createHash('sha256').update(side.pictures ?? side.video ?? '');
  if (side.pictures === null) hash.update(side.frameIndex);
  return hash.update(side.boxes ?? '').digest('base64');
}

export interface UpdateInput {
  datasetId: number;
  header: ImportHeader;
  spool: string;
  chunks: SpoolChunk[];
  /** Tracklets that the source has no more. */
  gone: Int32Array;
  /** Tracklets that have another key by now. */
  renamed: { id: number; key: string }[];
  /** Fields whose value is one for the whole tracklet. */
  wholeFields: string[];
  annotator: string;
}

export interface UpdateResult {
  /** Values that were set aside, as the data set counts them: one for each stretch of frames. */
  setAside: number;
  /** Steps of undo that ended, since they name frames of tracklets as they were before. */
  stepsEnded: number;
}

/** One transaction: half of another source would be worse than a wait. Reads the spool piece by piece and passes over what is the same. */
export function update(db: Writer, input: UpdateInput): UpdateResult {
  const { datasetId, header } = input;
  if (db.column<number>(`SELECT count(*) FROM dataset WHERE id = ? AND ${isLiveDataset('dataset')}`, [datasetId])[0] !== 1)
    throw new AppError('NOT_FOUND', 'The data set was removed while its source was read; nothing was changed.', { datasetId });
  const scope = { datasetId, annotator: input.annotator, at: header.at };
  const touched: number[] = [...input.gone];
  const setAside = (): number => db.column<number>('SELECT count(*) FROM set_aside WHERE dataset_id = ?', [datasetId])[0] ?? 0;
  const asideBefore = setAside();
  for (const id of input.gone) setAsideAll(db, id, scope);
  for (const id of input.gone) db.run('DELETE FROM tracklet WHERE id = ? AND dataset_id = ?', [id, datasetId]);
  rename(db, datasetId, input.renamed);

  for (const camera of header.cameras)
    db.run('INSERT INTO camera (dataset_id, camid, name) VALUES (?, ?, ?) ON CONFLICT (dataset_id, camid) DO UPDATE SET name = excluded.name', [
      datasetId,
      camera.camid,
      camera.name,
    ]);
  const videosBefore = new Map(db.tuples<[string, string | null]>(`SELECT key, content_hash FROM media WHERE dataset_id = ? AND kind = 'video'`, [datasetId]));
  const pids = new Set<number>();
  for (const piece of piecesOf(input.spool, input.chunks)) {
    for (const { pid, name, kind } of piece.identities) {
      pids.add(pid);
      db.run(
        'INSERT INTO identity (dataset_id, pid, name, kind) VALUES (?, ?, ?, ?) ON CONFLICT (dataset_id, pid) DO UPDATE SET name = excluded.name, kind = excluded.kind',
        [datasetId, pid, name, kind],
      );
    }
    for (const media of piece.media)
      db.run(
        `${INSERT_MEDIA}
         ON CONFLICT (dataset_id, key) DO UPDATE SET kind = excluded.kind, path = excluded.path, width = excluded.width, height = excluded.height,
           frame_count = excluded.frame_count, fps = excluded.fps, content_hash = excluded.content_hash`,
        { dataset: datasetId, ...media },
      );
    for (const tracklet of piece.tracklets) {
      const before = storedTracklet(db, datasetId, tracklet.key, videosBefore);
      if (!before) addRecords(db, { ...scope, records: { identities: [], media: [], tracklets: [tracklet] } });
      else if (!isSame(before, tracklet) && !changeTracklet(db, before, tracklet, input, scope)) touched.push(before.id);
    }
  }
  forgetWhatIsUnused(db, datasetId, pids, new Set(header.cameras.map(({ camid }) => camid)));
  keepOrder(db, datasetId);
  const stepsEnded = endSteps(db, touched);
  db.run(
    `UPDATE dataset SET options = @options, root = @root, origin = @origin, licence = @licence, content_hash = @contentHash, warnings = @warnings, report = @report
     WHERE id = @id`,
    { ...headerColumns(header), id: datasetId },
  );
  return { setAside: setAside() - asideBefore, stepsEnded };
}

/** With what was set aside of them; by way of keys that no source has, since they may change places. */
function rename(db: Writer, datasetId: number, renamed: UpdateInput['renamed']): void {
  const set = (from: string, to: string): void => {
    db.run('UPDATE tracklet SET key = ? WHERE key = ? AND dataset_id = ?', [to, from, datasetId]);
    db.run('UPDATE set_aside SET tracklet_key = ? WHERE tracklet_key = ? AND dataset_id = ? AND start IS NOT NULL', [to, from, datasetId]);
  };
  const between = (id: number): string => `\u0001${id}`;
  for (const { id } of renamed)
    for (const key of db.column<string>('SELECT key FROM tracklet WHERE id = ? AND dataset_id = ?', [id, datasetId])) set(key, between(id));
  for (const { id, key } of renamed) set(between(id), key);
}

/** Steps that name positions of before would be undone onto other frames. Returns how many there were. */
function endSteps(db: Writer, trackletIds: readonly number[]): number {
  const names = (column: string): string =>
    `EXISTS (SELECT 1 FROM json_tree(history.${column}) j WHERE j.key = 'tracklet_id' AND j.value IN (SELECT value FROM json_each(@ids)))`;
  return db.run(`DELETE FROM history WHERE ${names('patch')} OR ${names('inverse')}`, { ids: JSON.stringify(trackletIds) }).changes;
}

interface StoredTracklet extends FramesOf {
  id: number;
  key: string;
  digest: Uint8Array | null;
  /** As the source said; null when that was not recorded. */
  sourceSplit: string | null;
}

function storedTracklet(db: Reader, datasetId: number, key: string, videosBefore?: ReadonlyMap<string, string | null>): StoredTracklet | null {
  const row = db.get<{
    id: number;
    frames: number;
    frame_index: Uint8Array;
    boxes: Uint8Array | null;
    files: string | null;
    digest: Uint8Array | null;
    pictures: Uint8Array | null;
    source_split: string | null;
    media_key: string;
    video: string | null;
  }>(
    `SELECT t.id, t.frames, t.frame_index, t.boxes, t.files, s.digest, s.pictures, s.split AS source_split, m.key AS media_key, m.content_hash AS video
     FROM tracklet t JOIN media m ON m.id = t.media_id LEFT JOIN tracklet_source s ON s.tracklet_id = t.id WHERE t.dataset_id = ? AND t.key = ?`,
    [datasetId, key],
  );
  if (!row) return null;
  return {
    id: row.id,
    key,
    frames: row.frames,
    frameIndex: row.frame_index,
    boxes: row.boxes,
    files: row.files === null ? null : (JSON.parse(row.files) as string[]),
    pictures: row.pictures,
    digest: row.digest,
    sourceSplit: row.source_split,
    video: videosBefore ? (videosBefore.get(row.media_key) ?? null) : row.video,
  };
}

function framesNow(tracklet: SpooledTracklet, video: string | null): FramesOf {
  return { ...tracklet, files: tracklet.files === null ? null : (JSON.parse(tracklet.files) as string[]), video };
}

function isSame(before: StoredTracklet, now: SpooledTracklet): boolean {
  return before.digest !== null && Buffer.from(before.digest).equals(now.digest);
}

interface Scope {
  datasetId: number;
  annotator: string;
  at: number;
}

type AnnotationRow = Record<string, SqlValue> & { field: string; start: number; end: number; how: string };

/** Values that cannot stay are set aside. Returns whether every frame and value is where it was, as after a renaming. */
function changeTracklet(db: Writer, before: StoredTracklet, now: SpooledTracklet, input: UpdateInput, scope: Scope): boolean {
  const { id } = before;
  const video = db.column<string | null>('SELECT content_hash FROM media WHERE dataset_id = ? AND key = ?', [scope.datasetId, now.mediaKey])[0] ?? null;
  const match = matchFrames(before, framesNow(now, video));
  const rowsNow = (): AnnotationRow[] => db.all<AnnotationRow>('SELECT * FROM annotation WHERE tracklet_id = ? ORDER BY field, start', [id]);
  const rows = rowsNow();
  db.run('DELETE FROM annotation WHERE tracklet_id = ?', [id]);
  const isOtherwise = match.lost.length > 0 || match.added > 0;
  const asideBefore = db.all<StoredAside>('SELECT * FROM set_aside WHERE dataset_id = ? AND tracklet_key = ? AND start IS NOT NULL', [
    scope.datasetId,
    before.key,
  ]);

  for (const [field, ofField] of Map.groupBy(rows, (row) => row.field)) {
    if (input.wholeFields.includes(field)) {
      for (const row of ofField) {
        if (isImported(row)) continue;
        // A review was of other pictures; what was said of the person stays.
        if (field === 'reviewed' && isOtherwise) putAside(db, before.key, row, { start: 0, end: now.frames - 1 }, [], 'changed', scope);
        else insertRow(db, 'annotation', { ...row, start: 0, end: now.frames - 1 });
      }
      const own = now.annotations.find((one) => one.field === field);
      if (own && ofField.every(isImported)) addImported(db, id, own, scope);
      continue;
    }
    const given = ofField.filter((row) => !isImported(row));
    const mine = valuesAt(given, before.frames);
    const kept = Array.from(match.from, (place) => (place < 0 ? null : (mine[place] ?? null)));
    const fromSource = tracksOf(now, field);
    for (const { start, end, value } of runsOf(kept)) insertRow(db, 'annotation', { ...value, start, end });
    // What the source says itself counts where nobody has said otherwise.
    for (const { start, end, value } of runsOf(fromSource.map((value, position) => (kept[position] === null ? value : null))))
      addImported(db, id, { field, start, end, value }, scope);
    for (const { row, names, start, end } of asideEntries(mine, match))
      putAside(db, before.key, row, { start, end }, names, start === null ? 'removed' : 'changed', scope);
  }
  for (const field of new Set(now.annotations.map((one) => one.field)))
    if (!rows.some((row) => row.field === field))
      for (const { start, end, value } of runsOf(tracksOf(now, field))) addImported(db, id, { field, start, end, value }, scope);

  followSeen(db, id, match);
  followAside(db, asideBefore, framesNow(now, video));
  db.run(
    `UPDATE tracklet SET identity_id = ${IDENTITY_ID}, camera_id = ${CAMERA_ID}, media_id = ${MEDIA_ID},
       frames = @frames, frame_index = @frameIndex, boxes = @boxes, files = @files, ignored = @ignored
     WHERE id = @id`,
    { ...trackletColumns(scope.datasetId, now), id },
  );
  // A split that the user chose stays as long as the source says of it what it said.
  if (before.sourceSplit !== null && before.sourceSplit !== now.split) db.run('UPDATE tracklet SET split = ? WHERE id = ?', [now.split, id]);
  setSource(db, id, now);
  refreshDerived(db, id);
  const isInPlace = match.lost.length === 0 && match.added === 0 && match.from.every((place, position) => place === position);
  return isInPlace && haveSameValues(rows, rowsNow());
}

/** Who gave a value and when may differ: an import gives its own anew. */
function haveSameValues(before: readonly AnnotationRow[], now: readonly AnnotationRow[]): boolean {
  return (
    before.length === now.length &&
    before.every((row, index) => (['field', 'start', 'end', 'value', 'how'] as const).every((column) => row[column] === now[index]?.[column]))
  );
}

function isImported(row: AnnotationRow): boolean {
  return row.how === 'imported';
}

/** The row that gives a frame its value, a position each. */
function valuesAt(rows: readonly AnnotationRow[], frames: number): (AnnotationRow | null)[] {
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

/** Columns are those of the table, whatever they are: a value moves with all that is known of it. */
function insertRow(db: Writer, table: 'annotation' | 'set_aside', row: Record<string, SqlValue>): void {
  const columns = Object.keys(row);
  db.run(
    `INSERT INTO ${table} (${columns.map((name) => `"${name}"`).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    columns.map((name) => row[name] ?? null),
  );
}

interface AsideEntry {
  row: AnnotationRow;
  names: string[];
  /** Position of its last frame before the update. */
  before: number;
  /** Where other pictures stand in its place; null when the frames are gone. */
  start: number | null;
  end: number | null;
}

/** Values on frames that are gone or have another picture; neighbours with one value are one entry. */
function asideEntries(values: readonly (AnnotationRow | null)[], match: FrameMatch): AsideEntry[] {
  const entries: AsideEntry[] = [];
  for (const { before, now, name } of match.lost) {
    const row = values[before] ?? null;
    if (row === null) continue;
    const last = entries.at(-1);
    if (last?.row === row && last.before === before - 1 && last.end === (now === null ? null : now - 1)) {
      last.names.push(name);
      last.before = before;
      last.end = now;
    } else entries.push({ row, names: [name], before, start: now, end: now });
  }
  return entries;
}

function putAside(
  db: Writer,
  key: string,
  row: AnnotationRow,
  { start, end }: { start: number | null; end: number | null },
  names: readonly string[],
  reason: 'changed' | 'removed',
  scope: Scope,
): void {
  insertRow(db, 'set_aside', {
    dataset_id: scope.datasetId,
    tracklet_key: key,
    field: row.field,
    start,
    end,
    pictures: JSON.stringify(names),
    annotation: JSON.stringify(row),
    reason,
    at: scope.at,
  });
}

/** Everything that people said of a tracklet that the source has no more. */
function setAsideAll(db: Writer, trackletId: number, scope: Scope): void {
  const key = db.column<string>('SELECT key FROM tracklet WHERE id = ? AND dataset_id = ?', [trackletId, scope.datasetId])[0];
  if (key === undefined) throw new AppError('CONFLICT', `Tracklet ${trackletId} is not there any more.`, { trackletId });
  for (const row of db.all<AnnotationRow>('SELECT * FROM annotation WHERE tracklet_id = ?', [trackletId]))
    if (!isImported(row)) putAside(db, key, row, { start: null, end: null }, [], 'removed', scope);
}

/** What was shown to whom moves with the pictures, too: a picture that came or changed was shown to nobody. */
function followSeen(db: Writer, trackletId: number, match: FrameMatch): void {
  const columns = [
    ['shown_ms', 4],
    ['slowest', 1],
    ['fastest', 1],
  ] as const;
  for (const row of db.all<Record<string, Uint8Array> & { annotator: string }>('SELECT * FROM seen WHERE tracklet_id = ?', [trackletId])) {
    const moved = columns.map(([name, bytes]) => {
      const column = new Uint8Array(match.from.length * bytes);
      for (const [position, place] of match.from.entries())
        if (place >= 0) column.set((row[name] ?? new Uint8Array()).subarray(place * bytes, (place + 1) * bytes), position * bytes);
      return column;
    });
    db.run('UPDATE seen SET shown_ms = ?, slowest = ?, fastest = ? WHERE tracklet_id = ? AND annotator = ?', [...moved, trackletId, row.annotator]);
  }
}

type StoredAside = Record<string, SqlValue> & { id: number; pictures: string; reason: string };

/** What earlier updates set aside stands for the frames of those names, wherever they are now; in several pieces where others came between. */
function followAside(db: Writer, rows: readonly StoredAside[], now: FramesOf): void {
  const places = placesByName(now);
  for (const row of rows) {
    const names = JSON.parse(row.pictures) as string[];
    // Of the whole tracklet.
    if (names.length === 0) {
      db.run('UPDATE set_aside SET start = 0, "end" = ? WHERE id = ?', [now.frames - 1, row.id]);
      continue;
    }
    db.run('DELETE FROM set_aside WHERE id = ?', [row.id]);
    const pieces: { start: number | null; end: number | null; names: string[] }[] = [];
    for (const name of names) {
      const place = places.get(name) ?? null;
      const last = pieces.at(-1);
      if (last && (place === null ? last.end === null : last.end === place - 1)) {
        last.names.push(name);
        last.end = place;
      } else pieces.push({ start: place, end: place, names: [name] });
    }
    const { id: _id, ...known } = row;
    for (const { start, end, names: own } of pieces)
      insertRow(db, 'set_aside', { ...known, start, end, pictures: JSON.stringify(own), reason: start === null ? 'removed' : row.reason });
  }
}

function forgetWhatIsUnused(db: Writer, datasetId: number, pids: ReadonlySet<number>, camids: ReadonlySet<number>): void {
  db.run('DELETE FROM media WHERE dataset_id = ? AND NOT EXISTS (SELECT 1 FROM tracklet WHERE media_id = media.id)', [datasetId]);
  for (const [id, pid] of db.tuples<[number, number]>('SELECT id, pid FROM identity WHERE dataset_id = ?', [datasetId]))
    if (!pids.has(pid)) db.run('DELETE FROM identity WHERE id = ?', [id]);
  for (const [id, camid] of db.tuples<[number, number]>('SELECT id, camid FROM camera WHERE dataset_id = ?', [datasetId]))
    if (!camids.has(camid)) db.run('DELETE FROM camera WHERE id = ?', [id]);
}

const KIND_ORDER = `CASE kind WHEN 'person' THEN 0 WHEN 'distractor' THEN 1 ELSE 2 END`;

/** Ordering by id is ordering by number (the grid relies on it): where new ones came in between, all get new ids. */
function keepOrder(db: Writer, datasetId: number): void {
  renumber(db, datasetId, { table: 'identity', number: 'pid', order: `${KIND_ORDER}, pid`, copied: 'name, kind', column: 'identity_id' });
  renumber(db, datasetId, { table: 'camera', number: 'camid', order: 'camid', copied: 'name', column: 'camera_id' });
}

function renumber(
  db: Writer,
  datasetId: number,
  { table, number, order, copied, column }: Record<'table' | 'number' | 'order' | 'copied' | 'column', string>,
): void {
  const wanted = db.column<number>(`SELECT id FROM ${table} WHERE dataset_id = ? ORDER BY ${order}`, [datasetId]);
  if (wanted.every((id, index) => id > (wanted[index - 1] ?? 0))) return;
  for (const id of wanted) {
    const own = db.column<number>(`SELECT ${number} FROM ${table} WHERE id = ?`, [id])[0] ?? 0;
    // A number that no source has makes room for the new row.
    db.run(`UPDATE ${table} SET ${number} = ? WHERE id = ?`, [-1_000_000_000_000 - id, id]);
    const fresh = db.run(`INSERT INTO ${table} (dataset_id, ${number}, ${copied}) SELECT dataset_id, ?, ${copied} FROM ${table} WHERE id = ?`, [own, id]).id;
    db.run(`UPDATE tracklet SET ${column} = ? WHERE ${column} = ?`, [fresh, id]);
    db.run(`DELETE FROM ${table} WHERE id = ?`, [id]);
  }
}

/** Pieces of the spool inside a transaction, one at a time. */
function* piecesOf(file: string, chunks: readonly SpoolChunk[]): Generator<SpooledRecords> {
  const handle = openSync(file, 'r');
  try {
    for (const { offset, length } of chunks) {
      const bytes = new Uint8Array(length);
      for (let filled = 0; filled < length;) {
        const count = readSync(handle, bytes.subarray(filled), { position: offset + filled });
        if (count === 0) throw new Error(`the spool ${file} ends at ${offset + filled}`);
        filled += count;
      }
      yield readPiece(bytes);
    }
  } finally {
    closeSync(handle);
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
}
