/** Rules of a supervised child that need none: how long it is given to answer, and what its end means. Test: test/main/jobs/childRules.test.ts. */
import { AppError, cancelled, fromErrorShape, type ErrorShape } from '../../src-shared/errors.ts';

export interface Grace {
  /** Milliseconds from the word to SIGTERM. */
  word: number;
  /** From there to SIGKILL. */
  term: number;
  /** Instead of `word` for a child that has long been silent. */
  deaf?: number;
}

/** What every child may say last. */
export type LastWord = { type: 'done'; result: unknown } | { type: 'error'; error: ErrorShape };

export interface ChildEnd {
  /** null: it left without a word. */
  said: LastWord | null;
  isCancelled: boolean;
  /** It gave no sign of life for so many milliseconds, and was ended for that. */
  silentFor: number | null;
  /** We ended it, for whatever reason. */
  isKilled: boolean;
  code: number | null;
  signal: string | null;
  /** Of what it printed. */
  lastLines: readonly string[];
}

/** How long after the word it is ended. `silence`: for so long it may say nothing at all. */
export function patienceWith(grace: Grace, silentFor: number, silence: number): number {
  return silentFor >= silence / 10 ? (grace.deaf ?? grace.word) : grace.word;
}

/** The result of its work; throws what it failed of. What it said counts more than how it then ended. */
export function resultOf({ said, isCancelled, silentFor, isKilled, code, signal, lastLines }: ChildEnd): unknown {
  if (said?.type === 'done') return said.result;
  if (said) throw fromErrorShape(said.error);
  if (isCancelled) throw cancelled();
  const tail = lastLines.length === 0 ? '' : ` Its last lines: ${lastLines.slice(-5).join(' ⏎ ').slice(-1500)}`;
  if (silentFor !== null)
    throw new AppError('JOB_CRASHED', `The process of the job gave no sign of life for ${Math.round(silentFor / 1000)} s and was ended.${tail}`, {
      hung: true,
    });
  // Linux ends a process by this signal when the memory of the machine is used up.
  const remedy =
    signal === 'SIGKILL' && !isKilled ? 'Resume it; it continues from the last checkpoint. If memory had run out, resume it with a smaller batch.' : undefined;
  throw new AppError(
    'JOB_CRASHED',
    `The process of the job ${signal ? `was ended by ${signal}` : `ended with exit code ${code}`}${isKilled ? ' on request' : ''} before it was done.${tail}`,
    { exitCode: code, signal },
    remedy === undefined ? {} : { remedy },
  );
}
