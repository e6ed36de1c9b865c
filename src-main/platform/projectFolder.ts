/**
 * The folder of the open project, for host and compute children. Every path in it goes through `file`, which keeps it inside, through links
 * too, and notices when the folder is no longer the one that was opened: nothing is then read from or written to what is in its place.
 * Test: test/main/platform/projectFolder.test.ts.
 */
import { mkdir } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../src-shared/errors.ts';
import { containedPath } from './contained.ts';
import { identityOf, sameFile } from './fileIdentity.ts';

export interface ProjectFolder {
  /** Absolute. */
  folder: string;
  /** Absolute path of something in the project. Throws BAD_INPUT when it leads out, PROJECT_MOVED when the folder is another one by now. */
  file(path: string): string;
  /** Folder of what can be made again. `file('cache/…')` is below it. */
  cache: string;
  /** The folder of a run. */
  run(id: string): string;
  /**
   * Where the pictures of a data set lie, as its row says. Inside the project it is a path like any other; outside it must have been chosen on this
   * machine, by importing or locating: throws MEDIA_MISSING otherwise.
   */
  root(stored: string): string;
  /** Makes a folder in the project and those above it, but never the project's own. `path`: absolute, as `file` gave it, or below that. */
  makeFolder(path: string): Promise<void>;
}

const SAMPLES = join(fileURLToPath(new URL('../../datasets/samples', import.meta.url)), sep);

/** SQLite alone opens these: closing one of them elsewhere in this process would drop its locks. */
const LIVE = /^(project\.sqlite|project\.lock)/i;

/** Of a folder that exists; from now on it is this one and no other of its name. */
export interface ProjectFolderOptions {
  /** Whether a folder outside was chosen on this machine. */
  isChosen?(outside: string): boolean;
  /** Where the cache is when the project cannot be written. */
  cache?: string | undefined;
}

export function projectFolder(folder: string, { isChosen = () => false, cache: ownCache }: ProjectFolderOptions = {}): ProjectFolder {
  const root = resolve(folder);
  const cache = ownCache ?? join(root, 'cache');
  const identity = identityOf(root);

  function refuseMoved(): void {
    if (!sameFile(identityOf(root), identity)) throw movedAway(root);
  }
  function file(path: string): string {
    refuseMoved();
    if (LIVE.test(path)) throw new AppError('BAD_INPUT', `The path "${path}" leads to the database of the project.`, { path });
    const inCache = ownCache === undefined ? null : /^cache[/\\](.+)$/.exec(path);
    return inCache ? containedPath(cache, inCache[1] ?? '') : containedPath(root, path);
  }

  return {
    folder: root,
    cache,
    file,
    run(id) {
      // One name, so that a run never has the folder of another, or of something else.
      if (!/^[\p{L}\p{N}_][\p{L}\p{N}_. -]*$/u.test(id)) throw new AppError('BAD_INPUT', `"${id}" is no name of a run's folder.`, { id });
      return file(`runs/${id}`);
    },
    root(stored) {
      if (!isAbsolute(stored)) return file(stored);
      if (isChosen(stored) || isSample(stored)) return stored;
      throw new AppError(
        'MEDIA_MISSING',
        `The pictures of the data set would be in ${stored}, outside the project; that folder was not chosen on this machine.`,
        { root: stored },
      );
    },
    async makeFolder(path) {
      // The cache of a project that cannot be written is made by whoever says where it is.
      if (ownCache !== undefined && resolve(path) === resolve(cache)) return;
      const base = ownCache !== undefined && path.startsWith(join(cache, sep)) ? cache : root;
      file(base === root ? relative(root, path) : join('cache', relative(cache, path)));
      let made = base;
      for (const part of relative(base, path).split(sep)) {
        made = join(made, part);
        await mkdir(made, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') throw movedAway(root);
          if (error.code !== 'EEXIST') throw error;
        });
      }
    },
  };
}

/** The samples that come with the program hold nothing to be kept from anyone. */
function isSample(folder: string): boolean {
  return resolve(folder).startsWith(SAMPLES);
}

function movedAway(folder: string): AppError {
  return new AppError('PROJECT_MOVED', `The project ${folder} is no longer in its place: it was moved, renamed or deleted while it was open.`, { folder });
}
