/**
 * Evaluates stored features under a protocol, in the compute child: distances a block of queries at a time, per-query facts kept for
 * comparisons. Needs no engine: metrics are plain arrays in double precision. Test: test/main/compute/evaluate.test.ts.
 */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import type { Question } from '../../../src-shared/contract/evaluations.ts';
import { entryOf, protocols, sidesOf, silentQueries, type ProtocolName } from '../../../src-shared/protocols/index.ts';
import type { SideRow } from '../../../src-shared/protocols/protocol.ts';
import { distanceMatrix } from '../../../models/metrics/distance.ts';
import { rankQueries, type QueryResult } from '../../../models/metrics/ranking.ts';
import { figuresOf, type RankingFigures } from '../../../models/metrics/summary.ts';
import { projectFolder, type ProjectFolder } from '../../platform/projectFolder.ts';
import {
  METRICS_FILE,
  PER_QUERY_FILE,
  checkFile,
  checkMeans,
  damaged,
  readFeatures,
  readPerQuery,
  replaceFile,
  writePerQuery,
  type FeatureFile,
  type PerQuery,
  type Reported,
} from '../resultFiles.ts';
import { listFacts, shortHash, type ListRow } from '../lists.ts';
import { noQueries } from '../../../src-shared/evaluation/noQueries.ts';
import { sha256 } from '../checkpoint.ts';
import { defineTask } from '../defineTask.ts';
import type { StoredFeatures } from '../protocol.ts';
import { VIEW, featureFacts } from '../featureFacts.ts';
import type { Reporter } from '../reporter.ts';

export const RANKS_KEPT = 200;
/** Numbers of one block of distances: 64 MB. */
const BLOCK = 16_000_000;
const MAX_RANK = 50;

export interface EvaluateTask {
  kind: 'evaluate';
  projectFolder: string;
  /** Every tracklet of the data set, in the order of their names. */
  rows: ListRow[];
  protocol: ProtocolName;
  distance: 'cosine' | 'euclidean';
  features: StoredFeatures;
  /** Folder of the run's evaluations, relative to the project; this one gets a folder in it, called after what was asked and judged. */
  output: string;
  /** Results of this run that are there: one that was asked the same of the same features answers again, when its files are whole. */
  known: KnownResult[];
}

export interface KnownResult {
  id: number;
  questionHash: string;
  featuresHash: string;
  weightsHash: string;
  folder: string;
  files: Record<string, string>;
  metrics: Reported;
}

export interface EvaluateResult {
  /** Relative to the project. */
  folder: string;
  /** Hashes of the files in the folder. */
  files: Record<string, string>;
  metrics: RankingFigures;
  question: Question;
  featuresHash: string;
  weightsHash: string;
}

declare module '../protocol.ts' {
  interface TaskKinds {
    evaluate: { task: EvaluateTask; result: EvaluateResult | { sameAs: number } };
  }
}

export default defineTask({ id: 'evaluate', perform: evaluateJob });

export async function evaluateJob(task: EvaluateTask, reporter: Reporter): Promise<EvaluateResult | { sameAs: number }> {
  const { protocol, distance, rows, output } = task;
  const silent = protocols[protocol].usesSplits ? silentInWords(rows) : '';
  if (silent !== '') reporter.log('warn', `${silent} in the split "query" do not ask: nobody is to be found with them. They are not searched either.`);
  const project = projectFolder(task.projectFolder);
  const features = await readFeatures(project.file(task.features.path), task.features);
  const { content, weights, test } = featureFacts(features.metadata);
  const asked = { ...askedOf(protocol, rows), content, rerank: false, view: VIEW, test };
  const question: Question = { hash: shortHash(JSON.stringify([protocol, distance, asked])), ...asked };
  const contract = [question.hash, task.features.hash, weights];
  const same = task.known.find(({ questionHash, featuresHash, weightsHash }) => isDeepStrictEqual([questionHash, featuresHash, weightsHash], contract));
  if (same && (await isWhole(same, task, project, reporter))) return { sameAs: same.id };
  const { metrics, perQuery } = await evaluateFeatures({
    rows,
    features,
    protocol,
    distance,
    onProgress: (done, total) => reporter.progress(done, total, 'queries'),
    pause: reporter.pause,
  });
  const folder = `${output}/${protocol}-${shortHash(JSON.stringify(contract)).slice(0, 16)}`;
  const absolute = project.file(folder);
  await project.makeFolder(absolute);
  const report = new TextEncoder().encode(`${JSON.stringify({ protocol, distance, question, features: task.features.hash, weights, ...metrics }, null, 2)}\n`);
  const files = { [PER_QUERY_FILE]: await writePerQuery(join(absolute, PER_QUERY_FILE), perQuery), [METRICS_FILE]: sha256(report) };
  await replaceFile(join(absolute, METRICS_FILE), report);
  reporter.log(
    'info',
    `${metrics.validQueries} of ${metrics.queries} queries are valid, gallery ${metrics.gallery}: mAP ${percent(metrics.mAP)}, rank-1 ${percent(metrics.cmc[0] ?? 0)}.`,
  );
  return { folder, files, metrics, question, featuresHash: task.features.hash, weightsHash: weights };
}

/** As strict as whoever shows it: what would be refused there is mended by evaluating anew, and said. */
async function isWhole({ folder, files, metrics }: KnownResult, task: EvaluateTask, project: ProjectFolder, reporter: Reporter): Promise<boolean> {
  const { query, gallery } = sidesOf(task.protocol, task.rows);
  const path = join(project.file(folder), PER_QUERY_FILE);
  try {
    const columns = await readPerQuery(path, files[PER_QUERY_FILE] ?? '');
    await checkFile(join(project.file(folder), METRICS_FILE), files[METRICS_FILE] ?? '');
    checkMeans(path, metrics, task.protocol, columns);
    const searched = new Set(gallery.map(({ id }) => id));
    const isOfLists =
      isDeepStrictEqual(
        [...columns.trackletIds],
        query.map(({ id }) => id),
      ) && columns.topTracklet.every((id) => searched.has(id));
    if (!isOfLists) throw damaged(path, 'it names other tracklets than ask and are searched');
    reporter.log('info', 'The same was asked of the same features before: its results are there already.');
    return true;
  } catch (error) {
    const { code, message } = toErrorShape(error);
    if (code !== 'FILE_INVALID' && code !== 'FILE_UNREADABLE') throw error;
    reporter.log('warn', `${message} The evaluation is made again.`);
    return false;
  }
}

function silentInWords(rows: ListRow[]): string {
  const { distractor, junk } = silentQueries(rows);
  const part = (n: number, what: string): string[] => (n === 0 ? [] : [`${n} ${n === 1 ? 'tracklet' : 'tracklets'} of ${what}`]);
  return [...part(distractor, 'distractors'), ...part(junk, 'junk')].join(' and ');
}

function askedOf(protocol: ProtocolName, rows: ListRow[]): Pick<Question, 'queries' | 'gallery'> {
  const { query, gallery } = sidesOf(protocol, rows);
  return { queries: listFacts(query), gallery: listFacts(gallery) };
}

export interface EvaluateInput {
  rows: SideRow[];
  features: FeatureFile;
  protocol: ProtocolName;
  distance: 'cosine' | 'euclidean';
  onProgress?(done: number, total: number): void;
  /** Lets messages in between blocks; throws when cancelled. */
  pause?(): Promise<void>;
}

/** @throws NO_VALID_QUERY naming what the set lacks; BAD_INPUT when a tracklet that asks or is searched has no features. */
export async function evaluateFeatures(input: EvaluateInput): Promise<{ metrics: RankingFigures; perQuery: PerQuery }> {
  const { features, distance, protocol, rows } = input;
  const rowOf = new Map(Array.from(features.trackletIds, (id, i) => [id, i]));
  const { query, gallery } = sidesOf(protocol, rows);
  if (query.length === 0 || gallery.length === 0) throw noQueries(protocol, rows);
  refuseIncomplete([...query, ...gallery], rowOf);
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
    results.push(...rankQueries({ distance: matrix, query: block.map(entryOf), gallery: entries, protocol, topRanks: kept }));
    input.onProgress?.(Math.min(query.length, start + step), query.length);
    await input.pause?.();
  }
  const metrics = figuresOf(results, protocol, gallery.length, MAX_RANK);
  if (!metrics) throw noQueries(protocol, rows);
  return { metrics, perQuery: columnsOf(results, query, gallery, kept) };
}

/** A list that is shorter than the question says would be another question. */
function refuseIncomplete(rows: SideRow[], rowOf: Map<number, number>): void {
  const missing = new Set(rows.map(({ id }) => id).filter((id) => !rowOf.has(id))).size;
  if (missing > 0)
    throw new AppError(
      'BAD_INPUT',
      `${missing} of the tracklets that ask or are searched have no features; the data set was changed since they were extracted.`,
      { missing },
      { remedy: 'Evaluate again; the features are then extracted anew.' },
    );
}

function pick(features: FeatureFile, rows: SideRow[], rowOf: Map<number, number>): { values: Float32Array; size: number } {
  const values = new Float32Array(rows.length * features.dims);
  rows.forEach((row, i) => {
    const from = (rowOf.get(row.id) as number) * features.dims;
    values.set(features.values.subarray(from, from + features.dims), i * features.dims);
  });
  return { values, size: features.dims };
}

function columnsOf(results: QueryResult[], query: SideRow[], gallery: SideRow[], kept: number): PerQuery {
  const positivesStart = new Int32Array(results.length + 1);
  results.forEach((result, q) => {
    positivesStart[q + 1] = (positivesStart[q] as number) + result.positives.length;
  });
  const columns: PerQuery = {
    trackletIds: Int32Array.from(query, (row) => row.id),
    identity: Int32Array.from(query, (row) => row.identityId),
    ap: Float32Array.from(results, ({ ap }) => ap),
    inp: Float32Array.from(results, ({ inp }) => inp),
    firstHit: Int32Array.from(results, ({ valid, firstHit }) => (valid ? firstHit : 0)),
    positivesStart,
    positives: new Int32Array(positivesStart[results.length] as number),
    kept,
    topTracklet: new Int32Array(results.length * kept),
    topDistance: new Float32Array(results.length * kept),
    topMark: new Uint8Array(results.length * kept),
    gallery: Int32Array.from(gallery, (row) => row.id),
  };
  results.forEach((result, q) => {
    columns.positives.set(result.positives, positivesStart[q]);
    result.top?.gallery.forEach((g, k) => {
      const row = gallery[g] as SideRow;
      const mark = result.top?.marks[k];
      columns.topTracklet[q * kept + k] = row.id;
      columns.topDistance[q * kept + k] = result.top?.distance[k] as number;
      columns.topMark[q * kept + k] = mark === 'correct' ? 1 : mark === 'junk' ? 2 : row.kind === 'distractor' ? 3 : 0;
    });
  });
  return columns;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
