/**
 * Stores an imported data set in small transactions: it is `importing`, and seen by nobody, until the last one makes it `ready`.
 * Tests: test/main/features/imports/importsTable.test.ts, test/main/features/imports/chunks.test.ts.
 */
import type { FileAccount } from '../../../datasets/readWhole.ts';
import { FIRST_SPLIT, type CameraRecord, type Guess, type ImportWarning, type TrackletRecord } from '../../../datasets/importer.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { SHARED_LAYER } from '../../../src-shared/fields/layer.ts';
import type { Reader, SqlValue, Writer } from '../../db/handles.ts';
import { DERIVED_COLUMNS, deriveColumns, type DerivedSource } from '../annotations/derived.table.ts';
import { freeName } from '../history/removal.table.ts';
import { addSplitSet, firstSet, setSides, useSplitSet } from '../splits/members.table.ts';
import { takeMembers } from '../splits/fromSource.table.ts';
import { readPiece, type SpooledRecords, type SpooledTracklet } from './spool.ts';

export interface StagedTracklet extends Omit<TrackletRecord, 'annotations'> {
  /** Values in normal form, as JSON text. */
  annotations: { field: string; start: number; end: number; value: string }[];
}

/** What stays with the data set of how it was read. */
export interface ImportReport {
  files?: FileAccount;
  guesses?: Guess[];
  /** When it was last updated from its source, and from which folder (as `root`). */
  updated?: { at: number; from: string };
}

export interface ImportHeader {
  importer: string;
  options: Record<string, unknown>;
  root: string;
  origin: string | null;
  licence: string | null;
  contentHash: string;
  warnings: ImportWarning[];
  cameras: CameraRecord[];
  report: ImportReport;
  at: number;
}

export function byContent(db: Reader, input: { contentHash: string }): { id: number; name: string } | null {
  return db.get<{ id: number; name: string }>('SELECT id, name FROM dataset WHERE content_hash = ? ORDER BY id LIMIT 1', [input.contentHash]) ?? null;
}

/** What an update of this very data set compares with. */
export function heldContent(db: Reader, input: { id: number }): { id: number; name: string; contentHash: string } | null {
  return (
    db.get<{ id: number; name: string; contentHash: string }>('SELECT id, name, content_hash AS contentHash FROM dataset WHERE id = ?', [input.id]) ?? null
  );
}

/** The first transaction. The name is given with the last: what is under way takes none away. */
export function begin(db: Writer, input: ImportHeader): { datasetId: number } {
  const datasetId = db.run(
    `INSERT INTO dataset (name, importer, options, root, origin, licence, state, content_hash, warnings, report, created_at)
     SELECT 'importing ' || (coalesce(max(id), 0) + 1) || ' ' || @contentHash, @importer, @options, @root, @origin, @licence, 'importing', @contentHash, @warnings, @report, @at FROM dataset`,
    { ...headerColumns(input), importer: input.importer, at: input.at },
  ).id;
  // Rows in the order of their numbers, so that ordering by id is ordering by number: the grid's default order needs no sort.
  for (const camera of input.cameras.toSorted((a, b) => a.camid - b.camid))
    db.run('INSERT INTO camera (dataset_id, camid, name) VALUES (?, ?, ?)', [datasetId, camera.camid, camera.name]);
  useSplitSet(db, datasetId, addSplitSet(db, { datasetId, name: FIRST_SPLIT, origin: 'imported', at: input.at }));
  return { datasetId };
}

/** Columns of the data set that an update of its source replaces. */
export function headerColumns({ options, root, origin, licence, contentHash, warnings, report }: ImportHeader): Record<string, SqlValue> {
  return { options: JSON.stringify(options), root, origin, licence, contentHash, warnings: JSON.stringify(warnings), report: JSON.stringify(report) };
}

/** One piece of the spool. Identities come in the order of their numbers, as cameras do. */
export function addPiece(db: Writer, input: { datasetId: number; piece: Uint8Array; annotator: string; at: number }): void {
  addRecords(db, { ...input, records: readPiece(input.piece) });
}

export const INSERT_MEDIA = `INSERT INTO media (dataset_id, key, kind, path, width, height, frame_count, fps, content_hash)
  VALUES (@dataset, @key, @kind, @path, @width, @height, @frameCount, @fps, @contentHash)`;

export interface AddedRecords {
  datasetId: number;
  records: SpooledRecords;
  /** Who the imported values are attributed to. */
  annotator: string;
  at: number;
}

export function addRecords(db: Writer, { datasetId, records, annotator, at }: AddedRecords): void {
  for (const { pid, name, kind } of records.identities)
    db.run('INSERT INTO identity (dataset_id, pid, name, kind) VALUES (?, ?, ?, ?)', [datasetId, pid, name, kind]);
  for (const media of records.media) db.run(INSERT_MEDIA, { dataset: datasetId, ...media });
  const splitSet = firstSet(db, datasetId);
  for (const tracklet of records.tracklets) addTracklet(db, tracklet, { datasetId, splitSet, annotator, at });
  takeMembers(db, { datasetId, at, splits: records.splits });
}

/** Rows of the data set that `trackletColumns` names. */
export const IDENTITY_ID = '(SELECT id FROM identity WHERE dataset_id = @dataset AND pid = @pid)';
export const CAMERA_ID = '(SELECT id FROM camera WHERE dataset_id = @dataset AND camid = @camid)';
export const MEDIA_ID = '(SELECT id FROM media WHERE dataset_id = @dataset AND key = @media)';

/** Columns of a tracklet that an update of its source replaces. */
export function trackletColumns(dataset: number, tracklet: SpooledTracklet): Record<string, SqlValue> {
  const { pid, camid, mediaKey: media, frames, frameIndex, boxes, files, ranges, ignored } = tracklet;
  return { dataset, pid, camid, media, frames, frameIndex, boxes, files, ranges, ignored };
}

/** What the source said of a tracklet, to be compared with what it says another time. */
export function setSource(db: Writer, trackletId: number, { digest, pictures, split }: SpooledTracklet): void {
  db.run(
    `INSERT INTO tracklet_source (tracklet_id, digest, pictures, split) VALUES (?, ?, ?, ?)
     ON CONFLICT (tracklet_id) DO UPDATE SET digest = excluded.digest, pictures = excluded.pictures, split = excluded.split`,
    [trackletId, digest, pictures, split],
  );
}

interface AddedTracklet extends Omit<AddedRecords, 'records'> {
  /** The first of the data set, whose sides come with the records. */
  splitSet: number | undefined;
}

const DERIVED = DERIVED_COLUMNS.join(', ');
const DERIVED_VALUES = DERIVED_COLUMNS.map((column) => `@${column}`).join(', ');

function addTracklet(db: Writer, tracklet: SpooledTracklet, { datasetId, splitSet, annotator, at }: AddedTracklet): void {
  const values = tracklet.annotations.map(({ field, start, end, value }): DerivedSource => [field, start, end, value, 'imported']);
  const id = db.run(
    `INSERT INTO tracklet (dataset_id, key, identity_id, camera_id, media_id, split, frames, frame_index, boxes, files, ranges, ignored, ${DERIVED})
     VALUES (@dataset, @key, ${IDENTITY_ID}, ${CAMERA_ID}, ${MEDIA_ID}, 'none', @frames, @frameIndex, @boxes, @files, @ranges, @ignored, ${DERIVED_VALUES})`,
    {
      ...trackletColumns(datasetId, tracklet),
      key: tracklet.key,
      ...deriveColumns(tracklet.frames, values),
    },
  ).id;
  if (splitSet !== undefined) setSides(db, splitSet, [id], tracklet.split);
  setSource(db, id, tracklet);
  for (const value of tracklet.annotations) addImported(db, id, value, { annotator, at });
}

/** A value that came with the source. */
export function addImported(
  db: Writer,
  trackletId: number,
  { field, start, end, value }: StagedTracklet['annotations'][number],
  { annotator, at }: { annotator: string; at: number },
): void {
  db.run(`INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (?, ?, ?, ?, ?, ?, 'imported', ?, ?)`, [
    trackletId,
    SHARED_LAYER,
    field,
    start,
    end,
    value,
    annotator,
    at,
  ]);
}

/** Videos of a data set that is being imported: their decoded frames wait for these ids. */
export function videos(db: Reader, input: { datasetId: number }): { id: number; key: string; path: string; contentHash: string | null }[] {
  return db.all(`SELECT id, key, path, content_hash AS contentHash FROM main.media WHERE dataset_id = ? AND kind = 'video' ORDER BY id`, [input.datasetId]);
}

/** The last transaction: from here on the data set is seen. */
export function finish(db: Writer, input: { datasetId: number; name: string }): { name: string } {
  // A second import under other options must not be refused for its name.
  const name = freeName(db, 'dataset', input.name);
  const { changes } = db.run(`UPDATE dataset SET state = 'ready', name = ? WHERE id = ? AND state = 'importing'`, [name, input.datasetId]);
  if (changes !== 1) throw new AppError('CONFLICT', `The import of "${input.name}" was removed before it was done.`, { datasetId: input.datasetId });
  return { name };
}

/** What imports that ended half way have left. */
export function unfinished(db: Reader, _input: null): number[] {
  return db.column<number>(`SELECT id FROM main.dataset WHERE state = 'importing' ORDER BY id`);
}

const PARTS = [
  'DELETE FROM tracklet WHERE id IN (SELECT id FROM tracklet INDEXED BY tracklet_grid WHERE dataset_id = ? LIMIT ?)',
  'DELETE FROM media WHERE id IN (SELECT id FROM media WHERE dataset_id = ? LIMIT ?)',
  'DELETE FROM identity WHERE id IN (SELECT id FROM identity WHERE dataset_id = ? LIMIT ?)',
];

/** Removes some rows of an unfinished import, the data set itself at last; `left` while there is more. */
export function removeSome(db: Writer, input: { datasetId: number; most: number }): { left: boolean } {
  if (db.column<string>('SELECT state FROM dataset WHERE id = ?', [input.datasetId])[0] !== 'importing') return { left: false };
  for (const sql of PARTS) if (db.run(sql, [input.datasetId, input.most]).changes > 0) return { left: true };
  db.run('DELETE FROM dataset WHERE id = ?', [input.datasetId]);
  return { left: false };
}
