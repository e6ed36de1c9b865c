/**
 * The one table of what the operating system's error numbers mean to a person: each with its own code, words and next step. A full disk, a
 * failing one, a missing right and a write-protected place are different troubles. Test: test/shared/storageErrors.test.ts.
 */
import type { ErrorCode } from './errors.ts';

export interface Meaning {
  code: ErrorCode;
  /** Continues "<path> could not be read: " and "… written: ". */
  says: string;
  remedy?: string;
}

export const FULL: Meaning = { code: 'DISK_FULL', says: 'the disk is full' };
const DENIED: Meaning = { code: 'ACCESS_DENIED', says: 'you have no right to it' };
const GONE: Meaning = {
  code: 'DISK_FAILED',
  says: 'the disk or network share it lies on does not answer',
  remedy: 'Connect the disk or share again, then repeat it.',
};
const MANY: Meaning = { code: 'TOO_MANY_FILES', says: 'too many files are open at once' };

export const BY_NUMBER: Record<string, Meaning> = {
  ENOSPC: FULL,
  EDQUOT: {
    code: 'DISK_FULL',
    says: 'your quota on this disk is used up',
    remedy: 'Free some of your space, or have the quota raised; it then goes on by itself.',
  },
  EFBIG: {
    code: 'DISK_FULL',
    says: 'it would grow beyond the largest file that is allowed here',
    remedy: 'Raise the limit (ulimit -f), or move the project to a file system that takes larger files.',
  },
  EIO: { code: 'DISK_FAILED', says: 'the disk reported an input/output error' },
  ESTALE: GONE,
  ETIMEDOUT: GONE,
  EHOSTDOWN: GONE,
  EHOSTUNREACH: GONE,
  ENOTCONN: GONE,
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: { code: 'WRITE_PROTECTED', says: 'the disk is mounted for reading only' },
  EMFILE: MANY,
  ENFILE: MANY,
  ENOENT: { code: 'FILE_UNREADABLE', says: 'it does not exist', remedy: 'Check the path; it may have been moved or deleted.' },
  ENOTDIR: { code: 'FILE_UNREADABLE', says: 'a part of its path is a file, not a folder', remedy: 'Check the path.' },
  EISDIR: { code: 'FILE_UNREADABLE', says: 'it is a folder, not a file', remedy: 'Check the path.' },
  ELOOP: { code: 'FILE_UNREADABLE', says: 'it is a link that leads back to itself', remedy: 'Put the file itself in the place of the link.' },
  ENAMETOOLONG: { code: 'FILE_UNREADABLE', says: 'its name is longer than the file system takes', remedy: 'Shorten the path.' },
  EBUSY: { code: 'FILE_UNREADABLE', says: 'another program holds it', remedy: 'Close the other program, then repeat it.' },
  ETXTBSY: { code: 'FILE_UNREADABLE', says: 'another program is running it', remedy: 'Close the other program, then repeat it.' },
};

/** What a person calls the number of a system error, such as "you have no right to it"; null for one that is not of files. */
export function meaningOf(error: unknown): (Meaning & { number: string }) | null {
  const number = (error as { code?: unknown } | null)?.code;
  const meaning = typeof number === 'string' ? BY_NUMBER[number] : undefined;
  return meaning ? { ...meaning, number: number as string } : null;
}

/** Nothing was kept: a job that was stopped must not pass as one that ended as it should. */
export function isStorageTrouble(code: ErrorCode): boolean {
  return code === 'DISK_FULL' || code === 'DISK_FAILED' || code === 'ACCESS_DENIED' || code === 'WRITE_PROTECTED' || code === 'TOO_MANY_FILES';
}
