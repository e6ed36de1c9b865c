/** The program's log in a terminal: warnings and errors as sentences, nothing else. Test: test/main/cli/attach.test.ts. */
import { toErrorShape } from '../../src-shared/errors.ts';
import type { Log } from '../platform/log.ts';
import type { CommandIo } from './command.ts';

export function terminalLog(io: Pick<CommandIo, 'note'>): Log {
  function say(word: string, first: unknown, message: unknown): void {
    const text = typeof first === 'string' ? first : typeof message === 'string' ? message : '';
    const cause = (first as { err?: unknown } | null)?.err;
    io.note(`${word}: ${text}${cause === undefined ? '' : ` (${toErrorShape(cause).message})`}`);
  }
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (first: unknown, message?: unknown) => say('Warning', first, message),
    error: (first: unknown, message?: unknown) => say('Error', first, message),
  };
  return log as unknown as Log;
}
