import { AppError } from '../../src-shared/errors.ts';

/** True for an error that only says that its reader went away. */
export function isCancelled(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CANCELLED';
}
