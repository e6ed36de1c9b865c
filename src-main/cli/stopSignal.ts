/**
 * What INT, TERM and HUP (Ctrl+C, a service manager, a connection that dropped) do to a command. The first asks for a clean stop where the
 * command listens, and else ends it with a sentence. Terminals and wrappers such as npm deliver one press twice, so that only what comes a while
 * after it ends at once, and says what is lost.
 * Test: test/main/cli/stopSignal.test.ts; as processes test/main/cli/train.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';

export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignalName = (typeof STOP_SIGNALS)[number];

/** One press arrives twice within some hundredths of a second; nobody presses again on purpose before this. */
const ONE_PRESS_MS = 1000;

export interface StopSignal {
  /** Whoever reads it ends cleanly by it. */
  readonly signal: AbortSignal;
  /** A connection dropped: what is written to its terminal fails from now on. */
  readonly hasHungUp: boolean;
  receive(name: StopSignalName): void;
}

export function createStopSignal(outside: {
  /** Monotonic, in milliseconds. */
  now(): number;
  note(line: string): void;
  /** Ends the command at once; the error is what it ends with. */
  end(error: AppError): void;
  /** What is lost where the clean stop is not waited for. */
  lost(): string;
}): StopSignal {
  const stop = new AbortController();
  let isHeard = false;
  let hasHungUp = false;
  let firstAt: number | null = null;
  return {
    get signal() {
      isHeard = true;
      return stop.signal;
    },
    get hasHungUp() {
      return hasHungUp;
    },
    receive(name) {
      if (name === 'SIGHUP') hasHungUp = true;
      if (firstAt === null) {
        firstAt = outside.now();
        if (!isHeard) return outside.end(new AppError('CANCELLED', `Stopped by ${name}.`, { signal: name }));
        outside.note(`Stopping. A second ${name === 'SIGINT' ? 'Ctrl+C' : 'signal'} does not wait: then ${outside.lost()}.`);
        stop.abort();
      } else if (outside.now() - firstAt >= ONE_PRESS_MS)
        outside.end(new AppError('CANCELLED', `Stopped at once by a second signal (${name}): ${outside.lost()}.`, { signal: name }));
    },
  };
}

/** Whether an error of a stream of output only says that nobody reads it any more. */
export function isUnread({ code }: NodeJS.ErrnoException, stream: { isTTY?: boolean }, hasHungUp: boolean): boolean {
  // A terminal that has gone answers EIO; a file that does so is on a disk that fails.
  return code === 'EPIPE' || (code === 'EIO' && (stream.isTTY === true || hasHungUp));
}
