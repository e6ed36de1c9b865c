/**
 * The one containment rule: a path that comes from a row, a file or a message stays inside its root, the root itself excluded. `pathInside`
 * looks at the text alone and never waits; `containedPath` also follows every link, and so may wait for a disk.
 * Test: test/main/platform/contained.test.ts.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';

/** `path` under `root`, as its text says. Absolute paths, `..` anywhere, and the root itself are refused. */
export function pathInside(root: string, path: string): string {
  const target = resolve(root, path);
  if (path.includes('\0') || isAbsolute(path) || path.split(/[\\/]/).includes('..') || !isBelow(resolve(root), target)) throw leadsOut(root, path);
  return target;
}

/** As `pathInside`, and whatever links there are on the way lead to no other place. What does not exist yet is judged by the folder it would be in. */
export function containedPath(root: string, path: string): string {
  const target = pathInside(root, path);
  refuseLinksOut(root, target);
  return target;
}

/** Throws when `target`, followed through links, is not below `root`, followed through links. Blocks its thread. */
export function refuseLinksOut(root: string, target: string): void {
  const real = realOf(target);
  if (real === null || !isBelow(realOf(resolve(root)) ?? root, real)) throw leadsOut(root, target);
}

/** By their text alone. */
export function isBelow(root: string, target: string): boolean {
  const inside = relative(root, target);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

/** Null for a link whose end does not exist: who writes there would make it, wherever that is. */
function realOf(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return null;
    const found = code === 'ENOENT' ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    // What is there and no link was made since it was looked for, as by another import that begins at the same moment.
    if (found) return found.isSymbolicLink() ? null : realOf(path);
    const parent = dirname(path);
    const real = parent === path ? path : realOf(parent);
    return real === null ? null : resolve(real, relative(parent, path));
  }
}

function leadsOut(root: string, path: string): AppError {
  return new AppError('BAD_INPUT', `The path "${path}" leads out of ${root}.`, { path });
}
