/**
 * Jobs of kind `import`: a child reads the folder into a spool file, the host stores the pieces one by one, and the last transaction makes the data
 * set visible. On an error, a cancel or a kill the project stays as it was. Test: test/main/features/imports.test.ts.
 */
import { realpath, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ImportWarning } from '../../../datasets/importer.ts';
import { isVideo } from '../../../datasets/readers/pictures.ts';
import type { HostContext } from '../../host/context.ts';
import { isClosing, type JobRunner, type JobTools } from '../../jobs/queue.ts';
import { findFfmpeg, provisionFfmpeg } from '../../media/ffmpegBinary.ts';
import { storedRoot } from '../../media/location.ts';
import { createImportProbe, createQuickProbe, type ImportProbe } from '../../media/mediaProbe.ts';
import { openFileTree, unreadable } from './fileTree.ts';
import { importInChild } from './importInChild.ts';
import type { FoundImporter, ImportCounts, ReadResult } from './importProtocol.ts';
import { removeUnfinished, spoolFolder } from './leftovers.ts';
import { spoolPieces } from './spool.ts';

export interface ImportParams {
  path: string;
  /** null: the one that recognises the folder best. */
  importer: string | null;
  options: Record<string, unknown>;
  name: string | null;
  /** Refuse instead of leaving out what is bad. */
  strict?: boolean | undefined;
}

export interface ImportResult extends ImportCounts {
  dataset: number;
  name: string;
  importer: string;
  warnings: ImportWarning[];
  /** The same source under the same options was there already; nothing was added. */
  alreadyImported: boolean;
}

type Parts = Omit<HostContext, 'jobs'>;
type Tools = Pick<JobTools, 'signal' | 'progress' | 'log'>;

/** Importers that recognise the folder, best first. */
export async function probeFolder(context: Parts, path: string, signal: AbortSignal): Promise<FoundImporter[]> {
  const folder = await folderAt(path);
  const { video } = createQuickProbe(context, folder, signal);
  return importInChild({ kind: 'probe', folder }, { signal, video, progress: () => undefined, log: () => undefined });
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
export async function importFolder(context: Parts, params: ImportParams, tools: Tools): Promise<ImportResult> {
  const { db, project } = context;
  const { signal } = tools;
  const folder = await folderAt(params.path);
  await getFfmpegIfNeeded(context, folder, tools);
  const workFolder = await spoolFolder(project);
  const spool = join(workFolder, 'records');
  const media = createImportProbe(context, folder, { signal, onProgress: (done, total) => tools.progress(done, total, 'frames', 'Decoding the video') });
  try {
    const read = await importInChild(
      { kind: 'read', folder, importer: params.importer, options: params.options, strict: params.strict ?? false, spool, everyPicture: true },
      { ...tools, video: media.video },
    );
    signal.throwIfAborted();
    const result = { ...read.counts, importer: read.importer, warnings: read.warnings };
    const known = await db.read('imports', 'byContent', { contentHash: read.contentHash });
    if (known) {
      tools.log('info', `The same source is in the project already, as "${known.name}". Nothing was added.`);
      return { ...result, dataset: known.id, name: known.name, alreadyImported: true };
    }
    for (const warning of read.warnings) tools.log('warn', `${warning.where}: ${warning.message}${warning.count > 1 ? ` (${warning.count} times)` : ''}`);
    tools.log('info', `Of ${read.files.seen} files in the folder, ${read.files.used} are used and ${read.files.leftOut} left out.`);
    const { datasetId, name } = await storeImport(context, { params, read, folder, spool, media }, tools);
    const { identities, cameras, tracklets, frames } = read.counts;
    tools.log('info', `Imported "${name}": ${identities} identities, ${cameras} cameras, ${tracklets} tracklets, ${frames} frames.`);
    return { ...result, dataset: datasetId, name, alreadyImported: false };
  } finally {
    await Promise.all([media.discard(), rm(workFolder, { recursive: true, force: true })]);
  }
}

interface Read {
  params: ImportParams;
  read: ReadResult;
  folder: string;
  spool: string;
  media: ImportProbe;
}

async function storeImport(context: Parts, { params, read, folder, spool, media }: Read, tools: Tools): Promise<{ datasetId: number; name: string }> {
  const { db, project, clock } = context;
  const at = clock();
  const { datasetId } = await db.write('imports', 'begin', {
    importer: read.importer,
    options: read.options,
    root: storedRoot(project, folder),
    origin: read.summary.origin,
    licence: read.summary.licence,
    contentHash: read.contentHash,
    warnings: read.warnings,
    cameras: read.cameras,
    at,
  });
  try {
    let stored = 0;
    for await (const { bytes, tracklets } of spoolPieces(spool, read.chunks)) {
      tools.signal.throwIfAborted();
      // One piece at a time: a value that is painted meanwhile waits for one piece at most.
      await db.write('imports', 'addPiece', { datasetId, piece: bytes, annotator: read.importer, at });
      stored += tracklets;
      tools.progress(stored, read.counts.tracklets, 'tracklets', 'Storing');
    }
    for (const { id, path } of await db.read('imports', 'videos', { datasetId })) {
      // Frames that cannot be taken over are made again when they are looked at.
      await media.adopt(path, id).catch((error: unknown) => tools.log('warn', `The decoded frames could not be kept: ${String(error)}`));
    }
    tools.signal.throwIfAborted();
    return { datasetId, ...(await db.write('imports', 'finish', { datasetId, name: params.name ?? read.summary.name })) };
  } catch (error) {
    // A program that closes does not wait for it: the next start removes what is left.
    if (!isClosing(tools.signal)) await removeUnfinished(context, datasetId);
    throw error;
  }
}

async function folderAt(path: string): Promise<string> {
  return realpath(resolve(path)).catch((error: unknown) => {
    throw unreadable(path, error);
  });
}

/** Fetches ffmpeg when the folder holds a video and the machine has none. */
async function getFfmpegIfNeeded({ paths, settings }: Parts, folder: string, tools: Tools): Promise<void> {
  const tree = await openFileTree(folder);
  const hasVideo = (await tree.list('')).some(isVideo);
  if (!hasVideo) return;
  const setting = settings.get('ffmpeg');
  if (await findFfmpeg({ provisioned: paths.provisioned }, { ffmpeg: typeof setting === 'string' ? setting : null })) return;
  tools.log('info', 'No ffmpeg was found on this machine; fetching one.');
  await provisionFfmpeg(({ bytes, total, what }) => tools.progress(bytes, total, 'bytes', `Fetching ${what}`), tools.signal, {
    provisioned: paths.provisioned,
  });
}
