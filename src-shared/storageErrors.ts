/**
 * Errors of files and of the database as sentences, by the table of errno.ts. SQLite keeps the system's number to itself, so what could be found
 * out beside its code comes in as `Circumstances`. Test: test/shared/storageErrors.test.ts.
 */
import { BY_NUMBER, FULL, meaningOf, type Meaning } from './errno.ts';
import { AppError } from './errors.ts';

/**
 * An error of the file system about `path` as a sentence. `lead` begins it where the file is known by what it is ("The features of …").
 * What is no error of the file system passes unchanged.
 */
export function fileError(
  error: unknown,
  path: string,
  doing: 'read' | 'written' | 'opened' | 'deleted',
  { lead = path, remedy }: { lead?: string; remedy?: string } = {},
): unknown {
  if (error instanceof AppError) return error;
  const meaning = meaningOf(error);
  if (!meaning) return error;
  const own = meaning.code === 'FILE_UNREADABLE' ? remedy : undefined;
  const helps = own ?? meaning.remedy;
  return new AppError(
    meaning.code,
    `${lead} could not be ${doing}: ${meaning.says} (${meaning.number}${lead === path ? '' : `, ${path}`}).`,
    { file: path, errno: meaning.number },
    { cause: error, ...(helps === undefined ? {} : { remedy: helps }) },
  );
}

const numbered = (number: string): Meaning => BY_NUMBER[number] as Meaning;
const NOT_THERE = numbered('ENOENT');
const TOO_LARGE = numbered('EFBIG');
const FAILED = numbered('EIO');

/** What could be found out about a failed access of SQLite, which keeps the number of the system's error to itself. */
export interface Circumstances {
  /** Of trying to open the file for reading and writing; null when that works. */
  opening: string | null;
  /** The file system has no free block. */
  isFull: boolean;
  /** A limit on the size of files is set for this process. */
  hasSizeLimit: boolean;
}

/** SQLite's result code as a sentence; null when it is none of the storage's. `text` is SQLite's own message. */
export function databaseError(code: string, text: string, file: string, around: Circumstances, cause: unknown): AppError | null {
  const of = (meaning: Meaning, sentence: string): AppError =>
    new AppError(meaning.code, sentence, { file, sqlite: code }, { cause, ...(meaning.remedy === undefined ? {} : { remedy: meaning.remedy }) });
  const number = around.opening === null ? undefined : BY_NUMBER[around.opening];
  const database = `The project database ${file}`;
  if (code === 'SQLITE_FULL') return of(FULL, `The disk is full; nothing was written to ${file}.`);
  if (code === 'SQLITE_CANTOPEN' || code.startsWith('SQLITE_CANTOPEN_') || code === 'SQLITE_PERM' || code === 'SQLITE_AUTH')
    return of(number ?? NOT_THERE, `${database} could not be opened: ${number ? `${number.says} (${around.opening ?? ''})` : text}.`);
  if (code.startsWith('SQLITE_READONLY')) {
    const meaning = number ?? { code: 'WRITE_PROTECTED' as const, says: 'it is write-protected' };
    return of(meaning, `${database} could not be written: ${meaning.says}${around.opening === null ? '' : ` (${around.opening})`}. Nothing was changed.`);
  }
  if (code.startsWith('SQLITE_IOERR')) {
    // Writing beyond a quota or a limit arrives under the same code as a failing disk.
    if (around.isFull) return of(FULL, `The disk is full; nothing was written to ${file}.`);
    if (code === 'SQLITE_IOERR_WRITE' && around.hasSizeLimit) return of(TOO_LARGE, `${database} could not be written: ${TOO_LARGE.says}. Nothing was changed.`);
    if (number) return of(number, `${database} could not be used: ${number.says} (${around.opening ?? ''}).`);
    const doing = /WRITE|FSYNC|TRUNCATE|DELETE|SHMSIZE|COMMIT/.test(code) ? 'written' : 'read';
    const quota = doing === 'written' ? ' A quota that is used up looks the same.' : '';
    return of(FAILED, `${database} could not be ${doing}: the disk reported an input/output error (${text}, ${code}).${quota}`);
  }
  if (code === 'SQLITE_NOMEM')
    return of(
      { code: 'OUT_OF_MEMORY', says: '', remedy: 'Close other programs, then repeat it.' },
      `${database} could not be used: there is not enough memory.`,
    );
  if (code === 'SQLITE_BUSY' || code.startsWith('SQLITE_BUSY_') || code === 'SQLITE_LOCKED')
    return of({ code: 'PROJECT_LOCKED', says: '' }, `${database} is in use by another program.`);
  return null;
}
