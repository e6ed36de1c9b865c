/**
 * What this user has said on this machine about one project, kept in the user's own folder, never in the project: which of its openings were
 * the user's own, and where its pictures may lie outside of it. A project that somebody sent names folders too, but only those that were chosen
 * here (by importing or locating) are read.
 * Known by the project's id, so it may be moved and copied. Test: test/main/features/outsideRoots.test.ts.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { makeFolders } from './makeFolders.ts';
import { writeFileWhole } from './writeFileWhole.ts';

export interface KnownProject {
  /** It was never open here before. */
  isNew: boolean;
  /** Folders outside the project that were chosen here. */
  hasRoot(folder: string): boolean;
  addRoot(folder: string): Promise<void>;
  /** Whether the opening whose mark the project carries was one by this user, here, of this very file. Null: a project without a mark. */
  wasOpenedHere(opening: Opening | null): boolean;
  /** Whether, besides, nobody has written to the file since this user closed it here. */
  wasLeftSo(opening: Opening | null, stamp: string | null): boolean;
  /** Before the project is given the mark. */
  noteOpening(opening: Opening): Promise<void>;
  /** After the project of that mark was closed: what its file looks like then. */
  noteClosing(mark: string, stamp: string): Promise<void>;
}

export interface Opening {
  /** Drawn anew for each. */
  mark: string;
  /** Of the database: one that was sent or copied is another file, whatever it says of itself. Without the device, whose number changes between starts. */
  inode: string;
}

const openingSchema = z.object({ mark: z.string(), inode: z.string(), left: z.string().optional() });
const schema = z.object({ id: z.string(), roots: z.array(z.string()), openings: z.array(openingSchema).default([]) });
type Known = z.output<typeof schema>;

/** Copies of a project have one id and are opened in turn; a copy put back carries an earlier mark. */
const OPENINGS = 50;

export async function openKnownProject(home: string, id: string): Promise<KnownProject> {
  // The id comes out of the project: as a name of a file it could lead anywhere.
  const file = join(home, 'projects', `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`);
  const stored = await read();
  const roots = new Set(stored?.roots ?? []);
  let openings: z.output<typeof openingSchema>[] = stored?.openings ?? [];
  let writing: Promise<void> = Promise.resolve();

  async function read(): Promise<Known | null> {
    try {
      const known = schema.parse(JSON.parse(await readFile(file, 'utf8')));
      return known.id === id ? known : null;
    } catch {
      // Nothing is known, or it cannot be read: then the user is asked again.
      return null;
    }
  }
  async function write(): Promise<void> {
    // Two copies of a project may be open.
    const now = await read();
    for (const root of now?.roots ?? []) roots.add(root);
    const own = new Set(openings.map(({ mark }) => mark));
    openings = [...(now?.openings ?? []).filter(({ mark }) => !own.has(mark)), ...openings].slice(-OPENINGS);
    makeFolders(dirname(file), 0o700);
    await writeFileWhole(file, `${JSON.stringify({ id, roots: [...roots], openings } satisfies Known, null, 2)}\n`);
  }
  function later(): Promise<void> {
    const result = writing.then(write);
    writing = result.catch(() => undefined);
    return result;
  }

  if (stored === null) await later();
  return {
    isNew: stored === null,
    hasRoot: (folder) => roots.has(resolve(folder)),
    async addRoot(folder) {
      if (roots.has(resolve(folder))) return;
      roots.add(resolve(folder));
      await later();
    },
    wasOpenedHere(opening) {
      if (stored === null) return false;
      // Known since before openings were marked.
      if (opening === null) return stored.openings.length === 0;
      return stored.openings.some(({ mark, inode }) => mark === opening.mark && inode === opening.inode);
    },
    wasLeftSo(opening, stamp) {
      if (opening === null || stamp === null || stored === null) return false;
      return stored.openings.some(({ mark, inode, left }) => mark === opening.mark && inode === opening.inode && left === stamp);
    },
    async noteOpening(opening) {
      openings = [...openings, opening];
      await later();
    },
    async noteClosing(mark, stamp) {
      openings = openings.map((one) => (one.mark === mark ? { ...one, left: stamp } : one));
      await later();
    },
  };
}
