/**
 * The files of an evaluation: features of a data set, and the per-query results that a comparison reads. Both are safetensors, so any
 * Python script can open them. Ids stand as float32, which is exact up to 16 million. Test: test/main/engine/computeChild.test.ts.
 */
import { readFile, rename, rm } from 'node:fs/promises';
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import { readSafetensors, writeSafetensors } from '../../../models/train/safetensors.ts';
import { writeFileSynced } from '../../engine/checkpoint.ts';

export interface FeatureFile {
  trackletIds: Int32Array;
  /** [count, dims] */
  values: Float32Array;
  dims: number;
  metadata: Record<string, string>;
}

export const MARKS = ['wrong', 'correct', 'junk', 'distractor'] as const;

/** Columns have one entry a query; `top…` have `kept` entries a query. */
export interface PerQuery {
  trackletIds: Int32Array;
  identity: Int32Array;
  /** NaN = unknown. */
  hiddenShare: Float32Array;
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
}

/** Returns the hash of the file. */
export async function writeFeatures(path: string, file: FeatureFile, hash: (bytes: Uint8Array) => string): Promise<string> {
  const bytes = writeSafetensors(
    new Map([
      ['features', { shape: [file.trackletIds.length, file.dims], values: file.values }],
      ['tracklet', { shape: [file.trackletIds.length], values: Float32Array.from(file.trackletIds) }],
    ]),
    file.metadata,
  );
  await replaceFile(path, bytes);
  return hash(bytes);
}

export async function readFeatures(path: string): Promise<FeatureFile> {
  const { tensors, metadata } = readSafetensors(await read(path), path);
  const features = tensors.get('features');
  const tracklet = tensors.get('tracklet');
  const [count, dims] = features?.shape ?? [];
  if (!features || !tracklet || count === undefined || dims === undefined || tracklet.values.length !== count)
    throw new AppError('FILE_INVALID', `${path} does not hold features with their tracklets.`, { path });
  return { trackletIds: Int32Array.from(tracklet.values), values: features.values, dims, metadata };
}

export async function writePerQuery(path: string, columns: PerQuery): Promise<void> {
  const queries = columns.trackletIds.length;
  const flat = (values: ArrayLike<number>) => ({ shape: [values.length], values: Float32Array.from(values) });
  const wide = (values: ArrayLike<number>) => ({ shape: [queries, columns.kept], values: Float32Array.from(values) });
  await replaceFile(
    path,
    writeSafetensors(
      new Map([
        ['tracklet', flat(columns.trackletIds)],
        ['identity', flat(columns.identity)],
        ['hidden_share', flat(columns.hiddenShare)],
        ['ap', flat(columns.ap)],
        ['inp', flat(columns.inp)],
        ['first_hit', flat(columns.firstHit)],
        ['positives_start', flat(columns.positivesStart)],
        ['positives', flat(columns.positives)],
        ['top_tracklet', wide(columns.topTracklet)],
        ['top_distance', wide(columns.topDistance)],
        ['top_mark', wide(columns.topMark)],
      ]),
      { marks: MARKS.join(',') },
    ),
  );
}

export async function readPerQuery(path: string): Promise<PerQuery> {
  const { tensors } = readSafetensors(await read(path), path);
  const values = (name: string): Float32Array => {
    const tensor = tensors.get(name);
    if (!tensor) throw new AppError('FILE_INVALID', `${path} lacks the tensor "${name}".`, { path, key: name });
    return tensor.values;
  };
  return {
    trackletIds: Int32Array.from(values('tracklet')),
    identity: Int32Array.from(values('identity')),
    hiddenShare: values('hidden_share'),
    ap: values('ap'),
    inp: values('inp'),
    firstHit: Int32Array.from(values('first_hit')),
    positivesStart: Int32Array.from(values('positives_start')),
    positives: Int32Array.from(values('positives')),
    kept: tensors.get('top_tracklet')?.shape[1] ?? 0,
    topTracklet: Int32Array.from(values('top_tracklet')),
    topDistance: values('top_distance'),
    topMark: Uint8Array.from(values('top_mark')),
  };
}

/** Whole or not at all: readers never see half a file. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileSynced(`${path}.tmp`, bytes);
    await rename(`${path}.tmp`, path);
  } catch (error) {
    await rm(`${path}.tmp`, { force: true });
    const { code } = toErrorShape(error);
    throw code === 'DISK_FULL' ? new AppError('DISK_FULL', `The disk is full: ${path} could not be written.`, { path }, { cause: error }) : error;
  }
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new AppError('FILE_UNREADABLE', `${path} cannot be read; evaluate again to make it anew.`, { path }, { cause: error });
  }
}
