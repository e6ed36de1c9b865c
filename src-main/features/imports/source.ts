/**
 * A folder or archive as the host sees it while importing: read by a child, its records in a spool, its videos decoded into the cache. Disposed of, nothing of
 * it stays.
 * Tests: test/main/features/imports/source.test.ts, test/main/features/imports/changed.test.ts.
 */
import { realpath, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { MediaProbe } from '../../../datasets/importer.ts';
import { isVideo } from '../../../datasets/readers/pictures.ts';
import type { HostContext } from '../context.ts';
import type { JobTools } from '../../jobs/queue.ts';
import { findFfmpeg, provisionFfmpeg } from '../../media/ffmpegBinary.ts';
import { sayProvision } from '../../platform/provision/spec.ts';
import { storedRoot } from '../../media/location.ts';
import { createImportProbe, createQuickProbe, type ImportProbe } from '../../media/mediaProbe.ts';
import { openFileTree, unreadable } from './fileTree.ts';
import { importInChild } from './importInChild.ts';
import type { FoundImporter, ReadResult } from './importProtocol.ts';
import { spoolFolder } from './leftovers.ts';
import type { ImportHeader } from './table.ts';

export interface SourceParams {
  path: string;
  /** null: the one that recognises the folder best. */
  importer: string | null;
  options: Record<string, unknown>;
  /** Refuse instead of leaving out what is bad. */
  strict?: boolean | undefined;
}

export interface ReadSource extends AsyncDisposable {
  folder: string;
  read: ReadResult;
  /** File of the records; it is not there after a quick look. */
  spool: string;
  media: ImportProbe;
}

type Parts = Omit<HostContext, 'jobs'>;
type Tools = Pick<JobTools, 'signal' | 'progress' | 'log'>;

/** Importers that recognise the folder, best first. */
export async function probeFolder(context: Parts, path: string, signal: AbortSignal): Promise<FoundImporter[]> {
  const folder = await folderAt(path);
  const { video } = createQuickProbe(context, folder, signal);
  return importInChild({ kind: 'probe', folder }, { signal, video, progress: () => undefined, log: () => undefined });
}

/** `video`: asked in place of decoding into the cache. */
export async function readSource(
  context: Parts,
  params: SourceParams,
  tools: Tools,
  { everyPicture, video }: { everyPicture: boolean; video?: MediaProbe['video'] },
): Promise<ReadSource> {
  const { signal } = tools;
  const folder = await folderAt(params.path);
  await getFfmpegIfNeeded(context, folder, tools);
  const workFolder = await spoolFolder(context.project);
  const spool = join(workFolder, 'records');
  const media = createImportProbe(context, folder, { signal, onProgress: (done, total) => tools.progress(done, total, 'frames', 'Decoding the video') });
  const dispose = async (): Promise<void> => void (await Promise.all([media.discard(), rm(workFolder, { recursive: true, force: true })]));
  try {
    const { importer, options, strict = false } = params;
    // A quick look is neither stored nor compared.
    const records = everyPicture ? spool : null;
    const read = await importInChild(
      { kind: 'read', folder, importer, options, strict, spool: records, everyPicture },
      { ...tools, video: video ?? media.video },
    );
    return { folder, read, spool, media, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

export function headerOf({ project }: Parts, { read, folder }: ReadSource, at: number): ImportHeader {
  return {
    importer: read.importer,
    options: read.options,
    root: storedRoot(project, folder),
    origin: read.summary.origin,
    licence: read.summary.licence,
    contentHash: read.contentHash,
    warnings: read.warnings,
    cameras: read.cameras,
    report: { files: read.files, guesses: read.guesses },
    at,
  };
}

/** A folder, or an archive, which is a folder in one file. */
export async function folderAt(path: string): Promise<string> {
  return realpath(resolve(path)).catch((error: unknown) => {
    throw unreadable(path, error);
  });
}

/** Fetches ffmpeg when the folder holds a video and the machine has none. */
async function getFfmpegIfNeeded({ paths, settings }: Parts, folder: string, tools: Tools): Promise<void> {
  // Videos are not read out of archives; whether it is one the child says.
  if (!(await stat(folder)).isDirectory()) return;
  await using tree = await openFileTree(folder);
  const hasVideo = (await tree.list('')).some(isVideo);
  if (!hasVideo) return;
  const setting = settings.get('ffmpeg');
  if (await findFfmpeg({ provisioned: paths.provisioned }, { ffmpeg: typeof setting === 'string' ? setting : null })) return;
  tools.log('info', 'No ffmpeg was found on this machine; fetching one.');
  await provisionFfmpeg((progress) => tools.progress(progress.bytes, progress.total, 'bytes', sayProvision(progress)), tools.signal, {
    provisioned: paths.provisioned,
  });
}
