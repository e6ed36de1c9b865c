/**
 * Opens the database of a project and, unless this user left its file here as it is, looks through its rows. A project with rows that cannot be
 * opens for looking: on a private copy without them, so that nothing stumbles over them and nothing of the project is changed. Columns that
 * follow from other rows are made to follow from them.
 * Test: test/main/host/badRows.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import type { ProjectDatabase } from '../features/database.ts';
import { makeLookingCopy, type LookingCopy } from '../db/lookingCopy.ts';
import type { BadRows } from '../db/threadPrograms.ts';
import { remedyByBackup } from '../features/backups/service.ts';
import { identityOf, stampOf } from '../platform/fileIdentity.ts';
import { openKnownProject, type KnownProject, type Opening } from '../platform/knownProject.ts';
import type { ReadOnly } from '../features/context.ts';

export const OPENING_KEY = 'opening';

export interface OpenedProject {
  db: ProjectDatabase;
  /** The file that is open. */
  file: string;
  looking: LookingCopy | null;
  readOnly: ReadOnly | null;
  meta: Record<string, string>;
  projectId: string;
  known: KnownProject;
  /** Whether the last opening was one by this user, here. */
  isOwn: boolean;
  /** Tracklets whose columns did not follow from their values, and now do. */
  refreshed: number;
}

export interface OpenCheckedParts {
  folder: string;
  file: string;
  home: string;
  /** Why it cannot be written; null when it can. */
  reason: string | null;
  open(file: string): Promise<ProjectDatabase>;
  /** What ends what was opened. */
  closing(end: () => unknown): void;
}

export async function openChecked({ folder, file, home, reason, open, closing }: OpenCheckedParts): Promise<OpenedProject> {
  let looking = reason === null ? null : await copyOf(file);
  const stamp = looking ? null : restingStamp(file);
  const first = await open(looking?.file ?? file);
  closing(() => first.close());
  let db = first;
  const meta = await db.read('project', 'meta', null);
  // Projects without an id would pass for one another.
  const projectId = meta['id'] || randomUUID();
  const known = await openKnownProject(home, projectId);
  const opening = openingOf(file, meta[OPENING_KEY]);
  const isOwn = !looking && known.wasOpenedHere(opening);
  const of = { meta, projectId, known, refreshed: 0 };
  if (known.wasLeftSo(opening, stamp)) return { db, file, looking, readOnly: null, isOwn, ...of };

  const bad = await db.badRows({ remove: looking !== null });
  if (bad.count === 0) {
    if (!meta['id']) await db.write('project', 'setMeta', { id: projectId });
    const refreshed = (await db.write('derived', 'refreshStale', null)).tracklets;
    return { db, file: looking?.file ?? file, looking, readOnly: reason === null ? null : { reason, remedy: null, leftOut: null }, isOwn, ...of, refreshed };
  }
  if (!looking) {
    await db.close();
    looking = await copyOf(file);
    db = await open(looking.file);
    const copy = db;
    closing(() => copy.close());
    await db.badRows({ remove: true });
  }
  // What follows from a row that is left out is left out with it.
  await db.write('derived', 'refreshStale', null);
  const rows = sentenceOf(bad);
  const remedy = await remedyByBackup(file, folder);
  return {
    db,
    file: looking.file,
    looking,
    readOnly: { reason: reason === null ? rows : `${reason}, and ${rows}`, remedy, leftOut: rows },
    isOwn: false,
    ...of,
  };

  async function copyOf(original: string): Promise<LookingCopy> {
    const copy = await makeLookingCopy(original);
    closing(() => copy.remove());
    return copy;
  }
}

export function openingOf(file: string, mark: string | undefined): Opening | null {
  return mark === undefined ? null : { mark, inode: String(identityOf(file)?.inode ?? '') };
}

/** Goes up with what is looked for: a project that was left here before that is looked through once more. */
const LOOKED_FOR = 2;

/** Null while a log waits beside the file: then the file does not say all. */
export function restingStamp(file: string): string | null {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0 ? null : withCheck(stampOf(file));
}

function withCheck(stamp: string | null): string | null {
  return stamp === null ? null : `${LOOKED_FOR} ${stamp}`;
}

function sentenceOf({ count, sentences }: BadRows): string {
  const more = count - sentences.length;
  const which = `${sentences.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  return count === 1 ? `one of its rows holds what cannot be and is left out: ${which}` : `${count} of its rows hold what cannot be and are left out: ${which}`;
}
