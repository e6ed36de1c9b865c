/**
 * Table `annotation`: values on ranges, in layers; calls of the page are about the shared one. One call of `apply` is one transaction and one step of history.
 * Tests: test/main/features/annotationRows.test.ts, test/main/features/annotations.test.ts.
 */
import type { Annotation, EpisodeChanges } from '../../../src-shared/contract/annotations.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { SHARED_LAYER } from '../../../src-shared/fields/layer.ts';
import { gapsSentence } from '../../../src-shared/fields/review.ts';
import { REVIEW } from '../../../src-shared/fields/roles.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { newestId, perform } from '../history/table.ts';
import type { PatchOperation } from '../history/operation.ts';
import { framesOf, gapsOf } from './derived.table.ts';
import { changedEpisodes, exchangeEpisodes } from './episodes.table.ts';
import type { AnnotationRow } from './operations/annotation.table.ts';
import { difference, paint, type ValueRange } from '../../../src-shared/ranges.ts';

/** An edit whose value has been checked against its field. */
export interface CheckedEdit {
  trackletId: number;
  field: string;
  /** The whole tracklet, whatever start and end say. */
  whole: boolean;
  start: number;
  end: number;
  /** JSON text in normal form; null clears. */
  value: string | null;
  how: string;
}

export interface ApplyInput {
  label: string;
  edits: CheckedEdit[];
  episodes?: EpisodeChanges;
  annotator: string;
  at: number;
  tags: string[];
  join: string | null;
  /** Marks reviewed what has gaps. */
  anyway: boolean;
  /** What the tracklets were when the step was made. */
  of?: readonly { id: number; name: string; frames: number }[];
}

export function ofTracklet(db: Reader, input: { trackletId: number }): Annotation[] {
  if (framesOf(db, input.trackletId) === undefined) throw noTracklet(input.trackletId);
  return db
    .all<AnnotationRow>('SELECT * FROM annotation WHERE tracklet_id = ? AND layer = ? ORDER BY field, start', [input.trackletId, SHARED_LAYER])
    .map((row) => ({
      trackletId: row.tracklet_id,
      field: row.field,
      start: row.start,
      end: row.end,
      value: JSON.parse(row.value) as unknown,
      how: row.how as Annotation['how'],
      annotator: row.annotator,
      updatedAt: row.updated_at,
    }));
}

export function apply(db: Writer, input: ApplyInput): { historyId: number; durableAt: number } {
  for (const made of input.of ?? []) refuseOther(db, made);
  const frames = new Map<number, number>();
  const lists = changedLists(db);
  for (const [index, edit] of input.edits.entries()) {
    const length = lengthOf(db, frames, edit.trackletId);
    const start = edit.whole ? 0 : edit.start;
    const end = edit.whole ? length - 1 : edit.end;
    if (end < start)
      throw new AppError('BAD_INPUT', `annotations.apply: "edits.${index}.end" (${end}) lies before its start (${start}).`, { key: `edits.${index}.end` });
    if (end >= length)
      throw new AppError(
        'BAD_INPUT',
        `annotations.apply: "edits.${index}.end" is ${end}, but tracklet ${edit.trackletId} has only ${length} frames (positions 0 to ${length - 1}).`,
        { key: `edits.${index}.end`, trackletId: edit.trackletId },
      );
    const list = lists.of({ trackletId: edit.trackletId, layer: SHARED_LAYER, field: edit.field });
    list.after = paint(list.after, { start, end, value: edit.value, how: edit.how, annotator: input.annotator, updatedAt: input.at });
  }

  const { cleared, put } = lists.rows();
  const episodes = changedEpisodes(db, input.episodes ?? { put: [], clear: [] }, input);
  // Nothing changes: a step that undoes nothing would only be in the way.
  if (cleared.length + put.length + episodes.cleared.length + episodes.put.length === 0) return { historyId: newestId(db), durableAt: input.at };

  const historyId = perform(db, {
    at: input.at,
    label: input.label,
    call: 'annotations.apply',
    trackletId: input.edits[0]?.trackletId ?? (episodes.put[0] ?? episodes.cleared[0])?.tracklet_id ?? null,
    tags: input.tags,
    patch: [...exchange(cleared, put), ...exchangeEpisodes(episodes.cleared, episodes.put)],
    inverse: [...exchangeEpisodes(episodes.put, episodes.cleared), ...exchange(put, cleared)],
    join: input.join,
  });
  if (!input.anyway) refuseGaps(db, input.edits);
  return { historyId, durableAt: input.at };
}

/** A step that waited in a window may come after a backup was put back, or after an update of the data set. */
function refuseOther(db: Reader, made: { id: number; name: string; frames: number }): void {
  const now =
    framesOf(db, made.id) === undefined ? undefined : db.get<{ key: string; frames: number }>('SELECT key, frames FROM tracklet WHERE id = ?', [made.id]);
  if (now?.key === made.name && now.frames === made.frames) return;
  const what = !now
    ? 'the project has no such tracklet now'
    : now.key === made.name
      ? `it has ${now.frames} frames now`
      : `its number ${made.id} means tracklet "${now.key}" now`;
  throw new AppError(
    'CONFLICT',
    `The change was made of tracklet "${made.name}" with ${made.frames} frames, and ${what}; nothing was changed.`,
    { trackletId: made.id },
    { remedy: 'Make the change again where it belongs, then discard the kept one.' },
  );
}

/** A review that is not whole has to be asked for; the transaction takes back what was done so far. */
function refuseGaps(db: Reader, edits: readonly CheckedEdit[]): void {
  const marked = [...new Set(edits.filter((edit) => edit.field === REVIEW.id && edit.value === '"reviewed"').map((edit) => edit.trackletId))];
  const missing = marked.map((trackletId) => ({ trackletId, gaps: gapsOf(db, trackletId) })).filter(({ gaps }) => gaps.either > 0);
  const [first] = missing;
  if (!first) return;
  const name = db.column<string>('SELECT key FROM tracklet WHERE id = ?', [first.trackletId])[0] ?? '';
  const sentence = `${gapsSentence(first.gaps) ?? ''} (tracklet ${name})`;
  throw new AppError(
    'REVIEW_INCOMPLETE',
    marked.length === 1 ? `${sentence}.` : `${missing.length} of ${marked.length} tracklets are not whole; the first: ${sentence}.`,
    { trackletId: first.trackletId, tracklets: marked.length, withGaps: missing.length, withoutValue: first.gaps.withoutValue, notSeen: first.gaps.notSeen },
    { remedy: 'Look at the frames and give them values, or mark it reviewed anyway.' },
  );
}

/** Unknown ids are left out. */
export function gaps(db: Reader, input: { trackletIds: number[] }): Record<'trackletId' | 'withoutValue' | 'notSeen' | 'either', Int32Array<ArrayBuffer>> {
  const found = input.trackletIds.flatMap((trackletId) => (framesOf(db, trackletId) === undefined ? [] : [{ trackletId, ...gapsOf(db, trackletId) }]));
  const column = (name: 'trackletId' | 'withoutValue' | 'notSeen' | 'either') => Int32Array.from(found, (row) => row[name]);
  return { trackletId: column('trackletId'), withoutValue: column('withoutValue'), notSeen: column('notSeen'), either: column('either') };
}

interface ListKey {
  readonly trackletId: number;
  readonly layer: string;
  readonly field: string;
}

interface ChangedList extends ListKey {
  readonly before: ValueRange<string>[];
  /** To be set. */
  after: ValueRange<string>[];
}

/** Lists of values that one step changes, by tracklet, layer and field, in the order of first use. */
export function changedLists(db: Reader): { of(key: ListKey): ChangedList; rows(): { cleared: AnnotationRow[]; put: AnnotationRow[] } } {
  const lists = new Map<string, ChangedList>();
  return {
    of(key) {
      const name = `${key.trackletId} ${key.layer} ${key.field}`;
      let list = lists.get(name);
      if (!list) {
        const before = rangesOf(db, key);
        lists.set(name, (list = { ...key, before, after: before }));
      }
      return list;
    },
    rows() {
      const cleared: AnnotationRow[] = [];
      const put: AnnotationRow[] = [];
      for (const list of lists.values()) {
        const { removed, added } = difference(list.before, list.after);
        cleared.push(...removed.map((range) => toRow(list, range)));
        put.push(...added.map((range) => toRow(list, range)));
      }
      return { cleared, put };
    },
  };
}

export function exchange(gone: AnnotationRow[], come: AnnotationRow[]): PatchOperation[] {
  return [
    { op: 'clearAnnotations', keys: gone.map(({ tracklet_id, layer, field, start }) => ({ tracklet_id, layer, field, start })) },
    { op: 'putAnnotations', rows: come },
  ];
}

function rangesOf(db: Reader, { trackletId, layer, field }: ListKey): ValueRange<string>[] {
  return db
    .tuples<[number, number, string, string, string, number]>(
      'SELECT start, "end", value, how, annotator, updated_at FROM annotation WHERE tracklet_id = ? AND layer = ? AND field = ? ORDER BY start',
      [trackletId, layer, field],
    )
    .map(([start, end, value, how, annotator, updatedAt]) => ({ start, end, value, how, annotator, updatedAt }));
}

function toRow({ trackletId, layer, field }: ListKey, range: ValueRange<string>): AnnotationRow {
  return {
    tracklet_id: trackletId,
    layer,
    field,
    start: range.start,
    end: range.end,
    value: range.value,
    how: range.how,
    annotator: range.annotator,
    updated_at: range.updatedAt,
  };
}

function lengthOf(db: Reader, known: Map<number, number>, trackletId: number): number {
  const length = known.get(trackletId) ?? framesOf(db, trackletId);
  if (length === undefined) throw noTracklet(trackletId);
  known.set(trackletId, length);
  return length;
}

function noTracklet(id: number): AppError {
  return new AppError('NOT_FOUND', `There is no tracklet ${id}.`, { trackletId: id });
}
