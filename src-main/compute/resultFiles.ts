/**
 * The files of an evaluation: features of a data set, and the per-query results that a comparison reads. Both are safetensors, so any
 * Python script can open them. Ids stand as float32, which is exact up to 16 million. The hash of each is kept where it is named, and checked
 * at every reading, as are its values: a damaged result is never a number. Tests: test/main/compute/resultFiles.test.ts, test/main/features/damagedResults.test.ts.
 */
import { rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { readSafetensors, writeSafetensors, type SafetensorsFile } from '../../models/train/safetensors.ts';
import { sha256, writeFileSynced } from './checkpoint.ts';
import { readRegular } from '../platform/openRegular.ts';
import { fileError } from '../../src-shared/storageErrors.ts';
import { protocols, type ProtocolName } from '../../src-shared/protocols/index.ts';

export interface FeatureFile {
  trackletIds: Int32Array;
  /** [count, dims] */
  values: Float32Array;
  dims: number;
  metadata: Record<string, string>;
}

export const MARKS = ['wrong', 'correct', 'junk', 'distractor'] as const;
export const PER_QUERY_FILE = 'per-query.safetensors';
export const METRICS_FILE = 'metrics.json';

/** Columns have one entry a query; `top…` have `kept` entries a query. */
export interface PerQuery {
  trackletIds: Int32Array;
  identity: Int32Array;
  ap: Float32Array;
  inp: Float32Array;
  firstHit: Int32Array;
  /** Positives of query q are positives[start[q] … start[q + 1] − 1]. */
  positivesStart: Int32Array;
  positives: Int32Array;
  kept: number;
  topTracklet: Int32Array;
  topDistance: Float32Array;
  /** Index into MARKS. */
  topMark: Uint8Array;
  /** Tracklets searched; null in files of the first program versions. */
  gallery: Int32Array | null;
}

const AGAIN = 'Evaluate the run again on this data set; what is damaged is made anew.';

/** Returns the hash of the file. */
export async function writeFeatures(path: string, file: FeatureFile): Promise<string> {
  const bytes = writeSafetensors(
    new Map([
      ['features', { shape: [file.trackletIds.length, file.dims], values: file.values }],
      ['tracklet', { shape: [file.trackletIds.length], values: Float32Array.from(file.trackletIds) }],
    ]),
    file.metadata,
  );
  await replaceFile(path, bytes);
  return sha256(bytes);
}

/** What was noted when the features were written. */
export interface FeatureFacts {
  hash: string;
  count: number;
  dims: number;
}

/** @throws FILE_INVALID when it is not the file that was written, or holds what features cannot be */
export async function readFeatures(path: string, facts: FeatureFacts): Promise<FeatureFile> {
  const { tensors, metadata } = await readChecked(path, facts.hash);
  const features = tensors.get('features');
  const tracklet = tensors.get('tracklet');
  const [count, dims] = features?.shape ?? [];
  if (!features || !tracklet || count === undefined || dims === undefined || tracklet.values.length !== count)
    throw damaged(path, 'it does not hold features with their tracklets');
  if (count !== facts.count || dims !== facts.dims)
    throw damaged(path, `it holds ${count} × ${dims} numbers, where ${facts.count} × ${facts.dims} were written`);
  const bad = features.values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw damaged(path, `feature ${bad % dims} of tracklet ${tracklet.values[Math.floor(bad / dims)]} is not a finite number`);
  return { trackletIds: idsOf(path, 'tracklet', tracklet.values), values: features.values, dims, metadata };
}

/** Returns the hash of the file. */
export async function writePerQuery(path: string, columns: PerQuery): Promise<string> {
  const queries = columns.trackletIds.length;
  const flat = (values: ArrayLike<number>) => ({ shape: [values.length], values: Float32Array.from(values) });
  const wide = (values: ArrayLike<number>) => ({ shape: [queries, columns.kept], values: Float32Array.from(values) });
  const bytes = writeSafetensors(
    new Map([
      ['tracklet', flat(columns.trackletIds)],
      ['identity', flat(columns.identity)],
      ['ap', flat(columns.ap)],
      ['inp', flat(columns.inp)],
      ['first_hit', flat(columns.firstHit)],
      ['positives_start', flat(columns.positivesStart)],
      ['positives', flat(columns.positives)],
      ['top_tracklet', wide(columns.topTracklet)],
      ['top_distance', wide(columns.topDistance)],
      ['top_mark', wide(columns.topMark)],
      ...(columns.gallery ? [['gallery', flat(columns.gallery)] as const] : []),
    ]),
    { marks: MARKS.join(',') },
  );
  await replaceFile(path, bytes);
  return sha256(bytes);
}

/** `hash` is null for evaluations of the first program versions, which kept none. @throws FILE_INVALID as `readFeatures` */
export async function readPerQuery(path: string, hash: string | null): Promise<PerQuery> {
  const { tensors } = await readChecked(path, hash);
  const values = (name: string): Float32Array => {
    const tensor = tensors.get(name);
    if (!tensor) throw damaged(path, `it lacks the tensor "${name}"`);
    return tensor.values;
  };
  const ids = (name: string): Int32Array => idsOf(path, name, values(name));
  const columns: PerQuery = {
    trackletIds: ids('tracklet'),
    identity: ids('identity'),
    ap: values('ap'),
    inp: values('inp'),
    firstHit: ids('first_hit'),
    positivesStart: ids('positives_start'),
    positives: ids('positives'),
    kept: tensors.get('top_tracklet')?.shape[1] ?? 0,
    topTracklet: ids('top_tracklet'),
    topDistance: values('top_distance'),
    topMark: Uint8Array.from(ids('top_mark')),
    gallery: tensors.has('gallery') ? ids('gallery') : null,
  };
  checkPerQuery(path, columns);
  return columns;
}

/** Everything that can be known wrong without ranking again. */
function checkPerQuery(path: string, columns: PerQuery): void {
  const { trackletIds, positives, positivesStart, kept } = columns;
  const queries = trackletIds.length;
  const fits = (values: ArrayLike<number>, length: number, name: string): void => {
    if (values.length !== length) throw damaged(path, `"${name}" has ${values.length} entries, where ${length} are due`);
  };
  for (const name of ['identity', 'ap', 'inp', 'firstHit'] as const) fits(columns[name], queries, name);
  for (const name of ['topTracklet', 'topDistance', 'topMark'] as const) fits(columns[name], queries * kept, name);
  fits(positivesStart, queries + 1, 'positives_start');
  if (positivesStart[0] !== 0 || positivesStart[queries] !== positives.length) throw damaged(path, 'its positives do not add up');
  for (let q = 0; q < queries; q++) {
    const which = `query ${trackletIds[q]}`;
    for (const name of ['ap', 'inp'] as const) {
      const value = columns[name][q] as number;
      // Written so that NaN fails too.
      if (!(value >= 0 && value <= 1)) throw damaged(path, `the ${name.toUpperCase()} of ${which} is ${value}`);
    }
    const [start, end] = [positivesStart[q] as number, positivesStart[q + 1] as number];
    if (end < start) throw damaged(path, `the positives of ${which} do not add up`);
    for (let k = start; k < end; k++)
      if ((positives[k] as number) <= (k === start ? 0 : (positives[k - 1] as number))) throw damaged(path, `the ranks of the matches of ${which} do not rise`);
    const first = end > start ? (positives[start] as number) : 0;
    if (columns.firstHit[q] !== first) throw damaged(path, `the first match of ${which} is said to stand at ${columns.firstHit[q]}, and stands at ${first}`);
  }
  const badMark = columns.topMark.findIndex((mark) => mark >= MARKS.length);
  if (badMark >= 0) throw damaged(path, `an entry of query ${trackletIds[Math.floor(badMark / kept)]} has a mark that is not known`);
  const badDistance = columns.topDistance.findIndex((distance) => !Number.isFinite(distance));
  if (badDistance >= 0) throw damaged(path, `a distance of query ${trackletIds[Math.floor(badDistance / kept)]} is not a finite number`);
}

/** What a report says. */
export interface Reported {
  queries: number;
  validQueries: number;
  mAP: number;
  mINP: number;
  cmc: readonly number[];
}

/** Between a report and the mean of its queries, which are kept in single precision. */
const TOLERANCE = 1e-6;

/** A file that holds numbers in range may still hold other ones than the report was made of. */
export function checkMeans(path: string, row: Reported, protocol: ProtocolName, { ap, inp, firstHit }: PerQuery): void {
  let [valid, sumAp, sumInp, first] = [0, 0, 0, 0];
  firstHit.forEach((rank, q) => {
    if (rank === 0) return;
    valid++;
    sumAp += ap[q] as number;
    sumInp += inp[q] as number;
    if (rank === 1) first++;
  });
  const over = protocols[protocol].cmcOver === 'all' ? firstHit.length : valid;
  const figures: [string, number, number][] = [
    ['number of queries', row.queries, firstHit.length],
    ['number of valid queries', row.validQueries, valid],
    ['mAP', row.mAP, sumAp / valid],
    ['mINP', row.mINP, sumInp / valid],
    ['rank 1', row.cmc[0] ?? NaN, first / over],
  ];
  for (const [name, reported, found] of figures)
    if (!(Math.abs(reported - found) <= TOLERANCE)) throw damaged(path, `its ${name} is ${found}, where ${reported} was reported`);
}

/** Beside the per-query file; only that it is the one that was written. */
export async function checkFile(path: string, hash: string): Promise<void> {
  if (sha256(await read(path)) !== hash) throw damaged(path, 'its content is not what was written');
}

export function damaged(path: string, reason: string): AppError {
  return new AppError('FILE_INVALID', `${path} is damaged: ${reason}.`, { file: basename(path) }, { remedy: AGAIN });
}

async function readChecked(path: string, hash: string | null): Promise<SafetensorsFile> {
  const bytes = await read(path);
  if (hash !== null && sha256(bytes) !== hash) throw damaged(path, 'its content is not what was written');
  try {
    return readSafetensors(bytes, path);
  } catch (error) {
    throw new AppError('FILE_INVALID', toErrorShape(error).message, { file: basename(path) }, { cause: error, remedy: AGAIN });
  }
}

function idsOf(path: string, name: string, values: Float32Array): Int32Array {
  const bad = values.findIndex((value) => !Number.isInteger(value) || value < 0 || value > 2 ** 24);
  if (bad >= 0) throw damaged(path, `"${name}" holds ${values[bad]}, which is no whole number from 0 on`);
  return Int32Array.from(values);
}

/** Whole or not at all: readers never see half a file. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileSynced(`${path}.tmp`, bytes);
    await rename(`${path}.tmp`, path);
  } catch (error) {
    await rm(`${path}.tmp`, { force: true });
    throw fileError(error, path, 'written');
  }
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readRegular(path);
  } catch (error) {
    throw fileError(error, path, 'read', { remedy: AGAIN });
  }
}
