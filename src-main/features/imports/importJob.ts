/**
 * Jobs of kind `import`: a child reads the folder into a spool file, the host stores the pieces one by one, and the last transaction makes the data
 * set visible. On an error, a cancel or a kill the project stays as it was.
 * Tests: test/main/features/imports/importJob.test.ts, test/main/features/imports.test.ts.
 */
import type { Guess, ImportWarning } from '../../../datasets/importer.ts';
import type { FileAccount } from '../../../datasets/readWhole.ts';
import { warningText } from '../../../datasets/warnings.ts';
import { outcomeSentences } from '../../../src-shared/updateOutcome.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { changeParams, otherFolder } from '../../../src-shared/sourceChange.ts';
import type { SourceChange, UpdateOutcome } from '../../../src-shared/contract/imports.ts';
import type { HostContext } from '../context.ts';
import { createTurns, type Turns } from '../../platform/turns.ts';
import { isClosing, type JobTools } from '../../jobs/queue.ts';
import { storedRoot } from '../../media/location.ts';
import type { ImportCounts } from './importProtocol.ts';
import { removeUnfinished } from './leftovers.ts';
import { changedError, changeOfPlaces, changeSentence, compareSource, shownChange } from './compareSource.ts';
import { headerOf, readSource, type ReadSource, type SourceParams } from './source.ts';
import { spoolPieces } from './spool.ts';
import { updateDataset } from './updateDataset.ts';

type Parts = Omit<HostContext, 'jobs'>;
type Tools = Pick<JobTools, 'signal' | 'progress' | 'log'>;

export interface ImportParams extends SourceParams {
  name: string | null;
  /** What to do when a data set of this source is there and the source has changed; without it: refuse. */
  changed?: 'update' | 'add' | undefined;
  /** Of an update: refuse where the folder looks like another one. */
  refuseOther?: boolean | undefined;
  /** The data set that is to be updated from this folder, and no other. */
  updates?: number | undefined;
}

export interface ImportResult extends ImportCounts {
  dataset: number;
  name: string;
  importer: string;
  warnings: ImportWarning[];
  /** The same source under the same options was there already; nothing was added. */
  alreadyImported: boolean;
  files: FileAccount;
  guesses: Guess[];
  /** How the source differed from the data set that was updated. */
  changed: SourceChange | null;
  updated: boolean;
  /** One data set was to be updated, whether there was anything to take over or not. */
  isUpdate: boolean;
  /** What the update did to values and steps. */
  outcome: UpdateOutcome | null;
}

/** What readers of a data set depend on: an update may change all of it, and ends steps of undo. */
const UPDATED = [
  'Datasets',
  'Dataset',
  'DatasetPictures',
  'Tracklets',
  'Tracklet',
  'TrackletRows',
  'TrackletPictures',
  'Annotations',
  'Seen',
  'Media',
  'History',
];

export async function runImport(context: Parts, params: ImportParams, tools: JobTools): Promise<ImportResult> {
  const result = await importFolder(context, params, tools);
  tools.setDataset(result.dataset);
  if (result.updated) context.events.changed(UPDATED, null);
  else if (!result.alreadyImported) context.events.changed(['Datasets', 'Tracklets'], null);
  return result;
}

/** What was met of its pictures before was said of other ones, or of the same in another state. */
function forgetMet({ changedPictures, missingPictures }: Parts, datasetId: number): void {
  changedPictures.forget(datasetId);
  missingPictures.forget(datasetId);
}

/** Also used by other jobs that end with an import. */
export async function importFolder(context: Parts, params: ImportParams, tools: Tools): Promise<ImportResult> {
  const { signal } = tools;
  await using source = await readSource(context, params, tools, { everyPicture: true });
  const { read } = source;
  signal.throwIfAborted();
  // Whoever imports a folder has chosen it, also when its data set is there already.
  await context.known.addRoot(source.folder);
  const result: ReadResult = {
    ...read.counts,
    importer: read.importer,
    warnings: read.warnings,
    files: read.files,
    guesses: read.guesses,
    changed: null,
    updated: false,
    isUpdate: params.updates !== undefined,
    outcome: null,
  };
  // Awaited here: the records are gone once this ends.
  return await oneByOne(context, signal, () => takeOver(context, params, source, result, tools));
}

type ReadResult = Omit<ImportResult, 'dataset' | 'name' | 'alreadyImported'>;

async function takeOver(context: Parts, params: ImportParams, source: ReadSource, result: ReadResult, tools: Tools): Promise<ImportResult> {
  const { read } = source;
  const { same, isElsewhere, change } = await compareSource(context, source, tools.signal, params.updates);
  if (same && isElsewhere) {
    const root = storedRoot(context.project, source.folder);
    await context.db.write('importUpdate', 'moveTo', { datasetId: same.id, root, spool: source.spool, chunks: read.chunks });
    forgetMet(context, same.id);
    tools.log('info', `The pictures of "${same.name}" are the same at other places; they are read from ${source.folder} now. Nothing else was changed.`);
    return { ...result, dataset: same.id, name: same.name, alreadyImported: false, changed: changeOfPlaces(same), updated: true };
  }
  if (same) {
    forgetMet(context, same.id);
    tools.log(
      'info',
      params.updates === undefined
        ? `The same source is in the project already, as "${same.name}". Nothing was added.`
        : `The source of "${same.name}" is as it was imported. Nothing was changed.`,
    );
    return { ...result, dataset: same.id, name: same.name, alreadyImported: true };
  }
  for (const warning of read.warnings) tools.log('warn', warningText(warning));
  tools.log(
    'info',
    `Of ${read.files.seen} files in the ${read.isArchive ? 'archive' : 'folder'}, ${read.files.used} are used and ${read.files.leftOut} left out.`,
  );
  const { identities, cameras, tracklets, frames } = read.counts;
  const counted = `${identities} identities, ${cameras} cameras, ${tracklets} tracklets, ${frames} frames`;
  if (change && params.changed !== 'add') {
    if (params.changed !== 'update') throw changedError(change);
    if (params.refuseOther) await refuseOther(context, change);
    tools.log('info', changeSentence(change));
    const outcome = await updateDataset(context, source, change, tools);
    forgetMet(context, change.dataset);
    tools.log('info', [`Updated "${change.name}": ${counted}.`, ...outcomeSentences(outcome)].join(' '));
    return { ...result, dataset: change.dataset, name: change.name, alreadyImported: false, changed: shownChange(change), updated: true, outcome };
  }
  const { datasetId, name } = await storeImport(context, params, source, tools);
  tools.log('info', `Imported "${name}": ${counted}.`);
  return { ...result, dataset: datasetId, name, alreadyImported: false };
}

/** Taking over a folder that was named by mistake would set everything aside. */
async function refuseOther({ db }: Parts, change: SourceChange): Promise<void> {
  const why = otherFolder(change, await db.read('datasets', 'detail', { id: change.dataset }));
  if (why === null) return;
  throw new AppError(
    'SOURCE_CHANGED',
    `${why} The data set is "${change.name}"; nothing was changed.`,
    { ...changeParams(change), isOtherFolder: true },
    { remedy: 'Name the folder that it was imported from, or say that it is to be taken over anyway.' },
  );
}

const storing = new WeakMap<Parts['db'], Turns>();

/**
 * From comparing to the end one import goes at a time: of two of the same source that began together, the second finds what the first has made.
 * Reading goes on beside. One that is given up while it waits does not wait for the others' end.
 */
function oneByOne<T>({ db }: Parts, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const turns = storing.get(db) ?? createTurns({ atOnce: 1, what: 'imports' });
  storing.set(db, turns);
  return turns.take(1, work, signal);
}

async function storeImport(context: Parts, params: ImportParams, source: ReadSource, tools: Tools): Promise<{ datasetId: number; name: string }> {
  const { db, clock } = context;
  const { read, spool, media } = source;
  const at = clock();
  const { datasetId } = await db.write('imports', 'begin', headerOf(context, source, at));
  try {
    let stored = 0;
    for await (const { bytes, tracklets } of spoolPieces(spool, read.chunks)) {
      tools.signal.throwIfAborted();
      // One piece at a time: a value that is painted meanwhile waits for one piece at most.
      await db.write('imports', 'addPiece', { datasetId, piece: bytes, annotator: read.importer, at });
      stored += tracklets;
      tools.progress(stored, read.counts.tracklets, 'tracklets', 'Storing');
    }
    for (const { id, path, contentHash } of await db.read('imports', 'videos', { datasetId })) {
      // Frames that cannot be taken over are made again when they are looked at.
      await media.adopt(path, id, contentHash).catch((error: unknown) => tools.log('warn', `The decoded frames could not be kept: ${String(error)}`));
    }
    tools.signal.throwIfAborted();
    return { datasetId, ...(await db.write('imports', 'finish', { datasetId, name: params.name ?? read.summary.name })) };
  } catch (error) {
    // A program that closes does not wait for it: the next start removes what is left.
    if (!isClosing(tools.signal)) await removeUnfinished(context, datasetId);
    throw error;
  }
}
