/** Tables `feature_set` and `evaluation`: what was computed, from which features, and where the files lie. Test: test/main/features/runs.test.ts. */
import type { Evaluation, IdentityKind, SplitName, StrataRow } from '../../../src-shared/entities.ts';
import { countValidQueries, protocolNames, type ProtocolName } from '../../../src-shared/protocols/index.ts';
import type { SideRow } from '../../../src-shared/protocols/protocol.ts';
import type { Reader, Writer } from '../../db/handles.ts';

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

export interface EvaluationMetrics {
  queries: number;
  validQueries: number;
  gallery: number;
  mAP: number;
  mINP: number;
  cmc: number[];
  strata: StrataRow[];
}

export interface NewEvaluation {
  runId: string;
  datasetId: number;
  protocol: ProtocolName;
  distance: 'cosine' | 'euclidean';
  featuresHash: string;
  /** Relative to the project. */
  folder: string;
  metrics: EvaluationMetrics;
  createdAt: number;
}

export interface EvaluationRow extends Evaluation {
  folder: string;
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
    ...(JSON.parse(row.metrics) as EvaluationMetrics),
    featuresHash: row.features_hash,
    createdAt: row.created_at,
    folder: row.folder,
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
  const values = [row.runId, row.datasetId, row.protocol, row.distance, row.featuresHash, row.folder, JSON.stringify(row.metrics), row.createdAt];
  db.run(
    `INSERT INTO evaluation (run_id, dataset_id, protocol, distance, features_hash, folder, metrics, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (run_id, dataset_id, protocol, distance) DO UPDATE SET features_hash = excluded.features_hash, folder = excluded.folder, metrics = excluded.metrics, created_at = excluded.created_at`,
    values,
  );
  return db.column<number>('SELECT id FROM evaluation WHERE run_id = ? AND dataset_id = ? AND protocol = ? AND distance = ?', values.slice(0, 4))[0] as number;
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

/** A tracklet as an entry of a query or gallery list: what decides its side, and what it is called whatever its row. */
export interface ListRow extends SideRow {
  key: string;
  pid: number;
}

/** What decides who asks and who is searched, of every tracklet in id order; of its blobs only the first frame's number is read. */
export function sideRows(db: Reader, input: { datasetId: number }): ListRow[] {
  return db
    .tuples<[number, number, IdentityKind, number, SplitName, Uint8Array, string, number]>(
      `SELECT t.id, t.identity_id, i.kind, c.camid, t.split, substr(t.frame_index, 1, 4), t.key, i.pid
       FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id WHERE t.dataset_id = ? ORDER BY t.id`,
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
