/**
 * Jobs of kind `import`: importer → checked records in memory → one transaction. On an error or a cancel the project stays as it was.
 * Test: test/main/features/imports.test.ts.
 */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ImporterDefinition, Probe } from '../../../datasets/importer.ts';
import { readWhole } from '../../../datasets/readWhole.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext } from '../../host/context.ts';
import type { JobRunner, JobTools } from '../../jobs/queue.ts';
import { containedPath } from '../../host/project.ts';
import { fileFingerprint } from '../../media/fingerprint.ts';
import { findFfmpeg, provisionFfmpeg } from '../../media/ffmpegBinary.ts';
import { storedRoot } from '../../media/location.ts';
import { createImportProbe, createQuickProbe } from '../../media/mediaProbe.ts';
import { loadRegistry } from '../../platform/registry.ts';
import { annotationFields } from '../annotations/handlers.ts';
import { openFileTree, unreadable } from './fileTree.ts';
import { createStage, type Stage } from './stage.ts';

export interface ImportParams {
  path: string;
  /** null: the one that recognises the folder best. */
  importer: string | null;
  options: Record<string, unknown>;
  name: string | null;
  /** Refuse instead of leaving out what is bad. */
  strict?: boolean | undefined;
}

export interface ImportResult {
  dataset: number;
  name: string;
  importer: string;
  identities: number;
  cameras: number;
  tracklets: number;
  frames: number;
  splits: Record<string, number>;
  warnings: { code: string; message: string; where: string; count: number }[];
  /** The same source under the same options was there already; nothing was added. */
  alreadyImported: boolean;
}

let importers: Promise<Map<string, ImporterDefinition>> | null = null;

export function knownImporters(): Promise<Map<string, ImporterDefinition>> {
  importers ??= loadRegistry<ImporterDefinition>(new URL('../../../datasets/importers/', import.meta.url));
  return importers;
}

/** Enough to notice other pixels; all of them would take as long as copying the set. */
const PICTURES_HASHED = 64;

type Parts = Omit<HostContext, 'jobs'>;

/** Importers that recognise the folder, best first. */
export async function probeFolder(context: Parts, path: string, signal: AbortSignal): Promise<{ importer: ImporterDefinition; found: Probe }[]> {
  const folder = resolve(path);
  const tree = await openFileTree(folder);
  const media = createQuickProbe(context, folder, signal);
  const results: { importer: ImporterDefinition; found: Probe }[] = [];
  for (const importer of (await knownImporters()).values()) {
    const found = await importer.probe(tree, media);
    if (found) results.push({ importer, found });
  }
  return results.sort((a, b) => b.found.confidence - a.found.confidence);
}

export function createImportRunner(context: Parts): JobRunner {
  return {
    resource: 'io',
    resumable: false,
    async run(job, tools) {
      const result = await importFolder(context, job.params as ImportParams, tools);
      tools.setDataset(result.dataset);
      if (!result.alreadyImported) context.events.changed(['Datasets', 'Tracklets'], null);
      return result;
    },
  };
}

/** Also used by other jobs that end with an import. */
export async function importFolder(context: Parts, params: ImportParams, tools: Pick<JobTools, 'signal' | 'progress' | 'log'>): Promise<ImportResult> {
  const { db, project, clock } = context;
  const { signal } = tools;
  const folder = await realpath(resolve(params.path)).catch((error: unknown) => {
    throw unreadable(params.path, error);
  });
  const importer = await chooseImporter(context, params, folder, signal);
  const unknown = Object.keys(params.options).find((key) => !(key in importer.options.shape));
  if (unknown !== undefined) {
    const known = Object.keys(importer.options.shape).join(', ') || 'none';
    throw new AppError(
      'UNKNOWN_OPTION',
      `The importer "${importer.id}" has no option "${unknown}"; known are ${known}.`,
      { key: unknown, importer: importer.id },
      { remedy: 'Correct the name of the option, or leave it out.' },
    );
  }
  const options = importer.options.safeParse(params.options);
  if (!options.success) {
    const issue = options.error.issues[0];
    const key = issue?.path.map(String).join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : '');
    throw new AppError('BAD_INPUT', `The option "${key}" of the importer "${importer.id}" does not fit: ${issue?.message ?? 'unknown reason'}.`, {
      key,
      importer: importer.id,
    });
  }
  tools.log('info', `Reading ${folder} with the importer "${importer.id}".`);
  await getFfmpegIfNeeded(context, folder, tools);

  const stage = createStage(await annotationFields(), (done, total, message) => tools.progress(done, total, 'records', message));
  const media = createImportProbe(context, folder, { signal, onProgress: (done, total) => tools.progress(done, total, 'frames', 'Decoding the video') });
  try {
    const { summary, files } = await readWhole(importer, await openFileTree(folder), options.data as never, stage.sink, {
      signal,
      media,
      strict: params.strict ?? false,
    });
    signal.throwIfAborted();
    const videos = await videoFingerprints(folder, stage);
    const contentHash = stage.contentHash(`${importer.id} ${JSON.stringify(options.data)} ${await pixelFingerprint(folder, stage, videos)}`);
    const counts = countsOf(stage);
    const known = await db.read('imports', 'byContent', { contentHash });
    if (known) {
      tools.log('info', `The same source is in the project already, as "${known.name}". Nothing was added.`);
      return { ...counts, dataset: known.id, name: known.name, importer: importer.id, alreadyImported: true };
    }
    for (const warning of stage.warnings) tools.log('warn', `${warning.where}: ${warning.message}${warning.count > 1 ? ` (${warning.count} times)` : ''}`);
    tools.log('info', `Of ${files.seen} files in the folder, ${files.used} are used and ${files.leftOut} left out.`);
    tools.progress(1, 1, 'records', 'Storing');
    const stored = await db.write('imports', 'store', {
      name: params.name ?? summary.name,
      importer: importer.id,
      options: options.data as Record<string, unknown>,
      root: storedRoot(project, folder),
      origin: summary.origin,
      licence: summary.licence,
      contentHash,
      warnings: stage.warnings,
      cameras: stage.cameras,
      identities: stage.identities,
      media: stage.media.map((record) => ({ ...record, contentHash: videos.get(record.path) ?? null })),
      tracklets: stage.tracklets,
      annotator: importer.id,
      at: clock(),
    });
    for (const record of stage.media) {
      const mediaId = stored.mediaIds[record.key];
      // From here on the set is stored; frames that cannot be taken over are made again when they are looked at.
      if (record.kind === 'video' && mediaId !== undefined)
        await media.adopt(record.path, mediaId).catch((error: unknown) => tools.log('warn', `The decoded frames could not be kept: ${String(error)}`));
    }
    tools.log(
      'info',
      `Imported "${stored.name}": ${counts.identities} identities, ${counts.cameras} cameras, ${counts.tracklets} tracklets, ${counts.frames} frames.`,
    );
    return { ...counts, dataset: stored.datasetId, name: stored.name, importer: importer.id, alreadyImported: false };
  } finally {
    await media.discard();
  }
}

async function chooseImporter(context: Parts, params: ImportParams, folder: string, signal: AbortSignal): Promise<ImporterDefinition> {
  const known = await knownImporters();
  if (params.importer !== null) {
    const importer = known.get(params.importer);
    if (!importer)
      throw new AppError('BAD_INPUT', `There is no importer "${params.importer}"; known are ${[...known.keys()].join(', ')}.`, { key: 'importer' });
    return importer;
  }
  const best = (await probeFolder(context, folder, signal))[0];
  if (!best) throw new AppError('IMPORT_UNRECOGNISED', `No importer recognises ${folder}; known are ${[...known.keys()].join(', ')}.`, { path: folder });
  return best.importer;
}

/** Fetches ffmpeg when the folder holds a video and the machine has none. */
async function getFfmpegIfNeeded({ paths, settings }: Parts, folder: string, tools: Pick<JobTools, 'signal' | 'progress' | 'log'>): Promise<void> {
  const tree = await openFileTree(folder);
  const hasVideo = (await tree.list('')).some((entry) => entry.kind === 'file' && /\.(avi|mp4|m4v|mov|mkv|webm|ogv|flv|ts|mpg|mpeg)$/i.test(entry.name));
  if (!hasVideo) return;
  const setting = settings.get('ffmpeg');
  if (await findFfmpeg({ provisioned: paths.provisioned }, { ffmpeg: typeof setting === 'string' ? setting : null })) return;
  tools.log('info', 'No ffmpeg was found on this machine; fetching one.');
  await provisionFfmpeg(({ bytes, total, what }) => tools.progress(bytes, total, 'bytes', `Fetching ${what}`), tools.signal, {
    provisioned: paths.provisioned,
  });
}

/** By path; a moved video is known by it. */
async function videoFingerprints(folder: string, stage: Stage): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { kind, path } of stage.media) if (kind === 'video') found.set(path, await fileFingerprint(containedPath(folder, path)));
  return found;
}

/** Of each video, and of pictures spread over the tracklets: equal records over other pixels are another source. */
async function pixelFingerprint(folder: string, stage: Stage, videos: Map<string, string>): Promise<string> {
  const pictures = stage.tracklets.flatMap((tracklet) => tracklet.files?.[0] ?? []);
  const every = Math.max(1, Math.ceil(pictures.length / PICTURES_HASHED));
  const hash = createHash('sha256');
  for (const fingerprint of videos.values()) hash.update(fingerprint);
  for (const [index, file] of pictures.entries()) if (index % every === 0) hash.update(await fileFingerprint(containedPath(folder, file)));
  return hash.digest('hex');
}

function countsOf(stage: Stage): Pick<ImportResult, 'identities' | 'cameras' | 'tracklets' | 'frames' | 'splits' | 'warnings'> {
  const { tracklets, identities, cameras, warnings } = stage;
  const splits: Record<string, number> = {};
  let frames = 0;
  for (const tracklet of tracklets) {
    splits[tracklet.split] = (splits[tracklet.split] ?? 0) + 1;
    frames += tracklet.frameIndex.length;
  }
  return {
    identities: identities.filter((identity) => identity.kind === 'person').length,
    cameras: cameras.length,
    tracklets: tracklets.length,
    frames,
    splits,
    warnings,
  };
}
