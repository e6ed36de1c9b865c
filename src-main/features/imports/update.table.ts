/**
 * An update of a data set from its source, in one transaction: a value stays with the picture it was given for, in whatever tracklet that stands now;
 * values whose picture changed or went are set aside until it is there again.
 * Tests: test/main/features/imports/changesTable.test.ts, test/main/features/imports/everyValue.test.ts.
 */
import { AppError } from '../../../src-shared/errors.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { isLiveDataset } from '../../db/liveViews.ts';
import { refreshDerived } from '../annotations/derived.table.ts';
import { endSteps } from '../history/ending.table.ts';
import { changeTracklet, contentsAtStake, removeTracklet } from './changeTracklet.table.ts';
import { findContents, type Found } from './contents.ts';
import { contentsAside, giveBack } from './giveBack.table.ts';
import type { SpoolChunk } from './importProtocol.ts';
import { forgetWhatIsUnused, keepOrder } from './order.table.ts';
import type { Scope } from './setAside.table.ts';
import { dropUnsaid, takeMembers, type SaidMembers } from '../splits/fromSource.table.ts';
import { isInPlace, isRecorded, isSame, piecesOf, storedById, storedDigest, storedSides, storedTracklet, type StoredTracklet } from './sides.table.ts';
import type { SpooledTracklet } from './spool.ts';
import { addRecords, headerColumns, INSERT_MEDIA, type ImportHeader } from './table.ts';

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
  /** Values that went with their pictures into another tracklet, counted likewise. */
  moved: number;
  /** Values that earlier updates had set aside, and whose pictures are there again. */
  putBack: number;
  /** Tracklets under another key that keep a split which the user chose. */
  splitsKept: number;
  /** Steps of undo that ended, since they name frames or sides of tracklets as they were before, or stand under such a step. */
  stepsEnded: number;
}

/** One transaction: half of another source would be worse than a wait. Reads the spool piece by piece and passes over what is the same. */
export function update(db: Writer, input: UpdateInput): UpdateResult {
  const { datasetId, header } = input;
  if (db.column<number>(`SELECT count(*) FROM dataset WHERE id = ? AND ${isLiveDataset('dataset')}`, [datasetId])[0] !== 1)
    throw new AppError('NOT_FOUND', 'The data set was removed while its source was read; nothing was changed.', { datasetId });
  const scope: Scope = {
    datasetId,
    annotator: input.annotator,
    at: header.at,
    isRecorded: isRecorded(db, datasetId),
    newAside: new Set(),
    asideChanged: new Set(),
    sidesChanged: new Set(),
  };
  const placesBefore = contentsBefore(db, input);
  const touched = new Set(input.gone);
  for (const id of input.gone) removeTracklet(db, id, input.wholeFields, scope);
  rename(db, datasetId, input.renamed);
  const newKeys = new Set(input.renamed.map(({ key }) => key));
  let splitsKept = 0;

  for (const camera of header.cameras)
    db.run('INSERT INTO camera (dataset_id, camid, name) VALUES (?, ?, ?) ON CONFLICT (dataset_id, camid) DO UPDATE SET name = excluded.name', [
      datasetId,
      camera.camid,
      camera.name,
    ]);
  const videosBefore = new Map(db.tuples<[string, string | null]>(`SELECT key, content_hash FROM media WHERE dataset_id = ? AND kind = 'video'`, [datasetId]));
  const pids = new Set<number>();
  const said: SaidMembers = new Map();
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
      if (!before)
        addRecords(db, { datasetId, annotator: scope.annotator, at: scope.at, records: { identities: [], media: [], tracklets: [tracklet], splits: [] } });
      else if (!isSame(before, tracklet)) {
        if (!changeTracklet(db, before, tracklet, input.wholeFields, scope)) touched.add(before.id);
        if (newKeys.has(tracklet.key) && keepsChosenSplit(before, tracklet)) splitsKept++;
      } else takePlaces(db, before, tracklet);
    }
    takeMembers(db, { datasetId, at: header.at, splits: piece.splits }, { said, changed: scope.sidesChanged });
  }
  dropUnsaid(db, said, scope.sidesChanged);
  const { moved, putBack, trackletIds, seenIds } = giveBack(db, placesBefore, scope);
  for (const id of trackletIds) touched.add(id);
  for (const id of new Set([...trackletIds, ...seenIds])) refreshDerived(db, id);
  forgetWhatIsUnused(db, datasetId, pids, new Set(header.cameras.map(({ camid }) => camid)));
  keepOrder(db, datasetId);
  const stepsEnded = endStale(db, touched, scope);
  db.run(
    `UPDATE dataset SET options = @options, root = @root, origin = @origin, licence = @licence, content_hash = @contentHash, warnings = @warnings, report = @report
     WHERE id = @id`,
    { ...headerColumns({ ...header, report: { ...header.report, updated: { at: header.at, from: header.root } } }), id: datasetId },
  );
  return { setAside: scope.newAside.size, moved, putBack, splitsKept, stepsEnded };
}

export interface MoveInput {
  datasetId: number;
  root: string;
  spool: string;
  chunks: SpoolChunk[];
}

/** The same pictures at other places: nothing but these changes, in one transaction. */
export function moveTo(db: Writer, input: MoveInput): void {
  const { datasetId, root } = input;
  if (db.run(`UPDATE dataset SET root = ? WHERE id = ? AND ${isLiveDataset('dataset')}`, [root, datasetId]).changes !== 1)
    throw new AppError('NOT_FOUND', 'The data set was removed while its source was read; nothing was changed.', { datasetId });
  for (const { tracklets } of piecesOf(input.spool, input.chunks))
    for (const tracklet of tracklets) {
      const before = storedTracklet(db, datasetId, tracklet.key);
      if (before) takePlaces(db, before, tracklet);
    }
}

function takePlaces(db: Writer, before: StoredTracklet, now: SpooledTracklet): void {
  if (!isInPlace(before, now)) db.run('UPDATE tracklet SET ranges = ? WHERE id = ?', [now.ranges, before.id]);
}

/** Where contents stand whose values may lose their place, or lie aside since an earlier update. Before anything is changed. */
function contentsBefore(db: Reader, input: UpdateInput): Map<string, Found<number>> {
  const { datasetId } = input;
  const wanted = contentsAside(db, datasetId);
  const add = (before: StoredTracklet | null): void => {
    for (const content of before ? contentsAtStake(db, before) : []) if (content !== null) wanted.add(content);
  };
  const gone = new Set(input.gone);
  const idOf = new Map(input.renamed.map(({ id, key }) => [key, id]));
  const moved = new Set(idOf.values());
  for (const id of gone) add(storedById(db, datasetId, id));
  for (const { tracklets } of piecesOf(input.spool, input.chunks))
    for (const tracklet of tracklets) {
      const id = idOf.get(tracklet.key);
      const held = id === undefined ? storedDigest(db, datasetId, tracklet.key) : null;
      if (id !== undefined) add(storedById(db, datasetId, id));
      else if (held && !isSame(held, tracklet) && !gone.has(held.id) && !moved.has(held.id)) add(storedById(db, datasetId, held.id));
    }
  return findContents(storedSides(db, datasetId), wanted);
}

function keepsChosenSplit(before: StoredTracklet, now: SpooledTracklet): boolean {
  return before.sourceSplit === now.split && before.split !== now.split;
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

/**
 * Steps that name positions of before would be undone onto other frames, those that moved what the source moves now would give it back, and those
 * that were taken back and put a value that lay aside back would put it there a second time. Returns how many there were.
 */
function endStale(db: Writer, trackletIds: ReadonlySet<number>, { sidesChanged, asideChanged }: Scope): number {
  const names = (column: string): string =>
    `EXISTS (SELECT 1 FROM json_tree(history.${column}) j WHERE j.key = 'tracklet_id' AND j.value IN (SELECT value FROM json_each(@ids)))`;
  const holds = (operation: string, ids: string): string =>
    `EXISTS (SELECT 1 FROM json_each(history.patch) o, json_each(o.value, '$.ids') i WHERE ${operation} AND i.value IN (SELECT value FROM json_each(${ids})))`;
  const stale = db.column<number>(
    `SELECT id FROM history WHERE ${names('patch')} OR ${names('inverse')}
       OR ${holds(`(o.value ->> 'op' = 'setSide' OR o.value ->> 'op' = 'set' AND o.value ->> 'table' = 'tracklet')`, '@sides')}
       OR undone = 1 AND ${holds(`o.value ->> 'op' = 'clearAside'`, '@aside')}`,
    { ids: JSON.stringify([...trackletIds]), sides: JSON.stringify([...sidesChanged]), aside: JSON.stringify([...asideChanged]) },
  );
  return endSteps(db, stale);
}
