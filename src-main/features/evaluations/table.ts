/** Tables `feature_set` and `evaluation`: what was computed, from which features, and where the files lie. Test: test/main/features/tables.test.ts. */
import type { RankingFigures } from '../../../models/metrics/summary.ts';
import type { IdentityKind, SplitName } from '../../../src-shared/contract/datasets.ts';
import type { Evaluation, ListFacts, Question } from '../../../src-shared/contract/evaluations.ts';
import { countedShare } from '../../../src-shared/fields/hiddenShare.ts';
import { HIDDEN_BY } from '../../../src-shared/fields/roles.ts';
import { termsOfField } from '../../../src-shared/fields/terms.ts';
import { countValidQueries, protocolNames, sidesOf, type ProtocolName } from '../../../src-shared/protocols/index.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { contentHash } from '../datasets/content.table.ts';
import { numbersOf } from '../datasets/numbers.table.ts';
import { trackletsOf } from '../datasets/tracklets.table.ts';
import { listFacts, shortHash, testedOf, type ListRow } from '../../compute/lists.ts';

export interface FeatureSetRow {
  id: number;
  /** Null in rows of before that nothing tells it of. */
  weightsHash: string | null;
  /** As `contentKey` has it; in rows of before the content alone, or null. */
  contentHash: string | null;
  view: string;
  datasetId: number;
  /** Which made it; null when it is gone and another has the same weights. */
  runId: string | null;
  /** Relative to the project. */
  path: string;
  hash: string;
  count: number;
  dims: number;
  createdAt: number;
}

export type NewFeatureSet = Omit<FeatureSetRow, 'id' | 'weightsHash' | 'contentHash' | 'runId'> & { weightsHash: string; contentHash: string; runId: string };

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

/** What a run was asked of a data set in this way, as far as it was kept what it was. */
export function ofRequest(db: Reader, input: Pick<Stored, 'protocol' | 'distance'> & { runId: string; datasetId: number }): EvaluationRow[] {
  return db
    .all<Stored>(`${SELECT} WHERE e.run_id = ? AND e.dataset_id = ? AND e.protocol = ? AND e.distance = ? AND e.question IS NOT NULL ORDER BY e.id DESC`, [
      input.runId,
      input.datasetId,
      input.protocol,
      input.distance,
    ])
    .map(parse);
}

export function byIds(db: Reader, input: { ids: number[] }): EvaluationRow[] {
  return input.ids.flatMap((id) => {
    const row = db.get<Stored>(`${SELECT} WHERE e.id = ?`, [id]);
    return row ? [parse(row)] : [];
  });
}

/** The same asked of the same data set, features and weights is one row: made again, since its files were damaged, it keeps its id. Anything else stands beside it. */
export function save(db: Writer, row: NewEvaluation): number {
  const key = {
    run_id: row.runId,
    dataset_id: row.datasetId,
    question_hash: row.question.hash,
    features_hash: row.featuresHash,
    weights_hash: row.weightsHash,
  };
  const columns = {
    protocol: row.protocol,
    distance: row.distance,
    question: JSON.stringify(row.question),
    folder: row.folder,
    files: JSON.stringify(row.files),
    metrics: JSON.stringify(row.metrics),
    created_at: row.createdAt,
  };
  const names = [...Object.keys(key), ...Object.keys(columns)];
  db.run(
    `INSERT INTO evaluation (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
     ON CONFLICT (${Object.keys(key).join(', ')}) DO UPDATE SET ${Object.keys(columns)
       .map((name) => `${name} = excluded.${name}`)
       .join(', ')}`,
    [...Object.values(key), ...Object.values(columns)],
  );
  const where = Object.keys(key)
    .map((name) => `${name} = ?`)
    .join(' AND ');
  return db.column<number>(`SELECT id FROM evaluation WHERE ${where}`, Object.values(key))[0] as number;
}

const FEATURES = `SELECT f.id, f.weights_hash AS weightsHash, f.content_hash AS contentHash, f.view, f.dataset_id AS datasetId, f.run_id AS runId,
  f.path, f.hash, f.count, f.dims, f.created_at AS createdAt FROM feature_set f`;
/** Below this folder they are whose weights they are of; elsewhere, in rows of before, they lie in the folder of their run and are its alone. */
export const FEATURE_FOLDER = 'features';
const isShared = `f.path GLOB '${FEATURE_FOLDER}/*'`;

/** All that a run made, and what others made of the weights that it has now; of each data set what was used last first. */
export function featureSets(db: Reader, input: { runId: string }): FeatureSetRow[] {
  return db.all<FeatureSetRow>(
    `${FEATURES} WHERE f.run_id = @run OR (${isShared} AND f.weights_hash = (SELECT weights_hash FROM run WHERE id = @run))
     ORDER BY f.dataset_id, f.used_at DESC, f.id DESC`,
    { run: input.runId },
  );
}

/** What a run with these weights may use again, as far as rows tell: also of another data set, since two that are made of the same tracklets have one content. */
export function features(db: Reader, input: { runId: string; datasetId: number; weightsHash: string }): FeatureSetRow[] {
  return db.all<FeatureSetRow>(
    `${FEATURES} WHERE CASE WHEN ${isShared} THEN f.weights_hash = @weights
       ELSE f.dataset_id = @dataset AND f.run_id = @run AND ifnull(f.weights_hash, @weights) = @weights END
     ORDER BY ${isShared} DESC, f.dataset_id = @dataset DESC, f.id DESC`,
    { dataset: input.datasetId, weights: input.weightsHash, run: input.runId },
  );
}

export function featuresByHash(db: Reader, input: { datasetId: number; hash: string }): FeatureSetRow | null {
  const sql = `${FEATURES} WHERE f.hash = @hash AND (f.dataset_id = @dataset OR ${isShared}) ORDER BY f.dataset_id = @dataset DESC, f.id DESC`;
  return db.get<FeatureSetRow>(sql, { hash: input.hash, dataset: input.datasetId }) ?? null;
}

/** Made again under its key, since its file was damaged or gone, it keeps its row. */
export function saveFeatures(db: Writer, row: NewFeatureSet): void {
  const key = { weights_hash: row.weightsHash, content_hash: row.contentHash, view: row.view };
  const columns = {
    dataset_id: row.datasetId,
    run_id: row.runId,
    path: row.path,
    hash: row.hash,
    count: row.count,
    dims: row.dims,
    created_at: row.createdAt,
    used_at: row.createdAt,
  };
  const names = [...Object.keys(key), ...Object.keys(columns)];
  db.run(
    `INSERT INTO feature_set (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
     ON CONFLICT (${Object.keys(key).join(', ')}) DO UPDATE SET ${Object.keys(columns)
       .map((name) => `${name} = excluded.${name}`)
       .join(', ')}`,
    [...Object.values(key), ...Object.values(columns)],
  );
}

export function useFeatures(db: Writer, input: { datasetId: number; hash: string; at: number }): void {
  db.run(`UPDATE feature_set AS f SET used_at = @at WHERE f.hash = @hash AND (f.dataset_id = @dataset OR ${isShared})`, {
    at: input.at,
    hash: input.hash,
    dataset: input.datasetId,
  });
}

/** Whether a run evaluated a set `f`. */
const evaluatedBy = (run: string): string => `EXISTS (SELECT 1 FROM main.evaluation e WHERE e.run_id = ${run}.id AND e.features_hash = f.hash)`;
/** A set that the run @id alone has: it made it, has its weights or evaluated it, and no other did; one that was removed, and can come back, counts. */
const isOnlyOfRun = `EXISTS (SELECT 1 FROM main.run r WHERE r.id = @id AND (f.run_id = r.id OR f.weights_hash = r.weights_hash OR ${evaluatedBy('r')}))
  AND NOT EXISTS (SELECT 1 FROM main.run r WHERE r.id <> @id AND (f.run_id = r.id OR f.weights_hash = r.weights_hash OR ${evaluatedBy('r')}))`;

/** Nothing that leads elsewhere, whatever somebody sent. */
const PLAIN = /^features\/[0-9A-Za-z_-][0-9A-Za-z._-]*$/;

/** Files below `features/` that go with a run or a data set when it is deleted for good. */
export function featureFilesOf(db: Reader, input: { kind: 'run' | 'dataset'; id: string }): string[] {
  const isOf = input.kind === 'run' ? isOnlyOfRun : 'f.dataset_id = CAST(@id AS INTEGER)';
  return db.column<string>(`SELECT f.path FROM main.feature_set f WHERE ${isShared} AND ${isOf}`, { id: input.id }).filter((path) => PLAIN.test(path));
}

/** Their rows, and those of the files in the run's own folder. Before the run itself goes. */
export function forgetFeaturesOf(db: Writer, input: { runId: string }): void {
  db.run(`DELETE FROM feature_set AS f WHERE CASE WHEN ${isShared} THEN ${isOnlyOfRun} ELSE f.run_id = @id END`, { id: input.runId });
}

/** What decides who asks and who is searched, of every tracklet, in the order of their names: ties and visits must not depend on
 * when a row came into the project; of its blobs only the first frame's number is read. */
export function sideRows(db: Reader, input: { datasetId: number }): ListRow[] {
  const { rows, side, inOrder } = trackletsOf(db, input.datasetId);
  const [camids, pids] = [numbersOf(db, input.datasetId, 'camera'), numbersOf(db, input.datasetId, 'identity')];
  return db
    .tuples<[number, number, IdentityKind, number, number, SplitName, Uint8Array, string, number]>(
      `SELECT t.id, t.identity_id, i.kind, c.id, c.camid, ${side}, substr(t.frame_index, 1, 4), t.key, i.pid
       FROM ${rows.from} JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id WHERE ${rows.where} ORDER BY ${inOrder}`,
      [input.datasetId],
    )
    .map(([id, identityId, kind, cameraId, ownCamid, split, first, key, ownPid]) => {
      const camid = camids?.get(cameraId) ?? ownCamid;
      const pid = pids?.get(identityId) ?? ownPid;
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
  const content = contentHash(db, input.datasetId);
  if (content === null) return null;
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
  const { grid, inOrder } = trackletsOf(db, input.datasetId);
  const tuples = db.tuples<[number, number, number, string, number, number, number, string]>(
    `SELECT t.id, t.identity_id, t.camera_id, t.key, t.frames, t.with_value, t.hidden_frames, t.terms FROM ${grid.from}
     WHERE ${grid.where} AND t.dataset_id IN (SELECT id FROM dataset) ORDER BY ${inOrder}`,
    [input.datasetId],
  );
  const labelled: string[] = [];
  const rows = new Map<number, LabelRow>();
  for (const [id, identityId, cameraId, key, frames, withValue, hiddenFrames, terms] of tuples) {
    const occluders = termsOfField(terms, HIDDEN_BY.id);
    // The form that a revision has always been made of, so that one of before names the same labels.
    labelled.push(JSON.stringify([key, frames, withValue, hiddenFrames, occluders.length === 0 ? '' : `,${occluders.join()},`]));
    if (wanted.has(id)) rows.set(id, { identityId, cameraId, hiddenShare: countedShare({ frames, withValue, hiddenFrames }), occluders });
  }
  const revision = shortHash(labelled.join('\n')).slice(0, 8);
  return { revision, rows };
}

export function trackletIds(db: Reader, input: { datasetId: number }): Int32Array {
  const { grid } = trackletsOf(db, input.datasetId);
  return Int32Array.from(
    db.column<number>(`SELECT t.id FROM ${grid.from} WHERE ${grid.where} AND t.dataset_id IN (SELECT id FROM dataset)`, [input.datasetId]),
  );
}
