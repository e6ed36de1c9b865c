import { describe, expect, test } from 'vitest';
import { BY_NUMBER } from '../../src-shared/errno.ts';
import { AppError, ERROR_CODES, toErrorShape } from '../../src-shared/errors.ts';
import { databaseError, fileError, type Circumstances } from '../../src-shared/storageErrors.ts';

const errorOf = (code: string): Error => Object.assign(new Error(`${code}: text of the system, open '/data/x'`), { code, path: '/data/x', syscall: 'open' });
const fine: Circumstances = { opening: null, isFull: false, hasSizeLimit: false };

describe('the troubles of a disk', () => {
  const told = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EACCES', 'EROFS', 'EMFILE', 'ENOENT', 'ESTALE', 'EISDIR', 'ENAMETOOLONG', 'ELOOP', 'EBUSY'].map(
    (number) => {
      const error = fileError(errorOf(number), '/data/x', 'read');
      if (!(error instanceof AppError)) throw new Error(number);
      return { number, code: error.code, message: error.message.replaceAll(number, ''), remedy: error.remedy };
    },
  );

  test('each have a sentence and a next step of their own, with the path and the number', () => {
    expect(new Set(told.map(({ message }) => message)).size).toBe(told.length);
    const remedies = new Map(told.map(({ number, remedy }) => [number, remedy]));
    for (const [a, b] of [
      ['ENOSPC', 'EIO'],
      ['EIO', 'EACCES'],
      ['EACCES', 'EROFS'],
      ['ENOSPC', 'EDQUOT'],
      ['ENOSPC', 'EFBIG'],
      ['ENOENT', 'EACCES'],
      ['EMFILE', 'EACCES'],
      ['EIO', 'ESTALE'],
    ] as const)
      expect(remedies.get(a)).not.toBe(remedies.get(b));
    for (const number of Object.keys(BY_NUMBER)) {
      const error = fileError(errorOf(number), '/data/x', 'written', { lead: 'The features' }) as AppError;
      expect(error.message).toMatch(new RegExp(`^The features could not be written: .* \\(${number}, /data/x\\)\\.$`));
      expect(error.params).toMatchObject({ file: '/data/x', errno: number });
    }
  });

  test('are told apart by their codes', () => {
    const codes = Object.fromEntries(told.map(({ number, code }) => [number, code]));
    expect(codes).toMatchObject({
      ENOSPC: 'DISK_FULL',
      EDQUOT: 'DISK_FULL',
      EFBIG: 'DISK_FULL',
      EIO: 'DISK_FAILED',
      ESTALE: 'DISK_FAILED',
      EACCES: 'ACCESS_DENIED',
      EROFS: 'WRITE_PROTECTED',
      EMFILE: 'TOO_MANY_FILES',
      ENOENT: 'FILE_UNREADABLE',
    });
  });

  test('are told also where nobody has put them into words', () => {
    expect(toErrorShape(errorOf('EIO'))).toMatchObject({
      code: 'DISK_FAILED',
      message: expect.stringContaining('/data/x could not be used: the disk reported an input/output error') as string,
    });
    expect(toErrorShape(errorOf('EACCES'))).toMatchObject({ code: 'ACCESS_DENIED', remedy: ERROR_CODES.ACCESS_DENIED.remedy });
    expect(toErrorShape(errorOf('EDQUOT'))).toMatchObject({ code: 'DISK_FULL', remedy: expect.stringContaining('quota') as string });
    expect(toErrorShape(new Error('a mistake'))).toMatchObject({ code: 'INTERNAL' });
  });

  test('an error that has its sentence keeps it, one of the program is none of the disk', () => {
    const own = new AppError('FILE_INVALID', 'Line 3 is no number.');
    expect(fileError(own, '/data/x', 'read')).toBe(own);
    const mistake = new TypeError('x is undefined');
    expect(fileError(mistake, '/data/x', 'read')).toBe(mistake);
  });

  test('where making anew helps, that is said of a missing file only', () => {
    expect((fileError(errorOf('ENOENT'), '/f', 'read', { remedy: 'Evaluate again.' }) as AppError).remedy).toBe('Evaluate again.');
    expect((fileError(errorOf('EACCES'), '/f', 'read', { remedy: 'Evaluate again.' }) as AppError).remedy).toBe(ERROR_CODES.ACCESS_DENIED.remedy);
  });
});

describe("SQLite's codes", () => {
  const of = (code: string, around: Partial<Circumstances> = {}) => databaseError(code, 'text', '/p/project.sqlite', { ...fine, ...around }, null);

  test.each([
    ['SQLITE_FULL', {}, 'DISK_FULL', 'The disk is full'],
    ['SQLITE_IOERR_WRITE', { isFull: true }, 'DISK_FULL', 'The disk is full'],
    ['SQLITE_IOERR_WRITE', { hasSizeLimit: true }, 'DISK_FULL', 'largest file'],
    ['SQLITE_IOERR_WRITE', {}, 'DISK_FAILED', 'could not be written: the disk reported an input/output error (text, SQLITE_IOERR_WRITE). A quota'],
    ['SQLITE_IOERR_FSYNC', {}, 'DISK_FAILED', 'could not be written'],
    ['SQLITE_IOERR_READ', {}, 'DISK_FAILED', 'could not be read: the disk reported'],
    ['SQLITE_IOERR_SHORT_READ', { opening: 'ENOENT' }, 'FILE_UNREADABLE', 'does not exist'],
    ['SQLITE_CANTOPEN', { opening: 'EACCES' }, 'ACCESS_DENIED', 'no right'],
    ['SQLITE_CANTOPEN', { opening: 'EMFILE' }, 'TOO_MANY_FILES', 'too many files'],
    ['SQLITE_CANTOPEN', { opening: 'EROFS' }, 'WRITE_PROTECTED', 'reading only'],
    ['SQLITE_READONLY', { opening: 'EACCES' }, 'ACCESS_DENIED', 'no right'],
    ['SQLITE_READONLY_DBMOVED', {}, 'WRITE_PROTECTED', 'write-protected'],
    ['SQLITE_BUSY', {}, 'PROJECT_LOCKED', 'in use'],
    ['SQLITE_NOMEM', {}, 'OUT_OF_MEMORY', 'memory'],
  ] as const)('%s with %j is %s', (code, around, expected, says) => {
    expect(of(code, around)).toMatchObject({
      code: expected,
      message: expect.stringContaining(says) as string,
      params: { file: '/p/project.sqlite', sqlite: code },
    });
  });

  test('that are not of the storage are left to others', () => {
    expect(of('SQLITE_CONSTRAINT_UNIQUE')).toBeNull();
    expect(of('SQLITE_ERROR')).toBeNull();
  });
});
