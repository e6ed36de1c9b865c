/**
 * Evaluates stored features under a protocol, in the compute child: distances a block of queries at a time, per-query facts kept for
 * comparisons. Needs no engine: metrics are plain arrays in double precision. Test: test/main/engine/computeEvaluate.test.ts.
 */
import { join } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import { entryOf, markOf, protocols, sidesOf, type ProtocolName, type RankEntry } from '../../src-shared/protocols/index.ts';
import type { SideRow } from '../../src-shared/protocols/protocol.ts';
import { distanceMatrix } from '../../models/metrics/distance.ts';
import { ascendingOrder, evaluateRanking, type QueryResult } from '../../models/metrics/rank.ts';
import { strataTable, type Bin } from '../../models/metrics/strata.ts';
import { createRng } from '../../models/rng.ts';
import { openReadOnly } from '../db/readOnly.ts';
import { projectFolder } from '../platform/projectFolder.ts';
import { clips } from '../features/runs/table.ts';
import { readFeatures, replaceFile, writePerQuery, type FeatureFile, type PerQuery } from '../features/evaluations/files.ts';
import { noQueries } from '../features/evaluations/sides.ts';
import type { EvaluationMetrics } from '../features/evaluations/table.ts';
import type { EvaluateTask } from './computeProtocol.ts';
import type { Reporter } from './reporter.ts';

export const RANKS_KEPT = 200;
/** Numbers of one block of distances: 64 MB. */
const BLOCK = 16_000_000;
const MAX_RANK = 50;

/** ODV's first table: nothing hidden apart, then half open below. */
const HIDDEN_BINS: Bin[] = [
  { label: '0', from: 0, to: 0 },
  { label: '0–40', from: 0, to: 0.4 },
  { label: '40–60', from: 0.4, to: 0.6 },
  { label: '60–70', from: 0.6, to: 0.7 },
  { label: '70–80', from: 0.7, to: 0.8 },
  { label: '80–90', from: 0.8, to: 0.9 },
  { label: '90–100', from: 0.9, to: 1 },
];

export interface EvaluateResult {
  /** Relative to the project. */
  folder: string;
  metrics: EvaluationMetrics;
  featuresHash: string;
}

export async function evaluateJob(task: EvaluateTask, reporter: Reporter): Promise<Omit<EvaluateResult, 'featuresHash'>> {
  const db = openReadOnly(task.projectFolder);
  const rows = clips(db, { datasetId: task.datasetId }).map((row) => ({ ...row, firstFrame: row.frameIndex[0] ?? 0 }));
  db.close();
  const project = projectFolder(task.projectFolder);
  const features = await readFeatures(project.file(task.features));
  const { metrics, perQuery } = await evaluateFeatures({
    rows,
    features,
    protocol: task.protocol,
    distance: task.distance,
    onProgress: (done, total) => reporter.progress(done, total, 'queries'),
    pause: reporter.pause,
  });
  project.run(task.runId);
  const folder = `runs/${task.runId}/evaluations/${task.protocol}-${task.datasetId}${task.distance === 'cosine' ? '' : '-euclidean'}`;
  const absolute = project.file(folder);
  await project.makeFolder(absolute);
  await writePerQuery(join(absolute, 'per-query.safetensors'), perQuery);
  await replaceFile(
    join(absolute, 'metrics.json'),
    new TextEncoder().encode(`${JSON.stringify({ protocol: task.protocol, distance: task.distance, ...metrics }, null, 2)}\n`),
  );
  reporter.log(
    'info',
    `${metrics.validQueries} of ${metrics.queries} queries are valid, gallery ${metrics.gallery}: mAP ${percent(metrics.mAP)}, rank-1 ${percent(metrics.cmc[0] ?? 0)}.`,
  );
  return { folder, metrics };
}

type EvaluatedRow = SideRow & { hiddenShare?: number | null };

export interface EvaluateInput {
  rows: EvaluatedRow[];
  features: FeatureFile;
  protocol: ProtocolName;
  distance: 'cosine' | 'euclidean';
  onProgress?(done: number, total: number): void;
  /** Lets messages in between blocks; throws when cancelled. */
  pause?(): Promise<void>;
}

/** @throws NO_VALID_QUERY naming what the set lacks. */
export async function evaluateFeatures(input: EvaluateInput): Promise<{ metrics: EvaluationMetrics; perQuery: PerQuery }> {
  const { features, distance, protocol } = input;
  const rowOf = new Map(Array.from(features.trackletIds, (id, i) => [id, i]));
  const rows = input.rows.filter((row) => rowOf.has(row.id));
  const { query, gallery } = sidesOf(protocol, rows);
  if (query.length === 0 || gallery.length === 0) throw noQueries(protocol, rows);
  const entries = gallery.map(entryOf);
  const galleryFeatures = pick(features, gallery, rowOf);
  const kept = Math.min(RANKS_KEPT, gallery.length);
  const results: QueryResult[] = [];
  const step = Math.max(1, Math.floor(BLOCK / gallery.length));
  for (let start = 0; start < query.length; start += step) {
    const block = query.slice(start, start + step);
    const matrix = distanceMatrix(pick(features, block, rowOf), galleryFeatures, distance);
    // Left squared by the metric, which ranks alike; what a person reads is the distance itself.
    if (distance === 'euclidean') for (let i = 0; i < matrix.length; i++) matrix[i] = Math.sqrt(matrix[i] as number);
    results.push(...rankBlock(matrix, block.map(entryOf), entries, protocol, kept));
    input.onProgress?.(Math.min(query.length, start + step), query.length);
    await input.pause?.();
  }
  const valid = results.filter((result) => result.valid);
  if (valid.length === 0) throw noQueries(protocol, rows);
  const perQuery = columnsOf(results, query, gallery, kept);
  const mean = (value: (result: QueryResult) => number) => valid.reduce((sum, result) => sum + value(result), 0) / valid.length;
  const denominator = protocols[protocol].cmcOver === 'all' ? query.length : valid.length;
  const metrics: EvaluationMetrics = {
    queries: query.length,
    validQueries: valid.length,
    gallery: gallery.length,
    mAP: mean(({ ap }) => ap),
    mINP: mean(({ inp }) => inp),
    cmc: Array.from({ length: Math.min(MAX_RANK, gallery.length) }, (_, k) => valid.filter(({ firstHit }) => firstHit <= k + 1).length / denominator),
    strata: strataOf(results, query),
  };
  return { metrics, perQuery };
}

/** A block may hold nothing but queries without a match; its rank lists are still wanted. */
function rankBlock(distance: Float32Array, query: RankEntry[], gallery: RankEntry[], protocol: ProtocolName, kept: number): QueryResult[] {
  try {
    return evaluateRanking({ distance, query, gallery, protocol, maxRank: 1, topRanks: kept }).perQuery;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NO_VALID_QUERY') throw error;
    return query.map((entry, q) => {
      const distances = distance.subarray(q * gallery.length, (q + 1) * gallery.length);
      const order = ascendingOrder(distances).subarray(0, kept);
      const marks = Array.from(order, (g) => markOf(entry, gallery[g] as RankEntry, protocol));
      return {
        valid: false,
        ap: 0,
        inp: 0,
        firstHit: 0,
        positives: new Int32Array(0),
        top: { gallery: order.slice(), distance: Float32Array.from(order, (g) => distances[g] as number), marks },
      };
    });
  }
}

function pick(features: FeatureFile, rows: EvaluatedRow[], rowOf: Map<number, number>): { values: Float32Array; size: number } {
  const values = new Float32Array(rows.length * features.dims);
  rows.forEach((row, i) => {
    const from = (rowOf.get(row.id) as number) * features.dims;
    values.set(features.values.subarray(from, from + features.dims), i * features.dims);
  });
  return { values, size: features.dims };
}

function columnsOf(results: QueryResult[], query: EvaluatedRow[], gallery: EvaluatedRow[], kept: number): PerQuery {
  const positivesStart = new Int32Array(results.length + 1);
  results.forEach((result, q) => {
    positivesStart[q + 1] = (positivesStart[q] as number) + result.positives.length;
  });
  const columns: PerQuery = {
    trackletIds: Int32Array.from(query, (row) => row.id),
    identity: Int32Array.from(query, (row) => row.identityId),
    hiddenShare: Float32Array.from(query, (row) => row.hiddenShare ?? NaN),
    ap: Float32Array.from(results, ({ ap }) => ap),
    inp: Float32Array.from(results, ({ inp }) => inp),
    firstHit: Int32Array.from(results, ({ valid, firstHit }) => (valid ? firstHit : 0)),
    positivesStart,
    positives: new Int32Array(positivesStart[results.length] as number),
    kept,
    topTracklet: new Int32Array(results.length * kept),
    topDistance: new Float32Array(results.length * kept),
    topMark: new Uint8Array(results.length * kept),
  };
  results.forEach((result, q) => {
    columns.positives.set(result.positives, positivesStart[q]);
    result.top?.gallery.forEach((g, k) => {
      const row = gallery[g] as EvaluatedRow;
      const mark = result.top?.marks[k];
      columns.topTracklet[q * kept + k] = row.id;
      columns.topDistance[q * kept + k] = result.top?.distance[k] as number;
      columns.topMark[q * kept + k] = mark === 'correct' ? 1 : mark === 'junk' ? 2 : row.kind === 'distractor' ? 3 : 0;
    });
  });
  return columns;
}

/** Empty when no query has a value. Seeded: the same evaluation always shows the same intervals. */
function strataOf(results: QueryResult[], query: EvaluatedRow[]): EvaluationMetrics['strata'] {
  if (query.every((row) => (row.hiddenShare ?? null) === null)) return [];
  // A share of 3/5 must not fall above an edge of 0.6 by a rounding error.
  const values = query.map((row) => (row.hiddenShare === null || row.hiddenShare === undefined ? null : Math.round(row.hiddenShare * 1e9) / 1e9));
  return strataTable({ perQuery: results, values, pids: query.map((row) => row.identityId), bins: HIDDEN_BINS, rng: createRng('strata') });
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
