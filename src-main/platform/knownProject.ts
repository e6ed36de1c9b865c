/**
 * What this user has said on this machine about one project, kept in the user's own folder, never in the project: where its pictures may lie
 * outside of it. A project that somebody sent names folders too, but only those that were chosen here (by importing or locating) are read.
 * Known by the project's id, so it may be moved and copied. Test: test/main/features/outsideRoots.test.ts.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { writeFileWhole } from './writeFileWhole.ts';

export interface KnownProject {
  /** It was never open here before. */
  isNew: boolean;
  /** Folders outside the project that were chosen here. */
  hasRoot(folder: string): boolean;
  addRoot(folder: string): Promise<void>;
}

const schema = z.object({ id: z.string(), roots: z.array(z.string()) });

export async function openKnownProject(home: string, id: string): Promise<KnownProject> {
  // The id comes out of the project: as a name of a file it could lead anywhere.
  const file = join(home, 'projects', `${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`);
  const stored = await read();
  const roots = new Set(stored ?? []);
  let writing: Promise<void> = Promise.resolve();

  async function read(): Promise<string[] | null> {
    try {
      const known = schema.parse(JSON.parse(await readFile(file, 'utf8')));
      return known.id === id ? known.roots : null;
    } catch {
      // Nothing is known, or it cannot be read: then the user is asked again.
      return null;
    }
  }
  async function write(): Promise<void> {
    // Two copies of a project may be open.
    for (const root of (await read()) ?? []) roots.add(root);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFileWhole(file, `${JSON.stringify({ id, roots: [...roots] } satisfies z.infer<typeof schema>, null, 2)}\n`);
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
  };
}
