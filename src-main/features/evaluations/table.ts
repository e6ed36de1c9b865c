/** Tables `feature_set` and `evaluation`: what was computed, from which features, and where the files lie. Test: test/main/features/tables.test.ts. */
import type { RankingFigures } from '../../../models/metrics/summary.ts';
import type { IdentityKind, SplitName } from '../../../src-shared/contract/datasets.ts';
import type { Evaluation, ListFacts, Question } from '../../../src-shared/contract/evaluations.ts';
import { countedShare } from '../../../src-shared/fields/hiddenShare.ts';
import { countValidQueries, protocolNames, sidesOf, type ProtocolName } from '../../../src-shared/protocols/index.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { listFacts, shortHash, testedOf, type ListRow } from '../../compute/lists.ts';

export interface FeatureSetRow {
  id: number;
  runId: string;
  datasetId: number;
  /** Relative to the project. */
  path: string;
  hash: string;
  count: number;
  dims: number;
  createdAt: number;
}

export interface NewEvaluation {
  runId: string;
  datasetId: number;
  protocol: ProtocolName;
  distance: 'cosine' | 'euclidean';
  question: Question;
  featuresHash: string;
  weightsHash: string;
  /** Relative to the project. */
  folder: string;
  /** Hashes of the files in the folder. */
  files: Record<string, string>;
  metrics: RankingFigures;
  createdAt: number;
}

export interface EvaluationRow extends Evaluation {
  folder: string;
  /** Null in rows of the first program versions. */
  files: Record<string, string> | null;
}

interface Stored {
  id: number;
  run_id: string;
  run_name: string;
  method: string;
  dataset_id: number;
  dataset_name: string;
  protocol: ProtocolName;
  distance: 'cosine' | 'euclidean';
  features_hash: string;
  folder: string;
  metrics: string;
  question: string | null;
  weights_hash: string | null;
  files: string | null;
  created_at: number;
}

const SELECT = `SELECT e.*, run.name AS run_name, run.method, dataset.name AS dataset_name FROM evaluation e JOIN run ON run.id = e.run_id JOIN dataset ON dataset.id = e.dataset_id`;

function parse(row: Stored): EvaluationRow {
  return {
    id: row.id,
    runId: row.run_id,
    runName: row.run_name,
    method: row.method,
    datasetId: row.dataset_id,
    datasetName: row.dataset_name,
    protocol: row.protocol,
    distance: row.distance,
    ...(JSON.parse(row.metrics) as RankingFigures),
    question: row.question === null ? null : (JSON.parse(row.question) as Question),
    featuresHash: row.features_hash,
    weightsHash: row.weights_hash,
    createdAt: row.created_at,
    folder: row.folder,
    files: row.files === null ? null : (JSON.parse(row.files) as Record<string, string>),
  };
}

export function all(db: Reader, input: { datasetId?: number | undefined }): EvaluationRow[] {
  const rows =
    input.datasetId === undefined
      ? db.all<Stored>(`${SELECT} ORDER BY e.created_at DESC, e.id DESC`)
      : db.all<Stored>(`${SELECT} WHERE e.dataset_id = ? ORDER BY e.created_at DESC, e.id DESC`, [input.datasetId]);
  return rows.map(parse);
}

export function byIds(db: Reader, input: { ids: number[] }): EvaluationRow[] {
  return input.ids.flatMap((id) => {
    const row = db.get<Stored>(`${SELECT} WHERE e.id = ?`, [id]);
    return row ? [parse(row)] : [];
  });
}

/** Again under the same run, data set, protocol and distance replaces the row and keeps its id, so open comparisons go on. */
export function save(db: Writer, row: NewEvaluation): number {
  const key = [row.runId, row.datasetId, row.protocol, row.distance];
  const columns = {
    question: JSON.stringify(row.question),
    features_hash: row.featuresHash,
    weights_hash: row.weightsHash,
    folder: row.folder,
    files: JSON.stringify(row.files),
    metrics: JSON.stringify(row.metrics),
    created_at: row.createdAt,
  };
  const names = Object.keys(columns);
  db.run(
    `INSERT INTO evaluation (run_id, dataset_id, protocol, distance, ${names.join(', ')}) VALUES (?, ?, ?, ?, ${names.map(() => '?').join(', ')})
     ON CONFLICT (run_id, dataset_id, protocol, distance) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    [...key, ...Object.values(columns)],
  );
  return db.column<number>('SELECT id FROM evaluation WHERE run_id = ? AND dataset_id = ? AND protocol = ? AND distance = ?', key)[0] as number;
}

export function featureSets(db: Reader, input: { runId: string }): FeatureSetRow[] {
  return db
    .all<{ id: number; run_id: string; dataset_id: number; path: string; hash: string; count: number; dims: number; created_at: number }>(
      'SELECT * FROM feature_set WHERE run_id = ? ORDER BY dataset_id',
      [input.runId],
    )
    .map((row) => ({
      id: row.id,
      runId: row.run_id,
      datasetId: row.dataset_id,
      path: row.path,
      hash: row.hash,
      count: row.count,
      dims: row.dims,
      createdAt: row.created_at,
    }));
}

export function features(db: Reader, input: { runId: string; datasetId: number }): FeatureSetRow | null {
  return featureSets(db, input).find((row) => row.datasetId === input.datasetId) ?? null;
}

export function saveFeatures(db: Writer, row: Omit<FeatureSetRow, 'id'>): void {
  db.run(
    `INSERT INTO feature_set (run_id, dataset_id, path, hash, count, dims, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (run_id, dataset_id) DO UPDATE SET path = excluded.path, hash = excluded.hash, count = excluded.count, dims = excluded.dims, created_at = excluded.created_at`,
    [row.runId, row.datasetId, row.path, row.hash, row.count, row.dims, row.createdAt],
  );
}

/** What decides who asks and who is searched, of every tracklet, in the order of their names: ties and visits must not depend on
 * when a row came into the project; of its blobs only the first frame's number is read. */
export function sideRows(db: Reader, input: { datasetId: number }): ListRow[] {
  return db
    .tuples<[number, number, IdentityKind, number, SplitName, Uint8Array, string, number]>(
      `SELECT t.id, t.identity_id, i.kind, c.camid, t.split, substr(t.frame_index, 1, 4), t.key, i.pid
       FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id WHERE t.dataset_id = ? ORDER BY t.key`,
      [input.datasetId],
    )
    .map(([id, identityId, kind, camid, split, first, key, pid]) => {
      const firstFrame = first.byteLength < 4 ? 0 : new DataView(first.buffer, first.byteOffset, 4).getInt32(0, true);
      return { id, identityId, kind, camid, split, firstFrame, key, pid };
    });
}

/** Of every protocol: how many queries have a match, by the rule that an evaluation follows. */
export function validQueries(db: Reader, input: { datasetId: number }): Record<ProtocolName, number> {
  const rows = sideRows(db, input);
  return Object.fromEntries(protocolNames.map((protocol) => [protocol, countValidQueries(protocol, rows)])) as Record<ProtocolName, number>;
}

export interface ListsNow {
  queries: ListFacts;
  gallery: ListFacts;
  /** State of the data set. */
  content: string;
  /** Tracklets that an extraction embeds. */
  tested: number;
}

/** The lists that an evaluation would have today; null when the data set is gone. */
export function listsNow(db: Reader, input: { datasetId: number; protocol: ProtocolName }): ListsNow | null {
  const content = db.column<string>('SELECT content_hash FROM dataset WHERE id = ?', [input.datasetId])[0];
  if (content === undefined) return null;
  const rows = sideRows(db, input);
  const { query, gallery } = sidesOf(input.protocol, rows);
  return { queries: listFacts(query), gallery: listFacts(gallery), content, tested: testedOf(rows).length };
}

/** What strata and causes are read from, of one tracklet. */
export interface LabelRow {
  identityId: number;
  cameraId: number;
  hiddenShare: number | null;
  occluders: string[];
}

/** Labels of some tracklets of a data set by their id, and a hash over those of all that is the same for the same labels. */
export function labels(db: Reader, input: { datasetId: number; ids: Int32Array }): { revision: string; rows: Map<number, LabelRow> } {
  const wanted = new Set(input.ids);
  const tuples = db.tuples<[number, number, number, string, number, number, number, string]>(
    `SELECT id, identity_id, camera_id, key, frames, with_value, hidden_frames, occluders FROM main.tracklet INDEXED BY tracklet_grid
     WHERE dataset_id = ? AND dataset_id IN (SELECT id FROM dataset) ORDER BY key`,
    [input.datasetId],
  );
  const revision = shortHash(tuples.map(([, , , ...values]) => JSON.stringify(values)).join('\n')).slice(0, 8);
  const rows = new Map<number, LabelRow>();
  for (const [id, identityId, cameraId, , frames, withValue, hiddenFrames, occluders] of tuples) {
    if (!wanted.has(id)) continue;
    const hiddenShare = countedShare({ frames, withValue, hiddenFrames });
    rows.set(id, { identityId, cameraId, hiddenShare, occluders: occluders.split(',').filter((name) => name !== '') });
  }
  return { revision, rows };
}

export function trackletIds(db: Reader, input: { datasetId: number }): Int32Array {
  return Int32Array.from(
    db.column<number>('SELECT id FROM main.tracklet INDEXED BY tracklet_grid WHERE dataset_id = ? AND dataset_id IN (SELECT id FROM dataset)', [
      input.datasetId,
    ]),
  );
}
