/** How a job inside the compute child speaks to the host and learns that it should end. */
import type { LogLine } from '../../src-shared/contract/jobs.ts';
import type { FromChild } from './protocol.ts';

export interface Reporter {
  send(message: FromChild): void;
  log(level: LogLine['level'], text: string): void;
  progress(done: number, total: number, unit: string, message?: string): void;
  /** `stop` was asked: end at the next step edge and keep the work. */
  stopping(): boolean;
  /** Aborted by `cancel`. */
  signal: AbortSignal;
  /** Lets messages in (engine calls block the thread); throws CANCELLED after a cancel. Await it between steps. */
  pause(): Promise<void>;
}
