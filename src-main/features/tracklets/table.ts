/**
 * Table `tracklet`: filtered ids, facet counts, rows of the grid, everything about one, and moving between splits.
 * Measured at 100,000 tracklets by test/bench/tracklets.ts. Tests: test/main/features/trackletRows.test.ts, test/main/features/tracklets.test.ts.
 */
import type { IdentityKind, SplitName } from '../../../src-shared/contract/datasets.ts';
import type { ReviewState, TrackletFilter, TrackletSort } from '../../../src-shared/contract/tracklets.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { countedShare } from '../../../src-shared/fields/hiddenShare.ts';
import { readTerms } from '../../../src-shared/fields/terms.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { isLiveDataset } from '../../db/liveViews.ts';
import { pictureStamp } from '../../pixels/picture.ts';
import { FACET_FIELDS } from '../annotations/fields.ts';
import { readRecipe } from '../datasets/recipe.ts';
import { derivedIds, trackletsOf } from '../datasets/tracklets.table.ts';
import { perform } from '../history/table.ts';
import type { PatchOperation } from '../history/operation.ts';
import { conditionsOf, IS_COUNTED, ORDER, REVIEW, termsFacet, type Condition, type FilteredBy } from './filter.table.ts';

/** Of a data set that is not removed: an index can be named only on the table itself, which has all (db/liveViews.ts). */
const LIVE = 't.dataset_id IN (SELECT id FROM dataset)';

/** Data sets made of others, and the side that is filtered and shown by: of the one that is filtered for, where it is one of these. */
function filteredBy(db: Reader, { datasetIds }: TrackletFilter): Required<FilteredBy> & { sidesOf: number | null } {
  const derived = derivedIds(db);
  const [only] = datasetIds?.length === 1 ? datasetIds : [];
  return only !== undefined && derived.has(only) ? { derived, side: trackletsOf(db, only).side, sidesOf: only } : { derived, side: 't.split', sidesOf: null };
}

export interface QueryResult {
  ids: Int32Array<ArrayBuffer>;
  of: number;
  frames: number;
  identities: number;
  cameras: number;
  sidesOf: number | null;
}

export function query(db: Reader, input: { filter: TrackletFilter; sort: TrackletSort }): QueryResult {
  const by = filteredBy(db, input.filter);
  const conditions = conditionsOf(input.filter, by);
  const where = `WHERE ${[LIVE, ...conditions.map((condition) => condition.sql)].join(' AND ')}`;
  const params = conditions.flatMap((condition) => condition.params);
  // One array of text is far cheaper to bring out of SQLite than 100,000 rows.
  const text =
    db.column<string>(
      `SELECT json_group_array(id) FROM (SELECT t.id FROM main.tracklet t INDEXED BY tracklet_grid ${where} ORDER BY ${ORDER[input.sort]})`,
      params,
    )[0] ?? '[]';
  const totals = db.tuples<[number, number, number]>(
    `SELECT coalesce(sum(t.frames), 0), count(DISTINCT t.identity_id), count(DISTINCT t.camera_id) FROM main.tracklet t INDEXED BY tracklet_grid ${where}`,
    params,
  )[0] ?? [0, 0, 0];
  const of = db.column<number>(`SELECT count(*) FROM main.tracklet t INDEXED BY tracklet_grid WHERE ${LIVE}`)[0] ?? 0;
  return { ids: Int32Array.from(JSON.parse(text) as number[]), of, frames: totals[0], identities: totals[1], cameras: totals[2], sidesOf: by.sidesOf };
}

export interface FacetValue {
  value: string | number;
  label: string;
  /** Under the filter without this facet. */
  count: number;
  all: number;
  /** Of a camera. */
  datasetId?: number;
  /** Of a data set that is made of others: the imported ones. */
  madeOf?: number[];
}

export interface FacetResult {
  facets: Record<string, FacetValue[]>;
  /** By field. */
  terms: Record<string, FacetValue[]>;
  hiddenShare: number[];
  length: { edges: number[]; counts: number[] };
}

/** Entry 0 = nothing hidden; entry k = more than (k−1)·5 % up to k·5 % of the frames hidden. Tracklets with too few values to count their share are not in it. */
const SHARE_BINS = 21;
const LENGTH_BINS = 22;
const FACETS = ['datasetIds', 'cameraIds', 'splits', 'reviews', 'hiddenShare', 'length', ...FACET_FIELDS.map(({ id }) => termsFacet(id))];
const FIRST_FIELD = 6;

/** No facet but this one fails. */
function isPassed(failedBits: number, bit: number): boolean {
  return (failedBits & ~(1 << bit)) === 0;
}

/**
 * Groups of equal facet values, each with a bit a failed facet: a group counts for a facet when no other facet fails. Values of fields are
 * grouped by themselves: with all the rest hardly two tracklets would be equal.
 */
export function facets(db: Reader, input: { filter: TrackletFilter }): FacetResult {
  const by = filteredBy(db, input.filter);
  const conditions = conditionsOf(input.filter, by);
  const ofFacet = (facet: string): Condition | undefined => conditions.find((condition) => condition.facet === facet);
  const others = conditions.filter((condition) => !FACETS.includes(condition.facet));
  const params: Condition['params'] = [];
  const failed = FACETS.map((facet, bit) => {
    const condition = ofFacet(facet);
    if (!condition) return '0';
    params.push(...condition.params);
    return `CASE WHEN coalesce((${condition.sql}), 0) THEN 0 ELSE ${1 << bit} END`;
  }).join(' + ');
  const otherSql =
    others.length === 0 ? '0' : `CASE WHEN coalesce((${others.map((condition) => condition.sql).join(' AND ')}), 0) THEN 0 ELSE ${1 << FACETS.length} END`;
  params.push(...others.flatMap((condition) => condition.params));

  const longest = db.column<number | null>(`SELECT max(t.frames) FROM main.tracklet t INDEXED BY tracklet_grid WHERE ${LIVE}`)[0] ?? 0;
  const edges = lengthEdges(longest);
  const width = (edges[1] ?? 1) - (edges[0] ?? 0);
  const groupsBy = <Row extends unknown[]>(columns: readonly string[], where: string, joined = ''): Row[] =>
    db.tuples<Row>(
      `SELECT ${failed} + ${otherSql} AS failed, count(*), ${columns.join(', ')}
       FROM main.tracklet t INDEXED BY tracklet_grid ${joined} WHERE ${where} GROUP BY failed, ${columns.map((_, index) => index + 3).join(', ')}`,
      params,
    );
  const groups = groupsBy<[failed: number, n: number, dataset: number, camera: number, split: string, review: string, share: number, bin: number]>(
    [
      't.dataset_id',
      't.camera_id',
      by.side,
      REVIEW,
      `CASE WHEN NOT ${IS_COUNTED} THEN -1 WHEN t.hidden_frames = 0 THEN 0 ELSE (t.hidden_frames * ${SHARE_BINS - 1} + t.with_value - 1) / t.with_value END`,
      `min((t.frames - ${edges[0] ?? 0}) / ${width}, ${edges.length - 2})`,
    ],
    LIVE,
  );

  const counters = {
    datasetIds: new Map<string | number, FacetValue>(),
    cameraIds: new Map<string | number, FacetValue>(),
    splits: new Map<string | number, FacetValue>(),
    reviews: new Map<string | number, FacetValue>(),
  };
  seedLabels(db, counters);
  const ofFields = FACET_FIELDS.map(({ id, facet }, index) => ({ id, facet, bit: FIRST_FIELD + index, counter: new Map<string | number, FacetValue>() }));
  const hiddenShare = new Array<number>(SHARE_BINS).fill(0);
  const lengthCounts = new Array<number>(edges.length - 1).fill(0);
  for (const [failedBits, n, dataset, camera, split, review, share, bin] of groups) {
    const passes = (bit: number): boolean => isPassed(failedBits, bit);
    tally(counters.datasetIds, dataset, n, passes(0));
    tally(counters.cameraIds, camera, n, passes(1));
    tally(counters.splits, split, n, passes(2));
    tally(counters.reviews, review, n, passes(3));
    if (share >= 0 && passes(4)) hiddenShare[share] = (hiddenShare[share] ?? 0) + n;
    if (passes(5)) lengthCounts[bin] = (lengthCounts[bin] ?? 0) + n;
  }
  // A tracklet counts for its own data set, and for each that is made of it.
  if (by.derived.size > 0)
    for (const [failedBits, n, dataset] of groupsBy<[failed: number, n: number, dataset: number]>(
      ['dm.dataset_id'],
      `${LIVE} AND dm.dataset_id IN (${[...by.derived].join(', ')})`,
      'CROSS JOIN main.dataset_member dm ON dm.tracklet_id = t.id',
    ))
      tally(counters.datasetIds, dataset, n, isPassed(failedBits, 0));
  for (const [failedBits, n, terms] of groupsBy<[failed: number, n: number, terms: string]>(['t.terms'], `${LIVE} AND t.terms <> ''`))
    for (const { field, value } of readTerms(terms)) {
      const own = ofFields.find(({ id }) => id === field);
      if (own) tally(own.counter, value, n, isPassed(failedBits, own.bit), own.facet.values.find((one) => one.value === value)?.title);
    }
  return {
    facets: Object.fromEntries(Object.entries(counters).map(([name, values]) => [name, [...values.values()]])),
    terms: Object.fromEntries(ofFields.map(({ id, counter }) => [id, [...counter.values()]])),
    hiddenShare,
    length: { edges, counts: lengthCounts },
  };
}

/** Whole-numbered bins of equal width from 1 on that hold the longest. */
export function lengthEdges(longest: number, most = LENGTH_BINS): number[] {
  const width = Math.max(1, Math.ceil(longest / most));
  const bins = Math.max(1, Math.ceil(longest / width));
  return Array.from({ length: bins + 1 }, (_, bin) => 1 + bin * width);
}

/** Every data set, camera, split and review state is listed, in its order, also with a count of 0. */
function seedLabels(db: Reader, counters: Record<'datasetIds' | 'cameraIds' | 'splits' | 'reviews', Map<string | number, FacetValue>>): void {
  const seed = (map: Map<string | number, FacetValue>, value: string | number, label: string): void => void map.set(value, { value, label, count: 0, all: 0 });
  for (const [id, name, recipe] of db.tuples<[number, string, string | null]>('SELECT id, name, recipe FROM dataset ORDER BY id')) {
    const madeOf = readRecipe(recipe)?.imported;
    counters.datasetIds.set(id, { value: id, label: name, count: 0, all: 0, ...(madeOf ? { madeOf } : {}) });
  }
  for (const [id, name, datasetId] of db.tuples<[number, string, number]>('SELECT id, name, dataset_id FROM camera ORDER BY dataset_id, camid'))
    counters.cameraIds.set(id, { value: id, label: name, count: 0, all: 0, datasetId });
  for (const [value, label] of [
    ['train', 'Train'],
    ['query', 'Query'],
    ['gallery', 'Gallery'],
    ['none', 'No split'],
  ] as const)
    seed(counters.splits, value, label);
  for (const [value, label] of [
    ['none', 'Not started'],
    ['started', 'In progress'],
    ['gaps', 'Reviewed with gaps'],
    ['reviewed', 'Reviewed'],
    ['disputed', 'Disputed'],
  ] as const)
    seed(counters.reviews, value, label);
}

function tally(map: Map<string | number, FacetValue>, value: string | number, n: number, counts: boolean, label = String(value)): void {
  let entry = map.get(value);
  if (!entry) map.set(value, (entry = { value, label, count: 0, all: 0 }));
  entry.all += n;
  if (counts) entry.count += n;
}

/** A row as stored; whether its pictures are there is for the host to say. */
export interface StoredRow {
  id: number;
  datasetId: number;
  name: string;
  identityId: number;
  identity: string;
  identityKind: IdentityKind;
  cameraId: number;
  camera: string;
  split: SplitName;
  frames: number;
  mediaStart: number | null;
  mediaEnd: number | null;
  hiddenShare: number | null;
  hiddenMax: number | null;
  framesWithValue: number;
  hiddenFrames: number;
  review: ReviewState;
  reviewGaps: number;
  visibility: Int8Array<ArrayBuffer>;
  stamp: string;
  mediaId: number;
}

interface RawRow {
  id: number;
  dataset_id: number;
  key: string;
  identity_id: number;
  identity: string;
  kind: IdentityKind;
  camera_id: number;
  camera: string;
  split: SplitName;
  frames: number;
  frame_index: Uint8Array;
  with_value: number;
  hidden_frames: number;
  hidden_max: number | null;
  review: ReviewState;
  review_gaps: number;
  visibility: Uint8Array<ArrayBuffer> | null;
  content_hash: string;
  media_id: number;
  media_kind: 'video' | 'frames' | 'crops';
}

const rowWith = (side: string): string => `SELECT t.id, t.dataset_id, t.key, t.identity_id, i.name AS identity, i.kind, t.camera_id, c.name AS camera,
  ${side} AS split, t.frames, t.frame_index,
  t.with_value, t.hidden_frames, t.hidden_max, ${REVIEW} AS review, t.review_gaps, t.visibility, d.content_hash, t.media_id, m.kind AS media_kind
  FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id JOIN dataset d ON d.id = t.dataset_id JOIN media m ON m.id = t.media_id`;

/** In the order asked; unknown ids are left out. `sidesOf`: a data set whose split set tells the sides, where that is not each one's own. */
export function rows(db: Reader, input: { ids: number[]; sidesOf?: number | undefined }): StoredRow[] {
  const sql = `${rowWith(input.sidesOf === undefined ? 't.split' : trackletsOf(db, input.sidesOf).side)} WHERE t.id = ?`;
  return input.ids.flatMap((id) => {
    const row = db.get<RawRow>(sql, [id]);
    return row ? [toRow(row)] : [];
  });
}

function toRow(row: RawRow): StoredRow {
  const frameIndex = int32Of(row.frame_index);
  const inMedia = row.media_kind !== 'crops';
  return {
    id: row.id,
    datasetId: row.dataset_id,
    name: row.key,
    identityId: row.identity_id,
    identity: row.identity,
    identityKind: row.kind,
    cameraId: row.camera_id,
    camera: row.camera,
    split: row.split,
    frames: row.frames,
    mediaStart: inMedia ? (frameIndex[0] ?? null) : null,
    mediaEnd: inMedia ? (frameIndex.at(-1) ?? null) : null,
    hiddenShare: countedShare({ frames: row.frames, withValue: row.with_value, hiddenFrames: row.hidden_frames }),
    hiddenMax: row.hidden_max,
    framesWithValue: row.with_value,
    hiddenFrames: row.hidden_frames,
    review: row.review,
    reviewGaps: row.review_gaps,
    visibility: row.visibility
      ? Int8Array.from(new Int8Array(row.visibility.buffer, row.visibility.byteOffset, row.visibility.byteLength))
      : new Int8Array(row.frames).fill(-1),
    stamp: pictureStamp(row.content_hash),
    mediaId: row.media_id,
  };
}

export interface StoredDetail {
  row: StoredRow;
  mediaKind: 'video' | 'frames' | 'crops';
  mediaWidth: number;
  mediaHeight: number;
  fps: number | null;
  frameIndex: Int32Array<ArrayBuffer>;
  boxes: Float32Array<ArrayBuffer> | null;
  ignored: Uint8Array<ArrayBuffer> | null;
  siblings: number[];
}

export function detail(db: Reader, input: { id: number }): StoredDetail {
  const row = rows(db, { ids: [input.id] })[0];
  const columns = db.get<{
    boxes: Uint8Array<ArrayBuffer> | null;
    ignored: Uint8Array | null;
    frame_index: Uint8Array;
    kind: StoredDetail['mediaKind'];
    width: number;
    height: number;
    fps: number | null;
  }>('SELECT t.boxes, t.ignored, t.frame_index, m.kind, m.width, m.height, m.fps FROM tracklet t JOIN media m ON m.id = t.media_id WHERE t.id = ?', [input.id]);
  if (!row || !columns) throw new AppError('NOT_FOUND', `There is no tracklet ${input.id}.`, { trackletId: input.id });
  // In time order: importers write the visits of an identity in a camera one after the other.
  const siblings = db.column<number>('SELECT id FROM tracklet WHERE identity_id = ? AND id <> ? ORDER BY camera_id, id', [row.identityId, row.id]);
  return {
    row,
    mediaKind: columns.kind,
    mediaWidth: columns.width,
    mediaHeight: columns.height,
    fps: columns.fps,
    frameIndex: int32Of(columns.frame_index),
    boxes: columns.boxes && float32Of(columns.boxes),
    ignored: columns.ignored && Uint8Array.from(columns.ignored),
    siblings,
  };
}

export interface SetSplitInput {
  ids: number[];
  split: SplitName;
  /** Whose split set it is about; without it, that of each tracklet's own data set. */
  datasetId?: number | undefined;
  at: number;
  tags: string[];
}

export function setSplit(db: Writer, input: SetSplitInput): { moved: number } {
  /** By the set in use of their data sets, and the side they leave. */
  const leaving = new Map<string, Extract<PatchOperation, { op: 'setSide' }>>();
  const standsOf = whereTrackletsStand(db, input.datasetId);
  for (const id of new Set(input.ids)) {
    const found = standsOf(id);
    if (!found)
      throw new AppError('NOT_FOUND', `There is no tracklet ${id}${input.datasetId === undefined ? '' : ` in data set ${input.datasetId}`}.`, {
        trackletId: id,
      });
    const [side, splitSet] = found;
    if (side === input.split) continue;
    const group = leaving.get(`${splitSet} ${side}`) ?? { op: 'setSide', splitSet, ids: [], side };
    leaving.set(`${splitSet} ${side}`, group);
    group.ids.push(id);
  }
  const inverse = [...leaving.values()];
  const moved = inverse.flatMap(({ ids }) => ids);
  if (moved.length === 0) return { moved: 0 };
  perform(db, {
    at: input.at,
    label: `move ${moved.length === 1 ? nameOf(db, moved[0] ?? 0) : `${moved.length} tracklets`} to ${input.split}`,
    call: 'tracklets.setSplit',
    trackletId: moved.length === 1 ? (moved[0] ?? null) : null,
    tags: input.tags,
    patch: [...Map.groupBy(inverse, ({ splitSet }) => splitSet)].map(([splitSet, groups]): PatchOperation => ({
      op: 'setSide',
      splitSet,
      ids: groups.flatMap(({ ids }) => ids),
      side: input.split,
    })),
    inverse,
    join: null,
  });
  return { moved: moved.length };
}

/** Of a tracklet the side, and the split set that says so; undefined where there is none. */
function whereTrackletsStand(db: Writer, datasetId: number | undefined): (id: number) => [SplitName, number] | undefined {
  if (datasetId === undefined || !derivedIds(db).has(datasetId)) {
    const isAsked = datasetId === undefined ? { sql: '', params: [] } : { sql: 'AND t.dataset_id = ?', params: [datasetId] };
    return (id) =>
      db.tuples<[SplitName, number]>(
        `SELECT t.split, d.split_set_id FROM tracklet t JOIN dataset d ON d.id = t.dataset_id
         WHERE t.id = ? AND d.split_set_id IS NOT NULL AND ${isLiveDataset('d')} ${isAsked.sql}`,
        [id, ...isAsked.params],
      )[0];
  }
  const { rows: of, side } = trackletsOf(db, datasetId);
  const [splitSet] = db.column<number | null>('SELECT split_set_id FROM dataset WHERE id = ?', [datasetId]);
  return (id) => {
    const [found] = db.column<SplitName>(`SELECT ${side} FROM ${of.from} WHERE ${of.where} AND t.id = ?`, [datasetId, id]);
    return found === undefined || !splitSet ? undefined : [found, splitSet];
  };
}

/** "0007 c2", as steps name it. */
function nameOf(db: Reader, id: number): string {
  return (
    db.column<string>(
      `SELECT i.name || ' ' || c.name FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id WHERE t.id = ?`,
      [id],
    )[0] ?? `tracklet ${id}`
  );
}

/** SQLite hands out views at any offset; a typed array needs its own aligned memory. */
export function int32Of(blob: Uint8Array): Int32Array<ArrayBuffer> {
  return new Int32Array(blob.slice().buffer);
}

export function float32Of(blob: Uint8Array): Float32Array<ArrayBuffer> {
  return new Float32Array(blob.slice().buffer);
}
