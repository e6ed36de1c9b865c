/**
 * Where an export goes: a folder that is not there, or empty, and none of the project's or of the data set's own. It is made under another name beside
 * its own, which it gets when all is whole. Test: test/main/features/exports/exports.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError, type ErrorParams } from '../../../src-shared/errors.ts';
import { fileError } from '../../../src-shared/storageErrors.ts';
import { isBelow } from '../../platform/contained.ts';
import { makeFolders } from '../../platform/makeFolders.ts';
import { flushFolder } from '../../platform/writeFileWhole.ts';

/** @throws BAD_INPUT with what is in the way */
export async function refuseTarget(target: string, forbidden: { folder: string; what: string }[]): Promise<void> {
  if (target.includes('\0')) throw refusal(target.replaceAll('\0', '␀'), 'holds a character of nothing (NUL), which no name can have');
  const found = await lstat(target).catch((error: NodeJS.ErrnoException) => {
    // All else that is wrong with the way there is told where the folder is made.
    if (error.code === 'ENAMETOOLONG') throw refusal(target, 'has a longer name than the file system takes');
    return null;
  });
  if (found && !found.isDirectory()) throw refusal(target, 'is there already, and is no folder');
  if (found && (await readdir(target)).length > 0) throw refusal(target, 'is there already, and is not empty');
  const real = await realOf(target);
  for (const { folder, what } of forbidden) {
    const own = await realOf(folder);
    if (real === own || isBelow(own, real)) throw refusal(target, `lies inside ${what}`);
  }
}

/** Also of what is not there yet. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(await realOf(above), basename(path));
  }
}

function refusal(target: string, why: string, cause?: unknown): AppError {
  return new AppError(
    'BAD_INPUT',
    `The folder ${target} cannot be exported to: it ${why}.`,
    { key: 'to', folder: target },
    { cause, remedy: 'Choose a folder that is not there yet, or an empty one, outside the project and the folders of its data sets.' },
  );
}

/** Gives `work` a fresh folder, which then becomes `target`; where it fails or is cancelled, nothing stays. */
export async function intoFolder<Result>(target: string, work: (folder: string) => Promise<Result>): Promise<Result> {
  const path = resolve(target);
  makeFolders(dirname(path));
  // Its own name may have no room for another letter.
  const unfinished = join(dirname(path), `.tracklet-export.part-${randomUUID().slice(0, 8)}`);
  try {
    await mkdir(unfinished);
    const result = await work(unfinished);
    // Windows renames onto no folder, not even an empty one. One that has been filled meanwhile stays, and is said.
    await rmdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(unfinished, path);
    await flushFolder(dirname(path));
    return result;
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw underItsName(error, unfinished, path);
  }
}

const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR']);

/** Nobody knows the name that it had while it was made, and a later export begins anew. */
function underItsName(error: unknown, unfinished: string, path: string): unknown {
  if (TAKEN.has((error as NodeJS.ErrnoException).code ?? '')) return refusal(path, 'was filled by something else while this export ran', error);
  const told = fileError(error, path, 'written');
  if (!(told instanceof AppError)) return told;
  const named = (value: ErrorParams[string]): ErrorParams[string] => (typeof value === 'string' ? value.replaceAll(unfinished, path) : value);
  const params = Object.fromEntries(Object.entries(told.params).map(([key, value]) => [key, named(value)]));
  const remedy =
    told.code === 'DISK_FULL' ? 'Free some space, or choose a place on another disk; then export again: nothing is kept of this one.' : told.remedy;
  return new AppError(told.code, told.message.replaceAll(unfinished, path), params, { cause: told, remedy });
}
