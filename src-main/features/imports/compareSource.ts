/**
 * How a folder that was read compares with what the project has of it: the same, changed since (and how), or new. Every picture counts.
 * Tests: test/main/features/imports/compareSource.test.ts, test/main/features/imports/changed.test.ts.
 */
import { realpath } from 'node:fs/promises';
import { AppError } from '../../../src-shared/errors.ts';
import type { SourceChange } from '../../../src-shared/contract/imports.ts';
import { changeParams, changeText } from '../../../src-shared/sourceChange.ts';
import type { HostContext } from '../context.ts';
import { shownRoot } from '../../media/location.ts';
import { exists } from '../../media/presence.ts';
import { knownImporters } from './importers.ts';
import type { PieceChange } from './changes.table.ts';
import type { ReadSource } from './source.ts';
import { spoolPieces } from './spool.ts';

/** What an update needs to know beyond what is shown. */
export interface FoundChange extends SourceChange {
  /** Ids of tracklets that the source has no more. */
  gone: Int32Array;
  renamed: { id: number; key: string }[];
}

export interface Comparison {
  /** The project has exactly this. */
  same: { id: number; name: string } | null;
  /** Of what is the same: its pictures are to be read from other places than until now. */
  isElsewhere?: true;
  /** The project has it as it was before. */
  change: FoundChange | null;
}

/** `of`: the data set that it is the source of, whichever others there are; without it the one that has this content, or was made of this folder. */
export async function compareSource(
  { db, project }: Pick<HostContext, 'db' | 'project'>,
  source: ReadSource,
  signal: AbortSignal,
  of?: number,
): Promise<Comparison> {
  const { read, spool } = source;
  const asHeld = async (same: { id: number; name: string }): Promise<Comparison> => ({
    same,
    change: null,
    ...((await liesElsewhere({ db, project }, source, same.id, signal)) ? { isElsewhere: true } : {}),
  });
  let known: { id: number; name: string } | null;
  if (of === undefined) {
    const same = await db.read('imports', 'byContent', { contentHash: read.contentHash });
    if (same) return asHeld(same);
    known = await earlierImport({ db, project }, source);
  } else {
    const held = await db.read('imports', 'heldContent', { id: of });
    if (!held) throw new AppError('NOT_FOUND', `There is no data set ${of}.`, { datasetId: of });
    known = { id: held.id, name: held.name };
    if (held.contentHash === read.contentHash) return asHeld(known);
  }
  if (!known) return { same: null, change: null };

  const { id: datasetId, name } = known;
  const sum = { added: 0, changed: 0, unrecorded: 0 };
  const pictures = { changed: 0, added: 0, removed: 0 };
  const matched: number[] = [];
  const strangers: PieceChange['strangers'] = [];
  for await (const { bytes } of spoolPieces(spool, read.chunks)) {
    signal.throwIfAborted();
    const piece = await db.read('importChanges', 'comparePiece', { datasetId, piece: bytes, videos: read.videos });
    for (const id of piece.ids) matched.push(id);
    for (const key of ['added', 'changed', 'unrecorded'] as const) sum[key] += piece[key];
    for (const key of ['changed', 'added', 'removed'] as const) pictures[key] += piece.pictures[key];
    strangers.push(...piece.strangers);
  }
  // Strangers are among them: their pictures may stand under another key.
  const gone = await db.read('importChanges', 'unmatched', { datasetId, ids: Int32Array.from(matched) });
  // An import of before pictures were recorded, and nothing else speaks against it: it is the same as far as anyone can tell.
  if (sum.unrecorded > 0 && sum.changed + sum.added + gone.ids.length === 0) return asHeld(known);
  const renamed =
    gone.ids.length === 0 || sum.added + strangers.length === 0
      ? []
      : await db.read('importRenames', 'renamed', { datasetId, gone: gone.ids, spool, chunks: read.chunks, videos: read.videos });
  const renamedIds = new Set(renamed.map(({ id }) => id));
  const taken = new Set(renamed.map(({ key }) => key));
  // Who found no other key keeps its own, unless another has it now: its pictures are others.
  const inPlace = strangers.filter(({ id, key }) => !renamedIds.has(id) && !taken.has(key));
  const stays = new Set(inPlace.map(({ id }) => id));
  const left = gone.ids.filter((id) => !renamedIds.has(id) && !stays.has(id));
  const arrived = strangers.filter(({ id, key }) => !stays.has(id) && !taken.has(key));
  for (const { pictures: own } of [...inPlace, ...renamed]) for (const key of ['changed', 'added', 'removed'] as const) pictures[key] += own[key];
  const frames = new Map(Array.from(gone.ids, (id, index): [number, number] => [id, gone.frames[index] ?? 0]));
  const strangerKeys = new Set(strangers.map(({ key }) => key));
  const newKeys = renamed.filter(({ key }) => !strangerKeys.has(key));
  return {
    same: null,
    change: {
      dataset: datasetId,
      name,
      tracklets: {
        added: sum.added - newKeys.length + arrived.length,
        changed: sum.changed + inPlace.length,
        removed: left.length,
        renamed: renamed.length,
      },
      pictures: {
        changed: pictures.changed,
        added: pictures.added - total(newKeys) + total(arrived),
        removed: pictures.removed + left.reduce((all, id) => all + (frames.get(id) ?? 0), 0),
      },
      gone: left,
      renamed,
    },
  };
}

/**
 * Whether pictures that are the same have to be read from other places: their archive was packed anew, or it or a folder took the other's place and
 * what was there before is gone. A folder that only moved is located.
 */
async function liesElsewhere(
  { db, project }: Pick<HostContext, 'db' | 'project'>,
  { read, folder, spool }: ReadSource,
  datasetId: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { root, isArchive } = await db.read('datasets', 'location', { id: datasetId });
  if (!isArchive && !read.isArchive) return false;
  const before = shownRoot(project, root);
  if ((await realpath(before).catch(() => before)) !== folder)
    return !(await exists(
      () => before,
      () => before,
    ));
  for await (const { bytes } of spoolPieces(spool, read.chunks)) {
    signal.throwIfAborted();
    if (!(await db.read('importChanges', 'areInPlace', { datasetId, piece: bytes }))) return true;
  }
  return false;
}

function total(of: readonly { frames: number }[]): number {
  return of.reduce((all, { frames }) => all + frames, 0);
}

/** The newest data set that the same importer made of the same folder under the same options. */
export async function earlierImport(
  { db, project }: Pick<HostContext, 'db' | 'project'>,
  { read, folder }: Pick<ReadSource, 'read' | 'folder'>,
): Promise<{ id: number; name: string } | null> {
  const importer = (await knownImporters()).get(read.importer);
  const wanted = JSON.stringify(read.options);
  for (const { id, name, root: stored, options } of await db.read('importChanges', 'ofImporter', { importer: read.importer })) {
    const root = shownRoot(project, stored);
    if ((await realpath(root).catch(() => root)) !== folder) continue;
    // Options that a later version knows have their default in what an earlier one stored.
    const parsed = importer?.options.safeParse(JSON.parse(options));
    if (parsed?.success && JSON.stringify(parsed.data) === wanted) return { id, name };
  }
  return null;
}

export function shownChange({ dataset, name, tracklets, pictures }: SourceChange): SourceChange {
  return { dataset, name, tracklets, pictures };
}

/** Nothing but the places of its pictures differs. */
export function changeOfPlaces({ id, name }: { id: number; name: string }): SourceChange {
  return { dataset: id, name, tracklets: { added: 0, changed: 0, removed: 0, renamed: 0 }, pictures: { changed: 0, added: 0, removed: 0 }, isElsewhere: true };
}

/** "The source of "X" has changed since it was imported: 3 pictures changed, 1 picture added." */
export function changeSentence(change: SourceChange): string {
  return `The source of "${change.name}" has changed since it was imported: ${changeText(change)}.`;
}

export function changedError(change: SourceChange): AppError {
  return new AppError('SOURCE_CHANGED', changeSentence(change), changeParams(change));
}
