/**
 * Runs an importer and accounts for every file below the folder: it is used (its text was read, or a record names it), or it is counted in a
 * warning with its reason; what the importer says nothing about gets a reason by its kind. The sum is checked against a walk of the folder.
 * Under `strict`, whatever is lost refuses the import. Tests: test/datasets/readWhole.test.ts and the contract suite.
 */
import type { z } from 'zod';
import { AppError } from '../src-shared/errors.ts';
import {
  throwIfCancelled,
  type ImportContext,
  type ImporterDefinition,
  type ImportSummary,
  type ImportWarning,
  type MediaProbe,
  type RecordSink,
} from './importer.ts';
import type { FileEntry, FileTree } from './tree.ts';
import { extensionOf, isArchive, isPicture, isUnreadKind, isVideo } from './readers/pictures.ts';
import { collectWarnings, warningText, type WarningCollection } from './warnings.ts';

/** Entries that cannot be walked (links out, names that cannot be used) count as one file each. */
export interface FileAccount {
  seen: number;
  used: number;
  leftOut: number;
}

export interface ReadOptions {
  signal: AbortSignal;
  media: MediaProbe;
  strict: boolean;
}

/** Files that commonly lie beside data and are none. */
const COMPANIONS = new Set('txt md rst pdf html htm csv tsv json ini cfg xml yml yaml mat npy npz pkl log sh py ipynb m db url doc docx md5 sha256'.split(' '));
const COMPANION_NAMES = /^(readme|licen[cs]e|copying|authors|changelog|checksums?|md5sums?|sha\d+sums?|makefile|citation)\b/i;
/** After an import that found nothing, this many entries are looked at for what to say. */
const LOOKED_AT = 10_000;

/** An entry that is no folder. `real` is its path with all links followed. */
export interface WalkedFile extends FileEntry {
  real: string;
}

/** All entries that are no folder, in order; folders that cannot be walked are entries too. */
export async function* walkFiles(tree: FileTree, signal: AbortSignal, folder = '', realFolder = folder): AsyncGenerator<WalkedFile> {
  throwIfCancelled(signal);
  for await (const entry of tree.entries(folder)) {
    const real = entry.target ?? (realFolder === '' ? entry.name : `${realFolder}/${entry.name}`);
    if (entry.kind === 'folder') yield* walkFiles(tree, signal, entry.path, real);
    else yield { ...entry, real };
  }
}

export async function readWhole<Options extends z.ZodObject>(
  importer: ImporterDefinition<Options>,
  tree: FileTree,
  options: z.output<Options>,
  sink: RecordSink,
  { signal, media, strict }: ReadOptions,
): Promise<{ summary: ImportSummary; files: FileAccount }> {
  const used = new Set<string>();
  const leftOut = new Set<string>();
  const warnings = collectWarnings();
  const keys = new Set<string>();
  const context: ImportContext = {
    signal,
    media,
    warn: (code, where, message, count = 1) => warnings.add(code, where, message, { count }),
    leaveOut(code, message, { files, where = '', count = 1, expected = false }) {
      if (files === undefined) return warnings.add(code, where, message, { count, isLoss: !expected });
      for (const file of files) {
        if (leftOut.has(file)) continue;
        leftOut.add(file);
        warnings.add(code, file, message, { isLoss: !expected });
      }
    },
  };
  const noting: RecordSink = {
    ...sink,
    camera: (record) => sink.camera(record),
    identity: (record) => sink.identity(record),
    media(record) {
      if (record.kind === 'video') used.add(record.path);
      return sink.media(record);
    },
    tracklet(record) {
      for (const file of record.files ?? []) used.add(file);
      keys.add(record.key);
      return sink.tracklet(record);
    },
    split({ name, members }) {
      for (const { key } of members)
        if (!keys.has(key))
          warnings.add('SPLIT_MEMBER_UNKNOWN', `${key} in "${name}"`, 'Members of a split that are no tracklets of the source are left out.', { isLoss: true });
      return sink.split({ name, members: members.filter(({ key }) => keys.has(key)) });
    },
  };
  let summary: ImportSummary;
  try {
    summary = await importer.read(notingTree(tree, used), options, noting, context);
  } catch (error) {
    throw await withReasons(error, tree, warnings, signal);
  }
  const files = await closeAccount(tree, used, leftOut, warnings, signal);
  if (strict) refuseLosses(tree, warnings);
  for (const warning of warnings.all()) sink.warning(warning);
  return { summary, files };
}

/** Text and bytes that are read count as used. */
function notingTree(tree: FileTree, used: Set<string>): FileTree {
  function noted(path: string): string {
    used.add(path);
    return path;
  }
  return {
    label: tree.label,
    entries: (folder) => tree.entries(folder),
    list: (folder) => tree.list(folder),
    exists: (path) => tree.exists(path),
    size: (path) => tree.size(path),
    place: (path) => tree.place(path),
    text: (path) => tree.text(noted(path)),
    bytes: (path) => tree.bytes(noted(path)),
    range: (path, start, end) => tree.range(noted(path), start, end),
    chunks: (path) => tree.chunks(noted(path)),
  };
}

async function closeAccount(
  tree: FileTree,
  used: ReadonlySet<string>,
  leftOut: ReadonlySet<string>,
  warnings: WarningCollection,
  signal: AbortSignal,
): Promise<FileAccount> {
  const account: FileAccount = { seen: 0, used: 0, leftOut: 0 };
  let explained = 0;
  /** Files that are used under another name. */
  const usedByLink = new Set<string>();
  /** Entries without a reason that may be used under another name, when all are seen. */
  const open: WalkedFile[] = [];
  for await (const entry of walkFiles(tree, signal)) {
    account.seen++;
    if (used.has(entry.path)) {
      account.used++;
      if (entry.real !== entry.path) usedByLink.add(entry.real);
    } else {
      account.leftOut++;
      if (leftOut.has(entry.path)) explained++;
      else open.push(entry);
    }
  }
  for (const entry of open) {
    if (usedByLink.has(entry.real) || used.has(entry.real))
      warnings.add('FILE_LINKED', entry.path, 'Files that are used under another name, through a link, are counted as left out under this one.');
    else leaveOutByKind(entry, warnings);
  }
  // A file that was used although it had been left out before is used.
  const expected = [...leftOut].filter((path) => !used.has(path)).length;
  if (account.used !== used.size || explained !== expected) {
    throw new AppError(
      'CONFLICT',
      `${tree.label} changed while it was read: ${used.size - account.used + expected - explained} of its files are not there any more.`,
      {
        folder: tree.label,
      },
    );
  }
  return account;
}

/** The reason of an entry that the importer said nothing about. */
function leaveOutByKind(entry: FileEntry, warnings: WarningCollection): void {
  const loss = { isLoss: true };
  if (entry.kind === 'hidden') return warnings.add('FILE_HIDDEN', entry.path, 'Entries whose name begins with a dot are left out.');
  if (entry.kind !== 'file') {
    if (entry.kind === 'link-outside') return warnings.add('LINK_OUTSIDE', entry.path, 'Links that lead out of the folder are not followed.', loss);
    if (entry.kind === 'broken-link') return warnings.add('LINK_BROKEN', entry.path, 'Links that lead to nothing are left out.', loss);
    const place = `${entry.path} (${entry.why ?? ''})`;
    if (entry.kind === 'unusable-name') return warnings.add('NAME_UNUSABLE', place, 'Names that cannot be used as a path are left out; rename them.', loss);
    return warnings.add('FILE_SPECIAL', place, 'What cannot be read is left out.', loss);
  }
  if (isPicture(entry)) return warnings.add('PICTURE_UNUSED', entry.path, 'Pictures where this layout expects none are left out.', loss);
  if (isVideo(entry)) return warnings.add('VIDEO_UNUSED', entry.path, 'Videos where this layout expects none are left out.', loss);
  if (isUnreadKind(entry)) return warnings.add('KIND_NOT_READ', entry.path, 'Pictures and videos of kinds that are not read are left out; convert them.', loss);
  if (isArchive(entry.name))
    return warnings.add('ARCHIVE_INSIDE', entry.path, 'Archives among the files are not opened; unpack them where they lie, and import again.', loss);
  if (COMPANION_NAMES.test(entry.name) || COMPANIONS.has(extensionOf(entry.name)))
    return warnings.add('FILE_OTHER', entry.path, 'Files that are no part of this layout are left out.');
  warnings.add('FILE_UNKNOWN', entry.path, 'Files of an unknown kind are left out.', loss);
}

function refuseLosses(tree: FileTree, warnings: WarningCollection): void {
  const losses = warnings.losses();
  if (losses.length === 0) return;
  const total = losses.reduce((sum, { count }) => sum + count, 0);
  throw new AppError(
    'IMPORT_INCOMPLETE',
    `${tree.label} cannot be imported whole: ${total} ${total === 1 ? 'thing' : 'things'} would be left out. ${listed(losses)}`,
    {
      folder: tree.label,
      count: total,
    },
  );
}

function listed(losses: readonly ImportWarning[]): string {
  return losses.slice(0, 4).map(warningText).join(' ');
}

/** An import that found nothing says what it passed by. */
async function withReasons(error: unknown, tree: FileTree, warnings: WarningCollection, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof AppError) || (error.code !== 'IMPORT_EMPTY' && error.code !== 'MEDIA_MISSING')) return error;
  let looked = 0;
  try {
    for await (const entry of walkFiles(tree, signal)) {
      if (++looked > LOOKED_AT) break;
      // Files were there to be read; what could not be read is the news.
      if (entry.kind !== 'file') leaveOutByKind(entry, warnings);
    }
  } catch {
    return error;
  }
  const losses = warnings.losses();
  if (losses.length === 0) return error;
  return new AppError(error.code, `${error.message} ${listed(losses)}`, error.params, { cause: error, remedy: error.remedy });
}
